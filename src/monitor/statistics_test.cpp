// SPDX-License-Identifier: Apache-2.0
#include "monitor/statistics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace tradewind::monitor {
namespace {

std::vector<double> first_order(double rho, int lags) {
    std::vector<double> out;
    for (int k = 1; k <= lags; ++k) out.push_back(std::pow(rho, k));
    return out;
}

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

TEST(LoFactor, is_the_square_root_for_independent_returns) {
    EXPECT_NEAR(*lo_factor(252, {}), std::sqrt(252.0), 1e-12);
}

// Lo (2002), table 2: factors from a monthly to a yearly Sharpe ratio when returns follow an AR(1);
// the text names those for 20 % and -20 % beside the 3.46 of independent returns.
TEST(LoFactor, equals_the_papers_factors_for_first_order_autocorrelation) {
    EXPECT_NEAR(*lo_factor(12, first_order(0.2, 11)), 2.88, 0.005);
    EXPECT_NEAR(*lo_factor(12, first_order(-0.2, 11)), 4.17, 0.005);
    EXPECT_NEAR(*lo_factor(12, first_order(0.9, 11)), 1.21, 0.005);
    EXPECT_NEAR(*lo_factor(2, first_order(0.9, 1)), 1.03, 0.005);
}

TEST(LoFactor, is_undefined_where_the_sum_has_no_variance) {
    const std::array rho{-1.0};
    EXPECT_FALSE(lo_factor(2, rho).has_value());
}

// Lo (2002), table 1: a Sharpe ratio of 0.50 in 12, 24 and 60 months, of 3.00 in 60.
TEST(LoStandardError, equals_the_papers_table) {
    EXPECT_NEAR(lo_standard_error(0.5, 12), 0.306, 0.0005);
    EXPECT_NEAR(lo_standard_error(0.5, 24), 0.217, 0.0005);
    EXPECT_NEAR(lo_standard_error(0.5, 60), 0.137, 0.0005);
    EXPECT_NEAR(lo_standard_error(3.0, 60), 0.303, 0.0005);
}

// Bailey and Lopez de Prado (2012), section 4: a hedge fund of 24 months, yearly Sharpe ratio 1.59
// (0.458 a month), skew -2.448, kurtosis 10.164. 0.982 if its returns were normal, 0.913 as they
// are.
TEST(ProbabilisticSharpe, equals_the_papers_example) {
    EXPECT_NEAR(*probabilistic_sharpe({0.458, 24, 0, 3}, 0), 0.982, 0.001);
    EXPECT_NEAR(*probabilistic_sharpe({0.458, 24, -2.448, 10.164}, 0), 0.913, 0.0005);
}

// Bailey and Lopez de Prado (2014), numerical example: Sharpe ratio 2.5 a year over 1250 days of
// 250 a year, skew -3, kurtosis 10, 100 trials with a variance of 1/2 a year: threshold 0.1132 a
// day, 0.9004 deflated; with 46 trials 0.9505.
TEST(DeflatedSharpe, equals_the_papers_example) {
    const SharpeSample sample{2.5 / std::sqrt(250.0), 1250, -3, 10};
    const double threshold = *expected_maximum_sharpe({100, 0.5 / 250});
    EXPECT_NEAR(threshold, 0.1132, 0.00005);
    EXPECT_NEAR(*probabilistic_sharpe(sample, threshold), 0.9004, 0.00005);
    const double fewer = *expected_maximum_sharpe({46, 0.5 / 250});
    EXPECT_NEAR(*probabilistic_sharpe(sample, fewer), 0.9505, 0.0005);
}

TEST(ProbabilisticSharpe, is_undefined_without_variance_or_with_one_return) {
    EXPECT_FALSE(probabilistic_sharpe({1, 1, 0, 3}, 0).has_value());
    EXPECT_FALSE(probabilistic_sharpe({1, 100, 3, 1}, 0).has_value());
    EXPECT_FALSE(expected_maximum_sharpe({1, 0.1}).has_value());
}

TEST(Moments, are_undefined_for_constant_values_that_carry_rounding_noise) {
    const std::vector<double> noisy{0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2};
    EXPECT_EQ(sample_deviation(noisy), 0.0);
    EXPECT_FALSE(skewness(noisy).has_value());
    EXPECT_FALSE(raw_kurtosis(noisy).has_value());
    EXPECT_FALSE(autocorrelation(noisy, 1).has_value());
}

TEST(Quantile, interpolates_between_order_statistics) {
    // numpy's documentation of percentile: the median of 10, 7, 4, 3, 2, 1 is 3.5.
    const std::array sorted{1.0, 2.0, 3.0, 4.0, 7.0, 10.0};
    EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 0.5), 3.5);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 0), 1);
    EXPECT_DOUBLE_EQ(quantile_of_sorted(sorted, 1), 10);
}

RC_GTEST_PROP(Moments, shift_and_scale_as_they_must, ()) {
    const auto raw = *rc::gen::container<std::vector<int>>(20, rc::gen::inRange(-1000, 1000));
    std::vector<double> plain(raw.begin(), raw.end());
    std::vector<double> moved;
    for (const double x : plain) moved.push_back(3 * x + 7);
    const auto skew = skewness(plain);
    const auto moved_skew = skewness(moved);
    RC_ASSERT(skew.has_value() == moved_skew.has_value());
    if (skew) RC_ASSERT(std::abs(*skew - *moved_skew) < 1e-9);
    RC_ASSERT(std::abs(*sample_deviation(moved) - 3 * *sample_deviation(plain)) < 1e-8);
}

}  // namespace
}  // namespace tradewind::monitor
