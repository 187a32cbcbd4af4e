// SPDX-License-Identifier: Apache-2.0
// The part of the strict venue that meets recorded order books.
#include <algorithm>

#include "base/assert.hpp"
#include "sim/strict_venue.hpp"

namespace tradewind::sim {
namespace {

bool is_at_once(TimeInForce tif) { return tif == TimeInForce::ioc || tif == TimeInForce::fok; }

std::optional<Price> limit_of(const VenueOrder& order) {
    return has_limit(order.spec.type) ? order.spec.limit_price : std::nullopt;
}

/// Whose resting orders a print has met: those opposite to who came to take. Where nobody tells, a
/// print at the bid or below took from buyers, one at the ask or above from sellers.
std::optional<Side> side_met(const Trade& trade, const std::optional<Quote>& quote) {
    switch (trade.aggressor) {
        case Aggressor::buyer: return Side::sell;
        case Aggressor::seller: return Side::buy;
        case Aggressor::unknown: break;
    }
    if (!quote) return std::nullopt;
    if (quote->bid.raw != 0 && trade.price <= quote->bid) return Side::buy;
    if (quote->ask.raw != 0 && trade.price >= quote->ask) return Side::sell;
    return std::nullopt;
}

}  // namespace

void StrictVenue::open_book(InstrumentId instrument) {
    markets_[instrument.value].book =
        std::make_unique<VenueBook>(desk_.table().at(instrument), desk_.settings().book);
}

StrictVenue::BookOddities StrictVenue::book_oddities() const {
    BookOddities out;
    for (const Market& market : markets_) {
        if (!market.book) continue;
        const auto& levels = market.book->level_counts();
        const auto& orders = market.book->order_counts();
        out.gaps += levels.gaps;
        out.faults += levels.negative_sizes + levels.unfinished_messages + orders.faulty_rows;
        out.crossed += levels.crossed + levels.locked + orders.crossed + orders.locked;
        out.blind += market.book->is_blind() ? 1U : 0U;
    }
    return out;
}

// --- the stream
// --------------------------------------------------------------------------------------

void StrictVenue::meet(const BookLevel& row) {
    Market& market = markets_[row.instrument.value];
    if (market.book->apply(row, desk_.now_ts())) meet_book(market, row.instrument);
}

void StrictVenue::meet(const BookOrder& row) {
    Market& market = markets_[row.instrument.value];
    if (market.book->apply(row, desk_.now_ts())) meet_book(market, row.instrument);
    // The stream of every order tells the prints itself.
    if (row.action != BookAction::trade) return;
    meet(market::print_of(row));
}

/// A message has ended.
void StrictVenue::meet_book(Market& market, InstrumentId instrument) {
    desk_.count_tick();
    market.quote = market.book->quote();
    market.quote_tick = desk_.ticks();
    desk_.account().mark(instrument) = market.quote->bid;
    market.ask_mark = market.quote->ask;
    hold_band(market, desk_.now_ts());
    if (market.watched && !market.halted) [[unlikely]]
        liquidate_at_once(instrument, market.quote->bid, market.quote->ask);
    if (!market.halted) {
        for_each_working(market, [&](VenueOrder& order) {
            if (order.met < market.quote_tick) meet_book(order, market);
        });
    }
    saw(market, *market.quote, desk_.now_ts());
    tidy(market);
}

// --- an order and the book
// ---------------------------------------------------------------------------

/// An order that comes after the latest message meets the book as that left it; one that comes at
/// its very instant may have been sent on it, and waits for the next.
void StrictVenue::arrive_at_book(VenueOrder& order) {
    Market& market = market_of(order);
    if (!market.book || market.halted || order.ended) return;
    const bool is_later = desk_.now_ts() > market.book->last_message();
    hold_band(market, desk_.now_ts());
    if (is_later && market.book->is_ready()) meet_book(order, market);
    tidy(market);
}

/// A replacement: less of it keeps its place, anything else is as good as a new order.
void StrictVenue::move_in_book(VenueOrder& order, const OrderSpec& before) {
    Market& market = market_of(order);
    if (!market.book || order.sleeping) return;
    const bool moves = order.spec.limit_price != before.limit_price ||
                       order.spec.trigger_price != before.trigger_price;
    if (!moves && order.spec.qty <= before.qty) return;
    market.book->leave(order.id);
    order.met_market = false;
    arrive_at_book(order);
}

void StrictVenue::meet_book(VenueOrder& order, Market& market) {
    const TimeInForce tif = order.spec.time_in_force;
    if (waits_for_print(market, order)) return;
    if (tif == TimeInForce::at_close && desk_.now_ts() < order.expires) return;
    if (tif == TimeInForce::at_open && desk_.now_ts() < order.auction) return;
    if (order.waits()) trigger_on_book(order, market);
    if (order.waits()) return;
    take_from_book(order, market);
    if (order.ended) return;
    if (is_at_once(tif)) return cancel_order(order, VenueReason::no_liquidity);
    if (tif == TimeInForce::at_open || tif == TimeInForce::at_close) {
        return cancel_order(order, VenueReason::time_in_force, OrderEventKind::expired);
    }
    order.met_market = true;
    rest_in_book(order, market);
}

void StrictVenue::trigger_on_book(VenueOrder& order, Market& market) {
    const Hit hit = rules_.on_quote(order, *market.quote);
    follow(order, hit, order.is_buy() ? market.quote->ask : market.quote->bid);
    if (!hit.triggers) return;
    order.triggered = true;
    desk_.report(OrderEventKind::triggered, order);
}

/// Walks the levels that the order crosses: it takes as it comes, and makes where it rested and the
/// other side came to it.
void StrictVenue::take_from_book(VenueOrder& order, Market& market) {
    VenueBook& book = *market.book;
    const std::optional<Price> limit = limit_of(order);
    const Timestamp now = desk_.now_ts();
    VenueBook::Taking taking = book.begin_taking(order.spec.side, now);
    auto offer = book.offer(taking, limit);
    if (!offer) return;
    const bool makes = order.met_market && limit.has_value();
    if (order.spec.post_only && !makes) return cancel_order(order, VenueReason::would_take);
    const bool all_or_none = order.spec.time_in_force == TimeInForce::fok;
    if (all_or_none && !book.has(order.spec.side, order.leaves(), limit, now)) return;
    const std::uint64_t capped = desk_.counts().capped_fills;
    for (; offer && !order.ended; offer = book.offer(taking, limit)) {
        Supply supply{.limited = true,
                      .by_level = makes,
                      .is_shown = true,
                      .is_enough = true,
                      .left = offer->left};
        const Price price = makes ? *limit : offer->price;
        fill(order,
             {.fills = true,
              .liquidity = makes ? Liquidity::maker : Liquidity::taker,
              .price = price,
              .reference = price},
             supply);
        const Qty got = offer->left - supply.left;
        if (got.raw == 0) break;
        book.take(taking, *offer, got);
    }
    book.end_taking(taking, now);
    desk_.counts().capped_fills = capped + (order.ended ? 0U : 1U);
}

void StrictVenue::rest_in_book(VenueOrder& order, Market& market) {
    if (!has_limit(order.spec.type) || market.book->rests(order.id)) return;
    market.book->join(order.id, order.spec.side, *order.spec.limit_price);
}

// --- prints
// ------------------------------------------------------------------------------------------

void StrictVenue::meet_print_on_book(Market& market, const Trade& trade) {
    if (market.halted) return;
    for_each_working(market, [&](VenueOrder& order) {
        if (!order.waits() || order.spec.trigger_by != TriggerBy::last) return;
        const Hit hit = rules_.on_trade(order, trade.price, true);
        follow(order, hit, trade.price);
        if (!hit.triggers) return;
        order.triggered = true;
        desk_.report(OrderEventKind::triggered, order);
    });
    if (const auto side = side_met(trade, market.quote)) fill_by_print(market, trade, *side);
    tidy(market);
}

/// Best price first, then oldest first; what one of our orders gets is not there for the next.
void StrictVenue::fill_by_print(Market& market, const Trade& trade, Side resting) {
    VenueBook& book = *market.book;
    Qty left = trade.size;
    for (const OrderId id : book.resting(resting)) {
        const auto slot = desk_.find(id);
        if (!slot || left.raw <= 0) continue;
        const auto reaches = book.print_reaches(id, resting, trade.price, left);
        if (!reaches) break;
        VenueOrder& order = desk_.at(*slot);
        const Qty lots{reaches->raw - reaches->raw % desk_.instrument(order).lot.raw};
        if (lots.raw <= 0) continue;
        Supply supply{.limited = true, .by_level = true, .left = lots};
        const Price price = *order.spec.limit_price;
        fill(order,
             {.fills = true, .liquidity = Liquidity::maker, .price = price, .reference = price},
             supply);
        left -= lots - supply.left;
    }
}

}  // namespace tradewind::sim
