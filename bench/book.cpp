// SPDX-License-Identifier: Apache-2.0
// Order books: matching, and aggregated levels.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/random.hpp"
#include "market/level_book.hpp"
#include "market/matching_book.hpp"
#include "order_flow.hpp"
#include "support/book_files.hpp"

namespace tradewind {
namespace {

// --- matching -----------------------------------------------------------------------------------

/// Looks at every event, as whoever passes them on would.
struct Sum {
    std::int64_t of = 0;

    void on(const market::Accepted& e) { of += e.qty.raw; }
    void on(const market::Traded& e) { of += e.qty.raw + e.price.raw; }
    void on(const market::Cancelled& e) { of += e.qty.raw; }
    void on(const market::Amended& e) { of += e.leaves.raw; }
    void on(const market::LevelChanged& e) { of += e.size.raw + e.price.raw; }
};

using Book = market::MatchingBook<Sum>;

void apply(Book& book, const bench::FlowOperation& op) {
    if (op.kind == bench::FlowKind::cancel) {
        benchmark::DoNotOptimize(book.cancel(op.id));
        return;
    }
    const bool rests = op.kind == bench::FlowKind::add;
    benchmark::DoNotOptimize(
        book.add({.id = op.id,
                  .side = op.side,
                  .limit = Price{op.ticks},
                  .qty = {op.lots},
                  .rest = rests ? market::Remainder::rests : market::Remainder::cancel_rest}));
}

bench::FlowShape shape_of(const benchmark::State& state) {
    return {.live = static_cast<std::size_t>(state.range(0)),
            .levels = static_cast<std::uint64_t>(state.range(1)),
            .operations = 1'000'000};
}

/// Adds, cancels and takes on a book of so many orders over so many levels a side.
void matching_book(benchmark::State& state) {
    const bench::OrderFlow flow = bench::FlowMaker(shape_of(state)).make();
    Sum sum;
    for (auto _ : state) {
        state.PauseTiming();
        Book book(sum, {.orders = static_cast<std::size_t>(state.range(0))});
        for (const auto& op : flow.opening) apply(book, op);
        state.ResumeTiming();
        for (const auto& op : flow.operations) apply(book, op);
    }
    benchmark::DoNotOptimize(sum.of);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flow.operations.size()));
}
BENCHMARK(matching_book)->Args({2'000, 100})->Args({100'000, 1000})->Unit(benchmark::kMillisecond);

// --- L2 -----------------------------------------------------------------------------------------

/// A snapshot of `levels` a side, then diffs of 20 rows: most near the touch, a third of them new
/// levels or removals, as in recorded books.
std::vector<BookLevel> generated_levels(std::int64_t levels, std::size_t rows) {
    constexpr std::int64_t kTick = 10'000'000;
    base::Random random(7);
    std::vector<BookLevel> out;
    const auto push = [&](Side side, std::int64_t away, std::int64_t size, BookFlags flags) {
        const std::int64_t offset = (1 + away) * kTick;
        out.push_back({.instrument = {},
                       .side = side,
                       .flags = flags,
                       .price = {60'000'000'000'000 + (side == Side::buy ? -offset : offset)},
                       .size = {size * 1'000'000},
                       .first_update_id = 0,
                       .last_update_id = 0,
                       .previous_update_id = 0});
    };
    for (std::int64_t i = 0; i < levels; ++i) {
        push(Side::buy, i, 5, {.snapshot = true, .last = false});
        push(Side::sell, i, 5, {.snapshot = true, .last = i + 1 == levels});
    }
    for (std::size_t i = 0; i < rows; ++i) {
        const auto far = static_cast<std::uint64_t>(levels);
        const std::uint64_t away = std::min(random.below(far), random.below(far));
        const std::uint64_t near = std::min(away, random.below(far));
        const Side side = random.below(2) == 0 ? Side::buy : Side::sell;
        const auto size = random.below(4) == 0 ? 0 : 1 + random.below(1000);
        push(side, static_cast<std::int64_t>(near), static_cast<std::int64_t>(size),
             {.snapshot = false, .last = i % 20 == 19});
    }
    return out;
}

/// The stream again and again; its first row is a snapshot's, which clears the book.
void fold_rows(benchmark::State& state, const std::vector<BookLevel>& rows) {
    if (rows.empty()) {
        state.SkipWithError("no market data: set TRADEWIND_DATA");
        return;
    }
    market::LevelBook book;
    for (auto _ : state) {
        for (const BookLevel& row : rows) benchmark::DoNotOptimize(book.apply(row));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
    state.counters["levels"] = static_cast<double>(book.depth(Side::buy) + book.depth(Side::sell));
}

void level_book_generated(benchmark::State& state) {
    fold_rows(state, generated_levels(state.range(0), 1'000'000));
}
BENCHMARK(level_book_generated)->Arg(100)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// A recording behind its snapshot.
void level_book_recorded(benchmark::State& state, const char* file) {
    std::vector<BookLevel> rows;
    for (const auto& [ts, row] : test::level_rows(file)) {
        if (!rows.empty() || row.flags.snapshot) rows.push_back(row);
    }
    for (BookLevel& row : rows) {
        row.first_update_id = row.last_update_id = row.previous_update_id = 0;
    }
    fold_rows(state, rows);
}
BENCHMARK_CAPTURE(level_book_recorded, spot, "book/BTCUSDT.binance.l2.csv.gz")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(level_book_recorded, perpetual, "book/BTCUSDT-PERP.binance.l2.csv.gz")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
