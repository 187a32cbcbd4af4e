// SPDX-License-Identifier: Apache-2.0
// Rows a second through the rules of data quality.
#include "market/quality.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "market/bar_quality.hpp"
#include "market/tick_quality.hpp"

namespace tradewind {
namespace {

constexpr std::size_t kRows = 1'000'000;

/// Minute bars of a coin, one in `spike_every` with a wick of a fifth.
struct Bars {
    std::array<std::vector<std::int64_t>, 6> columns;

    explicit Bars(std::size_t spike_every) {
        base::Random random{1};
        std::int64_t price = 100'000'000'000;
        for (std::size_t i = 0; i < kRows; ++i) {
            const std::int64_t open = price;
            price += static_cast<std::int64_t>((random.uniform() - 0.5) * 200'000'000);
            price = std::max<std::int64_t>(price, 10'000'000'000);
            std::int64_t low = std::min(open, price) - 20'000'000;
            if (spike_every > 0 && i % spike_every == spike_every - 1) low = low * 4 / 5;
            const std::array<std::int64_t, 6> row{static_cast<std::int64_t>(i) * minutes(1).ns,
                                                  open,
                                                  std::max(open, price) + 20'000'000,
                                                  low,
                                                  price,
                                                  1'000'000'000};
            for (std::size_t k = 0; k < row.size(); ++k) columns[k].push_back(row[k]);
        }
    }
    [[nodiscard]] market::BarRows rows() const {
        return {columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]};
    }
};

void check_bars(benchmark::State& state) {
    const Bars bars{static_cast<std::size_t>(state.range(0))};
    const Instrument coin = default_instrument("BTCUSDT.BINANCE").value();
    std::uint64_t found = 0;
    for (auto _ : state) {
        market::BarChecker checker(
            {.instrument = &coin, .spec = time_bars(minutes(1)), .splits = {}}, {},
            [&](const market::Finding&) { ++found; });
        checker.feed(bars.rows());
        checker.finish();
    }
    benchmark::DoNotOptimize(found);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(check_bars)->Arg(0)->Arg(1000)->Unit(benchmark::kMillisecond);

void check_quotes(benchmark::State& state) {
    std::array<std::vector<std::int64_t>, 5> columns;
    base::Random random{1};
    std::int64_t bid = 1'100'000'000;
    for (std::size_t i = 0; i < kRows; ++i) {
        bid += static_cast<std::int64_t>((random.uniform() - 0.5) * 20'000);
        const std::array<std::int64_t, 5> row{static_cast<std::int64_t>(i) * 100'000'300, bid,
                                              bid + 10'000, 1'000'000'000, 1'000'000'000};
        for (std::size_t k = 0; k < row.size(); ++k) columns[k].push_back(row[k]);
    }
    const Instrument coin = default_instrument("BTCUSDT.BINANCE").value();
    std::uint64_t found = 0;
    for (auto _ : state) {
        market::TickChecker checker(market::TickChecker::Kind::quote, coin, {},
                                    [&](const market::Finding&) { ++found; });
        checker.feed({columns[0], columns[1], columns[2], columns[3], columns[4]});
        checker.finish();
    }
    benchmark::DoNotOptimize(found);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}
BENCHMARK(check_quotes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
