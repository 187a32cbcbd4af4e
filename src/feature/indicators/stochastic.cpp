// SPDX-License-Identifier: Apache-2.0
// Where in its range the price stands.
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernels/average_by_type.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/strength.hpp"

namespace tradewind::feature {
namespace {

/// Per cent of the range below the close; 0 where there is no range.
class RangePlace {
public:
    explicit RangePlace(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        const auto [highest, lowest] = range_.next<Warm>(high, low);
        const double width = highest - lowest;
        return width != 0.0 ? 100.0 * ((close - lowest) / width) : 0.0;
    }

private:
    RollingRange range_;
};

class WilliamsR {
public:
    explicit WilliamsR(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        const auto [highest, lowest] = range_.next<Warm>(high, low);
        const double width = highest - lowest;
        return width != 0.0 ? -100.0 * ((highest - close) / width) : 0.0;
    }

private:
    RollingRange range_;
};

/// The place in the range and its average.
template <typename Average>
class FastStochastic {
public:
    FastStochastic(std::size_t period, Average average)
        : place_(period), average_(std::move(average)) {}

    [[nodiscard]] std::size_t lookback() const { return place_.lookback() + average_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low, double close) {
        const double place = place_.next<Warm>(high, low, close);
        const double average = after<Warm>(average_, place);
        if (!Warm && average != average) return {kNaN, kNaN};
        return {place, average};
    }

private:
    RangePlace place_;
    Average average_;
};

/// The average of the place in the range, and the average of that.
template <typename K, typename D>
class Stochastic {
public:
    Stochastic(std::size_t period, K k, D d) : place_(period), k_(std::move(k)), d_(std::move(d)) {}

    [[nodiscard]] std::size_t lookback() const {
        return place_.lookback() + k_.lookback() + d_.lookback();
    }
    template <bool Warm>
    std::array<double, 2> next(double high, double low, double close) {
        const double k = after<Warm>(k_, place_.next<Warm>(high, low, close));
        const double d = after<Warm>(d_, k);
        if (!Warm && d != d) return {kNaN, kNaN};
        return {k, d};
    }

private:
    RangePlace place_;
    K k_;
    D d_;
};

template <typename K, typename D>
class Kdj {
public:
    explicit Kdj(Stochastic<K, D> stochastic) : stochastic_(std::move(stochastic)) {}

    [[nodiscard]] std::size_t lookback() const { return stochastic_.lookback(); }
    template <bool Warm>
    std::array<double, 3> next(double high, double low, double close) {
        const auto [k, d] = stochastic_.template next<Warm>(high, low, close);
        return {k, d, 3.0 * k - 2.0 * d};
    }

private:
    Stochastic<K, D> stochastic_;
};

template <typename Average>
class StochasticRsi {
public:
    StochasticRsi(std::size_t rsi_period, FastStochastic<Average> stochastic)
        : rsi_(rsi_period), stochastic_(std::move(stochastic)) {}

    [[nodiscard]] std::size_t lookback() const { return rsi_.lookback() + stochastic_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double value) {
        const double rsi = rsi_.next<Warm>(value);
        if (!Warm && rsi != rsi) return {kNaN, kNaN};
        return stochastic_.template next<Warm>(rsi, rsi, rsi);
    }

private:
    Rsi rsi_;
    FastStochastic<Average> stochastic_;
};

/// Blau's: how far from the middle of the range, smoothed twice, in per cent of half of the range,
/// smoothed as often.
class StochasticMomentum {
public:
    struct Periods {
        std::size_t range, fast, slow, signal;
    };

    explicit StochasticMomentum(const Periods& periods)
        : range_(periods.range),
          distance_(ema(periods.slow)),
          distance_again_(ema(periods.fast)),
          width_(ema(periods.slow)),
          width_again_(ema(periods.fast)),
          signal_(ema(periods.signal)) {}

