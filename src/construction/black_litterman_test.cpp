// SPDX-License-Identifier: Apache-2.0
#include "construction/black_litterman.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

#include "construction/mean_variance.hpp"
#include "support/covariances.hpp"

namespace tradewind::construction {
namespace {

/// Weights of risk aversion `delta` without any constraint.
std::vector<double> unconstrained(const std::vector<double>& expected,
                                  const std::vector<double>& covariance, double delta) {
    const std::size_t n = expected.size();
    Allocation allocation;
    allocation.universe = {.names = test::asset_names(n), .covariance = covariance};
    allocation.expected = expected;
    allocation.constraints.lower.assign(n, -kUnlimited);
    allocation.constraints.net_lower = -kUnlimited;
    allocation.constraints.net_upper = kUnlimited;
    return mean_variance(allocation, delta).value().weights;
}

// He and Litterman 1999, tables 1, 2 and 4: Germany against France and the United Kingdom by 5 %.
TEST(BlackLitterman, equals_the_example_of_he_and_litterman) {
    const auto covariance = test::covariance_of(
        {0.160, 0.203, 0.248, 0.271, 0.210, 0.200, 0.187},
        {0.488, 0.478, 0.515, 0.439, 0.512, 0.491, 0.664, 0.655, 0.310, 0.608, 0.779,
         0.861, 0.355, 0.783, 0.668, 0.354, 0.777, 0.653, 0.405, 0.306, 0.652});
    const Universe universe{.names = test::asset_names(7), .covariance = covariance};
    const BlackLitterman settings{
        .market = {0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615},
        .risk_aversion = 2.5,
        .tau = 0.05,
        .views = {{.name = "Germany", .loadings = {0, 0, -0.295, 1, 0, -0.705, 0}, .value = 0.05}}};
    const auto found = black_litterman(universe, settings);
    ASSERT_TRUE(found) << describe(found.error());
    const std::vector<double> expected{0.043, 0.076, 0.093, 0.110, 0.045, 0.070, 0.081};
    const std::vector<double> weights{0.015, 0.021, -0.039, 0.354, 0.110, -0.095, 0.586};
    const auto ours = unconstrained(found->expected, found->covariance, 2.5);
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_NEAR(found->expected[i], expected[i], 6e-4) << i;
        EXPECT_NEAR(ours[i], weights[i], 6e-4) << i;
    }
}

std::vector<double> idzorek_covariance() {
    return {0.001005,  0.001328,  -0.000579, -0.000675, 0.000121,  0.000128,  -0.000445, -0.000437,
            0.001328,  0.007277,  -0.001307, -0.000610, -0.002237, -0.000989, 0.001442,  -0.001535,
            -0.000579, -0.001307, 0.059852,  0.027588,  0.063497,  0.023036,  0.032967,  0.048039,
            -0.000675, -0.000610, 0.027588,  0.029609,  0.026572,  0.021465,  0.020697,  0.029854,
            0.000121,  -0.002237, 0.063497,  0.026572,  0.102488,  0.042744,  0.039943,  0.065994,
            0.000128,  -0.000989, 0.023036,  0.021465,  0.042744,  0.032056,  0.019881,  0.032235,
            -0.000445, 0.001442,  0.032967,  0.020697,  0.039943,  0.019881,  0.028355,  0.035064,
            -0.000437, -0.001535, 0.048039,  0.029854,  0.065994,  0.032235,  0.035064,  0.079958};
}

// Idzorek 2005, tables 2, 5 and 6. His prior is printed to two digits; so are his results.
TEST(BlackLitterman, equals_the_example_of_idzorek) {
    const auto covariance = idzorek_covariance();
    const Universe universe{.names = test::asset_names(8), .covariance = covariance};
    const BlackLitterman settings{
        .prior = {0.0008, 0.0067, 0.0641, 0.0408, 0.0743, 0.0370, 0.0480, 0.0660},
        .tau = 0.025,
        .views = {{.name = "1",
                   .loadings = {0, 0, 0, 0, 0, 0, 1, 0},
                   .value = 0.0525,
                   .variance = 0.000709},
                  {.name = "2",
                   .loadings = {-1, 1, 0, 0, 0, 0, 0, 0},
                   .value = 0.0025,
                   .variance = 0.000141},
                  {.name = "3",
                   .loadings = {0, 0, 0.9, -0.9, 0.1, -0.1, 0, 0},
                   .value = 0.02,
                   .variance = 0.000866}}};
    const auto found = black_litterman(universe, settings);
    ASSERT_TRUE(found) << describe(found.error());
    const std::vector<double> expected{0.0007, 0.0050, 0.0650, 0.0432,
                                       0.0759, 0.0394, 0.0493, 0.0684};
    for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(found->expected[i], expected[i], 1.5e-4) << i;
}

// Idzorek's definition: confidence c tilts the weights by c of the way to full confidence.
RC_GTEST_PROP(BlackLittermanProperty, confidence_is_the_share_of_the_full_tilt, ()) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    base::Random random(seed);
    const std::size_t n = 2 + random.below(8);
    const auto covariance = test::random_covariance(seed, n);
    const Universe universe{.names = test::asset_names(n), .covariance = covariance};
    BlackLitterman settings{.prior = test::random_returns(seed, n)};
    View view{.name = "v", .loadings = std::vector<double>(n)};
    for (double& one : view.loadings) one = random.normal();
    view.value = 1e-3 * random.normal();
    const auto expected_at = [&](double confidence) {
        view.confidence = confidence;
        settings.views = {view};
        return black_litterman(universe, settings).value().expected;
    };
    const double confidence = random.uniform();
    const auto none = expected_at(0), some = expected_at(confidence), full = expected_at(1);
    double held = 0;
    for (std::size_t i = 0; i < n; ++i) {
        RC_ASSERT(none[i] == settings.prior[i]);
        RC_ASSERT(std::abs(some[i] - none[i] - confidence * (full[i] - none[i])) < 1e-15);
        held += view.loadings[i] * full[i];
    }
    RC_ASSERT(std::abs(held - view.value) < 1e-14);
}

