// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "domain/command.hpp"
#include "domain/event.hpp"

/// The binary layout of events and decisions, shared by the journal and, later, the bus.
namespace tradewind::wire {

/// Counts up whenever the layout below changes; stands at the head of every journal. A version that
/// only adds kinds and values behind the old ones reads the bytes of those before it.
inline constexpr std::uint32_t kEventLayoutVersion = 4;
/// The oldest version whose bytes can still be read.
inline constexpr std::uint32_t kEventLayoutOldest = 1;

enum class DecodeError : std::uint8_t {
    malformed,       ///< short, or a value that no enum or flag has
    trailing_bytes,  ///< more than one value
};

[[nodiscard]] std::string_view describe(DecodeError error);

/// Appends the event to `out`.
void encode(const Event& event, std::vector<std::byte>& out);
/// Appends the decisions of the step of event `seq` to `out`.
void encode(Sequence seq, std::span<const Decision> decisions, std::vector<std::byte>& out);

/// Texts in the event are views into `in`.
[[nodiscard]] std::expected<Event, DecodeError> decode_event(std::span<const std::byte> in);

/// Appends the decisions to `out` and returns the sequence number of their event.
[[nodiscard]] std::expected<Sequence, DecodeError> decode_decisions(std::span<const std::byte> in,
                                                                    std::vector<Decision>& out);

}  // namespace tradewind::wire
