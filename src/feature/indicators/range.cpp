// SPDX-License-Identifier: Apache-2.0
// Volatility of logarithmic prices, by row: as many of its squares as there are rows in a year add
// up to a year's. And what trading costs.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/comoments.hpp"
#include "feature/kernels/cumulative_sum.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/known_rows.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// The root of the mean of what each bar alone says of the variance.
template <auto Estimate>
class RangeVolatility {
public:
    explicit RangeVolatility(std::size_t period)
        : sum_(period), known_(period), share_(1.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.window().period() - 1; }
    template <bool Warm, typename... Prices>
    double next(Prices... prices) {
        const double sum = sum_.add(known_.take(Estimate(prices...)));
        if (!known_.all()) return kNaN;
        return std::sqrt(larger(sum * share_, 0.0));
    }

private:
    RollingSum sum_;
    KnownRows known_;
    double share_;
};

double squared(double value) { return value * value; }

double parkinson(double high, double low) {
    return squared(std::log(high / low)) * (0.25 / std::numbers::ln2);
}
double garman_klass(double open, double high, double low, double close) {
    return 0.5 * squared(std::log(high / low)) -
           (2.0 * std::numbers::ln2 - 1.0) * squared(std::log(close / open));
}
double rogers_satchell(double open, double high, double low, double close) {
    return std::log(high / close) * std::log(high / open) +
           std::log(low / close) * std::log(low / open);
}

class YangZhang {
public:
    explicit YangZhang(std::size_t period)
        : known_(period),
          gaps_(period),
          bodies_(period),
          ranges_(period),
          n_(static_cast<double>(period)),
          weight_(0.34 / (1.34 + (n_ + 1.0) / (n_ - 1.0))) {}

    [[nodiscard]] std::size_t lookback() const { return gaps_.period(); }
    template <bool Warm>
    double next(double open, double high, double low, double close) {
        const double gap = std::log(open / std::exchange(close_, close));
        const double body = std::log(close / open);
        const double range = rogers_satchell(open, high, low, close);
        const bool is_known = known_.take(gap + body + range) == gap + body + range;
        gaps_.add(is_known ? gap : 0.0);
        bodies_.add(is_known ? body : 0.0);
        const double sum = ranges_.add(is_known ? range : 0.0);
        if (!known_.all()) return kNaN;
        const double sample = n_ / (n_ - 1.0);
        return std::sqrt(larger(sample * (gaps_.variance() + weight_ * bodies_.variance()) +
                                    (1.0 - weight_) * (sum / n_),
                                0.0));
    }

private:
    KnownRows known_;
    RollingMoments gaps_;
    RollingMoments bodies_;
    RollingSum ranges_;
    double n_;
    double weight_;
    double close_ = kNaN;  ///< of the row before
};

/// The root of a sum of squared returns.
class RealisedVolatility {
public:
    explicit RealisedVolatility(std::size_t period) : sum_(period), known_(period) {}

    [[nodiscard]] std::size_t lookback() const { return known_.period(); }
    template <bool Warm>
    double next(double price) {
        const double growth = std::log(price / std::exchange(price_, price));
        const double sum = sum_.add(known_.take(growth * growth));
        return known_.all() ? std::sqrt(sum) : kNaN;
    }

private:
    RollingMagnitude sum_;
    KnownRows known_;
    double price_ = kNaN;  ///< of the row before
};

/// Mean of what a unit of money traded moves the price, over the rows on which some was traded.
class Amihud {
public:
    explicit Amihud(std::size_t period) : ratios_(period), rows_(period) {}

    [[nodiscard]] std::size_t lookback() const { return ratios_.window().period(); }
    template <bool Warm>
    double next(double close, double volume) {
        const double before = std::exchange(close_, close);
        if (!Warm && before != before) return kNaN;
        const double ratio = std::fabs((close - before) / before) / (close * volume);
        const bool is_known = detail::is_finite(ratio);
        const double sum = ratios_.add(is_known ? ratio : 0.0);
        const double rows = rows_.add(is_known ? 1.0 : 0.0);
        return Warm || ratios_.is_full() ? sum / rows : kNaN;
    }

private:
    RollingSum ratios_;
    RollingSum rows_;
    double close_ = kNaN;  ///< of the row before
};

