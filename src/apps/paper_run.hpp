// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/instrument.hpp"
#include "engine/engine.hpp"
#include "engine/inbox.hpp"
#include "sim/paper_world.hpp"

namespace tradewind::apps {

/// A run on paper: the engine on what an inbox brings, before the backtest's venue.
struct PaperInput {
    const InstrumentTable& instruments;
    sim::WorldSettings world;
    std::vector<sim::PaperMarket> markets;
    engine::EngineSettings engine;
    std::vector<engine::StrategySlot> strategies;
    engine::Inbox& inbox;
    /// What the run's journal is headed by. A journal that is there already is gone on with, if it
    /// is headed by the same; empty path: nothing is recorded.
    std::filesystem::path journal{};
    std::string settings{};
    /// The last instant; absent: until the inbox closes.
    std::optional<Timestamp> until{};
    /// Shown the engine and the venue once the run has ended.
    std::function<void(const engine::Engine&, const sim::PaperWorld&)> at_end{};
};

/// What was found in a journal, and made of it.
struct Recovery {
    Sequence events = 0;  ///< replayed, each decision compared
    std::uint64_t decisions = 0;
    bool was_torn = false;
    /// Events at its end that were cut off: what the venue made of a fact that never got there.
    std::uint64_t cut = 0;
    double seconds = 0;
};

struct PaperResult {
    std::optional<Recovery> recovery{};
    Sequence events = 0;  ///< of this process
    std::uint64_t commands = 0;
    std::uint64_t refusals = 0;
    sim::WorldCounts world;
    /// From taking a fact to the order that answers it being with the venue, nanoseconds, sorted.
    std::vector<std::int64_t> latencies_ns{};
    /// Our books are the venue's: positions, open orders.
    bool is_reconciled = false;
    std::optional<std::string> journal_hash{};
};

/// The error is one line: a journal that cannot be used, a strategy that failed.
[[nodiscard]] std::expected<PaperResult, std::string> run_paper(PaperInput input);

}  // namespace tradewind::apps
