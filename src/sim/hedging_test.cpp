// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

/// A perpetual in USD: a tenth to open, a twentieth to keep.
Scenario hedged(const std::string& market, const std::string& orders) {
    Scenario out{.market = market, .orders = orders};
    out.settings.account = AccountKind::margin;
    out.settings.positions.mode = PositionMode::hedging;
    out.instrument = [](Instrument& of) {
        of.asset_class = AssetClass::crypto_perpetual;
        of.margin = {.initial = {base::kDecimalOne / 10}, .maintenance = {base::kDecimalOne / 20}};
    };
    return out;
}

Scenario with_cash(Scenario scenario, std::int64_t cash) {
    scenario.settings.deposits = {{.currency = kUsd, .amount = whole_money(cash)}};
    return scenario;
}

void expect_reports(const Scenario& scenario, const char* expected) {
    EXPECT_EQ(play(scenario).reports, lines_of(expected));
}

constexpr const char* kStill = R"(bar 0 100 100 100 100 1000
                                  bar 1 100 100 100 100 1000
                                  bar 2 100 100 100 100 1000
                                  bar 3 100 100 100 100 1000)";

// --- which leg ----------------------------------------------------------------------------------

TEST(HedgedVenue, keeps_a_long_and_a_short_of_two_strategies) {
    expect_reports(hedged(kStill, R"(0 buy 1 10 market
                                     0 sell 1/1 10 market
                                     1 sell 2 10 market reduce
                                     1 buy 1/2 10 market reduce)"),
                   R"(0:00 1 accepted
                      0:00 1/1 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      1:00 2 accepted
                      1:00 1/2 accepted
                      1:00 2 filled 10@100 taker long
                      1:00 1/2 filled 10@100 taker short)");
}

TEST(HedgedVenue, keeps_both_legs_of_one_strategy_that_names_them) {
    expect_reports(hedged(kStill, R"(0 buy 1 10 market leg=long
                                     0 sell 2 4 market leg=short
                                     1 buy 3 1 market leg=short
                                     1 sell 4 2 market leg=long)"),
                   R"(0:00 1 accepted
                      0:00 2 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 2 filled 4@100 taker short
                      1:00 3 accepted
                      1:00 4 accepted
                      1:00 3 filled 1@100 taker short
                      1:00 4 filled 2@100 taker long)");
}

TEST(HedgedVenue, order_without_a_leg_closes_the_other_leg_and_opens_its_own) {
    Scenario scenario = hedged(kStill, "0 buy 1 10 market\n1 sell 2 15 market");
    scenario.settings.fees = FeeSchedule{.maker = {}, .taker = basis_points(10)};
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker long fee 1
                      1:00 2 accepted
                      1:00 2 partially_filled 10@100 taker long fee 1
                      1:00 2 filled 5@100 taker short fee 0.5)");
}

TEST(HedgedVenue, order_that_closes_a_leg_never_flips_it) {
    expect_reports(hedged(kStill, R"(0 buy 1 10 market leg=long
                                     1 sell 2 15 market leg=long
                                     2 sell 3 1 market leg=long
                                     2 buy 4 1 market leg=short)"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker long
                      1:00 2 accepted
                      1:00 2 partially_filled 10@100 taker long
                      1:00 2 canceled would_not_reduce
                      2:00 3 rejected would_not_reduce
                      2:00 4 rejected would_not_reduce)");
}

/// Netted, the account would be flat and neither could be reduced.
TEST(HedgedVenue, reduce_only_is_of_the_strategys_own_leg) {
    expect_reports(hedged(kStill, R"(0 buy 1 10 market
                                     0 sell 1/1 10 market
                                     1 sell 1/2 3 market reduce
                                     1 sell 2 3 market reduce)"),
                   R"(0:00 1 accepted
                      0:00 1/1 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      1:00 1/2 rejected would_not_reduce
                      1:00 2 accepted
                      1:00 2 filled 3@100 taker long)");
}

