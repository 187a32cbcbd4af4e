// SPDX-License-Identifier: Apache-2.0
#include "research/backtest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/try.hpp"
#include "domain/bar_times.hpp"
#include "monitor/equity_sampler.hpp"
#include "research/quiet_bars.hpp"
#include "risk/statistics.hpp"

namespace tradewind::research {
namespace {

using Bars = ports::BarColumns;

/// Calls `each(chunk)` for all rows of a series in [from, to).
template <typename Each>
std::expected<void, std::string> for_each_chunk(const ports::History& history,
                                                const ports::SeriesKey& key, Timestamp from,
                                                Timestamp to, const Each& each) {
    auto reader = history.read(key, from, to);
    if (!reader) return std::unexpected(reader.error().text);
    while (true) {
        const auto chunk = (*reader)->next();
        if (!chunk) return std::unexpected(chunk.error().text);
        if (!*chunk) return {};
        each(**chunk);
    }
}

/// Quiet bars until an instant: what lies beyond comes through the source.
class QuietUntil final : public engine::QuietBars {
public:
    explicit QuietUntil(engine::QuietBars& all) : all_(all) {}

    [[nodiscard]] market::BarRows next() override {
        market::BarRows out = all_.next();
        if (!until_ || out.count() == 0) return out;
        // The last bar before is stepped through: what is skimmed may not be marked yet.
        out.end = std::max(out.first + 1, track().first_after(out, *until_)) - 1;
        return out;
    }
    [[nodiscard]] const market::BarTrack& track() const override { return all_.track(); }
    void pass_over(std::size_t bars) override { all_.pass_over(bars); }
    void set(std::optional<Timestamp> until) { until_ = until; }

private:
    engine::QuietBars& all_;
    std::optional<Timestamp> until_;
};

/// What may be skimmed of a run; nullptr where every event is stepped through.
std::unique_ptr<engine::QuietBars> quiet_bars(const BacktestInput& input, sim::World& world,
                                              const engine::Engine& engine) {
    if (input.log != nullptr || input.steps || !engine.skims()) return nullptr;
    if (input.track != nullptr) return std::make_unique<TrackedBars>(world, *input.track);
    if (why_not_skimmed(input.instruments, input.world, input.engine)) return nullptr;
    return std::make_unique<StreamedBars>(world, input.instruments, input.history);
}

std::function<bool()> stop_of(const BacktestInput& input, const engine::Engine& engine) {
    if (!input.stop_drawdown) return {};
    return [&engine, deepest = *input.stop_drawdown] {
        return engine.equity() != nullptr && engine.equity()->max_drawdown_of_marks() >= deepest;
    };
}

/// What so many units are worth, to the 1e-9 of a unit: a benchmark holds fractions.
Money held_at(double units, Price price) {
    constexpr double kUnitsMax = 9e9;
    const auto raw = static_cast<std::int64_t>(std::min(units, kUnitsMax) * 1e9);
    return multiply(price, Qty{raw});
}

OpenPosition open_position(const portfolio::Portfolio& book, const Instrument& instrument,
                           const portfolio::Position& position) {
    const Price mark = book.mark_of(instrument.id).value_or(Price{});
    const Money a_unit = scale(position.cost, base::kDecimalOne, instrument.multiplier.raw);
    return {.instrument = instrument.id,
            .qty = position.qty,
            .average_price = divide(a_unit, position.qty),
            .mark = mark,
            .unrealised = notional(mark, position.qty, instrument) - position.cost};
}

/// The account's positions, where hedged leg by leg.
std::vector<OpenPosition> open_positions(const engine::Engine& engine) {
    std::vector<OpenPosition> out;
    const portfolio::Portfolio& book = engine.portfolio();
    for (const InstrumentId id : book.held()) {
        const Instrument& instrument = engine.instruments().at(id);
        if (!book.settings().positions.hedges()) {
            const portfolio::Position& position = book.position(id);
            if (position.qty.raw != 0) out.push_back(open_position(book, instrument, position));
            continue;
        }
        for (const portfolio::Holding& leg : book.holdings(id)) {
            out.push_back(open_position(book, instrument, leg.position));
            out.back().strategy = leg.strategy;
        }
    }
    return out;
}

RiskRecord risk_record(const BacktestInput& input, const engine::Engine& engine) {
    const auto copy = [](const auto& span) { return std::vector(span.begin(), span.end()); };
    RiskRecord out{.denied = copy(engine.denied_by()),
                   .shrunk = copy(engine.shrunk_by()),
                   .brakes = copy(engine.state_changes())};
    for (std::size_t i = 0; i < engine.strategies(); ++i) {
        const StrategyId strategy{static_cast<std::uint16_t>(i)};
        out.stopped.push_back(copy(engine.stopped_by(strategy)));
    }
    if (const risk::LimitWatch* watch = engine.limit_watch()) {
        out.uses = copy(watch->uses());
        out.days = copy(watch->days());
        out.exceeded = watch->exceeded();
    }
    if (const risk::Statistics* statistics = engine.statistics()) {
        out.measured = copy(statistics->days());
        out.tail = statistics->settings().tail;
        // a search has thousands of runs, and nobody looks at these of any
        if (input.engine.measures_risk) {
            out.report = risk::make_report(*statistics, input.engine.risk, input.instruments);
        }
    }
    return out;
}

std::uint64_t count_anomalies(const orders::Orders& orders) {
    std::uint64_t sum = 0;
    for (int i = 1; i < orders::kAnomalyCount; ++i) {
        sum += orders.count(static_cast<orders::Anomaly>(i));
    }
    return sum;
}

std::expected<monitor::Metrics, std::string> measure(const BacktestInput& input,
                                                     const BacktestResult& result,
                                                     const monitor::EquitySampler& sampler) {
    const auto metrics = monitor::compute({.equity = result.equity,
                                           .benchmark = result.benchmark,
                                           .risk_free = monitor::AnnualRate{input.risk_free},
                                           .annual_factor = input.annual_factor,
                                           .trials = input.trials,
                                           .time_in_market = sampler.time_in_market(),
                                           .traded_notional = sampler.traded_notional(),
                                           .trades = result.trades});
    if (!metrics) return std::unexpected(monitor::describe(metrics.error()));
    return *metrics;
}

}  // namespace

/// The start capital put into the benchmark at its first open and left there, on the run's days.
std::expected<std::vector<monitor::EquityPoint>, std::string> benchmark_curve(
    const BacktestInput& input, Money capital, Timestamp until) {
    if (!input.benchmark) return std::vector<monitor::EquityPoint>{};
    const ports::SeriesKey& key = *input.benchmark;
    const Instrument* instrument = input.history.find_instrument(key.symbol);
    if (instrument == nullptr) {
        return std::unexpected(fmt::format("benchmark {}: is not in the catalog", key.symbol));
    }
    BarClock clock{instrument->calendar, key.spec};
    std::optional<monitor::EquitySampler> sampler;
    double units = 0.0;
    TRY_VOID(for_each_chunk(
        input.history, key, input.world.from.value_or(kTimestampMin),
        input.world.to.value_or(kTimestampMax), [&](const ports::Chunk& chunk) {
            const auto ts = chunk.column(Bars::ts), close = chunk.column(Bars::close);
            if (!sampler) {
                sampler.emplace(input.engine.sampling, capital);
                units = to_double(capital) / to_double(Price{chunk.column(Bars::open)[0]});
            }
            for (std::size_t i = 0; i < chunk.rows; ++i) {
                const Timestamp closes = clock.at(Timestamp{ts[i]}).close;
                if (closes > until) return;
                const Money value = held_at(units, Price{close[i]});
                sampler->mark(closes, {.equity = value, .gross = value, .net = value});
            }
        }));
    if (!sampler) return std::vector<monitor::EquityPoint>{};
    return sampler->equity();
}

namespace {

using Curve = std::vector<monitor::EquityPoint>;

/// What the run has come to; it has seen a market event.
std::expected<BacktestResult, std::string> collect(const BacktestInput& input,
                                                   const engine::Engine& engine,
                                                   const sim::World& world, Curve benchmark) {
    BacktestResult out;
    const monitor::EquitySampler& sampler = *engine.equity();
    out.world = world.counts();
    out.finer.assign(world.finer().begin(), world.finer().end());
    out.equity = sampler.equity();
    out.exposures = sampler.exposures();
    out.max_drawdown_of_marks = sampler.max_drawdown_of_marks();
    out.start_equity = engine.start_equity();
    out.final_equity = engine.portfolio().equity();
    out.fees = engine.fees();
    out.slippage = engine.slippage();
    out.stopped = input.stop_drawdown && out.max_drawdown_of_marks >= *input.stop_drawdown;
    out.fills = engine.fills();
    out.unvalued_fills = engine.unvalued_fills();
    out.refusals = engine.refusals();
    out.first_refusal = engine.first_refusal();
    out.risk = risk_record(input, engine);
    out.anomalies = count_anomalies(engine.orders());
    const auto closed = engine.trades().closed();
    out.trades.assign(closed.begin(), closed.end());
    out.trades_closed = engine.trades().closed_count();
    out.open = open_positions(engine);
    out.benchmark = std::move(benchmark);
    out.metrics = TRY(measure(input, out, sampler));
    return out;
}

/// The world's events, with a look at the run before the first one beyond each checkpoint.
class WatchedWorld final : public ports::EventSource {
public:
    WatchedWorld(const BacktestInput& input, const engine::Engine& engine, sim::World& world,
                 engine::QuietBars* quiet)
        : input_(input), engine_(engine), world_(world) {
        if (quiet != nullptr) quiet_.emplace(*quiet);
        tell_quiet();
    }

