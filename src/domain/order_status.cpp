// SPDX-License-Identifier: Apache-2.0
#include "domain/order_status.hpp"

#include <array>
#include <cstddef>

#include "domain/names.hpp"

namespace tradewind {
namespace {

using enum OrderStatus;
using Event = OrderEventKind;

constexpr auto kStatusNames = names<OrderStatus>(
    "initialized", "denied", "emulated", "submitted", "rejected", "accepted", "triggered",
    "pending_replace", "pending_cancel", "partially_filled", "filled", "canceled", "expired");
constexpr auto kEventNames = names<OrderEventKind>(
    "denied", "emulated", "released", "submitted", "accepted", "rejected", "triggered",
    "replace_pending", "replaced", "replace_rejected", "cancel_pending", "cancel_rejected",
    "canceled", "expired", "partially_filled", "filled", "adjusted", "busted");
static_assert(kStatusNames.text.size() == kOrderStatusCount);
static_assert(kEventNames.text.size() == kOrderEventKindCount);

using Row = std::array<std::optional<Transition>, kOrderEventKindCount>;
using Table = std::array<Row, kOrderStatusCount>;

constexpr std::size_t index(OrderStatus s) { return static_cast<std::size_t>(s); }
constexpr std::size_t index(Event e) { return static_cast<std::size_t>(e); }

constexpr void set(Table& table, OrderStatus from, Event event, OrderStatus to) {
    table[index(from)][index(event)] = Transition{.next = to, .restores = false};
}

/// What a working order can meet, whichever of the working statuses it is in.
constexpr void set_working(Table& table, OrderStatus from) {
    set(table, from, Event::partially_filled, partially_filled);
    set(table, from, Event::filled, filled);
    set(table, from, Event::canceled, canceled);
    set(table, from, Event::expired, expired);
    set(table, from, Event::triggered, triggered);
    set(table, from, Event::replaced, from);
    set(table, from, Event::adjusted, from);
    set(table, from, Event::replace_pending, pending_replace);
    set(table, from, Event::cancel_pending, pending_cancel);
    set(table, from, Event::busted, from);
}

/// While a request is under way fills and triggers leave it pending; its answer restores what stood
/// before.
constexpr void set_pending(Table& table, OrderStatus from) {
    set(table, from, Event::accepted, from);
    set(table, from, Event::triggered, from);
    set(table, from, Event::partially_filled, from);
    set(table, from, Event::filled, filled);
    set(table, from, Event::canceled, canceled);
    set(table, from, Event::expired, expired);
    set(table, from, Event::adjusted, from);
    set(table, from, Event::busted, from);
    set(table, from, Event::cancel_pending, pending_cancel);
}

constexpr Table make_table() {
    Table table{};
    set(table, initialized, Event::denied, denied);
    set(table, initialized, Event::emulated, emulated);
    set(table, initialized, Event::submitted, submitted);

    set(table, emulated, Event::released, submitted);
    set(table, emulated, Event::denied, denied);
    set(table, emulated, Event::canceled, canceled);
    set(table, emulated, Event::expired, expired);
    set(table, emulated, Event::replaced, emulated);
    set(table, emulated, Event::adjusted, emulated);

    // Reports overtake each other on the way: every working event may come before the
    // acknowledgement.
    set_working(table, submitted);
    set(table, submitted, Event::accepted, accepted);
    set(table, submitted, Event::rejected, rejected);

    set_working(table, accepted);
    set_working(table, triggered);
    set_working(table, partially_filled);
    set(table, partially_filled, Event::triggered, partially_filled);
    set(table, partially_filled, Event::accepted, partially_filled);
    set(table, triggered, Event::accepted, triggered);

    set_pending(table, pending_replace);
    set(table, pending_replace, Event::replace_pending, pending_replace);
    set(table, pending_replace, Event::rejected, rejected);
    table[index(pending_replace)][index(Event::replaced)] = Transition{accepted, true};
    table[index(pending_replace)][index(Event::replace_rejected)] = Transition{accepted, true};

    set_pending(table, pending_cancel);
    set(table, pending_cancel, Event::rejected, rejected);
    set(table, pending_cancel, Event::replaced, pending_cancel);
    set(table, pending_cancel, Event::replace_rejected, pending_cancel);
    table[index(pending_cancel)][index(Event::cancel_rejected)] = Transition{accepted, true};

    // A fill that lost the race to our cancel, or to its own expiry, is money all the same.
    for (const OrderStatus from : {canceled, expired}) {
        set(table, from, Event::partially_filled, from);
        set(table, from, Event::filled, filled);
        set(table, from, Event::cancel_rejected, from);
    }
    // Requests that were under way when the order ended are answered late.
    set(table, filled, Event::cancel_rejected, filled);
    set(table, filled, Event::replace_rejected, filled);
    set(table, canceled, Event::replace_rejected, canceled);
    set(table, expired, Event::replace_rejected, expired);
    // The venue takes a fill back; what is left does not come alive again.
    set(table, filled, Event::busted, canceled);
    set(table, canceled, Event::busted, canceled);
    set(table, expired, Event::busted, expired);
    return table;
}

constexpr Table kTable = make_table();

}  // namespace

std::optional<Transition> transition(OrderStatus status, OrderEventKind event) {
    return kTable[index(status)][index(event)];
}

std::string_view to_string(OrderStatus value) { return kStatusNames.of(value); }
std::string_view to_string(OrderEventKind value) { return kEventNames.of(value); }

}  // namespace tradewind
