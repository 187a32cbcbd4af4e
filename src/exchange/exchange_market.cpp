// SPDX-License-Identifier: Apache-2.0
// The part of the exchange that meets market data.
#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"
#include "exchange/exchange.hpp"

namespace tradewind::exchange {
namespace {

/// splitmix64's finalizer (Steele, Lea and Flood 2014): a number that looks random of one that
/// does not.
std::uint64_t scramble(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

}  // namespace

std::optional<Timestamp> Exchange::next_event() {
    if (!head_ && source_ != nullptr && !source_ended_) {
        Event event;
        switch (source_->next(event)) {
            case ports::EventSource::Next::event: head_ = event; break;
            case ports::EventSource::Next::end: source_ended_ = true; break;
            case ports::EventSource::Next::failed:
                source_ended_ = true;
                source_failed_ = true;
                break;
        }
    }
    if (!head_) return std::nullopt;
    return head_->ts;
}

void Exchange::advance(Timestamp now) {
    for (auto next = next_event(); next && *next <= now; next = next_event()) {
        const Event event = *head_;
        head_.reset();
        apply(event);
    }
}

std::string Exchange::source_error() const {
    return source_failed_ ? source_->error() : std::string{};
}

void Exchange::apply(const Event& event) {
    const auto instrument = instrument_of(event.payload);
    if (!instrument || instrument->value >= listings_.size()) return;
    Listing& listing = listings_[instrument->value];
    if (const auto* status = std::get_if<TradingStatus>(&event.payload)) {
        listing.is_open = status->state == MarketState::open;
        return;
    }
    if (const auto* quote = std::get_if<Quote>(&event.payload)) {
        apply_quote(listing, *quote, event.ts);
    } else if (const auto* row = std::get_if<BookLevel>(&event.payload)) {
        apply_level(listing, *row, event.ts);
    } else if (const auto* trade = std::get_if<Trade>(&event.payload)) {
        market_trade(listing, *trade, event.ts);
    } else if (const auto* bar = std::get_if<Bar>(&event.payload)) {
        for (const Trade& part : trades_of(*bar)) market_trade(listing, part, event.ts);
    } else {
        return;
    }
    run_triggers(listing, event.ts);
    finish(listing, event.ts);
}

void Exchange::catch_up(Timestamp now) {
    for (auto next = next_event(); next && *next <= now; next = next_event()) {
        remember(*head_);
        head_.reset();
    }
    for (Listing& listing : listings_) {
        if (listing.quoted) {
            apply_quote(listing, *listing.quoted, now);
        } else if (listing.resync && listing.recorded.is_ready()) {
            show_recorded(listing, now);
        } else if (!listing.has_depth && listing.printed) {
            show_ladder(listing, listing.last_up ? Side::buy : Side::sell, now);
        }
        static_cast<void>(listing.log.end_aggregates());
        finish(listing, now);
    }
    happenings_.clear();
}

void Exchange::remember(const Event& event) {
    const auto instrument = instrument_of(event.payload);
    if (!instrument || instrument->value >= listings_.size()) return;
    Listing& listing = listings_[instrument->value];
    const auto print = [&](const Trade& trade) {
        if (trade.size.raw <= 0 || trade.price.raw <= 0) return;
        const Side side = taker_side_of(listing, trade);
        listing.log.print({.price = trade.price,
                           .qty = trade.size,
                           .ts = event.ts,
                           .buyer_is_maker = side == Side::sell,
                           .taker = ++listing.takers});
        listing.last_up = side == Side::buy;
        listing.printed = trade.price;
        static_cast<void>(listing.log.end_aggregates());
    };
    if (const auto* trade = std::get_if<Trade>(&event.payload)) {
        print(*trade);
    } else if (const auto* bar = std::get_if<Bar>(&event.payload)) {
        for (const Trade& part : trades_of(*bar)) print(part);
    } else if (const auto* quote = std::get_if<Quote>(&event.payload)) {
        listing.quoted = *quote;
        listing.has_depth = true;
    } else if (const auto* row = std::get_if<BookLevel>(&event.payload)) {
        listing.recorded.apply(*row);
        listing.resync = true;
        listing.has_depth = true;
    } else if (const auto* status = std::get_if<TradingStatus>(&event.payload)) {
        listing.is_open = status->state == MarketState::open;
    }
}

std::vector<Trade> trades_of(const Bar& bar) {
    if (bar.volume.raw <= 0) return {};
    const bool high_first = (bar.high - bar.open).raw <= (bar.open - bar.low).raw;
    const std::array<Price, 4> path{bar.open, high_first ? bar.high : bar.low,
                                    high_first ? bar.low : bar.high, bar.close};
    std::vector<Price> prices;
    for (const Price price : path) {
        if (prices.empty() || prices.back() != price) prices.push_back(price);
    }
    // Whole units of the venue's last place; the first trade takes what does not divide.
    constexpr std::int64_t kUnit = 10;
    const std::int64_t parts = static_cast<std::int64_t>(prices.size());
    const Qty part{bar.volume.raw / kUnit / parts * kUnit};
    std::vector<Trade> out;
    for (const Price price : prices) {
        const Qty size = out.empty() ? Qty{bar.volume.raw - part.raw * (parts - 1)} : part;
        if (size.raw <= 0 || price.raw <= 0) continue;
        out.push_back({.instrument = bar.instrument, .price = price, .size = size});
    }
    return out;
}

void Exchange::apply_quote(Listing& listing, const Quote& quote, Timestamp now) {
    if (quote.bid.raw <= 0 || quote.bid >= quote.ask) return;
    listing.has_depth = true;
    renew_ladder(listing, quote, false);
    meet_market(listing, now);
}

void Exchange::apply_level(Listing& listing, const BookLevel& row, Timestamp now) {
    listing.has_depth = true;
    listing.resync = listing.resync || row.flags.snapshot;
    listing.recorded_touched.emplace(row.side, row.price.raw);
    listing.recorded.apply(row);
    if (listing.recorded.is_ready()) show_recorded(listing, now);
}

void Exchange::show_recorded(Listing& listing, Timestamp now) {
    if (std::exchange(listing.resync, false)) {
        for (const Side side : {Side::buy, Side::sell}) {
            for (const auto& [key, level] : listing.book.levels(side)) {
                listing.recorded_touched.emplace(side, Book::price_of(side, key).raw);
            }
            for (std::size_t i = 0; i < listing.recorded.depth(side); ++i) {
                listing.recorded_touched.emplace(side, listing.recorded.level(side, i).price.raw);
            }
        }
    }
    for (const auto& [side, price] : std::exchange(listing.recorded_touched, {})) {
        if (price <= 0) continue;
        listing.book.set_market(side, {price}, listing.recorded.size_at(side, {price}));
    }
    meet_market(listing, now);
}

void Exchange::meet_market(Listing& listing, Timestamp now) {
    // Every turn takes from the market's size on one side at least, so this ends.
    const std::uint64_t key = ++listing.takers;
    for (;;) {
        const auto bid = listing.book.best(Side::buy);
        const auto ask = listing.book.best(Side::sell);
        if (!bid || !ask || *bid < *ask) return;
        const Book::Entry buyer = listing.book.level(Side::buy, *bid)->queue.front();
        const Book::Entry seller = listing.book.level(Side::sell, *ask)->queue.front();
        if (buyer.order == 0 && seller.order == 0) {
            // Data that cross themselves: neither is to be believed.
            listing.book.set_market(Side::buy, *bid, {});
            listing.book.set_market(Side::sell, *ask, {});
            continue;
        }
        const bool buyer_waits = buyer.order != 0;
        const Price price = buyer_waits ? *bid : *ask;
        const Qty qty = std::min(buyer.shown, seller.shown);
        listing.book.take(Side::buy, *bid, 0, qty, false);
        listing.book.take(Side::sell, *ask, 0, qty, false);
        const std::uint64_t other = buyer_waits ? seller.order : buyer.order;
        fill(listing,
             {.price = price,
              .qty = qty,
              .taker_side = buyer_waits ? Side::sell : Side::buy,
              .maker = buyer_waits ? buyer.order : seller.order,
              .taker = other,
              .taker_key = key},
             now);
    }
}

Side Exchange::taker_side_of(const Listing& listing, const Trade& trade) {
    if (trade.aggressor == Aggressor::buyer) return Side::buy;
    if (trade.aggressor == Aggressor::seller) return Side::sell;
    // The tick rule (Lee and Ready 1991): up is bought, down is sold, no change is as before.
    if (!listing.printed || trade.price == *listing.printed) {
        return listing.last_up ? Side::buy : Side::sell;
    }
    return trade.price > *listing.printed ? Side::buy : Side::sell;
}

void Exchange::market_trade(Listing& listing, const Trade& trade, Timestamp now) {
    if (trade.price.raw <= 0 || trade.size.raw <= 0) return;
    const Side side = taker_side_of(listing, trade);
    listing.last_up = side == Side::buy;
    listing.printed = trade.price;
    Qty left = trade.size;
    Qty filled = market_takes(listing, {.side = side, .limit = trade.price}, left, now);
    filled += market_takes(
        listing, {.side = opposite(side), .limit = trade.price, .strictly = true}, left, now);
    if (filled < trade.size) {
        print(listing,
              {.price = trade.price,
               .qty = trade.size - filled,
               .ts = now,
               .buyer_is_maker = side == Side::sell,
               .taker = ++listing.takers},
              std::nullopt, std::nullopt);
    }
    if (!listing.has_depth) show_ladder(listing, side, now);
}

void Exchange::show_ladder(Listing& listing, Side bought, Timestamp now) {
    const PriceDelta spread{listing.rules.tick.raw * settings_.ladder.spread_ticks};
    const Price last = round_to_tick(*listing.printed, listing.rules.tick, TickRounding::nearest);
    const bool up = bought == Side::buy;
    renew_ladder(listing, {.bid = up ? last - spread : last, .ask = up ? last : last + spread},
                 true);
    meet_market(listing, now);
}

Qty Exchange::market_takes(Listing& listing, const Taking& taking, Qty& left, Timestamp now) {
    const Side maker_side = opposite(taking.side);
    const std::uint64_t key = ++listing.takers;
    std::vector<Price> prices;
    for (const auto& [level_key, level] : listing.book.levels(maker_side)) {
        const Price price = Book::price_of(maker_side, level_key);
        const bool beyond = taking.side == Side::buy ? price > taking.limit : price < taking.limit;
        if (beyond || (taking.strictly && price == taking.limit)) break;
        prices.push_back(price);
    }
    Qty filled{};
    for (const Price price : prices) {
        std::size_t place = 0;
        const Book::Level* const level = listing.book.level(maker_side, price);
        while (left.raw > 0 && place < level->queue.size()) {
            const Book::Entry entry = level->queue[place];
            if (entry.order == 0 && price != taking.limit) {
                ++place;
                continue;
            }
            const Qty qty = std::min(entry.shown, left);
            listing.book.take(maker_side, price, place, qty, true);
            left -= qty;
            if (entry.order == 0) continue;
            filled += qty;
            fill(listing,
                 {.price = price,
                  .qty = qty,
                  .taker_side = taking.side,
                  .maker = entry.order,
                  .taker_key = key},
                 now);
        }
    }
    return filled;
}

Qty Exchange::ladder_size(const Listing& listing, Price price) const {
    const std::uint64_t draw =
        scramble(settings_.seed ^ scramble(static_cast<std::uint64_t>(price.raw))) % 1024;
    // Half to one and a half of the average.
    const base::Int128 mean = settings_.ladder.notional.raw / price.raw;
    const base::Int128 size = mean * static_cast<std::int64_t>(512 + draw) / 1024;
    const base::Int128 lots = std::max<base::Int128>(size / listing.rules.step.raw, 1);
    const base::Int128 most = listing.rules.qty_max.raw / listing.rules.step.raw;
    return {static_cast<std::int64_t>(std::min(lots, most)) * listing.rules.step.raw};
}

void Exchange::renew_ladder(Listing& listing, const Quote& touch, bool from_scratch) {
    for (const Side side : {Side::buy, Side::sell}) {
        const Price best = side == Side::buy ? touch.bid : touch.ask;
        const Qty told = side == Side::buy ? touch.bid_size : touch.ask_size;
        std::map<std::int64_t, Qty> wanted;
        for (std::size_t i = 0; i < settings_.ladder.levels; ++i) {
            const std::int64_t offset = listing.rules.tick.raw * static_cast<std::int64_t>(i);
            const Price price{side == Side::buy ? best.raw - offset : best.raw + offset};
            if (price.raw <= 0) break;
            wanted[Book::key_of(side, price)] =
                i == 0 && told.raw > 0 ? told : ladder_size(listing, price);
        }
        std::vector<std::int64_t> gone;
        for (const auto& [key, level] : listing.book.levels(side)) {
            if (level.told.raw > 0 && (from_scratch || !wanted.contains(key))) gone.push_back(key);
        }
        for (const std::int64_t key : gone) {
            // What comes back comes back whole; where nothing was taken it keeps its place.
            const auto at = wanted.find(key);
            const Book::Level* const level = listing.book.level(side, Book::price_of(side, key));
            Qty market{};
            for (const Book::Entry& entry : level->queue) {
                if (entry.order == 0) market += entry.shown;
            }
            if (at != wanted.end() && market == at->second) continue;
            listing.book.set_market(side, Book::price_of(side, key), {});
        }
        for (const auto& [key, size] : wanted) {
            listing.book.set_market(side, Book::price_of(side, key), size);
        }
    }
}

}  // namespace tradewind::exchange
