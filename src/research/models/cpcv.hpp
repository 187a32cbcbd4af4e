// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "research/models/fold_jobs.hpp"
#include "research/models/judge.hpp"

/// Combinatorial purged cross-validation as an evaluation (Lopez de Prado, Advances in Financial
/// Machine Learning, 2018, chapter 12): not one test but as many as there are backtest paths, so
/// that one sees how much of a figure is the luck of its rows.
namespace tradewind::research::models {

/// How one model was on each path; a path covers all rows once.
struct PathJudgements {
    std::string name;  ///< the family, "ensemble"
    std::vector<Judgement> paths;
};

/// Judges every family of the plan, and the last their ensemble, over all paths of the splits.
/// `jobs`: by family, by split; their models are there. The ensemble is the plain mean of what the
/// families say, of classes of their probabilities: votes and calibrations would have to be fitted
/// in each split on parts that its models had not seen, which is inner folds times as dear. The
/// error is one line that names a file.
[[nodiscard]] std::expected<std::vector<PathJudgements>, std::string> judge_paths(
    const TrainingSet& set, const ModelPlan& plan, const SplitWriter& splits,
    std::span<const std::vector<ModelJob>> jobs);

}  // namespace tradewind::research::models