    /// The quiet bars, those before the next look alone.
    [[nodiscard]] engine::QuietBars* quiet() { return quiet_ ? &*quiet_ : nullptr; }

    Next next(Event& out) override {
        const Next found = world_.next(out);
        if (found != Next::event || next_ == at().size() || out.ts <= at()[next_]) return found;
        while (next_ < at().size() && out.ts > at()[next_]) {
            if (!look(next_++)) return error_.empty() ? Next::end : Next::failed;
        }
        tell_quiet();
        return found;
    }
    [[nodiscard]] std::string error() const override {
        return error_.empty() ? world_.error() : error_;
    }

private:
    [[nodiscard]] std::span<const Timestamp> at() const { return input_.checkpoints.at; }
    void tell_quiet() {
        if (!quiet_) return;
        quiet_->set(next_ < at().size() ? std::optional{at()[next_]} : std::nullopt);
    }
    [[nodiscard]] bool look(std::size_t place) {
        if (engine_.equity() == nullptr) return true;
        const auto so_far = result_at(place);
        if (so_far) return input_.checkpoints.go_on(place, *so_far);
        error_ = so_far.error();
        return false;
    }
    [[nodiscard]] std::expected<BacktestResult, std::string> result_at(std::size_t place) const {
        const auto known = input_.checkpoints.benchmark_curves;
        Curve curve = known.empty()
                          ? TRY(benchmark_curve(input_, engine_.start_equity(), at()[place]))
                          : known[place];
        return collect(input_, engine_, world_, std::move(curve));
    }

