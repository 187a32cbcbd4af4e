// SPDX-License-Identifier: Apache-2.0
#include "sim/strict_venue.hpp"

#include <gtest/gtest.h>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::Outcome;
using testing::play;
using testing::Scenario;

struct Case {
    const char* name;
    const char* market;
    const char* orders;
    const char* reports;
};

class Table : public ::testing::TestWithParam<Case> {};

TEST_P(Table, strict) {
    Scenario scenario{.market = GetParam().market, .orders = GetParam().orders};
    scenario.settings.account = AccountKind::margin;
    EXPECT_EQ(play(scenario).reports, lines_of(GetParam().reports));
}

std::string name_of(const ::testing::TestParamInfo<Case>& chosen) { return chosen.param.name; }

// --- bars
// --------------------------------------------------------------------------------------------

constexpr Case kBars[] = {
    {"remainder_beyond_the_participation_waits_for_the_next_bar",
     R"(bar 0 100 101 99 100 1000
        bar 1 101 102 100 101 1000
        bar 2 102 103 101 102 1000)",
     "0 buy 1 150 market",
     R"(0:00 1 accepted
        0:00 1 partially_filled 100@100 taker
        1:00 1 filled 50@101 taker)"},
    {"two_orders_share_one_bars_participation",
     R"(bar 0 100 101 99 100 1000
        bar 1 101 102 100 101 1000)",
     R"(0 buy 1 80 market
        0 buy 2 80 market)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 80@100 taker
        0:00 2 partially_filled 20@100 taker
        1:00 2 filled 60@101 taker)"},
    {"participation_is_rounded_down_to_the_lot",
     R"(bar 0 100 101 99 100 59
        bar 1 101 102 100 101 1000)",
     "0 buy 1 8 market",
     R"(0:00 1 accepted
        0:00 1 partially_filled 5@100 taker
        1:00 1 filled 3@101 taker)"},
    {"series_that_never_tells_a_volume_is_not_capped",
     R"(bar 0 100 101 99 100 0
        bar 1 101 102 100 101 0)",
     "0 buy 1 150 market",
     R"(0:00 1 accepted
        0:00 1 filled 150@100 taker)"},
    {"ioc_takes_what_the_open_gives_and_the_rest_ends",
     R"(bar 0 100 101 99 100 1000
        bar 1 101 102 100 101 1000)",
     R"(0 buy 1 150 market ioc
        0 buy 2 10 limit 99.5 ioc)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 partially_filled 100@100 taker
        0:00 1 canceled no_liquidity
        0:00 2 canceled no_liquidity)"},
    {"fok_fills_all_or_nothing",
     R"(bar 0 100 101 99 100 1000
        bar 1 101 102 100 101 1000)",
     R"(0 buy 1 150 market fok
        0 buy 2 100 market fok)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 canceled no_liquidity
        0:00 2 filled 100@100 taker)"},
    {"post_only_that_would_take_at_the_open_ends",
     R"(bar 0 100 101 99 100 1000
        bar 1 101 102 97 101 1000)",
     R"(0 buy 1 10 limit 100.5 post
        0 buy 2 10 limit 98 post)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 canceled would_take
        2:00 2 filled 10@98 maker)"},
    {"post_only_that_rests_keeps_its_price_when_the_market_gaps",
     R"(bar 0 100 101 99 100 1000
        bar 1 95 96 94 95 1000)",
     "0 buy 1 10 limit 98 post",
     R"(0:00 1 accepted
        1:00 1 filled 10@98 maker)"},
    {"reduce_only_without_a_position_is_refused", "bar 0 100 101 99 100 1000",
     "0 sell 1 10 limit 98 reduce", "0:00 1 rejected would_not_reduce"},
    {"reduce_only_shrinks_to_the_position_and_ends",
     R"(bar 0 100 101 99 100 10000
        bar 1 101 102 100 101 10000)",
     R"(0 buy 1 10 market
        1 sell 2 15 market reduce)",
     R"(0:00 1 accepted
        0:00 1 filled 10@100 taker
        1:00 2 accepted
        1:00 2 partially_filled 10@101 taker
        1:00 2 canceled would_not_reduce)"},
    {"cancel_before_the_fill_wins_and_of_an_unknown_order_is_refused",
     R"(bar 0 100 101 99 100 10000
        bar 1 90 102 90 101 10000)",
     R"(0 buy 1 10 limit 95
        1 cancel 1
        1 cancel 7
        1 replace 7 qty=3)",
     R"(0:00 1 accepted
        1:00 1 canceled requested
        1:00 7 cancel_rejected unknown_order
        1:00 7 replace_rejected unknown_order)"},
    {"replaced_terms_hold_for_later_bars_and_fills_are_kept",
     R"(bar 0 100 101 99 100 1000
        bar 1 101 102 100 101 1000
        bar 2 103 104 102 103 1000)",
     R"(0 buy 1 150 limit 100
        1 replace 1 qty=130 limit=104
        1 replace 1 trigger=3
        1 replace 1 qty=100)",
     R"(0:00 1 accepted
        0:00 1 partially_filled 100@100 taker
        1:00 1 replaced qty=130 limit=104
        1:00 1 replace_rejected bad_order
        1:00 1 replace_rejected bad_order
        1:00 1 filled 30@101 taker)"},
    {"market_if_touched_fills_where_it_is_touched",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 98 99 10000)",
     "0 buy 1 10 market_if_touched 98",
     R"(0:00 1 accepted
        2:00 1 triggered
        2:00 1 filled 10@98 taker)"},
    {"limit_if_touched_passes_its_limit_on_the_way",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 101 97.5 99 10000)",
     "0 buy 1 10 limit_if_touched 99 98",
     R"(0:00 1 accepted
        1:00 1 triggered
        2:00 1 filled 10@98 maker)"},
    {"trailing_stop_in_basis_points_rounds_against_us",
     R"(bar 0 100.01 100.01 100.01 100.01 10000
        bar 1 100.01 100.01 99 99 10000)",
     R"(0 buy 1 10 market
        1 sell 2 10 trailing_stop_market 50bps)",
     R"(0:00 1 accepted
        0:00 1 filled 10@100.01 taker
        1:00 2 accepted
        2:00 2 triggered
        2:00 2 filled 10@99.5 taker)"},
    {"trailing_stop_limit_rests_at_its_offset_once_set_free",
     R"(bar 0 100 100 100 100 10000
        bar 1 100 110 100 110 10000
        bar 2 110 110 103 103 10000
        bar 3 103 105 103 104 10000)",
     R"(0 buy 1 10 market
        1 sell 2 10 trailing_stop_limit 5 1)",
     R"(0:00 1 accepted
        0:00 1 filled 10@100 taker
        1:00 2 accepted
        3:00 2 triggered
        4:00 2 filled 10@104 maker)"},
    {"bracket_of_a_partly_filled_entry_covers_what_was_filled",
     R"(bar 0 100 101 99 100 500
        bar 1 100 101 99 100 10000
        bar 2 94 95 93 94 10000)",
     R"(0 buy 1 80 limit 100.5 list=1 oto ioc
        0 sell 2 80 stop_market 95 list=1 parent=1 oco
        0 sell 3 80 limit 110 list=1 parent=1 oco)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 3 accepted
        0:00 1 partially_filled 50@100 taker
        0:00 1 canceled no_liquidity
        2:00 2 triggered
        2:00 2 partially_filled 50@94 taker
        2:00 3 canceled contingency
        2:00 2 canceled contingency)"},
    {"children_of_an_entry_that_ends_unfilled_end_with_it",
     R"(bar 0 100 101 99 100 500
        bar 1 100 101 99 100 10000)",
     R"(0 buy 1 80 limit 90 list=1 oto
        0 sell 2 80 stop_market 85 list=1 parent=1 oco
        0 sell 3 80 limit 110 list=1 parent=1 oco
        1 cancel 1)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 3 accepted
        1:00 1 canceled requested
        1:00 2 canceled contingency
        1:00 3 canceled contingency)"},
    {"child_of_an_unknown_parent_is_refused", "bar 0 100 101 99 100 500",
     "0 sell 2 80 stop_market 85 parent=1", "0:00 2 rejected contingency"},
    {"ouo_reduces_the_other_by_what_was_filled",
     R"(bar 0 100 101 99 100 10000
        bar 1 100 111 99 105 500
        bar 2 100 101 99 100 10000
        bar 3 94 95 93 94 10000)",
     R"(0 buy 1 80 market
        1 sell 2 80 stop_market 95 list=2 ouo
        1 sell 3 80 limit 110 list=2 ouo)",
     R"(0:00 1 accepted
        0:00 1 filled 80@100 taker
        1:00 2 accepted
        1:00 3 accepted
        2:00 3 partially_filled 50@110 maker
        2:00 2 replaced qty=30 trigger=95
        3:00 2 triggered
        3:00 2 filled 30@94 taker
        3:00 3 canceled contingency)"},
    {"halt_stops_everything_until_it_ends",
     R"(bar 0 100 101 99 100 10000
        halt 0:30
        bar 1 100 101 99 100 10000
        resume 2
        bar 2 103 104 102 103 10000)",
     "1 buy 1 10 market",
     R"(1:00 1 accepted
        2:00 1 filled 10@103 taker)"},
    {"delisting_ends_orders_and_refuses_new_ones",
     R"(bar 0 100 101 99 100 10000
        delist 1 50
        bar 2 100 101 99 100 10000)",
     R"(0 buy 1 10 limit 90
        3 buy 2 10 limit 90)",
     R"(0:00 1 accepted
        1:00 1 canceled delisted
        3:00 2 rejected delisted)"},
    {"split_that_leaves_less_than_a_lot_ends_the_order",
     R"(bar 0 100 101 99 100 10000
        split 1 1 20
        bar 1 2000 2001 1999 2000 10000)",
     R"(0 buy 1 10 limit 90
        0 buy 2 50 limit 90)",
     R"(0:00 1 accepted
        0:00 2 accepted
        1:00 1 canceled other
        1:00 2 adjusted qty=2 limit=1800
        2:00 2 canceled end_of_data)"},
    {"orders_of_one_number_and_broken_orders_are_refused", "bar 0 100 101 99 100 10000",
     R"(0 buy 1 10 limit 90
        0 buy 1 10 limit 90
        0 buy 2 10 limit 90.001
        0 buy 3 0.5 market
        0 buy 4 10 limit 90 gtd=0)",
     R"(0:00 1 accepted
        0:00 1 rejected bad_order
        0:00 2 rejected bad_order
        0:00 3 rejected bad_order
        0:00 4 rejected time_in_force
        1:00 1 canceled end_of_data)"},
    {"at_open_waits_for_the_next_session_and_does_not_outlive_its_open",
     R"(bar 1438 100 101 99 100 10000
        bar 1439 100 101 99 100 10000
        bar 1440 103 104 102 103 10000
        bar 1441 101 101 101 101 10000)",
     R"(1439 buy 1 10 market at_open
        1439 buy 2 10 limit 102 at_open)",
     R"(1439:00 1 accepted
        1439:00 2 accepted
        1440:00 1 filled 10@103 taker
        1440:00 2 expired time_in_force)"},
    {"limit_on_close_fills_only_at_or_better",
     R"(bar 1438 100 101 99 100 10000
        bar 1439 100 101 99 100.5 10000)",
     R"(1439 buy 1 10 limit 100.4 at_close
        1439 buy 2 10 limit 100.5 at_close)",
     R"(1439:00 1 accepted
        1439:00 2 accepted
        1440:00 2 filled 10@100.5 taker
        1440:00 1 expired time_in_force)"},
};
INSTANTIATE_TEST_SUITE_P(Bars, Table, ::testing::ValuesIn(kBars), name_of);

