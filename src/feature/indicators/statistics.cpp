// SPDX-License-Identifier: Apache-2.0
// What the values of a window have in common.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/comoments.hpp"
#include "feature/kernels/dominant_cycle.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/flat_window.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/sorted_window.hpp"
#include "feature/kernels/trend.hpp"
#include "feature/kernels/window.hpp"
#include "feature/kernels/window_figure.hpp"

namespace tradewind::feature {
namespace {

constexpr auto population_variance = [](const auto& window, const auto& /*newest*/) {
    return window.variance();
};

struct TimesDeviation {
    double times;
    [[gnu::always_inline]] auto operator()(const auto& window, const auto& /*newest*/) const {
        return window.deviation() * times;
    }
};

/// Mean distance of a window's values from their mean.
class AverageDeviation {
public:
    explicit AverageDeviation(std::size_t period)
        : window_(period), share_(1.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm>
    double next(double value) {
        window_.add(value);
        return Warm || window_.is_full() ? deviation(window_.now()) : kNaN;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        window_.add_rows(in[0], out[0], rows,
                         [this](const auto& window) { return deviation(window); });
    }

private:
    template <typename Windows>
    [[nodiscard, gnu::always_inline]] typename Windows::Value deviation(
        const Windows& window) const {
        const std::size_t period = window.period();
        const auto mean = window.sum(period, [](const auto& value) { return value; }) * share_;
        return window.sum(period, [&](const auto& value) { return magnitude(value - mean); }) *
               share_;
    }

    FlatWindow window_;
    double share_;
};

constexpr auto correlation = [](const auto& window, const auto& /*x*/, const auto& /*y*/) {
    return window.correlation(0.0);
};

/// Slope of one series' growth on that of the other.
class Beta {
public:
    static constexpr std::size_t kRowsTogether = 512;  // with what they need they stay near

    explicit Beta(std::size_t period) : window_(period) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback() + 1; }
    template <bool Warm>
    double next(double x, double y) {
        const double x_growth = growth(std::exchange(x_, x), x);
        const double y_growth = growth(std::exchange(y_, y), y);
        if (!Warm && !std::exchange(has_before_, true)) return kNaN;
        window_.add(x_growth, y_growth);
        if (!Warm && !window_.is_full()) return kNaN;
        return window_.now().slope(0.0);
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> xs, ys;  // NOLINT(*-member-init): written before read
        growths(in[0], xs.data(), rows, x_);
        growths(in[1], ys.data(), rows, y_);
        const std::array<const double*, 2> both{xs.data(), ys.data()};
        window_.add_rows(both.data(), out, rows,
                         [](const auto& window, const auto& /*x*/, const auto& /*y*/) {
                             return window.slope(0.0);
                         });
    }

private:
    static double growth(double before, double now) {
        return pick(before != 0.0, (now - before) / before, 0.0);
    }
    [[gnu::always_inline]] static void growths(const double* in, double* out, std::size_t rows,
                                               double& before) {
        out[0] = growth(before, in[0]);
        for (std::size_t row = 1; row < rows; ++row) out[row] = growth(in[row - 1], in[row]);
        before = in[rows - 1];
    }

