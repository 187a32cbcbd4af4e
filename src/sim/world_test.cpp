// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <gtest/gtest.h>

#include "sim/memory_history.hpp"
#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::Outcome;
using testing::play;
using testing::Scenario;

Timestamp at_minute(std::int64_t m) { return Timestamp{} + minutes(m); }

/// Two instruments, A and B, each with bars whose labels are given in minutes.
struct Pair {
    InstrumentTable table;
    MemoryHistory history;
    WorldSettings settings;

    Pair() {
        for (const char* symbol : {"A.SIM", "B.SIM"}) {
            Instrument instrument;
            instrument.symbol = symbol;
            instrument.quote = instrument.settlement = kUsd;
            table.add(instrument);
        }
        settings.account = AccountKind::margin;
        settings.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000)}};
    }

    void bars(const char* symbol, Duration step, const std::vector<std::int64_t>& labels,
              std::int64_t price) {
        ports::Columns columns{ports::SeriesKind::bar};
        for (const std::int64_t label : labels) {
            const std::int64_t p = price * base::kDecimalOne;
            const std::int64_t cells[] = {at_minute(label).ns,     p, p, p, p,
                                          1000 * base::kDecimalOne};
            for (std::size_t i = 0; i < 6; ++i) columns.columns[i].push_back(cells[i]);
        }
        history.add_series(
            {.symbol = symbol, .kind = ports::SeriesKind::bar, .spec = time_bars(step)},
            std::move(columns));
    }

    [[nodiscard]] std::unique_ptr<World> world() const {
        return std::move(*World::create(table, history, settings));
    }
};

Command market_order(std::uint64_t number, std::uint32_t instrument) {
    OrderIntent order;
    order.id = OrderId::of(StrategyId{0}, number);
    order.spec.instrument = InstrumentId{instrument};
    order.spec.qty = whole_qty(1);
    return SubmitOrder{order};
}

std::string told(const Event& event) {
    std::string out = std::to_string(event.ts.ns / minutes(1).ns) + " ";
    out += kind_name(event.payload);
    if (const auto* bar = std::get_if<Bar>(&event.payload)) {
        out += bar->instrument.value == 0 ? " A" : " B";
    } else if (const auto* order = std::get_if<OrderEvent>(&event.payload)) {
        out += " " + std::to_string(order->order.sequence()) + " ";
        out += to_string(order->kind);
    }
    return out;
}

/// Sends `commands` after the event that is told as their key, once each; tells everything.
std::vector<std::string> run(World& world,
                             std::vector<std::pair<std::string, Command>> commands = {}) {
    std::vector<std::string> out;
    Event event;
    while (world.next(event) == ports::EventSource::Next::event) {
        out.push_back(told(event));
        for (auto& [after, command] : commands) {
            if (after != out.back()) continue;
            world.send(command, event.ts);
            after = "sent";
        }
    }
    return out;
}

