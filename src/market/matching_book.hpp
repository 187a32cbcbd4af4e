// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/int128.hpp"
#include "market/order_queues.hpp"

/// A book that matches: one instrument, price-time priority, whole numbers only.
///
/// What can happen to it, all of it:
///
///   add      limit      trades with what it crosses, best price first, oldest first, at the price
///   of
///                       the resting order; what is left rests last in its level
///            market     trades at any price; what is left is cancelled (no_liquidity)
///            .rest = cancel_rest   (IOC) what is left is cancelled instead of resting
///            .rest = all_or_none   (FOK) refused (not_fillable) unless all of it trades at once
///            .post_only            refused (would_take) if it would trade
///   cancel   takes the order off
///   reduce   takes a part off its quantity; it keeps its place
///   replace  sets price and quantity left. The same price and no more quantity: it keeps its
///   place.
///            Otherwise it goes last at its new price, having traded first with what it crosses
///
/// Refused means that nothing happened, and why: every check comes before the first change. The
/// reasons in their order: bad_qty, bad_terms, duplicate_id or unknown_id, would_take,
/// not_fillable, side_full.
///
/// Events come after the book has changed wholly, in this order:
///
///   add      Accepted, Traded..., LevelChanged of each level that was traded at (best first), then
///            Cancelled or LevelChanged of its own level for what is left
///   cancel   Cancelled, LevelChanged
///   reduce   Amended, LevelChanged
///   replace  Amended, LevelChanged of the level it left, then as add after Accepted
///
/// A LevelChanged tells the level's final state; size 0: the level is gone. A sink may look at the
/// book and must not change it. A book is never crossed or locked at rest. In the steady state
/// nothing allocates.
namespace tradewind::market {

/// What becomes of the part that does not trade at once.
enum class Remainder : std::uint8_t { rests, cancel_rest, all_or_none };

struct NewOrder {
    std::uint64_t id = 0;  ///< unique among the orders on the book
    Side side = Side::buy;
    std::optional<Price> limit{};  ///< absent: a market order
    Qty qty{};
    Remainder rest = Remainder::rests;  ///< of a market order never `rests`
    bool post_only = false;
};

struct NewTerms {
    Price limit{};
    Qty leaves{};  ///< what is to be left
    bool post_only = false;
};

enum class BookRefusal : std::uint8_t {
    bad_qty,    ///< not positive, or a reduction by all that is left or more
    bad_terms,  ///< post-only without resting, a market order that rests
    duplicate_id,
    unknown_id,
    would_take,
    not_fillable,
    side_full,  ///< the sum of a side would not fit 64 bits
};

enum class CancelReason : std::uint8_t {
    requested,
    no_liquidity,  ///< a market order, or one that does not rest, found nothing more to trade with
};

[[nodiscard]] std::string_view to_string(BookRefusal value);
[[nodiscard]] std::string_view to_string(CancelReason value);

// --- events -------------------------------------------------------------------------------------

struct Accepted {
    std::uint64_t id = 0;
    Side side = Side::buy;
    Qty qty{};

    friend bool operator==(const Accepted&, const Accepted&) = default;
};
struct Traded {
    std::uint64_t maker = 0;
    std::uint64_t taker = 0;
    Side taker_side = Side::buy;
    Price price{};
    Qty qty{};
    Qty maker_leaves{};
    Qty taker_leaves{};

    friend bool operator==(const Traded&, const Traded&) = default;
};
struct Cancelled {
    std::uint64_t id = 0;
    Side side = Side::buy;
    Qty qty{};  ///< what did not trade
    CancelReason reason = CancelReason::requested;

    friend bool operator==(const Cancelled&, const Cancelled&) = default;
};
struct Amended {
    std::uint64_t id = 0;
    Price limit{};
    Qty leaves{};
    bool keeps_place = false;

    friend bool operator==(const Amended&, const Amended&) = default;
};
struct LevelChanged {
    Side side = Side::buy;
    Price price{};
    Qty size{};
    std::uint32_t orders = 0;

    friend bool operator==(const LevelChanged&, const LevelChanged&) = default;
};

/// Takes each event of a matching book.
template <typename T>
concept BookSink =
    requires(T& sink, const Accepted& accepted, const Traded& traded, const Cancelled& cancelled,
             const Amended& amended, const LevelChanged& changed) {
        sink.on(accepted);
        sink.on(traded);
        sink.on(cancelled);
        sink.on(amended);
        sink.on(changed);
    };

// --- the book -----------------------------------------------------------------------------------

template <BookSink Sink>
class MatchingBook {
public:
    using Answer = std::expected<void, BookRefusal>;

