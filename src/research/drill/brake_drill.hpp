// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "domain/time.hpp"
#include "engine/engine.hpp"

namespace tradewind::research::drill {

/// What became of a brake whose condition was brought about.
struct BrakeOutcome {
    std::size_t brake = 0;  ///< its place in the settings
    /// Why it could not be tried; empty: it was.
    std::string untried{};
    bool triggered = false;
    Sequence events = 0;  ///< told in all until it fired, or the drill gave up
    /// Events after the one from which on the condition held, by a measure of the drill's own; 0:
    /// it fired on that one.
    std::optional<std::uint64_t> latency_events{};
    std::optional<Duration> latency{};
    TradingState state = TradingState::active;
    double limit = 0;                        ///< both in what the brake counts in
    double actual = 0;                       ///< when it fired
    double gross_before = 0;                 ///< market value held, base currency: when it fired
    double gross_after = 0;                  ///< with the third price after
    bool growth_denied = false;              ///< an order that adds, asked for after it fired
    std::optional<bool> reduction_passed{};  ///< one that reduces; absent where nothing was held
    std::uint64_t growth_working = 0;        ///< orders that would add and still work
    /// Whether the state stood when the condition was over: nobody had loosened it. Absent where
    /// it warns or lapses.
    std::optional<bool> stays{};
    bool person_resumes = false;  ///< all may be done again once a named person says so
    /// What is not as the state promises; empty: all is.
    std::string fault{};

    [[nodiscard]] bool holds() const { return untried.empty() && triggered && fault.empty(); }
};

/// Brings about the condition of each brake, one after the other, each on an engine of its own that
/// has no other brake and no limit: positions and orders are put there, prices, rejections or
/// silence follow, and then orders ask what still passes. Nothing is random but by fixed seeds.
[[nodiscard]] std::vector<BrakeOutcome> exercise_brakes(const InstrumentTable& instruments,
                                                        const engine::EngineSettings& settings);

}  // namespace tradewind::research::drill
