// SPDX-License-Identifier: Apache-2.0
#include "construction/mean_variance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "support/covariances.hpp"

namespace tradewind::construction {
namespace {

using ::testing::HasSubstr;

Allocation allocation_of(const std::vector<double>& covariance, std::size_t n) {
    Allocation out;
    out.universe = {.names = test::asset_names(n), .covariance = covariance};
    return out;
}

// Two assets: the weight of the first is (s2^2 - r s1 s2) / (s1^2 + s2^2 - 2 r s1 s2).
TEST(MinimumVariance, equals_the_formula_for_two_assets) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {0.3});
    const auto found = minimum_variance(allocation_of(covariance, 2));
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_NEAR(found->weights[0], (0.04 - 0.006) / (0.05 - 0.012), 1e-12);
    EXPECT_NEAR(found->net, 1, 1e-12);
    EXPECT_NEAR(found->risk_contributions[0], found->weights[0], 1e-9);  // true of this portfolio
}

// Maillard, Roncalli and Teiletche 2010, "On the properties of equally-weighted risk contributions
// portfolios", second example: 74.5 %, 0 %, 15.2 %, 10.3 %.
TEST(MinimumVariance, equals_the_example_of_maillard_roncalli_and_teiletche) {
    const auto covariance = test::covariance_of({0.1, 0.2, 0.3, 0.4}, {0.8, 0, 0, 0, 0, -0.5});
    const auto found = minimum_variance(allocation_of(covariance, 4));
    ASSERT_TRUE(found) << describe(found.error());
    const std::vector<double> published{0.745, 0, 0.152, 0.103};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found->weights[i], published[i], 5e-4) << i;
}

TEST(MeanVariance, costs_hold_the_portfolio_where_it_is) {
    const auto covariance = test::random_covariance(1, 6);
    Allocation allocation = allocation_of(covariance, 6);
    allocation.expected = test::random_returns(1, 6);
    allocation.current = {0.3, 0.2, 0.1, 0.1, 0.2, 0.1};
    allocation.costs.linear.assign(6, 1.0);  // more than any return
    const auto found = mean_variance(allocation, 5);
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_NEAR(*found->turnover, 0, 1e-9);
    allocation.costs.linear.assign(6, 1e-9);
    EXPECT_GT(*mean_variance(allocation, 5)->turnover, 0.5);
}

TEST(MeanVariance, turnover_and_gross_stay_within_their_limits_and_press) {
    const auto covariance = test::random_covariance(2, 8);
    Allocation allocation = allocation_of(covariance, 8);
    allocation.expected = test::random_returns(2, 8);
    allocation.current.assign(8, 0.125);
    allocation.constraints.lower.assign(8, -0.5);
    allocation.constraints.gross_max = 1.4;
    allocation.constraints.turnover_max = 0.9;
    const auto found = mean_variance(allocation, 0.5);
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_LE(found->gross, 1.4 + 1e-9);
    EXPECT_NEAR(*found->turnover, 0.9, 1e-8);
    const bool is_pressed = std::ranges::any_of(
        found->pressures, [](const Pressure& p) { return p.constraint == "turnover"; });
    EXPECT_TRUE(is_pressed);
}

TEST(MeanVariance, names_the_sector_and_the_bounds_that_cannot_hold_together) {
    const auto covariance = test::random_covariance(3, 4);
    Allocation allocation = allocation_of(covariance, 4);
    allocation.constraints.upper = {0.1, 0.1, kUnlimited, kUnlimited};
    allocation.constraints.exposures = {{"energy", {1, 1, 0, 0}, 0.5, kUnlimited},
                                        {"banks", {0, 0, 1, 1}, 0, 0.9}};
    const auto found = minimum_variance(allocation);
    ASSERT_FALSE(found);
    EXPECT_EQ(describe(found.error()),
              "no portfolio obeys these together: energy at least 0.5; A0 at most 0.1; A1 at most "
              "0.1");
}

