// SPDX-License-Identifier: Apache-2.0
// Two strategies of opposite opinion in one account: whole runs, worked out by hand, recorded and
// replayed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/journal/journal_reader.hpp"
#include "adapters/journal/journal_writer.hpp"
#include "engine/replay.hpp"
#include "research/backtest.hpp"
#include "signal/strategy.hpp"
#include "sim/memory_history.hpp"
#include "support/must.hpp"

namespace tradewind::apps {
namespace {

using ports::SeriesKind;
using test::must;

const Timestamp kStart = *parse_timestamp("2024-01-01T00:00:00Z");

/// Sends an order in answer to the n-th print that it sees.
class Sends final : public signal::Strategy {
public:
    using Orders = std::multimap<std::size_t, OrderSpec>;
    explicit Sends(Orders orders) : orders_(std::move(orders)) {}
    void on_trade(signal::Context& context, const Trade& trade) override {
        const auto [first, last] = orders_.equal_range(++seen_);
        for (auto it = first; it != last; ++it) {
            OrderSpec spec = it->second;
            spec.instrument = trade.instrument;
            context.submit(spec);
        }
    }

private:
    Orders orders_;
    std::size_t seen_ = 0;
};

OrderSpec market(Side side, std::int64_t units, std::optional<Leg> leg = std::nullopt) {
    return {.side = side, .leg = leg, .qty = whole_qty(units)};
}

/// A perpetual that prints once a second: 100, 101, 102, ...; taker's fee 0.1 %.
struct Desk {
    InstrumentTable table;
    sim::MemoryHistory history;
    sim::WorldSettings world;
    engine::EngineSettings engine;
    std::vector<Sends::Orders> strategies;

