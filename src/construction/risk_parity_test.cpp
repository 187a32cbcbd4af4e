// SPDX-License-Identifier: Apache-2.0
#include "construction/risk_parity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

#include "support/covariances.hpp"

namespace tradewind::construction {
namespace {

Universe universe_of(const std::vector<double>& covariance, std::size_t n) {
    return {.names = test::asset_names(n), .covariance = covariance};
}

TEST(InverseVolatility, is_in_proportion_to_one_over_the_deviation) {
    const auto covariance = test::covariance_of({0.1, 0.2, 0.4}, {0.1, 0.2, 0.3});
    const auto found = inverse_volatility(universe_of(covariance, 3));
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->weights[0], 4.0 / 7, 1e-15);
    EXPECT_NEAR(found->weights[2], 1.0 / 7, 1e-15);
}

// Maillard, Roncalli and Teiletche 2010, second example: 38.4 %, 19.2 %, 24.3 %, 18.2 %.
TEST(EqualRisk, equals_the_example_of_maillard_roncalli_and_teiletche) {
    const auto covariance = test::covariance_of({0.1, 0.2, 0.3, 0.4}, {0.8, 0, 0, 0, 0, -0.5});
    const auto found = equal_risk(universe_of(covariance, 4));
    ASSERT_TRUE(found) << describe(found.error());
    const std::vector<double> published{0.384, 0.192, 0.243, 0.182};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found->weights[i], published[i], 6e-4) << i;
    for (const double share : found->risk_contributions) EXPECT_NEAR(share, 0.25, 1e-12);
}

TEST(EqualRisk, is_inverse_volatility_where_all_correlations_are_equal) {
    const auto covariance = test::covariance_of({0.1, 0.2, 0.4}, {0.3, 0.3, 0.3});
    const auto equal = equal_risk(universe_of(covariance, 3));
    const auto inverse = inverse_volatility(universe_of(covariance, 3));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(equal->weights[i], inverse->weights[i], 1e-12);
}

// One factor and no noise: rank 1, and coordinates alone would do; two opposed factors make them
// crawl.
TEST(EqualRisk, converges_on_singular_and_on_nearly_riskless_covariances) {
    const auto single = test::covariance_of({0.1, 0.2, 0.3}, {1, 1, 1});
    EXPECT_TRUE(equal_risk(universe_of(single, 3)));
    const auto opposed = test::covariance_of({0.1, 0.1, 0.2}, {-0.999999, 0.2, -0.2});
    const auto found = equal_risk(universe_of(opposed, 3));
    ASSERT_TRUE(found) << describe(found.error());
    for (const double share : found->risk_contributions) EXPECT_NEAR(share, 1.0 / 3, 1e-9);
}

TEST(EqualRisk, is_refused_where_a_long_portfolio_has_no_risk) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {-1});
    const auto found = equal_risk(universe_of(covariance, 2));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::singular);
}

TEST(EqualRisk, refuses_budgets_that_are_none) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {0});
    const std::vector<std::vector<double>> wrong{{1}, {1, 0}, {1, std::nan("")}};
    for (const auto& budgets : wrong) {
        EXPECT_EQ(equal_risk(universe_of(covariance, 2), budgets).error().kind,
                  ErrorKind::bad_input);
    }
}

RC_GTEST_PROP(EqualRiskProperty, each_asset_brings_its_budget_of_risk, ()) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    base::Random random(seed);
    const std::size_t n = 1 + random.below(40), factors = 1 + random.below(5);
    const auto covariance = test::random_covariance(seed, n, factors);
    std::vector<double> budgets(n);
    double sum = 0;
    for (double& one : budgets) sum += one = 0.01 + random.exponential();
    const auto found = equal_risk(universe_of(covariance, n), budgets);
    if (!found) RC_FAIL(describe(found.error()));
    RC_ASSERT(std::abs(found->net - 1) < 1e-12);
    for (std::size_t i = 0; i < n; ++i) {
        RC_ASSERT(found->weights[i] > 0);
        RC_ASSERT(std::abs(found->risk_contributions[i] - budgets[i] / sum) < kBudgetTolerance);
    }
}

}  // namespace
}  // namespace tradewind::construction
