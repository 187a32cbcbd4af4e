// SPDX-License-Identifier: Apache-2.0
#include "market/order_book.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "support/book_files.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::market {
namespace {

using test::price;
using test::qty;

constexpr BookFlags kLast{.snapshot = false, .last = true};

BookOrder order_row(BookAction action, std::uint64_t order, Side side, std::string_view at,
                    std::string_view size, BookFlags flags = kLast) {
    return {.instrument = {},
            .side = side,
            .action = action,
            .flags = flags,
            .price = price(at),
            .size = qty(size),
            .order = order};
}

/// Buys 1 (5 at 99), 2 (3 at 99), 3 (4 at 98); sells 4 (2 at 101).
OrderBook small_book() {
    OrderBook book;
    book.apply(order_row(BookAction::add, 1, Side::buy, "99", "5"));
    book.apply(order_row(BookAction::add, 2, Side::buy, "99", "3"));
    book.apply(order_row(BookAction::add, 3, Side::buy, "98", "4"));
    book.apply(order_row(BookAction::add, 4, Side::sell, "101", "2"));
    return book;
}

QueuePosition ahead(std::uint32_t orders, std::string_view size) {
    return {.orders_ahead = orders, .qty_ahead = qty(size)};
}

TEST(OrderBook, queues_orders_by_arrival) {
    const OrderBook book = small_book();
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(book.best(Side::buy), (Level{price("99"), qty("8")}));
    EXPECT_EQ(book.best(Side::sell), (Level{price("101"), qty("2")}));
    EXPECT_EQ(book.middle(), price("100"));
    EXPECT_EQ(book.position(1), ahead(0, "0"));
    EXPECT_EQ(book.position(2), ahead(1, "5"));
    EXPECT_LT(book.arrival(1), book.arrival(2));
    EXPECT_EQ(book.find(3), (RestingOrder{3, Side::buy, price("98"), qty("4")}));
    EXPECT_EQ(book.find(9), std::nullopt);
    EXPECT_EQ(book.position(9), std::nullopt);
}

TEST(OrderBook, keeps_the_place_of_what_shrinks_and_sends_the_rest_to_the_end) {
    OrderBook book = small_book();
    book.apply(order_row(BookAction::modify, 1, Side::buy, "99", "4"));
    EXPECT_EQ(book.position(2), ahead(1, "4"));
    book.apply(order_row(BookAction::modify, 1, Side::buy, "99", "6"));
    EXPECT_EQ(book.position(1), ahead(1, "3"));
    EXPECT_EQ(book.position(2), ahead(0, "0"));
    book.apply(order_row(BookAction::modify, 2, Side::buy, "98", "3"));
    EXPECT_EQ(book.position(2), ahead(1, "4"));
    EXPECT_EQ(book.best(Side::buy), (Level{price("99"), qty("6")}));
}

TEST(OrderBook, takes_off_a_part_or_all) {
    OrderBook book = small_book();
    book.apply(order_row(BookAction::remove, 1, Side::buy, "99", "2"));
    EXPECT_EQ(book.position(2), ahead(1, "3"));
    book.apply(order_row(BookAction::remove, 1, Side::buy, "99", "3"));
    EXPECT_EQ(book.find(1), std::nullopt);
    EXPECT_EQ(book.position(2), ahead(0, "0"));
    book.apply(order_row(BookAction::remove, 2, Side::buy, "99", "0"));
    EXPECT_EQ(book.best(Side::buy), (Level{price("98"), qty("4")}));
}

TEST(OrderBook, leaves_trades_and_fills_to_the_rows_behind_them) {
    OrderBook book = small_book();
    book.apply(order_row(BookAction::trade, 0, Side::sell, "99", "5"));
    book.apply(order_row(BookAction::fill, 1, Side::buy, "99", "5"));
    EXPECT_EQ(book.best(Side::buy), (Level{price("99"), qty("8")}));
    EXPECT_TRUE(book.is_ready());
}

TEST(OrderBook, sets_what_it_knows_and_adds_what_it_does_not) {
    OrderBook book = small_book();
    book.apply(order_row(BookAction::set, 1, Side::buy, "99", "1"));
    book.apply(order_row(BookAction::set, 7, Side::buy, "99", "9"));
    EXPECT_EQ(book.position(7), ahead(2, "4"));
}

TEST(OrderBook, begins_anew_with_a_clear_and_with_a_snapshots_first_row) {
    OrderBook book = small_book();
    book.apply(order_row(BookAction::clear, 0, Side::buy, "0", "0"));
    EXPECT_EQ(book.queues().size(), 0U);
    const BookFlags first{.snapshot = true, .last = false}, end{.snapshot = true, .last = true};
    book.apply(order_row(BookAction::add, 1, Side::buy, "50", "1"));
    book.apply(order_row(BookAction::add, 1, Side::buy, "99", "5", first));
    EXPECT_FALSE(book.is_ready());
    book.apply(order_row(BookAction::add, 2, Side::buy, "99", "3", end));
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(book.queues().size(), 2U);
    EXPECT_EQ(book.counts().snapshots, 1U);
}

struct FaultyRow {
    BookOrder row;
    Defect defect;
};

TEST(OrderBook, leaves_out_faulty_rows_and_is_not_ready_until_it_is_cleared) {
    const std::int64_t one = qty("1").raw;
    BookOrder huge = order_row(BookAction::add, 9, Side::buy, "90", "1");
    huge.size.raw = INT64_MAX;
    const FaultyRow cases[] = {
        {order_row(BookAction::add, 1, Side::buy, "99", "1"), {DefectKind::duplicate_order, 0, 1}},
        {order_row(BookAction::modify, 9, Side::buy, "99", "1"), {DefectKind::unknown_order, 0, 9}},
        {order_row(BookAction::remove, 9, Side::buy, "99", "1"), {DefectKind::unknown_order, 0, 9}},
        {order_row(BookAction::add, 9, Side::buy, "99", "-1"),
         {DefectKind::negative_size, 0, -one}},
        {order_row(BookAction::modify, 1, Side::buy, "99", "-1"),
         {DefectKind::negative_size, 0, -one}},
        {order_row(BookAction::remove, 1, Side::buy, "99", "-1"),
         {DefectKind::negative_size, 0, -one}},
        {order_row(BookAction::add, 9, Side::buy, "99", "0"), {DefectKind::no_size, 1, 0}},
        {order_row(BookAction::remove, 1, Side::buy, "99", "6"),
         {DefectKind::oversized_reduction, 5 * one, 6 * one}},
        {huge, {DefectKind::side_overflow, 12 * one, INT64_MAX}},
    };
    for (const FaultyRow& c : cases) {
        OrderBook book = small_book();
        EXPECT_EQ(book.apply(c.row), RowResult::faulty) << describe(c.defect);
        EXPECT_EQ(book.defect(), c.defect) << describe(*book.defect());
        EXPECT_FALSE(book.is_ready());
        EXPECT_EQ(book.best(Side::buy), (Level{price("99"), qty("8")}));
        book.apply(order_row(BookAction::clear, 0, Side::buy, "0", "0"));
        EXPECT_TRUE(book.is_ready());
    }
    EXPECT_EQ(describe({DefectKind::unknown_order, 0, 9}), "unknown_order: limit 0, actual 9");
}

TEST(OrderBook, is_not_ready_while_it_is_crossed) {
    OrderBook book = small_book();
    book.apply(order_row(BookAction::add, 7, Side::buy, "101", "1"));
    EXPECT_FALSE(book.is_ready());
    book.apply(order_row(BookAction::modify, 7, Side::buy, "102", "1"));
    EXPECT_FALSE(book.is_ready());
    book.apply(order_row(BookAction::remove, 4, Side::sell, "101", "2"));
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(book.counts().locked, 1U);
    EXPECT_EQ(book.counts().crossed, 1U);
}

// --- properties ---------------------------------------------------------------------------------

/// A book as a plain list of orders in their order of arrival.
struct Naive {
    std::vector<RestingOrder> orders;

