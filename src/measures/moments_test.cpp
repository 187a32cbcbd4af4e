// SPDX-License-Identifier: Apache-2.0
#include "measures/moments.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <vector>

namespace tradewind::measures {
namespace {

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
}  // namespace tradewind::measures
