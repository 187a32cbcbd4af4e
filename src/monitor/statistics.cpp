// SPDX-License-Identifier: Apache-2.0
#include "monitor/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include "base/assert.hpp"

namespace tradewind::monitor {
namespace {

/// c[0] + c[1] x + c[2] x^2 + ...
template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {
    double sum = 0;
    for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
    return sum;
}

double quantile_near_centre(double q) {
    static constexpr std::array kNumerator{3.3871328727963666080e0,  1.3314166789178437745e+2,
                                           1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                           4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                           3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static constexpr std::array kDenominator{1.0,
                                             4.2313330701600911252e+1,
                                             6.8718700749205790830e+2,
                                             5.3941960214247511077e+3,
                                             2.1213794301586595867e+4,
                                             3.9307895800092710610e+4,
                                             2.8729085735721942674e+4,
                                             5.2264952788528545610e+3};
    const double r = 0.180625 - q * q;
    return q * polynomial(kNumerator, r) / polynomial(kDenominator, r);
}

/// `r` = sqrt(-log(tail probability)).
double quantile_in_tail(double r) {
    static constexpr std::array kNearNumerator{
        1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array kNearDenominator{1.0,
                                                 2.05319162663775882187e0,
                                                 1.67638483018380384940e0,
                                                 6.89767334985100004550e-1,
                                                 1.48103976427480074590e-1,
                                                 1.51986665636164571966e-2,
                                                 5.47593808499534494600e-4,
                                                 1.05075007164441684324e-9};
    static constexpr std::array kFarNumerator{6.65790464350110377720e0,  5.46378491116411436990e0,
                                              1.78482653991729133580e0,  2.96560571828504891230e-1,
                                              2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr std::array kFarDenominator{1.0,
                                                5.99832206555887937690e-1,
                                                1.36929880922735805310e-1,
                                                1.48753612908506148525e-2,
                                                7.86869131145613259100e-4,
                                                1.84631831751005468180e-5,
                                                1.42151175831644588870e-7,
                                                2.04426310338993978564e-15};
    if (r <= 5.0) {
        return polynomial(kNearNumerator, r - 1.6) / polynomial(kNearDenominator, r - 1.6);
    }
    return polynomial(kFarNumerator, r - 5.0) / polynomial(kFarDenominator, r - 5.0);
}

/// Neumaier's sum: the error of each addition is carried beside the total.
class Sum {
public:
    void add(double value) {
        const double next = total_ + value;
        carry_ +=
            std::abs(total_) >= std::abs(value) ? (total_ - next) + value : (value - next) + total_;
        total_ = next;
    }
    [[nodiscard]] double value() const { return total_ + carry_; }

private:
    double total_ = 0;
    double carry_ = 0;
};

template <typename Term>
double mean_of(std::span<const double> values, Term term) {
    Sum sum;
    for (const double value : values) sum.add(term(value));
    return sum.value() / static_cast<double>(values.size());
}

/// Constant series leave rounding noise where the deviation should be 0. Anything under a few units
/// in the last place of the values themselves is that noise.
bool is_constant(std::span<const double> values) {
    const auto [low, high] = std::ranges::minmax(values);
    const double scale = std::max(std::abs(low), std::abs(high));
    return high - low <= 8 * std::numeric_limits<double>::epsilon() * scale;
}

/// E[(x - mean)^power], divided by n.
double central_moment(std::span<const double> values, int power) {
    const double centre = *mean(values);
    return mean_of(values, [=](double x) {
        double term = 1;
        for (int i = 0; i < power; ++i) term *= x - centre;
        return term;
    });
}

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normal_density(double z) {
    return std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

double normal_quantile(double p) {
    ASSERT(p > 0 && p < 1);
    const double q = p - 0.5;
    if (std::abs(q) <= 0.425) return quantile_near_centre(q);
    const double tail = quantile_in_tail(std::sqrt(-std::log(q < 0 ? p : 1 - p)));
    return q < 0 ? -tail : tail;
}

std::optional<double> mean(std::span<const double> values) {
    if (values.empty()) return std::nullopt;
    return mean_of(values, [](double x) { return x; });
}

std::optional<double> sample_deviation(std::span<const double> values) {
    if (values.size() < 2) return std::nullopt;
    if (is_constant(values)) return 0.0;
    const auto n = static_cast<double>(values.size());
    return std::sqrt(central_moment(values, 2) * n / (n - 1));
}

std::optional<double> skewness(std::span<const double> values) {
    if (values.size() < 2 || is_constant(values)) return std::nullopt;
    return central_moment(values, 3) / std::pow(central_moment(values, 2), 1.5);
}

std::optional<double> raw_kurtosis(std::span<const double> values) {
    if (values.size() < 2 || is_constant(values)) return std::nullopt;
    const double variance = central_moment(values, 2);
    return central_moment(values, 4) / (variance * variance);
}

double quantile_of_sorted(std::span<const double> sorted, double p) {
    ASSERT(!sorted.empty());
    ASSERT(p >= 0 && p <= 1);
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] +
           (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::optional<double> autocorrelation(std::span<const double> values, std::size_t lag) {
    if (values.size() < 2 || lag >= values.size() || is_constant(values)) return std::nullopt;
    const double centre = *mean(values);
    Sum products;
    for (std::size_t t = lag; t < values.size(); ++t) {
        products.add((values[t] - centre) * (values[t - lag] - centre));
    }
    return products.value() / static_cast<double>(values.size()) / central_moment(values, 2);
}

std::size_t newey_west_lags(std::size_t n) {
    return static_cast<std::size_t>(4 * std::pow(static_cast<double>(n) / 100, 2.0 / 9));
}

std::optional<double> lo_factor(double q, std::span<const double> rho) {
    double variance = q;
    for (std::size_t k = 1; k <= rho.size() && static_cast<double>(k) < q; ++k) {
        variance += 2 * (q - static_cast<double>(k)) * rho[k - 1];
    }
    if (!(variance > 0)) return std::nullopt;
    return q / std::sqrt(variance);
}

double lo_standard_error(double sharpe, std::size_t n) {
    ASSERT(n > 0);
    return std::sqrt((1 + 0.5 * sharpe * sharpe) / static_cast<double>(n));
}

std::optional<double> lo_standard_error_hac(std::span<const double> excess_returns,
                                            std::size_t lags) {
    if (excess_returns.size() < 2 || is_constant(excess_returns)) return std::nullopt;
    const double centre = *mean(excess_returns);
    const double variance = central_moment(excess_returns, 2);
    const double deviation = std::sqrt(variance);
    const double sharpe = centre / deviation;
    // Gradient of mean / sqrt(variance) times the moment conditions; its long-run variance over n
    // is that of the ratio.
    std::vector<double> influence;
    influence.reserve(excess_returns.size());
    for (const double r : excess_returns) {
        const double z = (r - centre) / deviation;
        influence.push_back(z - 0.5 * sharpe * (z * z - 1));
    }
    const auto n = static_cast<double>(influence.size());
    double long_run = 0;
    for (std::size_t lag = 0; lag <= lags && lag < influence.size(); ++lag) {
        Sum products;
        for (std::size_t t = lag; t < influence.size(); ++t) {
            products.add(influence[t] * influence[t - lag]);
        }
        const double bartlett = 1 - static_cast<double>(lag) / static_cast<double>(lags + 1);
        long_run += (lag == 0 ? 1 : 2) * bartlett * products.value() / n;
    }
    return std::sqrt(std::max(long_run, 0.0) / n);
}

std::optional<double> probabilistic_sharpe(const SharpeSample& sample, double threshold) {
    if (sample.n < 2) return std::nullopt;
    const double variance =
        1 - sample.skew * sample.sharpe + (sample.kurtosis - 1) / 4 * sample.sharpe * sample.sharpe;
    if (!(variance > 0)) return std::nullopt;
    return normal_cdf((sample.sharpe - threshold) * std::sqrt(static_cast<double>(sample.n - 1)) /
                      std::sqrt(variance));
}

std::optional<double> expected_maximum_sharpe(const Trials& trials) {
    if (trials.count < 2 || !(trials.sharpe_variance >= 0)) return std::nullopt;
    const auto n = static_cast<double>(trials.count);
    return std::sqrt(trials.sharpe_variance) *
           ((1 - std::numbers::egamma) * normal_quantile(1 - 1 / n) +
            std::numbers::egamma * normal_quantile(1 - 1 / (n * std::numbers::e)));
}

}  // namespace tradewind::monitor
