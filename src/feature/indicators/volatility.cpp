// SPDX-License-Identifier: Apache-2.0
// How wide prices swing.
#include <algorithm>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/true_range.hpp"

namespace tradewind::feature {
namespace {

class AverageTrueRange {
public:
    explicit AverageTrueRange(std::size_t period) : average_(rma(period)) {}

    [[nodiscard]] std::size_t lookback() const { return 1 + average_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        return after<Warm>(average_, range_.next<Warm>(high, low, close));
    }

private:
    TrueRange range_;
    Exponential average_;
};

constexpr std::array kPeriod14{period_param(14, 1)};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "trange",
     .talib = "TRANGE",
     .title = "true range",
     .inputs = kHighLowClose,
     .params = {},
     .outputs = kValue,
     .formula = "max(high, close before) - min(low, close before)",
     .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 21",
     .make = [](Args) { return indicator_of<3>(TrueRange{}); }},
    {.name = "atr",
     .talib = "ATR",
     .title = "average true range",
     .inputs = kHighLowClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "true range smoothed by 1 / n from the mean of the first n",
     .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 21-23",
     .make = [](Args args) { return indicator_of<3>(AverageTrueRange{whole(args, 0)}); }},
};

}  // namespace

std::span<const IndicatorInfo> volatility_indicators() { return kIndicators; }

}  // namespace tradewind::feature
