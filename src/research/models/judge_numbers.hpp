// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ml/model.hpp"
#include "research/models/judge.hpp"
#include "research/models/rows.hpp"

namespace tradewind::research::models {

/// Numbers that were forecast of rows, in units of the label.
struct Forecasts {
    labels::Places places;
    std::vector<double> scores;            ///< [places, K], K of the target
    std::vector<double> expected;          ///< [places]
    std::vector<double> low{};             ///< [places] of an interval; empty: there is none
    std::vector<double> high{};            ///< [places]
    std::optional<double> nominal{};       ///< share of labels that the interval should hold
    std::vector<std::uint8_t> abstains{};  ///< [places]; empty: none
    std::vector<double> base_mean;         ///< [places]: mean of the labels trained on
    std::vector<double> base_scores;       ///< [places, K]: their quantiles; of a value: the mean

    /// Of rows that stand behind these.
    void append(const Forecasts& other);
};

/// What of the training labels is said of each row: `train` are the rows trained on.
void set_base(const Rows& rows, const ml::Target& target, std::span<const std::size_t> train,
              Forecasts& out);

/// Rows that abstain count for the coverage, and for all but the accuracy, as their forecast is
/// there.
[[nodiscard]] Judgement judge_numbers(const Rows& rows, const labels::LabelDefinition& label,
                                      const ml::Target& target, const Forecasts& said);

/// Mean loss of scores [places, K] by the target's task: log loss (of the rows that have a class),
/// squared error, or mean pinball loss over levels. nullopt: no rows.
[[nodiscard]] std::optional<double> loss_of(const ml::Target& target, std::span<const float> scores,
                                            const Rows& rows, std::span<const std::size_t> places);

}  // namespace tradewind::research::models
