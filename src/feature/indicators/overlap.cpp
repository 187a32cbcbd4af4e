// SPDX-License-Identifier: Apache-2.0
// Averages and bands that lie over the price.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernels/average_by_type.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/true_range.hpp"

namespace tradewind::feature {
namespace {

using Bands = std::array<double, 3>;
constexpr Bands kNoBands{kNaN, kNaN, kNaN};

/// Volume weighted; NaN where nothing was traded.
class Vwma {
public:
    explicit Vwma(std::size_t period) : value_(period), volume_(period) {}

    [[nodiscard]] std::size_t lookback() const { return value_.window().period() - 1; }
    template <bool Warm>
    double next(double value, double volume) {
        const double sum = value_.add(value * volume), weights = volume_.add(volume);
        return (Warm || volume_.is_full()) && weights != 0.0 ? sum / weights : kNaN;
    }

private:
    RollingSum value_;
    RollingMagnitude volume_;
};

class Midpoint {
public:
    explicit Midpoint(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    double next(double high, double low) {
        const auto [highest, lowest] = range_.next<Warm>(high, low);
        return (highest + lowest) / 2.0;
    }
    template <bool Warm>
    double next(double value) {
        return next<Warm>(value, value);
    }

private:
    RollingRange range_;
};

class Donchian {
public:
    explicit Donchian(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    Bands next(double high, double low) {
        const auto [highest, lowest] = range_.next<Warm>(high, low);
        return {highest, (highest + lowest) / 2.0, lowest};
    }

private:
    RollingRange range_;
};

struct Widths {
    double up, down;
};

/// Bollinger's, around the mean.
class MeanBands {
public:
    MeanBands(std::size_t period, Widths widths) : moments_(period), widths_(widths) {}

    [[nodiscard]] std::size_t lookback() const { return moments_.period() - 1; }
    template <bool Warm>
    Bands next(double value) {
        moments_.add(value);
        if (!Warm && !moments_.is_full()) return kNoBands;
        const double mean = moments_.mean(), deviation = moments_.deviation();
        return {mean + widths_.up * deviation, mean, mean - widths_.down * deviation};
    }

private:
    RollingMoments moments_;
    Widths widths_;
};

/// Bollinger's around another average. The deviation is still that from the mean.
class AverageBands {
public:
    AverageBands(AnyAverage average, std::size_t period, Widths widths)
        : average_(std::move(average)), moments_(period), widths_(widths) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(average_.lookback(), moments_.period() - 1);
    }
    template <bool Warm>
    Bands next(double value) {
        const double middle = average_.next<Warm>(value);
        moments_.add(value);
        if (!Warm && !(middle == middle && moments_.is_full())) return kNoBands;
        const double deviation = moments_.deviation();
        return {middle + widths_.up * deviation, middle, middle - widths_.down * deviation};
    }

private:
    AnyAverage average_;
    RollingMoments moments_;
    Widths widths_;
};

/// Headley's acceleration bands.
class AccelerationBands {
public:
    explicit AccelerationBands(std::size_t period)
        : upper_(period), middle_(period), lower_(period) {}

    [[nodiscard]] std::size_t lookback() const { return middle_.lookback(); }
    template <bool Warm>
    Bands next(double high, double low, double close) {
        const double sum = high + low;
        const double swing = sum != 0.0 ? 4.0 * (high - low) / sum : 0.0;
        return {upper_.next<Warm>(high * (1.0 + swing)), middle_.next<Warm>(close),
                lower_.next<Warm>(low * (1.0 - swing))};
    }

private:
    Sma upper_;
    Sma middle_;
    Sma lower_;
};

/// Keltner's, in the way of Linda Raschke; average and range start on one row.
class Keltner {
public:
    Keltner(std::size_t period, std::size_t range_period, double width)
        : lookback_(std::max(period - 1, range_period)),
          middle_(ema(period, lookback_ - (period - 1))),
          range_(range_period, lookback_ - range_period),
          width_(width) {}

