// SPDX-License-Identifier: Apache-2.0
// Elementary functions beside the C library's in longer numbers.
#include "feature/kernels/elementary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/random.hpp"

namespace tradewind::feature {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Distance in units of the exact value's last place.
double error(double ours, long double exact) {
    int exponent = 0;
    std::frexp(static_cast<double>(exact), &exponent);
    const long double unit = std::ldexp(1.0L, std::max(exponent, -1021) - 53);
    return static_cast<double>(std::fabs(static_cast<long double>(ours) - exact) / unit);
}

/// The largest error of many arguments, half of them spread evenly, half by their size.
double worst_error(auto ours, auto exact, std::pair<double, double> range, bool is_signed) {
    base::Random random{1};
    const auto [low, high] = range;
    double worst = 0.0;
    for (int i = 0; i < 400'000; ++i) {
        const double place = random.uniform();
        double x = i % 2 == 0 ? low + place * (high - low)
                              : std::pow(low, 1.0 - place) * std::pow(high, place);
        if (is_signed && i % 4 > 1) x = -x;
        const double found = error(ours(x), exact(static_cast<long double>(x)));
        if (!(found <= worst)) worst = found;
    }
    return worst;
}

constexpr auto kExactLog = [](long double x) { return std::log(x); };
constexpr auto kExactLog10 = [](long double x) { return std::log10(x); };
constexpr auto kExactExp = [](long double x) { return std::exp(x); };
constexpr auto kExactSinh = [](long double x) { return std::sinh(x); };
constexpr auto kExactCosh = [](long double x) { return std::cosh(x); };
constexpr auto kExactTanh = [](long double x) { return std::tanh(x); };
constexpr auto kExactAsin = [](long double x) { return std::asin(x); };
constexpr auto kExactAcos = [](long double x) { return std::acos(x); };

TEST(Elementary, is_wrong_by_less_than_a_unit_in_the_last_place) {
    for (const auto& range :
         {std::pair{5e-324, 1e-300}, {1e-300, 1e300}, {0.5, 2.0}, {0.99, 1.01}}) {
        EXPECT_LT(worst_error(natural_log, kExactLog, range, false), 1.0);
        EXPECT_LT(worst_error(decimal_log, kExactLog10, range, false), 1.0);
    }
    for (const auto& range : {std::pair{1e-300, 1e-3}, {1e-3, 1.0}, {1.0, 709.7}}) {
        EXPECT_LT(worst_error(exponential, kExactExp, range, true), 1.0);
    }
}

TEST(Elementary, is_wrong_by_less_than_two_and_a_half_where_it_is_put_together) {
    for (const auto& range : {std::pair{1e-300, 1e-3}, {1e-3, 2.0}, {1.0, 30.0}, {20.0, 710.0}}) {
        EXPECT_LT(worst_error(hyperbolic_sine, kExactSinh, range, true), 2.5);
        EXPECT_LT(worst_error(hyperbolic_cosine, kExactCosh, range, true), 2.5);
        EXPECT_LT(worst_error(hyperbolic_tangent, kExactTanh, range, true), 2.5);
    }
    for (const auto& range : {std::pair{1e-300, 1e-3}, {1e-3, 0.5}, {0.5, 0.999}, {0.999, 1.0}}) {
        EXPECT_LT(worst_error(arc_sine, kExactAsin, range, true), 2.5);
        EXPECT_LT(worst_error(arc_cosine, kExactAcos, range, true), 2.5);
    }
}

TEST(Elementary, has_limits) {
    EXPECT_EQ(natural_log(0.0), -kInfinity);
    EXPECT_EQ(natural_log(1.0), 0.0);
    EXPECT_EQ(natural_log(kInfinity), kInfinity);
    EXPECT_EQ(decimal_log(1000.0), 3.0);
    EXPECT_EQ(exponential(0.0), 1.0);
    EXPECT_EQ(exponential(710.0), kInfinity);
    EXPECT_EQ(exponential(-746.0), 0.0);
    EXPECT_EQ(hyperbolic_cosine(0.0), 1.0);
    EXPECT_EQ(hyperbolic_sine(711.0), kInfinity);
    EXPECT_EQ(hyperbolic_tangent(-50.0), -1.0);
    EXPECT_EQ(arc_sine(1.0), std::asin(1.0));
    EXPECT_EQ(arc_cosine(-1.0), std::acos(-1.0));
    EXPECT_EQ(arc_cosine(1.0), 0.0);
    for (const double unknown :
         {natural_log(-1.0), decimal_log(-1.0), arc_sine(1.5), arc_cosine(-1.5), natural_log(kNaN),
          exponential(kNaN), hyperbolic_tangent(kNaN)}) {
        EXPECT_TRUE(std::isnan(unknown));
    }
}

}  // namespace
}  // namespace tradewind::feature
