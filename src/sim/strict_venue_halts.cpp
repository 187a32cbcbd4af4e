// SPDX-License-Identifier: Apache-2.0
// The part of the strict venue that knows when nothing trades.
#include "sim/strict_venue.hpp"

namespace tradewind::sim {

void StrictVenue::meet(const TradingStatus& status) {
    Market& market = markets_[status.instrument.value];
    const bool halts = status.state != MarketState::open;
    if (halts && !market.halted) {
        market.halted_since = desk_.now_ts();
        market.halted_until = kTimestampMax;
    }
    if (!halts && market.halted) market.halted_until = desk_.now_ts();
    market.halted = halts;
    market.is_shut = is_shut(status.state);
}

bool StrictVenue::refuses_orders(const Market& market) const {
    return market.is_shut && desk_.settings().halted_orders == HaltedOrders::rejected;
}

/// A bar whose open the venue did not meet because of a halt, or because the price was locked
/// against the order: a market order takes the close, the one later price that is known.
bool StrictVenue::missed_the_open(const VenueOrder& order, const BarMeeting& meeting) const {
    const Market& market = markets_[meeting.instrument.value];
    if (order.waits() || has_limit(order.spec.type)) return false;
    if (market.open_missed == meeting.opens) return true;
    return market.range && !allows(market, order, meeting.bar.open, false) &&
           allows(market, order, meeting.bar.close, false);
}

}  // namespace tradewind::sim
