// SPDX-License-Identifier: Apache-2.0
// The whole engine over a simulated world: bars and quotes in, orders through the gate, fills, full
// accounting. Items are market events. `rss_mb` is the process's largest resident size so far.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <array>
#include <memory>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "engine/engine.hpp"
#include "engine/runner.hpp"
#include "ports/history.hpp"
#include "research/backtest.hpp"
#include "signal/registry.hpp"
#include "sim/world.hpp"

namespace tradewind {
namespace {

constexpr std::int64_t kTick = 10'000'000;
constexpr std::size_t kTableRows = std::size_t{1} << 20U;

/// A million rows of a random walk, shown again and again with later instants: as long a history as
/// one wants in the memory of a short one.
class EndlessHistory final : public ports::History {
public:
    EndlessHistory(ports::SeriesKind kind, std::uint64_t rows)
        : instrument_(*default_instrument("TEST.NYSE")) {
        instrument_.calendar = CalendarKind::always_open;
        ports::SeriesKey key{.symbol = "TEST.NYSE", .kind = kind, .spec = {}};
        if (kind == ports::SeriesKind::bar) key.spec = time_bars(minutes(1));
        step_ = kind == ports::SeriesKind::bar ? minutes(1) : milliseconds(10);
        series_.push_back({.key = key,
                           .rows = rows,
                           .first = Timestamp{},
                           .last = Timestamp{} + step_ * static_cast<std::int64_t>(rows - 1)});
        table_ = kind == ports::SeriesKind::bar ? bars() : quotes();
    }

    [[nodiscard]] const Instrument& instrument() const { return instrument_; }
    [[nodiscard]] std::span<const ports::Series> series() const override { return series_; }
    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const override {
        return symbol == instrument_.symbol ? &instrument_ : nullptr;
    }
    [[nodiscard]] std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> read(
        const ports::SeriesKey&, Timestamp, Timestamp) const override {
        return std::make_unique<Reader>(*this);
    }

private:
    class Reader final : public ports::ChunkReader {
    public:
        explicit Reader(const EndlessHistory& history) : history_(history) {}

        std::expected<std::optional<ports::Chunk>, ports::HistoryError> next() override {
            const std::uint64_t left = history_.series_.front().rows - row_;
            if (left == 0) return std::nullopt;
            ports::Chunk chunk{.rows = std::min<std::uint64_t>(left, ts_.size()), .columns = {}};
            const std::size_t from = row_ % kTableRows;
            for (std::size_t i = 0; i < chunk.rows; ++i) {
                ts_[i] = history_.step_.ns * static_cast<std::int64_t>(row_ + i);
            }
            chunk.columns[ports::kTs] = ts_.data();
            for (std::size_t c = 1; c < history_.table_.columns.size(); ++c) {
                chunk.columns[c] = history_.table_.columns[c].data() + from;
            }
            row_ += chunk.rows;
            return chunk;
        }

    private:
        const EndlessHistory& history_;
        std::uint64_t row_ = 0;
        std::array<std::int64_t, 8192> ts_{};
    };

    static std::int64_t walk(std::int64_t price, base::Random& random) {
        const auto change = static_cast<std::int64_t>(random.below(21)) - 10;
        const std::int64_t pull = (100'000'000'000 - price) / (4000 * kTick);
        return price + (change + pull) * kTick;
    }

    static ports::Columns bars() {
        using Bars = ports::BarColumns;
        ports::Columns out{ports::SeriesKind::bar};
        base::Random random{1};
        std::int64_t price = 100'000'000'000;
        for (std::size_t i = 0; i < kTableRows; ++i) {
            const std::int64_t open = price, close = walk(price, random);
            const auto wick = [&] { return static_cast<std::int64_t>(random.below(5)) * kTick; };
            out.columns[Bars::ts].push_back(0);
            out.columns[Bars::open].push_back(open);
            out.columns[Bars::high].push_back(std::max(open, close) + wick());
            out.columns[Bars::low].push_back(std::min(open, close) - wick());
            out.columns[Bars::close].push_back(close);
            out.columns[Bars::volume].push_back(1'000'000 * base::kDecimalOne);
            price = close;
        }
        return out;
    }

    static ports::Columns quotes() {
        using Quotes = ports::QuoteColumns;
        ports::Columns out{ports::SeriesKind::quote};
        base::Random random{2};
        std::int64_t price = 100'000'000'000;
        for (std::size_t i = 0; i < kTableRows; ++i) {
            price = walk(price, random);
            out.columns[Quotes::ts].push_back(0);
            out.columns[Quotes::bid].push_back(price);
            out.columns[Quotes::ask].push_back(price + kTick);
            out.columns[Quotes::bid_size].push_back(500 * base::kDecimalOne);
            out.columns[Quotes::ask_size].push_back(500 * base::kDecimalOne);
        }
        return out;
    }

    Instrument instrument_;
    Duration step_;
    std::vector<ports::Series> series_;
    ports::Columns table_;
};

/// A strategy on quotes: long while the fast average of the middle is above the slow one.
class QuoteCross final : public signal::Strategy {
public:
    void on_quote(signal::Context& context, const Quote& quote) override {
        const double middle = 0.5 * (to_double(quote.bid) + to_double(quote.ask));
        fast_ += (middle - fast_) * 0.02;
        slow_ += (middle - slow_) * 0.002;
        const bool above = fast_ > slow_;
        if (above == long_ || ++seen_ < 1000) return;
        long_ = above;
        context.target(quote.instrument, above ? whole_qty(100) : Qty{});
    }

private:
    double fast_ = 100.0;
    double slow_ = 100.0;
    std::uint64_t seen_ = 0;
    bool long_ = false;
};

sim::WorldSettings settings_of() {
    sim::WorldSettings settings;
    settings.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000)}};
    return settings;
}

