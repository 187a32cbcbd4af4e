// SPDX-License-Identifier: Apache-2.0
#include "sim/auctions.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

AuctionPrint print(std::int64_t minute, std::int64_t price) {
    return {.at = Timestamp{} + minutes(minute), .price = {price}};
}

TEST(Auctions, are_met_by_time_from_the_start_on) {
    const std::vector<AuctionPrint> told{print(9, 1), print(3, 2), print(9, 3), print(5, 4)};
    const std::vector<AuctionPrint> expected{print(5, 4), print(9, 1), print(9, 3)};
    EXPECT_EQ(prints_from(told, Timestamp{} + minutes(5)), expected);
}

TEST(Auctions, tell_all_of_themselves) {
    EXPECT_TRUE(describe(AuctionSettings{}).empty());
    const AuctionSettings one{.prints = {print(1, 1)}}, other{.prints = {print(1, 2)}};
    EXPECT_NE(describe(one), describe(other));
    const AuctionSettings open{.prints = {}, .open_cutoff = minutes(2)},
        close{.prints = {}, .close_cutoff = minutes(2)};
    EXPECT_NE(describe(open), describe(close));
}

TEST(Auctions, are_refused_by_modes_that_do_not_know_them) {
    Scenario scenario{.market = "bar 0 100 101 99 100 1000", .orders = ""};
    scenario.settings.fills = FillMode::vectorbt;
    scenario.settings.auctions.close_cutoff = minutes(10);
    EXPECT_EQ(play(scenario).reports.front(), "fill mode vectorbt knows no auctions; say strict");
}

struct Case {
    const char* name;
    const char* market;
    const char* orders;
    const char* reports;
    Duration open_cutoff{};
    Duration close_cutoff{};
};

class Auctioned : public ::testing::TestWithParam<Case> {};

// 2024-01-02 opens at minute 2310, 09:30 New York, and closes at 2700; the next day 3750, 4140.
TEST_P(Auctioned, strict) {
    Scenario scenario{.market = GetParam().market, .orders = GetParam().orders};
    scenario.settings.account = AccountKind::margin;
    scenario.settings.auctions.open_cutoff = GetParam().open_cutoff;
    scenario.settings.auctions.close_cutoff = GetParam().close_cutoff;
    scenario.calendar = CalendarKind::us_equity;
    EXPECT_EQ(play(scenario).reports, lines_of(GetParam().reports));
}

