// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/instrument.hpp"
#include "market/level_book.hpp"
#include "market/order_book.hpp"
#include "sim/book_impact.hpp"
#include "sim/queue_model.hpp"
#include "sim/settings.hpp"

namespace tradewind::sim {

/// The recorded book of one instrument, and what our orders do to it and in it: what we took from a
/// level, which comes back only as far as the level grows; the shift that our taking leaves; and
/// the place of each of our resting orders in its queue. It decides how much an order may get, and
/// fills nothing.
class VenueBook {
public:
    VenueBook(const Instrument& instrument, const BookSettings& settings);

    /// True: the row ended a message, and the book is one that can be met.
    bool apply(const BookLevel& row, Timestamp now);
    bool apply(const BookOrder& row, Timestamp now);
    /// Rows came, but never a moment at which it could be met: a stream without its snapshot.
    [[nodiscard]] bool is_blind() const { return last_message_ != kTimestampMin && !was_ready_; }
    /// When the last message came.
    [[nodiscard]] Timestamp last_message() const { return last_message_; }
    /// Complete, at the end of a message, not crossed: what may be traded on.
    [[nodiscard]] bool is_ready() const {
        return by_order_ ? orders_.is_ready() : levels_.is_ready();
    }
    /// The stream tells every order.
    [[nodiscard]] bool is_by_order() const { return by_order_; }
    /// Best prices as recorded; a price of 0 where a side is empty.
    [[nodiscard]] Quote quote() const;

    // --- taking

    /// One order's way through the other side.
    struct Taking {
        Side taker = Side::buy;
        PriceDelta shift{};  ///< what earlier orders of ours left
        Qty shown{};         ///< by the best levels when it began
        Qty taken{};
        Price last{};
    };
    /// The next level that has something left.
    struct Offer {
        Price price{};     ///< what a taker pays: shifted, on the tick
        Price recorded{};  ///< the level's own
        Qty left{};        ///< in whole lots, > 0
    };
    [[nodiscard]] Taking begin_taking(Side taker, Timestamp now) const;
    /// At `limit` or better, where there is one.
    [[nodiscard]] std::optional<Offer> offer(const Taking& taking,
                                             std::optional<Price> limit) const;
    void take(Taking& taking, const Offer& offer, Qty qty);
    void end_taking(const Taking& taking, Timestamp now);
    /// Whether an order could take all of `qty` at once.
    [[nodiscard]] bool has(Side taker, Qty qty, std::optional<Price> limit, Timestamp now) const;

    // --- resting

    /// The order rests at a price, last in its queue.
    void join(OrderId order, Side side, Price price);
    /// An order that does not rest is fine.
    void leave(OrderId order);
    [[nodiscard]] bool rests(OrderId order) const;
    /// Orders of ours that rest on a side, best price first, then oldest first.
    [[nodiscard]] std::vector<OrderId> resting(Side side) const;
    /// A print against `side`: how much of `size`, which orders of ours before this one have left,
    /// may fill `order`; the queue ahead of it moves on. nullopt: neither it nor any order behind
    /// it.
    [[nodiscard]] std::optional<Qty> print_reaches(OrderId order, Side side, Price price, Qty size);
    /// What is ahead of a resting order; nullopt where that is not known.
    [[nodiscard]] std::optional<Qty> ahead(OrderId order) const;

    [[nodiscard]] const market::LevelBookCounts& level_counts() const { return levels_.counts(); }
    [[nodiscard]] const market::OrderBookCounts& order_counts() const { return orders_.counts(); }

private:
    /// A level that we took from.
    struct Taken {
        Price price{};
        Qty shown{};
        Qty left{};
    };
    struct Resting {
        OrderId order{};
        Price price{};
        QueuePlace place;
        Qty shown{};                ///< at the end of the message before
        std::uint64_t arrival = 0;  ///< orders of the stream with a smaller number are ahead
        bool is_known = false;      ///< the level lies within what the stream shows
    };

    [[nodiscard]] static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
    [[nodiscard]] std::size_t depth(Side side) const;
    [[nodiscard]] market::Level level(Side side, std::size_t i) const;
    [[nodiscard]] Qty size_at(Side side, Price price) const;
    [[nodiscard]] bool shows(Side side, Price price) const;
    [[nodiscard]] Qty left_of(Side side, const market::Level& level) const;
    [[nodiscard]] Price shifted(Side taker, Price price, PriceDelta shift) const;
    [[nodiscard]] Resting* find(OrderId order, Side side);
    bool end_message(Timestamp now);
    void renew_taken();
    void renew_places();
    void pass_orders(const BookOrder& row, const std::optional<market::RestingOrder>& before,
                     std::uint64_t arrival);

    Price tick_{};
    Qty lot_{};
    BookSettings settings_;
    bool by_order_ = false;
    market::LevelBook levels_;
    market::OrderBook orders_;
    std::vector<Taken> taken_[2];      ///< by the side that it was taken from
    std::vector<Resting> resting_[2];  ///< in the order of priority
    ImpactShift shift_[2];
    Timestamp last_message_ = kTimestampMin;
    bool was_ready_ = false;
};

}  // namespace tradewind::sim
