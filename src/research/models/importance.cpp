// SPDX-License-Identifier: Apache-2.0
#include "research/models/importance.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>

#include "base/random.hpp"
#include "base/try.hpp"
#include "ml/predictor.hpp"
#include "research/models/judge.hpp"
#include "research/models/judge_numbers.hpp"
#include "research/models/rank_correlations.hpp"

namespace tradewind::research::models {
namespace {

using labels::Places;

/// Predictions a model may be asked for; rows are thinned until they fit.
constexpr std::size_t kPredictionsMax = 120'000;
constexpr std::size_t kShuffledRowsMost = 2000;
/// Under this the loss is all noise.
constexpr std::size_t kShuffledRowsLeast = 200;
constexpr std::size_t kAttributedRowsMost = 200;
constexpr std::size_t kClusteringRowsMost = 2000;

/// At most `most` of them, evenly spaced.
Places thinned(const Places& places, std::size_t most) {
    if (places.size() <= most) return places;
    Places out;
    out.reserve(most);
    for (std::size_t i = 0; i < most; ++i) out.push_back(places[i * places.size() / most]);
    return out;
}

std::vector<std::size_t> permutation_of(std::size_t n, std::uint64_t seed) {
    base::Random random{seed};
    std::vector<std::size_t> out(n);
    std::iota(out.begin(), out.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(out[i - 1], out[random.below(i)]);
    return out;
}

Rise rise_of(const std::vector<double>& rounds) {
    const auto n = static_cast<double>(rounds.size());
    Rise out{.mean = std::accumulate(rounds.begin(), rounds.end(), 0.0) / n, .deviation = 0};
    if (rounds.size() < 2) return out;
    for (const double x : rounds) out.deviation += (x - out.mean) * (x - out.mean);
    out.deviation = std::sqrt(out.deviation / (n - 1));
    return out;
}

/// A model's loss with some columns of each window taken from another row's.
class Shuffler {
public:
    Shuffler(const ml::Model& model, const ShuffledRows& of)
        : of_(of),
          predictor_(ml::make_predictor(model)),
          columns_(model.card.origin.columns.size()),
          window_(model.card.window),
          target_(model.card.target),
          k_(target_.scores()),
          inputs_(model.card.inputs),
          own_(of.places.size()) {
        std::iota(own_.begin(), own_.end(), std::size_t{0});
        before_ = loss({}, own_);
    }

    [[nodiscard]] Rise rise(std::span<const std::size_t> columns,
                            const ImportanceSettings& settings) {
        const bool is_read = std::any_of(columns.begin(), columns.end(), [&](std::size_t c) {
            return std::find(inputs_.begin(), inputs_.end(), c) != inputs_.end();
        });
        if (!is_read) return {};
        std::vector<double> rounds;
        for (std::size_t round = 0; round < settings.permutations; ++round) {
            const auto from = permutation_of(own_.size(), settings.seed + round);
            rounds.push_back(loss(columns, from) - before_);
        }
        return rise_of(rounds);
    }

private:
    /// `from`: by place, whose columns it gets.
    [[nodiscard]] double loss(std::span<const std::size_t> columns,
                              std::span<const std::size_t> from) {
        std::vector<float> scores(of_.places.size() * k_);
        for (std::size_t i = 0; i < of_.places.size(); ++i) {
            const auto own = window_of(of_.places[i]);
            const auto other = window_of(of_.places[from[i]]);
            mixed_.assign(own.begin(), own.end());
            for (std::size_t row = 0; row < window_; ++row) {
                for (const std::size_t c : columns) {
                    mixed_[row * columns_ + c] = other[row * columns_ + c];
                }
            }
            predictor_->predict(mixed_, {scores.data() + i * k_, k_});
        }
        return loss_of(target_, scores, of_.rows, of_.places).value_or(0);
    }
    [[nodiscard]] std::span<const float> window_of(std::size_t place) const {
        return {of_.rows.features.data() + (place + 1 - window_) * columns_, window_ * columns_};
    }

    const ShuffledRows& of_;
    std::unique_ptr<ml::Predictor> predictor_;
    std::size_t columns_;
    std::size_t window_;
    ml::Target target_;
    std::size_t k_;
    std::vector<std::uint32_t> inputs_;
    std::vector<std::size_t> own_;
    std::vector<float> mixed_{};
    double before_ = 0;
};

/// Permutation importance of a model, of each column and of each cluster.
void shuffle(const ml::Model& model, const ShuffledRows& of, const measures::Clusters& clusters,
             const ImportanceSettings& settings, ModelImportance& out) {
    if (of.places.size() < 2 || settings.permutations == 0) return;
    Shuffler shuffler{model, of};
    for (std::size_t c = 0; c < clusters.of.size(); ++c) {
        out.alone.push_back(shuffler.rise({&c, 1}, settings));
    }
    for (const auto& members : clusters.members) {
        out.clustered.push_back(members.size() == 1 ? out.alone[members.front()]
                                                    : shuffler.rise(members, settings));
    }
}

/// What is common to the models of one window.
struct Ground {
    const TrainingSet& set;
    const ModelPlan& plan;
    const ImportanceSettings& settings;
    const measures::Clusters& clusters;
};

std::size_t shuffled_rows(const Ground& ground) {
    const std::size_t groups = ground.clusters.of.size() + ground.clusters.members.size();
    const std::size_t rounds = std::max<std::size_t>(1, ground.settings.permutations);
    return std::clamp(kPredictionsMax / std::max<std::size_t>(1, groups * rounds),
                      kShuffledRowsLeast, kShuffledRowsMost);
}

AttributionRequest request_of(const ml::Model& model, const Rows& rows, const Places& places) {
    const std::size_t columns = model.card.origin.columns.size(), window = model.card.window;
    AttributionRequest out{
        .model = &model, .windows = {}, .score = explained_score(model.card.target)};
    out.windows.reserve(places.size() * window * columns);
    for (const std::size_t row : places) {
        const float* first = rows.features.data() + (row + 1 - window) * columns;
        out.windows.insert(out.windows.end(), first, first + window * columns);
    }
    return out;
}

/// A column's values add up over the rows of the window: to a score they are one whole.
std::vector<double> by_column(const ml::ModelCard& card, const Attribution& told) {
    const std::size_t inputs = card.inputs.size(), each = card.window * inputs;
    std::vector<double> out(card.origin.columns.size());
    const std::size_t windows = each == 0 ? 0 : told.values.size() / each;
    for (std::size_t i = 0; i < windows; ++i) {
        for (std::size_t f = 0; f < inputs; ++f) {
            double sum = 0;
            for (std::size_t row = 0; row < card.window; ++row) {
                sum += told.values[i * each + row * inputs + f];
            }
            out[card.inputs[f]] += std::fabs(sum) / static_cast<double>(windows);
        }
    }
    return out;
}

/// Each task once, on so many threads.
void run_all(const std::vector<std::function<void()>>& tasks, std::size_t threads) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < tasks.size(); i = next++) tasks[i]();
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(threads, tasks.size()); ++i) others.emplace_back(work);
    work();
}