// --- quotes and prints
// -------------------------------------------------------------------------------

constexpr Case kTicks[] = {
    {"market_order_takes_what_is_shown_and_waits_for_the_next_quote",
     R"(quote 0 99 101 5 5
        quote 1 99 101 5 5
        quote 2 99 102 5 8)",
     "0 buy 1 12 market",
     R"(0:00 1 accepted
        0:00 1 partially_filled 5@101 taker
        2:00 1 filled 7@102 taker)"},
    {"displayed_size_never_fills_two_orders",
     R"(quote 0 99 101 5 5
        quote 1 99 101 5 5
        quote 2 99 101 5 7
        quote 3 99 102 5 9)",
     R"(0 buy 1 4 market
        0 buy 2 4 market)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 4@101 taker
        0:00 2 partially_filled 1@101 taker
        2:00 2 partially_filled 2@101 taker
        3:00 2 filled 1@102 taker)"},
    {"size_that_is_not_told_has_no_limit",
     R"(quote 0 99 101 0 0
        quote 1 99 101 0 0)",
     "0 buy 1 500 market",
     R"(0:00 1 accepted
        0:00 1 filled 500@101 taker)"},
    {"ioc_on_a_thin_book_fills_in_part",
     R"(quote 0 99 101 5 5
        quote 1 99 101 5 50)",
     "0 buy 1 12 market ioc",
     R"(0:00 1 accepted
        0:00 1 partially_filled 5@101 taker
        0:00 1 canceled no_liquidity)"},
    {"fok_on_a_thin_book_does_not",
     R"(quote 0 99 101 5 5
        quote 1 99 101 5 50)",
     R"(0 buy 1 12 market fok
        0 buy 2 5 limit 101 fok)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 canceled no_liquidity
        0:00 2 filled 5@101 taker)"},
    {"marketable_limit_takes_and_a_resting_one_makes",
     R"(quote 0 99 101 50 50
        quote 1 99 101 50 50
        quote 2 99 100.5 50 50)",
     R"(0 buy 1 5 limit 102
        0 buy 2 5 limit 100.5)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 5@101 taker
        2:00 2 filled 5@100.5 maker)"},
    {"post_only_is_refused_where_the_quote_says_that_it_would_take",
     R"(quote 0 99 101 50 50
        quote 1 99 101 50 50
        quote 2 99 101 50 50)",
     R"(0 sell 3 5 limit 105
        1 buy 1 5 limit 101 post
        1 buy 2 5 limit 100 post)",
     R"(0:00 3 accepted
        1:00 1 rejected would_take
        1:00 2 accepted
        2:00 3 canceled end_of_data
        2:00 2 canceled end_of_data)"},
    {"stop_is_set_off_by_the_side_that_it_trades_with",
     R"(quote 0 99 101 50 50
        quote 1 96 101 50 50
        quote 2 95 98 50 50)",
     R"(0 buy 1 10 market
        0 sell 2 10 stop_market 95 parent=1)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 10@101 taker
        2:00 2 triggered
        2:00 2 filled 10@95 taker)"},
    {"iceberg_shows_a_part_at_a_time",
     R"(quote 0 99 101 50 50
        quote 1 99 101 50 50
        quote 2 99 101 50 50)",
     "0 buy 1 12 limit 101 display=5",
     R"(0:00 1 accepted
        0:00 1 partially_filled 5@101 taker
        1:00 1 partially_filled 5@101 maker
        2:00 1 filled 2@101 maker)"},
    {"market_order_on_prints_takes_its_share_of_the_next",
     R"(trade 0 100 50
        trade 1 101 50
        trade 2 102 50)",
     "0 buy 1 8 market",
     R"(0:00 1 accepted
        0:00 1 partially_filled 5@100 taker
        1:00 1 filled 3@101 taker)"},
    {"limit_on_prints_needs_one_strictly_through",
     R"(trade 0 100 500
        trade 1 99 500
        trade 2 98.99 500)",
     "0 buy 1 8 limit 99",
     R"(0:00 1 accepted
        2:00 1 filled 8@99 maker)"},
    {"one_print_is_shared",
     R"(trade 0 100 50
        trade 1 98 50
        trade 2 98 50)",
     R"(0 buy 1 4 limit 99
        0 buy 2 4 limit 99)",
     R"(0:00 1 accepted
        0:00 2 accepted
        1:00 1 filled 4@99 maker
        1:00 2 partially_filled 1@99 maker
        2:00 2 filled 3@99 maker)"},
    {"stop_on_prints_fills_on_the_print_that_sets_it_off",
     R"(trade 0 100 500
        trade 1 94 500)",
     R"(0 buy 1 8 market
        0 sell 2 8 stop_market 95 parent=1)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 8@100 taker
        1:00 2 triggered
        1:00 2 filled 8@94 taker)"},
    {"prints_through_a_limit_fill_it_where_quotes_have_not",
     R"(quote 0 99 101 50 50
        trade 0:30 98.5 500
        quote 1 99 101 50 50)",
     "0 buy 1 8 limit 99",
     R"(0:00 1 accepted
        0:30 1 filled 8@99 maker)"},
    {"session_that_closes_on_ticks_closes_at_the_last_of_them",
     R"(trade 1438 100 500
        trade 1439:30 99 500
        trade 1440:30 90 500)",
     "1438 buy 1 8 market at_close",
     R"(1438:00 1 accepted
        1440:00 1 filled 8@99 taker)"},
};
INSTANTIATE_TEST_SUITE_P(Ticks, Table, ::testing::ValuesIn(kTicks), name_of);

