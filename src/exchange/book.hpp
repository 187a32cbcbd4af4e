// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "domain/event.hpp"
#include "market/order_flow.hpp"

namespace tradewind::exchange {

/// A level whose size that everybody sees has changed; size 0: it is gone.
struct LevelChange {
    Side side = Side::buy;
    Price price{};
    Qty size{};

    friend bool operator==(const LevelChange&, const LevelChange&) = default;
};

/// The book of one instrument: what the market data show, and the orders of the accounts, in one
/// queue a price.
///
/// Assumptions. What the market shows at a price when an order comes stands before the order; what
/// comes to the market's size later stands behind it; what leaves without a trade leaves from the
/// back. What an account took of the market's size stays gone: the level gives what it grows by,
/// and at most what it shows.
class Book {
public:
    /// A place in a queue: an order, or a part of the market's size (order 0).
    struct Entry {
        std::uint64_t order = 0;
        Qty shown{};
        Qty hidden{};  ///< of an iceberg: what is still to be shown
        Qty peak{};    ///< of an iceberg: how much at a time
    };
    struct Level {
        std::deque<Entry> queue;
        Qty shown{};      ///< sum over the queue
        Qty told{};       ///< what the market data say, less what traded since
        Qty published{};  ///< as of the last `publish`
    };
    /// The key is the price of asks and the negative price of bids: the touch comes first.
    using Levels = std::map<std::int64_t, Level>;

    /// The market data say: this much at this price. Does not trade.
    void set_market(Side side, Price price, Qty told);
    /// Nothing of the market's at any price.
    void clear_market();
    /// To the end of the queue.
    void add(Side side, Price price, const Entry& entry);
    /// The order's entry, which is there.
    void remove(Side side, Price price, std::uint64_t order);
    /// Takes `qty` <= its shown size off an entry of a queue. An iceberg whose shown part is used
    /// up shows the next and goes to the end of its queue. Where the market itself took a part of
    /// the market's size, that part is no longer told either.
    void take(Side side, Price price, std::size_t place, Qty qty, bool by_market);
    /// Takes `qty` <= leaves off an order wherever it is: hidden size first.
    void reduce(Side side, Price price, std::uint64_t order, Qty qty);

    /// The best price at which something is shown.
    [[nodiscard]] std::optional<Price> best(Side side) const;
    [[nodiscard]] const Level* level(Side side, Price price) const;
    [[nodiscard]] const Levels& levels(Side side) const {
        return side == Side::buy ? bids_ : asks_;
    }
    [[nodiscard]] static Price price_of(Side side, std::int64_t key) {
        return {side == Side::buy ? -key : key};
    }
    [[nodiscard]] static std::int64_t key_of(Side side, Price price) {
        return side == Side::buy ? -price.raw : price.raw;
    }

    /// The levels that differ from what was last published, bids first, best first; each takes the
    /// next update id.
    std::vector<LevelChange> publish();
    [[nodiscard]] std::uint64_t last_update_id() const { return last_update_id_; }
    /// The first `depth` levels that show something.
    [[nodiscard]] std::vector<market::Level> top(Side side, std::size_t depth) const;

private:
    [[nodiscard]] Levels& side_of(Side side) { return side == Side::buy ? bids_ : asks_; }
    void touch(Side side, std::int64_t key) { touched_.emplace(side, key); }
    void drop_from_back(Level& level, Qty qty);

    Levels bids_;
    Levels asks_;
    std::set<std::pair<Side, std::int64_t>> touched_;
    std::uint64_t last_update_id_ = 0;
};

}  // namespace tradewind::exchange