    /// `sink` outlives the book.
    explicit MatchingBook(Sink& sink, BookRoom room = {}) : sink_(sink), queues_(room) {
        trades_.reserve(kTradesExpected);
        touched_.reserve(kTradesExpected);
    }

    Answer add(const NewOrder& order) {
        if (const auto refusal = check(order)) return std::unexpected(*refusal);
        const Taker taker{.id = order.id, .side = order.side, .limit = order.limit};
        const Qty left = match(taker, order.qty);
        std::optional<LevelChanged> rested;
        if (left.raw > 0 && order.rest == Remainder::rests) rested = rest(taker, left);
        sink_.on(Accepted{.id = order.id, .side = order.side, .qty = order.qty});
        tell_matched(taker);
        if (rested) {
            sink_.on(*rested);
        } else if (left.raw > 0) {
            sink_.on(Cancelled{.id = order.id,
                               .side = order.side,
                               .qty = left,
                               .reason = CancelReason::no_liquidity});
        }
        return {};
    }

    Answer cancel(std::uint64_t id) {
        const Index index = queues_.find(id);
        if (index == kNone) return std::unexpected(BookRefusal::unknown_id);
        const RestingOrder order = queues_.order(index);
        const LevelChanged change = without(index, order.leaves);
        queues_.erase(index);
        sink_.on(Cancelled{
            .id = id, .side = order.side, .qty = order.leaves, .reason = CancelReason::requested});
        sink_.on(change);
        return {};
    }

    Answer reduce(std::uint64_t id, Qty by) {
        if (by.raw <= 0) return std::unexpected(BookRefusal::bad_qty);
        const Index index = queues_.find(id);
        if (index == kNone) return std::unexpected(BookRefusal::unknown_id);
        if (by >= queues_.leaves(index)) return std::unexpected(BookRefusal::bad_qty);
        shrink(index, by);
        return {};
    }

    Answer replace(std::uint64_t id, const NewTerms& terms) {
        if (terms.leaves.raw <= 0) return std::unexpected(BookRefusal::bad_qty);
        const Index index = queues_.find(id);
        if (index == kNone) return std::unexpected(BookRefusal::unknown_id);
        const RestingOrder old = queues_.order(index);
        if (terms.limit == old.price && terms.leaves <= old.leaves) {
            shrink(index, old.leaves - terms.leaves);
            return {};
        }
        const Taker taker{.id = id, .side = old.side, .limit = terms.limit};
        if (const auto refusal = check_resting(taker, old, terms)) return std::unexpected(*refusal);
        requeue(index, taker, terms, without(index, old.leaves));
        return {};
    }

    /// nullopt where no such order rests.
    [[nodiscard]] std::optional<RestingOrder> find(std::uint64_t id) const {
        const Index index = queues_.find(id);
        if (index == kNone) return std::nullopt;
        return queues_.order(index);
    }
    [[nodiscard]] const OrderQueues& queues() const { return queues_; }

private:
    using Index = OrderQueues::Index;
    static constexpr Index kNone = OrderQueues::kNone;
    /// Trades of one operation for which there is room from the start.
    static constexpr std::size_t kTradesExpected = 1024;

    struct Taker {
        std::uint64_t id = 0;
        Side side = Side::buy;
        std::optional<Price> limit{};
    };
    struct Match {
        std::uint64_t maker = 0;
        Price price{};
        Qty qty{};
        Qty maker_leaves{};
        Qty taker_leaves{};
    };

    [[nodiscard]] static Side other(Side side) {
        return side == Side::buy ? Side::sell : Side::buy;
    }

    // --- checks ---

    [[nodiscard]] std::optional<BookRefusal> check(const NewOrder& order) const {
        if (order.qty.raw <= 0) return BookRefusal::bad_qty;
        const bool rests = order.rest == Remainder::rests;
        if (rests ? !order.limit : order.post_only) return BookRefusal::bad_terms;
        if (queues_.find(order.id) != kNone) return BookRefusal::duplicate_id;
        const Taker taker{.id = order.id, .side = order.side, .limit = order.limit};
        if (order.post_only && crosses(taker)) return BookRefusal::would_take;
        if (order.rest == Remainder::all_or_none && !can_fill(taker, order.qty)) {
            return BookRefusal::not_fillable;
        }
        if (rests && !has_room(order.side, order.qty)) return BookRefusal::side_full;
        return std::nullopt;
    }
    [[nodiscard]] std::optional<BookRefusal> check_resting(const Taker& taker,
                                                           const RestingOrder& old,
                                                           const NewTerms& terms) const {
        if (terms.post_only && crosses(taker)) return BookRefusal::would_take;
        if (!has_room(taker.side, terms.leaves - old.leaves)) return BookRefusal::side_full;
        return std::nullopt;
    }
    /// Whether the touch of the other side is within the taker's limit.
    [[nodiscard]] bool crosses(const Taker& taker) const {
        const Side maker_side = other(taker.side);
        return !queues_.empty(maker_side) && accepts(taker, queues_.best_price(maker_side));
    }
    [[nodiscard]] bool accepts(const Taker& taker, Price price) const {
        return !taker.limit || !queues_.is_better(taker.side, price, *taker.limit);
    }
    [[nodiscard]] bool can_fill(const Taker& taker, Qty qty) const {
        const Side maker_side = other(taker.side);
        std::int64_t missing = qty.raw;
        for (std::size_t i = 0; i < queues_.depth(maker_side); ++i) {
            const QueueLevel level = queues_.level(maker_side, i);
            if (!accepts(taker, level.price)) return false;
            if (level.total.raw >= missing) return true;
            missing -= level.total.raw;
        }
        return false;
    }
    [[nodiscard]] bool has_room(Side side, Qty qty) const {
        return base::checked_add(queues_.total(side).raw, qty.raw).has_value();
    }

