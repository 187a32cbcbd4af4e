// SPDX-License-Identifier: Apache-2.0
#include "market/matching_book.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include <list>
#include <map>
#include <string>
#include <vector>

#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::market {
namespace {

std::string name(Side side) { return side == Side::buy ? "buy" : "sell"; }

std::string text(const Accepted& e) {
    return fmt::format("accepted {} {} {}", e.id, name(e.side), e.qty.raw);
}
std::string text(const Traded& e) {
    return fmt::format("traded {} with {} {} {}@{} leaves {} {}", name(e.taker_side), e.taker,
                       e.maker, e.qty.raw, e.price.raw, e.taker_leaves.raw, e.maker_leaves.raw);
}
std::string text(const Cancelled& e) {
    return fmt::format("cancelled {} {} {} {}", e.id, name(e.side), e.qty.raw, to_string(e.reason));
}
std::string text(const Amended& e) {
    return fmt::format("amended {} {}@{}{}", e.id, e.leaves.raw, e.limit.raw,
                       e.keeps_place ? " in place" : "");
}
std::string text(const LevelChanged& e) {
    return fmt::format("level {} {}: {} in {}", name(e.side), e.price.raw, e.size.raw, e.orders);
}

struct Tape {
    std::vector<std::string> lines;

    template <typename Event>
    void on(const Event& event) {
        lines.push_back(text(event));
    }
    std::vector<std::string> take() { return std::exchange(lines, {}); }
};

using Lines = std::vector<std::string>;

NewOrder limit(std::uint64_t id, Side side, std::int64_t qty, std::int64_t price) {
    return {.id = id, .side = side, .limit = Price{price}, .qty = {qty}};
}
NewOrder market(std::uint64_t id, Side side, std::int64_t qty) {
    return {.id = id, .side = side, .qty = {qty}, .rest = Remainder::cancel_rest};
}

/// Buys 1 (5 at 99), 2 (3 at 99), 3 (4 at 98); sells 4 (2 at 101), 5 (6 at 101), 6 (9 at 103).
struct Full {
    Full() {
        EXPECT_TRUE(book.add(limit(1, Side::buy, 5, 99)));
        EXPECT_TRUE(book.add(limit(2, Side::buy, 3, 99)));
        EXPECT_TRUE(book.add(limit(3, Side::buy, 4, 98)));
        EXPECT_TRUE(book.add(limit(4, Side::sell, 2, 101)));
        EXPECT_TRUE(book.add(limit(5, Side::sell, 6, 101)));
        EXPECT_TRUE(book.add(limit(6, Side::sell, 9, 103)));
        tape.take();
    }
    Tape tape;
    MatchingBook<Tape> book{tape};
};

// --- add ----------------------------------------------------------------------------------------

TEST(MatchingBook, rests_what_does_not_cross) {
    Full full;
    EXPECT_TRUE(full.book.add(limit(7, Side::buy, 1, 100)));
    EXPECT_EQ(full.tape.take(), (Lines{"accepted 7 buy 1", "level buy 100: 1 in 1"}));
    EXPECT_TRUE(full.book.add(limit(8, Side::buy, 2, 99)));
    EXPECT_EQ(full.tape.take(), (Lines{"accepted 8 buy 2", "level buy 99: 10 in 3"}));
    EXPECT_EQ(full.book.find(8), (RestingOrder{8, Side::buy, {99}, {2}}));
}

TEST(MatchingBook, trades_best_price_first_then_oldest_first_at_the_makers_price) {
    Full full;
    EXPECT_TRUE(full.book.add(limit(7, Side::buy, 12, 103)));
    EXPECT_EQ(full.tape.take(),
              (Lines{"accepted 7 buy 12", "traded buy with 7 4 2@101 leaves 10 0",
                     "traded buy with 7 5 6@101 leaves 4 0", "traded buy with 7 6 4@103 leaves 0 5",
                     "level sell 101: 0 in 0", "level sell 103: 5 in 1"}));
    EXPECT_EQ(full.book.find(7), std::nullopt);
    EXPECT_EQ(full.book.find(4), std::nullopt);
}

TEST(MatchingBook, rests_what_is_left_of_an_order_that_crossed) {
    Full full;
    EXPECT_TRUE(full.book.add(limit(7, Side::sell, 10, 99)));
    EXPECT_EQ(full.tape.take(), (Lines{"accepted 7 sell 10", "traded sell with 7 1 5@99 leaves 5 0",
                                       "traded sell with 7 2 3@99 leaves 2 0",
                                       "level buy 99: 0 in 0", "level sell 99: 2 in 1"}));
}

TEST(MatchingBook, cancels_the_rest_of_market_and_ioc_orders) {
    Full full;
    EXPECT_TRUE(full.book.add(market(7, Side::sell, 13)));
    EXPECT_EQ(
        full.tape.take(),
        (Lines{"accepted 7 sell 13", "traded sell with 7 1 5@99 leaves 8 0",
               "traded sell with 7 2 3@99 leaves 5 0", "traded sell with 7 3 4@98 leaves 1 0",
               "level buy 99: 0 in 0", "level buy 98: 0 in 0", "cancelled 7 sell 1 no_liquidity"}));
    NewOrder ioc = limit(8, Side::buy, 9, 101);
    ioc.rest = Remainder::cancel_rest;
    EXPECT_TRUE(full.book.add(ioc));
    EXPECT_EQ(full.tape.take(),
              (Lines{"accepted 8 buy 9", "traded buy with 8 4 2@101 leaves 7 0",
                     "traded buy with 8 5 6@101 leaves 1 0", "level sell 101: 0 in 0",
                     "cancelled 8 buy 1 no_liquidity"}));
    EXPECT_TRUE(full.book.add(market(9, Side::sell, 1)));
    EXPECT_EQ(full.tape.take(), (Lines{"accepted 9 sell 1", "cancelled 9 sell 1 no_liquidity"}));
}

TEST(MatchingBook, fills_an_all_or_none_order_whole_or_not_at_all) {
    Full full;
    NewOrder order = limit(7, Side::buy, 9, 102);
    order.rest = Remainder::all_or_none;
    EXPECT_EQ(full.book.add(order).error(), BookRefusal::not_fillable);
    EXPECT_EQ(full.tape.take(), Lines{});
    order.qty = {8};
    EXPECT_TRUE(full.book.add(order));
    EXPECT_EQ(full.tape.take(),
              (Lines{"accepted 7 buy 8", "traded buy with 7 4 2@101 leaves 6 0",
                     "traded buy with 7 5 6@101 leaves 0 0", "level sell 101: 0 in 0"}));
    order.id = 8;
    order.limit = std::nullopt;
    order.qty = {10};
    EXPECT_EQ(full.book.add(order).error(), BookRefusal::not_fillable);
}

struct RefusedOrder {
    NewOrder order;
    BookRefusal why;
};

TEST(MatchingBook, refuses_before_anything_happens) {
    const RefusedOrder cases[] = {
        {limit(7, Side::buy, 0, 99), BookRefusal::bad_qty},
        {limit(7, Side::buy, -1, 99), BookRefusal::bad_qty},
        {{.id = 7, .side = Side::buy, .qty = {1}}, BookRefusal::bad_terms},
        {{.id = 7,
          .side = Side::buy,
          .limit = Price{99},
          .qty = {1},
          .rest = Remainder::cancel_rest,
          .post_only = true},
         BookRefusal::bad_terms},
        {limit(6, Side::buy, 100, 105), BookRefusal::duplicate_id},
        {{.id = 7, .side = Side::buy, .limit = Price{101}, .qty = {1}, .post_only = true},
         BookRefusal::would_take},
        {limit(7, Side::buy, INT64_MAX - 11, 1), BookRefusal::side_full},
    };
    for (const RefusedOrder& c : cases) {
        Full full;
        const auto answer = full.book.add(c.order);
        ASSERT_FALSE(answer) << to_string(c.why);
        EXPECT_EQ(answer.error(), c.why) << to_string(c.why);
        EXPECT_EQ(full.tape.take(), Lines{});
        EXPECT_EQ(full.book.queues().size(), 6U);
    }
}

TEST(MatchingBook, takes_what_just_fits) {
    Full full;
    EXPECT_TRUE(full.book.add(limit(7, Side::buy, INT64_MAX - 12, 1)));
    EXPECT_EQ(full.book.queues().total(Side::buy), Qty{INT64_MAX});
}

// --- cancel, reduce, replace --------------------------------------------------------------------

TEST(MatchingBook, cancels) {
    Full full;
    EXPECT_TRUE(full.book.cancel(1));
    EXPECT_EQ(full.tape.take(), (Lines{"cancelled 1 buy 5 requested", "level buy 99: 3 in 1"}));
    EXPECT_TRUE(full.book.cancel(2));
    EXPECT_EQ(full.tape.take(), (Lines{"cancelled 2 buy 3 requested", "level buy 99: 0 in 0"}));
    EXPECT_EQ(full.book.cancel(2).error(), BookRefusal::unknown_id);
    EXPECT_EQ(full.tape.take(), Lines{});
}

TEST(MatchingBook, keeps_the_place_of_what_gets_smaller) {
    Full full;
    EXPECT_TRUE(full.book.reduce(1, {2}));
    EXPECT_EQ(full.tape.take(), (Lines{"amended 1 3@99 in place", "level buy 99: 6 in 2"}));
    EXPECT_TRUE(full.book.replace(1, {.limit = {99}, .leaves = {1}}));
    EXPECT_EQ(full.tape.take(), (Lines{"amended 1 1@99 in place", "level buy 99: 4 in 2"}));
    EXPECT_EQ(full.book.queues().position(full.book.queues().find(2)),
              (QueuePosition{.orders_ahead = 1, .qty_ahead = {1}}));
    EXPECT_EQ(full.book.reduce(1, {1}).error(), BookRefusal::bad_qty);
    EXPECT_EQ(full.book.reduce(1, {0}).error(), BookRefusal::bad_qty);
    EXPECT_EQ(full.book.reduce(77, {1}).error(), BookRefusal::unknown_id);
}

TEST(MatchingBook, sends_what_grows_or_moves_to_the_end) {
    Full full;
    EXPECT_TRUE(full.book.replace(1, {.limit = {99}, .leaves = {6}}));
    EXPECT_EQ(full.tape.take(), (Lines{"amended 1 6@99", "level buy 99: 9 in 2"}));
    EXPECT_EQ(full.book.queues().position(full.book.queues().find(1)),
              (QueuePosition{.orders_ahead = 1, .qty_ahead = {3}}));
    EXPECT_TRUE(full.book.replace(2, {.limit = {98}, .leaves = {3}}));
    EXPECT_EQ(full.tape.take(),
              (Lines{"amended 2 3@98", "level buy 99: 6 in 1", "level buy 98: 7 in 2"}));
}

TEST(MatchingBook, trades_a_replaced_order_that_crosses) {
    Full full;
    EXPECT_TRUE(full.book.replace(3, {.limit = {101}, .leaves = {10}}));
    EXPECT_EQ(full.tape.take(),
              (Lines{"amended 3 10@101", "level buy 98: 0 in 0",
                     "traded buy with 3 4 2@101 leaves 8 0", "traded buy with 3 5 6@101 leaves 2 0",
                     "level sell 101: 0 in 0", "level buy 101: 2 in 1"}));
    EXPECT_EQ(full.book.replace(3, {.limit = {103}, .leaves = {1}, .post_only = true}).error(),
              BookRefusal::would_take);
    EXPECT_EQ(full.book.replace(3, {.limit = {103}, .leaves = {0}}).error(), BookRefusal::bad_qty);
    EXPECT_EQ(full.book.replace(77, {.limit = {1}, .leaves = {1}}).error(),
              BookRefusal::unknown_id);
    EXPECT_EQ(full.book.replace(3, {.limit = {1}, .leaves = {INT64_MAX}}).error(),
              BookRefusal::side_full);
    EXPECT_EQ(full.tape.take(), Lines{});
}

// --- against a naive book -----------------------------------------------------------------------

/// The contract once more, as slowly and plainly as can be: lists of orders in sorted maps.
class NaiveBook {
public:
    explicit NaiveBook(Tape& tape) : tape_(tape) {}

