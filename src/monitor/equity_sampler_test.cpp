// SPDX-License-Identifier: Apache-2.0
#include "monitor/equity_sampler.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tradewind::monitor {
namespace {

Timestamp at(std::string_view text) { return *parse_timestamp(text); }

std::vector<std::string> dates_of(const EquitySampler& sampler) {
    std::vector<std::string> out;
    for (const EquityPoint& point : sampler.equity()) out.push_back(to_string(utc_date(point.ts)));
    return out;
}

std::vector<double> values_of(const EquitySampler& sampler) {
    std::vector<double> out;
    for (const EquityPoint& point : sampler.equity()) out.push_back(point.equity);
    return out;
}

TEST(EquitySampler, starts_with_the_capital_on_the_day_before) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    EXPECT_TRUE(sampler.equity().empty());
    sampler.mark(at("2024-03-01T10:00:00Z"), {.equity = whole_money(1010)});
    EXPECT_EQ(dates_of(sampler), (std::vector<std::string>{"2024-02-29", "2024-03-01"}));
    EXPECT_EQ(values_of(sampler), (std::vector<double>{1000, 1010}));
}

TEST(EquitySampler, keeps_the_last_mark_of_each_day_and_the_days_without_one) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.mark(at("2024-03-01T10:00:00Z"), {.equity = whole_money(1010)});
    sampler.mark(at("2024-03-01T23:00:00Z"), {.equity = whole_money(1020)});
    sampler.mark(at("2024-03-04T01:00:00Z"), {.equity = whole_money(1030)});
    EXPECT_EQ(dates_of(sampler), (std::vector<std::string>{"2024-02-29", "2024-03-01", "2024-03-02",
                                                           "2024-03-03", "2024-03-04"}));
    EXPECT_EQ(values_of(sampler), (std::vector<double>{1000, 1020, 1020, 1020, 1030}));
}

TEST(EquitySampler, gives_a_mark_at_midnight_to_the_day_that_ends) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.mark(at("2024-03-01T00:00:00Z"), {.equity = whole_money(1010)});
    sampler.mark(at("2024-03-02T00:00:00Z"), {.equity = whole_money(1020)});
    EXPECT_EQ(dates_of(sampler),
              (std::vector<std::string>{"2024-02-28", "2024-02-29", "2024-03-01"}));
}

TEST(EquitySampler, follows_the_sessions_of_a_calendar_over_weekend_and_holiday) {
    EquitySampler sampler(CalendarKind::us_equity, whole_money(1000));
    // Thursday's close in New York; Friday 2015-07-03 was a holiday.
    sampler.mark(at("2015-07-02T20:00:00Z"), {.equity = whole_money(1010)});
    sampler.mark(at("2015-07-06T13:31:00Z"), {.equity = whole_money(1020)});
    EXPECT_EQ(dates_of(sampler),
              (std::vector<std::string>{"2015-07-01", "2015-07-02", "2015-07-06"}));
}

TEST(EquitySampler, sees_the_drawdown_inside_a_day) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.mark(at("2024-03-01T10:00:00Z"), {.equity = whole_money(1200)});
    sampler.mark(at("2024-03-01T11:00:00Z"), {.equity = whole_money(900)});
    sampler.mark(at("2024-03-01T12:00:00Z"), {.equity = whole_money(1100)});
    EXPECT_DOUBLE_EQ(sampler.max_drawdown_of_marks(), 0.25);
    EXPECT_EQ(values_of(sampler), (std::vector<double>{1000, 1100}));
}

TEST(EquitySampler, measures_the_time_in_the_market) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.mark(at("2024-03-01T00:00:00Z"), {.equity = whole_money(1000)});
    EXPECT_FALSE(sampler.time_in_market().has_value());
    sampler.mark(
        at("2024-03-01T06:00:00Z"),
        {.equity = whole_money(1000), .gross = whole_money(500), .net = whole_money(-500)});
    sampler.mark(at("2024-03-01T08:00:00Z"), {.equity = whole_money(1000)});
    EXPECT_DOUBLE_EQ(*sampler.time_in_market(), 0.25);
}

TEST(EquitySampler, tells_exposure_as_a_share_of_equity) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.mark(
        at("2024-03-01T06:00:00Z"),
        {.equity = whole_money(1000), .gross = whole_money(1500), .net = whole_money(-500)});
    const auto exposures = sampler.exposures();
    ASSERT_EQ(exposures.size(), 2U);
    EXPECT_DOUBLE_EQ(exposures[1].gross, 1.5);
    EXPECT_DOUBLE_EQ(exposures[1].net, -0.5);
}

TEST(EquitySampler, takes_time_that_runs_backwards_as_now) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.mark(at("2024-03-02T06:00:00Z"), {.equity = whole_money(1010)});
    sampler.mark(at("2024-03-01T06:00:00Z"), {.equity = whole_money(1020)});
    EXPECT_EQ(values_of(sampler), (std::vector<double>{1000, 1020}));
}

TEST(EquitySampler, adds_up_what_was_traded) {
    EquitySampler sampler(CalendarKind::always_open, whole_money(1000));
    sampler.traded(100);
    sampler.traded(50);
    EXPECT_EQ(sampler.traded_notional(), 150);
}

}  // namespace
}  // namespace tradewind::monitor
