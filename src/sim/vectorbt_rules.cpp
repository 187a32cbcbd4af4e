// SPDX-License-Identifier: Apache-2.0
#include "sim/whole_bar_rules.hpp"

/// What vectorbt's `simulate_from_signal_func_nb` and `get_stop_price_nb` (portfolio/nb.py) decide
/// of a bar. A stop that protects is its sl_stop, a limit that reduces its tp_stop; market orders
/// are signals.
///
/// Known difference: an order that cannot be paid whole is refused, not cut to the cash.
namespace tradewind::sim {
namespace {

/// `get_stop_price_nb`, for stops that lie on the market's bad side: the open where it is beyond.
Hit stop(const VenueOrder& order, const BarLook& look) {
    const auto& trigger = order.spec.trigger_price;
    if (!look.reduces || !trigger) return {};
    const Side side = order.spec.side;
    if (at_or_better(side, *trigger, look.bar.open)) {
        return triggered(at_the_open(taken_at(look.bar.open)));
    }
    const bool reached = at_or_better(side, *trigger, worst_of(order, look.bar));
    return reached ? triggered(taken_at(*trigger)) : Hit{};
}

/// The bar is tested against the trail as it stood; then it moves it, hit or not.
Hit trailing_stop(VenueOrder& order, const BarLook& look) {
    const Hit hit = stop(order, look);
    if (look.reduces && !hit.fills) {
        trail(order, best_of(order, look.bar), look.instrument, false);
    }
    return hit;
}

/// The same on the good side; a touch counts.
Hit target(const VenueOrder& order, const BarLook& look) {
    if (!look.reduces) return {};
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price;
    if (at_or_better(side, look.bar.open, limit)) return at_the_open(made_at(look.bar.open));
    return at_or_better(side, best_of(order, look.bar), limit) ? made_at(limit) : Hit{};
}

Hit try_order(VenueOrder& order, const BarLook& look) {
    if (is_trailing(order.spec.type)) return trailing_stop(order, look);
    if (is_stop(order.spec.type)) return stop(order, look);
    return has_limit(order.spec.type) ? target(order, look) : Hit{};
}

bool knows(const OrderSpec& spec, bool protects) {
    const TimeInForce tif = spec.time_in_force;
    if (tif == TimeInForce::at_open || tif == TimeInForce::at_close) return false;
    switch (spec.type) {
        case OrderType::market: return true;
        case OrderType::limit:
        case OrderType::stop_market:
        case OrderType::trailing_stop_market: return protects;
        case OrderType::stop_limit:
        case OrderType::trailing_stop_limit:
        case OrderType::market_if_touched:
        case OrderType::limit_if_touched: return false;
    }
    __builtin_unreachable();
}

/// The stop is looked up first, and the target only where it was not hit.
std::uint32_t turn(const VenueOrder& order, const BarLook&) {
    return is_stop(order.spec.type) ? 0 : 1;
}

}  // namespace

const WholeBarRules kVectorbtRules{.try_order = try_order,
                                   .knows = knows,
                                   .turn = turn,
                                   .turns = 2,
                                   .market_at_last_price = true,
                                   .one_deal_a_bar = true};

}  // namespace tradewind::sim
