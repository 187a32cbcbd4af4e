// SPDX-License-Identifier: Apache-2.0
// Recorded and generated order books through the simulated venue (its book, the queues of our
// orders, consumption) and the whole engine with a strategy that makes a market. Items are rows:
// L2 deltas and prints.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "engine/engine.hpp"
#include "engine/runner.hpp"
#include "sim/memory_history.hpp"
#include "sim/world.hpp"
#include "support/book_files.hpp"

namespace tradewind {
namespace {

constexpr const char* kSymbol = "BTCUSDT-PERP.BINANCE";

// --- histories ----------------------------------------------------------------------------------

struct Recorded {
    sim::MemoryHistory history;
    Instrument instrument;
    std::int64_t rows = 0;
};

Instrument perpetual() {
    Instrument out = *default_instrument(kSymbol);
    out.asset_class = AssetClass::crypto_perpetual;
    out.tick = {100'000'000};
    out.lot = {1'000'000};
    out.calendar = CalendarKind::always_open;
    return out;
}

void add(Recorded& out, ports::SeriesKind kind, ports::Columns columns) {
    if (columns.rows() == 0) return;
    out.rows += static_cast<std::int64_t>(columns.rows());
    out.history.add_series({.symbol = kSymbol, .kind = kind, .spec = {}}, std::move(columns));
}

template <std::size_t N>
void push(ports::Columns& out, const std::array<std::int64_t, N>& row) {
    for (std::size_t i = 0; i < N; ++i) out.columns[i].push_back(row[i]);
}

void push_level(ports::Columns& out, Timestamp received, Timestamp happened, const BookLevel& l) {
    using C = ports::BookLevelColumns;
    std::array<std::int64_t, C::count> row{};
    row[C::ts] = received.ns;
    row[C::ts_exch] = happened.ns;
    row[C::flags] = (l.flags.snapshot ? ports::BookRowFlags::snapshot : 0) |
                    (l.flags.last ? ports::BookRowFlags::last : 0);
    row[C::side] = static_cast<std::int64_t>(l.side);
    row[C::price] = l.price.raw;
    row[C::size] = l.size.raw;
    row[C::first_update_id] = static_cast<std::int64_t>(l.first_update_id);
    row[C::last_update_id] = static_cast<std::int64_t>(l.last_update_id);
    row[C::previous_update_id] = static_cast<std::int64_t>(l.previous_update_id);
    push(out, row);
}

/// Six minutes of a perpetual, as recorded; empty where the data is not at hand.
std::unique_ptr<Recorded> recorded() {
    auto out = std::make_unique<Recorded>();
    out->instrument = perpetual();
    out->history.add_instrument(out->instrument);
    ports::Columns levels{ports::SeriesKind::book_level};
    const auto exchange = test::csv_rows("book/BTCUSDT-PERP.binance.l2.csv.gz");
    const auto rows = test::level_rows("book/BTCUSDT-PERP.binance.l2.csv.gz");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        push_level(levels, rows[i].ts, {std::stoll(exchange[i][1])}, rows[i].payload);
    }
    ports::Columns trades = ports::Columns::widest(ports::SeriesKind::trade);
    for (const auto& f : test::csv_rows("book/BTCUSDT-PERP.binance.trades.csv.gz")) {
        const auto aggressor = f[4] == "buy" ? Aggressor::buyer : Aggressor::seller;
        push(trades, std::array<std::int64_t, ports::TradeColumns::count_max>{
                         std::stoll(f[0]), test::price(f[2]).raw, test::qty(f[3]).raw,
                         static_cast<std::int64_t>(aggressor), std::stoll(f[1])});
    }
    add(*out, ports::SeriesKind::book_level, std::move(levels));
    add(*out, ports::SeriesKind::trade, std::move(trades));
    return out;
}

/// A book of 500 levels a side whose middle walks a tick now and then: messages of 20 rows, most
/// near the touch, and a print at the touch every fifth message.
std::unique_ptr<Recorded> generated() {
    constexpr std::int64_t kMessages = 50'000, kRows = 20, kLevels = 500;
    auto out = std::make_unique<Recorded>();
    out->instrument = perpetual();
    out->history.add_instrument(out->instrument);
    const std::int64_t tick = out->instrument.tick.raw;
    base::Random random(11);
    std::int64_t middle = 60'000'000'000'000 / tick;
    ports::Columns levels{ports::SeriesKind::book_level};
    ports::Columns trades{ports::SeriesKind::trade};
    const auto level = [&](std::int64_t at, Side side, std::int64_t ticks, std::int64_t size,
                           BookFlags flags) {
        push_level(levels, {at}, {},
                   {.instrument = {},
                    .side = side,
                    .flags = flags,
                    .price = {ticks * tick},
                    .size = {size * 1'000'000}});
    };
    const auto some = [&](std::int64_t most) {
        return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
    };
    for (std::int64_t i = 0; i < kLevels; ++i) {
        level(0, Side::buy, middle - 1 - i, 1 + some(5000), {.snapshot = true});
        level(0, Side::sell, middle + i, 1 + some(5000),
              {.snapshot = true, .last = i + 1 == kLevels});
    }
    for (std::int64_t message = 1; message < kMessages; ++message) {
        const std::int64_t at = message * 10'000'000;
        std::int64_t row = 0;
        if (random.below(10) == 0) {  // the touch moves: one side's best goes, the other's comes
            const bool up = random.below(2) == 0;
            level(at, up ? Side::sell : Side::buy, up ? middle : middle - 1, 0, {});
            level(at, up ? Side::buy : Side::sell, up ? middle : middle - 1, 1 + some(5000), {});
            middle += up ? 1 : -1;
            row = 2;
        }
        for (; row < kRows; ++row) {
            const bool buys = random.below(2) == 0;
            const std::int64_t away = std::min(some(kLevels), std::min(some(kLevels), some(50)));
            const std::int64_t size = away > 0 && random.below(4) == 0 ? 0 : 1 + some(5000);
            level(at, buys ? Side::buy : Side::sell, buys ? middle - 1 - away : middle + away, size,
                  {.last = row + 1 == kRows});
        }
        if (message % 5 != 0) continue;
        const bool buys = random.below(2) == 0;
        push(trades,
             std::array<std::int64_t, ports::TradeColumns::count>{
                 at + 1'000'000, (buys ? middle : middle - 1) * tick, (1 + some(2000)) * 1'000'000,
                 static_cast<std::int64_t>(buys ? Aggressor::buyer : Aggressor::seller)});
    }
    add(*out, ports::SeriesKind::book_level, std::move(levels));
    add(*out, ports::SeriesKind::trade, std::move(trades));
    return out;
}

// --- a market maker -----------------------------------------------------------------------------

/// One order at each touch, moved when the touch moves, dropped on the side of a full position.
class TouchMaker final : public signal::Strategy {
public:
    void on_book(signal::Context& context, InstrumentId id) override {
        const market::LevelBook* book = context.market().levels(id);
        if (book == nullptr || !book->has_both_sides()) return;
        quote(context, id, Side::buy, book->best(Side::buy)->price);
        quote(context, id, Side::sell, book->best(Side::sell)->price);
    }
    void on_order(signal::Context&, const OrderEvent& event) override {
        for (Own& own : own_) {
            if (own.id != event.order) continue;
            const bool is_over = event.kind == OrderEventKind::filled ||
                                 event.kind == OrderEventKind::canceled ||
                                 event.kind == OrderEventKind::rejected;
            if (is_over) own.id.reset();
        }
    }

private:
    struct Own {
        std::optional<OrderId> id;
        Price price;
    };

