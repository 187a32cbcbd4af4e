// SPDX-License-Identifier: Apache-2.0
// Ticks and books folded to fields of bars (feature::Tape). Items are events; the book's own cost,
// which bench/book.cpp measures alone, is in those of levels.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "feature/tape/tape.hpp"
#include "support/book_files.hpp"

namespace tradewind {
namespace {

struct Tick {
    Timestamp ts;
    std::variant<Quote, Trade, BookLevel> payload;
    std::size_t number = 0;  ///< in its file

    [[nodiscard]] auto order() const { return std::tuple{ts.ns, payload.index(), number}; }
};

enum Kinds : std::uint8_t { quotes = 1, trades = 2, levels = 4 };

/// Six minutes of a perpetual, as recorded; empty where the data is not at hand.
std::vector<Tick> recorded(int kinds) {
    const std::string base = "book/BTCUSDT-PERP.binance.";
    std::vector<Tick> out;
    if ((kinds & quotes) != 0) {
        for (const auto& row : test::quote_rows(base + "ticks.csv.gz")) {
            out.push_back({row.ts, row.payload, out.size()});
        }
    }
    if ((kinds & trades) != 0) {
        for (const auto& f : test::csv_rows(base + "trades.csv.gz")) {
            out.push_back({{std::stoll(f[0])},
                           Trade{.instrument = {},
                                 .aggressor = f[4] == "buy" ? Aggressor::buyer : Aggressor::seller,
                                 .price = test::price(f[2]),
                                 .size = test::qty(f[3])},
                           out.size()});
        }
    }
    if ((kinds & levels) != 0) {
        for (const auto& row : test::level_rows(base + "l2.csv.gz")) {
            out.push_back({row.ts, row.payload, out.size()});
        }
    }
    // quotes before trades before levels of one instant
    std::sort(out.begin(), out.end(),
              [](const Tick& a, const Tick& b) { return a.order() < b.order(); });
    return out;
}

/// Bars of a second.
void tape(benchmark::State& state) {
    const auto kinds = static_cast<int>(state.range(0));
    const std::vector<Tick> ticks = recorded(kinds);
    if (ticks.empty()) return state.SkipWithError("no market data: set TRADEWIND_DATA");
    double sum = 0;
    for (auto _ : state) {
        feature::Tape tape{{.touch_of_book = (kinds & quotes) == 0}};
        Timestamp close = ticks.front().ts + seconds(1);
        tape.open(ticks.front().ts);
        for (const Tick& tick : ticks) {
            while (tick.ts >= close) {
                sum += tape.close(close).at(feature::Field::order_flow);
                tape.open(close);
                close = close + seconds(1);
            }
            std::visit([&](const auto& payload) { tape.on(tick.ts, payload); }, tick.payload);
        }
    }
    benchmark::DoNotOptimize(sum);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(ticks.size()));
}
BENCHMARK(tape)
    ->ArgName("kinds")
    ->Arg(quotes)
    ->Arg(trades)
    ->Arg(quotes | trades)
    ->Arg(levels)
    ->Arg(quotes | trades | levels)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
