// SPDX-License-Identifier: Apache-2.0
// The book of market events, bars from smaller data, and the session calendar.
#include "market/market.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "domain/calendar.hpp"
#include "market/bar_aggregator.hpp"
#include "market/validation.hpp"
#include "orders/orders.hpp"

namespace tradewind {
namespace {

InstrumentTable shares(std::int64_t count) {
    InstrumentTable out;
    for (std::int64_t i = 0; i < count; ++i) {
        out.add(default_instrument("S" + std::to_string(i) + ".NYSE").value());
    }
    return out;
}

Instrument coin() {
    Instrument out = default_instrument("BTCUSDT.BINANCE").value();
    out.id = InstrumentId{0};
    return out;
}

Bar minute_bar(std::uint32_t instrument, std::int64_t level) {
    const Price at{400'000'000'000 + level * 10'000'000};
    return {.instrument = InstrumentId{instrument},
            .spec = time_bars(minutes(1)),
            .open_ts = {},
            .open = at,
            .high = at,
            .low = at,
            .close = at,
            .volume = whole_qty(100)};
}

void apply_bar(benchmark::State& state) {
    const InstrumentTable table = shares(state.range(0));
    market::Market market(table);
    const auto count = static_cast<std::uint32_t>(table.size());
    std::uint32_t i = 0;
    for (auto _ : state) {
        const InstrumentId id{i % count};
        market.apply(Timestamp{i}, minute_bar(id.value, i & 0xff));
        benchmark::DoNotOptimize(market.mark(id));
        ++i;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(apply_bar)->Arg(1)->Arg(500)->Arg(5000);

void apply_quote(benchmark::State& state) {
    const InstrumentTable table = shares(1);
    market::Market market(table);
    Quote quote{.instrument = {},
                .bid = {400'000'000'000},
                .ask = {400'010'000'000},
                .bid_size = {},
                .ask_size = {}};
    std::int64_t i = 0;
    for (auto _ : state) {
        quote.bid.raw = 400'000'000'000 + (i & 0xff) * 10'000'000;
        quote.ask.raw = quote.bid.raw + 10'000'000;
        market.apply(Timestamp{i++}, quote);
        benchmark::DoNotOptimize(market.mark(InstrumentId{0}));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(apply_quote);

void check_event(benchmark::State& state) {
    const InstrumentTable table = shares(1);
    const Event event{.seq = 1, .ts = Timestamp{1}, .ts_event = {}, .payload = minute_bar(0, 1)};
    for (auto _ : state) {
        benchmark::DoNotOptimize(market::check(event, table, Timestamp{0}));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(check_event);

void hours_from_trades(benchmark::State& state) {
    market::BarAggregator bars(coin(), time_bars(hours(1)));
    Trade trade{.instrument = {}, .price = {30'000'000'000'000}, .size = whole_qty(1)};
    Timestamp ts{1'700'000'000'000'000'000};
    for (auto _ : state) {
        ts = ts + seconds(1);
        trade.price.raw += 10'000'000;
        if (trade.price.raw > 31'000'000'000'000) trade.price.raw = 30'000'000'000'000;
        benchmark::DoNotOptimize(bars.on_trade(ts, trade));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hours_from_trades);

void hours_from_minutes(benchmark::State& state) {
    market::BarAggregator bars(coin(), time_bars(hours(1)));
    Bar bar = minute_bar(0, 0);
    Timestamp ts{1'699'999'200'000'000'000};
    for (auto _ : state) {
        bar.open_ts = ts;
        ts = ts + minutes(1);
        benchmark::DoNotOptimize(bars.on_bar(ts, bar));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hours_from_minutes);

void session_lookup(benchmark::State& state) {
    const auto kind = static_cast<CalendarKind>(state.range(0));
    base::Random random(3);
    std::vector<Timestamp> instants;
    for (int i = 0; i < 4096; ++i) {
        instants.push_back({900'000'000'000'000'000 +
                            static_cast<std::int64_t>(random.below(1'000'000'000'000'000'000))});
    }
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(session_from(kind, instants[i++ % instants.size()]));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(session_lookup)->Arg(0)->Arg(1)->Arg(2);

/// A market order's whole life in the book of orders.
void order_life(benchmark::State& state) {
    orders::Orders orders({.instruments = 1, .strategies = 1, .closed_kept = 4096});
    std::uint64_t n = 0;
    for (auto _ : state) {
        OrderIntent intent;
        intent.id = OrderId::of(StrategyId{0}, ++n);
        intent.spec.qty = whole_qty(100);
        orders.add(intent, Timestamp{1});
        OrderEvent event;
        event.order = intent.id;
        for (const auto kind : {OrderEventKind::submitted, OrderEventKind::accepted}) {
            event.kind = kind;
            benchmark::DoNotOptimize(orders.apply(event, Timestamp{1}));
        }
        Fill fill;
        fill.qty = whole_qty(100);
        fill.price = {400'000'000'000};
        fill.trade_number = n;
        event.kind = OrderEventKind::filled;
        event.detail = fill;
        benchmark::DoNotOptimize(orders.apply(event, Timestamp{1}));
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["slots"] = static_cast<double>(orders.slots());
}
BENCHMARK(order_life);

}  // namespace
}  // namespace tradewind
