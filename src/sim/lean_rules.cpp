// SPDX-License-Identifier: Apache-2.0
#include "sim/whole_bar_rules.hpp"

/// What LEAN's EquityFillModel and FillModel (Common/Orders/Fills) decide of a trade bar, order
/// type by order type. Each order is tested alone against the bar's high and low.
///
/// Known differences: a market order on daily bars during the session is not turned into one for
/// the close; nothing waits for fresh data; a market order fails for want of cash as it fills.
namespace tradewind::sim {
namespace {

/// A market order that did not fill as it came: MarketOnOpen, MarketOnClose.
Hit market(const VenueOrder& order, const BarLook& look) {
    if (order.spec.time_in_force != TimeInForce::at_close) {
        return at_the_open(slip(order, look, look.bar.open));
    }
    const bool closes = look.bar.close_ts >= order.backtrader.session_end;
    return closes ? slip(order, look, look.bar.close) : Hit{};
}

/// `LimitFill`: a touch is not enough. Equities fill at an open that is better, ...
Hit limit_of_equity(const VenueOrder& order, const BarLook& look) {
    const Price limit = *order.spec.limit_price;
    if (!better(order.spec.side, best_of(order, look.bar), limit)) return {};
    const bool gapped = better(order.spec.side, look.bar.open, limit);
    return gapped ? at_the_open(made_at(look.bar.open)) : made_at(limit);
}

/// ... the rest at the bar's far end where the whole bar is better.
Hit limit_of_base(const VenueOrder& order, const BarLook& look) {
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price, worst = worst_of(order, look.bar);
    if (!better(side, best_of(order, look.bar), limit)) return {};
    return made_at(better(side, worst, limit) ? worst : limit);
}

/// `StopMarketFill` of equities: inclusive; at the open where that is beyond it.
Hit stop_of_equity(const VenueOrder& order, const BarLook& look) {
    const Side side = order.spec.side;
    const Price trigger = *order.spec.trigger_price;
    if (!at_or_better(side, trigger, worst_of(order, look.bar))) return {};
    const bool gapped = at_or_better(side, trigger, look.bar.open);
    if (gapped) return triggered(at_the_open(slip(order, look, look.bar.open)));
    return triggered(slip(order, look, trigger));
}

/// The worse of the trigger and the close after slippage: the worst case, whatever the open was.
Hit at_worst_case(const VenueOrder& order, const BarLook& look) {
    const Price trigger = *order.spec.trigger_price;
    Hit hit = slip(order, look, look.bar.close);
    if (better(order.spec.side, hit.price, trigger)) hit = taken_at(trigger);
    return triggered(hit);
}

/// `StopMarketFill` of the rest: the bar has to trade through it.
Hit stop_of_base(const VenueOrder& order, const BarLook& look) {
    const Price trigger = *order.spec.trigger_price;
    const bool reached = better(order.spec.side, trigger, worst_of(order, look.bar));
    return reached ? at_worst_case(order, look) : Hit{};
}

/// `TrailingStopFill`, of both: inclusive; the bar moves the trail only where it did not fill.
Hit trailing_stop(VenueOrder& order, const BarLook& look) {
    if (!order.spec.trigger_price) return {};
    const Price trigger = *order.spec.trigger_price;
    if (at_or_better(order.spec.side, trigger, worst_of(order, look.bar))) {
        return at_worst_case(order, look);
    }
    trail(order, best_of(order, look.bar), look.instrument, false);
    return {};
}

/// `StopLimitFill`: set free, it fills where the close is inside the limit, since the bar does not
/// say whether its good end came before the trigger.
Hit stop_limit(const VenueOrder& order, const BarLook& look) {
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price, worst = worst_of(order, look.bar);
    const bool reached = better(side, *order.spec.trigger_price, worst);
    if (!reached && !order.triggered) return {};
    if (!better(side, look.bar.close, limit)) return triggered({});
    return triggered(made_at(better(side, worst, limit) ? worst : limit));
}

/// `LimitIfTouchedFill`: touched by the bar, it fills where the close is at or inside the limit.
bool is_touched_and_inside(const VenueOrder& order, const BarLook& look, bool& touched) {
    const Side side = order.spec.side;
    const Price best = best_of(order, look.bar);
    touched = order.triggered || at_or_better(side, best, *order.spec.trigger_price);
    return touched && at_or_better(side, look.bar.close, *order.spec.limit_price);
}

Hit touch_of_equity(const VenueOrder& order, const BarLook& look) {
    bool touched = false;
    const bool fills = is_touched_and_inside(order, look, touched);
    return fills ? triggered(made_at(look.bar.close)) : Hit{.triggers = touched};
}

Hit touch_of_base(const VenueOrder& order, const BarLook& look) {
    bool touched = false;
    const bool fills = is_touched_and_inside(order, look, touched);
    return fills ? triggered(made_at(*order.spec.limit_price)) : Hit{.triggers = touched};
}

Hit try_as_equity(VenueOrder& order, const BarLook& look) {
    switch (order.spec.type) {
        case OrderType::market: return market(order, look);
        case OrderType::limit: return limit_of_equity(order, look);
        case OrderType::stop_market: return stop_of_equity(order, look);
        case OrderType::stop_limit: return stop_limit(order, look);
        case OrderType::trailing_stop_market: return trailing_stop(order, look);
        case OrderType::limit_if_touched: return touch_of_equity(order, look);
        case OrderType::trailing_stop_limit:
        case OrderType::market_if_touched: return {};
    }
    __builtin_unreachable();
}

Hit try_as_base(VenueOrder& order, const BarLook& look) {
    switch (order.spec.type) {
        case OrderType::limit: return limit_of_base(order, look);
        case OrderType::stop_market: return stop_of_base(order, look);
        case OrderType::limit_if_touched: return touch_of_base(order, look);
        case OrderType::market:
        case OrderType::stop_limit:
        case OrderType::trailing_stop_market:
        case OrderType::trailing_stop_limit:
        case OrderType::market_if_touched: return try_as_equity(order, look);
    }
    __builtin_unreachable();
}

bool knows(const OrderSpec& spec, bool) {
    return spec.type != OrderType::trailing_stop_limit && spec.type != OrderType::market_if_touched;
}

/// `Scan` walks the orders by id.
std::uint32_t only_turn(const VenueOrder&, const BarLook&) { return 0; }

}  // namespace

const WholeBarRules kLeanEquityRules{.try_order = try_as_equity,
                                     .knows = knows,
                                     .turn = only_turn,
                                     .turns = 1,
                                     .market_at_last_price = true,
                                     .waits_for_session = true,
                                     .rivals_share_a_bar = true,
                                     .sees_all_at_once = true};

const WholeBarRules kLeanBaseRules{.try_order = try_as_base,
                                   .knows = knows,
                                   .turn = only_turn,
                                   .turns = 1,
                                   .market_at_last_price = true,
                                   .waits_for_session = true,
                                   .rivals_share_a_bar = true,
                                   .sees_all_at_once = true};

}  // namespace tradewind::sim
