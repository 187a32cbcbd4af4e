// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "market/id_map.hpp"
#include "market/price_ladder.hpp"

namespace tradewind::market {

/// How much room a book takes from the start; it grows beyond, and then allocates.
struct BookRoom {
    std::size_t orders = 4096;
    std::size_t levels = 512;  ///< a side
};

/// An order in its queue.
struct RestingOrder {
    std::uint64_t id = 0;
    Side side = Side::buy;
    Price price{};
    Qty leaves{};

    friend bool operator==(const RestingOrder&, const RestingOrder&) = default;
};

/// All that rests at one price.
struct QueueLevel {
    Price price{};
    Qty total{};
    std::uint32_t orders = 0;

    friend bool operator==(const QueueLevel&, const QueueLevel&) = default;
};

/// What waits before an order at its price.
struct QueuePosition {
    std::uint32_t orders_ahead = 0;
    Qty qty_ahead{};

    friend bool operator==(const QueuePosition&, const QueuePosition&) = default;
};

/// Orders in price-time priority, the structure below both the matching book and the fold of L3
/// events: nodes of 32 bytes in a pool, doubly linked by index within their level; the levels of a
/// side in a PriceLadder; ids in an IdMap. Nothing is checked here but by ASSERT, and nothing is
/// decided.
class OrderQueues {
public:
    using Index = std::uint32_t;
    static constexpr Index kNone = IdMap::kNone;

    explicit OrderQueues(BookRoom room)
        : ids_(room.orders), bids_(Side::buy, room.levels), asks_(Side::sell, room.levels) {
        nodes_.reserve(room.orders);
        levels_.reserve(2 * room.levels);
    }

    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    [[nodiscard]] std::size_t depth(Side side) const { return ladder(side).size(); }
    [[nodiscard]] bool empty(Side side) const { return ladder(side).empty(); }
    /// All that rests on a side.
    [[nodiscard]] Qty total(Side side) const { return {totals_[static_cast<std::size_t>(side)]}; }
    /// The touch of a side that is not empty.
    [[nodiscard]] Price best_price(Side side) const { return ladder(side).best_price(); }
    /// The i-th level from the touch.
    [[nodiscard]] QueueLevel level(Side side, std::size_t i) const {
        return shown(levels_[ladder(side).value(i)]);
    }
    /// nullopt where nothing rests.
    [[nodiscard]] std::optional<QueueLevel> level_at(Side side, Price price) const {
        const auto place = ladder(side).place(price);
        if (!place.found) return std::nullopt;
        return shown(levels_[ladder(side).at(place)]);
    }

    // --- by order ---

    /// kNone where there is no such order.
    [[nodiscard]] Index find(std::uint64_t id) const {
        return ids_.find(id, [this](Index index) { return nodes_[index].id; });
    }
    [[nodiscard]] RestingOrder order(Index index) const {
        const Node& node = nodes_[index];
        const LevelNode& level = levels_[node.level];
        return {.id = node.id, .side = level.side, .price = level.price, .leaves = node.leaves};
    }
    [[nodiscard]] std::uint64_t id(Index index) const { return nodes_[index].id; }
    [[nodiscard]] Qty leaves(Index index) const { return nodes_[index].leaves; }
    [[nodiscard]] Side side(Index index) const { return levels_[nodes_[index].level].side; }
    [[nodiscard]] Price price(Index index) const { return levels_[nodes_[index].level].price; }
    [[nodiscard]] QueueLevel level_of(Index index) const {
        return shown(levels_[nodes_[index].level]);
    }
    /// Counts along the queue: as long as what is ahead.
    [[nodiscard]] QueuePosition position(Index index) const {
        QueuePosition out;
        for (Index i = nodes_[index].previous; i != kNone; i = nodes_[i].previous) {
            ++out.orders_ahead;
            out.qty_ahead += nodes_[i].leaves;
        }
        return out;
    }
    /// First in the queue of the i-th level from the touch, which is there.
    [[nodiscard]] Index front(Side side, std::size_t i = 0) const {
        return levels_[ladder(side).value(i)].head;
    }
    /// The order behind this one at its price; kNone behind the last.
    [[nodiscard]] Index behind(Index index) const { return nodes_[index].next; }

    // --- changes ---

