// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "engine/engine.hpp"
#include "ports/log_reader.hpp"

namespace tradewind::engine {

/// Where a replay first decided otherwise.
struct Difference {
    Sequence seq = 0;
    std::string recorded;  ///< "nothing" where there is no such decision
    std::string derived;
};

struct ReplaySummary {
    Sequence events = 0;
    std::uint64_t decisions = 0;  ///< compared and equal
    bool torn = false;            ///< the log was never closed: its writer died
    std::optional<Difference> difference;
};

/// Shown each record of the log as it is replayed; absent functions are not called.
struct ReplayObserver {
    std::function<void(const Event&)> event{};
    std::function<void(std::span<const Decision>)> decisions{};
};

/// Feeds the recorded events to the engine, which was set up as the recorded one was, and compares
/// every decision with the recorded one. Stops at the first difference. The error is one line: a
/// damaged log, or an engine that stopped.
[[nodiscard]] std::expected<ReplaySummary, std::string> replay(Engine& engine,
                                                               ports::LogReader& log,
                                                               const ReplayObserver& observer = {});

}  // namespace tradewind::engine