// --- bid and ask
// -------------------------------------------------------------------------------------

constexpr Case kSides[] = {
    {"buyers_meet_the_ask_and_sellers_the_bid",
     R"(bid 0 99 100 98 99 0
        ask 0 101 102 100 101 0
        bid 1 99 100 98 99 0
        ask 1 101 102 100 101 0)",
     R"(0 buy 1 10 market
        1 sell 2 10 market)",
     R"(0:00 1 accepted
        0:00 1 filled 10@101 taker
        1:00 2 accepted
        1:00 2 filled 10@99 taker)"},
    {"buy_limit_needs_the_ask_to_trade_through",
     R"(bid 0 99 100 98 99 0
        ask 0 101 102 100 101 0
        bid 1 99 100 96 99 0
        ask 1 101 102 98.5 101 0)",
     "0 buy 1 10 limit 99",
     R"(0:00 1 accepted
        2:00 1 filled 10@99 maker)"},
};
INSTANTIATE_TEST_SUITE_P(Sides, Table, ::testing::ValuesIn(kSides), name_of);

// --- settings
// ----------------------------------------------------------------------------------------

Scenario with_margin(const char* market, const char* orders) {
    Scenario out{.market = market, .orders = orders};
    out.settings.account = AccountKind::margin;
    return out;
}

