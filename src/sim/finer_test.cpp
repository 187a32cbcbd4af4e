// SPDX-License-Identifier: Apache-2.0
// Bars whose inside finer data tell. That they fill as if they had been played themselves is a
// property of every world: world_properties_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "sim/finer_cover.hpp"
#include "sim/memory_history.hpp"
#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::Outcome;
using testing::Scenario;

/// Stop and target both lie in the bar of minute 1; its quarters say that the target came first.
constexpr const char* kBoth = R"(bar 0 100 100 100 100 10000
    bar 1 100 116 94 100 40000
    bar 2 100 101 99 100 10000)";
constexpr const char* kTargetFirst = R"(inner 1:00 100 116 99 110 10000
    inner 1:15 110 110 100 101 10000
    inner 1:30 101 101 94 95 10000
    inner 1:45 95 100 95 100 10000)";
constexpr const char* kBracket = R"(0 buy 1 100 market list=1 oto
    0 sell 2 100 stop_market 95 list=1 parent=1 oco
    0 sell 3 100 limit 115 list=1 parent=1 oco)";

std::string market_of(std::initializer_list<const char*> parts) {
    std::string out;
    for (const char* part : parts) out += std::string(part) + "\n";
    return out;
}

Outcome play(const std::string& market, const char* orders, const WorldSettings& settings = {}) {
    Scenario scenario{.market = market, .orders = orders, .settings = settings};
    scenario.settings.account = AccountKind::margin;
    Outcome out = testing::play(scenario);
    std::erase_if(out.reports, [](const std::string& line) {
        return line.ends_with(" accepted") || line.ends_with(" triggered");
    });
    return out;
}

TEST(Finer, says_which_of_stop_and_target_came_first_and_when) {
    const Outcome out = play(market_of({kBoth, kTargetFirst}), kBracket);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:15 3 filled 100@115 maker
        1:15 2 canceled contingency)"));
    EXPECT_EQ(out.counts.ambiguous_fills, 0U);
    EXPECT_EQ(out.counts.settled_fills, 1U);
    ASSERT_EQ(out.finer.size(), 1U);
    EXPECT_EQ(out.finer[0].bars, 3U);
    EXPECT_EQ(out.finer[0].resolved, 1U);
    EXPECT_EQ(out.finer[0].with_holes, 2U);
}

TEST(Finer, tells_strategies_nothing_but_the_reports) {
    const Outcome with = play(market_of({kBoth, kTargetFirst}), "");
    EXPECT_EQ(with.events, play(kBoth, "").events);
    EXPECT_EQ(with.counts.market_events, 3U);
}

TEST(Finer, leaves_open_what_it_holds_in_one_of_its_own_bars) {
    const Outcome out = play(market_of({kBoth, R"(inner 1:00 100 101 99 100 10000
        inner 1:15 100 116 94 100 10000
        inner 1:30 100 100 100 100 10000
        inner 1:45 100 100 100 100 10000)"}),
                             kBracket);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:30 2 filled 100@95 taker ambiguous
        1:30 3 canceled contingency)"));
    EXPECT_EQ(out.counts.ambiguous_fills, 1U);
    EXPECT_EQ(out.counts.settled_fills, 0U);
}

TEST(Finer, wakes_children_inside_the_bar_of_their_entry) {
    const char* entry = R"(0 buy 1 100 stop_market 105 list=1 oto
        0 sell 2 100 stop_market 95 list=1 parent=1 oco
        0 sell 3 100 limit 115 list=1 parent=1 oco)";
    const char* market = R"(bar 0 100 100 100 100 10000
        bar 1 100 116 90 100 40000
        inner 1:00 100 106 90 106 10000
        inner 1:15 106 110 106 109 10000
        inner 1:30 109 116 109 112 10000
        inner 1:45 112 112 100 100 10000)";
    // The low of 90 is in the entry's own quarter: by itself it came before the entry or after it,
    // and the worse is taken; a quarter that opens below the stop says more.
    const Outcome worse = play(market, entry);
    EXPECT_EQ(worse.reports, lines_of(R"(1:15 1 filled 100@105 taker
        1:15 2 filled 100@95 taker ambiguous
        1:15 3 canceled contingency)"));
    const char* clear = R"(bar 0 100 100 100 100 10000
        bar 1 100 116 90 100 40000
        inner 1:00 100 100 90 100 10000
        inner 1:15 100 110 100 109 10000
        inner 1:30 109 116 109 112 10000
        inner 1:45 112 112 100 100 10000)";
    const Outcome out = play(clear, entry);
    EXPECT_EQ(out.reports, lines_of(R"(1:30 1 filled 100@105 taker
        1:45 3 filled 100@115 maker
        1:45 2 canceled contingency)"));
    EXPECT_EQ(out.counts.settled_fills, 1U);
}