    RollingComoments window_;
    double x_ = 0.0, y_ = 0.0;
    bool has_before_ = false;
};

constexpr auto line_end = [](const auto& line, const auto& /*newest*/) { return line.end(); };
constexpr auto line_begin = [](const auto& line, const auto& /*newest*/) { return line.begin(); };
constexpr auto line_slope = [](const auto& line, const auto& /*newest*/) { return line.slope(); };
constexpr auto line_next = [](const auto& line, const auto& /*newest*/) { return line.end(1.0); };
constexpr auto line_angle = [](const auto& line, const auto& /*newest*/) {
    return each(line.slope(), [](double slope) { return std::atan(slope) * kDegreesPerRadian; });
};

/// The smallest value that a share of the window does not exceed.
class Percentile {
public:
    Percentile(std::size_t period, double percent) : window_(period) {
        const double rank = std::ceil(percent / 100.0 * static_cast<double>(period));
        place_ = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    }

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm>
    double next(double value) {
        window_.add(value);
        return Warm || window_.is_full() ? window_.sorted()[place_] : kNaN;
    }

private:
    SortedWindow window_;
    std::size_t place_;
};

/// How many of the values before are smaller, in per cent. They are counted each time: several are
/// taken at once, and sorting them would cost more up to thousands.
class PercentRank {
public:
    explicit PercentRank(std::size_t period)
        : window_(period + 1), percent_(100.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm>
    double next(double value) {
        window_.add(value);
        return Warm || window_.is_full() ? rank(window_.now()) : kNaN;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        window_.add_rows(in[0], out[0], rows, [this](const auto& window) { return rank(window); });
    }

private:
    template <typename Windows>
    [[nodiscard, gnu::always_inline]] typename Windows::Value rank(const Windows& window) const {
        const std::size_t before = window.period() - 1;
        const auto value = window[before];
        const auto below = window.sum(before, [&](const auto& other) {
            // Of one type: a window of one row is looked at four values at a time.
            using T = std::remove_cvref_t<decltype(other)>;
            return if_above(T{value}, other, T{1.0}, T{0.0});
        });
        return below * percent_;
    }

    FlatWindow window_;
    double percent_;  ///< of one value
};

/// The row of a window's extreme, counted from the first. Of equal ones it is, as in TA-Lib, the
/// one that came last, but the earliest in the window when the one before has just left it.
template <typename First>
class ExtremeIndex {
public:
    explicit ExtremeIndex(std::size_t period) : first_(period), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    template <bool Warm>
    double next(double value) {
        const std::size_t row = row_++;
        const auto extreme = first_.add(value);
        if (!Warm && !first_.is_full()) return kNaN;
        const bool has_left = row_ == period_ || index_ + period_ <= row;
        const std::size_t kept = value == extreme.value ? row : index_;
        index_ = has_left ? row - extreme.age : kept;
        return static_cast<double>(index_);
    }

private:
    RollingExtremeAge<First> first_;
    std::size_t period_;
    std::size_t row_ = 0;
    std::size_t index_ = 0;
};
using MaxIndex = ExtremeIndex<FirstLargest>;
using MinIndex = ExtremeIndex<FirstSmallest>;

class MinMaxIndex {
public:
    explicit MinMaxIndex(std::size_t period) : min_(period), max_(period) {}