constexpr const char* kTwoBars = R"(bar 0 100 101 99 100 1000
                                    bar 1 101 105 95 102 1000
                                    bar 2 103 104 102 103 1000)";

TEST(Latency,
     order_meets_the_first_bar_that_opens_after_it_arrives_and_of_the_one_before_its_close) {
    Scenario scenario = with_margin(kTwoBars, "1 buy 1 10 market\n1 buy 2 10 limit 96");
    scenario.settings.latencies = {
        .insert = seconds(30), .replace = {}, .cancel = {}, .report = {}};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(1:30 1 accepted
                                                  1:30 2 accepted
                                                  2:00 1 filled 10@102 taker
                                                  3:00 2 canceled end_of_data)"));
}

TEST(Latency, order_that_arrives_as_a_bar_opens_meets_it_whole) {
    Scenario scenario = with_margin(kTwoBars, "1 buy 1 10 market");
    scenario.settings.latencies = {.insert = minutes(1), .replace = {}, .cancel = {}, .report = {}};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(2:00 1 accepted
                                                  2:00 1 filled 10@103 taker)"));
}

TEST(Latency, reports_come_late_and_time_goes_on_meanwhile) {
    Scenario scenario = with_margin(kTwoBars, "1 buy 1 10 market");
    scenario.settings.latencies = {
        .insert = {}, .replace = {}, .cancel = {}, .report = seconds(90)};
    const Outcome got = play(scenario);
    EXPECT_EQ(got.reports, lines_of(R"(2:30 1 accepted
                                       2:30 1 filled 10@101 taker)"));
    EXPECT_EQ(got.events, lines_of(R"(0:00 cash_flow
                                      1:00 bar
                                      2:00 bar
                                      2:30 order
                                      2:30 order
                                      3:00 bar
                                      3:00 end_of_data)"));
}

TEST(Latency, cancel_that_loses_the_race_is_refused) {
    Scenario scenario = with_margin(R"(quote 0 99 101 50 50
                                       quote 1 99 101 50 50
                                       quote 1:00.020 97 98 50 50
                                       quote 2 97 98 50 50)",
                                    "0 buy 1 10 limit 98\n1 cancel 1");
    scenario.settings.latencies = {
        .insert = {}, .replace = {}, .cancel = milliseconds(50), .report = {}};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  1:00.020000000 1 filled 10@98 maker
                                                  1:00.050000000 1 cancel_rejected unknown_order)"));
}