TEST(World, merges_series_by_the_instant_at_which_a_bar_is_known) {
    Pair pair;
    pair.bars("A.SIM", minutes(5), {0, 5}, 100);
    pair.bars("B.SIM", minutes(1), {1, 4, 6}, 50);
    EXPECT_EQ(run(*pair.world()), lines_of(R"(0 cash_flow
                                              2 bar B
                                              5 bar A
                                              5 bar B
                                              7 bar B
                                              10 bar A
                                              10 end_of_data)"));
}

TEST(World, order_meets_the_open_of_another_instruments_bar_at_its_time_among_the_others) {
    Pair pair;
    pair.bars("A.SIM", minutes(5), {0, 5}, 100);
    pair.bars("B.SIM", minutes(1), {1, 4, 6}, 50);
    // Sent on B at minute 2, it waits for A's bar that opens at 5; sent on B at 5, as that bar
    // opens, too.
    EXPECT_EQ(
        run(*pair.world(), {{"2 bar B", market_order(1, 0)}, {"5 bar B", market_order(2, 0)}}),
        lines_of(R"(0 cash_flow
                          2 bar B
                          2 order 1 accepted
                          5 order 1 filled
                          5 bar A
                          5 bar B
                          5 order 2 accepted
                          5 order 2 filled
                          7 bar B
                          10 bar A
                          10 end_of_data)"));
}

TEST(World, order_sent_as_bars_close_meets_every_bar_that_opens_then) {
    Pair pair;
    pair.bars("A.SIM", minutes(1), {0, 1}, 100);
    pair.bars("B.SIM", minutes(1), {0, 1}, 50);
    EXPECT_EQ(
        run(*pair.world(), {{"1 bar B", market_order(1, 0)}, {"1 bar A", market_order(2, 1)}}),
        lines_of(R"(0 cash_flow
                          1 bar A
                          1 order 2 accepted
                          1 bar B
                          1 order 1 accepted
                          1 order 1 filled
                          1 order 2 filled
                          2 bar A
                          2 bar B
                          2 end_of_data)"));
}

TEST(World, order_that_answers_a_fill_at_the_open_meets_the_rest_of_that_bar) {
    Pair pair;
    pair.bars("A.SIM", minutes(1), {0, 1}, 100);
    pair.bars("B.SIM", minutes(1), {0, 1}, 50);
    EXPECT_EQ(run(*pair.world(), {{"0 cash_flow", market_order(1, 1)},
                                  {"0 order 1 filled", market_order(2, 0)},
                                  {"0 order 2 accepted", market_order(3, 1)}}),
              lines_of(R"(0 cash_flow
                          0 order 1 accepted
                          0 order 1 filled
                          0 order 2 accepted
                          0 order 3 accepted
                          1 order 2 filled
                          1 bar A
                          1 order 3 filled
                          1 bar B
                          2 bar A
                          2 bar B
                          2 end_of_data)"));
}

TEST(World, bar_whose_open_nobody_waits_for_any_more_still_comes_when_it_closes) {
    Pair pair;
    pair.bars("A.SIM", minutes(5), {0, 6}, 100);
    pair.bars("B.SIM", minutes(1), {5, 7}, 50);
    const CancelOrder cancel{.id = OrderId::of(StrategyId{0}, 1), .instrument = InstrumentId{0}};
    EXPECT_EQ(run(*pair.world(),
                  {{"5 bar A", market_order(1, 0)}, {"5 order 1 accepted", Command{cancel}}}),
              lines_of(R"(0 cash_flow
                          5 bar A
                          5 order 1 accepted
                          5 order 1 canceled
                          6 bar B
                          8 bar B
                          11 bar A
                          11 end_of_data)"));
}

TEST(World, fills_on_the_finest_bars_and_tells_all) {
    Pair pair;
    pair.bars("A.SIM", minutes(5), {0}, 100);
    pair.bars("A.SIM", minutes(1), {0, 1, 2, 3, 4}, 99);
    const auto world = pair.world();
    EXPECT_EQ(run(*world, {{"0 cash_flow", market_order(1, 0)}}).size(), 1U + 2U + 6U + 1U);
    EXPECT_EQ(world->counts().fills, 1U);
    EXPECT_EQ(world->counts().market_events, 6U);
}

TEST(World, timers_ring_after_the_market_data_of_their_instant) {
    Pair pair;
    pair.bars("A.SIM", minutes(1), {0, 1, 2}, 100);
    const SetTimer soon{.timer = {.strategy = StrategyId{0}, .timer = TimerId{1}},
                        .at = at_minute(2)};
    const SetTimer past{.timer = {.strategy = StrategyId{0}, .timer = TimerId{2}},
                        .at = at_minute(0)};
    const SetTimer never{.timer = {.strategy = StrategyId{0}, .timer = TimerId{3}},
                         .at = at_minute(9)};
    EXPECT_EQ(run(*pair.world(), {{"1 bar A", soon}, {"1 bar A", past}, {"1 bar A", never}}),
              lines_of(R"(0 cash_flow
                          1 bar A
                          1 timer
                          2 bar A
                          2 timer
                          3 bar A
                          3 end_of_data)"));
}

TEST(World, deposits_come_in_the_order_of_currencies) {
    Pair pair;
    pair.bars("A.SIM", minutes(1), {5}, 100);
    pair.settings.deposits.push_back(
        {.currency = *Currency::parse("EUR"), .amount = whole_money(5)});
    const auto world = pair.world();
    Event event;
    ASSERT_EQ(world->next(event), ports::EventSource::Next::event);
    EXPECT_EQ(to_string(std::get<CashFlow>(event.payload).currency), "EUR");
    EXPECT_EQ(event.ts, at_minute(5));
    ASSERT_EQ(world->next(event), ports::EventSource::Next::event);
    EXPECT_EQ(std::get<CashFlow>(event.payload).currency, kUsd);
}

TEST(World, answers_what_is_sent_after_the_end) {
    Pair pair;
    pair.bars("A.SIM", minutes(1), {0}, 100);
    EXPECT_EQ(run(*pair.world(), {{"1 end_of_data", market_order(1, 0)}}), lines_of(R"(0 cash_flow
                                                                                       1 bar A
                                                                                       1 end_of_data
                                                                                       1 order 1 rejected)"));
}

TEST(World, bars_that_overlap_never_turn_time_back) {
    Pair pair;
    pair.bars("A.SIM", minutes(5), {0, 2, 3, 20},
              100);  // played to the end: run() asserts the order
    EXPECT_EQ(run(*pair.world(), {{"5 bar A", market_order(1, 0)}}), lines_of(R"(0 cash_flow
                                                                                 5 bar A
                                                                                 5 order 1 accepted
                                                                                 5 order 1 filled
                                                                                 7 bar A
                                                                                 8 bar A
                                                                                 25 bar A
                                                                                 25 end_of_data)"));
}

TEST(World, names_the_setting_or_series_that_it_cannot_play) {
    Pair pair;
    const auto error = [&] {
        return World::create(pair.table, pair.history, pair.settings).error();
    };
    EXPECT_EQ(error(), "no series of the run's instruments");
    pair.bars("A.SIM", minutes(1), {0}, 100);
    pair.settings.series = {{.symbol = "C.SIM", .kind = ports::SeriesKind::quote, .spec = {}}};
    EXPECT_EQ(error(), "C.SIM quote: the run has no such instrument");
    pair.settings.series = {{.symbol = "A.SIM", .kind = ports::SeriesKind::quote, .spec = {}}};
    EXPECT_EQ(error(), "A.SIM quote: the history has no such series");
    pair.settings.series.clear();
    pair.settings.participation = Rate{0};
    EXPECT_EQ(error(), "participation 0 is not between 0 and 1");
}

TEST(World, plays_only_what_lies_between_from_and_to) {
    Pair pair;
    pair.bars("A.SIM", minutes(1), {0, 1, 2, 3}, 100);
    pair.settings.from = at_minute(1);
    pair.settings.to = at_minute(3);
    EXPECT_EQ(run(*pair.world()), lines_of(R"(1 cash_flow
                                              2 bar A
                                              3 bar A
                                              3 end_of_data)"));
}

TEST(World, counts_what_a_reader_of_its_results_should_know) {
    Scenario scenario{.market = R"(bar 0 100 101 99 100 500
                                   bar 1 100 100 100 100 0
                                   bar 2 100 111 89 100 10000)",
                      .orders = R"(0 buy 1 80 market
                                   0 sell 2 10 stop_market 90 parent=1 list=1 oco
                                   0 sell 3 10 limit 110 parent=1 list=1 oco
                                   2 buy 4 10 limit 10)"};
    scenario.settings.account = AccountKind::margin;
    const WorldCounts counts = play(scenario).counts;
    EXPECT_EQ(counts.orders, 4U);
    EXPECT_EQ(counts.fills, 3U);
    EXPECT_EQ(counts.ambiguous_fills, 1U);
    EXPECT_EQ(counts.capped_fills, 1U);
    EXPECT_EQ(counts.halted_bars, 1U);
    EXPECT_EQ(counts.open_at_end, 1U);
}

TEST(World, describes_its_assumptions) {
    WorldSettings settings;
    settings.participation = Rate{base::kDecimalOne / 20};
    settings.slippage = {.kind = SlippageKind::basis_points, .value = 1'500'000'000};
    settings.latencies.insert = milliseconds(20);
    std::string text;
    for (const std::string& line : describe(settings)) text += line + "\n";
    EXPECT_NE(text.find("at most 5 % of a bar's volume"), std::string::npos) << text;
    EXPECT_NE(text.find("Slippage: 1.5 basis points"), std::string::npos) << text;
    EXPECT_NE(text.find("Latency: insert 20ms"), std::string::npos) << text;
    EXPECT_NE(text.find("Funds: cash account"), std::string::npos) << text;
}

TEST(FillMode, is_parsed_from_what_it_prints) {
    for (const FillMode mode : all_fill_modes()) {
        EXPECT_EQ(parse_fill_mode(to_string(mode)), mode);
    }
    EXPECT_EQ(parse_fill_mode("optimistic"), std::nullopt);
    EXPECT_EQ(fill_mode_names(),
              "strict, backtrader, nautilus, lean-equity, lean-base, freqtrade, vectorbt");
}

}  // namespace
}  // namespace tradewind::sim
