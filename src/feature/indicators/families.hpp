// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "feature/indicator.hpp"

/// The indicators by family: one file each in this folder.
namespace tradewind::feature {

[[nodiscard]] std::span<const IndicatorInfo> overlap_indicators();
[[nodiscard]] std::span<const IndicatorInfo> trailing_indicators();
[[nodiscard]] std::span<const IndicatorInfo> momentum_indicators();
[[nodiscard]] std::span<const IndicatorInfo> directional_indicators();
[[nodiscard]] std::span<const IndicatorInfo> stochastic_indicators();
[[nodiscard]] std::span<const IndicatorInfo> volatility_indicators();
[[nodiscard]] std::span<const IndicatorInfo> candlestick_indicators();
[[nodiscard]] std::span<const IndicatorInfo> price_indicators();
[[nodiscard]] std::span<const IndicatorInfo> volume_indicators();
[[nodiscard]] std::span<const IndicatorInfo> statistics_indicators();
[[nodiscard]] std::span<const IndicatorInfo> cycle_indicators();
[[nodiscard]] std::span<const IndicatorInfo> range_indicators();
[[nodiscard]] std::span<const IndicatorInfo> math_indicators();
[[nodiscard]] std::span<const IndicatorInfo> memory_indicators();
[[nodiscard]] std::span<const IndicatorInfo> flow_indicators();
[[nodiscard]] std::span<const IndicatorInfo> spread_indicators();

// What the tables of the families have in common.

inline constexpr std::array kReal{Input::real};
inline constexpr std::array kPair{Input::real, Input::second};
inline constexpr std::array kHighLow{Input::high, Input::low};
inline constexpr std::array kHighLowClose{Input::high, Input::low, Input::close};
inline constexpr std::array kOpenHighLowClose{Input::open, Input::high, Input::low, Input::close};
inline constexpr std::array<std::string_view, 1> kValue{"value"};
inline constexpr std::array<std::string_view, 3> kBandNames{"upper", "middle", "lower"};

inline constexpr double kPeriodMax = 100'000;

/// `period`, from `low` on.
constexpr ParamInfo period_param(double otherwise, double low = 2,
                                 std::string_view name = "period") {
    return {.name = name,
            .kind = ParamKind::whole,
            .otherwise = otherwise,
            .low = low,
            .high = kPeriodMax,
            .meaning = "rows"};
}
constexpr ParamInfo real_param(std::string_view name, double otherwise, double low, double high,
                               std::string_view meaning = {}) {
    return {.name = name,
            .kind = ParamKind::real,
            .otherwise = otherwise,
            .low = low,
            .high = high,
            .meaning = meaning};
}

/// Which average; the numbers are those of AverageType.
constexpr ParamInfo average_param(double otherwise, std::string_view name = "average") {
    return {.name = name,
            .kind = ParamKind::average,
            .otherwise = otherwise,
            .low = 0,
            .high = 13,
            .meaning =
                "0 simple, 1 exponential, 2 weighted, 3 double, 4 triple exponential, "
                "5 triangular, 6 Kaufman's, 7 MESA's, 8 T3, 9 Hull's, 10 none, 11 the usual one, "
                "12 zero lag, 13 Wilder's"};
}

}  // namespace tradewind::feature
