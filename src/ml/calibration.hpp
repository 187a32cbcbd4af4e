// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ml/metrics.hpp"

/// Probabilities that mean what they say: of the rows that are told 0.6, 0.6 come true. Fitted on
/// rows that the model was not taught on. Held to scikit-learn by calibration_test.cpp.
namespace tradewind::ml {

enum class CalibrationMethod : std::uint8_t {
    none,
    platt,        ///< a logistic curve of the log odds
    isotonic,     ///< any rising curve of the probability; wants a thousand rows or so. Held to
                  ///< [1 / (n + 2), (n + 1) / (n + 2)] of n rows
    temperature,  ///< all logits by one number: never changes which class is likeliest
};
[[nodiscard]] std::string_view to_string(CalibrationMethod method);
[[nodiscard]] std::optional<CalibrationMethod> parse_calibration_method(std::string_view text);

/// A curve that never falls: linear between its points, flat beyond them.
struct RisingCurve {
    std::vector<double> x;  ///< ascending, one at least
    std::vector<double> y;

    [[nodiscard]] double at(double place) const;
    friend bool operator==(const RisingCurve&, const RisingCurve&) = default;
};

/// The rising curve with the least weighted squares, by pooling adjacent violators (Ayer et al.
/// 1955); rows at one place count by their mean. `weights` empty: all 1. One row with a weight
/// above 0 at least (ASSERT).
[[nodiscard]] RisingCurve fit_isotonic(std::span<const double> x, std::span<const double> y,
                                       std::span<const double> weights = {});

/// p = 1 / (1 + exp(-(slope x score + offset))).
struct LogisticCurve {
    double slope = 1;
    double offset = 0;

    [[nodiscard]] double at(double score) const;
    friend bool operator==(const LogisticCurve&, const LogisticCurve&) = default;
};

/// Platt, "Probabilistic outputs for support vector machines" (1999), with the targets moved off 0
/// and 1 as there; by the Newton method of Lin, Lin and Weng, "A note on Platt's probabilistic
/// outputs for support vector machines", Machine Learning 68 (2007).
[[nodiscard]] LogisticCurve fit_platt(std::span<const double> scores,
                                      std::span<const std::uint8_t> positive,
                                      std::span<const double> weights = {});

/// Two classes have one curve, of the higher one; more have one each, against the rest, and what
/// these say is divided by its sum (all 0: all alike).
struct Calibration {
    CalibrationMethod method = CalibrationMethod::none;
    std::size_t classes = 2;
    double temperature = 1;             ///< temperature
    std::vector<LogisticCurve> lines;   ///< platt
    std::vector<RisingCurve> curves{};  ///< isotonic

    /// Of one row, in place; allocates nothing.
    void apply(std::span<double> probabilities) const;
    friend bool operator==(const Calibration&, const Calibration&) = default;
};

/// The error: no rows, or a class that never came.
[[nodiscard]] std::expected<Calibration, std::string> fit_calibration(CalibrationMethod method,
                                                                      const ClassRows& rows);

/// Whole: what comes back calibrates to the bit as before. The error names the field.
[[nodiscard]] std::string to_json(const Calibration& calibration);
[[nodiscard]] std::expected<Calibration, std::string> parse_calibration(std::string_view json);

}  // namespace tradewind::ml
