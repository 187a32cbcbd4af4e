// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/event.hpp"
#include "sim/feed.hpp"

/// The heads of feeds of books and ticks, as events. Inline: once a row.
namespace tradewind::sim {

/// When the head was true at the venue by the exchange's own clock, where the row tells; else when
/// we received it.
inline Timestamp true_at(const Feed& feed, std::size_t column) {
    const bool told = feed.columns[column] != nullptr && feed.cell(column) != 0;
    return told ? Timestamp{feed.cell(column)} : Timestamp{feed.cell(ports::kTs)};
}

inline BookFlags book_flags(std::int64_t bits) {
    return {.snapshot = (bits & ports::BookRowFlags::snapshot) != 0,
            .last = (bits & ports::BookRowFlags::last) != 0};
}

/// Rows without a side name an order that has one, or are prints of an auction.
inline Side book_side(std::int64_t number) {
    return number == static_cast<std::int64_t>(Side::sell) ? Side::sell : Side::buy;
}

inline BookLevel book_level_of(const Feed& feed) {
    using C = ports::BookLevelColumns;
    const auto number = [&](std::size_t column) {
        return static_cast<std::uint64_t>(feed.cell(column));
    };
    return {.instrument = feed.instrument,
            .side = book_side(feed.cell(C::side)),
            .flags = book_flags(feed.cell(C::flags)),
            .price = {feed.cell(C::price)},
            .size = {feed.cell(C::size)},
            .first_update_id = number(C::first_update_id),
            .last_update_id = number(C::last_update_id),
            .previous_update_id = number(C::previous_update_id)};
}

inline BookOrder book_order_of(const Feed& feed) {
    using C = ports::BookOrderColumns;
    return {.instrument = feed.instrument,
            .side = book_side(feed.cell(C::side)),
            .action = static_cast<BookAction>(feed.cell(C::action)),
            .flags = book_flags(feed.cell(C::flags)),
            .price = {feed.cell(C::price)},
            .size = {feed.cell(C::size)},
            .order = static_cast<std::uint64_t>(feed.cell(C::order)),
            .sequence = static_cast<std::uint64_t>(feed.cell(C::sequence))};
}

inline Trade trade_of(const Feed& feed) {
    using C = ports::TradeColumns;
    return {.instrument = feed.instrument,
            .aggressor = static_cast<Aggressor>(feed.cell(C::aggressor)),
            .price = {feed.cell(C::price)},
            .size = {feed.cell(C::size)}};
}

inline Quote quote_of(const Feed& feed) {
    using C = ports::QuoteColumns;
    return {.instrument = feed.instrument,
            .bid = {feed.cell(C::bid)},
            .ask = {feed.cell(C::ask)},
            .bid_size = {feed.cell(C::bid_size)},
            .ask_size = {feed.cell(C::ask_size)}};
}

/// Puts `value` into the event, whose payload is mostly of that kind already.
template <typename Value>
void put(const Value& value, Event& out) {
    Value* there = std::get_if<Value>(&out.payload);
    if (there == nullptr) [[unlikely]]
        there = &out.payload.emplace<Value>();
    *there = value;
}

}  // namespace tradewind::sim