TEST(MeanVariance, names_gross_exposure_below_net) {
    const auto covariance = test::random_covariance(3, 4);
    Allocation allocation = allocation_of(covariance, 4);
    allocation.constraints.lower.assign(4, -1);
    allocation.constraints.gross_max = 0.9;
    EXPECT_EQ(describe(minimum_variance(allocation).error()),
              "no portfolio obeys these together: net exposure = 1; gross exposure at most 0.9");
}

TEST(TargetReturn, is_reached_at_least_and_named_where_it_cannot_be) {
    const auto covariance = test::random_covariance(4, 5);
    Allocation allocation = allocation_of(covariance, 5);
    allocation.expected = {0.001, 0.002, 0.003, 0.004, 0.005};
    const auto found = target_return(allocation, 0.004);
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_NEAR(*found->expected_return, 0.004, 1e-10);
    EXPECT_THAT(describe(target_return(allocation, 0.006).error()),
                HasSubstr("expected return at least 0.006"));
}

// Without limits on sign the tangency portfolio is C^-1 (m - r) over its sum.
TEST(MaximumSharpe, equals_the_tangency_formula) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {0.25});
    Allocation allocation = allocation_of(covariance, 2);
    allocation.expected = {0.06, 0.10};
    allocation.constraints.lower.assign(2, -kUnlimited);
    const auto found = maximum_sharpe(allocation, 0.02);
    ASSERT_TRUE(found) << describe(found.error());
    const double a = 0.04 * 0.04 - 0.005 * 0.08, b = 0.01 * 0.08 - 0.005 * 0.04;
    EXPECT_NEAR(found->weights[0], a / (a + b), 1e-9);
}

TEST(MaximumSharpe, has_no_answer_where_nothing_earns_more_than_cash) {
    const auto covariance = test::random_covariance(5, 3);
    Allocation allocation = allocation_of(covariance, 3);
    allocation.expected = {0.01, 0.02, -0.01};
    const auto found = maximum_sharpe(allocation, 0.03);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::infeasible);
    allocation.constraints.upper.assign(3, 0.2);
    EXPECT_THAT(describe(maximum_sharpe(allocation, 0.03).error()), HasSubstr("net exposure = 1"));
}

TEST(Covariance, that_is_singular_is_refused_until_a_ridge_is_set) {
    const std::vector<double> covariance{0.01, 0.01, 0.01, 0.01};
    Allocation allocation = allocation_of(covariance, 2);
    const auto found = minimum_variance(allocation);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::singular);
    allocation.universe.ridge = 1e-4;
    const auto mended = minimum_variance(allocation);
    ASSERT_TRUE(mended) << describe(mended.error());
    EXPECT_NEAR(mended->weights[0], 0.5, 1e-9);
    EXPECT_NEAR(mended->volatility, 0.1, 1e-12);  // of what was given
}

TEST(Covariance, that_is_none_is_named) {
    const auto kind = [](const std::vector<double>& covariance) {
        return minimum_variance(allocation_of(covariance, 2)).error().kind;
    };
    EXPECT_EQ(kind({1, 2, 2, 1}), ErrorKind::not_a_covariance);
    EXPECT_EQ(kind({1, 0.5, 0.4, 1}), ErrorKind::not_a_covariance);
    EXPECT_EQ(kind({1, 0, 0, -1}), ErrorKind::not_a_covariance);
    EXPECT_EQ(kind({1, 0, 0, 0}), ErrorKind::singular);
    EXPECT_EQ(kind({1, 0, 0, std::numeric_limits<double>::quiet_NaN()}), ErrorKind::bad_input);
    EXPECT_EQ(kind({1, 0, 0}), ErrorKind::bad_input);
}

// --- properties ----------------------------------------------------------------------------------

double variance_of(const std::vector<double>& covariance, const std::vector<double>& w) {
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
        for (std::size_t j = 0; j < w.size(); ++j)
            sum += covariance[i * w.size() + j] * w[i] * w[j];
    }
    return sum;
}