TEST(HedgedVenue, brackets_of_opposite_strategies_protect_each_its_own) {
    expect_reports(hedged(R"(bar 0 100 100 100 100 1000
                             bar 1 100 106 99 100 1000
                             bar 2 100 101 94 100 1000)",
                          R"(0 buy 1 10 market list=1 oto
                             0 sell 2 10 stop_market 95 reduce list=1 parent=1
                             0 sell 1/1 10 market list=1/1 oto
                             0 buy 1/2 10 stop_market 105 reduce list=1/1 parent=1/1)"),
                   R"(0:00 1 accepted
                      0:00 2 accepted
                      0:00 1/1 accepted
                      0:00 1/2 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      2:00 1/2 triggered
                      2:00 1/2 filled 10@105 taker short
                      3:00 2 triggered
                      3:00 2 filled 10@95 taker long)");
}

TEST(HedgedVenue, leg_is_unknown_where_positions_are_netted) {
    Scenario scenario = hedged(kStill, "0 buy 1 10 market leg=long\n0 buy 2 10 market");
    scenario.settings.positions.mode = PositionMode::netting;
    expect_reports(scenario, R"(0:00 1 rejected bad_order
                                0:00 2 accepted
                                0:00 2 filled 10@100 taker)");
}

TEST(HedgedVenue, order_that_opens_a_leg_cannot_reduce_only) {
    expect_reports(hedged(kStill, "0 buy 1 10 market leg=long reduce"),
                   "0:00 1 rejected bad_order");
}

// --- margin -------------------------------------------------------------------------------------

/// Ten long ask for 100; ten short for another 100 in full, for nothing on the larger side or net.
TEST(HedgedVenue, margin_of_the_second_leg_is_as_the_rule_says) {
    constexpr const char* kOrders = "0 buy 1 10 market\n0 sell 1/1 10 market";
    const auto last = [&](HedgedMargin rule, std::int64_t cash) {
        Scenario scenario = with_cash(hedged(kStill, kOrders), cash);
        scenario.settings.positions.margin = rule;
        return play(scenario).reports.back();
    };
    EXPECT_EQ(last(HedgedMargin::gross, 199), "0:00 1/1 canceled insufficient_funds");
    EXPECT_EQ(last(HedgedMargin::gross, 200), "0:00 1/1 filled 10@100 taker short");
    EXPECT_EQ(last(HedgedMargin::larger, 100), "0:00 1/1 filled 10@100 taker short");
    EXPECT_EQ(last(HedgedMargin::net, 100), "0:00 1/1 filled 10@100 taker short");
}

/// What closes frees its margin for what opens, as a flip does where positions are netted.
TEST(HedgedVenue, order_that_closes_and_opens_needs_no_more_margin_than_is_freed) {
    expect_reports(with_cash(hedged(kStill, "0 buy 1 10 market\n1 sell 2 20 market"), 100),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker long
                      1:00 2 accepted
                      1:00 2 partially_filled 10@100 taker long
                      1:00 2 filled 10@100 taker short)");
    expect_reports(with_cash(hedged(kStill, "0 buy 1 10 market\n1 sell 2 21 market"), 100),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker long
                      1:00 2 accepted
                      1:00 2 canceled insufficient_funds)");
}

// --- liquidation --------------------------------------------------------------------------------

/// Behind each leg stand 100. The long one: 100 + 10 (p - 100) < 0.5 p at p < 94.7368...
TEST(HedgedVenue, liquidation_of_one_isolated_leg_leaves_the_other_with_its_orders) {
    Scenario scenario = hedged(R"(bar 0 100 100 100 100 1000
                                  bar 1 100 101 93 95 1000
                                  bar 2 95 95 95 95 1000
                                  bar 3 95 103 95 95 1000)",
                               R"(0 buy 1 10 market
                                  0 sell 1/1 10 market
                                  1 sell 2 10 limit 120 reduce
                                  1 buy 1/2 10 stop_market 103 reduce)");
    scenario.settings.margin.liquidates = Liquidates::isolated;
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1/1 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      1:00 2 accepted
                      1:00 1/2 accepted
                      2:00 2 canceled liquidation
                      2:00 liquidation sell 10@94.73 of 0 long
                      4:00 1/2 triggered
                      4:00 1/2 filled 10@103 taker short)");
}