TEST(Finer, lets_an_answer_act_inside_the_bar) {
    // Sent on news of 1:15, when the fill has been told, it meets the quarters after it.
    const Outcome out =
        play(market_of({kBoth, kTargetFirst, "resume 1:15"}), R"(0 buy 1 100 stop_market 112
        1:15 sell 2 100 market)");
    EXPECT_EQ(out.reports, lines_of(R"(1:15 1 filled 100@112 taker
        1:15 2 filled 100@110 taker)"));
}

// --- what does not cover, or does not agree
// ---------------------------------------------------------------------------------------

const std::vector<std::string> kAsTheBarAlone = lines_of(R"(0:00 1 filled 100@100 taker
    2:00 2 filled 100@95 taker ambiguous
    2:00 3 canceled contingency)");

TEST(Finer, with_a_hole_leaves_the_bar_to_itself) {
    const Outcome out = play(market_of({kBoth, R"(inner 1:00 100 116 99 110 10000
        inner 1:30 101 101 94 95 10000
        inner 1:45 95 100 95 100 10000)"}),
                             kBracket);
    EXPECT_EQ(out.reports, kAsTheBarAlone);
    EXPECT_EQ(out.finer[0].with_holes, 3U);
}

TEST(Finer, with_a_hole_in_which_nothing_was_traded_resolves_the_bar) {
    const Outcome out = play(market_of({kBoth, R"(inner 1:00 100 116 99 110 20000
        inner 1:30 101 101 94 95 10000
        inner 1:45 95 100 95 100 10000)"}),
                             kBracket);
    EXPECT_EQ(out.reports[1], "1:15 3 filled 100@115 maker");
    EXPECT_EQ(out.finer[0].resolved, 1U);
}

TEST(Finer, that_disagrees_by_more_than_a_tick_leaves_the_bar_to_itself) {
    const auto with_high = [&](const std::string& high) {
        return play(market_of({kBoth}) + "inner 1:00 100 " + high + R"( 99 110 10000
            inner 1:15 110 110 100 101 10000
            inner 1:30 101 101 94 95 10000
            inner 1:45 95 100 95 100 10000)",
                    kBracket);
    };
    EXPECT_EQ(with_high("116.01").finer[0].resolved, 1U);
    const Outcome out = with_high("116.02");
    EXPECT_EQ(out.reports, kAsTheBarAlone);
    EXPECT_EQ(out.finer[0].disagreeing, 1U);
    ASSERT_TRUE(out.finer[0].first_disagreement.has_value());
    EXPECT_EQ(out.finer[0].first_disagreement->what, "its high is 116, of the finer data 116.02");
    EXPECT_EQ(out.finer[0].first_disagreement->bar.ns % days(1).ns, minutes(1).ns);
}

TEST(Finer, bars_that_straddle_the_coarse_ones_resolve_neither) {
    // Labels at 10, 25, 40, 55 seconds: each minute's last one ends in the next minute.
    const Outcome out = play(market_of({kBoth, R"(inner 0:55 100 100 100 100 10000
        inner 1:10 100 116 99 110 10000
        inner 1:25 110 110 100 101 10000
        inner 1:40 101 101 94 95 10000
        inner 1:55 95 100 95 100 10000)"}),
                             kBracket);
    EXPECT_EQ(out.finer[0].resolved, 0U);
    EXPECT_EQ(out.reports, kAsTheBarAlone);
}

TEST(Finer, order_works_on_from_a_resolved_bar_into_one_that_stands_for_itself) {
    const Outcome out = play(market_of({R"(bar 0 100 100 100 100 10000
        bar 1 100 104 98 100 40000
        bar 2 100 106 94 100 10000)",
                                        R"(inner 1:00 100 104 100 103 10000
        inner 1:15 103 103 98 99 10000
        inner 1:30 99 100 99 100 10000
        inner 1:45 100 100 100 100 10000)"}),
                             kBracket);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        3:00 2 filled 100@95 taker
        3:00 3 canceled contingency)"));
}

/// What was not traded is no price, also where the rows that told volumes were not played.
TEST(Finer, rows_without_a_trade_are_met_by_nobody) {
    const Outcome out = play(market_of({kBoth, R"(inner 0:00 90 90 90 90 10000
        inner 1:00 100 120 80 100 0
        inner 1:15 100 116 99 110 20000
        inner 1:30 110 110 94 95 10000
        inner 1:45 95 100 95 100 10000)"}),
                             kBracket);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:30 3 filled 100@115 maker
        1:30 2 canceled contingency)"));
    EXPECT_EQ(out.finer[0].resolved, 1U);
}

// --- prints ---------------------------------------------------------------------------------

TEST(Finer, prints_resolve_bars_that_they_add_up_to) {
    const auto prints = [](const std::string& last) {
        return play(market_of({kBoth}) + R"(inner_trade 1:00 100 9000
            inner_trade 1:07 116 9000
            inner_trade 1:20 94 9000
            inner_trade 1:59 100 )" +
                        last,
                    kBracket);
    };
    const Outcome out = prints("13000");
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:07 3 filled 100@115 maker
        1:07 2 canceled contingency)"));
    EXPECT_EQ(out.counts.settled_fills, 1U);
    EXPECT_EQ(prints("12999").reports, kAsTheBarAlone);
    EXPECT_EQ(prints("12999").finer[0].with_holes, 3U);
}