std::expected<std::vector<ModelImportance>, std::string> window_importance(
    const Ground& ground, const FoldModels& fold, std::span<const std::size_t> chosen) {
    const Rows& rows = ground.set.all();
    Places places = fold.test;
    if (ground.plan.target.task == ml::Task::classes) {
        (void)classes_of(rows, ground.plan.target, places);
    }
    const Places attributed = thinned(places, kAttributedRowsMost);
    places = thinned(places, shuffled_rows(ground));
    const ShuffledRows shuffled{.rows = rows, .places = places};
    std::vector<ModelImportance> out(chosen.size());
    std::vector<std::function<void()>> tasks;
    std::vector<AttributionRequest> requests;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const ml::Model& model = fold.models[chosen[i]].model;
        out[i].gain = gain_shares(model);
        requests.push_back(request_of(model, rows, attributed));
        tasks.emplace_back([&ground, &shuffled, &model, &one = out[i]] {
            shuffle(model, shuffled, ground.clusters, ground.settings, one);
        });
    }
    run_all(tasks, ground.settings.processes);
    if (attributed.empty()) return out;
    const auto told = TRY(attribute(requests, ground.settings.attribution));
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        out[i].attribution = by_column(fold.models[chosen[i]].model.card, told[i]);
        out[i].method = told[i].method;
    }
    return out;
}

}  // namespace