    // --- changes ---

    /// Trades up to `qty`; what is left of it.
    Qty match(const Taker& taker, Qty qty) {
        trades_.clear();
        touched_.clear();
        if (!crosses(taker)) return qty;
        const Side maker_side = other(taker.side);
        do {
            qty = match_level(queues_.best_price(maker_side), maker_side, qty);
        } while (qty.raw > 0 && crosses(taker));
        return qty;
    }
    Qty match_level(Price price, Side maker_side, Qty qty) {
        QueueLevel level = queues_.level(maker_side, 0);
        while (qty.raw > 0 && level.orders > 0) {
            const Index maker = queues_.front(maker_side);
            const Qty leaves = queues_.leaves(maker);
            const Qty traded = std::min(leaves, qty);
            qty.raw -= traded.raw;
            level.total.raw -= traded.raw;
            trades_.push_back({.maker = queues_.id(maker),
                               .price = price,
                               .qty = traded,
                               .maker_leaves = {leaves.raw - traded.raw},
                               .taker_leaves = qty});
            if (traded < leaves) {
                queues_.reduce(maker, traded);
            } else {
                queues_.erase(maker);
                --level.orders;
            }
        }
        touched_.push_back(level);
        return qty;
    }
    /// The state of its level with it.
    LevelChanged rest(const Taker& taker, Qty left) {
        const Index index = queues_.push(
            {.id = taker.id, .side = taker.side, .price = *taker.limit, .leaves = left});
        return changed(taker.side, queues_.level_of(index));
    }
    /// by >= 0
    void shrink(Index index, Qty by) {
        if (by.raw > 0) queues_.reduce(index, by);
        const RestingOrder order = queues_.order(index);
        sink_.on(Amended{
            .id = order.id, .limit = order.price, .leaves = order.leaves, .keeps_place = true});
        sink_.on(changed(order.side, queues_.level_of(index)));
    }
    void requeue(Index index, const Taker& taker, const NewTerms& terms,
                 const LevelChanged& left_behind) {
        const bool moves = left_behind.price != terms.limit;
        queues_.erase(index);
        const Qty left = match(taker, terms.leaves);
        std::optional<LevelChanged> rested;
        if (left.raw > 0) rested = rest(taker, left);
        sink_.on(Amended{
            .id = taker.id, .limit = terms.limit, .leaves = terms.leaves, .keeps_place = false});
        if (moves) sink_.on(left_behind);
        tell_matched(taker);
        if (rested) sink_.on(*rested);
    }

    // --- events ---

    [[nodiscard]] static LevelChanged changed(Side side, const QueueLevel& level) {
        return {.side = side, .price = level.price, .size = level.total, .orders = level.orders};
    }
    /// The order's level as it will be without the order.
    [[nodiscard]] LevelChanged without(Index index, Qty leaves) const {
        QueueLevel level = queues_.level_of(index);
        level.total.raw -= leaves.raw;
        --level.orders;
        return changed(queues_.side(index), level);
    }
    void tell_matched(const Taker& taker) {
        for (const Match& match : trades_) {
            sink_.on(Traded{.maker = match.maker,
                            .taker = taker.id,
                            .taker_side = taker.side,
                            .price = match.price,
                            .qty = match.qty,
                            .maker_leaves = match.maker_leaves,
                            .taker_leaves = match.taker_leaves});
        }
        for (const QueueLevel& level : touched_) sink_.on(changed(other(taker.side), level));
    }

    Sink& sink_;
    OrderQueues queues_;
    std::vector<Match> trades_;
    std::vector<QueueLevel> touched_;
};

}  // namespace tradewind::market
