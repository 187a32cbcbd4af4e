// SPDX-License-Identifier: Apache-2.0
#include "training/forest_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "base/random.hpp"
#include "base/try.hpp"
#include "training/booster.hpp"
#include "training/card.hpp"
#include "training/checkpoint_file.hpp"
#include "training/fields.hpp"
#include "training/forest.hpp"
#include "training/loss.hpp"
#include "training/whole_file.hpp"

namespace tradewind::training {
namespace {

using Clock = std::chrono::steady_clock;
using Failure = std::unexpected<std::string>;
using Done = std::expected<void, std::string>;

constexpr std::size_t kRoundsTold = 10;  ///< progress is told every so many

/// A bag that is trained, or being trained.
struct Bag {
    std::string booster;  ///< XGBoost's bytes: json of a whole bag, ubj of one to go on with
    std::size_t rounds = 0;
    std::size_t best_round = 0;  ///< rounds of the best so far; 0: none yet
    double best_loss = std::numeric_limits<double>::infinity();
};

struct Rows {
    TreeRows rows;
    const Samples* samples;
};

/// XGBoost refuses infinite values; the largest that its bins can hold are on the same side of
/// every threshold.
std::vector<float> finite_windows(const Dataset& data, const Selection& selection,
                                  const Samples& samples, std::size_t window) {
    constexpr float kLargest = 1e30F;
    std::vector<float> out = raw_windows(data, selection.inputs, samples.rows, window);
    for (float& one : out) {
        if (!std::isnan(one)) one = std::clamp(one, -kLargest, kLargest);
    }
    return out;
}

/// The value below which the share `level` of the weight lies.
double weighted_quantile(const std::vector<std::pair<double, double>>& sorted, double level) {
    double all = 0.0;
    for (const auto& [value, weight] : sorted) all += weight;
    double below = 0.0;
    for (const auto& [value, weight] : sorted) {
        below += weight;
        if (below >= level * all) return value;
    }
    return sorted.back().first;
}

class ForestTraining {
public:
    ForestTraining(const TrainJob& job, const Dataset& data, const Selection& selection)
        : job_(job), data_(data), selection_(selection), loss_{.task = job.target.task} {
        loss_.scores = job.target.scores();
        loss_.apart = true;
        if (job.target.task == ml::Task::quantiles) loss_.levels = job.target.levels;
        begin_scores();
    }

    Trained run(const Control& control) {
        monotone_ = TRY(monotone());
        TRY_VOID(check_columns());
        fingerprint_ = fingerprint_of(job_, data_, control.code_version);
        TRY_VOID(resume());
        control.started(rounds_done());
        const std::size_t first = rounds_done();
        const auto began = Clock::now();
        const auto told = [&](const Bag& bag, double train, std::optional<double> validation) {
            const std::chrono::duration<double> took = Clock::now() - began;
            tell(control, bag, {train, validation}, {took.count(), first});
        };
        Rows train = TRY(rows_of(selection_.train));
        std::optional<Rows> validation;
        if (selection_.validation.size() > 0) {
            validation.emplace(TRY(rows_of(selection_.validation)));
        }
        while (bags_.size() < job_.trees.bags) {
            const bool whole = TRY(train_bag(train, validation, control, told));
            if (!whole) return std::nullopt;
        }
        return model(control);
    }

private:
    [[nodiscard]] bool binary() const {
        return job_.target.task == ml::Task::classes && loss_.scores == 2;
    }
    /// How many trees a round has.
    [[nodiscard]] std::size_t outputs() const { return binary() ? 1 : loss_.scores; }