/// The fill on the first print left the venue without an order; the next print counts all the same.
TEST(Ticks, order_that_answers_the_print_of_a_fill_meets_the_next_print) {
    EXPECT_EQ(play(with_margin(R"(trade 0 100 1000
                                  trade 1 101 1000
                                  trade 2 102 1000
                                  trade 3 103 1000
                                  trade 4 104 1000)",
                               "1 buy 1 1 market\n2 sell 2 1 market"))
                  .reports,
              lines_of(R"(1:00 1 accepted
                          2:00 1 filled 1@102 taker
                          2:00 2 accepted
                          3:00 2 filled 1@103 taker)"));
}

TEST(Slippage, moves_what_takes_against_us_and_leaves_what_makes) {
    Scenario scenario = with_margin(
        kTwoBars, "0 buy 1 10 market\n0 sell 2 10 limit 104\n0 sell 3 10 stop_market 96");
    scenario.settings.slippage = {.kind = SlippageKind::basis_points, .value = 15'000'000'000};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  0:00 2 accepted
                                                  0:00 3 accepted
                                                  0:00 1 filled 10@100.15 taker from 100
                                                  2:00 3 triggered
                                                  2:00 3 filled 10@95.85 taker from 96
                                                  2:00 2 filled 10@104 maker)"));
}

