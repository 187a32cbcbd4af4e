// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ml/ensemble.hpp"
#include "research/models/fold_models.hpp"
#include "research/models/judge.hpp"
#include "research/models/judge_numbers.hpp"

namespace tradewind::research::models {

/// A window's meta model, and what it says of the test rows.
struct FoldMeta {
    TrainedModel model;
    std::size_t rows = 0;         ///< that it was trained on: sides taken in the training window
    std::vector<double> chances;  ///< by test row; NaN where no side is taken
};

/// A window's ensemble: of each family the model of the first seed. Others say how much is luck.
struct FoldEnsemble {
    ml::EnsembleCard card;
    std::string address;
    std::string bytes;
    std::vector<std::size_t> members;    ///< places in FoldModels::models
    Forecasts forecasts;                 ///< of numbers; what stands below is of classes
    labels::Places test;                 ///< rows with a class, ascending
    std::vector<std::uint32_t> classes;  ///< of them
    std::vector<double> probabilities;   ///< [test, K], where it abstains too
    std::vector<std::uint8_t> abstains;  ///< by test row
    std::vector<double> return_low;      ///< by test row
    std::vector<double> return_high;
    std::vector<ml::TakenSide> sides{};  ///< by test row; none where it abstains
    std::optional<FoldMeta> meta{};      ///< see meta.hpp
};

/// What a label's number is to an ensemble.
[[nodiscard]] ml::NumberSense sense_of(const labels::LabelDefinition& label);

/// Fits calibrations and votes on what the inner models said of rows that they had not seen, and
/// lets the ensemble predict the test rows in the order of time, as it would at work. The error is
/// one line.
[[nodiscard]] std::expected<FoldEnsemble, std::string> fit_fold(
    const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
    const ml::EnsembleSettings& settings);

/// Which sides an ensemble of classes takes on the training rows without having seen them: on each
/// inner fold, what the models that did not see it say, with votes and calibrations fitted on the
/// other folds, purged. By training row. The error is one line.
[[nodiscard]] std::expected<std::vector<ml::TakenSide>, std::string> out_of_fold_sides(
    const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
    const ml::EnsembleSettings& settings);

/// What ensembles said of their test windows, joined and judged as one.
[[nodiscard]] Judgement judge_folds(const TrainingSet& set, const ml::Target& target,
                                    std::span<const FoldEnsemble> folds);
/// What a model by itself, not calibrated, said of the test rows.
[[nodiscard]] Judgement judge_model(const TrainingSet& set, const ml::Target& target,
                                    const FoldModels& fold, std::size_t model);

}  // namespace tradewind::research::models
