// SPDX-License-Identifier: Apache-2.0
#include "measures/distributions.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

TEST(NormalQuantile, equals_tabulated_values) {
    // scipy 1.17.1, scipy.stats.norm.ppf.
    const std::array<std::array<double, 2>, 7> table{{{0.5, 0.0},
                                                      {0.975, 1.959963984540054},
                                                      {0.05, -1.6448536269514729},
                                                      {0.01, -2.3263478740408408},
                                                      {0.3, -0.5244005127080409},
                                                      {1e-10, -6.361340902404056},
                                                      {1e-300, -37.0470962993612}}};
    for (const auto& [p, z] : table) EXPECT_NEAR(normal_quantile(p), z, 1e-14 * (1 + std::abs(z)));
}

RC_GTEST_PROP(NormalQuantile, is_the_inverse_of_the_distribution, ()) {
    const double p = (*rc::gen::inRange(1, 1'000'000)) / 1e6;
    RC_ASSERT(std::abs(normal_cdf(normal_quantile(p)) - p) < 1e-14);
}

// scipy 1.17: stats.chi2.sf, stats.binom.cdf.
TEST(ChiSquare, equals_scipy) {
    for (const auto& one : reference("chi_square")) {
        const double expected = one["survival"];
        EXPECT_NEAR(chi_square_survival(one["x"], one["degrees"]), expected, 1e-13 * expected);
    }
    EXPECT_EQ(chi_square_survival(0, 1), 1);
}

TEST(Binomial, equals_scipy) {
    for (const auto& one : reference("binomial")) {
        EXPECT_NEAR(binomial_cdf(one["k"], one["n"], one["p"]), one["cdf"], 1e-12);
    }
    EXPECT_EQ(binomial_cdf(3, 3, 0.5), 1);
    EXPECT_EQ(binomial_cdf(2, 3, 1), 0);
    EXPECT_EQ(binomial_cdf(0, 3, 0), 1);
}

}  // namespace
}  // namespace tradewind::measures
