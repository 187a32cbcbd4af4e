// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "domain/event.hpp"

namespace tradewind::ports {

/// Where the engine's events come from: history merged with a simulated venue, live threads behind
/// a bounded inbox, or a journal.
class EventSource {
public:
    EventSource() = default;
    EventSource(const EventSource&) = delete;
    EventSource& operator=(const EventSource&) = delete;
    virtual ~EventSource() = default;

    enum class Next : std::uint8_t { event, end, failed };

    /// Fills in everything but `seq`. `ts` never goes back. Texts in the event live until the next
    /// call. `failed`: the source broke; `error()` says how.
    virtual Next next(Event& out) = 0;
    [[nodiscard]] virtual std::string error() const { return {}; }
};

}  // namespace tradewind::ports