TEST(Slippage, never_passes_the_limit) {
    Scenario scenario = with_margin(kTwoBars, "0 buy 1 10 limit 100.05");
    scenario.settings.slippage = {.kind = SlippageKind::ticks, .value = 20'000'000'000};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  0:00 1 filled 10@100.05 taker from 100)"));
}

TEST(Slippage, grows_with_the_square_of_the_share_of_the_volume) {
    // zipline's VolumeShareSlippage: price x (1 + 0.1 x share^2), share 5 % and then 10 % of 1000.
    Scenario scenario = with_margin(kTwoBars, "0 buy 1 50 market\n0 buy 2 50 market");
    scenario.settings.slippage = {.kind = SlippageKind::volume_share, .value = 100'000'000};
    scenario.instrument = [](Instrument& i) { i.tick = Price{1'000}; };
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  0:00 2 accepted
                                                  0:00 1 filled 50@100.025 taker from 100
                                                  0:00 2 filled 50@100.1 taker from 100)"));
}

TEST(Fees, makers_and_takers_pay_their_rate_and_an_order_its_minimum_once) {
    Scenario scenario = with_margin(kTwoBars, "0 buy 1 10 market\n0 sell 2 10 limit 104");
    FeeSchedule fees;
    fees.taker = basis_points(10);
    fees.maker = basis_points(2);
    scenario.settings.fees = fees;
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  0:00 2 accepted
                                                  0:00 1 filled 10@100 taker fee 1
                                                  2:00 2 filled 10@104 maker fee 0.208)"));
    fees = {};
    fees.minimum = whole_money(3);
    scenario.settings.fees = fees;
    scenario.orders = "0 buy 1 150 market";
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  0:00 1 partially_filled 100@100 taker fee 3
                                                  1:00 1 filled 50@101 taker)"));
}