std::size_t explained_score(const ml::Target& target) {
    if (target.task != ml::Task::quantiles) return target.scores() - 1;
    std::size_t out = 0;
    for (std::size_t k = 1; k < target.levels.size(); ++k) {
        if (std::abs(target.levels[k] - 0.5) < std::abs(target.levels[out] - 0.5)) out = k;
    }
    return out;
}

std::vector<double> gain_shares(const ml::Model& model) {
    const auto* gain = model.arrays.values<double>("gain");
    if (gain == nullptr) return {};
    const double total = std::accumulate(gain->begin(), gain->end(), 0.0);
    if (total <= 0) return {};
    const std::vector<std::uint32_t>& inputs = model.card.inputs;
    std::vector<double> out(model.card.origin.columns.size());
    for (std::size_t i = 0; i < gain->size(); ++i) {
        out[inputs[i % inputs.size()]] += (*gain)[i] / total;
    }
    return out;
}

std::optional<Rise> permutation_rise(const ml::Model& model, const ShuffledRows& rows,
                                     std::span<const std::size_t> columns,
                                     const ImportanceSettings& settings) {
    if (rows.places.size() < 2 || settings.permutations == 0) return std::nullopt;
    return Shuffler{model, rows}.rise(columns, settings);
}

void add_drops(std::span<const DropRise> rises, Importance& importance) {
    for (const DropRise& one : rises) {
        auto& dropped = importance.families[one.family].dropped;
        dropped.resize(importance.clusters.of.size());
        for (const std::size_t c : one.columns) dropped[c] = one.rise;
    }
}

std::optional<double> stability(std::span<const std::vector<double>> windows) {
    double sum = 0;
    std::size_t pairs = 0;
    for (std::size_t i = 1; i < windows.size(); ++i) {
        if (windows[i].size() != windows[i - 1].size()) continue;
        const auto one = ml::rank_information_coefficient(windows[i - 1], windows[i]);
        if (!one) continue;
        sum += *one;
        ++pairs;
    }
    return pairs == 0 ? std::nullopt : std::optional{sum / static_cast<double>(pairs)};
}

std::expected<Importance, std::string> importance_of(const TrainingSet& set, const ModelPlan& plan,
                                                     std::span<const FoldModels> folds,
                                                     const ImportanceSettings& settings) {
    Importance out;
    const Places known =
        folds.empty() ? Places{} : thinned(folds.back().train, kClusteringRowsMost);
    out.clusters = measures::cluster_by_correlation(
        rank_correlations(set.all(), set.columns(), known), set.columns(), settings.correlated);
    const Ground ground{.set = set, .plan = plan, .settings = settings, .clusters = out.clusters};
    for (std::size_t f = 0; f < plan.families.size(); ++f) out.families.push_back({f, {}, {}});
    for (const FoldModels& fold : folds) {
        const std::vector<std::size_t> chosen = first_seeds(fold);
        auto found = TRY(window_importance(ground, fold, chosen));
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            out.families[fold.models[chosen[i]].family].windows.push_back(std::move(found[i]));
        }
    }
    return out;
}

}  // namespace tradewind::research::models