engine::RunSummary run_once(const EndlessHistory& history,
                            std::unique_ptr<signal::Strategy> strategy) {
    InstrumentTable table;
    const InstrumentId id = *table.add(history.instrument());
    auto world = sim::World::create(table, history, settings_of());
    ASSERT(world.has_value());
    std::vector<engine::StrategySlot> slots;
    slots.push_back(
        {.name = "bench", .strategy = std::move(strategy), .instruments = {id}, .bars = {}});
    engine::Engine engine{table, {}, std::move(slots)};
    const auto summary = engine::run(engine, {.source = **world, .venue = **world});
    ASSERT(summary.has_value());
    return *summary;
}

void finish(benchmark::State& state, std::uint64_t rows, const engine::RunSummary& summary) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.SetItemsProcessed(static_cast<std::int64_t>(rows) * state.iterations());
    state.counters["orders"] = static_cast<double>(summary.commands);
    state.counters["rss_mb"] = static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// A single run, as `tradewind backtest` makes it: metrics included. `steps`: told every bar.
void cross_bars(benchmark::State& state, bool steps) {
    const auto rows = static_cast<std::uint64_t>(state.range(0));
    const EndlessHistory history{ports::SeriesKind::bar, rows};
    engine::RunSummary summary;
    for ([[maybe_unused]] auto _ : state) {
        InstrumentTable table;
        const InstrumentId id = *table.add(history.instrument());
        const std::array traded{id};
        const signal::Params params{{{"fast", "10"}, {"slow", "30"}, {"size", "100"}}};
        auto strategy = signal::make_built_in(
            "sma-cross", {.instruments = table, .traded = traded, .params = params});
        ASSERT(strategy.has_value());
        std::vector<engine::StrategySlot> slots;
        slots.push_back(
            {.name = "bench", .strategy = std::move(*strategy), .instruments = {id}, .bars = {}});
        sim::WorldSettings world = settings_of();
        world.series = {history.series().front().key};
        const auto result = research::run_backtest({.instruments = table,
                                                    .history = history,
                                                    .world = std::move(world),
                                                    .engine = {},
                                                    .strategies = std::move(slots),
                                                    .steps = steps});
        ASSERT(result.has_value());
        summary = result->run;
    }
    finish(state, rows, summary);
}
void sma_cross_bars(benchmark::State& state) { cross_bars(state, false); }
void sma_cross_bars_stepped(benchmark::State& state) { cross_bars(state, true); }

void cross_quotes(benchmark::State& state) {
    const auto rows = static_cast<std::uint64_t>(state.range(0));
    const EndlessHistory history{ports::SeriesKind::quote, rows};
    engine::RunSummary summary;
    for ([[maybe_unused]] auto _ : state)
        summary = run_once(history, std::make_unique<QuoteCross>());
    finish(state, rows, summary);
}

/// The strategy's arithmetic and nothing else: two running sums, a comparison, a count of changes.
/// What the machine can do today; the others are read as ratios to it.
void bare_sma_loop(benchmark::State& state) {
    const auto rows = static_cast<std::size_t>(state.range(0));
    std::vector<double> closes(rows);
    base::Random random{3};
    double price = 100.0;
    for (double& close : closes) {
        price += 0.01 * (static_cast<double>(random.below(21)) - 10.0);
        close = price;
    }
    std::uint64_t changes = 0;
    for ([[maybe_unused]] auto _ : state) {
        double fast = 0.0, slow = 0.0;
        bool above = false;
        for (std::size_t i = 0; i < rows; ++i) {
            fast += closes[i] - (i >= 10 ? closes[i - 10] : 0.0);
            slow += closes[i] - (i >= 30 ? closes[i - 30] : 0.0);
            const bool now = i >= 29 && fast * 3.0 > slow;
            changes += now != above ? 1U : 0U;
            above = now;
        }
        benchmark::DoNotOptimize(changes);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(rows) * state.iterations());
}

BENCHMARK(bare_sma_loop)->Arg(10'000'000)->Repetitions(5)->Unit(benchmark::kMillisecond);
BENCHMARK(sma_cross_bars)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(sma_cross_bars_stepped)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(cross_quotes)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->Repetitions(5)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(cross_quotes)->Arg(100'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tradewind