    [[nodiscard]] std::size_t lookback() const { return lookback_; }
    template <bool Warm>
    Bands next(double high, double low, double close) {
        const double middle = middle_.next<Warm>((high + low + close) / 3.0);
        const double swing = width_ * range_.next<Warm>(high, low, close);
        return {middle + swing, middle, middle - swing};
    }

private:
    std::size_t lookback_;
    Exponential middle_;
    AverageTrueRange range_;
    double width_;
};

/// The mean of as many values as each row says. Sums from the beginning of a block of `most` values
/// and from that of the block before give those of any window by one difference.
class VariableMean {
public:
    VariableMean(std::size_t least, std::size_t most) : sums_(most), least_(least) {}

    [[nodiscard]] std::size_t lookback() const { return sums_.size() - 1; }
    template <bool Warm>
    double next(double value, double wanted) {
        const std::size_t most = sums_.size();
        const auto period = static_cast<std::size_t>(
            smaller(larger(wanted, static_cast<double>(least_)), static_cast<double>(most)));
        sum_ += value;
        double sum = sum_;
        if (period <= next_) {
            sum -= sums_[next_ - period];
        } else if (period > next_ + 1) {
            sum += before_ - sums_[next_ + most - period];
        }
        sums_[next_] = sum_;
        if (++next_ == most) {
            before_ = std::exchange(sum_, 0.0);
            next_ = 0;
            is_full_ = true;
        }
        return Warm || is_full_ ? sum / static_cast<double>(period) : kNaN;
    }

private:
    std::vector<double> sums_;  ///< before `next_` of this block, from there on of the one before
    std::size_t least_;
    std::size_t next_ = 0;
    double sum_ = 0.0;
    double before_ = 0.0;  ///< of all of the block before
    bool is_full_ = false;
};

/// The average of as many values as each row says: all of them go on, and one is read.
class VariableAverage {
public:
    VariableAverage(AverageType type, std::size_t least, std::size_t most)
        : lookback_(AnyAverage{type, most}.lookback()),
          least_(static_cast<double>(least)),
          most_(static_cast<double>(most)) {
        for (std::size_t period = least; period <= most; ++period) {
            AnyAverage average{type, period};
            const std::size_t skip = lookback_ - average.lookback();
            averages_.emplace_back(std::move(average), skip);
        }
    }

