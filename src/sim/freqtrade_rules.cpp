// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/whole_bar_rules.hpp"

/// What freqtrade's backtesting decides of a candle (optimize/backtesting.py, `backtest_loop` and
/// `_get_close_rate`; strategy/interface.py, `should_exit`). A stop that protects is its stoploss,
/// a limit that reduces its ROI or take-profit, a limit that opens an entry at a custom price.
///
/// Known differences: an entry that does not fill is not given up after unfilledtimeout; nothing is
/// sold at the end of the run; the last candle can be entered.
namespace tradewind::sim {
namespace {

/// `_get_close_rate_for_stoploss`: at the stop, or at the open where the whole candle is beyond it.
Hit stopped(const VenueOrder& order, const BarLook& look) {
    const Price trigger = *order.spec.trigger_price;
    const bool outside = better(order.spec.side, trigger, best_of(order, look.bar));
    if (outside) return triggered(at_the_open(taken_at(look.bar.open)));
    return triggered(taken_at(trigger));
}

bool is_reached(const VenueOrder& order, const BarView& bar) {
    const auto& trigger = order.spec.trigger_price;
    return trigger && at_or_better(order.spec.side, *trigger, worst_of(order, bar));
}

Hit stop(const VenueOrder& order, const BarLook& look) {
    return look.reduces && is_reached(order, look.bar) ? stopped(order, look) : Hit{};
}

/// On the candle of the entry the worst path: a tick beyond the open, then to the stop; but not
/// out of the candle.
Hit trailed_from_the_open(const VenueOrder& order, const BarLook& look) {
    const PriceDelta offset = offset_at(*order.spec.trailing, look.bar.open, look.instrument);
    const Price at = order.is_buy() ? std::min(look.bar.open + offset, look.bar.high)
                                    : std::max(look.bar.open - offset, look.bar.low);
    return triggered(taken_at(at));
}

/// `adjust_stop_loss`: onto the tick that is nearer to the market.
void put_on_tick(VenueOrder& order, const Instrument& instrument) {
    auto& trigger = order.spec.trigger_price;
    if (!trigger) return;
    const auto nearer = order.is_buy() ? TickRounding::down : TickRounding::up;
    trigger = round_to_tick(*trigger, instrument.tick, nearer);
}

bool has_trailed(const VenueOrder& order, const Instrument& instrument) {
    VenueOrder made = order;
    made.spec.trigger_price.reset();
    start_trail(made, order.backtrader.created, instrument, false);
    put_on_tick(made, instrument);
    return better(order.spec.side, *order.spec.trigger_price, *made.spec.trigger_price);
}

/// The candle's good end moves the trail before its bad end is looked at.
Hit trailing_stop(VenueOrder& order, const BarLook& look) {
    if (!look.reduces) return {};
    put_on_tick(order, look.instrument);
    if (!is_reached(order, look.bar)) {
        trail(order, best_of(order, look.bar), look.instrument, false);
        put_on_tick(order, look.instrument);
    }
    if (!is_reached(order, look.bar)) return {};
    const bool trailed = has_trailed(order, look.instrument);
    return look.entry && trailed ? trailed_from_the_open(order, look) : stopped(order, look);
}

/// On the candle of an entry that was better than its open, and that closed against it: a target
/// beyond the close may have been passed before the entry, and does not count.
bool came_too_early(const VenueOrder& order, const BarLook& look, Price target) {
    if (!look.entry) return false;
    const Side side = order.spec.side;  // of the exit
    const BarView& bar = look.bar;
    return better(side, bar.open, bar.close) && better(side, bar.open, *look.entry) &&
           better(side, target, bar.close);
}

/// `min_roi_reached` and `_get_close_rate_for_roi`: the profit has to be above the target, a touch
/// is not enough; never outside the candle.
Hit target(const VenueOrder& order, const BarLook& look) {
    const Price limit = *order.spec.limit_price;
    if (!better(order.spec.side, best_of(order, look.bar), limit)) return {};
    if (came_too_early(order, look, limit)) return {};
    return made_at(std::clamp(limit, look.bar.low, look.bar.high));
}

/// `get_valid_entry_price_and_stake`: the first candle caps the price at its far end; it fills at
/// that price once a candle holds it.
Hit entry(VenueOrder& order, const BarLook& look) {
    Price& limit = *order.spec.limit_price;
    const Price worst = worst_of(order, look.bar);
    if (!order.met_market && better(order.spec.side, worst, limit)) limit = worst;
    order.met_market = true;
    const bool inside = look.bar.low <= limit && limit <= look.bar.high;
    return inside ? made_at(limit) : Hit{};
}

Hit try_order(VenueOrder& order, const BarLook& look) {
    if (is_trailing(order.spec.type)) return trailing_stop(order, look);
    if (is_stop(order.spec.type)) return stop(order, look);
    if (!has_limit(order.spec.type)) return at_the_open(taken_at(look.bar.open));
    return look.reduces ? target(order, look) : entry(order, look);
}

bool knows(const OrderSpec& spec, bool protects) {
    if (spec.time_in_force == TimeInForce::at_close) return false;
    switch (spec.type) {
        case OrderType::market:
        case OrderType::limit: return true;
        case OrderType::stop_market:
        case OrderType::stop_limit:
        case OrderType::trailing_stop_market: return protects;
        case OrderType::trailing_stop_limit:
        case OrderType::market_if_touched:
        case OrderType::limit_if_touched: return false;
    }
    __builtin_unreachable();
}

/// `should_exit`: exit signal, stoploss, ROI, trailing stoploss; a trail that is hit before it ever
/// moved is a stoploss still. Entries come before all of them.
std::uint32_t turn(const VenueOrder& order, const BarLook& look) {
    if (is_trailing(order.spec.type)) {
        return is_reached(order, look.bar) && !has_trailed(order, look.instrument) ? 1 : 3;
    }
    if (is_stop(order.spec.type)) return 1;
    return has_limit(order.spec.type) && look.reduces ? 2 : 0;
}

}  // namespace

const WholeBarRules kFreqtradeRules{.try_order = try_order,
                                    .knows = knows,
                                    .turn = turn,
                                    .turns = 4,
                                    .children_share_a_bar = true,
                                    .pays_the_higher_fee = true};

}  // namespace tradewind::sim
