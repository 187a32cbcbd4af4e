// SPDX-License-Identifier: Apache-2.0
#include "sim/halts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

StatusChange change(std::int64_t minute, std::uint32_t instrument, MarketState state) {
    return {.at = Timestamp{} + minutes(minute),
            .status = {.instrument = InstrumentId{instrument}, .state = state}};
}

TEST(Halts, begin_with_the_last_status_before_the_start) {
    using enum MarketState;
    const std::vector<StatusChange> told{change(9, 0, open),   change(1, 0, halted),
                                         change(2, 1, halted), change(3, 1, paused),
                                         change(2, 2, halted), change(4, 2, open)};
    const std::vector<StatusChange> expected{change(5, 0, halted), change(5, 1, paused),
                                             change(9, 0, open)};
    EXPECT_EQ(told_from(told, Timestamp{} + minutes(5)), expected);
}

TEST(Halts, tell_all_of_themselves) {
    const std::vector<StatusChange> one{change(1, 0, MarketState::halted)};
    const std::vector<StatusChange> later{change(2, 0, MarketState::halted)};
    EXPECT_TRUE(describe(std::vector<StatusChange>{}, HaltedOrders::queued).empty());
    EXPECT_NE(describe(one, HaltedOrders::queued), describe(later, HaltedOrders::queued));
    EXPECT_NE(describe(one, HaltedOrders::queued), describe(one, HaltedOrders::rejected));
}

TEST(Halts, are_refused_by_modes_that_do_not_know_them) {
    Scenario scenario{.market = "bar 0 100 101 99 100 1000\nhalt 0:30", .orders = ""};
    scenario.settings.fills = FillMode::lean_equity;
    EXPECT_EQ(play(scenario).reports.front(), "fill mode lean-equity knows no halts; say strict");
}

struct Case {
    const char* name;
    HaltedOrders orders;
    CalendarKind calendar;
    const char* market;
    const char* sent;
    const char* reports;
};

class Halted : public ::testing::TestWithParam<Case> {};

TEST_P(Halted, strict) {
    Scenario scenario{.market = GetParam().market, .orders = GetParam().sent};
    scenario.settings.account = AccountKind::margin;
    scenario.settings.halted_orders = GetParam().orders;
    scenario.calendar = GetParam().calendar;
    EXPECT_EQ(play(scenario).reports, lines_of(GetParam().reports));
}

constexpr auto kQueued = HaltedOrders::queued, kRejected = HaltedOrders::rejected;
constexpr auto kAlways = CalendarKind::always_open, kNewYork = CalendarKind::us_equity;

