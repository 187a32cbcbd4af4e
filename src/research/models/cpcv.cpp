// SPDX-License-Identifier: Apache-2.0
#include "research/models/cpcv.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/number_ensemble.hpp"
#include "research/models/fold_models.hpp"
#include "research/models/judge_numbers.hpp"

namespace tradewind::research::models {
namespace {

using labels::Places;

/// Numbers of a split's test rows, [test, width].
using Said = std::vector<double>;

/// Puts together what the splits of a path said.
class PathRows {
public:
    explicit PathRows(const SplitWriter& splits) : splits_(splits) {
        std::vector<std::pair<std::size_t, std::size_t>> all;
        for (std::size_t fold = 0; fold < splits.folds().size(); ++fold) {
            for (const std::size_t row : splits.folds()[fold]) all.emplace_back(row, fold);
        }
        std::sort(all.begin(), all.end());
        for (const auto& [row, fold] : all) {
            rows_.push_back(row);
            fold_of_.push_back(fold);
        }
    }
    [[nodiscard]] const Places& rows() const { return rows_; }
    /// `path`: by fold the split that tests it; `said` by split.
    [[nodiscard]] Said join(const std::vector<std::size_t>& path, const std::vector<Said>& said,
                            std::size_t width) const {
        Said out;
        out.reserve(rows_.size() * width);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const std::size_t split = path[fold_of_[i]];
            const Places& test = splits_.splits()[split].test;
            const auto at = std::lower_bound(test.begin(), test.end(), rows_[i]) - test.begin();
            const auto first = said[split].begin() + at * static_cast<std::ptrdiff_t>(width);
            out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(width));
        }
        return out;
    }

private:
    const SplitWriter& splits_;
    Places rows_;  ///< of all folds, ascending
    std::vector<std::size_t> fold_of_;
};

/// What one says of numbers without looking, by split: mean and quantiles of its training labels.
struct Bases {
    std::vector<Said> mean;
    std::vector<Said> scores;
};

Bases bases_of(const TrainingSet& set, const ml::Target& target, const SplitWriter& splits) {
    Bases out;
    if (target.task == ml::Task::classes) return out;
    for (const labels::Split& split : splits.splits()) {
        Forecasts told{
            .places = split.test, .scores = {}, .expected = {}, .base_mean = {}, .base_scores = {}};
        set_base(set.all(), target, split.train, told);
        out.mean.push_back(std::move(told.base_mean));
        out.scores.push_back(std::move(told.base_scores));
    }
    return out;
}

/// Everything that a path is judged by.
struct Ground {
    const TrainingSet& set;
    const ml::Target& target;
    PathRows rows;
    Bases bases;
};

Judgement judge_classes(const Ground& ground, const Said& probabilities) {
    Places places = ground.rows.rows();
    const auto classes = classes_of(ground.set.all(), ground.target, places);
    ASSERT(places.size() == ground.rows.rows().size());
    return judge({.rows = ground.set.all(),
                  .target = ground.target,
                  .places = places,
                  .classes = classes,
                  .probabilities = probabilities,
                  .horizon_rows = ground.set.meaning().label.rows_ahead()});
}

Judgement judge_path(const Ground& ground, const std::vector<std::size_t>& path,
                     const std::vector<Said>& said) {
    const std::size_t k = ground.target.scores();
    Said joined = ground.rows.join(path, said, k);
    if (ground.target.task == ml::Task::classes) return judge_classes(ground, joined);
    Forecasts told{.places = ground.rows.rows(),
                   .scores = std::move(joined),
                   .expected = {},
                   .base_mean = ground.rows.join(path, ground.bases.mean, 1),
                   .base_scores = ground.rows.join(path, ground.bases.scores, k)};
    for (std::size_t i = 0; i < told.scores.size(); i += k) {
        told.expected.push_back(
            ml::centre_of(std::span{told.scores}.subspan(i, k), ground.target.levels));
    }
    return judge_numbers(ground.set.all(), ground.set.meaning().label, ground.target, told);
}

std::expected<std::vector<Said>, std::string> said_by(const Ground& ground,
                                                      const SplitWriter& splits,
                                                      std::span<const ModelJob> jobs) {
    std::vector<Said> out;
    for (std::size_t split = 0; split < splits.splits().size(); ++split) {
        const TrainedModel trained = TRY(load_model(jobs[split]));
        const std::vector<float> scores =
            scores_of(trained.model, ground.set.all(), splits.splits()[split].test);
        out.push_back(ground.target.task == ml::Task::classes
                          ? probabilities_of(scores, ground.target.scores())
                          : Said{scores.begin(), scores.end()});
    }
    return out;
}

/// Adds a member's share to the mean.
void add_share(const std::vector<Said>& said, double share, std::vector<Said>& mean) {
    mean.resize(said.size());
    for (std::size_t split = 0; split < said.size(); ++split) {
        mean[split].resize(said[split].size());
        for (std::size_t i = 0; i < said[split].size(); ++i) {
            mean[split][i] += share * said[split][i];
        }
    }
}

}  // namespace

std::expected<std::vector<PathJudgements>, std::string> judge_paths(
    const TrainingSet& set, const ModelPlan& plan, const SplitWriter& splits,
    std::span<const std::vector<ModelJob>> jobs) {
    ASSERT(jobs.size() == plan.families.size());
    const Ground ground{.set = set,
                        .target = plan.target,
                        .rows = PathRows{splits},
                        .bases = bases_of(set, plan.target, splits)};
    const auto paths = labels::backtest_paths(splits.splits(), splits.folds().size());
    const auto judged = [&](std::string name, const std::vector<Said>& said) {
        PathJudgements out{.name = std::move(name), .paths = {}};
        for (const auto& path : paths) out.paths.push_back(judge_path(ground, path, said));
        return out;
    };
    std::vector<PathJudgements> out;
    std::vector<Said> mean;
    for (std::size_t f = 0; f < jobs.size(); ++f) {
        const std::vector<Said> said = TRY(said_by(ground, splits, jobs[f]));
        out.push_back(judged(std::string{ml::to_string(plan.families[f].family)}, said));
        add_share(said, 1 / static_cast<double>(jobs.size()), mean);
    }
    out.push_back(judged("ensemble", mean));
    return out;
}

}  // namespace tradewind::research::models
