// SPDX-License-Identifier: Apache-2.0
// The part of the strict venue that holds auctions.
#include <algorithm>

#include "domain/calendar.hpp"
#include "sim/strict_venue.hpp"

namespace tradewind::sim {
namespace {

/// How far beyond the auction's price an order would go; who names no limit goes furthest.
base::Int128 eagerness(const VenueOrder& order, Price print) {
    if (!has_limit(order.spec.type)) return base::Int128{INT64_MAX} * 2;
    const base::Int128 beyond = base::Int128{order.spec.limit_price->raw} - print.raw;
    return order.is_buy() ? beyond : -beyond;
}

/// An order in an auction, and its place in the order of arrival.
struct Bidder {
    OrderSlot slot = 0;
    base::Int128 eagerness = 0;
    std::size_t place = 0;

    [[nodiscard]] bool comes_before(const Bidder& other) const {
        return eagerness != other.eagerness ? eagerness > other.eagerness : place < other.place;
    }
};

}  // namespace

void StrictVenue::open_auctions() {
    for (const AuctionPrint& print : desk_.settings().auctions.prints) {
        markets_[print.instrument.value].has_auctions = true;
    }
}

/// The auction of an order that comes now: the next opening, or the close of the session.
void StrictVenue::assign_auction(VenueOrder& order) {
    const CalendarKind calendar = desk_.instrument(order).calendar;
    const Session session = session_from(calendar, desk_.now_ts());
    if (order.spec.time_in_force == TimeInForce::at_open) {
        const bool is_open = session.open <= desk_.now_ts();
        const Session met = is_open ? session_from(calendar, session.close) : session;
        order.auction = met.open;
        order.expires = met.close;
        return;
    }
    // A print of its own comes a little after the bell.
    const bool has_print = market_of(order).has_auctions;
    order.auction = session.close;
    order.expires = has_print ? session_from(calendar, session.close).open : session.close;
}

bool StrictVenue::waits_for_print(const Market& market, const VenueOrder& order) {
    return market.has_auctions && is_for_auction(order.spec.time_in_force);
}

/// Neither comes an order for it any more, nor is one let go.
bool StrictVenue::is_past_cutoff(TimeInForce tif, Timestamp auction) const {
    const AuctionSettings& settings = desk_.settings().auctions;
    const Duration cutoff =
        tif == TimeInForce::at_open ? settings.open_cutoff : settings.close_cutoff;
    return cutoff.ns > 0 && is_for_auction(tif) && desk_.now_ts() >= auction - cutoff;
}

bool StrictVenue::comes_too_late(const OrderSpec& spec) const {
    if (!is_for_auction(spec.time_in_force)) return false;
    const Session session =
        session_from(desk_.table().at(spec.instrument).calendar, desk_.now_ts());
    const bool is_open = session.open <= desk_.now_ts();
    if (spec.time_in_force == TimeInForce::at_close) {
        return is_past_cutoff(spec.time_in_force, session.close);
    }
    // In a session it is for the next one's opening.
    return !is_open && is_past_cutoff(spec.time_in_force, session.open);
}

/// One price for all. The volume that we may have goes to market orders first, then to the better
/// limits, then by arrival; what does not fill ends. At a limit that is the price itself an auction
/// shares out what is left, and nobody tells to whom: it does not fill.
void StrictVenue::meet(const AuctionPrint& print) {
    Market& market = markets_[print.instrument.value];
    const TimeInForce tif =
        print.kind == AuctionKind::open ? TimeInForce::at_open : TimeInForce::at_close;
    desk_.count_tick();
    hold_band(market, desk_.now_ts());
    std::vector<Bidder> bidders;
    for (const OrderSlot slot : market.live) {
        const VenueOrder& order = desk_.at(slot);
        const bool is_due = !order.ended && !order.sleeping && order.spec.time_in_force == tif &&
                            order.auction <= print.at && print.at <= order.expires;
        if (!is_due) continue;
        bidders.push_back(
            {.slot = slot, .eagerness = eagerness(order, print.price), .place = bidders.size()});
    }
    std::ranges::sort(bidders, [](const Bidder& a, const Bidder& b) { return a.comes_before(b); });
    Supply supply{.limited = print.volume.raw > 0,
                  .left = share_of(print.volume, desk_.settings().participation,
                                   desk_.table().at(print.instrument).lot),
                  .volume = print.volume};
    for (const Bidder& bidder : bidders) {
        VenueOrder& order = desk_.at(bidder.slot);
        if (order.ended) continue;
        const bool fills = !has_limit(order.spec.type) ||
                           better(order.spec.side, print.price, *order.spec.limit_price);
        act(order,
            {.fills = fills, .is_auction = true, .price = print.price, .reference = print.price},
            supply);
        if (!order.ended) {
            cancel_order(order, VenueReason::time_in_force, OrderEventKind::expired);
        }
    }
    tidy(market);
}

bool StrictVenue::awaits_print() const {
    return std::ranges::any_of(markets_, [&](const Market& market) {
        return market.has_auctions && std::ranges::any_of(market.live, [&](OrderSlot slot) {
                   const VenueOrder& order = desk_.at(slot);
                   return !order.ended && is_for_auction(order.spec.time_in_force);
               });
    });
}

}  // namespace tradewind::sim
