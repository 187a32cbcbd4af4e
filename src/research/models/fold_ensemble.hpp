// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "ml/ensemble.hpp"
#include "research/models/fold_models.hpp"
#include "research/models/judge.hpp"

namespace tradewind::research::models {

/// A window's ensemble: of each family the model of the first seed. Others say how much is luck.
struct FoldEnsemble {
    ml::EnsembleCard card;
    std::string address;
    std::string bytes;
    std::vector<std::size_t> members;    ///< places in FoldModels::models
    labels::Places test;                 ///< rows with a class, ascending
    std::vector<std::uint32_t> classes;  ///< of them
    std::vector<double> probabilities;   ///< [test, K], where it abstains too
    std::vector<std::uint8_t> abstains;  ///< by test row
    std::vector<double> return_low;      ///< by test row
    std::vector<double> return_high;
};

/// Fits calibrations and votes on what the inner models said of rows that they had not seen, and
/// lets the ensemble predict the test rows in the order of time, as it would at work. The error is
/// one line.
[[nodiscard]] std::expected<FoldEnsemble, std::string> fit_fold(
    const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
    const ml::EnsembleSettings& settings);

}  // namespace tradewind::research::models
