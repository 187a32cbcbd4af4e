// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/command.hpp"

namespace tradewind::ports {

/// Where commands go: a broker or exchange, simulated or real, and the clock that sets timers.
/// Answers come back as events through the EventSource, never from here.
class Venue {
public:
    Venue() = default;
    Venue(const Venue&) = delete;
    Venue& operator=(const Venue&) = delete;
    virtual ~Venue() = default;

    /// Takes a command over at the engine's now; never blocks.
    virtual void send(const Command& command, Timestamp now) = 0;
};

}  // namespace tradewind::ports