/// How far a unit of volume moves the price: the slope of changes on volumes that have the sign of
/// the last change.
class KyleLambda {
public:
    explicit KyleLambda(std::size_t period) : window_(period) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback() + 1; }
    template <bool Warm>
    double next(double close, double volume) {
        const double change = close - std::exchange(close_, close);
        if (!Warm && change != change) return kNaN;
        side_ = change > 0.0 ? 1.0 : change < 0.0 ? -1.0 : side_;
        window_.add(side_ * volume, change);
        if (!Warm && !window_.is_full()) return kNaN;
        const Comoments<double> window = window_.now();
        return window.xy / window.xx;
    }

private:
    RollingComoments window_;
    double close_ = kNaN;  ///< of the row before
    double side_ = 0.0;
};

/// Since the row on which the anchor last changed.
class AnchoredPrice {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double high, double low, double close, double volume, double anchor) {
        if (std::exchange(anchor_, anchor) != anchor) value_ = volume_ = {};
        const double value = value_.add(typical_price(high, low, close) * volume);
        const double sum = volume_.add(volume);
        return sum > 0.0 ? value / sum : 0.0;
    }

private:
    CumulativeSum value_;
    CumulativeSum volume_;
    double anchor_ = kNaN;
};

/// The lines as they stand over a row: the two of the cloud were known some rows before.
class Ichimoku {
public:
    Ichimoku(std::size_t fast, std::size_t slow, std::size_t cloud, std::size_t shift)
        : fast_(fast), slow_(slow), cloud_(cloud), first_(shift), second_(shift) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max({fast_.lookback(), slow_.lookback(), cloud_.lookback()}) +
               first_.lookback();
    }
    template <bool Warm>
    std::array<double, 4> next(double high, double low) {
        const double conversion = middle(fast_.next<Warm>(high, low));
        const double base = middle(slow_.next<Warm>(high, low));
        const double first = first_.next(0.5 * (conversion + base));
        const double second = second_.next(middle(cloud_.next<Warm>(high, low)));
        if (!Warm && rows_++ < lookback()) return {kNaN, kNaN, kNaN, kNaN};
        return {conversion, base, first, second};
    }

private:
    static double middle(RollingRange::Range range) { return 0.5 * (range.highest + range.lowest); }

    RollingRange fast_;
    RollingRange slow_;
    RollingRange cloud_;
    Delay first_;
    Delay second_;
    std::size_t rows_ = 0;
};

constexpr std::array kPeriod20{period_param(20, 1)};
constexpr std::array kPeriod20From2{period_param(20)};
constexpr std::array kIchimokuParams{period_param(9, 1, "conversion"), period_param(26, 1, "base"),
                                     period_param(52, 1, "cloud"), period_param(26, 0, "shift")};
