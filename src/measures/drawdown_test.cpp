// SPDX-License-Identifier: Apache-2.0
#include "measures/drawdown.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tradewind::measures {
namespace {

TEST(DrawdownTracker, follows_the_fall_from_the_peak) {
    DrawdownTracker tracker;
    EXPECT_FALSE(tracker.drawdown().has_value());
    for (const double value : {100.0, 120.0, 90.0, 108.0}) ASSERT_TRUE(tracker.update(value));
    EXPECT_EQ(*tracker.peak(), 120);
    EXPECT_EQ(*tracker.fall(), 12);
    EXPECT_DOUBLE_EQ(*tracker.drawdown(), 0.1);
    EXPECT_DOUBLE_EQ(*tracker.deepest(), 0.25);
    EXPECT_EQ(tracker.updates_below(), 2U);
    ASSERT_TRUE(tracker.update(130));
    EXPECT_EQ(*tracker.drawdown(), 0);
    EXPECT_DOUBLE_EQ(*tracker.deepest(), 0.25);
    EXPECT_EQ(tracker.updates_below(), 0U);
}

TEST(DrawdownTracker, has_no_share_of_a_peak_that_is_not_above_zero) {
    DrawdownTracker tracker;
    ASSERT_TRUE(tracker.update(-10));
    ASSERT_TRUE(tracker.update(-20));
    EXPECT_EQ(*tracker.fall(), 10);
    EXPECT_FALSE(tracker.drawdown().has_value());
    EXPECT_FALSE(tracker.deepest().has_value());
}

TEST(DrawdownTracker, refuses_a_value_that_is_none) {
    DrawdownTracker tracker;
    ASSERT_TRUE(tracker.update(100));
    EXPECT_EQ(tracker.update(std::nan("")).error().kind, ErrorKind::not_finite);
    EXPECT_EQ(*tracker.fall(), 0);
}

}  // namespace
}  // namespace tradewind::measures