/// The short one: 100 - 10 (p - 100) < 0.5 p at p > 104.7619...; before it a call at 1.2 times.
TEST(HedgedVenue, margin_call_names_the_isolated_leg) {
    Scenario scenario = hedged(R"(quote 0 100 100 50 50
                                  quote 1 104 104 50 50
                                  quote 2 104.77 104.77 50 50)",
                               "0 buy 1 10 market\n0 sell 1/1 10 market");
    scenario.settings.margin.liquidates = Liquidates::isolated;
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1/1 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      1:00 margin_call 60 of 52 for 1 short
                      2:00 liquidation buy 10@104.77 of 1 short)");
}

/// Hedged in full the price moves nothing but what is asked for: 2 x 10 x 0.05 p > 210 at p > 210.
/// The short leg, which lost, goes first; the long one is covered by 210 + 10 (p - 100) > 0.5 p.
TEST(HedgedVenue, cross_liquidation_of_hedged_legs_begins_with_the_one_that_lost) {
    Scenario scenario = with_cash(hedged(R"(bar 0 100 100 100 100 1000
                                            bar 1 205 220 205 215 1000
                                            bar 2 215 215 215 215 1000)",
                                         "0 buy 1 10 market\n0 sell 1/1 10 market"),
                                  210);
    scenario.settings.margin.liquidates = Liquidates::cross;
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1/1 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      2:00 liquidation buy 10@210.01 of 1 short)");
    // Then down again: 10 (p - 100) - 890.1 < 0.5 p at p < 198.9578, from where the short went.
    scenario.market = R"(bar 0 100 100 100 100 1000
                         bar 1 205 220 150 215 1000)";
    EXPECT_EQ(play(scenario).reports.back(), "2:00 liquidation sell 10@198.95 of 0 long ambiguous");
}

/// 30 long and 10 short: 500 + 20 (p - 100) < 0.05 x 40 p at p < 1500 / 18 = 83.33.
TEST(HedgedVenue, cross_liquidation_takes_the_largest_leg_and_stops_where_the_rest_is_covered) {
    Scenario scenario = with_cash(hedged(R"(bar 0 100 100 100 100 1000
                                            bar 1 100 100 80 80 1000)",
                                         R"(0 buy 1 20 market
                                            0 buy 1/1 10 market
                                            0 sell 2/1 10 market)"),
                                  500);
    scenario.settings.margin.liquidates = Liquidates::cross;
    const auto reports = play(scenario).reports;
    ASSERT_EQ(reports.size(), 7U);
    EXPECT_EQ(reports.back(), "2:00 liquidation sell 20@83.33 of 0 long");
}

// --- carry and corporate actions ----------------------------------------------------------------

TEST(HedgedVenue, split_and_delisting_restate_and_end_each_leg) {
    Scenario scenario = hedged(R"(bar 0 100 100 100 100 1000
                                  bar 1 100 100 100 100 1000
                                  split 2 2 1
                                  bar 2 50 50 50 50 1000
                                  bar 3 50 50 50 50 1000
                                  delist 4 50
                                  bar 4 50 50 50 50 1000
                                  bar 5 50 50 50 50 1000)",
                               R"(0 buy 1 10 market
                                  0 sell 1/1 10 market
                                  3 sell 2 30 market reduce
                                  3 buy 1/2 1 market reduce
                                  5 buy 1/3 1 market reduce)");
    scenario.instrument = {};
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1/1 accepted
                      0:00 1 filled 10@100 taker long
                      0:00 1/1 filled 10@100 taker short
                      3:00 2 accepted
                      3:00 1/2 accepted
                      3:00 2 partially_filled 20@50 taker long
                      3:00 2 canceled would_not_reduce
                      3:00 1/2 filled 1@50 taker short
                      5:00 1/3 rejected delisted)");
}