    [[nodiscard]] std::size_t lookback() const { return min_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double value) {
        return {min_.next<Warm>(value), max_.next<Warm>(value)};
    }

private:
    MinIndex min_;
    MaxIndex max_;
};

constexpr auto both_extremes = [](const auto& range, const auto&... /*newest*/) {
    return std::array{range.lowest, range.highest};
};

constexpr std::array kPeriod5From1{period_param(5, 1)};
constexpr std::array kPeriod14{period_param(14)};
constexpr std::array kPeriod30{period_param(30)};
constexpr std::array kPeriod30From1{period_param(30, 1)};
constexpr std::array kPeriod100{period_param(100)};
constexpr std::array kDeviationParams{period_param(5), real_param("times", 1.0, -3e37, 3e37)};
constexpr std::array kVarianceParams{
    period_param(5, 1), real_param("times", 1.0, -3e37, 3e37, "of no effect, as in TA-Lib")};
constexpr std::array kPercentileParams{period_param(30), real_param("percent", 50.0, 0.0, 100.0)};
constexpr std::array<std::string_view, 2> kMinMaxNames{"min", "max"};
constexpr std::array<std::string_view, 2> kMinMaxIndexNames{"min_index", "max_index"};

constexpr std::string_view kLeastSquares = "least squares, any textbook";

constexpr IndicatorInfo kIndicators[] = {
    {.name = "var",
     .talib = "VAR",
     .title = "variance",
     .inputs = kReal,
     .params = kVarianceParams,
     .outputs = kValue,
     .formula = "mean squared distance of the last n from their mean",
     .source = "any textbook",
     .make = figure<RollingMoments, population_variance>},
    {.name = "stddev",
     .talib = "STDDEV",
     .title = "standard deviation",
     .inputs = kReal,
     .params = kDeviationParams,
     .outputs = kValue,
     .formula = "times the root of the mean squared distance of the last n from their mean",
     .source = "any textbook",
     .make =
         [](Args args) {
             return indicator_of<1>(
                 WindowFigure<RollingMoments, TimesDeviation>{whole(args, 0), {.times = args[1]}});
         }},
    {.name = "avgdev",
     .talib = "AVGDEV",
     .title = "average deviation",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "mean distance of the last n from their mean; O(n)",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<1>(AverageDeviation{whole(args, 0)}); }},
    {.name = "correl",
     .talib = "CORREL",
     .title = "Pearson's correlation",
     .inputs = kPair,
     .params = kPeriod30From1,
     .outputs = kValue,
     .formula =
         "covariance by the root of both variances, of the last n; 0 where one does not vary",
     .source = "K. Pearson (1895)",
     .make = figure<RollingComoments, correlation, 2>},
    {.name = "beta",
     .talib = "BETA",
     .title = "beta",
     .inputs = kPair,
     .params = kPeriod5From1,
     .outputs = kValue,
     .formula = "slope of the last n growths of the second series on those of the first; 0 where "
                "those do not vary",
     .source = "W. F. Sharpe (1964)",
     .make = [](Args args) { return indicator_of<2>(Beta{whole(args, 0)}); }},
    {.name = "linearreg",
     .talib = "LINEARREG",
     .title = "end of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "least-squares line through the last n, at the newest",
     .source = kLeastSquares,
     .make = figure<RollingTrend, line_end>},
    {.name = "linearreg_intercept",
     .talib = "LINEARREG_INTERCEPT",
     .title = "begin of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "least-squares line through the last n, at the oldest",
     .source = kLeastSquares,
     .make = figure<RollingTrend, line_begin>},
    {.name = "linearreg_slope",
     .talib = "LINEARREG_SLOPE",
     .title = "slope of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "slope of the least-squares line through the last n, by row",
     .source = kLeastSquares,
     .make = figure<RollingTrend, line_slope>},
    {.name = "linearreg_angle",
     .talib = "LINEARREG_ANGLE",
     .title = "angle of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "atan of the slope of the least-squares line, degrees",
     .source = kLeastSquares,
     .make = figure<RollingTrend, line_angle>},
    {.name = "tsf",
     .talib = "TSF",
     .title = "time series forecast",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "least-squares line through the last n, a row after the newest",
     .source = kLeastSquares,
     .make = figure<RollingTrend, line_next>},
    {.name = "percentile",
     .talib = "PERCENTILE",
     .title = "percentile by the nearest rank",
     .inputs = kReal,
     .params = kPercentileParams,
     .outputs = kValue,
     .formula = "of the last n, sorted, the one at place ceil(percent n / 100); the first for 0; "
                "O(n), small",
     .source = "any textbook, nearest rank",
     .make = [](Args args) { return indicator_of<1>(Percentile{whole(args, 0), args[1]}); }},
    {.name = "percentrank",
     .talib = "PERCENTRANK",
     .title = "per cent rank",
     .inputs = kReal,
     .params = kPeriod100,
     .outputs = kValue,
     .formula = "share of the n values before that are smaller, per cent; O(n)",
     .source = "TA-Lib, ta_PERCENTRANK",
     .make = [](Args args) { return indicator_of<1>(PercentRank{whole(args, 0)}); }},
    {.name = "minmax",
     .talib = "MINMAX",
     .title = "smallest and largest of a window",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kMinMaxNames,
     .formula = "the smallest and the largest of the last n",
     .source = "van Herk, Pattern Recognition Letters 13 (1992), p. 517",
     .make = figure<RollingSpan, both_extremes, 1, 2>},
    {.name = "maxindex",
     .talib = "MAXINDEX",
     .title = "where the largest of a window is",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "row, from 0 at the start, of the largest of the last n",
     .source = "TA-Lib, ta_MAXINDEX",
     .make = [](Args args) { return indicator_of<1>(MaxIndex{whole(args, 0)}); }},
    {.name = "minindex",
     .talib = "MININDEX",
     .title = "where the smallest of a window is",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "row, from 0 at the start, of the smallest of the last n",
     .source = "TA-Lib, ta_MININDEX",
     .make = [](Args args) { return indicator_of<1>(MinIndex{whole(args, 0)}); }},
    {.name = "minmaxindex",
     .talib = "MINMAXINDEX",
     .title = "where the smallest and the largest of a window are",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kMinMaxIndexNames,
     .formula = "rows, from 0 at the start, of the smallest and the largest of the last n",
     .source = "TA-Lib, ta_MINMAXINDEX",
     .make = [](Args args) { return indicator_of<1, 2>(MinMaxIndex{whole(args, 0)}); }},
};

}  // namespace

std::span<const IndicatorInfo> statistics_indicators() { return kIndicators; }

}  // namespace tradewind::feature
