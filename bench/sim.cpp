// SPDX-License-Identifier: Apache-2.0
// The simulated world alone: what it costs to hand out an event, with and without orders at work.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>

#include "base/assert.hpp"
#include "sim/generate.hpp"
#include "sim/memory_history.hpp"
#include "sim/world.hpp"

namespace tradewind {
namespace {

constexpr std::size_t kRows = 1'000'000;

Instrument shares(std::size_t number) {
    Instrument out = *default_instrument("TEST" + std::to_string(number) + ".NYSE");
    out.calendar = CalendarKind::always_open;
    return out;
}

/// `series` instruments with `rows` rows each.
struct Setting {
    InstrumentTable table;
    sim::MemoryHistory history;
    sim::WorldSettings settings;

    Setting(ports::SeriesKind kind, std::size_t series, std::size_t rows) {
        for (std::size_t i = 0; i < series; ++i) {
            const Instrument instrument = shares(i);
            ASSERT(table.add(instrument).has_value());
            ports::SeriesKey key{.symbol = instrument.symbol, .kind = kind, .spec = {}};
            ports::Columns columns{kind};
            sim::GenerateSettings made;
            made.instrument = instrument;
            made.seed = i + 1;
            if (kind == ports::SeriesKind::bar) {
                key.spec = time_bars(minutes(1));
                sim::BarGenerator{made}.append(columns, rows);
            } else {
                made.interval = milliseconds(10);
                sim::TickGenerator{made}.append_quotes(columns, nullptr, rows);
            }
            history.add_series(key, std::move(columns));
        }
        settings.account = sim::AccountKind::margin;
        settings.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000'000)}};
    }

    [[nodiscard]] std::unique_ptr<sim::World> world() const {
        auto made = sim::World::create(table, history, settings);
        ASSERT(made.has_value());
        return std::move(*made);
    }
};

const Setting& bars() {
    static const Setting setting{ports::SeriesKind::bar, 1, kRows};
    return setting;
}
const Setting& many_bars() {
    static const Setting setting{ports::SeriesKind::bar, 500, kRows / 500};
    return setting;
}
const Setting& quotes() {
    static const Setting setting{ports::SeriesKind::quote, 1, kRows};
    return setting;
}

void drain(benchmark::State& state, const Setting& setting) {
    for (auto _ : state) {
        const auto world = setting.world();
        Event event;
        while (world->next(event) == ports::EventSource::Next::event) {
            benchmark::DoNotOptimize(event);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

void BM_bars_without_orders(benchmark::State& state) { drain(state, bars()); }
void BM_bars_of_500_instruments(benchmark::State& state) { drain(state, many_bars()); }
void BM_quotes_without_orders(benchmark::State& state) { drain(state, quotes()); }

OrderIntent order(std::uint64_t number, Side side, OrderType type, std::optional<Price> price) {
    OrderIntent out;
    out.id = OrderId::of(StrategyId{0}, number);
    out.spec.instrument = InstrumentId{0};
    out.spec.side = side;
    out.spec.type = type;
    out.spec.qty = whole_qty(1);
    out.spec.limit_price = price;
    return out;
}

/// Limits far from the market that every bar must be tested against.
void BM_bars_with_resting_limits(benchmark::State& state) {
    for (auto _ : state) {
        const auto world = bars().world();
        Event event;
        std::uint64_t sent = 0;
        while (world->next(event) == ports::EventSource::Next::event) {
            while (sent < static_cast<std::uint64_t>(state.range(0))) {
                world->send(
                    SubmitOrder{order(++sent, Side::buy, OrderType::limit, Price{10'000'000})},
                    event.ts);
            }
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

/// One order on each side of the book that does not fill.
void BM_quotes_with_two_resting_limits(benchmark::State& state) {
    for (auto _ : state) {
        const auto world = quotes().world();
        Event event;
        bool sent = false;
        while (world->next(event) == ports::EventSource::Next::event) {
            if (sent) continue;
            sent = true;
            world->send(SubmitOrder{order(1, Side::buy, OrderType::limit, Price{10'000'000})},
                        event.ts);
            world->send(
                SubmitOrder{order(2, Side::sell, OrderType::limit, Price{90'000'000'000'000})},
                event.ts);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

/// A market order on every tenth bar, there and back again.
void BM_bars_with_a_trade_every_tenth(benchmark::State& state) {
    for (auto _ : state) {
        const auto world = bars().world();
        Event event;
        std::uint64_t sent = 0, seen = 0;
        while (world->next(event) == ports::EventSource::Next::event) {
            if (!std::holds_alternative<Bar>(event.payload) || ++seen % 10 != 0) continue;
            const Side side = ++sent % 2 == 1 ? Side::buy : Side::sell;
            world->send(SubmitOrder{order(sent, side, OrderType::market, std::nullopt)}, event.ts);
        }
        state.counters["fills"] = static_cast<double>(world->counts().fills);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

/// A million minutes inside their hours: items are minutes.
const Setting& hours_and_minutes() {
    static const Setting setting = [] {
        using B = ports::BarColumns;
        Setting out{ports::SeriesKind::bar, 1, kRows};
        ports::SeriesKey key = out.history.series().front().key;
        auto reader = out.history.read(key, kTimestampMin, kTimestampMax);
        ASSERT(reader.has_value());
        ports::Columns joined{ports::SeriesKind::bar};
        auto& columns = joined.columns;
        while (const auto chunk = *(*reader)->next()) {
            for (std::size_t i = 0; i < chunk->rows; ++i) {
                const auto cell = [&](std::size_t c) { return chunk->column(c)[i]; };
                const std::int64_t label = cell(B::ts) / hours(1).ns * hours(1).ns;
                if (joined.rows() == 0 || columns[B::ts].back() != label) {
                    for (std::size_t c = 0; c < B::count; ++c) columns[c].push_back(cell(c));
                    columns[B::ts].back() = label;
                    continue;
                }
                columns[B::high].back() = std::max(columns[B::high].back(), cell(B::high));
                columns[B::low].back() = std::min(columns[B::low].back(), cell(B::low));
                columns[B::close].back() = cell(B::close);
                columns[B::volume].back() += cell(B::volume);
            }
        }
        out.settings.finer = {key};
        key.spec = time_bars(hours(1));
        out.settings.series = {key};
        out.history.add_series(key, std::move(joined));
        return out;
    }();
    return setting;
}

/// `orders` limits far from the market wait in every minute.
void BM_hours_resolved_by_minutes(benchmark::State& state) {
    for (auto _ : state) {
        const auto world = hours_and_minutes().world();
        ASSERT(world->finer().front().resolved == world->finer().front().bars);
        Event event;
        std::uint64_t sent = 0;
        while (world->next(event) == ports::EventSource::Next::event) {
            while (sent < static_cast<std::uint64_t>(state.range(0))) {
                world->send(
                    SubmitOrder{order(++sent, Side::buy, OrderType::limit, Price{10'000'000})},
                    event.ts);
            }
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRows));
}

BENCHMARK(BM_bars_without_orders)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bars_of_500_instruments)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_quotes_without_orders)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bars_with_resting_limits)->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_hours_resolved_by_minutes)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_quotes_with_two_resting_limits)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_bars_with_a_trade_every_tenth)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