/// Ten short at 100 over a night at 36 % a year, whatever is long beside them.
TEST(HedgedVenue, borrow_cost_is_of_the_short_leg) {
    Scenario scenario = hedged(R"(bar 1438 100 100 100 100 1000
                                  bar 1440 100 100 100 100 1000)",
                               "0 buy 1 10 market\n0 sell 1/1 10 market");
    scenario.instrument = {};
    scenario.settings.carry.borrow = {
        {.symbol = "*", .rates = {{.from = kTimestampMin, .a_year = {360'000'000}}}}};
    const auto reports = play(scenario).reports;
    EXPECT_EQ(reports.back(), "1440:00 borrow_cost -1 USD");
}

// --- what cannot be -----------------------------------------------------------------------------

TEST(HedgedVenue, needs_a_margin_account_and_a_mode_that_hedges) {
    Scenario scenario = hedged(kStill, "");
    scenario.settings.account = AccountKind::cash;
    expect_reports(scenario, "a cash account has no short leg: hedging needs a margin account");
    scenario.settings.account = AccountKind::margin;
    scenario.settings.fills = FillMode::backtrader;
    expect_reports(scenario,
                   "fill mode backtrader keeps one position of an instrument; hedging needs strict "
                   "or nautilus");
}

// --- properties ---------------------------------------------------------------------------------

std::string any_market(int bars) {
    std::string out;
    std::int64_t last = 100;
    for (int i = 0; i < bars; ++i) {
        const std::int64_t high = last + *rc::gen::inRange<std::int64_t>(0, 5);
        const std::int64_t low = last - *rc::gen::inRange<std::int64_t>(0, 5);
        const std::int64_t close = *rc::gen::inRange<std::int64_t>(low, high + 1);
        out += fmt::format("bar {} {} {} {} {} 300\n", i, last, high, low, close);
        last = std::max<std::int64_t>(close, 20);
    }
    return out;
}

std::string any_orders(int bars) {
    std::string out;
    const int count = *rc::gen::inRange(1, 12);
    std::multiset<int> times;
    for (int i = 0; i < count; ++i) times.insert(*rc::gen::inRange(0, bars));
    int number = 0;
    for (const int at : times) {
        out += fmt::format("{} {} {} {} {}\n", at, *rc::gen::element("buy", "sell"), ++number,
                           *rc::gen::inRange(1, 40),
                           *rc::gen::element("market", "limit 99", "limit 102", "stop_market 103",
                                             "stop_market 97", "market reduce", "limit 101 ioc"));
    }
    return out;
}

/// Each report, without the leg; fills of one order at one instant and price as one.
std::string without_legs(const std::vector<std::string>& reports) {
    std::string out, before;
    std::int64_t filled = 0;
    for (const std::string& line : reports) {
        std::istringstream in{line};
        std::string at, order, kind, rest;
        in >> at >> order >> kind >> rest;
        if (kind != "filled" && kind != "partially_filled") {
            out += line + "\n";
            before.clear();
            continue;
        }
        const std::size_t cut = rest.find('@');
        const std::string where = at + " " + order + rest.substr(cut);
        if (where != before) filled = 0;
        filled += std::stoll(rest.substr(0, cut));
        before = where;
        if (kind == "filled" || &line == &reports.back() ||
            !(&line + 1)->starts_with(at + " " + order + " ")) {
            out += fmt::format("{} {} {}\n", where, filled, kind);
        }
    }
    return out;
}

/// A strategy that names no legs never holds both, and trades as if positions were netted.
RC_GTEST_PROP(HedgedVenue, strategy_that_names_no_legs_trades_as_if_it_were_netted, ()) {
    const int bars = *rc::gen::inRange(2, 12);
    const std::int64_t cash = *rc::gen::element<std::int64_t>(300, 1000, 1'000'000);
    Scenario scenario = with_cash(hedged(any_market(bars), any_orders(bars)), cash);
    const auto legs = play(scenario);
    scenario.settings.positions.mode = PositionMode::netting;
    const auto netted = play(scenario);
    RC_LOG() << scenario.market << scenario.orders;
    RC_ASSERT(without_legs(legs.reports) == without_legs(netted.reports));
}

}  // namespace
}  // namespace tradewind::sim