// --- what else happens ------------------------------------------------------------------------

TEST(Finer, splits_between_bars_restate_orders_that_the_finer_data_then_meet) {
    const Outcome out = play(market_of({R"(bar 0 100 100 100 100 10000
        split 1 2 1
        bar 1 50 52 46 50 40000
        bar 2 50 50 50 50 10000)",
                                        R"(inner 1:00 50 52 50 51 10000
        inner 1:15 51 51 48 48 10000
        inner 1:30 48 48 46 47 10000
        inner 1:45 47 50 47 50 10000)"}),
                             R"(0 buy 1 100 market
        0 sell 2 100 stop_market 95)");
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:00 2 adjusted qty=200 trigger=47.5
        1:45 2 filled 200@47.5 taker)"));
}

TEST(Finer, on_the_other_side_of_a_split_disagrees) {
    const Outcome out = play(market_of({kBoth, R"(inner 1:00 50 58 49.5 55 20000
        inner 1:15 55 55 50 50.5 20000
        inner 1:30 50.5 50.5 47 47.5 20000
        inner 1:45 47.5 50 47.5 50 20000)"}),
                             kBracket);
    EXPECT_EQ(out.reports, kAsTheBarAlone);
    EXPECT_EQ(out.finer[0].first_disagreement->what, "its open is 100, of the finer data 50");
}

TEST(Finer, halts_hold_inside_the_bar) {
    const Outcome out = play(market_of({kBoth, kTargetFirst, "halt 1", "resume 1:35"}), kBracket);
    // The first two quarters are not met; the third closes after the resumption.
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:45 2 filled 100@95 taker
        1:45 3 canceled contingency)"));
}

TEST(Finer, what_is_told_before_a_halt_inside_a_part_of_the_bar_counts) {
    const Outcome out =
        play(market_of({kBoth, kTargetFirst, "halt 1:05", "resume 1:35"}), kBracket);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:15 3 filled 100@115 maker
        1:15 2 canceled contingency)"));
}

TEST(Finer, cancel_takes_effect_inside_the_bar) {
    const Outcome out = play(market_of({kBoth, R"(inner 1:00 100 100 99 99 10000
        inner 1:15 99 101 99 100 10000
        inner 1:30 100 116 94 95 10000
        inner 1:45 95 100 95 100 10000
        resume 1:16)"}),
                             R"(0 buy 1 100 market
        0 buy 2 100 limit 99.5
        0 sell 3 100 stop_market 95
        1:16 cancel 3)");
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:15 2 filled 100@99.5 maker
        1:16 3 canceled requested)"));
}

