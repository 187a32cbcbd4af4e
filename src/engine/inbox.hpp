// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "domain/event.hpp"
#include "ports/clock.hpp"

namespace tradewind::engine {

/// Where facts from outside wait for the engine's thread. Any thread puts in, one takes out, in the
/// order in which they were put. It is bounded: who is too fast waits until there is room, so that
/// nothing is lost and memory does not grow; how often that was is counted.
///
/// Each fact is stamped as it is taken: `ts` is the clock's now and never goes back, also where the
/// clock does; `ts_event` is what the venue says, and not after it. Texts inside a fact are kept
/// with it and live until the next one is taken.
class Inbox {
public:
    enum class Taken : std::uint8_t {
        fact,
        late,    ///< nothing came by then
        closed,  ///< and nothing is left
    };

    /// `clock` outlives it; `capacity` is at least 1.
    Inbox(const ports::Clock& clock, std::size_t capacity);

    /// Waits while it is full. False: it is closed, and the fact was not taken in.
    bool put(const Payload& payload, Timestamp ts_event);
    /// Waits for the next fact, at most until the clock says `until`.
    Taken take(Event& out, Timestamp until);
    /// What is inside may still be taken; nothing more is let in, and who waits goes on.
    void close();

    /// The clock's now, not before anything that was taken.
    Timestamp now();

    struct Counts {
        std::uint64_t taken = 0;
        std::uint64_t waits = 0;     ///< times that somebody waited for room
        std::uint64_t set_back = 0;  ///< times that the clock was found to go backwards
        std::size_t most = 0;        ///< facts inside at once
    };
    [[nodiscard]] Counts counts() const;

private:
    struct Fact {
        Payload payload;
        Timestamp ts_event;
        std::deque<std::string> texts{};  ///< that the payload views
    };
    static Fact own(const Payload& payload, Timestamp ts_event);
    bool enter(std::unique_lock<std::mutex>& lock, Fact fact);

    const ports::Clock& clock_;
    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable has_facts_;
    std::condition_variable has_room_;
    std::deque<Fact> facts_;
    bool is_closed_ = false;
    Counts counts_;

    // Of the thread that takes.
    std::optional<Fact> last_;
    Timestamp now_ = kTimestampMin;
};

}  // namespace tradewind::engine
