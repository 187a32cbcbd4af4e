// SPDX-License-Identifier: Apache-2.0
#include "signal/forecast.hpp"

#include <gtest/gtest.h>

namespace tradewind::signal {
namespace {

constexpr double kCost = 0.001;

Prediction expecting(double expected_return, double up = 0.6) {
    return {.instrument = {},
            .known_at = {},
            .horizon_rows = 5,
            .up = up,
            .down = 1 - up,
            .expected_return = expected_return,
            .return_low = expected_return - 0.01,
            .return_high = expected_return + 0.01};
}

ForecastRule rule() { return {.cost = kCost, .enter = 2, .leave = 0.5, .full = 4, .shorts = true}; }

TEST(ForecastRule, enters_only_where_the_expected_return_pays_its_cost) {
    EXPECT_EQ(rule().read(expecting(1.9 * kCost), 0).direction, 0);
    EXPECT_EQ(rule().read(expecting(2.1 * kCost), 0).direction, 1);
    EXPECT_EQ(rule().read(expecting(-2.1 * kCost), 0).direction, -1);
    EXPECT_EQ(rule().read(expecting(0), 0).direction, 0);
}

TEST(ForecastRule, keeps_a_position_until_it_is_worth_less_than_leaving_it) {
    EXPECT_EQ(rule().read(expecting(0.6 * kCost), 1).direction, 1);
    EXPECT_EQ(rule().read(expecting(0.4 * kCost), 1).direction, 0);
    EXPECT_EQ(rule().read(expecting(-0.6 * kCost), 1).direction, 0);  // not enough to turn round
    EXPECT_EQ(rule().read(expecting(-2.1 * kCost), 1).direction, -1);
}

TEST(ForecastRule, sizes_by_how_often_the_cost_is_paid) {
    EXPECT_DOUBLE_EQ(rule().read(expecting(3 * kCost), 0).strength, 0.75);
    EXPECT_DOUBLE_EQ(rule().read(expecting(40 * kCost), 0).strength, 1);
    ForecastRule free = rule();
    free.cost = 0;
    EXPECT_DOUBLE_EQ(free.read(expecting(1e-9), 0).strength, 1);
}

TEST(ForecastRule, stays_out_of_shorts_and_of_what_is_not_sure_unless_allowed) {
    ForecastRule strict = rule();
    strict.shorts = false;
    EXPECT_EQ(strict.read(expecting(-9 * kCost), 0).direction, 0);
    strict.confidence = 0.3;  // 0.6 against 0.4 is 0.2
    EXPECT_EQ(strict.read(expecting(9 * kCost), 0).direction, 0);
    EXPECT_EQ(strict.read(expecting(9 * kCost), 1).direction, 1);  // but it keeps what it has
    strict.confidence = 0;
    strict.needs_interval = true;
    EXPECT_EQ(strict.read(expecting(9 * kCost), 0).direction, 0);  // low is below 0
    EXPECT_EQ(strict.read(expecting(0.02), 0).direction, 1);
}

}  // namespace
}  // namespace tradewind::signal
