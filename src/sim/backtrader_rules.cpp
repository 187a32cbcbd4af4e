// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/mode_rules.hpp"

/// What backtrader 1.9.78 decides in `_try_exec` and the functions that it calls
/// (brokers/bbroker.py), order type by order type. Touch orders, which it lacks, mirror its stops.
namespace tradewind::sim {
namespace {

/// One order on one bar, with slippage as the broker's parameters have it.
struct Try {
    VenueOrder& order;
    const BarView& bar;
    const Instrument& instrument;
    const WorldSettings& settings;

    [[nodiscard]] Side side() const { return order.spec.side; }
    /// The end of the bar that is bad for us, and the one that is good.
    [[nodiscard]] Price worst() const { return order.is_buy() ? bar.high : bar.low; }
    [[nodiscard]] Price best() const { return order.is_buy() ? bar.low : bar.high; }
    [[nodiscard]] Price trigger() const { return *order.spec.trigger_price; }
    [[nodiscard]] Price limit() const { return *order.spec.limit_price; }
};

Hit exactly(Price price) { return {.fills = true, .price = price, .reference = price}; }

Hit as_maker(Price price) {
    Hit hit = exactly(price);
    hit.liquidity = Liquidity::maker;
    return hit;
}

/// `_slip_up` and `_slip_down`: `bound` is the price that slippage stops at.
Hit slip(const Try& t, Price price, Price bound, bool is_limit) {
    const SlippageQuery query{
        .side = t.side(), .reference = price, .qty = {}, .volume = {}, .limit = std::nullopt};
    const PriceDelta by = impact(query, t.settings.slippage, t.instrument);
    if (by.raw == 0) return exactly(price);
    const BacktraderSlippage& how = t.settings.backtrader;
    Hit hit = exactly(price);
    hit.price = t.order.is_buy() ? price + by : price - by;
    if (at_or_better(t.side(), hit.price, bound)) return hit;
    if (!how.slip_match && !(is_limit && how.slip_limit)) return {};
    if (!how.slip_out) hit.price = bound;
    return hit;
}

Hit at_open(const Try& t, Price bound, bool is_limit = false) {
    Hit hit = t.settings.backtrader.slip_open ? slip(t, t.bar.open, bound, is_limit)
                                              : exactly(t.bar.open);
    hit.at_open = true;
    return hit;
}

/// `_try_exec_limit`
Hit limit(const Try& t) {
    if (at_or_better(t.side(), t.bar.open, t.limit())) {
        const Price high_or_limit = std::min(t.bar.high, t.limit());
        return at_open(t, t.order.is_buy() ? high_or_limit : t.limit(), true);
    }
    return at_or_better(t.side(), t.best(), t.limit()) ? as_maker(t.limit()) : Hit{};
}

/// `_try_exec_stop`
Hit stop(const Try& t) {
    Hit hit;
    if (at_or_better(t.side(), t.trigger(), t.bar.open)) {
        hit = at_open(t, t.worst());
    } else if (at_or_better(t.side(), t.trigger(), t.worst())) {
        hit = slip(t, t.trigger(), t.worst(), false);
    }
    hit.triggers = hit.fills;
    return hit;
}

/// The end of `_try_exec_stoplimit`: set free inside the bar, it fills where open and close tell
/// the way.
Hit freed_inside(const Try& t) {
    const bool came_back = t.order.is_buy() ? t.bar.open > t.bar.close : t.bar.open <= t.bar.close;
    if (at_or_better(t.side(), t.trigger(), t.limit())) {
        return slip(t, t.trigger(), t.worst(), true);
    }
    return came_back && at_or_better(t.side(), t.bar.close, t.limit()) ? as_maker(t.limit())
                                                                       : Hit{};
}

/// `_try_exec_stoplimit`
Hit stop_limit(const Try& t) {
    Hit hit;
    if (at_or_better(t.side(), t.trigger(), t.bar.open)) {
        hit = limit(t);
        hit.triggers = true;
    } else if (at_or_better(t.side(), t.trigger(), t.worst())) {
        hit = freed_inside(t);
        hit.triggers = true;
    }
    return hit;
}

Hit touch(const Try& t) {
    Hit hit;
    if (at_or_better(t.side(), t.bar.open, t.trigger())) {
        hit = has_limit(t.order.spec.type) ? limit(t) : at_open(t, t.worst());
        hit.triggers = true;
    } else if (at_or_better(t.side(), t.best(), t.trigger())) {
        hit = has_limit(t.order.spec.type) ? Hit{} : slip(t, t.trigger(), t.worst(), false);
        hit.triggers = true;
    }
    return hit;
}

/// `_try_exec_close`
Hit at_session_close(const Try& t) {
    BacktraderState& state = t.order.backtrader;
    if (t.bar.close_ts >= state.session_end) {
        const bool past = t.bar.close_ts > state.session_end;
        return exactly(past && state.last_close ? *state.last_close : t.bar.close);
    }
    state.last_close = t.bar.close;
    return {};
}

Hit whole_bar(VenueOrder& order, const BarView& bar, const Instrument& instrument,
              const WorldSettings& settings) {
    const Try t{.order = order, .bar = bar, .instrument = instrument, .settings = settings};
    if (order.spec.time_in_force == TimeInForce::at_close) return at_session_close(t);
    if (!order.waits()) return has_limit(order.spec.type) ? limit(t) : at_open(t, t.worst());
    if (is_if_touched(order.spec.type)) return touch(t);
    const Hit hit = has_limit(order.spec.type) ? stop_limit(t) : stop(t);
    // `trailadjust`: it moves the limit even of an order that this bar has set free.
    if (is_trailing(order.spec.type) && !hit.fills) trail(order, bar.close, instrument, false);
    return hit;
}

}  // namespace

const FillRules kBacktraderRules{.at_price = nullptr,
                                 .inside = nullptr,
                                 .on_quote = nullptr,
                                 .on_trade = nullptr,
                                 .whole_bar = whole_bar};

}  // namespace tradewind::sim
