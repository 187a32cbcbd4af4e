// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tradewind {

enum class OrderStatus : std::uint8_t {
    initialized,       ///< made by a strategy, not yet reviewed
    denied,            ///< refused by us (final)
    emulated,          ///< held by us until its trigger, for venues that lack its type
    submitted,         ///< sent, not yet acknowledged
    rejected,          ///< refused by the venue (final)
    accepted,          ///< working at the venue
    triggered,         ///< its stop or touch price was reached; working
    pending_replace,   ///< a change was sent
    pending_cancel,    ///< a cancel was sent
    partially_filled,  ///< working with less
    filled,            ///< all of it (final)
    canceled,          ///< (final)
    expired,           ///< by its time in force (final)
};

enum class OrderEventKind : std::uint8_t {
    denied,
    emulated,
    released,  ///< an emulated order's trigger came; it goes to the venue
    submitted,
    accepted,
    rejected,
    triggered,
    replace_pending,
    replaced,
    replace_rejected,
    cancel_pending,
    cancel_rejected,
    canceled,
    expired,
    partially_filled,
    filled,
    adjusted,  ///< by a corporate action: quantity and prices restated
    busted,    ///< the venue took a fill back
};

inline constexpr int kOrderStatusCount = static_cast<int>(OrderStatus::expired) + 1;
inline constexpr int kOrderEventKindCount = static_cast<int>(OrderEventKind::busted) + 1;

/// Nothing more is expected of an order in this status.
[[nodiscard]] constexpr bool is_final(OrderStatus status) {
    return status == OrderStatus::denied || status == OrderStatus::rejected ||
           status == OrderStatus::filled || status == OrderStatus::canceled ||
           status == OrderStatus::expired;
}

/// What an event does to the status of an order.
struct Transition {
    /// The status after; where it is `pending_*` resolved, the status that stood before the request
    /// is restored by the book.
    OrderStatus next = OrderStatus::initialized;
    /// The event ends a request: the status goes back to what the order had before it was pending.
    bool restores = false;
};

/// The whole life of an order as one table: nullopt where the event cannot happen in that status.
/// Late and reordered reports are possible and stand in the table: a fill may precede its
/// acknowledgement, and may follow a cancel that lost the race at the venue.
[[nodiscard]] std::optional<Transition> transition(OrderStatus status, OrderEventKind event);

[[nodiscard]] std::string_view to_string(OrderStatus value);
[[nodiscard]] std::string_view to_string(OrderEventKind value);

}  // namespace tradewind
