// SPDX-License-Identifier: Apache-2.0
#include "feature/tape/trade_fold.hpp"

namespace tradewind::feature {
namespace {

/// Twice the distance of a price from the middle: 2 price - bid - ask.
base::Int128 twice_above_middle(Price price, const Quote& touch) {
    return base::Int128{2} * price.raw - touch.bid.raw - touch.ask.raw;
}

}  // namespace

int TradeSides::of(const Trade& trade, const Quote* touch) {
    if (has_last_ && trade.price != last_) direction_ = trade.price > last_ ? 1 : -1;
    last_ = trade.price;
    has_last_ = true;
    switch (trade.aggressor) {
        case Aggressor::buyer: return 1;
        case Aggressor::seller: return -1;
        case Aggressor::unknown: break;
    }
    if (touch == nullptr) return direction_;
    const base::Int128 above = twice_above_middle(trade.price, *touch);
    return above > 0 ? 1 : above < 0 ? -1 : direction_;
}

bool LargeTrades::is_large(Qty size) const {
    return is_known() &&
           base::Int128{size.raw} * static_cast<std::int64_t>(sizes_.size()) >= kTimes * sum_;
}

void LargeTrades::add(Qty size) {
    sum_ += size.raw;
    if (sizes_.size() < kMean) {
        if (sizes_.empty()) sizes_.reserve(kMean);
        sizes_.push_back(size.raw);
        return;
    }
    sum_ -= sizes_[oldest_];
    sizes_[oldest_] = size.raw;
    if (++oldest_ == kMean) oldest_ = 0;
}

void PendingTrades::push(const Pending& trade) {
    if (ring_.empty()) ring_.resize(kMax);
    if (count_ == kMax) pop();
    ring_[(first_ + count_) % kMax] = trade;
    ++count_;
}

void PendingTrades::pop() {
    first_ = (first_ + 1) % kMax;
    --count_;
}

void TradeFold::add(Timestamp ts, const Trade& trade, const Quote* touch) {
    const int side = sides_.of(trade, touch);
    ++bar_.count;
    bar_.volume.add(trade.size.raw);
    bar_.value.add_product(trade.price.raw, trade.size.raw);
    bar_.tells_large &= large_.is_known();
    if (large_.is_large(trade.size)) bar_.large.add(trade.size.raw);
    large_.add(trade.size);
    liveness_.hear(ts);
    if (side == 0) return;
    ++(side > 0 ? bar_.buys : bar_.sells);
    (side > 0 ? bar_.bought : bar_.sold).add(trade.size.raw);
    if (touch != nullptr) {
        bar_.effective.sum.add_product(side * twice_above_middle(trade.price, *touch),
                                       trade.size.raw);
        bar_.effective.size.add(trade.size.raw);
    }
    if (!realises_) return;
    pending_.push(
        {.due = ts + kRealisedAfter, .price = trade.price, .signed_size = side * trade.size.raw});
}

void TradeFold::realise(const PendingTrades::Pending& trade, const Quote& touch) {
    bar_.realised.sum.add_product(twice_above_middle(trade.price, touch), trade.signed_size);
    bar_.realised.size.add(trade.signed_size < 0 ? -base::Int128{trade.signed_size}
                                                 : base::Int128{trade.signed_size});
}

void TradeFold::close(Timestamp open, Timestamp close, TapeRow& out) const {
    if (!liveness_.is_alive(open, close)) return;
    out.put(Field::trades, static_cast<double>(bar_.count));
    out.put(Field::buy_trades, static_cast<double>(bar_.buys));
    out.put(Field::sell_trades, static_cast<double>(bar_.sells));
    out.put(Field::trade_volume, bar_.volume.units());
    out.put(Field::buy_volume, bar_.bought.units());
    out.put(Field::sell_volume, bar_.sold.units());
    if (bar_.tells_large) out.put(Field::large_volume, bar_.large.units());
    out.put(Field::trade_value, bar_.value.units() / 1e9);
    out.put(Field::effective_spread, bar_.effective.value());
    out.put(Field::realised_spread, bar_.realised.value());
}

}  // namespace tradewind::feature
