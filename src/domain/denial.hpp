// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/numbers.hpp"
#include "domain/order.hpp"

namespace tradewind {

struct Instrument;

/// Why we refused an order before any venue saw it.
enum class DenialReason : std::uint8_t {
    malformed,  ///< a field that the type needs is missing, or one that it cannot have is set
    unknown_instrument,
    unknown_price,  ///< no market price yet: nothing can be valued
    unknown_order,  ///< cancel or replace of an order that is not open
    off_tick,       ///< limit = tick, actual = the price
    off_lot,        ///< limit = lot, actual = the quantity
    below_min_qty,
    above_max_qty,
    below_min_notional,
    above_max_notional,
    insufficient_cash,  ///< limit = free cash, actual = what the order needs
    insufficient_margin,
    reduce_only,     ///< would open or flip; limit = position, actual = the order's quantity
    position_limit,  ///< limit and actual in units
    notional_limit,  ///< limit and actual in money
    order_rate,      ///< limit and actual in orders
    trading_halted,  ///< the trading state allows no new exposure
    would_cross_post_only,
    expired,            ///< good till a time that is past
    short_not_allowed,  ///< a cash account cannot sell what it has not
    unknown_leg,        ///< a leg is named where positions are netted
    risk_limit,         ///< a limit of the user's; limit and actual in what it counts in
    restricted,         ///< the instrument may not be traded
    self_trade,         ///< would trade with a working order of the account
    duplicate,          ///< the same order came a moment ago
    unknown_risk,       ///< a limit's measure cannot be worked out: a return or a volume is missing
};

inline constexpr std::size_t kDenialReasonCount =
    static_cast<std::size_t>(DenialReason::unknown_risk) + 1;

/// A refusal with the numbers that a person needs to act on it. Numbers are in units of 1e-18 of
/// whatever the reason counts in.
struct Denial {
    DenialReason reason = DenialReason::malformed;
    Money limit{};
    Money actual{};
    std::optional<Qty>
        would_pass{};  ///< the largest quantity that this check would have let through
    std::optional<std::uint16_t> rule{};  ///< which of the user's limits, by its place

    friend bool operator==(const Denial&, const Denial&) = default;
};

[[nodiscard]] std::string_view to_string(DenialReason value);
/// One line: "insufficient_cash: needs 10350.5, free 10000; 96 would pass".
[[nodiscard]] std::string describe(const Denial& denial);

/// A price or quantity in a Denial's units.
constexpr Money as_amount(Price p) {
    return {base::Int128{p.raw} * base::Int128{base::kDecimalOne}};
}
constexpr Money as_amount(Qty q) { return {base::Int128{q.raw} * base::Int128{base::kDecimalOne}}; }

/// Checks that an order is complete and lies on its instrument's grid: fields by type, tick, lot,
/// quantity and (where a price is named) notional limits. nullopt: it is well formed.
[[nodiscard]] std::optional<Denial> validate(const OrderSpec& spec, const Instrument& instrument);

}  // namespace tradewind
