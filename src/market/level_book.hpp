// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "market/block_ladder.hpp"
#include "market/order_flow.hpp"
#include "market/validation.hpp"

namespace tradewind::market {

/// What became of a row of an L2 stream.
enum class RowResult : std::uint8_t {
    applied,
    held,    ///< without a snapshot yet, or after a gap: kept until the next snapshot
    stale,   ///< of a message that the book already holds: left out
    faulty,  ///< see LevelBook::defect(); the row itself was left out, unless the book is crossed
};

/// The result, and the size that an applied row found at its level (0: the level is new).
struct RowOutcome {
    RowResult result = RowResult::applied;
    Qty before{};

    friend bool operator==(const RowOutcome&, const RowOutcome&) = default;
};

/// What an order of some size would get by taking what is shown.
struct Walk {
    Qty qty{};         ///< as much as was there
    Money notional{};  ///< sum of price x quantity
    Price worst{};     ///< of the last level touched

    /// Price a unit, rounded half to even at 1e-9; nullopt where nothing was there.
    [[nodiscard]] std::optional<Price> average() const {
        return qty.raw > 0 ? std::optional{divide(notional, qty)} : std::nullopt;
    }
};

struct LevelBookCounts {
    std::uint64_t messages = 0;   ///< applied to their last row, snapshots included
    std::uint64_t snapshots = 0;  ///< applied to their last row
    std::uint64_t stale_rows = 0;
    std::uint64_t gaps = 0;
    std::uint64_t negative_sizes = 0;
    std::uint64_t unfinished_messages = 0;
    std::uint64_t crossed = 0;       ///< messages after which the bid was above the ask
    std::uint64_t locked = 0;        ///< messages after which they were equal
    std::uint64_t dropped_rows = 0;  ///< held rows beyond kHeldRowsMax

    friend bool operator==(const LevelBookCounts&, const LevelBookCounts&) = default;
};

/// Rows that a book without a snapshot keeps. When one more comes, all of them are dropped: the
/// snapshot that they waited for would be followed by a gap, and is.
inline constexpr std::size_t kHeldRowsMax = 1U << 20U;

/// An aggregated (L2) book: the fold of one instrument's BookLevel rows. One thread owns it.
///
/// A message is a run of rows that ends with `flags.last`; all carry the same update ids. The first
/// row of a snapshot clears the book. Sizes are absolute; 0 removes a level.
///
/// Sequence (Binance, "How to manage a local order book correctly", spot and USD-M futures; Bybit
/// numbers its messages one by one, which is the same rule): a message follows the one before it
/// when `previous_update_id`, or `first_update_id` - 1 where the venue sends none, equals the
/// `last_update_id` before it. The first message after a snapshot may begin earlier, if it ends
/// later. Messages that end at or before the book's last id are stale. Ids of 0 are not told, and
/// not checked. A snapshot older than the book is stale too, unless its id is 1 or less: there the
/// venue has begun to count again (Bybit, "Orderbook").
///
/// Rows that come before a snapshot, or after a fault, are held and applied behind the next
/// snapshot: recorders write the diff that straddles a snapshot before it.
///
/// A fault (gap, negative size, unfinished message) ends the book's life until the next snapshot. A
/// crossed or locked book is a fault as well, but the next message that uncrosses it mends it.
/// Outside data never stops the process.
class LevelBook {
public:
    explicit LevelBook(std::size_t levels_expected = 1024)
        : bids_(Side::buy, levels_expected), asks_(Side::sell, levels_expected) {}

    RowOutcome apply(const BookLevel& row);

    /// Complete, at the end of a message, and not crossed: what may be traded on.
    [[nodiscard]] bool is_ready() const {
        return is_live_ && message_ == Message::none && !is_crossed_;
    }
    /// Before the first snapshot, or since a fault.
    [[nodiscard]] bool awaits_snapshot() const { return !is_live_; }
    /// Of the latest faulty row; nullopt before the first.
    [[nodiscard]] const std::optional<Defect>& defect() const { return defect_; }
    [[nodiscard]] const LevelBookCounts& counts() const { return counts_; }
    [[nodiscard]] std::uint64_t last_update_id() const { return last_id_; }

    // --- what is shown; a book that is not ready answers with what it has ---

    [[nodiscard]] std::size_t depth(Side side) const { return ladder(side).size(); }
    /// The i-th level from the touch; i < depth(side).
    [[nodiscard]] Level level(Side side, std::size_t i) const {
        const auto& levels = ladder(side);
        return {.price = levels.price(i), .size = levels.value(i)};
    }
    [[nodiscard]] std::optional<Level> best(Side side) const {
        const auto& levels = ladder(side);
        if (levels.empty()) return std::nullopt;
        return Level{.price = levels.best_price(), .size = levels.best()};
    }
    /// 0 where nothing is shown.
    [[nodiscard]] Qty size_at(Side side, Price price) const;
    /// All that is shown at `price` and better; stops at the greatest Qty.
    [[nodiscard]] Qty size_through(Side side, Price price) const;
    /// What an order of `taker` side would take from the other side, at `limit` or better where one
    /// is given. qty > 0.
    [[nodiscard]] Walk walk(Side taker, Qty qty, std::optional<Price> limit = std::nullopt) const;

    // --- derived; nullopt while a side is empty ---

    [[nodiscard]] bool has_both_sides() const { return !bids_.empty() && !asks_.empty(); }
    [[nodiscard]] std::optional<Price> middle() const;
    [[nodiscard]] std::optional<PriceDelta> spread() const;
    /// (bid x ask size + ask x bid size) / (bid size + ask size), rounded half to even: the middle
    /// drawn toward the side that is about to give way (Gatheral and Oomen 2010, "Zero-intelligence
    /// realized variance estimation", section 1).
    [[nodiscard]] std::optional<Price> microprice() const;
    /// (bids - asks) / (bids + asks) of the sizes of the first `levels` levels: -1 to 1.
    [[nodiscard]] std::optional<Rate> imbalance(std::size_t levels = 1) const;

private:
    /// What happens to the rows of the message that is open.
    enum class Message : std::uint8_t { none, delta, snapshot, held, stale };
    using Ladder = BlockLadder<Qty>;

    [[nodiscard]] Ladder& ladder(Side side) { return side == Side::buy ? bids_ : asks_; }
    [[nodiscard]] const Ladder& ladder(Side side) const {
        return side == Side::buy ? bids_ : asks_;
    }
    [[nodiscard]] bool continues(const BookLevel& row) const;
    [[nodiscard]] bool follows(const BookLevel& row) const;
    [[nodiscard]] bool is_stale_snapshot(const BookLevel& row) const;
    RowResult begin(const BookLevel& row);
    void begin_snapshot(const BookLevel& row);
    RowResult begin_delta(const BookLevel& row);
    Qty set(const BookLevel& row);
    RowResult end(const BookLevel& row);
    RowResult apply_held();
    RowResult check_sides();
    void hold(const BookLevel& row);
    RowResult lose(const BookLevel& row, const Defect& defect);
    RowResult refuse_negative(const BookLevel& row);

    Ladder bids_;
    Ladder asks_;
    Message message_ = Message::none;
    bool is_live_ = false;
    bool is_crossed_ = false;
    bool after_snapshot_ = false;  ///< the next message may begin before the book's last id
    std::uint64_t last_id_ = 0;
    std::uint64_t open_id_ = 0;
    std::vector<BookLevel> held_;
    std::optional<Defect> defect_;
    LevelBookCounts counts_;
};

}  // namespace tradewind::market
