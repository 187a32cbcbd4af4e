// SPDX-License-Identifier: Apache-2.0
#include "training/network_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "base/random.hpp"
#include "base/try.hpp"
#include "training/adam.hpp"
#include "training/card.hpp"
#include "training/fields.hpp"
#include "training/loss.hpp"
#include "training/network.hpp"
#include "training/network_state.hpp"
#include "training/whole_file.hpp"

namespace tradewind::training {
namespace {

using Clock = std::chrono::steady_clock;
using Failure = std::unexpected<std::string>;

/// Rows that are scored at once: enough for the matrix product, few enough for the cache.
constexpr std::size_t kScoredAtOnce = 256;

/// One number of a seed for each place; splitmix64 inside Random parts even close ones.
std::uint64_t seed_of(std::uint64_t seed, std::uint64_t epoch, std::uint64_t batch) {
    base::Random by_epoch{base::Random{seed}.next() + epoch};
    return base::Random{by_epoch.next() + batch}.next();
}

std::vector<std::size_t> order_of(std::size_t n, std::uint64_t seed) {
    std::vector<std::size_t> out(n);
    std::iota(out.begin(), out.end(), std::size_t{0});
    base::Random random{seed};
    for (std::size_t i = n; i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
    return out;
}

Loss loss_of(const ml::Target& target) {
    Loss out{.task = target.task, .levels = {}, .scores = target.scores()};
    if (target.task == ml::Task::quantiles) out.levels = target.levels;
    return out;
}

class NetworkTraining {
public:
    NetworkTraining(const TrainJob& job, const Dataset& data, const Selection& selection,
                    FittedScaling fitted)
        : job_(job),
          data_(data),
          selection_(selection),
          fitted_(std::move(fitted)),
          scaled_(data, selection.inputs, fitted_.scaling),
          loss_(loss_of(job.target)),
          plan_(plan_of(job, selection.inputs.size())),
          parameters_(parameters_of(plan_)),
          network_(make_torch_network(plan_)),
          adam_(parameters_, {.rate = job.network.rate, .weight_decay = job.network.weight_decay}) {
    }

    Trained run(const Control& control) {
        TRY_VOID(begin(control));
        control.started(state_.epoch);
        const std::size_t first = state_.epoch;
        const auto began = Clock::now();
        while (!finished()) {
            const bool whole = TRY(run_epoch(control));
            if (!whole) {
                TRY_VOID(save());
                return std::nullopt;
            }
            const bool best = end_epoch();
            TRY_VOID(check_finite());
            const std::chrono::duration<double> took = Clock::now() - began;
            tell(control, best, took.count(), state_.epoch - first);
            if (finished()) break;
            const bool stop = control.stop();
            if (stop || state_.epoch % job_.network.checkpoint_every == 0) TRY_VOID(save());
            if (stop) return std::nullopt;
        }
        return model(control);
    }

private:
    [[nodiscard]] std::span<float> weights() const {
        return {network_->weights(), size_of(parameters_)};
    }
    [[nodiscard]] bool stops_early() const {
        return job_.network.patience > 0 && selection_.validation.size() > 0;
    }

    std::expected<void, std::string> begin(const Control& control) {
        fingerprint_ = fingerprint_of(job_, data_, control.code_version);
        auto found = TRY(read_checkpoint(job_.checkpoint, fingerprint_, weights().size()));
        if (found) {
            state_ = std::move(*found);
            std::swap(adam_.state(), state_.adam);
        } else {
            state_.weights = initial_weights(parameters_, job_.seed);
        }
        std::copy(state_.weights.begin(), state_.weights.end(), weights().begin());
        return {};
    }

    std::expected<void, std::string> save() {
        if (job_.checkpoint.empty()) return {};
        state_.weights.assign(weights().begin(), weights().end());
        state_.adam = adam_.state();
        return write_whole(job_.checkpoint, to_checkpoint(state_, fingerprint_));
    }

    [[nodiscard]] bool finished() const {
        if (state_.epoch >= job_.network.epochs) return true;
        return stops_early() && state_.epoch >= state_.best_epoch + job_.network.patience;
    }

    /// False: stopped between two batches.
    std::expected<bool, std::string> run_epoch(const Control& control) {
        const std::size_t n = selection_.train.size();
        const std::size_t each = job_.network.batch;
        const auto order = order_of(n, seed_of(job_.seed, state_.epoch, 0));
        while (state_.batch * each < n) {
            const std::size_t from = state_.batch * each;
            step(std::span{order}.subspan(from, std::min(each, n - from)));
            ++state_.batch;
            if (state_.batch * each < n && control.stop()) return false;
        }
        return true;
    }

    void step(std::span<const std::size_t> places) {
        gather(selection_.train, places);
        const std::size_t n = places.size();
        scores_.resize(n * loss_.scores);
        gradient_.resize(scores_.size());
        network_->forward(windows_.data(), n, seed_of(job_.seed, state_.epoch, state_.batch + 1),
                          scores_.data());
        const double loss = loss_.sum(scores_, labels_, sample_weights_, gradient_);
        const double weight = std::accumulate(sample_weights_.begin(), sample_weights_.end(), 0.0);
        const auto share = static_cast<float>(1.0 / weight);
        for (float& one : gradient_) one *= share;
        network_->backward(gradient_.data());
        add_l2();
        adam_.step(weights(), {network_->gradient(), weights().size()});
        state_.loss += loss;
        state_.weight += weight;
    }

    void gather(const Samples& samples, std::span<const std::size_t> places) {
        rows_.clear();
        labels_.clear();
        sample_weights_.clear();
        for (const std::size_t place : places) {
            rows_.push_back(samples.rows[place]);
            labels_.push_back(samples.labels[place]);
            sample_weights_.push_back(samples.weights[place]);
        }
        scaled_.gather(rows_, job_.window, windows_);
    }

    void add_l2() {
        if (job_.network.l2 == 0.0) return;
        const auto l2 = static_cast<float>(job_.network.l2);
        for (const Parameter& one : parameters_) {
            if (!one.decays) continue;
            for (std::size_t i = one.begin; i < one.begin + one.size; ++i) {
                network_->gradient()[i] += l2 * network_->weights()[i];
            }
        }
    }

    double validation_loss() {
        const Samples& samples = selection_.validation;
        std::vector<std::size_t> places(samples.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        double loss = 0.0;
        double weight = 0.0;
        for (std::size_t from = 0; from < places.size(); from += kScoredAtOnce) {
            const std::size_t n = std::min(kScoredAtOnce, places.size() - from);
            gather(samples, std::span{places}.subspan(from, n));
            scores_.resize(n * loss_.scores);
            network_->predict(windows_.data(), n, scores_.data());
            loss += loss_.sum(scores_, labels_, sample_weights_, {});
            weight += std::accumulate(sample_weights_.begin(), sample_weights_.end(), 0.0);
        }
        return loss / weight;
    }

    /// True: the best so far.
    bool end_epoch() {
        ++state_.epoch;
        state_.batch = 0;
        state_.train_losses.push_back(state_.loss / state_.weight);
        state_.loss = 0.0;
        state_.weight = 0.0;
        if (selection_.validation.size() == 0) return false;
        const double loss = validation_loss();
        state_.validation_losses.push_back(loss);
        if (!(loss < state_.best_loss)) return false;
        state_.best_loss = loss;
        state_.best_epoch = state_.epoch;
        state_.best.assign(weights().begin(), weights().end());
        return true;
    }

    [[nodiscard]] std::expected<void, std::string> check_finite() const {
        const bool finite =
            std::isfinite(state_.train_losses.back()) &&
            (state_.validation_losses.empty() || std::isfinite(state_.validation_losses.back()));
        if (finite) return {};
        return Failure(
            fmt::format("settings.rate: with {} the loss was no number after epoch {}; "
                        "give a smaller one",
                        job_.network.rate, state_.epoch));
    }

    void tell(const Control& control, bool best, double seconds, std::size_t epochs) const {
        const auto left = static_cast<double>(job_.network.epochs - state_.epoch);
        Progress out{.epoch = state_.epoch,
                     .epochs = job_.network.epochs,
                     .train_loss = state_.train_losses.back(),
                     .validation_loss = std::nullopt,
                     .best = best,
                     .seconds = seconds,
                     .seconds_left = seconds / static_cast<double>(epochs) * left};
        if (!state_.validation_losses.empty())
            out.validation_loss = state_.validation_losses.back();
        control.progress(out);
    }

    [[nodiscard]] std::string metrics() const {
        Json out{{"epochs", state_.epoch},
                 {"epoch", stops_early() ? state_.best_epoch : state_.epoch},
                 {"train_rows", selection_.train.size()},
                 {"validation_rows", selection_.validation.size()},
                 {"train_loss", state_.train_losses},
                 {"validation_loss", state_.validation_losses},
                 {"constant_columns", fitted_.constant}};
        return out.dump();
    }

    [[nodiscard]] ml::Model model(const Control& control) const {
        ml::Model out{.card = card_of(job_, data_, selection_, control.code_version), .arrays = {}};
        out.card.metrics = metrics();
        auto& arrays = out.arrays.tensors;
        const Scaling& scaling = fitted_.scaling;
        arrays.push_back(ml::tensor("centre", {scaling.centre.size()}, scaling.centre));
        arrays.push_back(ml::tensor("scale", {scaling.scale.size()}, scaling.scale));
        arrays.push_back(ml::tensor("clip", {1}, std::vector<float>{scaling.clip}));
        if (job_.target.task != ml::Task::classes) {
            const auto centre = static_cast<float>(selection_.label_centre);
            const auto scale = static_cast<float>(selection_.label_scale);
            arrays.push_back(ml::tensor("out.centre", {1}, std::vector<float>{centre}));
            arrays.push_back(ml::tensor("out.scale", {1}, std::vector<float>{scale}));
        }
        const std::span<const float> kept =
            stops_early() ? std::span<const float>{state_.best} : weights();
        for (const Parameter& one : parameters_) {
            const auto values = kept.subspan(one.begin, one.size);
            arrays.push_back(
                ml::tensor(one.name, one.shape, std::vector<float>(values.begin(), values.end())));
        }
        return out;
    }

    const TrainJob& job_;
    const Dataset& data_;
    const Selection& selection_;
    FittedScaling fitted_;
    ScaledRows scaled_;
    Loss loss_;
    NetworkPlan plan_;
    std::vector<Parameter> parameters_;
    std::unique_ptr<Network> network_;
    Adam adam_;
    NetworkState state_;
    std::string fingerprint_;
    // of a batch, kept for their memory
    std::vector<std::size_t> rows_;
    std::vector<float> windows_;
    std::vector<float> labels_;
    std::vector<float> sample_weights_;
    std::vector<float> scores_;
    std::vector<float> gradient_;
};

}  // namespace

Trained train_network(const TrainJob& job, const Dataset& data, const Selection& selection,
                      const Control& control) {
    auto fitted = TRY(fit_scaling(data, selection, static_cast<float>(job.network.clip)));
    return NetworkTraining{job, data, selection, std::move(fitted)}.run(control);
}

}  // namespace tradewind::training
