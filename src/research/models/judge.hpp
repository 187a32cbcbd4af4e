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
#include "research/models/ranks.hpp"
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

/// Of the quantile of one level.
struct LevelLoss {
    double level = 0;
    std::optional<double> loss;   ///< pinball
    std::optional<double> base;   ///< of the same quantile of the training labels
    std::optional<double> below;  ///< share of labels at or below it: the level, if it is right
};

/// How good forecasts of a number were, beside what one gets without looking: the mean, and the
/// quantiles, of the labels that were trained on. In units of the label.
struct NumberQuality {
    std::optional<double> mae;
    std::optional<double> base_mae;
    std::optional<double> rmse;
    std::optional<double> base_rmse;
    /// 1 - sum of squared errors / that of the training mean (Campbell and Thompson, "Predicting
    /// excess stock returns out of sample", 2008); below 0: worse than it.
    std::optional<double> r_squared;
    std::optional<double> pinball_loss{};  ///< of quantiles: mean over levels
    std::optional<double> base_pinball_loss{};
    std::vector<LevelLoss> pinball{};
    std::optional<double> interval_nominal{};  ///< share of labels that it should hold
    std::optional<double> interval_coverage{};
    std::optional<double> interval_width{};
    /// Of a volatility: mean of v / f - ln(v / f) - 1 with v, f the squares of label and forecast
    /// (Patton, "Volatility forecast comparison using imperfect volatility proxies", 2011). Rows
    /// whose label is 0 are passed over; nullopt where a forecast is not above 0.
    std::optional<double> qlike{};
    std::optional<double> base_qlike{};
    std::vector<ml::QuantileReturn> quantile_labels{};  ///< mean label by rank of the forecast
};

/// How good class probabilities were, beside what one gets without looking; or, with `numbers`, a
/// forecast number, of which log loss to confusion are not told. Accuracy is then that of the sign
/// of a return, on rows whose label is not 0; ranks of what is no return are of the label.
struct Judgement {
    std::size_t rows = 0;
    std::optional<ml::Accuracy> accuracy;
    std::optional<double> coverage;
    std::optional<NumberQuality> numbers{};
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
    std::optional<ml::Icir> icir;  ///< as Ranks has it
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
void take_ranks(const Ranks& ranks, Judgement& out);
[[nodiscard]] std::optional<double> accuracy_of(const Judgement& judgement);
[[nodiscard]] std::optional<double> base_rate_of(const Judgement& judgement);
[[nodiscard]] nlohmann::ordered_json to_json(const Judgement& judgement);

}  // namespace tradewind::research::models