    std::optional<BookRefusal> add(const NewOrder& o) {
        if (o.qty.raw <= 0) return BookRefusal::bad_qty;
        if (o.rest == Remainder::rests && !o.limit) return BookRefusal::bad_terms;
        if (o.rest != Remainder::rests && o.post_only) return BookRefusal::bad_terms;
        if (has(o.id)) return BookRefusal::duplicate_id;
        const std::int64_t there = available(o.side, o.limit);
        if (o.post_only && there > 0) return BookRefusal::would_take;
        if (o.rest == Remainder::all_or_none && there < o.qty.raw) return BookRefusal::not_fillable;
        tape_.on(Accepted{o.id, o.side, o.qty});
        const std::int64_t left = trade(o.id, o.side, o.limit, o.qty.raw);
        if (left == 0) return std::nullopt;
        if (o.rest == Remainder::rests) {
            rest(o.id, o.side, o.limit->raw, left);
        } else {
            tape_.on(Cancelled{o.id, o.side, {left}, CancelReason::no_liquidity});
        }
        return std::nullopt;
    }
    std::optional<BookRefusal> cancel(std::uint64_t id) {
        if (!has(id)) return BookRefusal::unknown_id;
        const auto [side, price] = where(id);
        tape_.on(Cancelled{id, side, {take_out(id)}, CancelReason::requested});
        tell(side, price);
        return std::nullopt;
    }
    std::optional<BookRefusal> reduce(std::uint64_t id, Qty by) {
        if (by.raw <= 0) return BookRefusal::bad_qty;
        if (!has(id)) return BookRefusal::unknown_id;
        if (by.raw >= order(id).second) return BookRefusal::bad_qty;
        return replace(id, {.limit = {where(id).second}, .leaves = {order(id).second - by.raw}});
    }
    std::optional<BookRefusal> replace(std::uint64_t id, const NewTerms& t) {
        if (t.leaves.raw <= 0) return BookRefusal::bad_qty;
        if (!has(id)) return BookRefusal::unknown_id;
        const auto [side, price] = where(id);
        if (t.limit.raw == price && t.leaves.raw <= order(id).second) {
            order(id).second = t.leaves.raw;
            tape_.on(Amended{id, t.limit, t.leaves, true});
            tell(side, price);
            return std::nullopt;
        }
        if (t.post_only && available(side, t.limit) > 0) return BookRefusal::would_take;
        take_out(id);
        tape_.on(Amended{id, t.limit, t.leaves, false});
        if (t.limit.raw != price) tell(side, price);
        const std::int64_t left = trade(id, side, t.limit, t.leaves.raw);
        if (left > 0) rest(id, side, t.limit.raw, left);
        return std::nullopt;
    }
    [[nodiscard]] std::vector<RestingOrder> orders(Side side) {
        std::vector<RestingOrder> out;
        for (const auto& [key, queue] : side_of(side)) {
            for (const auto& [id, qty] : queue) {
                out.push_back({id, side, {side == Side::buy ? -key : key}, {qty}});
            }
        }
        return out;
    }

private:
    using Queue = std::list<std::pair<std::uint64_t, std::int64_t>>;
    using Levels = std::map<std::int64_t, Queue>;  ///< by price, of buys by minus price

