// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <limits>

#include "domain/order.hpp"
#include "feature/tape/exact_sum.hpp"
#include "feature/tape/liveness.hpp"
#include "feature/tape/tape_row.hpp"
#include "market/level_book.hpp"
#include "market/order_book.hpp"

namespace tradewind::feature {

/// The best levels of one side. One that is not there has no size and the worst price: what comes
/// to it then counts as any better price does.
class DepthSide {
public:
    static constexpr std::size_t kLevels = 10;

    explicit DepthSide(Side side) : side_(side) { clear(); }
    void clear();
    template <typename Book>
    void read(const Book& book) {
        const std::size_t there = depth_of(book);
        count_ = there < kLevels ? there : kLevels;
        for (std::size_t i = 0; i < count_; ++i) levels_[i] = level_of(book, i);
        for (std::size_t i = count_; i < kLevels; ++i) levels_[i] = absent();
    }
    /// Whether a level of this price could be among them.
    [[nodiscard]] bool is_reached_by(Price price) const {
        if (count_ < kLevels) return true;
        const Price last = levels_.back().price;
        return side_ == Side::buy ? price >= last : price <= last;
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] const market::Level& level(std::size_t i) const { return levels_[i]; }
    /// What came to the first levels since `before`, units of 1e-9.
    [[nodiscard]] base::Int128 flow_from(const DepthSide& before, std::size_t from,
                                         std::size_t end) const;
    /// Size of the first levels.
    [[nodiscard]] double depth(std::size_t levels) const;
    /// How much size comes with a unit of price: least squares through the origin of the size up to
    /// a level on its distance from the middle, sum(d D) / sum(d^2).
    [[nodiscard]] double slope(Price bid, Price ask) const;

private:
    [[nodiscard]] std::size_t depth_of(const market::LevelBook& book) const {
        return book.depth(side_);
    }
    [[nodiscard]] std::size_t depth_of(const market::OrderBook& book) const {
        return book.queues().depth(side_);
    }
    [[nodiscard]] market::Level level_of(const market::LevelBook& book, std::size_t i) const {
        return book.level(side_, i);
    }
    [[nodiscard]] market::Level level_of(const market::OrderBook& book, std::size_t i) const {
        const market::QueueLevel level = book.queues().level(side_, i);
        return {.price = level.price, .size = level.total};
    }
    [[nodiscard]] market::Level absent() const {
        using Limits = std::numeric_limits<std::int64_t>;
        return {.price = {side_ == Side::buy ? Limits::min() : Limits::max()}, .size = {}};
    }

    Side side_;
    std::size_t count_ = 0;
    std::array<market::Level, kLevels> levels_;
};

/// The first levels of a book over a bar.
class DepthFold {
public:
    /// A row that changes what is shown at `price`.
    void note(Side side, Price price) {
        is_changed_ |= side == Side::buy ? bids_.is_reached_by(price) : asks_.is_reached_by(price);
    }
    void note_any() { is_changed_ = true; }
    /// A message has ended and the book can be used.
    template <typename Book>
    void read(Timestamp ts, const Book& book) {
        liveness_.hear(ts);
        is_shown_ = true;
        if (!is_changed_ && is_known_) return;
        DepthSide bids{Side::buy}, asks{Side::sell};
        bids.read(book);
        asks.read(book);
        take(bids, asks);
    }
    /// The book is crossed: what comes next is compared with the state before.
    void hide(Timestamp ts);
    /// What comes next begins anew.
    void lose(Timestamp ts);

    void open();
    void close(Timestamp open, Timestamp close, TapeRow& out) const;

private:
    void take(const DepthSide& bids, const DepthSide& asks);

    Liveness liveness_;
    DepthSide bids_{Side::buy};
    DepthSide asks_{Side::sell};
    bool is_changed_ = true;  ///< since they were read
    bool is_known_ = false;
    bool is_shown_ = false;
    bool is_lost_ = true;

    // of the bar
    ExactSum flow_5_;
    ExactSum flow_10_;
    bool has_flow_ = false;
};

}  // namespace tradewind::feature
