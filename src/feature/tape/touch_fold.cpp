// SPDX-License-Identifier: Apache-2.0
#include "feature/tape/touch_fold.hpp"

#include <algorithm>

#include "market/order_flow.hpp"

namespace tradewind::feature {
namespace {

bool tells_sizes(const Quote& touch) { return touch.bid_size.raw > 0 && touch.ask_size.raw > 0; }

double size_or_missing(Qty size) { return size.raw > 0 ? to_double(size) : kNaN; }

/// Of the middle, drawn toward the side that is about to give way.
double microprice_of(const Quote& touch) {
    if (!tells_sizes(touch)) return kNaN;
    const double bid = to_double(touch.bid), ask = to_double(touch.ask);
    const double share =
        static_cast<double>(touch.bid_size.raw) /
        (static_cast<double>(touch.bid_size.raw) + static_cast<double>(touch.ask_size.raw));
    return bid + (ask - bid) * share;
}

base::Int128 spread_of(const Quote& touch) {
    return base::Int128{touch.ask.raw} - base::Int128{touch.bid.raw};
}

}  // namespace

void TouchFold::set(Timestamp ts, const Quote& touch) {
    weigh_spread(ts);
    if (!is_known_ || touch != touch_) change(touch);
    is_known_ = is_shown_ = true;
    is_lost_ = false;
    liveness_.hear(ts);
}

void TouchFold::change(const Quote& touch) {
    ++changes_;
    const bool is_told = tells_sizes(touch) && (!is_known_ || tells_sizes(touch_));
    has_flow_ &= is_told;
    if (is_known_) {
        flow_.add(market::order_flow(touch_, touch));
        if (stoikov_ && is_told) stoikov_->learn(touch_, touch);
    }
    touch_ = touch;
}

void TouchFold::hide(Timestamp ts) {
    weigh_spread(ts);
    is_shown_ = false;
    liveness_.hear(ts);
}

void TouchFold::lose(Timestamp ts) {
    hide(ts);
    is_known_ = false;
    is_lost_ = true;
    has_flow_ = false;
}

void TouchFold::weigh_spread(Timestamp until) {
    if (is_shown_) {
        const Timestamp end = std::min(until, liveness_.until());
        const Duration weight = end - weighed_;
        if (weight.ns > 0) {
            spread_time_.add_product(spread_of(touch_), weight.ns);
            time_ns_ += weight.ns;
        }
    }
    weighed_ = until;
}

void TouchFold::open(Timestamp ts) {
    weighed_ = ts;
    flow_ = spread_time_ = {};
    has_flow_ = !is_lost_;
    time_ns_ = 0;
    changes_ = 0;
}

void TouchFold::close(Timestamp open, Timestamp close, TapeRow& out) {
    weigh_spread(close);
    if (!liveness_.is_alive(open, close)) return;
    if (is_shown_) {
        out.put(Field::bid, to_double(touch_.bid));
        out.put(Field::ask, to_double(touch_.ask));
        out.put(Field::bid_size, size_or_missing(touch_.bid_size));
        out.put(Field::ask_size, size_or_missing(touch_.ask_size));
        out.put(Field::microprice, microprice_of(touch_));
        if (stoikov_ && tells_sizes(touch_)) {
            out.put(Field::stoikov_microprice, stoikov_->at(touch_));
        }
    }
    if (time_ns_ > 0) {
        out.put(Field::mean_spread, spread_time_.units() / static_cast<double>(time_ns_));
    }
    out.put(Field::touch_changes, static_cast<double>(changes_));
    if (has_flow_) out.put(Field::order_flow, flow_.units());
}

}  // namespace tradewind::feature
