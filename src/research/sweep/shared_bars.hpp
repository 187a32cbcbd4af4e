// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/instrument.hpp"
#include "engine/engine.hpp"
#include "market/bar_track.hpp"
#include "ports/history.hpp"
#include "sim/memory_history.hpp"
#include "sim/settings.hpp"

namespace tradewind::research {

/// What is run again and again in a sweep, but for the strategies.
struct SharedRun {
    const InstrumentTable& instruments;
    const sim::WorldSettings& world;
    const engine::EngineSettings& engine;
};

/// The one bar series of a run in memory, for the many runs of a sweep: each passes over the bars
/// on which nothing happens. Read from several threads at once.
class SharedBars {
public:
    /// Reads the series. nullptr where the runs have to be stepped through, and then `why_not` says
    /// why, a half-sentence; the error is one line and means that the data could not be read.
    [[nodiscard]] static std::expected<std::unique_ptr<SharedBars>, std::string> create(
        const SharedRun& run, const ports::History& history, std::string& why_not);

    [[nodiscard]] const ports::History& history() const { return history_; }
    [[nodiscard]] const market::BarTrack& track() const { return *track_; }

private:
    SharedBars() = default;

    sim::MemoryHistory history_;
    std::vector<std::int64_t> open_ts_;
    std::vector<std::int64_t> close_ts_;
    std::optional<market::BarTrack> track_;
};

}  // namespace tradewind::research
