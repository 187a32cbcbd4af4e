// SPDX-License-Identifier: Apache-2.0
#include "sim/liquidation.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sim/liquidator.hpp"
#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

/// A perpetual in USD: a tenth to open, a twentieth to keep.
void as_perpetual(Instrument& of) {
    of.asset_class = AssetClass::crypto_perpetual;
    of.margin = {.initial = {base::kDecimalOne / 10}, .maintenance = {base::kDecimalOne / 20}};
}

/// 150 USD behind 10 units at 100, unless a test has others.
Scenario leveraged(const char* market, const char* orders, Liquidates how = Liquidates::cross) {
    Scenario out{.market = market, .orders = orders};
    out.settings.account = AccountKind::margin;
    out.settings.margin.liquidates = how;
    out.settings.deposits = {{.currency = kUsd, .amount = whole_money(150)}};
    out.instrument = as_perpetual;
    return out;
}

void expect_reports(const Scenario& scenario, const char* expected) {
    EXPECT_EQ(play(scenario).reports, lines_of(expected));
}

// --- inside a bar -------------------------------------------------------------------------------

/// Equity 150 + 10 (p - 100) falls below 0.05 x 10 p at p < 850 / 9.5 = 89.4736...
TEST(Liquidation, long_is_closed_where_the_bar_touches_its_price) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 100 101 85 95 1000
                                bar 2 95 95 95 95 1000)",
                             "0 buy 1 10 market"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      2:00 liquidation sell 10@89.47)");
}

/// 150 - 10 (p - 100) falls below 0.05 x 10 p at p > 1150 / 10.5 = 109.5238...
TEST(Liquidation, short_is_closed_where_the_bar_touches_its_price) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 100 112 99 95 1000
                                bar 2 95 95 95 95 1000)",
                             "0 sell 1 10 market"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      2:00 liquidation buy 10@109.53)");
}

TEST(Liquidation, bar_that_stays_short_of_the_price_leaves_the_position) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 100 101 89.48 95 1000)",
                             "0 buy 1 10 market"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker)");
}

TEST(Liquidation, gap_beyond_the_price_closes_at_the_open) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 80 101 79 100 1000)",
                             "0 buy 1 10 market"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      1:00 liquidation sell 10@80)");
}

TEST(Liquidation, stop_on_the_way_to_it_saves_the_rest) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 100 101 85 95 1000)",
                             "0 buy 1 10 market\n0 sell 2 10 stop_market 92 parent=1"),
                   R"(0:00 1 accepted
                      0:00 2 accepted
                      0:00 1 filled 10@100 taker
                      2:00 2 triggered
                      2:00 2 filled 10@92 taker)");
}

TEST(Liquidation, target_in_the_same_bar_comes_too_late) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 100 106 85 95 1000)",
                             "0 buy 1 10 market\n0 sell 2 10 limit 105 parent=1"),
                   R"(0:00 1 accepted
                      0:00 2 accepted
                      0:00 1 filled 10@100 taker
                      2:00 2 canceled liquidation
                      2:00 liquidation sell 10@89.47)");
}

/// Whether the limit or the low came first the bar does not say.
TEST(Liquidation, entry_inside_the_bar_may_not_survive_it) {
    expect_reports(leveraged(R"(bar 0 100 100 100 100 1000
                                bar 1 101 102 85 95 1000)",
                             "1 buy 1 10 limit 100"),
                   R"(1:00 1 accepted
                      2:00 1 filled 10@100 maker
                      2:00 liquidation sell 10@89.47 ambiguous)");
}

TEST(Liquidation, pays_the_takers_fee_the_liquidation_fee_and_slippage) {
    Scenario scenario = leveraged(R"(bar 0 100 100 100 100 1000
                                     bar 1 80 80 80 80 1000)",
                                  "0 buy 1 10 market");
    scenario.settings.margin.liquidation_fee = {base::kDecimalOne / 200};
    scenario.settings.fees = FeeSchedule{.maker = {}, .taker = basis_points(10)};
    scenario.settings.slippage = {.kind = SlippageKind::ticks, .value = base::kDecimalOne};
    scenario.settings.deposits = {{.currency = kUsd, .amount = whole_money(151)}};
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100.01 taker from 100 fee 1.0001
                      1:00 liquidation sell 10@79.99 from 80 fee 4.7994)");
}

// --- on ticks, and the call before --------------------------------------------------------------

/// A call at 1.2 times the margin, once: 150 + 10 (p - 100) < 0.6 p at p < 90.4255...
TEST(Liquidation, margin_call_comes_once_and_again_after_a_recovery) {
    expect_reports(leveraged(R"(quote 0 100 100 50 50
                                quote 1 90.43 90.44 50 50
                                quote 2 90.42 90.43 50 50
                                quote 3 90.4 90.41 50 50
                                quote 4 91 91.01 50 50
                                quote 5 90 90.01 50 50
                                quote 6 89 89.01 50 50
                                quote 7 95 95.01 50 50)",
                             "0 buy 1 10 market"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      2:00 margin_call 54.2 of 45.21
                      5:00 margin_call 50 of 45
                      6:00 liquidation sell 10@89)");
}

TEST(Liquidation, prints_decide_where_there_are_no_quotes) {
    expect_reports(leveraged(R"(trade 0 100 1000
                                trade 1 89.48 1000
                                trade 2 89.47 1000)",
                             "0 buy 1 10 market"),
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      1:00 margin_call 44.8 of 44.74
                      2:00 liquidation sell 10@89.47)");
}