    auto find(std::uint64_t id) {
        return std::ranges::find_if(orders, [id](const auto& o) { return o.id == id; });
    }
    [[nodiscard]] QueuePosition position(const RestingOrder& of) const {
        QueuePosition out;
        for (const RestingOrder& o : orders) {
            if (o.id == of.id) break;
            if (o.side != of.side || o.price != of.price) continue;
            ++out.orders_ahead;
            out.qty_ahead += o.leaves;
        }
        return out;
    }
    void apply(const BookOrder& row) {
        const auto at = find(row.order);
        const bool is_new = at == orders.end();
        switch (row.action) {
            case BookAction::set:
            case BookAction::add:
                if (is_new && row.size.raw > 0) {
                    orders.push_back({row.order, row.side, row.price, row.size});
                }
                if (is_new || row.action == BookAction::add) return;
                return modify(at, row);
            case BookAction::modify:
                if (!is_new) modify(at, row);
                return;
            case BookAction::remove:
                if (is_new || row.size.raw < 0 || row.size > at->leaves) return;
                at->leaves = row.size.raw == 0 ? Qty{} : at->leaves - row.size;
                if (at->leaves.raw == 0) orders.erase(at);
                return;
            case BookAction::clear: return orders.clear();
            case BookAction::trade:
            case BookAction::fill: return;
        }
    }
    void modify(std::vector<RestingOrder>::iterator at, const BookOrder& row) {
        if (row.size.raw <= 0) return;
        const RestingOrder changed{row.order, at->side, row.price, row.size};
        if (row.price == at->price && row.size <= at->leaves) {
            *at = changed;
        } else {
            orders.erase(at);
            orders.push_back(changed);
        }
    }
};

RC_GTEST_PROP(OrderBook, equals_a_plain_list_of_orders, ()) {
    OrderBook book({.orders = 1, .levels = 1});
    Naive naive;
    const std::size_t count = test::draw_below(300);
    for (std::size_t i = 0; i < count; ++i) {
        BookOrder row;
        row.action = test::draw_enum(BookAction::clear);
        if (row.action == BookAction::clear && test::draw_below(8) > 0)
            row.action = BookAction::add;
        row.order = test::draw_below(30);
        row.side = test::Any<Side>::draw();
        row.price.raw = static_cast<std::int64_t>(test::draw_below(6));
        row.size.raw = static_cast<std::int64_t>(test::draw_below(8)) - 1;
        row.flags.last = test::Any<bool>::draw();
        book.apply(row);
        naive.apply(row);
        RC_ASSERT(book.queues().size() == naive.orders.size());
    }
    std::uint64_t arrived = 0;
    for (const RestingOrder& order : naive.orders) {
        RC_ASSERT(book.find(order.id) == order);
        RC_ASSERT(book.position(order.id) == naive.position(order));
        RC_ASSERT(*book.arrival(order.id) > arrived);
        arrived = *book.arrival(order.id);
    }
    RC_ASSERT(arrived < book.next_arrival());
}

// --- against real data --------------------------------------------------------------------------

/// The first fill of a resting order that a trade tells, where the trade opens its message. An
/// order that was replaced into the market is told as a fill too, on the trade's own side.
std::vector<std::size_t> first_fills(const std::vector<test::Stamped<BookOrder>>& rows) {
    std::vector<std::size_t> out;
    for (std::size_t i = 1; i + 1 < rows.size(); ++i) {
        const BookOrder& trade = rows[i].payload;
        if (trade.action != BookAction::trade || !rows[i - 1].payload.flags.last) continue;
        std::size_t fill = i + 1;
        while (fill + 1 < rows.size() && rows[fill].payload.action == BookAction::fill &&
               rows[fill].payload.side == trade.side) {
            ++fill;
        }
        if (rows[fill].payload.action == BookAction::fill) out.push_back(fill);
    }
    return out;
}

/// What trades in the continuous session stands at the touch of this book, and is first in its
/// queue but for icebergs, whose hidden part goes last by no rule of the stream, and orders that
/// the venue passes over because they would trade with their own firm.
TEST(OrderBook, replays_a_recorded_session_and_knows_who_is_first) {
    const auto rows = test::order_rows("book/ES_202403_20231225.l3.csv.gz");
    if (rows.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    const Timestamp open = test::at("2023-12-25T23:00:01Z");
    const std::vector<std::size_t> fills = first_fills(rows);
    auto next = fills.begin();
    OrderBook book;
    std::size_t seen = 0, first = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& [ts, row] = rows[i];
        if (next != fills.end() && *next == i) {
            ++next;
            if (ts > open) {
                ++seen;
                const auto maker = book.find(row.order);
                ASSERT_TRUE(maker) << i;
                EXPECT_EQ(book.best(maker->side)->price, row.price) << i;
                if (book.position(row.order) == QueuePosition{}) ++first;
            }
        }
        ASSERT_EQ(book.apply(row), RowResult::applied) << describe(*book.defect());
        ASSERT_TRUE(ts < open || !row.flags.last || book.is_ready()) << i;
    }
    EXPECT_GT(seen, 1000U);
    EXPECT_GE(first * 100, seen * 96);
    EXPECT_EQ(book.counts().snapshots, 1U);
    EXPECT_EQ(book.counts().faulty_rows, 0U);
    EXPECT_GT(book.counts().crossed, 0U) << "before the opening auction";
}

}  // namespace
}  // namespace tradewind::market
