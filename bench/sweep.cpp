// SPDX-License-Identifier: Apache-2.0
// A sweep of EMA lengths: each combination a whole backtest, passed over where nothing happens.
// Items are bars x combinations.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "research/backtest.hpp"
#include "research/sweep/shared_bars.hpp"
#include "signal/kernel.hpp"
#include "signal/registry.hpp"
#include "sim/memory_history.hpp"

namespace tradewind {
namespace {

constexpr std::size_t kRows = 100'000;
const ports::SeriesKey kKey{
    .symbol = "TEST.NYSE", .kind = ports::SeriesKind::bar, .spec = time_bars(minutes(1))};

ports::Columns walk() {
    using Bars = ports::BarColumns;
    constexpr std::int64_t kCent = base::kDecimalOne / 100;
    base::Random random{1};
    ports::Columns out{ports::SeriesKind::bar};
    std::int64_t price = 10'000 * kCent;
    for (std::size_t i = 0; i < kRows; ++i) {
        const auto step = static_cast<std::int64_t>(random.below(21)) - 10;
        const std::int64_t open = price, close = std::max(kCent, open + step * kCent);
        out.columns[Bars::ts].push_back(static_cast<std::int64_t>(i) * minutes(1).ns);
        out.columns[Bars::open].push_back(open);
        out.columns[Bars::high].push_back(std::max(open, close) + kCent);
        out.columns[Bars::low].push_back(std::max(kCent, std::min(open, close) - kCent));
        out.columns[Bars::close].push_back(close);
        out.columns[Bars::volume].push_back(1'000'000 * base::kDecimalOne);
        price = close;
    }
    return out;
}

/// What a sweep shares.
struct Desk {
    sim::MemoryHistory history;
    InstrumentTable table;
    sim::WorldSettings world;
    engine::EngineSettings engine;
    std::unique_ptr<research::SharedBars> shared;
    std::unique_ptr<signal::SignalKernel> kernel;

    Desk() {
        Instrument instrument = *default_instrument("TEST.NYSE");
        instrument.calendar = CalendarKind::always_open;
        instrument.fees.maker = instrument.fees.taker = basis_points(1);
        history.add_instrument(instrument);
        history.add_series(kKey, walk());
        table.add(instrument);
        world.deposits = {{.currency = kUsd, .amount = whole_money(100'000)}};
        world.slippage = {.kind = sim::SlippageKind::basis_points, .value = base::kDecimalOne};
        world.series = {kKey};
        std::string why_not;
        auto made = research::SharedBars::create(
            {.instruments = table, .world = world, .engine = engine}, history, why_not);
        if (!made || *made == nullptr) std::abort();
        shared = std::move(*made);
        kernel = signal::make_kernel("ema-cross", {.instruments = table, .track = shared->track()});
    }

    [[nodiscard]] research::BacktestResult run(std::unique_ptr<signal::Strategy> strategy,
                                               const market::BarTrack* track) const {
        std::vector<engine::StrategySlot> slots;
        slots.push_back({.name = "ema-cross",
                         .strategy = std::move(strategy),
                         .instruments = {InstrumentId{0}},
                         .bars = kKey.spec});
        auto result = research::run_backtest({.instruments = table,
                                              .history = shared->history(),
                                              .world = world,
                                              .engine = engine,
                                              .strategies = std::move(slots),
                                              .track = track});
        if (!result) std::abort();
        return std::move(*result);
    }
};

const Desk& desk() {
    static const Desk kDesk;
    return kDesk;
}

signal::Params params_of(std::int64_t fast, std::int64_t slow) {
    return {{{"fast", std::to_string(fast)}, {"slow", std::to_string(slow)}, {"size", "100"}}};
}

void count(benchmark::State& state, std::uint64_t trades) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
    state.counters["trades"] =
        benchmark::Counter(static_cast<double>(trades), benchmark::Counter::kAvgIterations);
}

/// Combinations spread over fast=2:101 slow=102:201, one an iteration.
void ema_sweep_kernel(benchmark::State& state) {
    const Desk& d = desk();
    std::uint64_t trades = 0;
    std::int64_t i = 0;
    for (auto _ : state) {
        const signal::Params params = params_of(2 + i * 37 % 100, 102 + i * 61 % 100);
        ++i;
        const auto result = d.run(std::move(*d.kernel->make(params)), &d.shared->track());
        trades += result.trades_closed;
    }
    count(state, trades);
}
BENCHMARK(ema_sweep_kernel)->Unit(benchmark::kMillisecond);

/// The same combinations, stepped through bar after bar.
void ema_sweep_engine(benchmark::State& state) {
    const Desk& d = desk();
    std::uint64_t trades = 0;
    std::int64_t i = 0;
    const std::array traded{InstrumentId{0}};
    for (auto _ : state) {
        const signal::Params params = params_of(2 + i * 37 % 100, 102 + i * 61 % 100);
        ++i;
        auto strategy = signal::make_built_in(
            "ema-cross", {.instruments = d.table, .traded = traded, .params = params});
        trades += d.run(std::move(*strategy), nullptr).trades_closed;
    }
    count(state, trades);
}
BENCHMARK(ema_sweep_engine)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
