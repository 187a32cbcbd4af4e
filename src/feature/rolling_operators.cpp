// SPDX-License-Identifier: Apache-2.0
// Functions of the last n rows that expressions have beside the indicators. Deviations, variances
// and covariances are those of a sample (divided by n - 1), as in pandas.
#include <array>
#include <cmath>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/comoments.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/moments.hpp"
#include "feature/kernels/sorted_window.hpp"
#include "feature/kernels/trend.hpp"
#include "feature/kernels/window_figure.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

double sample_variance(const RollingMoments& window) {
    const auto n = static_cast<double>(window.period());
    return window.variance() * n / (n - 1.0);
}
double variance(const RollingMoments& window, double /*newest*/) { return sample_variance(window); }
double deviation(const RollingMoments& window, double /*newest*/) {
    return std::sqrt(sample_variance(window));
}
double z_score(const RollingMoments& window, double newest) {
    const double sample = sample_variance(window);
    return sample > 0.0 ? (newest - window.mean()) / std::sqrt(sample) : kNaN;
}
double slope(const RollingTrend& window, double /*newest*/) { return window.slope(); }
double residual(const RollingTrend& window, double /*newest*/) { return window.residual(); }
double r_squared(const RollingTrend& window, double /*newest*/) { return window.r_squared(); }
double median(const SortedWindow& window, double /*newest*/) { return window.quantile(0.5); }
double rank(const SortedWindow& window, double newest) { return window.rank(newest); }
double covariance(const RollingComoments& window, double /*x*/, double /*y*/) {
    return window.xy() / (window.size() - 1.0);
}
double correlation(const RollingComoments& window, double /*x*/, double /*y*/) {
    return window.correlation();
}
/// Of the second on the first.
double regression_slope(const RollingComoments& window, double /*x*/, double /*y*/) {
    return window.xx() > 0.0 ? window.xy() / window.xx() : kNaN;
}

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

constexpr std::array kReals{Input::real, Input::second};
constexpr std::array kPeriod1{period_param(20, 1)};
constexpr std::array kPeriod2{period_param(20, 2)};
constexpr std::array kQuantileParams{
    period_param(20, 1), real_param("q", 0.5, 0, 1, "0 is the smallest, 1 the largest")};

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "mean",
     .title = "mean",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "sum of the last n / n",
     .make = [](Args args) { return indicator_of<1>(Sma{whole(args, 0)}); }},
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
    {.name = "median",
     .title = "median",
     .inputs = kReal,
     .params = kPeriod1,
     .outputs = kValue,
     .formula = "the middle value, or the mean of the middle two",
     .make = figure<SortedWindow, median>},
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
     .make = figure<SortedWindow, rank>},
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
     .make = figure<RollingTrend, r_squared>},
    {.name = "resi",
     .title = "residual of the newest from the line",
     .inputs = kReal,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "x - (intercept + slope n)",
     .make = figure<RollingTrend, residual>},
    {.name = "corr",
     .title = "correlation of two series",
     .inputs = kReals,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "covariance / the product of the deviations; missing where one does not vary",
     .make = figure<RollingComoments, correlation, 2>},
    {.name = "cov",
     .title = "covariance of two series",
     .inputs = kReals,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "sum (x - mean)(y - mean) / (n - 1)",
     .make = figure<RollingComoments, covariance, 2>},
    {.name = "regbeta",
     .title = "slope of the second series on the first",
     .inputs = kReals,
     .params = kPeriod2,
     .outputs = kValue,
     .formula = "cov(x, y) / variance(x); missing where x does not vary",
     .make = figure<RollingComoments, regression_slope, 2>},
});

}  // namespace

std::span<const IndicatorInfo> rolling_operators() { return kOperators; }

}  // namespace tradewind::feature
