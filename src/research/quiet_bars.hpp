// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "domain/bar_times.hpp"
#include "domain/instrument.hpp"
#include "engine/engine.hpp"
#include "engine/runner.hpp"
#include "market/bar_track.hpp"
#include "ports/history.hpp"
#include "sim/world.hpp"

/// Bars on which nobody waits for anything, for engines that skim them (engine::Engine::skim).
namespace tradewind::research {

/// Why the bars of such a run have to be stepped through whatever the strategy, a half-sentence;
/// nullopt where they need not be.
[[nodiscard]] std::optional<std::string_view> why_not_skimmed(const InstrumentTable& instruments,
                                                              const sim::WorldSettings& world,
                                                              const engine::EngineSettings& engine);
/// The same of what the bars are. The one before them closed at `before`.
[[nodiscard]] std::optional<std::string_view> why_not_skimmed(const market::BarTrackColumns& bars,
                                                              Timestamp before);

/// The quiet bars of a world as rows of a track that holds all that it plays.
class TrackedBars final : public engine::QuietBars {
public:
    TrackedBars(sim::World& world, const market::BarTrack& track) : world_(world), track_(track) {}

    [[nodiscard]] market::BarRows next() override;
    [[nodiscard]] const market::BarTrack& track() const override { return track_; }
    void pass_over(std::size_t bars) override { world_.pass_over(bars); }

private:
    sim::World& world_;
    const market::BarTrack& track_;
};

/// The quiet bars of a world as rows of a window that is read along with it: a history of any
/// length in the memory of a few thousand bars.
class StreamedBars final : public engine::QuietBars {
public:
    /// The world plays the only series of `settings`, out of `history`, which outlives this.
    StreamedBars(sim::World& world, const InstrumentTable& instruments,
                 const ports::History& history);

    [[nodiscard]] market::BarRows next() override;
    [[nodiscard]] const market::BarTrack& track() const override { return *track_; }
    void pass_over(std::size_t bars) override { world_.pass_over(bars); }

private:
    /// False: there are no such rows, or they cannot be read; the world says so in its turn.
    [[nodiscard]] bool find_chunk(std::uint64_t row);
    void fill_window(std::uint64_t row);

    static constexpr std::size_t kWindow = 4096;

    sim::World& world_;
    InstrumentId instrument_;
    BarSpec spec_;
    BarClock clock_;
    std::unique_ptr<ports::ChunkReader> reader_;
    ports::Chunk chunk_;
    std::uint64_t chunk_first_ = 0;           ///< of the run's rows
    Timestamp chunk_before_ = kTimestampMin;  ///< close of the bar before it
    std::uint64_t window_first_ = 0;
    std::size_t window_rows_ = 0;
    bool fits_ = false;  ///< the window's bars may be skimmed
    std::vector<std::int64_t> open_ts_;
    std::vector<std::int64_t> close_ts_;
    std::optional<market::BarTrack> track_;
};

}  // namespace tradewind::research
