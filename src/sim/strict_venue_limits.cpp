// SPDX-License-Identifier: Apache-2.0
// The part of the strict venue that keeps orders inside price bands.
#include "sim/strict_venue.hpp"

namespace tradewind::sim {

/// An instrument with a band is always busy: its market data tell the reference.
void StrictVenue::watch_bands() {
    for (const Instrument& instrument : desk_.table().all()) {
        const PriceLimit* limit = limit_of(desk_.settings().price_limits, instrument);
        if (limit == nullptr) continue;
        Market& market = markets_[instrument.id.value];
        market.band.emplace(*limit, instrument);
        refresh(market);
    }
}

void StrictVenue::hold_band(Market& market, Timestamp at) {
    if (market.band) [[unlikely]]
        market.range = market.band->at(at);
}

/// Where nothing is printed the middle of the quote is the price.
void StrictVenue::saw(Market& market, const Quote& quote, Timestamp now) {
    if (!market.band || market.print || quote.bid.raw == 0 || quote.ask.raw == 0) return;
    market.band->saw({quote.bid.raw + (quote.ask.raw - quote.bid.raw) / 2}, now);
}

/// Of an order that comes now. A trigger may lie anywhere: it waits for a day on which it is
/// reached.
bool StrictVenue::is_beyond_band(const OrderSpec& spec) {
    Market& market = markets_[spec.instrument.value];
    if (!market.band || !spec.limit_price) return false;
    const auto range = market.band->at(desk_.now_ts());
    return range && !range->holds(*spec.limit_price);
}

/// Bars and prints do not say who stands at the end of a band: there everybody wants the same, and
/// only who trades the other way is filled. What is shown is there to be taken.
bool StrictVenue::allows(const Market& market, const VenueOrder& order, Price price,
                         bool is_shown) {
    if (!market.range->holds(price)) return false;
    return is_shown || price != market.range->lock(order.spec.side);
}

}  // namespace tradewind::sim
