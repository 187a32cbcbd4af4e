// SPDX-License-Identifier: Apache-2.0
// The questions on which simulators differ, one scenario each, under every mode. What backtrader
// answers was taken from backtrader itself: tests/parity/test_backtrader_orders.py runs it on
// random orders of every type.
#include <gtest/gtest.h>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

struct Case {
    const char* name;
    const char* market;
    const char* orders;
    const char* strict;
    const char* backtrader;
};

constexpr Case kCases[] = {
    {"market_order_acts_on_the_next_bars_open",
     R"(bar 0 100 101 99 100 10000
        bar 1 102 103 101 102 10000
        bar 2 104 105 103 104 10000)",
     "1 buy 1 100 market",
     R"(1:00 1 accepted
        1:00 1 filled 100@102 taker)",
     R"(2:00 1 accepted
        2:00 1 filled 100@102 taker)"},

    {"limit_that_is_only_touched",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 99 100 10000
        bar 2 100 101 98.99 100 10000)",
     "1 buy 1 100 limit 99",
     R"(1:00 1 accepted
        3:00 1 filled 100@99 maker)",
     R"(2:00 1 accepted
        2:00 1 filled 100@99 maker)"},

    {"limit_traded_through_by_one_tick",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 98.99 100 10000)",
     "1 buy 1 100 limit 99",
     R"(1:00 1 accepted
        2:00 1 filled 100@99 maker)",
     R"(2:00 1 accepted
        2:00 1 filled 100@99 maker)"},

    {"stop_and_target_inside_one_bar_whose_open_is_nearer_the_high",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 99 100 10000
        bar 2 103 105 94 100 10000)",
     R"(0 buy 1 100 market
        1 sell 2 100 stop_market 95 list=2 oco
        1 sell 3 100 limit 104 list=2 oco)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        1:00 3 accepted
        3:00 2 triggered
        3:00 2 filled 100@95 taker ambiguous
        3:00 3 canceled contingency)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        2:00 3 accepted
        3:00 2 triggered
        3:00 2 filled 100@95 taker
        3:00 3 canceled contingency)"},

    {"stop_and_target_inside_one_bar_whose_open_is_nearer_the_low",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 99 100 10000
        bar 2 96 105 94 100 10000)",
     R"(0 buy 1 100 market
        1 sell 3 100 limit 104 list=3 oco
        1 sell 2 100 stop_market 95 list=3 oco)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 3 accepted
        1:00 2 accepted
        3:00 2 triggered
        3:00 2 filled 100@95 taker ambiguous
        3:00 3 canceled contingency)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 3 accepted
        2:00 2 accepted
        3:00 3 filled 100@104 maker
        3:00 2 canceled contingency)"},

    {"gap_through_a_stop_from_which_the_close_recovers",
     R"(bar 0 100 101 99 100 10000
        bar 1 90 101 89 100 10000)",
     R"(0 buy 1 100 market
        0 sell 2 100 stop_market 95 parent=1)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 100@100 taker
        1:00 2 triggered
        1:00 2 filled 100@90 taker)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 1 filled 100@100 taker
        2:00 2 triggered
        2:00 2 filled 100@90 taker)"},

    {"gap_through_a_limit_in_our_favour",
     R"(bar 0 100 101 99 100 10000
        bar 1 95 96 94 95 10000)",
     "1 buy 1 100 limit 98",
     R"(1:00 1 accepted
        1:00 1 filled 100@95 taker)",
     R"(2:00 1 accepted
        2:00 1 filled 100@95 taker)"},

    {"entry_at_the_open_and_its_stop_and_target_in_the_same_bar",
     R"(bar 0 100 105 94 100 10000
        bar 1 100 101 99 100 10000)",
     R"(0 buy 1 100 market list=1 oto
        0 sell 2 100 stop_market 95 list=1 parent=1 oco
        0 sell 3 100 limit 104 list=1 parent=1 oco)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 3 accepted
        0:00 1 filled 100@100 taker
        1:00 2 triggered
        1:00 2 filled 100@95 taker ambiguous
        1:00 3 canceled contingency)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 3 accepted
        1:00 1 filled 100@100 taker
        2:00 2 canceled end_of_data
        2:00 3 canceled end_of_data)"},

    {"entry_at_the_open_and_its_target_in_the_same_bar",
     R"(bar 0 100 105 99 100 10000
        bar 1 100 101 99 100 10000)",
     R"(0 buy 1 100 market list=1 oto
        0 sell 2 100 stop_market 95 list=1 parent=1 oco
        0 sell 3 100 limit 104 list=1 parent=1 oco)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 3 accepted
        0:00 1 filled 100@100 taker
        1:00 3 filled 100@104 maker
        1:00 2 canceled contingency)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 3 accepted
        1:00 1 filled 100@100 taker
        2:00 2 canceled end_of_data
        2:00 3 canceled end_of_data)"},

    {"entry_inside_the_bar_and_its_stop_in_the_same_bar",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 106 94 100 10000)",
     R"(1 buy 1 100 stop_market 102 list=1 oto
        1 sell 2 100 stop_market 95 list=1 parent=1 oco
        1 sell 3 100 limit 104 list=1 parent=1 oco)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 3 accepted
        2:00 1 triggered
        2:00 1 filled 100@102 taker
        2:00 2 triggered
        2:00 2 filled 100@95 taker ambiguous
        2:00 3 canceled contingency)",
     R"(2:00 1 accepted
        2:00 2 accepted
        2:00 3 accepted
        2:00 1 triggered
        2:00 1 filled 100@102 taker
        2:00 2 canceled end_of_data
        2:00 3 canceled end_of_data)"},

    {"entry_inside_the_bar_and_its_target_in_the_same_bar",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 106 99 105 10000
        bar 2 105 106 104 105 10000)",
     R"(1 buy 1 100 stop_market 102 list=1 oto
        1 sell 2 100 stop_market 95 list=1 parent=1 oco
        1 sell 3 100 limit 104 list=1 parent=1 oco)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 3 accepted
        2:00 1 triggered
        2:00 1 filled 100@102 taker
        2:00 3 filled 100@105 taker
        2:00 2 canceled contingency)",
     R"(2:00 1 accepted
        2:00 2 accepted
        2:00 3 accepted
        2:00 1 triggered
        2:00 1 filled 100@102 taker
        3:00 3 filled 100@105 taker
        3:00 2 canceled contingency)"},

    {"limit_entry_whose_stop_lies_further_on_the_same_way",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 94 96 10000)",
     R"(1 buy 1 100 limit 98 list=1 oto
        1 sell 2 100 stop_market 95 list=1 parent=1 oco)",
     R"(1:00 1 accepted
        1:00 2 accepted
        2:00 1 filled 100@98 maker
        2:00 2 triggered
        2:00 2 filled 100@95 taker)",
     R"(2:00 1 accepted
        2:00 2 accepted
        2:00 1 filled 100@98 maker
        2:00 2 canceled end_of_data)"},

    {"trailing_stop_raised_and_hit_on_one_bar",
     R"(bar 0 100 100 100 100 10000
        bar 1 100 110 99 104 10000)",
     R"(0 buy 1 100 market
        1 sell 2 100 trailing_stop_market 5)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        2:00 2 triggered
        2:00 2 filled 100@105 taker ambiguous)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        2:00 2 canceled end_of_data)"},

    {"trailing_stop_meets_the_bars_low_before_its_high_raises_it",
     R"(bar 0 100 100 100 100 10000
        bar 1 100 110 96 108 10000
        bar 2 108 108 104 104 10000)",
     R"(0 buy 1 100 market
        1 sell 2 100 trailing_stop_market 5)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        3:00 2 triggered
        3:00 2 filled 100@105 taker)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        3:00 2 canceled end_of_data)"},

    {"stop_limit_gapped_past_its_limit",
     R"(bar 0 100 101 99 100 10000
        bar 1 90 93 89 92 10000
        bar 2 92 94.5 91 94 10000)",
     R"(0 buy 1 100 market
        1 sell 2 100 stop_limit 95 94)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        1:00 2 triggered
        3:00 2 filled 100@94 maker)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        2:00 2 triggered
        3:00 2 filled 100@94 maker)"},

    {"stop_limit_set_free_inside_the_bar_fills_if_the_bar_closes_beyond_it",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 93 94.5 10000)",
     R"(0 buy 1 100 market
        1 sell 2 100 stop_limit 95 94)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        2:00 2 triggered
        2:00 2 filled 100@94.5 taker)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        2:00 2 triggered
        2:00 2 filled 100@95 taker)"},

    {"stop_limit_set_free_inside_the_bar_rests_if_the_bar_closes_short_of_it",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 93 93.5 10000)",
     R"(0 buy 1 100 market
        1 sell 2 100 stop_limit 95 94)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        2:00 2 triggered
        2:00 2 canceled end_of_data)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        2:00 2 triggered
        2:00 2 filled 100@95 taker)"},

    {"one_of_two_cancels_the_other",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 99 100 10000
        bar 2 100 101 97 98 10000)",
     R"(1 buy 1 100 limit 98 list=1 oco
        1 buy 2 100 stop_market 102 list=1 oco)",
     R"(1:00 1 accepted
        1:00 2 accepted
        3:00 1 filled 100@98 maker
        3:00 2 canceled contingency)",
     R"(2:00 1 accepted
        2:00 2 accepted
        3:00 1 filled 100@98 maker
        3:00 2 canceled contingency)"},

    {"halted_bar_fills_nothing",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 100 100 100 0
        bar 2 103 104 102 103 10000)",
     "1 buy 1 100 market",
     R"(1:00 1 accepted
        2:00 1 filled 100@103 taker)",
     R"(2:00 1 accepted
        2:00 1 filled 100@100 taker)"},

    {"split_with_a_resting_stop",
     R"(bar 0 100 101 99 100 10000
        split 1 2 1
        bar 1 50 51 49 50 10000
        bar 2 50 51 46 47 10000)",
     R"(0 buy 1 100 market
        0 sell 2 100 stop_market 95 parent=1)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 100@100 taker
        1:00 2 adjusted qty=200 trigger=47.5
        3:00 2 triggered
        3:00 2 filled 200@47.5 taker)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 1 filled 100@100 taker
        1:00 2 adjusted qty=200 trigger=47.5
        3:00 2 triggered
        3:00 2 filled 200@47.5 taker)"},

    {"one_order_flips_a_position",
     R"(bar 0 100 101 99 100 10000
        bar 1 102 103 101 102 10000)",
     R"(0 buy 1 100 market
        1 sell 2 300 market)",
     R"(0:00 1 accepted
        0:00 1 filled 100@100 taker
        1:00 2 accepted
        1:00 2 filled 300@102 taker)",
     R"(1:00 1 accepted
        1:00 1 filled 100@100 taker
        2:00 2 accepted
        2:00 2 filled 300@102 taker)"},

    {"gtd_order_expires_and_day_order_does_not_outlive_its_day",
     R"(bar 1438 100 101 99 100 10000
        bar 1439 100 101 99 100 10000
        bar 1440 90 101 89 100 10000)",
     R"(1439 buy 1 100 limit 95 day
        1439 buy 2 100 limit 95 gtd=1440
        1439 buy 3 100 limit 95)",
     R"(1439:00 1 accepted
        1439:00 2 accepted
        1439:00 3 accepted
        1440:00 1 expired time_in_force
        1440:00 2 expired time_in_force
        1440:00 3 filled 100@90 taker)",
     R"(1440:00 1 accepted
        1440:00 2 accepted
        1440:00 3 accepted
        1441:00 1 expired time_in_force
        1441:00 2 expired time_in_force
        1441:00 3 filled 100@90 taker)"},

    {"order_for_the_close_of_the_session",
     R"(bar 1437 100 101 99 100 10000
        bar 1438 100 101 99 100.5 10000
        bar 1439 100 101 99 100.7 10000
        bar 1440 90 101 89 100 10000)",
     "1438 buy 1 100 market at_close",
     R"(1438:00 1 accepted
        1440:00 1 filled 100@100.7 taker)",
     R"(1439:00 1 accepted
        1440:00 1 filled 100@100.7 taker)"},
};

class Conformance : public ::testing::TestWithParam<Case> {};

WorldSettings in_mode(FillMode mode) {
    WorldSettings settings;
    settings.fills = mode;
    settings.account = AccountKind::margin;
    return settings;
}

TEST_P(Conformance, strict) {
    const Case& c = GetParam();
    const auto got =
        play({.market = c.market, .orders = c.orders, .settings = in_mode(FillMode::strict)});
    EXPECT_EQ(got.reports, lines_of(c.strict));
}

TEST_P(Conformance, backtrader) {
    const Case& c = GetParam();
    const auto got =
        play({.market = c.market, .orders = c.orders, .settings = in_mode(FillMode::backtrader)});
    EXPECT_EQ(got.reports, lines_of(c.backtrader));
}

INSTANTIATE_TEST_SUITE_P(, Conformance, ::testing::ValuesIn(kCases),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

}  // namespace
}  // namespace tradewind::sim
