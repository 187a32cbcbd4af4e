// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "ml/model.hpp"
#include "research/models/fold_jobs.hpp"

namespace tradewind::research::models {

struct TrainedModel {
    std::size_t family = 0;  ///< its place in the plan
    std::uint64_t seed = 0;
    std::string address;
    std::string bytes;  ///< the artifact
    ml::Model model;
};

/// A window's models, and what they say of rows that they have not seen. Rows are those of
/// `TrainingSet::all()`.
struct FoldModels {
    Window window;
    std::vector<TrainedModel> models;  ///< by family, by seed
    labels::Places train;              ///< usable rows of the training window, ascending
    /// By family: scores [train, K] of the inner models, each of the rows that it did not see.
    std::vector<std::vector<float>> held_out;
    std::vector<labels::Places> inner_test{};  ///< by inner fold, its rows, ascending
    labels::Places test;                       ///< usable rows of the test window, ascending
    std::vector<std::vector<float>> tested;    ///< by model: scores [test, K]
};

/// Places of the first model of each family.
[[nodiscard]] std::vector<std::size_t> first_seeds(const FoldModels& fold);

/// What the trainer left. The error is one line that names the file.
[[nodiscard]] std::expected<TrainedModel, std::string> load_model(const ModelJob& job);

/// Scores [rows, K] of a model, of rows whose windows are full.
[[nodiscard]] std::vector<float> scores_of(const ml::Model& model, const Rows& rows,
                                           const labels::Places& places);

/// Reads what was trained and lets it predict. The error is one line that names a file.
[[nodiscard]] std::expected<FoldModels, std::string> load_fold(const TrainingSet& set,
                                                               const ModelPlan& plan,
                                                               const FoldJobs& jobs);

}  // namespace tradewind::research::models