TEST(Finer, shares_no_volume_beyond_that_of_its_own_bars) {
    WorldSettings settings;
    settings.participation = Rate{base::kDecimalOne / 10};
    const Outcome out = play(market_of({kBoth, R"(inner 1:00 100 116 99 110 500
        inner 1:15 110 110 100 101 500
        inner 1:30 101 101 94 95 500
        inner 1:45 95 100 95 100 38500)"}),
                             R"(0 buy 1 100 market
        0 sell 3 100 limit 115)",
                             settings);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 filled 100@100 taker
        1:15 3 partially_filled 50@115 maker
        3:00 3 canceled end_of_data)"));
}

TEST(Finer, expiry_with_the_session_comes_after_its_last_finer_bar) {
    Scenario scenario{.market = R"(bar 0 100 100 100 100 10000
            bar 1439 100 104 98 101 40000
            bar 1440 101 101 101 101 10000
            inner 1439:00 100 104 100 103 10000
            inner 1439:15 103 103 98 99 10000
            inner 1439:30 99 100 99 100 10000
            inner 1439:45 100 101 100 101 10000)",
                      .orders = R"(0 buy 1 100 limit 90 day
            0 buy 2 100 market at_close)"};
    const Outcome out = testing::play(scenario);
    EXPECT_EQ(out.reports, lines_of(R"(0:00 1 accepted
        0:00 2 accepted
        1440:00 2 filled 100@101 taker
        1440:00 1 expired time_in_force)"));
    EXPECT_EQ(out.finer[0].resolved, 1U);
}

// --- several instruments ------------------------------------------------------------------------

constexpr std::int64_t kUnit = base::kDecimalOne;

ports::Columns bars(std::int64_t first, std::int64_t step, std::vector<std::array<int, 4>> prices) {
    ports::Columns out{ports::SeriesKind::bar};
    for (std::size_t i = 0; i < prices.size(); ++i) {
        const std::int64_t cells[] = {first + static_cast<std::int64_t>(i) * step,
                                      prices[i][0] * kUnit,
                                      prices[i][1] * kUnit,
                                      prices[i][2] * kUnit,
                                      prices[i][3] * kUnit,
                                      1000 * kUnit};
        for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(cells[c]);
    }
    return out;
}

/// Days of shares, whose first hour is labelled 09:00 New York and begins at 09:30.
struct Shares {
    InstrumentTable table;
    MemoryHistory history;
    WorldSettings settings;

    void add(const char* symbol, CalendarKind calendar) {
        Instrument instrument;
        instrument.symbol = symbol;
        instrument.quote = instrument.settlement = kUsd;
        instrument.calendar = calendar;
        table.add(instrument);
        history.add_instrument(instrument);
    }
    void series(const char* symbol, Duration step, ports::Columns rows, bool is_finer) {
        const ports::SeriesKey key{
            .symbol = symbol, .kind = ports::SeriesKind::bar, .spec = time_bars(step)};
        (is_finer ? settings.finer : settings.series).push_back(key);
        history.add_series(key, std::move(rows));
    }
};

