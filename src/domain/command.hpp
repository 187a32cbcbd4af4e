// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "domain/denial.hpp"
#include "domain/event.hpp"
#include "domain/order.hpp"

namespace tradewind {

namespace risk {
class Gate;
}

// --- what a strategy asks for
// --------------------------------------------------------------------------

/// A new order, not yet reviewed.
struct OrderIntent {
    OrderId id{};
    OrderSpec spec{};
    OrderLinks links{};

    friend bool operator==(const OrderIntent&, const OrderIntent&) = default;
};
struct ReplaceIntent {
    OrderId id{};
    OrderChange change{};

    friend bool operator==(const ReplaceIntent&, const ReplaceIntent&) = default;
};
struct CancelIntent {
    OrderId id{};

    friend bool operator==(const CancelIntent&, const CancelIntent&) = default;
};
struct TimerIntent {
    Timer timer{};
    Timestamp at{};

    friend bool operator==(const TimerIntent&, const TimerIntent&) = default;
};

using Intent = std::variant<OrderIntent, ReplaceIntent, CancelIntent, TimerIntent>;

// --- what the risk gate lets through
// -------------------------------------------------------------------

/// An order that the risk gate has reviewed. Nothing else can make one, and execution takes nothing
/// else. It lives no longer than the intent that was reviewed.
class ApprovedOrder {
public:
    [[nodiscard]] const OrderIntent& order() const { return *order_; }

private:
    friend class risk::Gate;
    explicit ApprovedOrder(const OrderIntent& order) : order_(&order) {}
    const OrderIntent* order_;
};

/// A change of a working order that the risk gate has reviewed.
class ApprovedReplace {
public:
    [[nodiscard]] const ReplaceIntent& replace() const { return replace_; }

private:
    friend class risk::Gate;
    explicit ApprovedReplace(const ReplaceIntent& replace) : replace_(replace) {}
    ReplaceIntent replace_;
};

// --- what goes out into the world
// ----------------------------------------------------------------------

struct SubmitOrder {
    OrderIntent order{};

    friend bool operator==(const SubmitOrder&, const SubmitOrder&) = default;
};
struct ReplaceOrder {
    OrderId id{};
    InstrumentId instrument{};
    OrderChange change{};

    friend bool operator==(const ReplaceOrder&, const ReplaceOrder&) = default;
};
struct CancelOrder {
    OrderId id{};
    InstrumentId instrument{};

    friend bool operator==(const CancelOrder&, const CancelOrder&) = default;
};
/// The clock answers with a Timer event.
struct SetTimer {
    Timer timer{};
    Timestamp at{};

    friend bool operator==(const SetTimer&, const SetTimer&) = default;
};

using Command = std::variant<SubmitOrder, ReplaceOrder, CancelOrder, SetTimer>;

/// An order, change or cancel that we refused ourselves.
struct Refusal {
    OrderId id{};
    InstrumentId instrument{};
    bool new_order = true;  ///< false: a change or cancel of an order that stands as it did
    Denial denial{};

    friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// An order that a soft limit let through in part: it was sent with `denial.would_pass`.
struct Shrink {
    OrderId id{};
    InstrumentId instrument{};
    Qty asked{};
    Denial denial{};

    friend bool operator==(const Shrink&, const Shrink&) = default;
};

/// A machine's change of the trading state, with its cause.
struct StateChange {
    TradingState from = TradingState::active;
    TradingState to = TradingState::active;
    std::uint16_t brake = 0;                   ///< which of the user's brakes, by its place
    std::optional<InstrumentId> instrument{};  ///< scope; absent: everything
    std::optional<StrategyId> strategy{};
    std::optional<Timestamp> until{};
    Money limit{};  ///< both in units of 1e-18 of what the brake counts in
    Money actual{};

    friend bool operator==(const StateChange&, const StateChange&) = default;
};

/// What one step of the engine decided, in order.
using Decision = std::variant<Command, Refusal, Shrink, StateChange>;

static_assert(std::is_trivially_copyable_v<Decision>);

}  // namespace tradewind
