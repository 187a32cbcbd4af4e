// SPDX-License-Identifier: Apache-2.0
#include "market/market.hpp"

#include <type_traits>
#include <variant>

namespace tradewind::market {
namespace {

/// Prices after a split: times old / new, rounded half to even at 1e-9.
Price restated(Price price, const CorporateAction& split) {
    const auto out =
        base::mul_div(price.raw, split.old_shares, split.new_shares, base::Rounding::half_even);
    ASSERT(out && *out >= INT64_MIN && *out <= INT64_MAX);
    return {static_cast<std::int64_t>(*out)};
}

}  // namespace

Market::Market(const InstrumentTable& instruments, MarketSettings settings)
    : rows_(instruments.size()),
      known_(rows_.size()),
      books_(instruments.size()),
      settings_(settings) {}

void Market::apply(const Event& event) {
    std::visit(
        [&]<typename T>(const T& payload) {
            if constexpr (requires { apply(event.ts, payload); }) apply(event.ts, payload);
        },
        event.payload);
}

void Market::apply_side(Row& row, Timestamp ts, const Bar& bar) {
    const bool is_bid = bar.spec.source == PriceSource::bid;
    row.quote.instrument = bar.instrument;
    (is_bid ? row.quote.bid : row.quote.ask) = bar.close;
    (is_bid ? row.quote.bid_size : row.quote.ask_size) = Qty{};
    row.sides |= is_bid ? kBidSide : kAskSide;
    row.quote_ts = ts;
    row.has_quote = row.sides == kBothSides;
    set_mark(row, row.has_quote ? middle(row.quote.bid, row.quote.ask) : bar.close);
}

bool Market::apply(Timestamp ts, const BookLevel& row) {
    ASSERT(row.instrument.value < books_.size());
    auto& book = books_[row.instrument.value].levels;
    if (!book) book = std::make_unique<LevelBook>();
    book->apply(row);
    if (!row.flags.last || !book->is_ready()) return false;
    apply_touch(ts, row.instrument, *book);
    return true;
}

bool Market::apply(Timestamp ts, const BookOrder& row) {
    ASSERT(row.instrument.value < books_.size());
    auto& book = books_[row.instrument.value].orders;
    if (!book) book = std::make_unique<OrderBook>();
    book->apply(row);
    if (!row.flags.last || !book->is_ready()) return false;
    apply_touch(ts, row.instrument, *book);
    return true;
}

template <typename Book>
void Market::apply_touch(Timestamp ts, InstrumentId id, const Book& book) {
    Row& row = at(id);
    const auto bid = book.best(Side::buy), ask = book.best(Side::sell);
    if (row.has_own_quotes || !bid || !ask) return;
    row.quote = {.instrument = id,
                 .bid = bid->price,
                 .ask = ask->price,
                 .bid_size = bid->size,
                 .ask_size = ask->size};
    row.quote_ts = row.updated = ts;
    row.sides = kBothSides;
    row.has_quote = true;
    set_mark(row, middle(bid->price, ask->price));
}

void Market::apply(Timestamp /*ts*/, const TradingStatus& status) {
    at(status.instrument).state = status.state;
}

void Market::apply(Timestamp /*ts*/, const CorporateAction& action) {
    Row& row = at(action.instrument);
    if (action.kind == CorporateActionKind::delisting) row.state = MarketState::closed;
    if (action.kind != CorporateActionKind::split) return;
    books_[action.instrument.value] = {};
    ASSERT(action.new_shares > 0 && action.old_shares > 0);
    for (Price* price : {&row.mark, &row.quote.bid, &row.quote.ask, &row.trade.price}) {
        *price = restated(*price, action);
    }
    for (Bar& bar : row.bars) {
        for (Price* price : {&bar.open, &bar.high, &bar.low, &bar.close}) {
            *price = restated(*price, action);
        }
    }
}

std::optional<Price> Market::price_for(InstrumentId id, Side side) const {
    const Row& row = at(id);
    if (row.has_quote && row.updated - row.quote_ts <= settings_.quote_fresh_for) {
        return side == Side::buy ? row.quote.ask : row.quote.bid;
    }
    return mark(id);
}

const Quote* Market::quote(InstrumentId id) const {
    const Row& row = at(id);
    return row.has_quote ? &row.quote : nullptr;
}

const Trade* Market::trade(InstrumentId id) const {
    const Row& row = at(id);
    return row.has_trade ? &row.trade : nullptr;
}

const Bar* Market::bar(InstrumentId id, PriceSource source) const {
    const Bar& bar = at(id).bars[static_cast<std::size_t>(source)];
    return bar.spec.step > 0 ? &bar : nullptr;
}

}  // namespace tradewind::market
