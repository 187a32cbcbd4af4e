// SPDX-License-Identifier: Apache-2.0
// The book of positions: what a bar costs (mark and equity), what a fill costs.
#include "portfolio/portfolio.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "monitor/trade_recorder.hpp"

namespace tradewind {
namespace {

constexpr std::size_t kPrices = 4096;

std::vector<Price> prices(std::int64_t start) {
    base::Random random(1);
    std::vector<Price> out;
    for (std::size_t i = 0; i < kPrices; ++i) {
        start += (static_cast<std::int64_t>(random.below(21)) - 10) * 10'000'000;
        out.push_back({start});
    }
    return out;
}

Fill fill(Side side, Price at) {
    Fill out;
    out.side = side;
    out.qty = whole_qty(100);
    out.price = at;
    out.fee = whole_money(1);
    out.fee_currency = kUsd;
    return out;
}

InstrumentTable shares(std::int64_t count) {
    InstrumentTable out;
    for (std::int64_t i = 0; i < count; ++i) {
        out.add(default_instrument("S" + std::to_string(i) + ".NYSE").value());
    }
    return out;
}

/// One share held, in base currency: the path of a single-instrument backtest.
void mark_and_equity(benchmark::State& state) {
    const InstrumentTable table = shares(1);
    portfolio::Portfolio books(table, {});
    const auto path = prices(400'000'000'000);
    books.apply_fill({}, InstrumentId{0}, fill(Side::buy, path[0]));
    std::size_t i = 0;
    for (auto _ : state) {
        books.mark(InstrumentId{0}, path[i++ % kPrices]);
        benchmark::DoNotOptimize(books.equity());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mark_and_equity);

void mark_while_flat(benchmark::State& state) {
    const InstrumentTable table = shares(1);
    portfolio::Portfolio books(table, {});
    const auto path = prices(400'000'000'000);
    std::size_t i = 0;
    for (auto _ : state) {
        books.mark(InstrumentId{0}, path[i++ % kPrices]);
        benchmark::DoNotOptimize(books.equity());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mark_while_flat);

/// Many shares held: a mark is of one, equity and exposure of all.
void mark_one_of_many(benchmark::State& state) {
    const InstrumentTable table = shares(state.range(0));
    portfolio::Portfolio books(table, {});
    const auto path = prices(400'000'000'000);
    for (const Instrument& share : table.all()) {
        books.apply_fill({}, share.id, fill(Side::buy, path[0]));
    }
    const auto count = static_cast<std::uint32_t>(table.size());
    std::uint32_t id = 0;
    std::size_t i = 0;
    for (auto _ : state) {
        books.mark(InstrumentId{id}, path[i++ % kPrices]);
        id = id + 1 == count ? 0 : id + 1;
        benchmark::DoNotOptimize(books.equity());
        benchmark::DoNotOptimize(books.exposure());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mark_one_of_many)->Arg(10)->Arg(500)->Arg(5000);

/// A position in yen, converted at a pair that does not move.
void mark_in_another_currency(benchmark::State& state) {
    InstrumentTable table;
    table.add(default_instrument("USDJPY.OANDA").value());
    Instrument toyota = default_instrument("TM.NYSE").value();
    toyota.quote = toyota.settlement = Currency::parse("JPY").value();
    table.add(toyota);
    portfolio::Portfolio books(table, {});
    const auto path = prices(2'000'000'000'000);
    books.mark(InstrumentId{0}, {150'000'000'000});
    books.apply_fill({}, InstrumentId{1}, fill(Side::buy, path[0]));
    std::size_t i = 0;
    for (auto _ : state) {
        books.mark(InstrumentId{1}, path[i++ % kPrices]);
        benchmark::DoNotOptimize(books.equity());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(mark_in_another_currency);

void open_and_close(benchmark::State& state) {
    const InstrumentTable table = shares(1);
    portfolio::Portfolio books(table, {});
    const auto path = prices(400'000'000'000);
    std::size_t i = 0;
    for (auto _ : state) {
        const Side side = i % 2 == 0 ? Side::buy : Side::sell;
        benchmark::DoNotOptimize(
            books.apply_fill({}, InstrumentId{0}, fill(side, path[i % kPrices])));
        ++i;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(open_and_close);

void recorder_sees_a_bar(benchmark::State& state) {
    const InstrumentTable table = shares(1);
    monitor::TradeRecorder recorder(table, {});
    const auto path = prices(400'000'000'000);
    monitor::RecordedFill entry;
    entry.fill = fill(Side::buy, path[0]);
    recorder.on_fill(entry);
    Bar bar;
    std::size_t i = 0;
    for (auto _ : state) {
        const Price at = path[i++ % kPrices];
        bar.open = bar.high = bar.low = bar.close = at;
        recorder.on_bar(bar);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(recorder_sees_a_bar);

}  // namespace
}  // namespace tradewind
