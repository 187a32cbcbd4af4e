// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/event.hpp"
#include "market/level_book.hpp"
#include "market/order_queues.hpp"
#include "market/validation.hpp"

namespace tradewind::market {

struct OrderBookCounts {
    std::uint64_t messages = 0;
    std::uint64_t snapshots = 0;  ///< begun
    std::uint64_t faulty_rows = 0;
    std::uint64_t crossed =
        0;  ///< messages after which the bid was above the ask: before an opening
    std::uint64_t locked = 0;  ///< messages after which they were equal

    friend bool operator==(const OrderBookCounts&, const OrderBookCounts&) = default;
};

/// A full (L3, market by order) book: the fold of one instrument's BookOrder rows. One thread owns
/// it.
///
/// What the actions do (Databento, "MBO schema", which is how it delivers every venue):
///
///   add      a new order, last at its price
///   modify   new price and size of an order. It keeps its place if the price stays and the size
///            does not grow; else it goes last
///   set      modify if the order is known, else add
///   remove   takes `size` off an order, and the order off the book with the last of it; size 0
///            takes all
///   trade, fill   nothing: what they took comes as a remove or a modify
///   clear    empties the book
///
/// The first row of a snapshot clears the book as well. An order's side is that of its first row.
/// Venues count messages over all their instruments, so a gap cannot be told from the numbers; it
/// shows as an unknown order.
///
/// A faulty row is left out. The book goes on, but is not ready until it is cleared: it has missed
/// something. Outside data never stops the process.
class OrderBook {
public:
    using Index = OrderQueues::Index;

    explicit OrderBook(BookRoom room = {}) : queues_(room) {}

    /// `applied` or `faulty`.
    RowResult apply(const BookOrder& row);

    /// Nothing was missed since the book was last empty, and it stands at the end of a message and
    /// is not crossed.
    [[nodiscard]] bool is_ready() const { return !has_missed_ && !is_open_ && !is_crossed_; }
    /// Something was missed since the book was last empty: wrong until it is cleared.
    [[nodiscard]] bool has_missed() const { return has_missed_; }
    /// Of the latest faulty row; nullopt before the first.
    [[nodiscard]] const std::optional<Defect>& defect() const { return defect_; }
    [[nodiscard]] const OrderBookCounts& counts() const { return counts_; }

    /// Levels, orders and queues.
    [[nodiscard]] const OrderQueues& queues() const { return queues_; }
    [[nodiscard]] std::optional<Level> best(Side side) const;
    /// Of the best prices; nullopt while a side is empty.
    [[nodiscard]] std::optional<Price> middle() const;
    /// nullopt where there is no such order.
    [[nodiscard]] std::optional<RestingOrder> find(std::uint64_t order) const;
    [[nodiscard]] std::optional<QueuePosition> position(std::uint64_t order) const;
    /// Counts up with every order that goes last in a queue: of two orders at a price the one with
    /// the smaller number is ahead. An order of ours that is not in the stream, and that joined
    /// when `next_arrival()` was n, has exactly those orders ahead of it whose number is below n.
    [[nodiscard]] std::optional<std::uint64_t> arrival(std::uint64_t order) const;
    [[nodiscard]] std::uint64_t next_arrival() const { return next_arrival_; }

private:
    RowResult change(const BookOrder& row);
    RowResult add(const BookOrder& row);
    RowResult modify(const BookOrder& row, Index index);
    RowResult with_known(const BookOrder& row,
                         RowResult (OrderBook::*what)(const BookOrder&, Index));
    RowResult take_off(const BookOrder& row, Index index);
    RowResult refuse(const Defect& defect);
    [[nodiscard]] std::optional<Defect> size_defect(const BookOrder& row, Side side,
                                                    Qty given_back) const;
    void arrive(Index index);
    void clear();
    void end();

    OrderQueues queues_;
    std::vector<std::uint64_t> arrivals_;  ///< by index
    std::uint64_t next_arrival_ = 1;
    bool is_open_ = false;
    bool in_snapshot_ = false;
    bool is_crossed_ = false;
    bool has_missed_ = false;
    std::optional<Defect> defect_;
    OrderBookCounts counts_;
};

/// A row with the action `trade` as a trade: it names who came to take.
[[nodiscard]] inline Trade print_of(const BookOrder& row) {
    return {.instrument = row.instrument,
            .aggressor = row.side == Side::buy ? Aggressor::buyer : Aggressor::seller,
            .price = row.price,
            .size = row.size};
}

}  // namespace tradewind::market