    Levels& side_of(Side side) { return side == Side::buy ? buys_ : sells_; }
    static std::int64_t key(Side side, std::int64_t price) {
        return side == Side::buy ? -price : price;
    }
    static Side other(Side side) { return side == Side::buy ? Side::sell : Side::buy; }
    bool has(std::uint64_t id) { return sides_.contains(id); }
    std::pair<Side, std::int64_t> where(std::uint64_t id) { return sides_.at(id); }
    std::pair<std::uint64_t, std::int64_t>& order(std::uint64_t id) {
        const auto [side, price] = where(id);
        for (auto& o : side_of(side)[key(side, price)]) {
            if (o.first == id) return o;
        }
        std::abort();
    }
    std::int64_t take_out(std::uint64_t id) {
        const auto [side, price] = where(id);
        Queue& queue = side_of(side)[key(side, price)];
        const std::int64_t qty = order(id).second;
        queue.remove_if([id](const auto& o) { return o.first == id; });
        if (queue.empty()) side_of(side).erase(key(side, price));
        sides_.erase(id);
        return qty;
    }
    static bool within(Side taker, std::optional<Price> limit, std::int64_t price) {
        return !limit || (taker == Side::buy ? price <= limit->raw : price >= limit->raw);
    }
    std::int64_t price_at(Side side, std::int64_t k) { return side == Side::buy ? -k : k; }
    std::int64_t available(Side taker, std::optional<Price> limit) {
        std::int64_t sum = 0;
        for (const auto& [k, queue] : side_of(other(taker))) {
            if (!within(taker, limit, price_at(other(taker), k))) break;
            for (const auto& o : queue) sum += o.second;
        }
        return sum;
    }
    std::int64_t trade(std::uint64_t id, Side side, std::optional<Price> limit, std::int64_t qty) {
        const Side makers = other(side);
        std::vector<std::int64_t> touched;
        while (qty > 0 && !side_of(makers).empty()) {
            const std::int64_t price = price_at(makers, side_of(makers).begin()->first);
            if (!within(side, limit, price)) break;
            if (touched.empty() || touched.back() != price) touched.push_back(price);
            auto& maker = side_of(makers).begin()->second.front();
            const std::int64_t traded = std::min(maker.second, qty);
            maker.second -= traded;
            qty -= traded;
            const std::uint64_t maker_id = maker.first;
            tape_.on(Traded{maker_id, id, side, {price}, {traded}, {maker.second}, {qty}});
            if (maker.second == 0) take_out(maker_id);
        }
        for (const std::int64_t price : touched) tell(makers, price);
        return qty;
    }
    void rest(std::uint64_t id, Side side, std::int64_t price, std::int64_t qty) {
        side_of(side)[key(side, price)].emplace_back(id, qty);
        sides_[id] = {side, price};
        tell(side, price);
    }
    void tell(Side side, std::int64_t price) {
        std::int64_t sum = 0;
        std::uint32_t count = 0;
        const auto found = side_of(side).find(key(side, price));
        if (found != side_of(side).end()) {
            for (const auto& o : found->second) {
                sum += o.second;
                ++count;
            }
        }
        tape_.on(LevelChanged{side, {price}, {sum}, count});
    }