/// News of the account keep their place between the reports of before and after.
TEST(Liquidation, is_told_with_the_latency_of_reports) {
    Scenario scenario = leveraged(R"(bar 0 100 100 100 100 1000
                                     bar 1 100 101 85 95 1000
                                     bar 2 95 95 95 95 1000)",
                                  "0 buy 1 10 market\n0 sell 2 10 limit 120 parent=1");
    scenario.settings.latencies.report = milliseconds(50);
    expect_reports(scenario,
                   R"(0:00.050000000 1 accepted
                      0:00.050000000 2 accepted
                      0:00.050000000 1 filled 10@100 taker
                      2:00.050000000 2 canceled liquidation
                      2:00.050000000 liquidation sell 10@89.47)");
}

TEST(Liquidation, bid_bars_decide_over_longs_and_ask_bars_over_shorts) {
    constexpr const char* kBoth = R"(
        bid 0 100 100 100 100
        ask 0 100 100 100 100
        bid 1 100 100 95 95
        ask 1 100 112 85 95)";
    expect_reports(leveraged(kBoth, "0 buy 1 10 market"), R"(0:00 1 accepted
                                                            0:00 1 filled 10@100 taker)");
    expect_reports(leveraged(kBoth, "0 sell 1 10 market"), R"(0:00 1 accepted
                                                             0:00 1 filled 10@100 taker
                                                             2:00 liquidation buy 10@109.53)");
}

// --- isolated -----------------------------------------------------------------------------------

/// 100 behind the position, whatever else is there: 100 + 10 (p - 100) < 0.5 p at p < 94.7368...
TEST(Liquidation, isolated_position_falls_with_its_own_margin) {
    Scenario scenario = leveraged(R"(bar 0 100 100 100 100 1000
                                     bar 1 100 101 85 95 1000)",
                                  "0 buy 1 10 market", Liquidates::isolated);
    scenario.settings.deposits = {{.currency = kUsd, .amount = whole_money(10'000)}};
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      2:00 liquidation sell 10@94.73)");
}

/// Nothing is left at 90; beyond it the venue bears the loss, its fee included.
TEST(Liquidation, isolated_position_loses_no_more_than_its_margin) {
    Scenario scenario = leveraged(R"(bar 0 100 100 100 100 1000
                                     bar 1 80 80 80 80 1000)",
                                  "0 buy 1 10 market", Liquidates::isolated);
    scenario.settings.deposits = {{.currency = kUsd, .amount = whole_money(10'000)}};
    scenario.settings.margin.liquidation_fee = {base::kDecimalOne / 100};
    expect_reports(scenario,
                   R"(0:00 1 accepted
                      0:00 1 filled 10@100 taker
                      1:00 liquidation sell 10@90 from 80)");
}

TEST(IsolatedMargin, follows_openings_closings_and_a_flip) {
    InstrumentTable table;
    Instrument of;
    of.symbol = "AAA.SIM";
    of.quote = of.settlement = kUsd;
    as_perpetual(of);
    const InstrumentId id = table.add(of).value();
    IsolatedMargin margin{table};
    Account account{table, AccountKind::margin};
    const auto deal = [&](Side side, std::int64_t units, std::int64_t at) {
        const Account::Deal done{.instrument = id,
                                 .side = side,
                                 .price = Price{at * base::kDecimalOne},
                                 .qty = whole_qty(units),
                                 .fee = {}};
        margin.apply(done, {.instrument = id}, account);
        account.apply(done);
        return to_string(margin.collateral({.instrument = id}));
    };
    EXPECT_EQ(deal(Side::buy, 10, 100), "100");
    EXPECT_EQ(deal(Side::buy, 10, 200), "300");
    EXPECT_EQ(deal(Side::sell, 5, 150), "225");
    EXPECT_EQ(deal(Side::sell, 20, 150), "75");  // five short, by a tenth of 750
    EXPECT_EQ(deal(Side::buy, 5, 150), "0");
}

// --- several positions --------------------------------------------------------------------------

TEST(Liquidation, cross_closes_what_asks_for_most_margin_until_the_rest_is_covered) {
    InstrumentTable table;
    for (const char* symbol : {"AAA.SIM", "BBB.SIM", "CCC.SIM"}) {
        Instrument of;
        of.symbol = symbol;
        of.quote = of.settlement = kUsd;
        as_perpetual(of);
        table.add(of);
    }
    WorldSettings settings;
    settings.account = AccountKind::margin;
    settings.margin.liquidates = Liquidates::cross;
    OrderDesk desk{table, settings};
    const auto hold = [&](std::uint32_t id, std::int64_t units) {
        desk.account().mark(InstrumentId{id}) = Price{100 * base::kDecimalOne};
        desk.account().apply({.instrument = InstrumentId{id},
                              .side = Side::buy,
                              .price = Price{100 * base::kDecimalOne},
                              .qty = whole_qty(units),
                              .fee = {}});
    };
    hold(0, 10);
    hold(1, 30);
    hold(2, 20);
    // 6,000 of notional ask for 300; with the second closed, 3,000 ask for 150.
    desk.account().add(kUsd, whole_money(160));
    Liquidator liquidator{desk};
    const Holding second{.instrument = InstrumentId{1}};
    ASSERT_EQ(liquidator.next_to_close(), second);
    liquidator.close(second, Price{100 * base::kDecimalOne}, false);
    EXPECT_EQ(liquidator.next_to_close(), std::nullopt);
    EXPECT_EQ(desk.counts().liquidations, 1U);
}

TEST(Liquidation, other_fill_modes_refuse_it) {
    Scenario scenario = leveraged("bar 0 100 100 100 100 1000", "0 buy 1 10 market");
    scenario.settings.fills = FillMode::backtrader;
    expect_reports(scenario, "fill mode backtrader liquidates nothing; say strict");
}

}  // namespace
}  // namespace tradewind::sim