    const BacktestInput& input_;
    const engine::Engine& engine_;
    sim::World& world_;
    std::optional<QuietUntil> quiet_;
    std::size_t next_ = 0;
    std::string error_;
};

}  // namespace

std::expected<BacktestResult, std::string> run_backtest(BacktestInput input) {
    const auto world = TRY(sim::World::create(input.instruments, input.history, input.world));
    engine::Engine engine{input.instruments, input.engine, std::move(input.strategies)};
    const auto quiet = quiet_bars(input, *world, engine);
    std::optional<WatchedWorld> watched;
    if (!input.checkpoints.at.empty()) watched.emplace(input, engine, *world, quiet.get());
    ports::EventSource& source = watched ? static_cast<ports::EventSource&>(*watched) : *world;
    const engine::RunSummary summary =
        TRY(engine::run(engine,
                        {.source = source,
                         .venue = *world,
                         .log = input.log,
                         .quiet = watched ? watched->quiet() : quiet.get(),
                         .stop = stop_of(input, engine)},
                        input.progress));
    if (input.at_end) input.at_end(engine);
    if (engine.equity() == nullptr) {
        return std::unexpected("the chosen data holds no rows between --from and --to");
    }
    Curve curve = input.benchmark_curve.empty()
                      ? TRY(benchmark_curve(input, engine.start_equity()))
                      : Curve{input.benchmark_curve.begin(), input.benchmark_curve.end()};
    BacktestResult out = TRY(collect(input, engine, *world, std::move(curve)));
    out.run = summary;
    return out;
}

std::expected<PriceSeries, std::string> read_prices(const ports::History& history,
                                                    const Instrument& instrument,
                                                    const ports::SeriesKey& key,
                                                    std::size_t max_bars) {
    PriceSeries out{.instrument = instrument.id, .bars = {}};
    const ports::Series* series = history.find(key);
    if (series == nullptr || max_bars == 0) return out;
    const std::uint64_t join = (series->rows + max_bars - 1) / max_bars;
    BarClock clock{instrument.calendar, key.spec};
    std::uint64_t row = 0;
    TRY_VOID(
        for_each_chunk(history, key, kTimestampMin, kTimestampMax, [&](const ports::Chunk& chunk) {
            for (std::size_t i = 0; i < chunk.rows; ++i, ++row) {
                const auto at = [&](std::size_t column) {
                    return to_double(Price{chunk.column(column)[i]});
                };
                if (row % join == 0) {
                    const Timestamp open = clock.at(Timestamp{chunk.column(Bars::ts)[i]}).open;
                    out.bars.push_back({.ts = open,
                                        .open = at(Bars::open),
                                        .high = at(Bars::high),
                                        .low = at(Bars::low),
                                        .close = at(Bars::close)});
                    continue;
                }
                Ohlc& bar = out.bars.back();
                bar.high = std::max(bar.high, at(Bars::high));
                bar.low = std::min(bar.low, at(Bars::low));
                bar.close = at(Bars::close);
            }
        }));
    return out;
}

}  // namespace tradewind::research
