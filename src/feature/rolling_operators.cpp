// SPDX-License-Identifier: Apache-2.0
// Functions of the last n rows that expressions have beside the indicators. Deviations, variances
// and covariances are those of a sample (divided by n - 1), as in pandas.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/comoments.hpp"
#include "feature/kernels/elementary.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/last_values.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/kernels/shape.hpp"
#include "feature/kernels/sorted_window.hpp"
#include "feature/kernels/trend.hpp"
#include "feature/kernels/window_figure.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

constexpr auto variance = [](const auto& window, const auto& /*newest*/) {
    return window.sample_variance();
};
constexpr auto deviation = [](const auto& window, const auto& /*newest*/) {
    return root(window.sample_variance());
};
constexpr auto z_score = []<typename T>(const Moments<T>& window, const T& newest) {
    const T sample = window.sample_variance();
    return if_above(sample, T{0.0}, (newest - window.mean()) / root(sample), T{kNaN});
};
constexpr auto slope = [](const auto& line, const auto& /*newest*/) { return line.slope(); };
constexpr auto residual = [](const auto& line, const auto& newest) {
    return line.residual(newest);
};
constexpr auto r_squared = [](const auto& line, const auto& /*newest*/) {
    return line.r_squared();
};
constexpr auto median = [](const SortedWindow& window, double /*newest*/) {
    return window.quantile(0.5);
};
constexpr auto rank = [](const SortedWindow& window, double newest) { return window.rank(newest); };
constexpr auto covariance = [](const auto& window, const auto& /*x*/, const auto& /*y*/) {
    return window.sample_covariance();
};
constexpr auto correlation = [](const auto& window, const auto& /*x*/, const auto& /*y*/) {
    return window.correlation(kNaN);
};
// Of the second series on the first.
constexpr auto regression_slope = [](const auto& window, const auto& /*x*/, const auto& /*y*/) {
    return window.slope(kNaN);
};
constexpr auto regression_start = [](const auto& window, const auto& /*x*/, const auto& /*y*/) {
    return window.y_mean() - window.slope(kNaN) * window.x_mean();
};
constexpr auto regression_residual = [](const auto& window, const auto& x, const auto& y) {
    return (y - window.y_mean()) - window.slope(kNaN) * (x - window.x_mean());
};
constexpr auto regression_error = [](const RollingComoments& window, double /*x*/, double /*y*/) {
    return std::sqrt(window.unexplained() / (static_cast<double>(window.lookback()) - 1.0));
};
constexpr auto line_error = [](const RollingTrendAndSquares& window, double /*newest*/) {
    return std::sqrt(window.unexplained() / (static_cast<double>(window.lookback()) - 1.0));
};
constexpr auto skewness = [](const RollingShape& window, double /*newest*/) {
    return window.skew();
};
constexpr auto kurtosis = [](const RollingShape& window, double /*newest*/) {
    return window.kurtosis();
};

class Quantile {
public:
    Quantile(std::size_t period, double q) : window_(period), q_(q) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm>
    double next(double value) {
        window_.add(value);
        return Warm || window_.is_full() ? window_.quantile(q_) : kNaN;
    }

private:
    SortedWindow window_;
    double q_;
};

/// Rows on which a condition holds.
class Count {
public:
    explicit Count(std::size_t period) : sum_(period) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.window().period() - 1; }
    template <bool Warm>
    double next(double condition) {
        const double sum = sum_.add(condition != 0.0 ? 1.0 : 0.0);
        return Warm || sum_.is_full() ? sum : kNaN;
    }

private:
    RollingSum sum_;  ///< of whole numbers: exact
};

/// Van Herk's blocks serve any operation whose order of doing does not matter. No quotient of
/// running products, which a single 0 would end.
struct Product {
    static constexpr double kNone = 1.0;
    template <typename T>
    [[gnu::always_inline]] static T of(const T& a, const T& b) {
        return a * b;
    }
};

class ProductOfWindow {
public:
    explicit ProductOfWindow(std::size_t period) : product_(period) {}

    [[nodiscard]] std::size_t lookback() const { return product_.lookback(); }
    template <bool Warm>
    double next(double value) {
        return value_or_missing(product_.next<Warm>(value));
    }

private:
    RollingExtreme<Product> product_;
};

/// Where the newest lies between the extremes of its window.
class Scale {
public:
    explicit Scale(std::size_t period) : range_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const auto [highest, lowest] = range_.next<Warm>(value);
        return highest > lowest ? (value - lowest) / (highest - lowest) : kNaN;
    }

private:
    RollingSpan range_;
};