    void quote(signal::Context& context, InstrumentId id, Side side, Price touch) {
        Own& own = own_[static_cast<std::size_t>(side)];
        const Qty held = context.position(id);
        const bool is_full = side == Side::buy ? held >= kFull : held <= -kFull;
        if (own.id && is_full) {
            context.cancel(*own.id);
            own.price = {};
        } else if (own.id && own.price != touch && own.price.raw != 0) {
            context.replace(*own.id, {.qty = {}, .limit_price = touch, .trigger_price = {}});
            own.price = touch;
        } else if (!own.id && !is_full) {
            OrderSpec spec;
            spec.instrument = id;
            spec.side = side;
            spec.type = OrderType::limit;
            spec.qty = kSize;
            spec.limit_price = touch;
            own = {.id = context.submit(spec), .price = touch};
        }
    }

    static constexpr Qty kSize{10'000'000};
    static constexpr Qty kFull{50'000'000};
    std::array<Own, 2> own_;
};

// --- the runs -----------------------------------------------------------------------------------

sim::WorldSettings settings() {
    sim::WorldSettings out;
    out.account = sim::AccountKind::margin;
    out.check_funds = false;
    out.deposits = {{.currency = *Currency::parse("USDT"), .amount = whole_money(1'000'000)}};
    out.latencies = {.insert = milliseconds(1),
                     .replace = milliseconds(1),
                     .cancel = milliseconds(1),
                     .report = milliseconds(1)};
    out.book.queue = *sim::parse_queue_model("power2:3");
    return out;
}

enum class Whose : std::uint8_t { recorded, generated };

const Recorded& data(Whose whose) {
    static const auto kRecorded = recorded();
    static const auto kGenerated = generated();
    return whose == Whose::recorded ? *kRecorded : *kGenerated;
}

/// The merge, the venue's book and the events, without an engine or orders.
void world_alone(benchmark::State& state, Whose whose) {
    const Recorded& from = data(whose);
    if (from.rows == 0) return state.SkipWithError("no market data (TRADEWIND_DATA)");
    for ([[maybe_unused]] auto _ : state) {
        InstrumentTable table;
        ASSERT(table.add(from.instrument).has_value());
        auto world = sim::World::create(table, from.history, settings());
        ASSERT(world.has_value());
        Event event;
        while ((*world)->next(event) == ports::EventSource::Next::event) {}
    }
    state.SetItemsProcessed(from.rows * state.iterations());
}

void market_maker(benchmark::State& state, Whose whose) {
    const Recorded& from = data(whose);
    if (from.rows == 0) return state.SkipWithError("no market data (TRADEWIND_DATA)");
    std::uint64_t commands = 0, fills = 0;
    for ([[maybe_unused]] auto _ : state) {
        InstrumentTable table;
        const InstrumentId id = *table.add(from.instrument);
        auto world = sim::World::create(table, from.history, settings());
        ASSERT(world.has_value());
        std::vector<engine::StrategySlot> slots;
        slots.push_back({.name = "touch-maker",
                         .strategy = std::make_unique<TouchMaker>(),
                         .instruments = {id},
                         .bars = {}});
        engine::EngineSettings engine_settings;
        engine_settings.base = *Currency::parse("USDT");
        engine_settings.account = portfolio::AccountKind::margin;
        engine::Engine engine{table, engine_settings, std::move(slots)};
        const auto summary = engine::run(engine, {.source = **world, .venue = **world});
        ASSERT(summary.has_value());
        commands = summary->commands;
        fills = (*world)->counts().fills;
    }
    state.SetItemsProcessed(from.rows * state.iterations());
    state.counters["commands"] = static_cast<double>(commands);
    state.counters["fills"] = static_cast<double>(fills);
}

BENCHMARK_CAPTURE(world_alone, recorded, Whose::recorded)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(world_alone, generated, Whose::generated)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(market_maker, recorded, Whose::recorded)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(market_maker, generated, Whose::generated)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
