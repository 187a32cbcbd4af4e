// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/time.hpp"

namespace tradewind::ports {

/// What time it is. Only adapters/clock reads a real one; what is replayed never asks.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// UTC. It may be set back between two calls.
    [[nodiscard]] virtual Timestamp now() const = 0;
};

}  // namespace tradewind::ports
