// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "feature/indicator.hpp"

namespace tradewind::feature {

struct Candlestick {
    const IndicatorInfo* pattern;
    double penetration = 0.0;  ///< looked at by those that have it as their parameter
};

/// Several candlestick patterns on one history of bars: an output each, of the same bytes as each
/// alone. An output is NaN for its own pattern's lookback; `lookback()` is the longest. Nothing
/// where one of them is no candlestick pattern.
[[nodiscard]] std::unique_ptr<Indicator> candlesticks(std::span<const Candlestick> wanted);

}  // namespace tradewind::feature
