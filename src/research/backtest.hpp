// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/instrument.hpp"
#include "engine/engine.hpp"
#include "engine/runner.hpp"
#include "monitor/metrics.hpp"
#include "ports/event_log.hpp"
#include "ports/history.hpp"
#include "research/report.hpp"
#include "risk/limit_watch.hpp"
#include "risk/risk_report.hpp"
#include "sim/world.hpp"

namespace tradewind::research {

struct BacktestResult;

/// Looks at a run on its way.
struct Checkpoints {
    /// Ascending. The look is taken when all up to the instant, it included, has happened.
    std::span<const Timestamp> at{};
    /// Told the place in `at` and what a run that ended here would have come to; false ends it. The
    /// counts of events in `run` are not known yet.
    std::function<bool(std::size_t place, const BacktestResult& so_far)> go_on{};
    /// The benchmark's curve until each instant, where it is known already.
    std::span<const std::vector<monitor::EquityPoint>> benchmark_curves{};
};

/// One backtest: the engine on a simulated world.
struct BacktestInput {
    const InstrumentTable& instruments;
    const ports::History& history;
    sim::WorldSettings world;
    engine::EngineSettings engine;
    std::vector<engine::StrategySlot> strategies;
    ports::EventLog* log = nullptr;
    engine::Progress progress{};
    /// Held from the first bar to the last beside the run; absent: none.
    std::optional<ports::SeriesKey> benchmark{};
    double annual_factor = 252;
    double risk_free = 0;  ///< a year
    std::optional<monitor::Trials> trials{};
    /// The run ends once the marked equity has fallen by this share of its peak.
    std::optional<double> stop_drawdown{};
    Checkpoints checkpoints{};
    /// Every event is stepped through. Otherwise a run without a log skims the bars on which
    /// nothing happens, where its strategy can (engine::Engine::skim); the result is the same.
    bool steps = false;
    /// All of the only series that is played, where somebody has it; of a run that may skim.
    const market::BarTrack* track = nullptr;
    /// Shown the engine once all is played.
    std::function<void(engine::Engine&)> at_end{};
    /// The benchmark's curve, where it is known already: read in place of `benchmark`.
    std::span<const monitor::EquityPoint> benchmark_curve{};
};

/// A position that the end of the data left open.
struct OpenPosition {
    InstrumentId instrument;
    Qty qty;
    Price average_price;
    Price mark;
    Money unrealised;                      ///< quote currency
    std::optional<StrategyId> strategy{};  ///< hedging: whose leg; absent: the account's
};

/// What limits and brakes did. By the places of the settings' limits, and of their brakes.
struct RiskRecord {
    std::vector<std::uint64_t> denied{};  ///< by limit: orders denied
    std::vector<std::uint64_t> shrunk{};  ///< by limit: orders made smaller
    std::vector<risk::LimitUse> uses{};   ///< by limit; empty where nobody watched
    std::vector<Timestamp> days{};        ///< of the uses by day
    std::uint64_t exceeded = 0;           ///< orders beyond a hard limit, by who watches the gate
    std::vector<engine::BrakeRecord> brakes{};
    std::vector<std::vector<std::uint64_t>> stopped{};  ///< by strategy and stop: positions closed
    std::vector<risk::RiskDay> measured{};              ///< day by day; empty where nobody measured
    double tail = 0.05;  ///< probability outside the VaR that was measured
    /// Looked back at; absent unless the settings measure risk.
    std::optional<risk::RiskReport> report{};
};

struct BacktestResult {
    engine::RunSummary run;
    sim::WorldCounts world;
    std::vector<sim::FinerUse> finer;  ///< what finer data did, a series each
    Money start_equity;
    std::optional<Money> final_equity;  ///< nullopt where a currency has no rate
    Money fees;                         ///< of all fills, those of positions still open too
    Money slippage;
    std::uint64_t fills = 0;
    std::uint64_t unvalued_fills = 0;  ///< in a currency without a rate
    engine::RefusalCounts refusals{};
    std::optional<Refusal> first_refusal;
    RiskRecord risk;
    std::uint64_t anomalies = 0;  ///< reports of the venue that did not fit
    monitor::Metrics metrics;
    double max_drawdown_of_marks = 0;  ///< over every mark, not only the days' ends
    std::vector<monitor::EquityPoint> equity;
    std::vector<monitor::EquityPoint> benchmark;
    std::vector<monitor::ExposurePoint> exposures;
    std::vector<monitor::ClosedTrade> trades;
    std::uint64_t trades_closed = 0;  ///< more than `trades` holds where the list was cut
    std::vector<OpenPosition> open;
    bool stopped = false;  ///< it fell by `stop_drawdown`; the figures are of what was run
};

/// The error is one line.
[[nodiscard]] std::expected<BacktestResult, std::string> run_backtest(BacktestInput input);

/// What `run_backtest` holds beside the run for `input.benchmark`, bought with so much, of the bars
/// that close until an instant; empty without one.
[[nodiscard]] std::expected<std::vector<monitor::EquityPoint>, std::string> benchmark_curve(
    const BacktestInput& input, Money capital, Timestamp until = kTimestampMax);

/// Bars of a series for a price chart, joined so that there are at most `max_bars`.
[[nodiscard]] std::expected<PriceSeries, std::string> read_prices(const ports::History& history,
                                                                  const Instrument& instrument,
                                                                  const ports::SeriesKey& key,
                                                                  std::size_t max_bars);

}  // namespace tradewind::research