TEST(Finer, instruments_are_resolved_each_by_its_own_series) {
    const std::int64_t day = start_of(Date{std::chrono::year{2024} / 1 / 9}).ns;
    Shares shares;
    shares.add("AAA.NYSE", CalendarKind::us_equity);
    shares.add("BBB.SIM", CalendarKind::always_open);
    shares.add("CCC.SIM", CalendarKind::always_open);
    shares.settings.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000)}};
    // AAA: a day, by hours of New York (14:00 UTC is 09:00); the first begins at 14:30.
    shares.series("AAA.NYSE", days(1), bars(day, days(1).ns, {{100, 110, 95, 105}}), false);
    shares.series("AAA.NYSE", hours(1),
                  bars(day + hours(14).ns, hours(1).ns,
                       {{100, 101, 95, 96},
                        {96, 97, 96, 97},
                        {97, 98, 97, 98},
                        {98, 99, 98, 99},
                        {99, 110, 99, 109},
                        {109, 109, 105, 105},
                        {105, 105, 105, 105}}),
                  true);
    // BBB: two days, the second by halves.
    shares.series("BBB.SIM", days(1), bars(day, days(1).ns, {{50, 55, 45, 50}, {50, 56, 44, 50}}),
                  false);
    shares.series("BBB.SIM", hours(12),
                  bars(day + days(1).ns, hours(12).ns, {{50, 56, 50, 55}, {55, 55, 44, 50}}), true);
    // CCC: none.
    shares.series("CCC.SIM", days(1), bars(day, days(1).ns, {{10, 11, 9, 10}, {10, 11, 9, 10}}),
                  false);

    const auto world = std::move(*World::create(shares.table, shares.history, shares.settings));
    ASSERT_EQ(world->finer().size(), 2U);
    EXPECT_EQ(world->finer()[0].coarse.symbol, "AAA.NYSE");
    EXPECT_EQ(world->finer()[0].resolved, 1U);
    EXPECT_EQ(world->finer()[1].resolved, 1U);
    EXPECT_EQ(world->finer()[1].with_holes, 1U);

    OrderIntent order;
    order.id = OrderId::of(StrategyId{0}, 1);
    order.spec.instrument = InstrumentId{0};
    order.spec.qty = whole_qty(10);
    order.spec.type = OrderType::stop_market;
    order.spec.trigger_price = Price{106 * kUnit};
    OrderIntent market = order;
    market.id = OrderId::of(StrategyId{0}, 2);
    market.spec.type = OrderType::market;
    market.spec.trigger_price.reset();
    std::vector<Timestamp> fills;
    Event event;
    bool sent = false;
    while (world->next(event) == ports::EventSource::Next::event) {
        if (!sent) {
            world->send(SubmitOrder{order}, event.ts);
            world->send(SubmitOrder{market}, event.ts);
        }
        sent = true;
        const auto* report = std::get_if<OrderEvent>(&event.payload);
        if (report != nullptr && std::holds_alternative<Fill>(report->detail)) {
            fills.push_back(event.ts);
        }
    }
    // The market order at the session's open, not at the label of its first hour; the stop in the
    // fifth hour.
    EXPECT_EQ(fills,
              (std::vector{Timestamp{day} + hours(14) + minutes(30), Timestamp{day} + hours(19)}));
}

// --- refusals
// ------------------------------------------------------------------------------------

std::string refusal(ports::SeriesKind kind, const BarSpec& spec, FillMode mode = FillMode::strict) {
    Shares shares;
    shares.add("AAA.SIM", CalendarKind::always_open);
    shares.series("AAA.SIM", days(1), bars(0, days(1).ns, {{100, 110, 95, 105}}), false);
    const ports::SeriesKey key{.symbol = "AAA.SIM", .kind = kind, .spec = spec};
    if (shares.history.find(key) == nullptr) {
        ports::Columns rows{key.kind};
        for (auto& column : rows.columns) column.push_back(1);
        shares.history.add_series(key, std::move(rows));
    }
    shares.settings.finer.push_back(key);
    shares.settings.fills = mode;
    const auto world = World::create(shares.table, shares.history, shares.settings);
    return world ? "" : world.error();
}

TEST(Finer, refuses_what_cannot_resolve_the_run) {
    using ports::SeriesKind;
    EXPECT_EQ(refusal(SeriesKind::bar, time_bars(hours(1))), "");
    EXPECT_NE(refusal(SeriesKind::bar, time_bars(days(7))).find("no longer bars"),
              std::string::npos);
    EXPECT_NE(refusal(SeriesKind::bar, time_bars(hours(1), PriceSource::bid)).find("same prices"),
              std::string::npos);
    EXPECT_NE(refusal(SeriesKind::quote, {}).find("only bars of time and trades"),
              std::string::npos);
    EXPECT_NE(refusal(SeriesKind::bar, time_bars(hours(1)), FillMode::freqtrade).find("whole bars"),
              std::string::npos);
}

TEST(Finer, is_among_the_assumptions) {
    WorldSettings settings;
    settings.finer = {
        {.symbol = "AAA.SIM", .kind = ports::SeriesKind::bar, .spec = time_bars(minutes(1))}};
    const auto told = describe(settings);
    EXPECT_TRUE(std::ranges::any_of(told, [](const std::string& line) {
        return line.starts_with("Finer data: ") && line.find("AAA.SIM bar 1m") != std::string::npos;
    }));
    EXPECT_EQ(told.size(), describe(WorldSettings{}).size() + 1);
}

}  // namespace
}  // namespace tradewind::sim