RC_GTEST_PROP(MinimumVarianceProperty, no_random_portfolio_within_the_bounds_has_less, ()) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    base::Random random(seed);
    const std::size_t n = 2 + random.below(20);
    const auto covariance = test::random_covariance(seed, n);
    Allocation allocation = allocation_of(covariance, n);
    const double most = 2.0 / static_cast<double>(n);
    allocation.constraints.upper.assign(n, most);
    const auto found = minimum_variance(allocation);
    if (!found) RC_FAIL(describe(found.error()));
    RC_ASSERT(std::abs(found->net - 1) < 1e-9);
    for (const double weight : found->weights) RC_ASSERT(weight >= 0 && weight <= most + 1e-12);
    const double least = found->volatility * found->volatility;
    for (int trial = 0; trial < 20; ++trial) {
        // Between equal weights, which are allowed, and a vertex-like draw, cut where it leaves.
        std::vector<double> w(n);
        double sum = 0;
        for (double& one : w) sum += one = random.exponential();
        for (double& one : w) one /= sum;
        const double highest = *std::ranges::max_element(w), even = 1.0 / static_cast<double>(n);
        const double keep = std::min(1.0, (most - even) / std::max(1e-300, highest - even));
        for (double& one : w) one = even + keep * (one - even);
        RC_ASSERT(variance_of(covariance, w) >= least * (1 - 1e-9));
    }
}

RC_GTEST_PROP(MeanVarianceProperty, the_order_of_the_assets_does_not_matter, ()) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    base::Random random(seed);
    const std::size_t n = 2 + random.below(12);
    const auto covariance = test::random_covariance(seed, n);
    Allocation allocation = allocation_of(covariance, n);
    allocation.expected = test::random_returns(seed, n);
    allocation.current.assign(n, 1.0 / static_cast<double>(n));
    allocation.costs.linear.assign(n, 1e-4);
    allocation.constraints.lower.assign(n, -0.3);
    allocation.constraints.gross_max = 1.5;
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::vector<double> shuffled(n * n);
    Allocation other = allocation;
    for (std::size_t i = 0; i < n; ++i) {
        other.expected[i] = allocation.expected[order[i]];
        for (std::size_t j = 0; j < n; ++j) {
            shuffled[i * n + j] = covariance[order[i] * n + order[j]];
        }
    }
    other.universe.covariance = shuffled;
    const auto a = mean_variance(allocation, 3), b = mean_variance(other, 3);
    if (!a || !b) RC_FAIL("no solution");
    for (std::size_t i = 0; i < n; ++i) {
        RC_ASSERT(std::abs(a->weights[order[i]] - b->weights[i]) < 1e-6);
    }
}

RC_GTEST_PROP(MaximumSharpeProperty, no_point_of_the_frontier_has_more, ()) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    base::Random random(seed);
    const std::size_t n = 2 + random.below(10);
    const auto covariance = test::random_covariance(seed, n);
    Allocation allocation = allocation_of(covariance, n);
    allocation.expected = test::random_returns(seed, n);
    RC_PRE(*std::ranges::max_element(allocation.expected) > 1e-5);
    allocation.constraints.upper.assign(n, std::min(1.0, 3.0 / static_cast<double>(n)));
    const auto best = maximum_sharpe(allocation, 0);
    if (!best && best.error().kind == ErrorKind::infeasible) return;  // the bounds force a loss
    if (!best) RC_FAIL(describe(best.error()));
    const double sharpe = *best->expected_return / best->volatility;
    for (const double aversion : {0.1, 1.0, 5.0, 20.0, 100.0, 1000.0}) {
        const auto other = mean_variance(allocation, aversion);
        if (!other) RC_FAIL(describe(other.error()));
        RC_ASSERT(*other->expected_return / other->volatility <= sharpe + 1e-7);
    }
}

}  // namespace
}  // namespace tradewind::construction