    Desk() {
        Instrument of = *default_instrument("XRPUSDT-PERP.BINANCE");
        of.fees = {.maker = {}, .taker = basis_points(10)};
        table.add(of);
        history.add_instrument(of);
        ports::Columns trades{SeriesKind::trade};
        for (std::int64_t s = 0; s < 10; ++s) {
            const std::int64_t cells[] = {(kStart + seconds(s)).ns, (100 + s) * base::kDecimalOne,
                                          1'000'000 * base::kDecimalOne, 0};
            for (std::size_t i = 0; i < 4; ++i) trades.columns[i].push_back(cells[i]);
        }
        history.add_series({.symbol = of.symbol, .kind = SeriesKind::trade, .spec = {}}, trades);
        world.account = sim::AccountKind::margin;
        world.deposits = {{.currency = of.quote, .amount = whole_money(10'000)}};
        engine.base = of.quote;
        engine.account = portfolio::AccountKind::margin;
        keep(PositionMode::hedging);
    }
    void keep(PositionMode mode) {
        world.positions.mode = mode;
        engine.positions.mode = mode;
    }
    [[nodiscard]] std::vector<engine::StrategySlot> slots() const {
        std::vector<engine::StrategySlot> out;
        for (const Sends::Orders& orders : strategies) {
            out.push_back({.name = "sends",
                           .strategy = std::make_unique<Sends>(orders),
                           .instruments = {InstrumentId{0}},
                           .bars = std::nullopt});
        }
        return out;
    }
    [[nodiscard]] research::BacktestResult play(ports::EventLog* log = nullptr) const {
        return must(research::run_backtest({.instruments = table,
                                            .history = history,
                                            .world = world,
                                            .engine = engine,
                                            .strategies = slots(),
                                            .log = log}));
    }
};

/// Long 10 at 101, closed at 105; short 20 at 102, 5 of them closed at 104, the rest open at 109.
Desk opposite_strategies() {
    Desk run;
    run.strategies = {{{1, market(Side::buy, 10)}, {5, market(Side::sell, 10)}},
                      {{2, market(Side::sell, 20)}, {4, market(Side::buy, 5)}}};
    return run;
}

/// Longs +40, fees 1.01 and 1.05; shorts -10 and -105, fees 2.04 and 0.52.
TEST(HedgedRun, equity_trades_and_open_legs_are_those_of_the_table) {
    const research::BacktestResult result = opposite_strategies().play();
    EXPECT_EQ(result.anomalies, 0U);
    EXPECT_EQ(to_string(*result.final_equity), "9920.38");
    EXPECT_EQ(to_string(result.fees), "4.62");
    ASSERT_EQ(result.trades.size(), 1U);
    EXPECT_EQ(result.trades[0].strategy, StrategyId{0});
    EXPECT_EQ(to_string(result.trades[0].net_pnl), "37.94");
    ASSERT_EQ(result.open.size(), 1U);
    EXPECT_EQ(result.open[0].strategy, StrategyId{1});
    EXPECT_EQ(result.open[0].qty, whole_qty(-15));
    EXPECT_EQ(to_string(result.open[0].average_price), "102");
    EXPECT_EQ(to_string(result.open[0].unrealised), "-105");
}

TEST(HedgedRun, both_legs_of_one_strategy_are_worth_what_two_strategies_are) {
    Desk run;
    run.strategies = {{{1, market(Side::buy, 10, Leg::long_leg)},
                       {2, market(Side::sell, 20, Leg::short_leg)},
                       {4, market(Side::buy, 5, Leg::short_leg)},
                       {5, market(Side::sell, 10, Leg::long_leg)}}};
    const research::BacktestResult result = run.play();
    EXPECT_EQ(to_string(*result.final_equity), "9920.38");
    EXPECT_EQ(result.open.size(), 1U);
}

/// The same orders add up to the same account, but for who is charged for the margin.
TEST(HedgedRun, is_worth_what_the_netted_account_is) {
    Desk run = opposite_strategies();
    const research::BacktestResult legs = run.play();
    run.keep(PositionMode::netting);
    const research::BacktestResult netted = run.play();
    EXPECT_EQ(legs.final_equity, netted.final_equity);
    EXPECT_EQ(legs.fees, netted.fees);
    ASSERT_EQ(netted.open.size(), 1U);
    EXPECT_FALSE(netted.open[0].strategy.has_value());
    EXPECT_EQ(netted.open[0].qty, whole_qty(-15));
}

TEST(HedgedRun, denies_a_leg_where_positions_are_netted) {
    Desk run;
    run.strategies = {{{1, market(Side::buy, 10, Leg::long_leg)}}};
    run.keep(PositionMode::netting);
    const research::BacktestResult result = run.play();
    EXPECT_EQ(result.fills, 0U);
    ASSERT_TRUE(result.first_refusal.has_value());
    EXPECT_EQ(result.first_refusal->denial.reason, DenialReason::unknown_leg);
}

TEST(HedgedRun, replay_of_its_journal_decides_the_same) {
    Desk run = opposite_strategies();
    run.strategies.push_back({{1, market(Side::buy, 7, Leg::long_leg)},
                              {2, market(Side::sell, 9, Leg::short_leg)},
                              {3, market(Side::sell, 12)},
                              {4, market(Side::buy, 4, Leg::short_leg)}});
    const std::string path = testing::TempDir() + "hedged.twj";
    auto writer = must(journal::JournalWriter::create(path, "{}"));
    static_cast<void>(run.play(writer.get()));
    must(writer->close());
    auto reader = must(journal::JournalReader::open(path));
    engine::Engine engine{run.table, run.engine, run.slots()};
    const auto replayed = engine::replay(engine, *reader);
    ASSERT_TRUE(replayed.has_value());
    EXPECT_FALSE(replayed->difference.has_value());
    const portfolio::Portfolio& books = engine.portfolio();
    // The third: 12 sold close its 7 long and make 5 more short; 4 bought close as many.
    EXPECT_EQ(books.position(StrategyId{2}, InstrumentId{0}, Leg::long_leg).qty, Qty{});
    EXPECT_EQ(books.position(StrategyId{2}, InstrumentId{0}, Leg::short_leg).qty, whole_qty(-10));
}

}  // namespace
}  // namespace tradewind::apps
