// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>
#include <string>

#include "domain/command.hpp"
#include "domain/event.hpp"

namespace tradewind::ports {

/// The journal as the engine sees it: every event before it is acted on, every decision before it
/// is sent.
class EventLog {
public:
    EventLog() = default;
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    virtual ~EventLog() = default;

    /// The error is one line for a person ("journal J: no space left on device"). After an error
    /// nothing more may be sent.
    virtual std::expected<void, std::string> append(const Event& event) = 0;
    /// The decisions of the step of event `seq`, in order.
    virtual std::expected<void, std::string> append(Sequence seq,
                                                    std::span<const Decision> decisions) = 0;
};

}  // namespace tradewind::ports