    /// Quantiles begin at those of the labels; their gradient says nothing of its own of how far
    /// to go, so a step is that of Newton with the density there (Koenker 2005, section 3.4).
    void begin_scores() {
        begin_.assign(loss_.scores, 0.0);
        density_.assign(loss_.scores, 1.0);
        if (job_.target.task != ml::Task::quantiles) return;
        std::vector<std::pair<double, double>> sorted;
        const Samples& samples = selection_.train;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            sorted.emplace_back(samples.labels[i], samples.weights[i]);
        }
        std::sort(sorted.begin(), sorted.end());
        constexpr double kBeside = 0.05;
        constexpr double kDensityMin = 0.05;
        constexpr double kDensityMax = 2.0;
        for (std::size_t k = 0; k < loss_.scores; ++k) {
            const double level = job_.target.levels[k];
            const double low = std::max(level - kBeside, 0.0);
            const double high = std::min(level + kBeside, 1.0);
            const double apart = weighted_quantile(sorted, high) - weighted_quantile(sorted, low);
            begin_[k] = weighted_quantile(sorted, level);
            density_[k] =
                std::clamp((high - low) / std::max(apart, 1e-9), kDensityMin, kDensityMax);
        }
    }

    std::expected<std::string, std::string> monotone() const {
        if (job_.trees.monotone.empty()) return std::string{};
        if (job_.target.task == ml::Task::classes && !binary()) {
            return Failure("settings.monotone: more than two classes have no direction");
        }
        std::size_t found = 0;
        std::string once;
        for (const std::uint32_t column : selection_.inputs) {
            const auto sign = job_.trees.monotone.find(data_.origin.columns[column]);
            const bool there = sign != job_.trees.monotone.end();
            found += there ? 1U : 0U;
            once += fmt::format("{},", there ? sign->second : 0);
        }
        if (found != job_.trees.monotone.size()) {
            return Failure("settings.monotone: names a column that is none of the inputs");
        }
        std::string out = "(";
        for (std::size_t i = 0; i < job_.window; ++i) out += once;
        out.back() = ')';
        return out;
    }

    /// As for networks: a column that says nothing at all is a mistake.
    [[nodiscard]] Done check_columns() const {
        const auto fitted = fit_scaling(data_, selection_, 1.0F);
        if (!fitted) return Failure(fitted.error());
        return {};
    }

    std::expected<Rows, std::string> rows_of(const Samples& samples) const {
        const auto windows = finite_windows(data_, selection_, samples, job_.window);
        return Rows{.rows = TRY(TreeRows::make(windows, samples.labels, samples.weights)),
                    .samples = &samples};
    }

    [[nodiscard]] BoosterSettings settings() const {
        const TreeSettings& from = job_.trees;
        BoosterSettings out{{"verbosity", "0"},
                            {"nthread", "1"},
                            {"booster", "gbtree"},
                            {"tree_method", "hist"},
                            {"max_depth", fmt::format("{}", from.depth)},
                            {"eta", fmt::format("{}", from.rate)},
                            {"min_child_weight", fmt::format("{}", from.min_child_weight)},
                            {"lambda", fmt::format("{}", from.lambda)}};
        // The gradients are ours; of an objective only the number of outputs is asked.
        out.emplace_back("objective", outputs() == 1 ? "reg:squarederror" : "multi:softprob");
        out.emplace_back("base_score", "0");
        if (outputs() > 1) out.emplace_back("num_class", fmt::format("{}", outputs()));
        if (columns_of_tree() < features()) {
            // half a column more, so that rounding down gives that many
            const double share =
                (static_cast<double>(columns_of_tree()) + 0.5) / static_cast<double>(features());
            out.emplace_back("colsample_bytree", fmt::format("{}", share));
        }
        if (!monotone_.empty()) out.emplace_back("monotone_constraints", monotone_);
        return out;
    }

