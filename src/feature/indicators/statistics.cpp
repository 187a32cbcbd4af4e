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
#include "feature/kernels/moments.hpp"
#include "feature/kernels/sorted_window.hpp"
#include "feature/kernels/trend.hpp"
#include "feature/kernels/window.hpp"
#include "feature/kernels/window_figure.hpp"

namespace tradewind::feature {
namespace {

double population_variance(const RollingMoments& window, double /*newest*/) {
    return window.variance();
}

class Deviation {
public:
    Deviation(std::size_t period, double times) : moments_(period), times_(times) {}

    [[nodiscard]] std::size_t lookback() const { return moments_.period() - 1; }
    template <bool Warm>
    double next(double value) {
        moments_.add(value);
        return Warm || moments_.is_full() ? times_ * moments_.deviation() : kNaN;
    }

private:
    RollingMoments moments_;
    double times_;
};

/// Mean distance of a window's values from their mean.
class AverageDeviation {
public:
    explicit AverageDeviation(std::size_t period)
        : values_(period), share_(1.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return values_.size() - 1; }
    template <bool Warm>
    double next(double value) {
        values_[next_] = value;
        if (++next_ == values_.size()) {
            next_ = 0;
            is_full_ = true;
        }
        return Warm || is_full_ ? deviation() : kNaN;
    }

private:
    [[nodiscard]] double deviation() const {
        const double mean = sum_of([](double value) { return value; }) * share_;
        return sum_of([mean](double value) { return std::fabs(value - mean); }) * share_;
    }
    /// In four parts, which do not wait for each other.
    template <typename Of>
    [[nodiscard, gnu::always_inline]] double sum_of(Of of) const {
        std::array<double, 4> sums{};
        std::size_t i = 0;
        for (; i + 4 <= values_.size(); i += 4) {
            for (std::size_t part = 0; part < 4; ++part) sums[part] += of(values_[i + part]);
        }
        for (; i < values_.size(); ++i) sums[0] += of(values_[i]);
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }

    std::vector<double> values_;  ///< in no order: the sums do not ask for one
    double share_;
    std::size_t next_ = 0;
    bool is_full_ = false;
};

double correlation(const RollingComoments& window, double /*x*/, double /*y*/) {
    const double found = window.correlation();
    return found == found ? found : 0.0;
}

/// Slope of one series' growth on that of the other.
class Beta {
public:
    explicit Beta(std::size_t period) : window_(period) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback() + 1; }
    template <bool Warm>
    double next(double x, double y) {
        const double x_growth = growth(std::exchange(x_, x), x);
        const double y_growth = growth(std::exchange(y_, y), y);
        if (!Warm && !std::exchange(has_before_, true)) return kNaN;
        window_.add(x_growth, y_growth);
        if (!Warm && !window_.is_full()) return kNaN;
        const double varies = window_.xx();
        return varies > 0.0 ? window_.xy() / varies : 0.0;
    }

private:
    static double growth(double before, double now) {
        return pick(before != 0.0, (now - before) / before, 0.0);
    }

    RollingComoments window_;
    double x_ = 0.0, y_ = 0.0;
    bool has_before_ = false;
};

double line_end(const RollingTrend& window, double /*newest*/) { return window.end(); }
double line_begin(const RollingTrend& window, double /*newest*/) { return window.begin(); }
double line_slope(const RollingTrend& window, double /*newest*/) { return window.slope(); }
double line_next(const RollingTrend& window, double /*newest*/) { return window.end(1.0); }
double line_angle(const RollingTrend& window, double /*newest*/) {
    return std::atan(window.slope()) * kDegreesPerRadian;
}

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

/// How many of the values before are smaller, in per cent. They are counted each time: the compiler
/// takes several at once, and sorting them would cost more up to thousands.
class PercentRank {
public:
    explicit PercentRank(std::size_t period)
        : before_(period), percent_(100.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return before_.period(); }
    template <bool Warm>
    double next(double value) {
        double rank = kNaN;
        if (Warm || taken_ == before_.period()) {
            std::uint64_t below = 0;
            for (const double other : before_.values()) below += other < value ? 1U : 0U;
            rank = static_cast<double>(below) * percent_;
        } else {
            ++taken_;
        }
        before_.push(value);
        return rank;
    }

private:
    Window before_;
    double percent_;  ///< of one value
    std::size_t taken_ = 0;
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

class MinMax {
public:
    explicit MinMax(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double value) {
        const auto range = range_.next<Warm>(value, value);
        return {range.lowest, range.highest};
    }

private:
    RollingRange range_;
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
     .make = [](Args args) { return figure<RollingMoments, population_variance>(args); }},
    {.name = "stddev",
     .talib = "STDDEV",
     .title = "standard deviation",
     .inputs = kReal,
     .params = kDeviationParams,
     .outputs = kValue,
     .formula = "times the root of the mean squared distance of the last n from their mean",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<1>(Deviation{whole(args, 0), args[1]}); }},
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
     .make = [](Args args) { return figure<RollingComoments, correlation, 2>(args); }},
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
     .make = [](Args args) { return figure<RollingTrend, line_end>(args); }},
    {.name = "linearreg_intercept",
     .talib = "LINEARREG_INTERCEPT",
     .title = "begin of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "least-squares line through the last n, at the oldest",
     .source = kLeastSquares,
     .make = [](Args args) { return figure<RollingTrend, line_begin>(args); }},
    {.name = "linearreg_slope",
     .talib = "LINEARREG_SLOPE",
     .title = "slope of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "slope of the least-squares line through the last n, by row",
     .source = kLeastSquares,
     .make = [](Args args) { return figure<RollingTrend, line_slope>(args); }},
    {.name = "linearreg_angle",
     .talib = "LINEARREG_ANGLE",
     .title = "angle of the line through a window",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "atan of the slope of the least-squares line, degrees",
     .source = kLeastSquares,
     .make = [](Args args) { return figure<RollingTrend, line_angle>(args); }},
    {.name = "tsf",
     .talib = "TSF",
     .title = "time series forecast",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "least-squares line through the last n, a row after the newest",
     .source = kLeastSquares,
     .make = [](Args args) { return figure<RollingTrend, line_next>(args); }},
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
     .make = [](Args args) { return indicator_of<1, 2>(MinMax{whole(args, 0)}); }},
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