constexpr Case kCases[] = {
    {"orders_on_close_fill_at_the_print_after_the_bell_and_never_at_a_tick",
     R"(trade 2698 100 1000
        trade 2699:59 100.4 1000
        cross 2700:02 close 100.7 50000
        trade 2701 105 1000)",
     R"(2698 buy 1 10 market at_close
        2698 buy 2 10 limit 100.8 at_close
        2698 buy 3 10 limit 100.7 at_close
        2698 sell 4 10 limit 100.5 at_close)",
     R"(2698:00 1 accepted
        2698:00 2 accepted
        2698:00 3 accepted
        2698:00 4 accepted
        2700:02 1 filled 10@100.7 taker
        2700:02 4 filled 10@100.7 taker
        2700:02 2 filled 10@100.7 taker
        2700:02 3 expired time_in_force)"},
    {"orders_on_open_fill_at_the_print_of_their_session",
     R"(bar 900 99 100 98 99 10000
        cross 1000 open 97 50000
        cross 2310 open 98.5 50000
        bar 2310 98 101 97 100 10000)",
     R"(901 buy 1 10 market at_open
        901 buy 2 10 limit 98.4 at_open)",
     R"(901:00 1 accepted
        901:00 2 accepted
        2310:00 1 filled 10@98.5 taker
        2310:00 2 expired time_in_force)"},
    {"what_we_may_have_goes_to_market_orders_then_to_the_better_limits",
     R"(bar 2698 100 101 99 100 10000
        bar 2699 100 101 99 100.5 10000
        cross 2700 close 100.7 400)",
     R"(2699 buy 1 10 limit 101 at_close
        2699 buy 2 15 limit 102 at_close
        2699 buy 3 20 market at_close)",
     R"(2699:00 1 accepted
        2699:00 2 accepted
        2699:00 3 accepted
        2700:00 3 filled 20@100.7 taker
        2700:00 2 filled 15@100.7 taker
        2700:00 1 partially_filled 5@100.7 taker
        2700:00 1 expired time_in_force)"},
    {"volume_that_is_not_told_does_not_cap",
     R"(bar 2698 100 101 99 100 10000
        bar 2699 100 101 99 100.5 10000
        cross 2700 close 100.7 0)",
     "2699 buy 1 5000 market at_close",
     R"(2699:00 1 accepted
        2700:00 1 filled 5000@100.7 taker)"},
    {"session_without_a_print_ends_its_orders",
     R"(bar 2698 100 101 99 100 10000
        bar 2699 100 101 99 100.5 10000
        bar 3750 103 104 102 103 10000
        cross 4140 close 104 50000)",
     "2699 buy 1 10 market at_close",
     R"(2699:00 1 accepted
        3750:00 1 expired time_in_force)"},
    {"print_after_the_last_row_is_waited_for",
     R"(bar 2698 100 101 99 100 10000
        bar 2699 100 101 99 100.5 10000
        cross 2700:05 close 100.7 50000
        cross 4140 close 104 50000)",
     R"(2699 buy 1 10 market at_close
        2699 buy 2 10 limit 90)",
     R"(2699:00 1 accepted
        2699:00 2 accepted
        2700:05 1 filled 10@100.7 taker
        2700:05 2 canceled end_of_data)"},
    {"without_prints_the_bars_open_and_close_stand_for_them",
     R"(bar 900 99 100 98 99 10000
        bar 2310 98 101 97 100 10000
        bar 2699 100 101 99 100.5 10000)",
     R"(901 buy 1 10 market at_open
        2311 sell 2 10 market at_close)",
     R"(901:00 1 accepted
        2310:00 1 filled 10@98 taker
        2311:00 2 accepted
        2700:00 2 filled 10@100.5 taker)"},
    {"after_the_cutoff_of_the_close_nothing_comes_or_goes",
     R"(bar 2688 100 101 99 100 10000
        bar 2689 100 101 99 100 10000
        bar 2695 100 101 99 100 10000
        bar 2699 100 101 99 100.5 10000)",
     R"(2689 buy 1 10 market at_close
        2690 buy 2 10 market at_close
        2696 cancel 1
        2696 replace 1 qty=5
        2696 buy 3 10 market)",
     R"(2689:00 1 accepted
        2690:00 2 rejected market_closed
        2696:00 1 cancel_rejected market_closed
        2696:00 1 replace_rejected market_closed
        2696:00 3 accepted
        2699:00 3 filled 10@100 taker
        2700:00 1 filled 10@100.5 taker)",
     {},
     minutes(10)},
    {"after_the_cutoff_of_the_open_orders_on_open_are_refused_until_it_is_over",
     R"(bar 2307 100 101 99 100 10000
        bar 2308 100 101 99 100 10000
        bar 2310 100 101 99 100 10000
        bar 3750 103 104 102 103 10000)",
     R"(2308 buy 1 10 limit 102 at_open
        2309 buy 2 10 market at_open
        2309 cancel 1
        2311 buy 3 10 market at_open)",
     R"(2308:00 1 accepted
        2309:00 2 rejected market_closed
        2309:00 1 cancel_rejected market_closed
        2310:00 1 filled 10@100 taker
        2311:00 3 accepted
        3750:00 3 filled 10@103 taker)",
     minutes(1)},
};

INSTANTIATE_TEST_SUITE_P(, Auctioned, ::testing::ValuesIn(kCases),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

TEST(Auctions, know_no_slippage) {
    Scenario scenario{.market = R"(bar 2698 100 101 99 100 10000
                                   bar 2699 100 101 99 100.5 10000
                                   cross 2700 close 100.7 50000)",
                      .orders = "2699 buy 1 10 market at_close"};
    scenario.calendar = CalendarKind::us_equity;
    scenario.settings.slippage = {.kind = SlippageKind::ticks, .value = 5 * base::kDecimalOne};
    EXPECT_EQ(play(scenario).reports.back(), "2700:00 1 filled 10@100.7 taker");
}

}  // namespace
}  // namespace tradewind::sim
