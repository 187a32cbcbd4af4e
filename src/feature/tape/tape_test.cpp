// SPDX-License-Identifier: Apache-2.0
#include "feature/tape/tape.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace tradewind::feature {
namespace {

constexpr Price price(std::int64_t units) { return {units * 1'000'000'000}; }
constexpr Qty qty(std::int64_t units) { return {units * 1'000'000'000}; }
constexpr Timestamp at(std::int64_t s) { return Timestamp{} + seconds(s); }

Quote quote(std::int64_t bid, std::int64_t bid_size, std::int64_t ask, std::int64_t ask_size) {
    return {.instrument = {},
            .bid = price(bid),
            .ask = price(ask),
            .bid_size = qty(bid_size),
            .ask_size = qty(ask_size)};
}
Trade trade(std::int64_t value, std::int64_t size, Aggressor aggressor = Aggressor::unknown) {
    return {.instrument = {}, .aggressor = aggressor, .price = price(value), .size = qty(size)};
}
BookLevel level(Side side, std::int64_t value, std::int64_t size, std::uint64_t id,
                BookFlags flags = {.snapshot = false, .last = true}) {
    return {.instrument = {},
            .side = side,
            .flags = flags,
            .price = price(value),
            .size = qty(size),
            .first_update_id = id,
            .last_update_id = id,
            .previous_update_id = id - 1};
}

Tape of_quotes() { return Tape{{.touch_of_book = false}}; }
Tape of_book() { return Tape{{.touch_of_book = true}}; }

bool is_missing(const TapeRow& row, Field field) { return std::isnan(row.at(field)); }

/// Bids 99 and 98, asks 101 and 102.
void put_book(Tape& tape, Timestamp ts, std::uint64_t id) {
    const BookFlags rows{.snapshot = true, .last = false}, end{.snapshot = true, .last = true};
    tape.on(ts, level(Side::buy, 99, 5, id, rows));
    tape.on(ts, level(Side::buy, 98, 7, id, rows));
    tape.on(ts, level(Side::sell, 101, 4, id, rows));
    tape.on(ts, level(Side::sell, 102, 9, id, end));
}

TEST(Tape, tells_the_touch_as_it_stands_at_the_close) {
    Tape tape = of_quotes();
    tape.open(at(0));
    tape.on(at(1), quote(98, 100, 102, 100));
    tape.on(at(2), quote(99, 3, 101, 1));
    const TapeRow row = tape.close(at(10));
    EXPECT_EQ(row.at(Field::bid), 99.0);
    EXPECT_EQ(row.at(Field::ask), 101.0);
    EXPECT_EQ(row.at(Field::bid_size), 3.0);
    EXPECT_EQ(row.at(Field::ask_size), 1.0);
    EXPECT_EQ(row.at(Field::microprice), 100.5);
    EXPECT_EQ(row.at(Field::touch_changes), 2.0);
}

TEST(Tape, weighs_the_spread_by_time) {
    Tape tape = of_quotes();
    tape.on(at(0), quote(99, 1, 101, 1));
    tape.open(at(10));
    tape.on(at(14), quote(99, 1, 103, 1));
    // 4 s of 2, 6 s of 4
    EXPECT_DOUBLE_EQ(tape.close(at(20)).at(Field::mean_spread), 3.2);
}

TEST(Tape, sums_order_flow_from_the_state_before_the_bar) {
    Tape tape = of_quotes();
    tape.on(at(0), quote(99, 5, 101, 7));
    tape.open(at(1));
    tape.on(at(2), quote(99, 8, 101, 7));   // 3 more bid
    tape.on(at(3), quote(99, 8, 100, 2));   // a better ask of 2
    tape.on(at(4), quote(98, 10, 100, 2));  // the bid of 8 is gone
    EXPECT_EQ(tape.close(at(5)).at(Field::order_flow), 3.0 - 2.0 - 8.0);
    tape.open(at(5));
    EXPECT_EQ(tape.close(at(6)).at(Field::order_flow), 0.0);
}

TEST(Tape, a_crossed_quote_hides_the_touch_and_flow_goes_on_after_it) {
    Tape tape = of_quotes();
    tape.on(at(0), quote(99, 5, 101, 7));
    tape.open(at(1));
    tape.on(at(2), quote(103, 50, 102, 60));
    const TapeRow crossed = tape.close(at(3));
    EXPECT_TRUE(is_missing(crossed, Field::bid));
    EXPECT_TRUE(is_missing(crossed, Field::microprice));
    EXPECT_EQ(crossed.at(Field::order_flow), 0.0);
    EXPECT_DOUBLE_EQ(crossed.at(Field::mean_spread), 2.0);  // while it stood
    tape.open(at(3));
    tape.on(at(4), quote(99, 6, 101, 7));
    const TapeRow row = tape.close(at(5));
    EXPECT_EQ(row.at(Field::bid), 99.0);
    EXPECT_EQ(row.at(Field::order_flow), 1.0);
}

TEST(Tape, has_no_flow_where_sizes_are_not_told) {
    Tape tape = of_quotes();
    tape.on(at(0), quote(99, 5, 101, 7));
    tape.open(at(1));
    tape.on(at(2), quote(99, 0, 101, 0));
    TapeRow row = tape.close(at(3));
    EXPECT_TRUE(is_missing(row, Field::order_flow));
    EXPECT_TRUE(is_missing(row, Field::bid_size));
    EXPECT_TRUE(is_missing(row, Field::microprice));
    EXPECT_EQ(row.at(Field::bid), 99.0);
    tape.open(at(3));
    tape.on(at(4), quote(99, 5, 101, 7));  // compared with sizes that nobody told
    EXPECT_TRUE(is_missing(tape.close(at(5)), Field::order_flow));
    tape.open(at(5));
    tape.on(at(6), quote(99, 6, 101, 7));
    EXPECT_EQ(tape.close(at(7)).at(Field::order_flow), 1.0);
}

TEST(Tape, counts_trades_by_the_side_that_took) {
    Tape tape = of_quotes();
    tape.open(at(0));
    tape.on(at(1), quote(99, 5, 101, 7));
    tape.on(at(2), trade(101, 2, Aggressor::buyer));
    tape.on(at(3), trade(99, 3, Aggressor::seller));
    tape.on(at(4), trade(101, 4));  // above the middle: a buyer
    tape.on(at(5), trade(100, 8));  // at the middle, after a fall: a seller
    tape.on(at(6), trade(100, 0));  // of nothing
    const TapeRow row = tape.close(at(9));
    EXPECT_EQ(row.at(Field::trades), 4.0);
    EXPECT_EQ(row.at(Field::buy_trades), 2.0);
    EXPECT_EQ(row.at(Field::sell_trades), 2.0);
    EXPECT_EQ(row.at(Field::trade_volume), 17.0);
    EXPECT_EQ(row.at(Field::buy_volume), 6.0);
    EXPECT_EQ(row.at(Field::sell_volume), 11.0);
    EXPECT_EQ(row.at(Field::trade_value), 101 * 6.0 + 99 * 3.0 + 800.0);
    // twice the distance from the middle, 2 for all but the last, by size
    EXPECT_DOUBLE_EQ(row.at(Field::effective_spread), (2.0 * 9 + 0.0 * 8) / 17);
    EXPECT_TRUE(is_missing(row, Field::large_volume));  // of fewer than a hundred trades
}

TEST(Tape, without_a_touch_the_last_change_of_the_price_tells_the_side) {
    Tape tape = of_quotes();
    tape.open(at(0));
    tape.on(at(1), trade(100, 1));  // nothing tells
    tape.on(at(2), trade(101, 2));
    tape.on(at(3), trade(101, 4));
    tape.on(at(4), trade(100, 8));
    const TapeRow row = tape.close(at(5));
    EXPECT_EQ(row.at(Field::trade_volume), 15.0);
    EXPECT_EQ(row.at(Field::buy_volume), 6.0);
    EXPECT_EQ(row.at(Field::sell_volume), 8.0);
    EXPECT_TRUE(is_missing(row, Field::effective_spread));
}

TEST(Tape, a_spread_is_realised_by_the_middle_five_seconds_later) {
    Tape tape = of_quotes();
    tape.open(at(0));
    tape.on(at(1), quote(99, 5, 101, 7));
    tape.on(at(2), trade(101, 2, Aggressor::buyer));
    tape.on(at(3), quote(100, 5, 102, 7));
    const TapeRow before = tape.close(at(7));
    EXPECT_TRUE(is_missing(before, Field::realised_spread));
    EXPECT_DOUBLE_EQ(before.at(Field::effective_spread), 2.0);
    tape.open(at(7));
    // what comes at its very instant still counts, what comes later does not
    tape.on(at(7), quote(98, 5, 99, 7));
    tape.on(at(8), quote(50, 5, 51, 7));
    EXPECT_DOUBLE_EQ(tape.close(at(9)).at(Field::realised_spread), 2 * (101 - 98.5));
}

TEST(Tape, a_trade_is_large_beside_those_before_it) {
    Tape tape = of_quotes();
    tape.open(at(0));
    for (int i = 0; i < 100; ++i) tape.on(at(1), trade(100, 2));
    EXPECT_TRUE(is_missing(tape.close(at(2)), Field::large_volume));
    tape.open(at(2));
    tape.on(at(3), trade(100, 9));
    tape.on(at(3), trade(100, 11));
    EXPECT_EQ(tape.close(at(4)).at(Field::large_volume), 11.0);
    tape.open(at(4));
    for (int i = 0; i < 1000; ++i) tape.on(at(5), trade(100, 1));
    tape.on(at(5), trade(100, 5));  // the thousand of 1 alone are the mean
    EXPECT_EQ(tape.close(at(6)).at(Field::large_volume), 5.0);
}

TEST(Tape, what_lies_between_two_bars_belongs_to_none) {
    Tape tape = of_quotes();
    tape.open(at(0));
    tape.on(at(1), trade(100, 1, Aggressor::buyer));
    EXPECT_EQ(tape.close(at(2)).at(Field::trades), 1.0);
    tape.on(at(3), trade(100, 1, Aggressor::buyer));
    tape.open(at(4));
    tape.on(at(4), trade(100, 2, Aggressor::buyer));
    const TapeRow row = tape.close(at(5));
    EXPECT_EQ(row.at(Field::trades), 1.0);
    EXPECT_EQ(row.at(Field::trade_volume), 2.0);
}

TEST(Tape, a_series_that_fell_silent_tells_nothing) {
    Tape tape = of_quotes();
    tape.open(at(0));
    TapeRow row = tape.close(at(60));
    EXPECT_TRUE(is_missing(row, Field::trades));  // has not begun
    EXPECT_TRUE(is_missing(row, Field::bid));
    tape.open(at(60));
    tape.on(at(61), quote(99, 5, 101, 7));
    tape.on(at(61), trade(101, 2, Aggressor::buyer));
    EXPECT_EQ(tape.close(at(120)).at(Field::trades), 1.0);
    tape.open(at(120));
    row = tape.close(at(180));
    EXPECT_EQ(row.at(Field::trades), 0.0);
    EXPECT_EQ(row.at(Field::order_flow), 0.0);
    EXPECT_EQ(row.at(Field::bid), 99.0);
    tape.open(at(360));
    row = tape.close(at(420));  // 359 s after the last
    EXPECT_TRUE(is_missing(row, Field::trades));
    EXPECT_TRUE(is_missing(row, Field::order_flow));
    EXPECT_TRUE(is_missing(row, Field::bid));
    EXPECT_TRUE(is_missing(row, Field::mean_spread));
}

TEST(Tape, tells_depth_and_slope_of_a_book) {
    Tape tape = of_book();
    tape.open(at(0));
    put_book(tape, at(1), 10);
    const TapeRow row = tape.close(at(2));
    EXPECT_EQ(row.at(Field::bid), 99.0);
    EXPECT_EQ(row.at(Field::ask_size), 4.0);
    EXPECT_EQ(row.at(Field::bid_depth_5), 12.0);
    EXPECT_EQ(row.at(Field::ask_depth_10), 13.0);
    EXPECT_DOUBLE_EQ(row.at(Field::bid_slope), (1 * 5 + 2 * 12) / 5.0);
    EXPECT_DOUBLE_EQ(row.at(Field::ask_slope), (1 * 4 + 2 * 13) / 5.0);
    EXPECT_TRUE(is_missing(row, Field::order_flow));  // it was put up in the bar
    EXPECT_TRUE(is_missing(row, Field::order_flow_5));
}

TEST(Tape, sums_the_flow_of_levels) {
    Tape tape = of_book();
    put_book(tape, at(0), 10);
    tape.open(at(1));
    tape.on(at(2), level(Side::buy, 98, 9, 11));    // 2 more, below the touch
    tape.on(at(3), level(Side::sell, 101, 0, 12));  // 4 gone: 102 moves up to the first level
    const TapeRow row = tape.close(at(4));
    EXPECT_EQ(row.at(Field::order_flow), 4.0);
    // first level: the ask of 4 is gone; second level: that of 9 is gone
    EXPECT_EQ(row.at(Field::order_flow_5), 2.0 + 4.0 + 9.0);
    EXPECT_EQ(row.at(Field::order_flow_10), row.at(Field::order_flow_5));
}

TEST(Tape, a_lost_book_costs_the_bar_its_flow_and_the_close_its_levels) {
    Tape tape = of_book();
    put_book(tape, at(0), 10);
    tape.open(at(1));
    tape.on(at(2), level(Side::buy, 99, 9, 11));
    tape.on(at(3), level(Side::buy, 99, 1, 13));  // 12 is missing
    TapeRow row = tape.close(at(4));
    for (const Field field : {Field::bid, Field::order_flow, Field::order_flow_10,
                              Field::bid_depth_5, Field::ask_slope}) {
        EXPECT_TRUE(is_missing(row, field)) << to_string(field);
    }
    tape.open(at(4));
    put_book(tape, at(5), 20);
    row = tape.close(at(6));
    EXPECT_EQ(row.at(Field::bid), 99.0);
    EXPECT_TRUE(is_missing(row, Field::order_flow));
    tape.open(at(6));
    tape.on(at(7), level(Side::buy, 99, 6, 21));
    EXPECT_EQ(tape.close(at(8)).at(Field::order_flow), 1.0);
}

TEST(Tape, a_crossed_book_has_no_levels_and_keeps_its_flow) {
    Tape tape = of_book();
    put_book(tape, at(0), 10);
    tape.open(at(1));
    tape.on(at(2), level(Side::buy, 101, 2, 11));
    TapeRow row = tape.close(at(3));
    EXPECT_TRUE(is_missing(row, Field::bid));
    EXPECT_TRUE(is_missing(row, Field::bid_depth_5));
    EXPECT_EQ(row.at(Field::order_flow), 0.0);
    tape.open(at(3));
    tape.on(at(4), level(Side::sell, 101, 0, 12));
    row = tape.close(at(5));
    EXPECT_EQ(row.at(Field::bid), 101.0);
    EXPECT_EQ(row.at(Field::order_flow), 2.0 + 4.0);
}

TEST(Tape, folds_a_book_of_orders) {
    Tape tape = of_book();
    const auto order = [&](std::int64_t s, BookAction action, Side side, std::int64_t value,
                           std::int64_t size, std::uint64_t id) {
        tape.on(at(s), BookOrder{.instrument = {},
                                 .side = side,
                                 .action = action,
                                 .flags = {.snapshot = s == 0, .last = true},
                                 .price = price(value),
                                 .size = qty(size),
                                 .order = id});
    };
    const BookFlags rows{.snapshot = true, .last = false};
    tape.on(at(0),
            BookOrder{
                .side = Side::buy, .flags = rows, .price = price(99), .size = qty(5), .order = 1});
    tape.on(at(0),
            BookOrder{
                .side = Side::buy, .flags = rows, .price = price(99), .size = qty(2), .order = 2});
    order(0, BookAction::add, Side::sell, 101, 3, 3);
    tape.open(at(1));
    order(2, BookAction::add, Side::buy, 100, 1, 4);
    order(3, BookAction::modify, Side::buy, 98, 2, 2);
    const TapeRow row = tape.close(at(4));
    EXPECT_EQ(row.at(Field::bid), 100.0);
    EXPECT_EQ(row.at(Field::bid_depth_10), 8.0);
    EXPECT_EQ(row.at(Field::order_flow), 1.0);
    // a better bid at each of two levels, then two less at 99, and a third level of 2
    EXPECT_EQ(row.at(Field::order_flow_5), 1.0 + 7.0 - 2.0 + 2.0);
    tape.open(at(4));
    order(5, BookAction::remove, Side::buy, 98, 0, 77);  // nobody knows it: something was missed
    EXPECT_TRUE(is_missing(tape.close(at(6)), Field::bid));
}

/// Each time most of the size is bid the middle moves up by one, to a balanced book; then it is
/// back.
TEST(Tape, learns_where_the_middle_ends_after_such_touches) {
    Tape tape{{.touch_of_book = false, .tick = price(1)}};
    tape.open(at(0));
    const auto moves = [&](int times) {
        for (int i = 0; i < times; ++i) {
            tape.on(at(1), quote(99, 9, 100, 1));
            tape.on(at(1), quote(100, 5, 101, 5));
        }
    };
    moves(450);
    EXPECT_TRUE(is_missing(tape.close(at(2)), Field::stoikov_microprice));  // of too few
    moves(450);
    EXPECT_EQ(tape.close(at(3)).at(Field::stoikov_microprice), 100.5);  // balanced: the middle
    tape.on(at(3), quote(99, 9, 100, 1));
    EXPECT_DOUBLE_EQ(tape.close(at(4)).at(Field::stoikov_microprice), 99.5 + 1);
    tape.on(at(4), quote(99, 1, 100, 9));  // its mirror image
    EXPECT_NEAR(tape.close(at(5)).at(Field::stoikov_microprice), 99.5 - 1, 0.01);
    tape.on(at(5), quote(99, 1, 110, 9));  // a spread that was never seen
    EXPECT_TRUE(is_missing(tape.close(at(6)), Field::stoikov_microprice));
}

TEST(Tape, says_what_each_field_is_told_by) {
    EXPECT_EQ(needs_of(Field::close), TapeNeeds{});
    EXPECT_EQ(needs_of(Field::bid), (TapeNeeds{.touch = true}));
    EXPECT_EQ(needs_of(Field::order_flow), (TapeNeeds{.touch = true}));
    EXPECT_EQ(needs_of(Field::trades), (TapeNeeds{.trades = true}));
    EXPECT_EQ(needs_of(Field::buy_volume), (TapeNeeds{.trades = true, .sides = true}));
    EXPECT_EQ(needs_of(Field::realised_spread), (TapeNeeds{.touch = true, .trades = true}));
    EXPECT_EQ(needs_of(Field::bid_depth_5), (TapeNeeds{.book = true}));
    EXPECT_EQ(needs_of(Field::order_flow_10), (TapeNeeds{.book = true}));
}

TEST(ExactSum, has_no_value_once_it_no_longer_fits) {
    ExactSum sum;
    sum.add(base::kInt128Max);
    EXPECT_FALSE(std::isnan(sum.value()));
    sum.add(1);
    EXPECT_TRUE(std::isnan(sum.value()));
    ExactSum product;
    product.add_product(base::kInt128Max, 2);
    EXPECT_TRUE(std::isnan(product.value()));
}

}  // namespace
}  // namespace tradewind::feature