TEST(BlackLitterman, without_views_gives_back_what_the_market_implies) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {0.5});
    const Universe universe{.names = test::asset_names(2), .covariance = covariance};
    const auto found =
        black_litterman(universe, {.market = {0.6, 0.4}, .risk_aversion = 3, .tau = 0.1});
    EXPECT_NEAR(found->expected[0], 3 * (0.01 * 0.6 + 0.01 * 0.4), 1e-15);
    EXPECT_NEAR(found->covariance[3], 0.04 * 1.1, 1e-15);
}

TEST(BlackLitterman, names_sure_views_that_are_at_odds) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {0.5});
    const Universe universe{.names = test::asset_names(2), .covariance = covariance};
    const auto found = black_litterman(
        universe, {.prior = {0.01, 0.02},
                   .views = {{.name = "up", .loadings = {1, 0}, .value = 0.05, .confidence = 1},
                             {.name = "down", .loadings = {2, 0}, .value = -0.05, .variance = 0}}});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().rows, (std::vector<std::string>{"view up", "view down"}));
}

TEST(BlackLitterman, refuses_settings_that_are_none) {
    const auto covariance = test::covariance_of({0.1, 0.2}, {0.5});
    const Universe universe{.names = test::asset_names(2), .covariance = covariance};
    const auto kind = [&](const BlackLitterman& settings) {
        return black_litterman(universe, settings).error().kind;
    };
    EXPECT_EQ(kind({}), ErrorKind::bad_input);
    EXPECT_EQ(kind({.prior = {0, 0}, .tau = 0}), ErrorKind::bad_input);
    EXPECT_EQ(kind({.prior = {0}}), ErrorKind::bad_input);
    EXPECT_EQ(kind({.prior = {0, 0}, .views = {{.name = "v", .loadings = {0, 0}}}}),
              ErrorKind::bad_input);
    EXPECT_EQ(
        kind({.prior = {0, 0}, .views = {{.name = "v", .loadings = {1, 0}, .confidence = 1.5}}}),
        ErrorKind::bad_input);
}

}  // namespace
}  // namespace tradewind::construction
