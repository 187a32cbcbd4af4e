// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/int128.hpp"
#include "domain/event.hpp"
#include "domain/order.hpp"

namespace tradewind::market {

/// A price with all that is shown there.
struct Level {
    Price price{};
    Qty size{};

    friend bool operator==(const Level&, const Level&) = default;
};

/// What came to one side of a book between two of its states, in units of 1e-9; less than 0: what
/// left. A level whose price moved counts with the whole size that it leaves or makes.
[[nodiscard]] inline base::Int128 side_flow(Side side, const Level& before, const Level& now) {
    const bool is_as_good =
        side == Side::buy ? now.price >= before.price : now.price <= before.price;
    const bool is_as_bad =
        side == Side::buy ? now.price <= before.price : now.price >= before.price;
    base::Int128 out = 0;
    if (is_as_good) out += now.size.raw;
    if (is_as_bad) out -= before.size.raw;
    return out;
}

/// Order flow at the touch between two of its states, in units of 1e-9: positive is demand. R.
/// Cont, A. Kukanov and S. Stoikov, "The price impact of order book events", Journal of Financial
/// Econometrics 12 (2014), p. 47-88, section 2: what comes to the bid or leaves the ask counts
/// up, the reverse down; a price that moves counts with the whole size of the level that it leaves
/// or makes.
[[nodiscard]] inline base::Int128 order_flow(const Quote& before, const Quote& now) {
    return side_flow(Side::buy, {before.bid, before.bid_size}, {now.bid, now.bid_size}) -
           side_flow(Side::sell, {before.ask, before.ask_size}, {now.ask, now.ask_size});
}

}  // namespace tradewind::market