    [[nodiscard]] std::size_t lookback() const { return lookback_; }
    template <bool Warm>
    double next(double value, double wanted) {
        const auto chosen =
            static_cast<std::size_t>(smaller(larger(wanted, least_), most_) - least_);
        double out = kNaN;
        for (std::size_t i = 0; i < averages_.size(); ++i) {
            const double average = averages_[i].next<Warm>(value);
            if (i == chosen) out = average;
        }
        return out;
    }

private:
    std::size_t lookback_;
    std::vector<Late<AnyAverage>> averages_;
    double least_;
    double most_;
};

constexpr std::array kRealVolume{Input::real, Input::volume};
constexpr std::array kRealPeriods{Input::real, Input::periods};
constexpr std::array kPeriod30{period_param(30, 1)};
constexpr std::array kPeriod20{period_param(20, 2)};
constexpr std::array kPeriod20From1{period_param(20, 1)};
constexpr std::array kPeriod14{period_param(14, 2)};
constexpr double kWidthMax = 3e37;
constexpr std::array kT3Params{period_param(5, 1), real_param("factor", 0.7, 0, 1)};
constexpr std::array kMaParams{period_param(30, 1), average_param(0)};
constexpr std::array kMavpParams{period_param(2, 1, "least"), period_param(30, 1, "most"),
                                 average_param(0)};
constexpr std::array kBollingerParams{
    period_param(20, 2), real_param("up", 2, -kWidthMax, kWidthMax, "deviations"),
    real_param("down", 2, -kWidthMax, kWidthMax, "deviations"), average_param(0)};
constexpr std::array kKeltnerParams{period_param(20, 2), period_param(10, 1, "range_period"),
                                    real_param("width", 2, -kWidthMax, kWidthMax, "ranges")};

std::optional<std::string_view> mavp_fault(Args args) {
    constexpr double kSpreadMax = 1000;
    if (args[0] > args[1]) return "least must not be above most";
    const AverageType type = average_type(args, 2);
    if (type != AverageType::simple && args[1] - args[0] > kSpreadMax) {
        return "most may be 1000 above least, except with average 0";
    }
    return std::nullopt;
}

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
    {.name = "rma",
     .talib = "RMA",
     .title = "Wilder's smoothing",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "e += 1 / n (x - e), from the mean of the first n",
     .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 23",
     .make = [](Args args) { return indicator_of<1>(rma(whole(args, 0))); }},
    {.name = "wma",
     .talib = "WMA",
     .title = "weighted moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "(n x + (n - 1) x[1] + ... + 1 x[n - 1]) / (n (n + 1) / 2)",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<1>(Wma{whole(args, 0)}); }},
    {.name = "trima",
     .talib = "TRIMA",
     .title = "triangular moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "sma(sma(x, (n + 1) / 2), n / 2 + 1), divisions to whole numbers",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<1>(Trima{whole(args, 0)}); }},
    {.name = "dema",
     .talib = "DEMA",
     .title = "double exponential moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "2 ema(x) - ema(ema(x))",
     .source = "P. Mulloy, Smoothing Data with Faster Moving Averages, TASC 12:1 (1994)",
     .make = [](Args args) { return indicator_of<1>(Dema{whole(args, 0)}); }},
    {.name = "tema",
     .talib = "TEMA",
     .title = "triple exponential moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "3 ema(x) - 3 ema(ema(x)) + ema(ema(ema(x)))",
     .source = "P. Mulloy, Smoothing Data with Less Lag, TASC 12:2 (1994)",
     .make = [](Args args) { return indicator_of<1>(Tema{whole(args, 0)}); }},
    {.name = "t3",
     .talib = "T3",
     .title = "Tillson's average",
     .inputs = kReal,
     .params = kT3Params,
     .outputs = kValue,
     .formula = "g(g(g(x))), g(x) = (1 + v) ema(x) - v ema(ema(x))",
     .source = "T. Tillson, Better Moving Averages, TASC 16:1 (1998)",
     .make = [](Args args) { return indicator_of<1>(T3{whole(args, 0), args[1]}); }},
    {.name = "kama",
     .talib = "KAMA",
     .title = "Kaufman's adaptive moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula =
         "k += (e (2/3 - 2/31) + 2/31)^2 (x - k), e = |x - x[n]| / sum of |x - x[1]|, 1 if 0/0",
     .source = "P. Kaufman, Smarter Trading (1995), p. 129-153",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         if (whole(args, 0) == 1) return indicator_of<1>(Same{});
         return indicator_of<1>(Kama{whole(args, 0)});
     }},
    {.name = "zlema",
     .talib = "ZLEMA",
     .title = "zero-lag exponential moving average",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "ema(x + (x - x[(n - 1) / 2]))",
     .source = "J. Ehlers and R. Way, Zero Lag (Well, Almost), TASC 28:12 (2010)",
     .make = [](Args args) { return indicator_of<1>(Zlema{whole(args, 0)}); }},
    {.name = "hma",
     .talib = "HMA",
     .title = "Hull's moving average",
     .inputs = kReal,
     .params = kPeriod20From1,
     .outputs = kValue,
     .formula = "wma(2 wma(x, n / 2) - wma(x, n), sqrt(n))",
     .source = "A. Hull, alanhull.com/hull-moving-average (2005)",
     .make = [](Args args) { return indicator_of<1>(Hma{whole(args, 0)}); }},
    {.name = "vwma",
     .talib = "VWMA",
     .title = "volume-weighted moving average",
     .inputs = kRealVolume,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "sum of x volume / sum of volume; NaN if nothing was traded",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<2>(Vwma{whole(args, 0)}); }},
    {.name = "ma",
     .talib = "MA",
     .title = "moving average of a type",
     .inputs = kReal,
     .params = kMaParams,
     .outputs = kValue,
     .formula = "the average named",
     .source = "TA-Lib, ta_MA",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         return with_averages(
             average_type(args, 1),
             [](auto average) { return indicator_of<1>(std::move(average)); }, whole(args, 0));
     }},
    {.name = "mavp",
     .talib = "MAVP",
     .title = "moving average with a period of each row",
     .inputs = kRealPeriods,
     .params = kMavpParams,
     .outputs = kValue,
     .formula = "the average named, of the row's period within [least, most], all from one row on",
     .source = "TA-Lib, ta_MAVP",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         const AverageType type = average_type(args, 2);
         if (type == AverageType::simple) {
             return indicator_of<2>(VariableMean{whole(args, 0), whole(args, 1)});
         }
         return indicator_of<2>(VariableAverage{type, whole(args, 0), whole(args, 1)});
     },
     .fault = mavp_fault},
    {.name = "midpoint",
     .talib = "MIDPOINT",
     .title = "middle of the range of a series",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "(max of the last n + min of the last n) / 2",
     .source = "TA-Lib, ta_MIDPOINT",
     .make = [](Args args) { return indicator_of<1>(Midpoint{whole(args, 0)}); }},
    {.name = "midprice",
     .talib = "MIDPRICE",
     .title = "middle of the range of prices",
     .inputs = kHighLow,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "(highest high + lowest low) / 2",
     .source = "TA-Lib, ta_MIDPRICE",
     .make = [](Args args) { return indicator_of<2>(Midpoint{whole(args, 0)}); }},
    {.name = "donchian",
     .talib = "DONCHIAN",
     .title = "Donchian channel",
     .inputs = kHighLow,
     .params = kPeriod20,
     .outputs = kBandNames,
     .formula = "highest high, the middle, lowest low",
     .source = "R. Donchian, in C. Faith, Way of the Turtle (2007)",
     .make = [](Args args) { return indicator_of<2, 3>(Donchian{whole(args, 0)}); }},
    {.name = "bbands",
     .talib = "BBANDS",
     .title = "Bollinger bands",
     .inputs = kReal,
     .params = kBollingerParams,
     .outputs = kBandNames,
     .formula = "average + up s, average, average - down s; s: deviation of the last n",
     .source = "J. Bollinger, Bollinger on Bollinger Bands (2001), p. 50-53",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         const AverageType type = average_type(args, 3);
         const Widths widths{.up = args[1], .down = args[2]};
         if (type == AverageType::simple) {
             return indicator_of<1, 3>(MeanBands{whole(args, 0), widths});
         }
         return indicator_of<1, 3>(
             AverageBands{AnyAverage{type, whole(args, 0)}, whole(args, 0), widths});
     }},
    {.name = "accbands",
     .talib = "ACCBANDS",
     .title = "acceleration bands",
     .inputs = kHighLowClose,
     .params = kPeriod20,
     .outputs = kBandNames,
     .formula =
         "sma(high (1 + w)), sma(close), sma(low (1 - w)), w = 4 (high - low) / (high + low)",
     .source = "P. Headley, Big Trends in Trading (2002)",
     .make = [](Args args) { return indicator_of<3, 3>(AccelerationBands{whole(args, 0)}); }},
    {.name = "kc",
     .talib = "KC",
     .title = "Keltner channel",
     .inputs = kHighLowClose,
     .params = kKeltnerParams,
     .outputs = kBandNames,
     .formula = "m + w atr, m, m - w atr; m = ema((high + low + close) / 3); both from one row on",
     .source = "L. Raschke and L. Connors, Street Smarts (1995), after C. Keltner (1960)",
     .make =
         [](Args args) {
             return indicator_of<3, 3>(Keltner{whole(args, 0), whole(args, 1), args[2]});
         }},
};

}  // namespace

std::span<const IndicatorInfo> overlap_indicators() { return kIndicators; }

}  // namespace tradewind::feature