constexpr std::array kCloseVolume{Input::close, Input::volume};
constexpr std::array kAnchored{Input::high, Input::low, Input::close, Input::volume, Input::anchor};
constexpr std::array<std::string_view, 4> kIchimokuNames{"conversion", "base", "span_a", "span_b"};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "parkinson",
     .talib = "",
     .title = "Parkinson's volatility",
     .inputs = kHighLow,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "root of the mean of the last n of ln(high / low)^2 / (4 ln 2)",
     .source = "M. Parkinson, Journal of Business 53 (1980), p. 61-65",
     .make = [](Args args) { return indicator_of<2>(RangeVolatility<parkinson>{whole(args, 0)}); }},
    {.name = "garman_klass",
     .talib = "",
     .title = "Garman and Klass's volatility",
     .inputs = kOpenHighLowClose,
     .params = kPeriod20,
     .outputs = kValue,
     .formula =
         "root of the mean of the last n of ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2",
     .source = "M. Garman, M. Klass, Journal of Business 53 (1980), p. 67-78",
     .make =
         [](Args args) { return indicator_of<4>(RangeVolatility<garman_klass>{whole(args, 0)}); }},
    {.name = "rogers_satchell",
     .talib = "",
     .title = "Rogers and Satchell's volatility",
     .inputs = kOpenHighLowClose,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "root of the mean of the last n of ln(h / c) ln(h / o) + ln(l / c) ln(l / o)",
     .source = "L. Rogers, S. Satchell, Annals of Applied Probability 1 (1991), p. 504-512",
     .make =
         [](Args args) {
             return indicator_of<4>(RangeVolatility<rogers_satchell>{whole(args, 0)});
         }},
    {.name = "yang_zhang",
     .talib = "",
     .title = "Yang and Zhang's volatility",
     .inputs = kOpenHighLowClose,
     .params = kPeriod20From2,
     .outputs = kValue,
     .formula = "root of var ln(open / close before) + k var ln(close / open) + (1 - k) "
                "rogers_satchell^2, k = 0.34 / (1.34 + (n + 1) / (n - 1))",
     .source = "D. Yang, Q. Zhang, Journal of Business 73 (2000), p. 477-491",
     .make = [](Args args) { return indicator_of<4>(YangZhang{whole(args, 0)}); }},
    {.name = "realised_volatility",
     .talib = "",
     .title = "realised volatility",
     .inputs = kReal,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "root of the sum of the last n of ln(x / x before)^2",
     .source = "T. Andersen, T. Bollerslev, International Economic Review 39 (1998), p. 885-905",
     .make = [](Args args) { return indicator_of<1>(RealisedVolatility{whole(args, 0)}); }},
    {.name = "amihud",
     .talib = "",
     .title = "Amihud's illiquidity",
     .inputs = kCloseVolume,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "mean of |close / close before - 1| / (close volume) over those of the last n rows "
                "that traded",
     .source = "Y. Amihud, Journal of Financial Markets 5 (2002), p. 31-56",
     .make = [](Args args) { return indicator_of<2>(Amihud{whole(args, 0)}); }},
    {.name = "kyle_lambda",
     .talib = "",
     .title = "Kyle's lambda",
     .inputs = kCloseVolume,
     .params = kPeriod20From2,
     .outputs = kValue,
     .formula = "slope of the last n changes of the close on the volume, signed as the last change "
                "that was not 0",
     .source = "A. Kyle, Econometrica 53 (1985), p. 1315-1335; M. Lopez de Prado, Advances in "
               "Financial Machine Learning (2018), 19.4.1",
     .make = [](Args args) { return indicator_of<2>(KyleLambda{whole(args, 0)}); }},
    {.name = "anchored_vwap",
     .talib = "",
     .title = "volume-weighted average price since an anchor",
     .inputs = kAnchored,
     .params = {},
     .outputs = kValue,
     .formula = "vwap from the row on which the anchor changes; the number of the session as "
                "anchor: the session's",
     .source = "any textbook",
     .make = [](Args) { return indicator_of<5>(AnchoredPrice{}); }},
    {.name = "ichimoku",
     .talib = "",
     .title = "Ichimoku's lines",
     .inputs = kHighLow,
     .params = kIchimokuParams,
     .outputs = kIchimokuNames,
     .formula = "(highest + lowest) / 2 of the last n: conversion, base; their mean, and that of "
                "n(cloud), of shift rows ago; the lagging span is the close",
     .source = "G. Hosoda (1969); H. Sasaki, Ichimoku Kinko Studies (1996)",
     .make =
         [](Args args) {
             return indicator_of<2, 4>(
                 Ichimoku{whole(args, 0), whole(args, 1), whole(args, 2), whole(args, 3)});
         }},
};

}  // namespace

std::span<const IndicatorInfo> range_indicators() { return kIndicators; }

}  // namespace tradewind::feature