    Tape& tape_;
    Levels buys_, sells_;
    std::map<std::uint64_t, std::pair<Side, std::int64_t>> sides_;
};

std::vector<RestingOrder> orders(const OrderQueues& queues, Side side) {
    std::vector<RestingOrder> out;
    for (std::size_t level = 0; level < queues.depth(side); ++level) {
        QueuePosition ahead;
        for (auto i = queues.front(side, level); i != OrderQueues::kNone; i = queues.behind(i)) {
            RC_ASSERT(queues.position(i) == ahead);
            out.push_back(queues.order(i));
            ++ahead.orders_ahead;
            ahead.qty_ahead += queues.leaves(i);
        }
        RC_ASSERT(queues.level(side, level) ==
                  (QueueLevel{out.back().price, ahead.qty_ahead, ahead.orders_ahead}));
    }
    return out;
}

std::optional<BookRefusal> refusal(const std::expected<void, BookRefusal>& answer) {
    return answer ? std::nullopt : std::optional(answer.error());
}

std::int64_t draw(std::size_t bound) { return static_cast<std::int64_t>(test::draw_below(bound)); }

NewOrder draw_order(std::uint64_t id, std::size_t prices) {
    NewOrder out;
    out.id = id;
    out.side = test::Any<Side>::draw();
    out.limit = Price{draw(prices)};
    out.qty = {draw(12)};
    const std::size_t kind = test::draw_below(10);
    if (kind == 0) out.limit = std::nullopt;
    if (kind == 1) out.post_only = true;
    if (kind <= 2) out.rest = static_cast<Remainder>(test::draw_below(3));
    return out;
}

bool is_uncrossed(const OrderQueues& queues) {
    return queues.empty(Side::buy) || queues.empty(Side::sell) ||
           queues.best_price(Side::buy) < queues.best_price(Side::sell);
}

/// Random operations on a narrow grid: every refusal, partial fills, levels that come and go.
RC_GTEST_PROP(MatchingBook, tells_what_a_naive_book_tells, ()) {
    Tape tape, naive_tape;
    MatchingBook<Tape> book(tape, {.orders = 1, .levels = 1});
    NaiveBook naive(naive_tape);
    const std::size_t prices = 1 + test::draw_below(40);
    const std::uint64_t ids = 1 + test::draw_below(60);
    const std::size_t count = test::draw_below(400);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t id = test::draw_below(ids);
        const NewTerms terms{
            .limit = {draw(prices)}, .leaves = {draw(12)}, .post_only = test::draw_below(4) == 0};
        switch (test::draw_below(6)) {
            case 0: RC_ASSERT(refusal(book.cancel(id)) == naive.cancel(id)); break;
            case 1:
                RC_ASSERT(refusal(book.reduce(id, terms.leaves)) == naive.reduce(id, terms.leaves));
                break;
            case 2: RC_ASSERT(refusal(book.replace(id, terms)) == naive.replace(id, terms)); break;
            default: {
                const NewOrder order = draw_order(id, prices);
                RC_ASSERT(refusal(book.add(order)) == naive.add(order));
            }
        }
        RC_ASSERT(tape.take() == naive_tape.take());
        RC_ASSERT(is_uncrossed(book.queues()));
    }
    for (const Side side : {Side::buy, Side::sell}) {
        RC_ASSERT(orders(book.queues(), side) == naive.orders(side));
    }
}

}  // namespace
}  // namespace tradewind::market
