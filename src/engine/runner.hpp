// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "domain/event.hpp"
#include "engine/engine.hpp"
#include "ports/event_log.hpp"
#include "ports/event_source.hpp"
#include "ports/venue.hpp"

namespace tradewind::engine {

/// Where bars of one series come one after another with nothing between them, for whoever would
/// rather not step through each.
class QuietBars {
public:
    QuietBars() = default;
    QuietBars(const QuietBars&) = delete;
    QuietBars& operator=(const QuietBars&) = delete;
    virtual ~QuietBars() = default;

    /// The rows that come next, of the track that it has then; empty where something else does.
    [[nodiscard]] virtual market::BarRows next() = 0;
    [[nodiscard]] virtual const market::BarTrack& track() const = 0;
    /// The source goes on after so many of them.
    virtual void pass_over(std::size_t bars) = 0;
};

/// What the engine is plugged into. Backtest, paper and live differ in nothing else.
struct Plugs {
    ports::EventSource& source;
    ports::Venue& venue;
    ports::EventLog* log = nullptr;  ///< absent: nothing is recorded
    /// Absent: the engine steps through every event. Not with a log, which wants them all.
    QuietBars* quiet = nullptr;
    std::function<bool()> stop{};  ///< asked after each step: true ends the run there
    Sequence seen = 0;  ///< events that the engine has seen before, of a run that goes on
};

struct RunSummary {
    Sequence events = 0;
    std::uint64_t commands = 0;  ///< sent to the venue, timers not counted
    std::uint64_t refusals = 0;
    Timestamp first;  ///< of the first event
    Timestamp last;
};

/// Told the events so far and the engine's now, about every `kProgressEvery` events.
using Progress = std::function<void(Sequence events, Timestamp now)>;
inline constexpr Sequence kProgressEvery = 1 << 20;

/// The loop: skim what is quiet; number the event, journal it, step, journal the decisions,
/// send the commands. The error is one line.
[[nodiscard]] std::expected<RunSummary, std::string> run(Engine& engine, const Plugs& plugs,
                                                         const Progress& progress = {});

}  // namespace tradewind::engine
