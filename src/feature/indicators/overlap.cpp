// SPDX-License-Identifier: Apache-2.0
// Averages and bands that lie over the price.
#include "feature/indicators/families.hpp"
#include "feature/kernels/averages.hpp"

namespace tradewind::feature {
namespace {

constexpr std::array kPeriod30{period_param(30, 1)};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "sma",
     .talib = "SMA",
     .title = "simple moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "sum of the last n / n",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<1>(Sma{whole(args, 0)}); }},
    {.name = "ema",
     .talib = "EMA",
     .title = "exponential moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "e += 2 / (n + 1) (x - e), from the mean of the first n",
     .source = "TA-Lib, ta_EMA",
     .make = [](Args args) { return indicator_of<1>(ema(whole(args, 0))); }},
};

}  // namespace

std::span<const IndicatorInfo> overlap_indicators() { return kIndicators; }

}  // namespace tradewind::feature
