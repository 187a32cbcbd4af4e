// SPDX-License-Identifier: Apache-2.0
#include "monitor/statistics.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace tradewind::monitor {
namespace {

std::vector<double> first_order(double rho, int lags) {
    std::vector<double> out;
    for (int k = 1; k <= lags; ++k) out.push_back(std::pow(rho, k));
    return out;
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

}  // namespace
}  // namespace tradewind::monitor
