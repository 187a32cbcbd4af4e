// SPDX-License-Identifier: Apache-2.0
#include "measures/volatility.hpp"

#include <gtest/gtest.h>

#include "measures/moments.hpp"
#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// arch 8.0: arch_model(100 (x - mean), mean="Zero", vol="GARCH").fit(), EWMAVariance(0.94).
TEST(Garch, equals_arch) {
    const auto cases = reference("garch");
    ASSERT_EQ(cases.size(), 2U);
    for (const auto& one : cases) {
        const auto returns = numbers_of(one["returns"]);
        const Garch fit = fit_garch(returns).value();
        EXPECT_NEAR(fit.log_likelihood, one["log_likelihood"], 1e-4);
        EXPECT_NEAR(fit.omega, one["omega"], 2e-3 * fit.omega);
        EXPECT_NEAR(fit.alpha, one["alpha"], 1e-4);
        EXPECT_NEAR(fit.beta, one["beta"], 2e-4);
        const auto variances = garch_variances(fit, returns);
        ASSERT_EQ(variances.size(), returns.size() + 1);
        const auto expected = numbers_of(one["variances"]);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_NEAR(variances[100 * i], expected[i], 2e-4 * expected[i]);
        }
        EXPECT_NEAR(variances.back(), one["next_variance"], 2e-4 * variances.back());
    }
}

TEST(EwmaVariances, equal_archs) {
    for (const auto& one : reference("garch")) {
        auto returns = numbers_of(one["returns"]);
        const double average = *mean(returns);
        for (double& r : returns) r -= average;
        const auto variances = ewma_variances(returns, 0.94).value();
        const auto expected = numbers_of(one["ewma_variances"]);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_NEAR(variances[100 * i], expected[i], 1e-10 * expected[i]);
        }
        EXPECT_NEAR(variances.back(), one["ewma_next_variance"], 1e-10 * variances.back());
    }
}

TEST(Garch, refuses_returns_that_it_cannot_be_fitted_to) {
    EXPECT_EQ(fit_garch(std::vector<double>(99, 0.01)).error(),
              (Error{.kind = ErrorKind::too_few_rows, .row = 99, .value = 100}));
    EXPECT_EQ(fit_garch(std::vector<double>(100, 0.01)).error().kind, ErrorKind::constant);
    std::vector<double> holes = random_returns(1, 120, 1).values;
    holes[17] = kNaN;
    EXPECT_EQ(fit_garch(holes).error().row, 17U);
    EXPECT_EQ(fit_garch({}).error().kind, ErrorKind::empty);
    EXPECT_EQ(ewma_variances(holes, 0.9).error().kind, ErrorKind::not_finite);
    EXPECT_EQ(ewma_variances(std::vector{0.1}, 1).error().kind, ErrorKind::out_of_range);
}

TEST(Garch, of_returns_without_clusters_finds_none) {
    const auto returns = random_returns(7, 2000, 1).values;
    const Garch fit = fit_garch(returns).value();
    EXPECT_LT(fit.alpha, 0.03);
    const double variance = central_moment(returns, 2);
    EXPECT_NEAR(fit.long_run_variance(), variance, 0.1 * variance);
}

TEST(TrailingVolatility, is_the_deviation_of_the_last_values) {
    TrailingVolatility trailing(3);
    ASSERT_TRUE(trailing.update(5));
    ASSERT_TRUE(trailing.update(1));
    ASSERT_TRUE(trailing.update(kNaN));
    EXPECT_FALSE(trailing.value().has_value());
    ASSERT_TRUE(trailing.update(2));
    ASSERT_TRUE(trailing.update(3));
    EXPECT_DOUBLE_EQ(*trailing.value(), 1);
    EXPECT_EQ(trailing.update(std::numeric_limits<double>::infinity()).error().kind,
              ErrorKind::not_finite);
    EXPECT_DOUBLE_EQ(*trailing.value(), 1);
}

}  // namespace
}  // namespace tradewind::measures
