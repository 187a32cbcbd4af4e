// SPDX-License-Identifier: Apache-2.0
#include "measures/correlation_alarm.hpp"

#include <gtest/gtest.h>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Twenty values around 0.3 with a deviation of about 0.02.
CorrelationAlarm settled() {
    auto alarm = CorrelationAlarm::create({.history = 20}).value();
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(alarm.update(i % 2 == 0 ? 0.28 : 0.32).value(), CorrelationState::unknown);
    }
    return alarm;
}

// numpy 2.4: linalg.eigvalsh.
TEST(CorrelationFigures, equal_numpy) {
    const auto one = reference("clusters")[0];
    const SquareMatrix rho{.size = 12, .values = numbers_of(one["correlations"])};
    EXPECT_NEAR(mean_correlation(rho).value(), one["mean"], 1e-13);
    EXPECT_NEAR(absorption_ratio(rho, 2).value(), one["absorption"], 1e-13);
    EXPECT_EQ(absorption_ratio(rho, 0).error().kind, ErrorKind::out_of_range);
    EXPECT_EQ(absorption_ratio(rho, 13).error().kind, ErrorKind::out_of_range);
    EXPECT_EQ(mean_correlation(SquareMatrix::identity(1)).error().kind, ErrorKind::too_few_rows);
    EXPECT_EQ(mean_correlation({.size = 2, .values = {1, kNaN, kNaN, 1}}).error().kind,
              ErrorKind::not_finite);
}

TEST(CorrelationAlarm, leaves_and_comes_back_at_different_thresholds) {
    CorrelationAlarm alarm = settled();
    EXPECT_EQ(alarm.update(0.35).value(), CorrelationState::usual);  // 2.4 deviations
    EXPECT_EQ(alarm.update(0.60).value(), CorrelationState::high);
    EXPECT_EQ(alarm.update(0.45).value(), CorrelationState::high);  // under 3, above 1
    EXPECT_GT(*alarm.deviations(), 1);
    EXPECT_LT(*alarm.deviations(), 3);
    EXPECT_EQ(alarm.update(0.33).value(), CorrelationState::usual);
}

TEST(CorrelationAlarm, tells_hedges_that_fail_from_spread_that_is_gone) {
    CorrelationAlarm alarm = settled();
    EXPECT_EQ(alarm.update(0.05).value(), CorrelationState::low);
    EXPECT_EQ(alarm.update(0.95).value(), CorrelationState::high);
}

TEST(CorrelationAlarm, takes_a_lasting_change_for_usual_in_the_end) {
    CorrelationAlarm alarm = settled();
    EXPECT_EQ(alarm.update(0.7).value(), CorrelationState::high);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(alarm.update(0.7));
    EXPECT_EQ(alarm.state(), CorrelationState::usual);
}

TEST(CorrelationAlarm, does_not_alarm_over_nothing) {
    auto alarm = CorrelationAlarm::create({.history = 5}).value();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(alarm.update(0.3));
    EXPECT_EQ(alarm.update(0.301).value(), CorrelationState::usual);
}

TEST(CorrelationAlarm, refuses_thresholds_out_of_order_and_unknown_values) {
    EXPECT_EQ(CorrelationAlarm::create({.history = 1}).error().value, 1);
    EXPECT_EQ(CorrelationAlarm::create({.enter = 1, .leave = 1}).error().value, 1);
    EXPECT_EQ(CorrelationAlarm::create({.leave = -1}).error().value, -1);
    EXPECT_EQ(CorrelationAlarm::create({.deviation_min = 0}).error().value, 0);
    CorrelationAlarm alarm = settled();
    EXPECT_TRUE(alarm.update(0.9));
    EXPECT_EQ(alarm.update(kNaN).error().kind, ErrorKind::not_finite);
    EXPECT_EQ(alarm.state(), CorrelationState::high);
}

}  // namespace
}  // namespace tradewind::measures
