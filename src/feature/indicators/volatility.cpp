// SPDX-License-Identifier: Apache-2.0
// How wide prices swing.
#include "feature/indicators/families.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/true_range.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// The average true range in per cent of the close.
class NormalizedRange {
public:
    explicit NormalizedRange(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double range = range_.next<Warm>(high, low, close);
        if (!Warm && range != range) return kNaN;
        return close != 0.0 ? 100.0 * (range / close) : 0.0;
    }

private:
    AverageTrueRange range_;
};

/// Mean of high - low, which no gap between bars is part of.
class AverageDayRange {
public:
    explicit AverageDayRange(std::size_t period) : average_(period) {}

    [[nodiscard]] std::size_t lookback() const { return average_.lookback(); }
    template <bool Warm>
    double next(double high, double low) {
        return average_.next<Warm>(high - low);
    }

private:
    Sma average_;
};

/// How far the average of high - low has come in some rows.
class ChaikinVolatility {
public:
    ChaikinVolatility(std::size_t period, std::size_t ago) : average_(ema(period)), before_(ago) {}

    [[nodiscard]] std::size_t lookback() const { return average_.lookback() + before_.period(); }
    template <bool Warm>
    double next(double high, double low) {
        const double average = average_.next<Warm>(high - low);
        if (!Warm && average != average) return kNaN;
        const double before = before_.push(average);
        if (!Warm && taken_++ < before_.period()) return kNaN;
        return before != 0.0 ? 100.0 * ((average - before) / before) : 0.0;
    }

private:
    Exponential average_;
    Window before_;
    std::size_t taken_ = 0;
};

/// Sum over a window of an average of high - low by its own average.
class MassIndex {
public:
    MassIndex(std::size_t average, std::size_t window)
        : once_(ema(average)), twice_(ema(average)), ratios_(window) {}

    [[nodiscard]] std::size_t lookback() const {
        return once_.lookback() + twice_.lookback() + ratios_.window().period() - 1;
    }
    template <bool Warm>
    double next(double high, double low) {
        const double once = once_.next<Warm>(high - low);
        const double twice = after<Warm>(twice_, once);
        if (!Warm && twice != twice) return kNaN;
        const double sum = ratios_.add(twice != 0.0 ? once / twice : 1.0);
        return Warm || ratios_.is_full() ? sum : kNaN;
    }

private:
    Exponential once_;
    Exponential twice_;
    RollingSum ratios_;
};

/// The share of deviations that fell on rows where the price rose.
class RelativeVolatility {
public:
    RelativeVolatility(std::size_t period, std::size_t window)
        : moments_(window), up_(rma(period)), down_(rma(period)) {}

    [[nodiscard]] std::size_t lookback() const { return moments_.period() - 1 + up_.lookback(); }
    template <bool Warm>
    double next(double price) {
        const double change = price - std::exchange(price_, price);
        moments_.add(price);
        if (!Warm && !moments_.is_full()) return kNaN;
        const double deviation = moments_.deviation();
        const double up = up_.next<Warm>(pick(change > 0.0, deviation, 0.0));
        const double down = down_.next<Warm>(pick(change < 0.0, deviation, 0.0));
        const double sum = up + down;
        return sum == 0.0 ? 50.0 : 100.0 * (up / sum);
    }

private:
    RollingMoments moments_;
    Exponential up_;
    Exponential down_;
    double price_ = kNaN;  ///< of the row before
};

constexpr std::array kPeriod14{period_param(14, 1)};
constexpr std::array kChaikinParams{period_param(10), period_param(10, 1, "roc_period")};
constexpr std::array kRelativeParams{period_param(14, 1), period_param(10, 2, "deviation")};
constexpr std::array kMassParams{period_param(9, 2, "fast"), period_param(25, 2, "slow")};

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
    {.name = "natr",
     .talib = "NATR",
     .title = "normalized average true range",
     .inputs = kHighLowClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula =
         "100 atr / close, for n = 1 too, where TA-Lib gives the bare range; 0 at a close of 0",
     .source = "J. Forman, Cross-Market Evaluations, Stocks & Commodities (2006)",
     .make = [](Args args) { return indicator_of<3>(NormalizedRange{whole(args, 0)}); }},
    {.name = "adr",
     .talib = "ADR",
     .title = "average day range",
     .inputs = kHighLow,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "mean of the last n of high - low",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<2>(AverageDayRange{whole(args, 0)}); }},
    {.name = "cvi",
     .talib = "CVI",
     .title = "Chaikin's volatility",
     .inputs = kHighLow,
     .params = kChaikinParams,
     .outputs = kValue,
     .formula = "100 (e / e some rows ago - 1), e = ema of high - low; 0 where that was 0",
     .source = "S. Achelis, Technical Analysis from A to Z (2nd ed. 2000), Volatility, Chaikin's",
     .make =
         [](Args args) {
             return indicator_of<2>(ChaikinVolatility{whole(args, 0), whole(args, 1)});
         }},
    {.name = "massi",
     .talib = "MASSI",
     .title = "mass index",
     .inputs = kHighLow,
     .params = kMassParams,
     .outputs = kValue,
     .formula = "sum of the last n(slow) of e / ema(e), e = ema(fast) of high - low; 1 for 0 / 0",
     .source = "D. Dorsey, The Mass Index, Stocks & Commodities 10:6 (1992)",
     .make = [](Args args) { return indicator_of<2>(MassIndex{whole(args, 0), whole(args, 1)}); }},
    {.name = "rvi",
     .talib = "RVI",
     .title = "relative volatility index",
     .inputs = kReal,
     .params = kRelativeParams,
     .outputs = kValue,
     .formula =
         "100 up / (up + down), each the rma of stddev where the price rose, or fell; 50 for "
         "0 / 0",
     .source = "D. Dorsey, The Relative Volatility Index, Stocks & Commodities 11:6 (1993)",
     .make =
         [](Args args) {
             return indicator_of<1>(RelativeVolatility{whole(args, 0), whole(args, 1)});
         }},
};

}  // namespace

std::span<const IndicatorInfo> volatility_indicators() { return kIndicators; }

}  // namespace tradewind::feature
