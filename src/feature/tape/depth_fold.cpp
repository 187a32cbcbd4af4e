// SPDX-License-Identifier: Apache-2.0
#include "feature/tape/depth_fold.hpp"

#include <algorithm>

#include "market/order_flow.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kNear = 5;

}  // namespace

void DepthSide::clear() {
    count_ = 0;
    levels_.fill(absent());
}

base::Int128 DepthSide::flow_from(const DepthSide& before, std::size_t from,
                                  std::size_t end) const {
    base::Int128 out = 0;
    for (std::size_t i = from; i < end; ++i) {
        out += market::side_flow(side_, before.levels_[i], levels_[i]);
    }
    return out;
}

double DepthSide::depth(std::size_t levels) const {
    base::Int128 sum = 0;
    for (std::size_t i = 0; i < levels; ++i) sum += levels_[i].size.raw;
    return static_cast<double>(sum) / 1e9;
}

double DepthSide::slope(Price bid, Price ask) const {
    base::Int128 size = 0;
    double products = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < count_; ++i) {
        size += levels_[i].size.raw;
        const base::Int128 twice = base::Int128{2} * levels_[i].price.raw - bid.raw - ask.raw;
        const double distance = static_cast<double>(twice < 0 ? -twice : twice) / 2e9;
        products += distance * (static_cast<double>(size) / 1e9);
        squares += distance * distance;
    }
    return products / squares;
}

void DepthFold::take(const DepthSide& bids, const DepthSide& asks) {
    if (is_known_) {
        constexpr std::size_t kAll = DepthSide::kLevels;
        const base::Int128 near = bids.flow_from(bids_, 0, kNear) - asks.flow_from(asks_, 0, kNear);
        const base::Int128 far =
            bids.flow_from(bids_, kNear, kAll) - asks.flow_from(asks_, kNear, kAll);
        flow_5_.add(near);
        flow_10_.add(near + far);
    }
    bids_ = bids;
    asks_ = asks;
    is_changed_ = false;
    is_known_ = true;
    is_lost_ = false;
}

void DepthFold::hide(Timestamp ts) {
    liveness_.hear(ts);
    is_shown_ = false;
}

void DepthFold::lose(Timestamp ts) {
    hide(ts);
    is_known_ = false;
    is_lost_ = true;
    has_flow_ = false;
}

void DepthFold::open() {
    flow_5_ = flow_10_ = {};
    has_flow_ = !is_lost_;
}

void DepthFold::close(Timestamp open, Timestamp close, TapeRow& out) const {
    if (!liveness_.is_alive(open, close)) return;
    if (has_flow_) {
        out.put(Field::order_flow_5, flow_5_.units());
        out.put(Field::order_flow_10, flow_10_.units());
    }
    if (!is_shown_ || bids_.count() == 0 || asks_.count() == 0) return;
    const Price bid = bids_.level(0).price, ask = asks_.level(0).price;
    out.put(Field::bid_depth_5, bids_.depth(kNear));
    out.put(Field::ask_depth_5, asks_.depth(kNear));
    out.put(Field::bid_depth_10, bids_.depth(DepthSide::kLevels));
    out.put(Field::ask_depth_10, asks_.depth(DepthSide::kLevels));
    out.put(Field::bid_slope, bids_.slope(bid, ask));
    out.put(Field::ask_slope, asks_.slope(bid, ask));
}

}  // namespace tradewind::feature