    /// A new order, last at its price. The id is not there, qty > 0, and the side's total fits.
    Index push(const RestingOrder& order) {
        const Index index = take_node();
        ids_.insert(order.id, index);
        nodes_[index].id = order.id;
        nodes_[index].leaves = order.leaves;
        append(index, level_for(order.side, order.price));
        return index;
    }
    /// Off the book.
    void erase(Index index) {
        ids_.erase(nodes_[index].id, index);
        unlink(index);
        nodes_[index].next = free_node_;
        free_node_ = index;
    }
    /// The same place in the queue with less; 0 < by < leaves.
    void reduce(Index index, Qty by) {
        Node& node = nodes_[index];
        LevelNode& level = levels_[node.level];
        node.leaves.raw -= by.raw;
        level.total.raw -= by.raw;
        side_total(level.side) -= by.raw;
    }
    /// Last at another price, or at its own; qty > 0.
    void move(Index index, Price price, Qty leaves) {
        const Side side = this->side(index);
        unlink(index);
        nodes_[index].leaves = leaves;
        append(index, level_for(side, price));
    }
    void clear() {
        ids_.clear();
        nodes_.clear();
        levels_.clear();
        bids_.clear();
        asks_.clear();
        totals_ = {};
        free_node_ = free_level_ = kNone;
    }

    /// Whether `price` is better than `other` for orders of this side.
    [[nodiscard]] bool is_better(Side side, Price price, Price other) const {
        return ladder(side).is_better(price, other);
    }

private:
    struct Node {
        std::uint64_t id = 0;
        Qty leaves{};
        Index previous = kNone;
        Index next = kNone;  ///< of a free node: the next free one
        Index level = kNone;
    };
    static_assert(sizeof(Node) == 32);

    struct LevelNode {
        Price price{};
        Qty total{};
        Index head = kNone;  ///< of a free level: the next free one
        Index tail = kNone;
        std::uint32_t orders = 0;
        Side side = Side::buy;
    };
    static_assert(sizeof(LevelNode) == 32);

    using Ladder = PriceLadder<Index>;
    [[nodiscard]] Ladder& ladder(Side side) { return side == Side::buy ? bids_ : asks_; }
    [[nodiscard]] const Ladder& ladder(Side side) const {
        return side == Side::buy ? bids_ : asks_;
    }
    [[nodiscard]] std::int64_t& side_total(Side side) {
        return totals_[static_cast<std::size_t>(side)];
    }
    [[nodiscard]] static QueueLevel shown(const LevelNode& level) {
        return {.price = level.price, .total = level.total, .orders = level.orders};
    }

    Index take_node() {
        if (free_node_ == kNone) {
            nodes_.emplace_back();
            return static_cast<Index>(nodes_.size() - 1);
        }
        const Index out = free_node_;
        free_node_ = nodes_[out].next;
        return out;
    }
    Index take_level(Side side, Price price) {
        Index out = free_level_;
        if (out == kNone) {
            out = static_cast<Index>(levels_.size());
            levels_.emplace_back();
        } else {
            free_level_ = levels_[out].head;
        }
        levels_[out] = {.price = price, .side = side};
        return out;
    }
    Index level_for(Side side, Price price) {
        Ladder& levels = ladder(side);
        const auto place = levels.place(price);
        if (place.found) return levels.at(place);
        const Index made = take_level(side, price);
        levels.insert(place, price, made);
        return made;
    }

    void append(Index index, Index at) {
        Node& node = nodes_[index];
        LevelNode& level = levels_[at];
        node.level = at;
        node.previous = level.tail;
        node.next = kNone;
        (level.tail != kNone ? nodes_[level.tail].next : level.head) = index;
        level.tail = index;
        level.total.raw += node.leaves.raw;
        side_total(level.side) += node.leaves.raw;
        ++level.orders;
    }
    void unlink(Index index) {
        const Node& node = nodes_[index];
        LevelNode& level = levels_[node.level];
        (node.previous != kNone ? nodes_[node.previous].next : level.head) = node.next;
        (node.next != kNone ? nodes_[node.next].previous : level.tail) = node.previous;
        level.total.raw -= node.leaves.raw;
        side_total(level.side) -= node.leaves.raw;
        if (--level.orders == 0) drop_level(node.level);
    }
    void drop_level(Index at) {
        LevelNode& level = levels_[at];
        Ladder& levels = ladder(level.side);
        if (levels.best() == at) {
            levels.pop_best();
        } else {
            levels.erase(levels.place(level.price));
        }
        level.head = free_level_;
        free_level_ = at;
    }

    IdMap ids_;
    std::vector<Node> nodes_;
    std::vector<LevelNode> levels_;
    Ladder bids_;
    Ladder asks_;
    std::array<std::int64_t, 2> totals_{};  ///< by side
    Index free_node_ = kNone;
    Index free_level_ = kNone;
};

}  // namespace tradewind::market