TEST(Funds, cash_account_fills_nothing_that_it_cannot_pay) {
    Scenario scenario{.market = kTwoBars, .orders = "0 buy 1 10 market\n0 buy 2 1 market"};
    scenario.settings.deposits = {{.currency = kUsd, .amount = whole_money(999)}};
    const Outcome got = play(scenario);
    EXPECT_EQ(got.reports, lines_of(R"(0:00 1 accepted
                                       0:00 2 accepted
                                       0:00 1 canceled insufficient_funds
                                       0:00 2 filled 1@100 taker)"));
    EXPECT_EQ(got.counts.denied_for_funds, 1U);
}

TEST(Funds, cash_account_sells_what_it_has_or_will_have_bought) {
    Scenario scenario{.market = kTwoBars, .orders = R"(0 sell 1 1 market
                                   0 buy 2 5 market
                                   0 sell 3 5 limit 104
                                   1 sell 4 6 market
                                   1 sell 5 5 market)"};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 rejected insufficient_funds
                                                  0:00 2 accepted
                                                  0:00 3 accepted
                                                  0:00 2 filled 5@100 taker
                                                  1:00 4 rejected insufficient_funds
                                                  1:00 5 accepted
                                                  1:00 5 filled 5@101 taker
                                                  2:00 3 canceled insufficient_funds)"));
}

TEST(Funds, margin_account_opens_what_its_equity_covers) {
    Scenario scenario =
        with_margin(kTwoBars, "0 buy 1 20 market\n0 buy 2 1 market\n1 sell 3 50 market");
    scenario.settings.deposits = {{.currency = kUsd, .amount = whole_money(1000)}};
    scenario.instrument = [](Instrument& i) { i.margin.initial = Rate{base::kDecimalOne / 2}; };
    EXPECT_EQ(play(scenario).reports, lines_of(R"(0:00 1 accepted
                                                  0:00 2 accepted
                                                  0:00 1 filled 20@100 taker
                                                  0:00 2 canceled insufficient_funds
                                                  1:00 3 accepted
                                                  1:00 3 canceled insufficient_funds)"));
}

TEST(Sessions, day_order_ends_at_13_00_new_york_on_a_half_day) {
    // 2024-07-03 was a half day: 13:00 New York is 17:00 UTC. Minutes count from 2024-01-01T00:00Z.
    constexpr std::int64_t kDay = 184L * 24 * 60;
    const std::string open = std::to_string(kDay + 17L * 60 - 2);
    const std::string last = std::to_string(kDay + 17L * 60 - 1);
    Scenario scenario = with_margin("", "");
    scenario.market =
        "bar " + open + " 100 101 99 100 1000\nbar " + last + " 100 101 99 100.5 1000";
    scenario.orders = last + " buy 1 10 limit 90 day\n" + last + " buy 2 10 market at_close";
    scenario.calendar = CalendarKind::us_equity;
    const std::string end = std::to_string(kDay + 17L * 60) + ":00";
    EXPECT_EQ(play(scenario).reports,
              (std::vector<std::string>{last + ":00 1 accepted", last + ":00 2 accepted",
                                        end + " 2 filled 10@100.5 taker",
                                        end + " 1 expired time_in_force"}));
}

}  // namespace
}  // namespace tradewind::sim