    /// Margins to scores, as the loss reads them.
    [[nodiscard]] std::vector<float> scores_of(const std::vector<float>& margins) const {
        if (binary()) {
            std::vector<float> out(2 * margins.size(), 0.0F);
            for (std::size_t i = 0; i < margins.size(); ++i) out[2 * i + 1] = margins[i];
            return out;
        }
        std::vector<float> out = margins;
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] += static_cast<float>(begin_[i % loss_.scores]);
        }
        return out;
    }

    std::expected<double, std::string> loss_on(Booster& booster, const Rows& on) const {
        const auto scores = scores_of(TRY(booster.margins(on.rows)));
        const Samples& samples = *on.samples;
        const double weight = std::accumulate(samples.weights.begin(), samples.weights.end(), 0.0);
        return loss_.sum(scores, samples.labels, samples.weights, {}) / weight;
    }

    /// One round. What it draws, rows and columns, follows from seed, bag and round alone, so that
    /// a training that was stopped draws the same; XGBoost's own draws would not.
    Done grow(Booster& booster, Rows& train, std::size_t round) {
        const std::uint64_t by_bag = base::Random{job_.seed}.next() + bags_.size();
        base::Random random{base::Random{by_bag}.next() + round};
        TRY_VOID(choose_columns(train.rows, random));
        const auto scores = scores_of(TRY(booster.margins(train.rows)));
        std::vector<float> gradient(scores.size());
        (void)loss_.sum(scores, train.samples->labels, train.samples->weights, gradient);
        std::vector<float> hessian = curvature(*train.samples, gradient);
        if (binary()) {
            gradient = second_of_two(gradient);
            hessian = second_of_two(hessian);
        }
        leave_rows_out(random, gradient, hessian);
        return booster.boost(train.rows, gradient, hessian);
    }

    /// The second derivative by each score, as XGBoost's own objectives have it. Of quantiles there
    /// is none but where the loss bends; the density there stands for it. A quantile's gradient is
    /// that of its own pinball loss, not of the mean over the levels.
    [[nodiscard]] std::vector<float> curvature(const Samples& samples,
                                               std::vector<float>& gradient) const {
        constexpr float kSmallest = 1e-16F;
        std::vector<float> out(gradient.size());
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::size_t row = i / loss_.scores;
            const std::size_t k = i % loss_.scores;
            const float weight = samples.weights[row];
            switch (job_.target.task) {
                case ml::Task::classes: {
                    const bool its_own = static_cast<std::size_t>(samples.labels[row]) == k;
                    const float p = gradient[i] / weight + (its_own ? 1.0F : 0.0F);
                    const float twice = binary() ? 1.0F : 2.0F;
                    out[i] = std::max(twice * p * (1.0F - p) * weight, kSmallest);
                    break;
                }
                case ml::Task::value: out[i] = weight; break;
                case ml::Task::quantiles:
                    gradient[i] *= static_cast<float>(loss_.scores);
                    out[i] = weight * static_cast<float>(density_[k]);
                    break;
            }
        }
        return out;
    }

    static std::vector<float> second_of_two(const std::vector<float>& pairs) {
        std::vector<float> out;
        out.reserve(pairs.size() / 2);
        for (std::size_t i = 1; i < pairs.size(); i += 2) out.push_back(pairs[i]);
        return out;
    }

    void leave_rows_out(base::Random& random, std::vector<float>& gradient,
                        std::vector<float>& hessian) const {
        if (job_.trees.subsample >= 1.0) return;
        const std::size_t each = outputs();
        for (std::size_t row = 0; row * each < gradient.size(); ++row) {
            if (random.uniform() < job_.trees.subsample) continue;
            for (std::size_t k = 0; k < each; ++k) {
                gradient[row * each + k] = 0.0F;
                hessian[row * each + k] = 0.0F;
            }
        }
    }

    [[nodiscard]] std::size_t features() const { return job_.window * selection_.inputs.size(); }
    [[nodiscard]] std::size_t columns_of_tree() const {
        const double share = job_.trees.columns * static_cast<double>(features());
        return std::max(std::size_t{1}, static_cast<std::size_t>(share));
    }

    Done choose_columns(TreeRows& rows, base::Random& random) const {
        const std::size_t all = features();
        if (columns_of_tree() == all) return {};
        std::vector<std::size_t> order(all);
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto chosen = std::make_unique<bool[]>(all);  // a vector of these has no span
        for (std::size_t i = 0; i < columns_of_tree(); ++i) {
            std::swap(order[i], order[i + random.below(all - i)]);
            chosen[order[i]] = true;
        }
        return rows.choose_columns({chosen.get(), all});
    }

    [[nodiscard]] bool ready(const Bag& bag, bool validated) const {
        if (bag.rounds >= job_.trees.trees) return true;
        const std::size_t patience = job_.trees.early_stopping;
        return validated && patience > 0 && bag.rounds >= bag.best_round + patience;
    }

    /// False: stopped.
    template <typename Told>
    std::expected<bool, std::string> train_bag(Rows& train, const std::optional<Rows>& validation,
                                               const Control& control, const Told& told) {
        std::vector<const TreeRows*> known{&train.rows};
        if (validation) known.push_back(&validation->rows);
        Bag bag = std::exchange(current_, {});
        auto booster = TRY(Booster::make(known, settings(), bag.booster));
        while (!ready(bag, validation.has_value())) {
            TRY_VOID(grow(booster, train, bag.rounds));
            ++bag.rounds;
            std::optional<double> loss;
            if (validation) {
                loss = TRY(loss_on(booster, *validation));
                if (*loss < bag.best_loss) {
                    bag.best_loss = *loss;
                    bag.best_round = bag.rounds;
                }
            }
            if (ready(bag, validation.has_value())) break;
            if (bag.rounds % kRoundsTold == 0) {
                told(bag, TRY(loss_on(booster, train)), loss);
            }
            const bool stop = control.stop();
            if (stop || bag.rounds % job_.trees.checkpoint_every == 0) {
                bag.booster = TRY(booster.save("ubj"));
                TRY_VOID(save(bag));
            }
            if (stop) return false;
        }
        bag.booster = TRY(booster.save("json"));
        std::optional<double> loss;
        if (validation) loss = TRY(loss_on(booster, *validation));
        train_losses_.push_back(TRY(loss_on(booster, train)));
        told(bag, train_losses_.back(), loss);
        bags_.push_back(std::move(bag));
        return true;
    }

    [[nodiscard]] std::size_t rounds_done() const {
        return bags_.size() * job_.trees.trees + current_.rounds;
    }

    void tell(const Control& control, const Bag& bag,
              std::pair<double, std::optional<double>> losses,
              std::pair<double, std::size_t> took) const {
        const std::size_t rounds = bags_.size() * job_.trees.trees + bag.rounds;
        const std::size_t all = job_.trees.bags * job_.trees.trees;
        const auto done = static_cast<double>(std::max<std::size_t>(rounds - took.second, 1));
        control.progress({.epoch = rounds,
                          .epochs = all,
                          .train_loss = losses.first,
                          .validation_loss = losses.second,
                          .best = losses.second.has_value() && bag.best_round == bag.rounds,
                          .seconds = took.first,
                          .seconds_left = took.first / done * static_cast<double>(all - rounds)});
    }

    // ---- its checkpoint ---------------------------------------------------------------------

    static void add(std::vector<ml::Tensor>& out, const std::string& name, const Bag& bag) {
        out.push_back(bytes_array(name + ".booster", bag.booster));
        out.push_back(
            ml::tensor(name + ".places", {2},
                       std::vector<std::int64_t>{static_cast<std::int64_t>(bag.rounds),
                                                 static_cast<std::int64_t>(bag.best_round)}));
        out.push_back(ml::tensor(name + ".best_loss", {1}, std::vector<double>{bag.best_loss}));
    }

    static std::optional<Bag> find(const ml::TensorFile& file, const std::string& name) {
        const auto bytes = bytes_of(file, name + ".booster");
        const auto* places = file.values<std::int64_t>(name + ".places");
        const auto* loss = file.values<double>(name + ".best_loss");
        if (!bytes || places == nullptr || places->size() != 2 || loss == nullptr ||
            loss->size() != 1) {
            return std::nullopt;
        }
        return Bag{.booster = *bytes,
                   .rounds = static_cast<std::size_t>(places->front()),
                   .best_round = static_cast<std::size_t>(places->back()),
                   .best_loss = loss->front()};
    }

    Done save(const Bag& bag) const {
        if (job_.checkpoint.empty()) return {};
        std::vector<ml::Tensor> arrays;
        for (std::size_t i = 0; i < bags_.size(); ++i) {
            add(arrays, fmt::format("bag{}", i), bags_[i]);
        }
        add(arrays, "current", bag);
        arrays.push_back(ml::tensor("train_losses", {train_losses_.size()}, train_losses_));
        return write_whole(job_.checkpoint, checkpoint_bytes(fingerprint_, std::move(arrays)));
    }

    Done resume() {
        const auto file = TRY(open_checkpoint(job_.checkpoint, fingerprint_));
        if (!file) return {};
        const auto* losses = file->values<double>("train_losses");
        const auto current = find(*file, "current");
        if (losses == nullptr || !current) return {};
        std::vector<Bag> bags;
        for (std::size_t i = 0; i < losses->size(); ++i) {
            const auto bag = find(*file, fmt::format("bag{}", i));
            if (!bag) return {};
            bags.push_back(*bag);
        }
        bags_ = std::move(bags);
        current_ = *current;
        train_losses_ = *losses;
        return {};
    }

    // ---- its model --------------------------------------------------------------------------

    [[nodiscard]] bool early() const {
        return job_.trees.early_stopping > 0 && selection_.validation.size() > 0;
    }

    [[nodiscard]] std::string metrics() const {
        std::vector<std::size_t> rounds;
        std::vector<double> losses;
        for (const Bag& bag : bags_) {
            rounds.push_back(early() ? bag.best_round : bag.rounds);
            if (bag.best_round > 0) losses.push_back(bag.best_loss);
        }
        return Json{{"rounds", rounds},
                    {"train_rows", selection_.train.size()},
                    {"validation_rows", selection_.validation.size()},
                    {"train_loss", train_losses_},
                    {"validation_loss", losses}}
            .dump();
    }

    Trained model(const Control& control) const {
        ml::Model out{.card = card_of(job_, data_, selection_, control.code_version), .arrays = {}};
        out.card.metrics = metrics();
        Forest forest{features()};
        const bool value = job_.target.task != ml::Task::classes;
        const double unit = value ? selection_.label_scale : 1.0;
        const auto factor = static_cast<float>(unit / static_cast<double>(bags_.size()));
        for (const Bag& bag : bags_) {
            const std::size_t rounds = early() ? bag.best_round : bag.rounds;
            TRY_VOID(forest.append(bag.booster, {.trees = rounds * outputs(),
                                                 .first_score = binary() ? 1U : 0U,
                                                 .leaf_factor = factor}));
        }
        std::vector<float> base;
        for (const double one : begin_) {
            base.push_back(static_cast<float>(value ? one * unit + selection_.label_centre : one));
        }
        out.arrays.tensors = forest.arrays(base);
        return out;
    }

    const TrainJob& job_;
    const Dataset& data_;
    const Selection& selection_;
    Loss loss_;
    std::vector<double> begin_;    ///< [K] what the scores begin with
    std::vector<double> density_;  ///< [K] of the labels where quantiles begin
    std::string monotone_;
    std::string fingerprint_;
    std::vector<Bag> bags_;
    Bag current_;
    std::vector<double> train_losses_;
};

}  // namespace

Trained train_forest(const TrainJob& job, const Dataset& data, const Selection& selection,
                     const Control& control) {
    return ForestTraining{job, data, selection}.run(control);
}

}  // namespace tradewind::training