    [[nodiscard]] std::size_t lookback() const {
        return range_.lookback() + width_.lookback() + width_again_.lookback() + signal_.lookback();
    }
    template <bool Warm>
    std::array<double, 2> next(double high, double low, double close) {
        const auto [highest, lowest] = range_.next<Warm>(high, low);
        const double middle = (highest + lowest) / 2.0;
        const double distance =
            after<Warm>(distance_again_, after<Warm>(distance_, close - middle));
        const double width = after<Warm>(width_again_, after<Warm>(width_, highest - lowest));
        const double index = width != 0.0 ? 100.0 * (distance / (width / 2.0)) : 0.0;
        const double signal = after<Warm>(signal_, index);
        if (!Warm && signal != signal) return {kNaN, kNaN};
        return {index, signal};
    }

private:
    RollingRange range_;
    Exponential distance_;
    Exponential distance_again_;
    Exponential width_;
    Exponential width_again_;
    Exponential signal_;
};

constexpr std::array kWilliamsParams{period_param(14)};
constexpr std::array kStochParams{period_param(5, 1, "range_period"),
                                  period_param(3, 1, "k_period"), average_param(0, "k_average"),
                                  period_param(3, 1, "d_period"), average_param(0, "d_average")};
constexpr std::array kKdjParams{period_param(9, 1, "range_period"), period_param(3, 1, "k_period"),
                                average_param(13, "k_average"), period_param(3, 1, "d_period"),
                                average_param(13, "d_average")};
constexpr std::array kStochfParams{period_param(5, 1, "range_period"),
                                   period_param(3, 1, "d_period"), average_param(0, "d_average")};
constexpr std::array kStochrsiParams{period_param(14, 2, "rsi_period"),
                                     period_param(5, 1, "range_period"),
                                     period_param(3, 1, "d_period"), average_param(0, "d_average")};
constexpr std::array kSmiParams{period_param(13, 2, "range_period"), period_param(2, 2, "fast"),
                                period_param(25, 2, "slow"), period_param(9, 2, "signal")};
constexpr std::array<std::string_view, 2> kKd{"k", "d"};
constexpr std::array<std::string_view, 3> kKdjNames{"k", "d", "j"};
constexpr std::array<std::string_view, 2> kSmiNames{"smi", "signal"};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "willr",
     .talib = "WILLR",
     .title = "Williams' %R",
     .inputs = kHighLowClose,
     .params = kWilliamsParams,
     .outputs = kValue,
     .formula = "-100 (highest - close) / (highest - lowest), 0 if there is no range",
     .source = "L. Williams, How I Made One Million Dollars (1973)",
     .make = [](Args args) { return indicator_of<3>(WilliamsR{whole(args, 0)}); }},
    {.name = "stochf",
     .talib = "STOCHF",
     .title = "fast stochastic",
     .inputs = kHighLowClose,
     .params = kStochfParams,
     .outputs = kKd,
     .formula =
         "k = 100 (close - lowest) / (highest - lowest), 0 if there is no range; average of k",
     .source = "G. Lane, Lane's Stochastics, TASC 2:3 (1984)",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         return with_averages(
             average_type(args, 2),
             [&](auto d) {
                 return indicator_of<3, 2>(FastStochastic{whole(args, 0), std::move(d)});
             },
             whole(args, 1));
     }},
    {.name = "stoch",
     .talib = "STOCH",
     .title = "slow stochastic",
     .inputs = kHighLowClose,
     .params = kStochParams,
     .outputs = kKd,
     .formula = "average of the fast k; average of that",
     .source = "G. Lane, Lane's Stochastics, TASC 2:3 (1984)",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         return with_two_averages(
             average_choice(args, 2, 1), average_choice(args, 4, 3), [&](auto k, auto d) {
                 return indicator_of<3, 2>(Stochastic{whole(args, 0), std::move(k), std::move(d)});
             });
     }},
    {.name = "kdj",
     .talib = "KDJ",
     .title = "stochastic with a third line",
     .inputs = kHighLowClose,
     .params = kKdjParams,
     .outputs = kKdjNames,
     .formula = "k and d as in stoch, by Wilder's smoothing; j = 3 k - 2 d",
     .source = "TA-Lib, ta_KDJ",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         return with_two_averages(
             average_choice(args, 2, 1), average_choice(args, 4, 3), [&](auto k, auto d) {
                 return indicator_of<3, 3>(
                     Kdj{Stochastic{whole(args, 0), std::move(k), std::move(d)}});
             });
     }},
    {.name = "stochrsi",
     .talib = "STOCHRSI",
     .title = "stochastic of the relative strength index",
     .inputs = kReal,
     .params = kStochrsiParams,
     .outputs = kKd,
     .formula = "stochf of rsi",
     .source = "T. Chande and S. Kroll, The New Technical Trader (1994)",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         return with_averages(
             average_type(args, 3),
             [&](auto d) {
                 return indicator_of<1, 2>(
                     StochasticRsi{whole(args, 0), FastStochastic{whole(args, 1), std::move(d)}});
             },
             whole(args, 2));
     }},
    {.name = "smi",
     .talib = "SMI",
     .title = "stochastic momentum index",
     .inputs = kHighLowClose,
     .params = kSmiParams,
     .outputs = kSmiNames,
     .formula = "100 e(close - middle of range) / (e(range) / 2), e = ema(ema(., slow), fast); ema",
     .source = "W. Blau, Stochastic Momentum, TASC 11:1 (1993)",
     .make =
         [](Args args) {
             return indicator_of<3, 2>(StochasticMomentum{{.range = whole(args, 0),
                                                           .fast = whole(args, 1),
                                                           .slow = whole(args, 2),
                                                           .signal = whole(args, 3)}});
         }},
};

}  // namespace

std::span<const IndicatorInfo> stochastic_indicators() { return kIndicators; }

}  // namespace tradewind::feature