constexpr Case kCases[] = {
    {"orders_wait_for_the_end_and_what_wants_to_fill_at_once_ends", kQueued, kAlways,
     R"(bar 0 100 101 99 100 10000
        halt 1
        bar 1 100 101 99 100 10000
        bar 2 100 101 99 100 10000
        resume 3
        bar 3 97 98 96 97 10000)",
     R"(1 buy 1 10 limit 98
        1 buy 2 10 market ioc
        2 buy 3 10 market
        2 replace 1 qty=5)",
     R"(1:00 1 accepted
        1:00 2 accepted
        1:00 2 canceled no_liquidity
        2:00 3 accepted
        2:00 1 replaced qty=5 limit=98
        3:00 1 filled 5@97 taker
        3:00 3 filled 10@97 taker)"},
    {"orders_and_changes_are_rejected_and_cancels_taken", kRejected, kAlways,
     R"(bar 0 100 101 99 100 10000
        halt 1:30
        bar 1 100 101 99 100 10000
        bar 2 100 101 99 100 10000
        resume 3
        bar 3 97 98 96 97 10000)",
     R"(1 buy 1 10 limit 98
        1 buy 2 10 limit 98
        2 buy 3 10 market
        2 replace 1 qty=5
        2 cancel 2
        3 buy 4 10 market)",
     R"(1:00 1 accepted
        1:00 2 accepted
        2:00 3 rejected market_closed
        2:00 1 replace_rejected market_closed
        2:00 2 canceled requested
        3:00 4 accepted
        3:00 1 filled 10@97 taker
        3:00 4 filled 10@97 taker)"},
    {"an_auction_takes_orders_where_a_halt_rejects_them", kRejected, kAlways,
     R"(bar 0 100 101 99 100 10000
        auction 1
        bar 1 100 101 99 100 10000
        open 2
        bar 2 97 98 96 97 10000)",
     "1 buy 1 10 market",
     R"(1:00 1 accepted
        2:00 1 filled 10@97 taker)"},
    {"stop_is_jumped_over_by_a_halt", kQueued, kAlways,
     R"(bar 0 100 101 99 100 10000
        halt 1
        bar 1 90 101 80 90 10000
        resume 2
        bar 2 85 86 84 85 10000)",
     R"(0 buy 1 10 market
        0 sell 2 10 stop_market 95)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 10@100 taker
        2:00 2 triggered
        2:00 2 filled 10@85 taker)"},
    {"what_a_bar_tells_before_a_halt_inside_it_counts", kQueued, kAlways,
     R"(bar 0 100 101 99 100 10000
        halt 1:30
        bar 1 100 101 94 96 10000
        bar 2 96 96 96 96 10000
        resume 3
        bar 3 85 86 84 85 10000)",
     R"(0 buy 1 10 market
        0 sell 2 10 stop_market 95)",
     R"(0:00 1 accepted
        0:00 2 accepted
        0:00 1 filled 10@100 taker
        2:00 2 triggered
        2:00 2 filled 10@95 taker)"},
    {"a_bar_that_opens_in_a_halt_gives_market_orders_its_close", kQueued, kAlways,
     R"(bar 0 100 101 99 100 10000
        halt 1
        bar 1 97 98 94 95 10000
        resume 1:30
        bar 2 85 86 84 85 10000)",
     R"(1 buy 1 10 market
        1 buy 2 10 limit 96)",
     R"(1:00 1 accepted
        1:00 2 accepted
        2:00 1 filled 10@95 taker
        2:00 2 filled 10@96 maker)"},
    {"day_order_ends_with_its_day_though_nothing_traded", kQueued, kAlways,
     R"(bar 1438 100 101 99 100 10000
        halt 1438:30
        bar 1439 100 101 99 100 10000
        bar 1440 100 101 99 100 10000
        resume 1441
        bar 1441 97 98 96 97 10000)",
     R"(1439 buy 1 10 market day
        1439 buy 2 10 market at_close
        1439 buy 3 10 market)",
     R"(1439:00 1 accepted
        1439:00 2 accepted
        1439:00 3 accepted
        1440:00 1 expired time_in_force
        1440:00 2 expired time_in_force
        1441:00 3 filled 10@97 taker)"},
    // 2024-01-02 opens at minute 2310, 09:30 New York; it closes at 2700.
    {"order_on_open_waits_for_a_delayed_opening", kQueued, kNewYork,
     R"(bar 900 99 100 98 99 10000
        halt 2310
        bar 2310 100 101 99 100 10000
        bar 2311 100 101 99 100 10000
        resume 2312
        bar 2312 103 104 102 103 10000)",
     "901 buy 1 10 market at_open",
     R"(901:00 1 accepted
        2312:00 1 filled 10@103 taker)"},
    {"order_on_open_ends_with_a_session_that_never_opened", kQueued, kNewYork,
     R"(bar 900 99 100 98 99 10000
        halt 2310
        bar 2310 100 101 99 100 10000
        bar 2699 100 101 99 100 10000
        resume 2701
        bar 3750 103 104 102 103 10000)",
     "901 buy 1 10 market at_open",
     R"(901:00 1 accepted
        2700:00 1 expired time_in_force)"},
    {"market_that_closes_with_its_session_still_has_a_close", kQueued, kNewYork,
     R"(bar 2698 100 101 99 100 10000
        bar 2699 100 101 99 100.5 10000
        closed 2700
        pre_open 3000
        open 3750
        bar 3750 103 104 102 103 10000)",
     R"(2699 buy 1 10 market at_close
        2701 buy 2 10 market at_open)",
     R"(2699:00 1 accepted
        2700:00 1 filled 10@100.5 taker
        3000:00 2 accepted
        3750:00 2 filled 10@103 taker)"},
    {"quotes_and_prints_fill_nobody_in_a_halt", kQueued, kAlways,
     R"(quote 1 99 101 5 5
        halt 2
        quote 2 98 100 5 5
        resume 3
        quote 4 97 99 5 5)",
     "2 buy 1 5 market",
     R"(2:00 1 accepted
        4:00 1 filled 5@99 taker)"},
};

INSTANTIATE_TEST_SUITE_P(, Halted, ::testing::ValuesIn(kCases),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

}  // namespace
}  // namespace tradewind::sim
