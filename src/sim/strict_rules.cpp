// SPDX-License-Identifier: Apache-2.0
#include "sim/mode_rules.hpp"

namespace tradewind::sim {
namespace {

Hit take(Price price) { return {.fills = true, .price = price, .reference = price}; }

Hit make(Price price) {
    return {.fills = true, .liquidity = Liquidity::maker, .price = price, .reference = price};
}

Hit triggered(Hit hit) {
    hit.triggers = true;
    return hit;
}

/// A stop is reached from the side where the market stands (prices that are worse for us), a touch
/// order from the other.
bool reaches(const VenueOrder& order, Price price) {
    if (!order.spec.trigger_price) return false;  // a trailing stop that has met no price yet
    const Price trigger = *order.spec.trigger_price;
    return is_stop(order.spec.type) ? at_or_better(order.spec.side, trigger, price)
                                    : at_or_better(order.spec.side, price, trigger);
}

/// A limit that meets one price: at or better it takes, as an arriving order does. A post-only
/// order that has rested stays where it rests.
Hit limit_at(const VenueOrder& order, Price price) {
    const Price limit = *order.spec.limit_price;
    if (!at_or_better(order.spec.side, price, limit)) return {};
    if (!order.spec.post_only) return take(price);
    return order.met_market ? make(limit) : Hit{.refused = true};
}

Hit limit_inside(const VenueOrder& order, const BarView& bar, Presence presence) {
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price;
    const Price best = order.is_buy() ? bar.low : bar.high;
    if (presence == Presence::since_inside || !better(side, best, limit)) return {};
    if (presence == Presence::since_open && at_or_better(side, bar.open, limit)) {
        if (order.spec.post_only) return {.refused = true};
        Hit hit = make(limit);  // what it takes it would have got near the open: the limit is worse
        hit.liquidity = Liquidity::taker;
        return hit;
    }
    return make(limit);
}

/// A limit order that its trigger sets free inside the bar. What the bar proves is only where it
/// closed: beyond the limit, the price passed the limit after the trigger.
Hit freed_limit(const VenueOrder& order, const BarView& bar) {
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price, trigger = *order.spec.trigger_price;
    const bool rests = better(side, limit, trigger);
    if (!better(side, bar.close, limit)) return triggered({});
    if (rests) return triggered(make(limit));
    if (order.spec.post_only) return triggered({.refused = true});
    return triggered(take(worse_of(side, trigger, bar.close)));
}

/// A touch order's limit on the far side of its trigger is passed on the way on: the path from the
/// trigger to the bar's best price crosses it.
Hit freed_touch(const VenueOrder& order, const BarView& bar) {
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price, trigger = *order.spec.trigger_price;
    const Price best = order.is_buy() ? bar.low : bar.high;
    if (at_or_better(side, limit, trigger) && better(side, best, limit)) {
        return triggered(make(limit));
    }
    return freed_limit(order, bar);
}

Hit stop_inside(const VenueOrder& order, const BarView& bar) {
    const Price worst = order.is_buy() ? bar.high : bar.low;
    if (!reaches(order, worst)) return {};
    if (has_limit(order.spec.type)) return freed_limit(order, bar);
    return triggered(take(*order.spec.trigger_price));
}

/// The worst price first, against the trail as it stood; then the best price moves the trail; a
/// close behind the new trail has crossed it.
Hit trailing_inside(const VenueOrder& order, const BarView& bar, const Instrument& instrument,
                    Presence presence) {
    const Hit before = stop_inside(order, bar);
    if (before.triggers) return before;
    VenueOrder moved = order;
    trail(moved, trail_anchor(order, bar, presence), instrument, true);
    if (!reaches(moved, bar.close)) return {};
    // It may have been hit from a lower high too: the bar does not say.
    Hit after = has_limit(order.spec.type) ? freed_limit(moved, bar)
                                           : triggered(take(*moved.spec.trigger_price));
    after.ambiguous = true;
    return after;
}

Hit touch_inside(const VenueOrder& order, const BarView& bar) {
    const Price best = order.is_buy() ? bar.low : bar.high;
    if (!reaches(order, best)) return {};
    if (has_limit(order.spec.type)) return freed_touch(order, bar);
    return triggered(take(*order.spec.trigger_price));
}

/// The one price that is known of what came inside the bar without a price of its own to wait for.
Hit at_the_close(Hit hit) {
    hit.at_close = true;
    return hit;
}

Hit once_free(const VenueOrder& order, Price price) {
    return has_limit(order.spec.type) ? limit_at(order, price) : take(price);
}

/// The price that a trigger looks at: the side that the order would trade with, unless told
/// otherwise.
Price trigger_price_of(const VenueOrder& order, const Quote& quote) {
    if (order.spec.trigger_by == TriggerBy::mid) {
        return {quote.bid.raw + (quote.ask.raw - quote.bid.raw) / 2};
    }
    return order.is_buy() ? quote.ask : quote.bid;
}

Hit at_price(const VenueOrder& order, Price price) {
    if (!order.waits()) return once_free(order, price);
    return reaches(order, price) ? triggered(once_free(order, price)) : Hit{};
}

Hit inside(const VenueOrder& order, const BarView& bar, Presence presence,
           const Instrument& instrument) {
    const bool came_later = presence != Presence::since_before;
    if (!order.waits()) {
        if (has_limit(order.spec.type)) return limit_inside(order, bar, presence);
        return came_later ? at_the_close(take(bar.close)) : Hit{};
    }
    if (presence == Presence::since_open && reaches(order, bar.open)) {
        return at_the_close(triggered(once_free(order, bar.close)));
    }
    if (is_trailing(order.spec.type)) return trailing_inside(order, bar, instrument, presence);
    if (is_stop(order.spec.type)) return stop_inside(order, bar);
    return presence == Presence::since_inside ? Hit{} : touch_inside(order, bar);
}

Hit on_quote(const VenueOrder& order, const Quote& quote) {
    const Price opposite = order.is_buy() ? quote.ask : quote.bid;
    if (opposite.raw == 0) return {};  // nobody stands there
    if (order.waits()) {
        if (order.spec.trigger_by == TriggerBy::last) return {};
        if (!reaches(order, trigger_price_of(order, quote))) return {};
        return triggered(once_free(order, opposite));
    }
    if (!has_limit(order.spec.type)) return take(opposite);
    const Price limit = *order.spec.limit_price;
    if (!at_or_better(order.spec.side, opposite, limit)) return {};
    if (order.met_market) return make(limit);
    return order.spec.post_only ? Hit{.refused = true} : take(opposite);
}

Hit on_trade(const VenueOrder& order, Price print, bool has_quotes) {
    if (order.waits()) {
        const TriggerBy by = order.spec.trigger_by;
        const bool looks = by == TriggerBy::last || !has_quotes;
        if (!looks || !reaches(order, print)) return {};
        // With quotes the freed order takes the next quote; a print is not an offer to it.
        if (has_quotes) return {.triggers = true};
        return triggered(has_limit(order.spec.type) ? Hit{} : take(print));
    }
    if (!has_limit(order.spec.type)) return has_quotes ? Hit{} : take(print);
    const Price limit = *order.spec.limit_price;
    if (!better(order.spec.side, print, limit)) return {};
    if (order.met_market) return make(limit);
    if (order.spec.post_only) return {.refused = true};
    return has_quotes ? Hit{} : take(print);
}

}  // namespace

Price trail_anchor(const VenueOrder& order, const BarView& bar, Presence presence) {
    // Woken inside, it may have missed the best price; the close it has seen for sure.
    if (presence == Presence::since_inside) return bar.close;
    return order.is_buy() ? bar.low : bar.high;
}

const FillRules kStrictRules{.at_price = at_price,
                             .inside = inside,
                             .on_quote = on_quote,
                             .on_trade = on_trade,
                             .whole_bar = nullptr};

}  // namespace tradewind::sim
