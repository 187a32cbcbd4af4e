// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/feature_sources.hpp"
#include "apps/run_config.hpp"
#include "apps/strategy_models.hpp"
#include "domain/instrument.hpp"
#include "engine/engine.hpp"
#include "ports/history.hpp"
#include "sim/settings.hpp"

namespace tradewind::apps {

/// A way to group a strategy's instruments.
struct GroupRun {
    std::string name;
    std::vector<std::string> names;  ///< by instrument of the strategy; empty: of none
};

/// A source that a strategy's features may name, with all that its file tells.
struct SourceRun {
    SourceChoice choice;
    std::string file_hash;  ///< SHA-256
    std::shared_ptr<const std::vector<NamedFact>> facts;
};

/// One strategy of a run, resolved.
struct StrategyRun {
    std::string name;
    std::string library_hash;  ///< SHA-256 of the shared library; empty for a built-in
    signal::Params params;
    std::vector<InstrumentId> instruments;
    std::optional<BarSpec> bars;
    std::vector<GroupRun> groups{};     ///< that its features may name
    std::vector<SourceRun> sources{};   ///< as well
    std::optional<ModelsRun> models{};  ///< that predict for it, from features of their own
    std::vector<risk::Stop> stops{};
    std::optional<signal::SizeSettings> sizing{};
};

/// Everything that a run's result depends on, resolved against the catalog. Its JSON text heads the
/// journal; from that text alone a replay builds the same engine again.
struct RunSettings {
    InstrumentTable instruments;
    std::vector<StrategyRun> strategies;
    engine::EngineSettings engine;
    sim::WorldSettings world;
    std::vector<ports::Series> data;   ///< what is played, with its extent
    std::vector<ports::Series> finer;  ///< what the venue alone meets, inside bars
    /// What could be met so and is not, since nobody asked. No part of the settings.
    std::vector<ports::Series> finer_unused;
    std::optional<ports::SeriesKey> benchmark;
    double annual_factor = 252;
    double risk_free = 0;
};

/// Looks the wishes up in the catalog. The error is one line with the mend.
[[nodiscard]] std::expected<RunSettings, std::string> resolve(const RunConfig& config,
                                                              const ports::History& history);

/// Bars of one instrument.
struct BarChoice {
    const Instrument* instrument = nullptr;  ///< the history's
    ports::Series series;  ///< without rows: the history does not have it, and it is made of ticks
};
/// The bars that a run with these wishes would play, one series for each instrument: where the data
/// is the two sides of a quote, the bid's. Bars of an interval that the history does not have, but
/// whose ticks it has, are made. The error is one line with the mend.
[[nodiscard]] std::expected<std::vector<BarChoice>, std::string> choose_bars(
    const RunConfig& config, const ports::History& history);

/// The same settings give the same text.
[[nodiscard]] std::string to_json(const RunSettings& settings);
/// Reads back what an engine is built from: instruments, strategies and engine settings.
[[nodiscard]] std::expected<RunSettings, std::string> settings_from_json(std::string_view text);
/// First 16 hexadecimal digits of the SHA-256 of the JSON text.
[[nodiscard]] std::string settings_hash(std::string_view json);

/// Makes one strategy, with its features.
[[nodiscard]] std::expected<engine::StrategySlot, std::string> make_slot(
    const RunSettings& settings, const StrategyRun& run);
/// Makes the strategies and ties them to their instruments. A library whose hash is not the
/// recorded one is refused.
[[nodiscard]] std::expected<std::vector<engine::StrategySlot>, std::string> make_slots(
    const RunSettings& settings);

}  // namespace tradewind::apps
