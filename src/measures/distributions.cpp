// SPDX-License-Identifier: Apache-2.0
#include "measures/distributions.hpp"

#include <array>
#include <cmath>
#include <numbers>

#include "base/assert.hpp"

namespace tradewind::measures {
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

double chi_square_survival(double x, std::size_t degrees_of_freedom) {
    ASSERT(degrees_of_freedom > 0);
    if (!(x > 0)) return 1;
    const double half = x / 2;
    const bool is_odd = degrees_of_freedom % 2 == 1;
    // Q(a + 1, h) = Q(a, h) + h^a e^-h / gamma(a + 1), up to a = degrees of freedom / 2.
    double a = is_odd ? 0.5 : 1.0;
    double survival = is_odd ? std::erfc(std::sqrt(half)) : std::exp(-half);
    double term = is_odd ? std::exp(-half) * std::sqrt(half) * 2 * std::numbers::inv_sqrtpi
                         : std::exp(-half) * half;
    for (; a + 0.5 < static_cast<double>(degrees_of_freedom) / 2; a += 1) {
        survival += term;
        term *= half / (a + 1);
    }
    return survival;
}

double binomial_cdf(std::size_t k, std::size_t n, double p) {
    ASSERT(p >= 0 && p <= 1);
    if (k >= n || p == 0) return 1;
    if (p == 1) return 0;
    const double odds = std::log(p) - std::log1p(-p);
    const auto count = static_cast<double>(n);
    double log_term = count * std::log1p(-p);
    double sum = std::exp(log_term);
    for (std::size_t i = 1; i <= k; ++i) {
        const auto at = static_cast<double>(i);
        log_term += std::log((count - at + 1) / at) + odds;
        sum += std::exp(log_term);
    }
    return sum < 1 ? sum : 1;
}

}  // namespace tradewind::measures
