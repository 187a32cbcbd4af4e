// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "domain/command.hpp"
#include "domain/event.hpp"

namespace tradewind::ports {

/// A recorded run, read from its start: events, each followed by the decisions of its step where
/// there were any.
class LogReader {
public:
    LogReader() = default;
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;
    virtual ~LogReader() = default;

    enum class Next : std::uint8_t {
        event,      ///< `event()` holds the next one
        decisions,  ///< `decisions()` holds those of the event before
        end,        ///< the run was closed in order
        torn,       ///< the log stops in the middle of a record: the process died there
        failed,     ///< the log is damaged; `error()` says where
    };

    virtual Next next() = 0;
    /// Valid until the next call of `next`.
    [[nodiscard]] virtual const Event& event() const = 0;
    [[nodiscard]] virtual std::span<const Decision> decisions() const = 0;
    [[nodiscard]] virtual std::string error() const = 0;
};

}  // namespace tradewind::ports