/// How evenly values fall into bins of one width between the smallest and the largest.
class Entropy {
public:
    Entropy(std::size_t period, std::size_t bins)
        : values_(period), range_(period), counts_(bins), bins_(static_cast<double>(bins)) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    double next(double value) {
        values_.push(value);
        const auto [highest, lowest] = range_.next<Warm>(value, value);
        const double width = highest - lowest;
        return width > 0.0 && detail::is_finite(width) ? of_counts(lowest, width) : kNaN;
    }

private:
    double of_counts(double lowest, double width) {
        std::fill(counts_.begin(), counts_.end(), 0.0);
        const std::size_t last = counts_.size() - 1;
        for (const double value : values_.all()) {
            const auto bin = static_cast<std::size_t>((value - lowest) / width * bins_);
            counts_[bin < last ? bin : last] += 1.0;
        }
        const auto n = static_cast<double>(values_.all().size());
        double sum = 0.0;
        for (const double count : counts_) {
            if (count > 0.0) sum -= count / n * natural_log(count / n);
        }
        return sum / natural_log(bins_);
    }

    LastValues values_;
    RollingRange range_;
    std::vector<double> counts_;
    double bins_;
};

/// Correlation of a series with itself some rows before.
class Autocorrelation {
public:
    Autocorrelation(std::size_t lag, std::size_t period) : before_(lag), window_(period) {}

    [[nodiscard]] std::size_t lookback() const { return before_.lookback() + window_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const double before = before_.next(value);
        if (!Warm && before != before) return kNaN;
        window_.add(before, value);
        return Warm || window_.is_full() ? window_.now().correlation(kNaN) : kNaN;
    }

private:
    Delay before_;
    RollingComoments window_;
};

/// Where in the window its extreme lies, from 1 (the oldest row); the oldest of equal ones.
template <typename Order>
class ExtremePlace {
public:
    explicit ExtremePlace(std::size_t period) : extreme_(period), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    template <bool Warm>
    double next(double value) {
        const auto found = extreme_.add(value);
        return Warm || extreme_.is_full() ? static_cast<double>(period_ - found.age) : kNaN;
    }

private:
    RollingExtremeAge<Order> extreme_;
    std::size_t period_;
};

constexpr std::array kPeriod1{period_param(20, 1)};
constexpr std::array kPeriod2{period_param(20, 2)};
constexpr std::array kPeriod3{period_param(20, 3)};
constexpr std::array kPeriod4{period_param(20, 4)};
constexpr std::array kPeriodAndBins{
    period_param(20, 2),
    ParamInfo{.name = "bins", .kind = ParamKind::whole, .otherwise = 10, .low = 2, .high = 1000}};
