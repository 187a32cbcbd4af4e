// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "domain/command.hpp"
#include "domain/instrument.hpp"
#include "domain/order.hpp"
#include "sim/moment.hpp"

namespace tradewind::sim {

/// What backtrader keeps about an order and no venue would.
struct BacktraderState {
    Price created;                    ///< the last close when it was sent
    std::optional<Price> last_close;  ///< Close orders: of the bar before, once it worked
    Timestamp session_end;            ///< Close orders: fill from here on
    bool has_rivals = true;           ///< false: its OCO group was called up once, and is no more
    bool accepted = false;            ///< passed the check of what was submitted
    bool active = false;              ///< false: a child whose parent has not filled
};

/// An order as the venue holds it. `spec` has the terms as they stand now: replaced, adjusted,
/// trailed.
struct VenueOrder {
    OrderId id;
    OrderSpec spec;
    OrderLinks links;
    Qty filled;
    Qty awake;     ///< how much of `spec.qty` may fill: of a child, what its parent filled
    Moment since;  ///< works from here under these terms, and meets bars that come later only
    std::uint64_t met = 0;  ///< the desk's count of what it met last, or when it began to work
    Timestamp auction;      ///< orders on open and on close: the opening or closing they are for
    Timestamp expires = kTimestampMax;
    Money fees_paid;
    Money notional_filled;
    bool sleeping = false;    ///< a child whose parent has not filled
    bool orphan = false;      ///< its parent ended: no more of it will wake
    bool triggered = false;   ///< a stop or touch order that became a market or limit order
    bool met_market = false;  ///< has met a price without filling: it rests, and makes liquidity
    bool ended = false;       ///< its slot is free as soon as nothing walks over it
    BacktraderState backtrader;

    [[nodiscard]] bool is_buy() const { return spec.side == Side::buy; }
    [[nodiscard]] Qty leaves() const { return (awake < spec.qty ? awake : spec.qty) - filled; }
    [[nodiscard]] bool waits() const { return has_trigger(spec.type) && !triggered; }
};

/// `p` is at least as good as `q` to who buys or sells.
[[nodiscard]] constexpr bool at_or_better(Side side, Price p, Price q) {
    return side == Side::buy ? p <= q : p >= q;
}
[[nodiscard]] constexpr bool better(Side side, Price p, Price q) {
    return side == Side::buy ? p < q : p > q;
}
[[nodiscard]] constexpr Price worse_of(Side side, Price p, Price q) {
    return better(side, p, q) ? q : p;
}

}  // namespace tradewind::sim
