// SPDX-License-Identifier: Apache-2.0
#include "domain/numbers.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

namespace tradewind {
namespace {

Price price(std::string_view text) { return parse_price(text).value(); }
Qty qty(std::string_view text) { return parse_qty(text).value(); }
Money money(std::string_view text) { return parse_money(text).value(); }
Rate rate(std::string_view text) { return parse_rate(text).value(); }

TEST(Money, is_exactly_price_times_quantity) {
    EXPECT_EQ(multiply(price("1.000000001"), qty("1.000000001")), money("1.000000002000000001"));
    EXPECT_EQ(multiply(price("-37.63"), qty("2")), money("-75.26"));
    EXPECT_EQ(multiply(price("101.5") - price("100"), qty("-3")), money("-4.5"));
}

TEST(Money, holds_the_largest_notional) {
    const Money largest = multiply(Price{INT64_MIN}, Qty{INT64_MIN});
    EXPECT_EQ(to_string(largest), "85070591730234615865.843651857942052864");
}

TEST(Money, times_a_rate_rounds_half_to_even) {
    EXPECT_EQ(multiply(money("10000"), basis_points(5)), money("5"));
    EXPECT_EQ(multiply(Money{1}, rate("0.5")).raw, 0);
    EXPECT_EQ(multiply(Money{3}, rate("0.5")).raw, 2);
    EXPECT_EQ(multiply(Money{-3}, rate("0.5")).raw, -2);
}

TEST(Money, divided_by_quantity_is_an_average_price) {
    EXPECT_EQ(divide(money("100"), qty("3")), price("33.333333333"));
    EXPECT_EQ(divide(money("-200"), qty("-3")), price("66.666666667"));
}

TEST(NumbersDeathTest, stop_at_an_overflow) {
    EXPECT_DEATH(static_cast<void>(Qty{INT64_MAX} + Qty{1}), "broken invariant");
    EXPECT_DEATH(static_cast<void>(-Qty{INT64_MIN}), "broken invariant");
    EXPECT_DEATH(static_cast<void>(Money{base::kInt128Max} + Money{1}), "broken invariant");
    EXPECT_DEATH(static_cast<void>(divide(whole_money(1'000'000'000'000), Qty{1})),
                 "broken invariant");
}

TEST(RoundToTick, follows_its_direction) {
    const Price tick = price("0.05");
    EXPECT_EQ(round_to_tick(price("1.07"), tick, TickRounding::down), price("1.05"));
    EXPECT_EQ(round_to_tick(price("1.07"), tick, TickRounding::up), price("1.1"));
    EXPECT_EQ(round_to_tick(price("1.07"), tick, TickRounding::nearest), price("1.05"));
    EXPECT_EQ(round_to_tick(price("1.075"), tick, TickRounding::nearest), price("1.1"));
    EXPECT_EQ(round_to_tick(price("1.025"), tick, TickRounding::nearest), price("1"));
    EXPECT_EQ(round_to_tick(price("-1.07"), tick, TickRounding::down), price("-1.1"));
    EXPECT_EQ(round_to_tick(price("-1.07"), tick, TickRounding::up), price("-1.05"));
}

TEST(RoundToTick, refuses_what_no_price_can_hold) {
    const Price tick = price("0.01");
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(), 1e10, -1e10}) {
        EXPECT_FALSE(round_to_tick(bad, tick, TickRounding::nearest).has_value());
        EXPECT_FALSE(round_down_to_lot(bad, qty("1")).has_value());
    }
}

TEST(RoundDownToLot, goes_toward_zero) {
    EXPECT_EQ(round_down_to_lot(107.9, qty("1")), qty("107"));
    EXPECT_EQ(round_down_to_lot(-107.9, qty("1")), qty("-107"));
    EXPECT_EQ(round_down_to_lot(0.3, qty("0.1")), qty("0.3"));
    EXPECT_EQ(round_down_to_lot(99.0, qty("100")), Qty{});
}

RC_GTEST_PROP(RoundToTick, lands_on_the_grid_within_one_tick, ()) {
    const Price tick{*rc::gen::inRange<std::int64_t>(1, 10'000'000'000)};
    const Price from{*rc::gen::inRange<std::int64_t>(-1'000'000'000'000, 1'000'000'000'000)};
    const Price down = round_to_tick(from, tick, TickRounding::down);
    const Price up = round_to_tick(from, tick, TickRounding::up);
    const Price nearest = round_to_tick(from, tick, TickRounding::nearest);
    RC_ASSERT(down.raw % tick.raw == 0);
    RC_ASSERT(up.raw % tick.raw == 0);
    RC_ASSERT(down <= from);
    RC_ASSERT(from <= up);
    RC_ASSERT((up - down).raw == (down == from ? 0 : tick.raw));
    RC_ASSERT(nearest == down || nearest == up);
    RC_ASSERT(std::abs((nearest - from).raw) <= std::abs(((nearest == up ? down : up) - from).raw));
}

RC_GTEST_PROP(Numbers, read_back_what_they_print, (std::int64_t raw)) {
    RC_ASSERT((parse_price(to_string(Price{raw})).value() == Price{raw}));
    RC_ASSERT((parse_qty(to_string(Qty{raw})).value() == Qty{raw}));
    RC_ASSERT((parse_rate(to_string(Rate{raw})).value() == Rate{raw}));
    const Money wide = multiply(Price{raw}, Qty{raw});
    RC_ASSERT((parse_money(to_string(wide)).value() == wide));
}

TEST(Currency, takes_up_to_eight_capitals_and_digits) {
    EXPECT_EQ(to_string(*Currency::parse("USD")), "USD");
    EXPECT_EQ(to_string(*Currency::parse("1INCHUSD")), "1INCHUSD");
    for (const char* text : {"", "usd", "US D", "NINECHARS", "EUR-"}) {
        EXPECT_FALSE(Currency::parse(text).has_value()) << text;
    }
    EXPECT_LT(*Currency::parse("AAA"), *Currency::parse("AAB"));
    EXPECT_LT(*Currency::parse("USD"), *Currency::parse("USDT"));
    EXPECT_FALSE(Currency{}.known());
}

}  // namespace
}  // namespace tradewind