constexpr std::array kLagAndPeriod{period_param(1, 1, "lag"), period_param(20, 2)};
constexpr std::array kQuantileParams{
    period_param(20, 1), real_param("q", 0.5, 0, 1, "0 is the smallest, 1 the largest")};

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "std",
     .title = "standard deviation of a sample",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "sqrt(sum (x - mean)^2 / (n - 1))",
     .make = figure<RollingMoments, deviation>},
    {.name = "variance",
     .title = "variance of a sample",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "sum (x - mean)^2 / (n - 1)",
     .make = figure<RollingMoments, variance>},
    {.name = "zscore",
     .title = "distance from the mean in deviations",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "(x - mean) / std; missing where nothing varies",
     .make = figure<RollingMoments, z_score>},
    {.name = "skew",
     .title = "skewness of a sample",
     .inputs = kReal,
     .params = kPeriod3,
     .outputs = kValue,
     .formula =
         "sqrt(n (n - 1)) / (n - 2) m3 / m2^1.5, m the moments about the mean; missing where "
         "nothing varies",
     .make = whole_figure<RollingShape, skewness>},
    {.name = "kurt",
     .title = "kurtosis of a sample above that of a normal distribution",
     .inputs = kReal,
     .params = kPeriod4,
     .outputs = kValue,
     .formula = "(n - 1) / ((n - 2)(n - 3)) ((n + 1) m4 / m2^2 - 3 (n - 1)); missing where nothing "
                "varies",
     .make = whole_figure<RollingShape, kurtosis>},
    {.name = "count",
     .title = "rows on which a condition holds",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "how many of the last n are not 0",
     .make = [](Args args) { return indicator_of<1>(Count{whole(args, 0)}); }},
    {.name = "product",
     .title = "product",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "product of the last n",
     .make = [](Args args) { return indicator_of<1>(ProductOfWindow{whole(args, 0)}); }},
    {.name = "ts_scale",
     .title = "place between the smallest and the largest",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "(x - min) / (max - min), from 0 to 1; missing where nothing varies",
     .make = [](Args args) { return indicator_of<1>(Scale{whole(args, 0)}); }},
    {.name = "entropy",
     .title = "how evenly values are spread",
     .inputs = kReal,
     .params = kPeriodAndBins,
     .outputs = kValue,
     .formula = "-sum p ln p / ln bins, p the shares of bins of one width from the smallest to the "
                "largest of the last n; from 0 to 1, missing where nothing varies; O(n)",
     .source = "C. E. Shannon, Bell System Technical Journal 27 (1948)",
     .make = [](Args args) { return indicator_of<1>(Entropy{whole(args, 0), whole(args, 1)}); }},
    {.name = "median",
     .title = "median",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "the middle value, or the mean of the middle two",
     .make = whole_figure<SortedWindow, median>},
    {.name = "quantile",
     .title = "quantile",
     .inputs = kReal,
     .params = kQuantileParams,
     .outputs = kValue,
     .formula = "the value at q (n - 1) in order of size, between two in proportion",
     .make = [](Args args) { return indicator_of<1>(Quantile{whole(args, 0), args[1]}); }},
    {.name = "tsrank",
     .title = "rank of the newest among the last n",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "mean rank of equal values / n",
     .make = whole_figure<SortedWindow, rank>},
    {.name = "idxmax",
     .title = "place of the largest",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "1 (the oldest row) to n; the oldest of equal ones",
     .make = [](Args args) { return indicator_of<1>(ExtremePlace<FirstLargest>{whole(args, 0)}); }},
    {.name = "idxmin",
     .title = "place of the smallest",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "1 (the oldest row) to n; the oldest of equal ones",
     .make =
         [](Args args) { return indicator_of<1>(ExtremePlace<FirstSmallest>{whole(args, 0)}); }},
    {.name = "slope",
     .title = "slope of the line through the last n",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "least squares against 1, 2, ..., n",
     .make = figure<RollingTrend, slope>},
    {.name = "rsquare",
     .title = "share of the variance that the line explains",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "squared correlation with 1, 2, ..., n; missing where nothing varies",
     .make = figure<RollingTrendAndSquares, r_squared>},
    {.name = "resi",
     .title = "residual of the newest from the line",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "x - (intercept + slope n)",
     .make = figure<RollingTrend, residual>},
    {.name = "resi_std",
     .title = "standard error of the line through the last n",
     .inputs = kReal,
     .params = kPeriod3,
     .outputs = kValue,
     .formula = "sqrt(sum of squared residuals / (n - 2))",
     .make = whole_figure<RollingTrendAndSquares, line_error>},
    {.name = "autocorr",
     .title = "correlation with itself some rows before",
     .inputs = kReal,
     .params = kLagAndPeriod,
     .outputs = kValue,
     .formula = "corr(x, ref(x, lag), n); missing where nothing varies",
     .make =
         [](Args args) {
             return indicator_of<1>(Autocorrelation{whole(args, 0), whole(args, 1)});
         }},
    {.name = "corr",
     .title = "correlation of two series",
     .inputs = kPair,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "covariance / the product of the deviations; missing where one does not vary",
     .make = figure<RollingComoments, correlation, 2>},
    {.name = "cov",
     .title = "covariance of two series",
     .inputs = kPair,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "sum (x - mean)(y - mean) / (n - 1)",
     .make = figure<RollingComoments, covariance, 2>},
    {.name = "regbeta",
     .title = "slope of the second series on the first",
     .inputs = kPair,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "cov(x, y) / variance(x); missing where x does not vary",
     .make = figure<RollingComoments, regression_slope, 2>},
    {.name = "regalpha",
     .title = "where the line of the second series on the first starts",
     .inputs = kPair,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "mean(y) - regbeta mean(x); missing where x does not vary",
     .make = figure<RollingComoments, regression_start, 2>},
    {.name = "regresi",
     .title = "residual of the newest of the second series on the first",
     .inputs = kPair,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "y - (regalpha + regbeta x); missing where x does not vary",
     .make = figure<RollingComoments, regression_residual, 2>},
    {.name = "regresi_std",
     .title = "standard error of the second series on the first",
     .inputs = kPair,
     .params = kPeriod3,
     .outputs = kValue,
     .formula = "sqrt(sum of squared residuals / (n - 2)); missing where x does not vary",
     .make = whole_figure<RollingComoments, regression_error, 2>},
});

}  // namespace

std::span<const IndicatorInfo> rolling_operators() { return kOperators; }

}  // namespace tradewind::feature
