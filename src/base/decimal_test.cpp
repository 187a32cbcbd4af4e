// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>

namespace tradewind::base {
namespace {

struct Case {
    const char* text;
    std::int64_t units;
};

constexpr Case kExact[] = {
    {"0", 0},
    {"-0", 0},
    {"1", 1'000'000'000},
    {"+1.5", 1'500'000'000},
    {"-0.07", -70'000'000},
    {".5", 500'000'000},
    {"5.", 5'000'000'000},
    {"000123.4560", 123'456'000'000},
    {"0.000000001", 1},
    {"1.000000000000", 1'000'000'000},
    {"1e3", 1'000'000'000'000},
    {"1.5E-3", 1'500'000},
    {"123456789e-9", 123'456'789},
    {"0.00000000012e10", 1'200'000'000},
    {"9223372036.854775807", INT64_MAX},
    {"-9223372036.854775808", INT64_MIN},
};

TEST(Decimal, parses_exactly) {
    for (const Case& c : kExact) {
        const auto parsed = parse_decimal(c.text);
        ASSERT_TRUE(parsed.has_value()) << c.text;
        EXPECT_EQ(*parsed, c.units) << c.text;
    }
}

struct Bad {
    const char* text;
    DecimalError error;
};

constexpr Bad kBad[] = {
    {"", DecimalError::empty},
    {"-", DecimalError::not_a_number},
    {".", DecimalError::not_a_number},
    {"1.2.3", DecimalError::not_a_number},
    {"1,5", DecimalError::not_a_number},
    {" 1", DecimalError::not_a_number},
    {"1 ", DecimalError::not_a_number},
    {"nan", DecimalError::not_a_number},
    {"inf", DecimalError::not_a_number},
    {"0x10", DecimalError::not_a_number},
    {"--1", DecimalError::not_a_number},
    {"1e", DecimalError::not_a_number},
    {"1e+", DecimalError::not_a_number},
    {"1e5x", DecimalError::not_a_number},
    {"0.0000000001", DecimalError::too_precise},
    {"1e-10", DecimalError::too_precise},
    {"9223372036.854775808", DecimalError::out_of_range},
    {"1e60", DecimalError::out_of_range},
    {"1e999999999999", DecimalError::out_of_range},
    {"99999999999999999999999999999999999999999999", DecimalError::out_of_range},
};

TEST(Decimal, says_what_is_wrong) {
    for (const Bad& c : kBad) {
        const auto parsed = parse_decimal(c.text);
        ASSERT_FALSE(parsed.has_value()) << c.text;
        EXPECT_EQ(parsed.error(), c.error) << c.text;
    }
}

TEST(Decimal, rounds_half_to_even_where_asked) {
    EXPECT_EQ(parse_decimal_rounded("0.0000000005"), 0);
    EXPECT_EQ(parse_decimal_rounded("0.0000000015"), 2);
    EXPECT_EQ(parse_decimal_rounded("0.0000000025"), 2);
    EXPECT_EQ(parse_decimal_rounded("0.00000000250000000000000001"), 3);
    EXPECT_EQ(parse_decimal_rounded("-0.0000000015"), -2);
    EXPECT_EQ(parse_decimal_rounded("25.709999084472656"), 25'709'999'084);
}

TEST(Decimal, keeps_eighteen_places_when_wide) {
    EXPECT_EQ(parse_decimal_wide("0.000000000000000001"), Int128{1});
    EXPECT_EQ(parse_decimal_wide("-2"), Int128{-2} * kDecimalOne * kDecimalOne);
    EXPECT_FALSE(parse_decimal_wide("0.0000000000000000001").has_value());
}

TEST(Decimal, prints_the_shortest_text) {
    EXPECT_EQ(format_decimal(0, 9), "0");
    EXPECT_EQ(format_decimal(1'500'000'000, 9), "1.5");
    EXPECT_EQ(format_decimal(-70'000'000, 9), "-0.07");
    EXPECT_EQ(format_decimal(INT64_MIN, 9), "-9223372036.854775808");
    EXPECT_EQ(format_decimal(120, 0), "120");
}

TEST(Decimal, prints_a_fixed_count_of_places) {
    EXPECT_EQ(format_decimal_fixed(1'500'000'000, 9, 2), "1.50");
    EXPECT_EQ(format_decimal_fixed(1'005'000'000, 9, 2), "1.00");
    EXPECT_EQ(format_decimal_fixed(1'015'000'000, 9, 2), "1.02");
    EXPECT_EQ(format_decimal_fixed(-999'999'999, 9, 2), "-1.00");
    EXPECT_EQ(format_decimal_fixed(7, 0, 3), "7.000");
    EXPECT_EQ(format_decimal_fixed(2'500'000'000, 9, 0), "2");
}

RC_GTEST_PROP(Decimal, reads_back_what_it_prints, (std::int64_t units)) {
    const auto back = parse_decimal(format_decimal(units, kDecimals));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == units);
}

RC_GTEST_PROP(Decimal, fixed_text_differs_by_at_most_half_a_unit, (std::int64_t units)) {
    const auto digits = *rc::gen::inRange(0, 10);
    const auto back = parse_decimal(format_decimal_fixed(units / 2, kDecimals, digits));
    RC_ASSERT(back.has_value());
    std::int64_t step = 1;
    for (int i = digits; i < kDecimals; ++i) step *= 10;
    const std::int64_t off = *back - units / 2;
    RC_ASSERT(2 * off <= step);
    RC_ASSERT(-2 * off <= step);
}

RC_GTEST_PROP(Decimal, refuses_or_reads_any_bytes, (const std::string& bytes)) {
    static_cast<void>(parse_decimal(bytes));
    static_cast<void>(parse_decimal_rounded(bytes));
    static_cast<void>(parse_decimal_wide(bytes));
}

}  // namespace
}  // namespace tradewind::base
