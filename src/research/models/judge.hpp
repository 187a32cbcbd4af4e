// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <vector>

#include "ml/metrics.hpp"
#include "ml/model.hpp"
#include "research/models/rows.hpp"

namespace tradewind::research::models {

/// Each row's class: its label's place among the target's levels. Places of rows whose label is
/// none of them are dropped from `places`.
[[nodiscard]] std::vector<std::uint32_t> classes_of(const Rows& rows, const ml::Target& target,
                                                    labels::Places& places);

/// Scores as probabilities, [rows, K].
[[nodiscard]] std::vector<double> probabilities_of(std::span<const float> scores, std::size_t k);

/// What is expected of each row: the sum of its classes' levels by probability.
[[nodiscard]] std::vector<double> expectations_of(std::span<const double> probabilities,
                                                  const ml::Target& target);

/// How good class probabilities were, beside what one gets without looking.
struct Judgement {
    std::size_t rows = 0;
    std::optional<ml::Accuracy> accuracy;
    std::optional<double> coverage;
    std::optional<double> log_loss;
    std::optional<double> base_log_loss;  ///< of the class frequencies of these rows
    std::optional<double> brier;
    std::optional<double> auc;
    std::optional<double> calibration_error;
    std::vector<ml::CalibrationBin> calibration{};  ///< of the highest class
    std::vector<double> confusion{};
    /// Of the expectation with the return that came of the row.
    std::optional<double> ic;
    std::optional<double> rank_ic;
    /// Of rank ICs a period: an instant where there are five instruments at least, else a month. Of
    /// instants one in `horizon_rows` counts, so that no two look at the same bars.
    std::optional<ml::Icir> icir;
    std::vector<ml::QuantileReturn> quantile_returns{};
};

struct Judged {
    const Rows& rows;
    const ml::Target& target;
    std::span<const std::size_t> places;       ///< ascending
    std::span<const std::uint32_t> classes;    ///< by place
    std::span<const double> probabilities;     ///< [places, K]
    std::span<const std::uint8_t> abstains{};  ///< by place; empty: none
    std::size_t horizon_rows = 1;              ///< bars that the label looks ahead
};
[[nodiscard]] Judgement judge(const Judged& what);
[[nodiscard]] std::optional<double> accuracy_of(const Judgement& judgement);
[[nodiscard]] std::optional<double> base_rate_of(const Judgement& judgement);
[[nodiscard]] nlohmann::ordered_json to_json(const Judgement& judgement);

}  // namespace tradewind::research::models
