// SPDX-License-Identifier: Apache-2.0
// How fast and how far prices go.
#include <optional>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernels/averages.hpp"

namespace tradewind::feature {
namespace {

/// Relative strength index; the first averages are means of the first n gains and losses.
class Rsi {
public:
    explicit Rsi(std::size_t period) : gain_(rma(period)), loss_(rma(period)) {}

    [[nodiscard]] std::size_t lookback() const { return 1 + gain_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const double change = value - std::exchange(last_, value);
        if (!Warm && change != change) return kNaN;
        const double gain = gain_.next<Warm>(larger(change, 0.0));
        const double loss = loss_.next<Warm>(larger(-change, 0.0));
        const double sum = gain + loss;
        return sum == 0.0 ? 0.0 : 100.0 * (gain / sum);
    }

private:
    Exponential gain_;
    Exponential loss_;
    double last_ = kNaN;
};

/// Difference of two averages, its own average, and the difference of these.
class Macd {
public:
    Macd(std::size_t fast, std::size_t slow, std::size_t signal)
        : fast_(ema(fast, slow - fast)), slow_(ema(slow)), signal_(ema(signal)) {}

    [[nodiscard]] std::size_t lookback() const { return slow_.lookback() + signal_.lookback(); }
    template <bool Warm>
    std::array<double, 3> next(double value) {
        const double macd = fast_.next<Warm>(value) - slow_.next<Warm>(value);
        const double signal = after<Warm>(signal_, macd);
        if (!Warm && signal != signal) return {kNaN, kNaN, kNaN};
        return {macd, signal, macd - signal};
    }

private:
    Exponential fast_;
    Exponential slow_;
    Exponential signal_;
};

constexpr std::array kPeriod14{period_param(14)};
constexpr std::array kMacdParams{period_param(12, 2, "fast"), period_param(26, 2, "slow"),
                                 period_param(9, 1, "signal")};
constexpr std::array<std::string_view, 3> kMacdNames{"macd", "signal", "histogram"};

/// TA-Lib takes the two periods in any order.
struct FastSlow {
    std::size_t fast;
    std::size_t slow;
};
FastSlow fast_slow(Args args) {
    return {.fast = std::min(whole(args, 0), whole(args, 1)),
            .slow = std::max(whole(args, 0), whole(args, 1))};
}

constexpr IndicatorInfo kIndicators[] = {
    {.name = "rsi",
     .talib = "RSI",
     .title = "relative strength index",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 gain / (gain + loss), each smoothed by 1 / n from the mean of the first n",
     .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 63-70",
     .make = [](Args args) { return indicator_of<1>(Rsi{whole(args, 0)}); }},
    {.name = "macd",
     .talib = "MACD",
     .title = "moving average convergence and divergence",
     .inputs = kReal,
     .params = kMacdParams,
     .outputs = kMacdNames,
     .formula = "ema(fast) - ema(slow), both from one row on; its ema(signal); their difference",
     .source = "G. Appel, The Moving Average Convergence-Divergence Trading Method (1979)",
     .make =
         [](Args args) {
             const FastSlow periods = fast_slow(args);
             return indicator_of<1, 3>(Macd{periods.fast, periods.slow, whole(args, 2)});
         }},
};

}  // namespace

std::span<const IndicatorInfo> momentum_indicators() { return kIndicators; }

}  // namespace tradewind::feature
