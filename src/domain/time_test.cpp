// SPDX-License-Identifier: Apache-2.0
#include "domain/time.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>

namespace tradewind {
namespace {

struct Case {
    const char* text;
    std::int64_t ns;
};

// Python's datetime.fromisoformat(...).timestamp(), times 10^9 and with the fraction added.
constexpr Case kInstants[] = {
    {"1970-01-01", 0},
    {"2014-05-02", 1'398'988'800'000'000'000},
    {"2014-05-02T12:30:00Z", 1'399'033'800'000'000'000},
    {"2014-05-02 12:30:00", 1'399'033'800'000'000'000},
    {"2014-05-02T12:30Z", 1'399'033'800'000'000'000},
    {"2014-05-02T12:30:00.5", 1'399'033'800'500'000'000},
    {"2014-05-02T12:30:00.000000001Z", 1'399'033'800'000'000'001},
    {"2014-05-02T08:30:00-04:00", 1'399'033'800'000'000'000},
    {"2014-05-02T18:00:00+0530", 1'399'033'800'000'000'000},
    {"1969-12-31T23:59:59.999Z", -1'000'000},
    {"2000-02-29T00:00:00Z", 951'782'400'000'000'000},
    {"1678-01-01", -9'214'560'000'000'000'000},
    {"2261-12-31T23:59:59Z", 9'214'646'399'000'000'000},
};

TEST(Timestamp, parses_iso_8601) {
    for (const Case& c : kInstants) {
        const auto parsed = parse_timestamp(c.text);
        ASSERT_TRUE(parsed.has_value()) << c.text;
        EXPECT_EQ(parsed->ns, c.ns) << c.text;
    }
}

TEST(Timestamp, refuses_what_is_no_instant) {
    for (const char* text :
         {"", "2014", "2014-13-01", "2014-02-30", "2014-05-02T", "2014-05-02T1:30",
          "2014-05-02T25:00Z", "2014-05-02T12:60Z", "2014-05-02T12:30:60Z", "2014-05-02T12:30:00.",
          "2014-05-02T12:30:00X", "2014-05-02T12:30:00.0000000001Z", "2014-05-02T12:30:00+5",
          "02/05/2014", "1500-01-01", "2300-01-01", "2014-05-02x12:30:00"}) {
        EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
    }
}

TEST(Timestamp, prints_as_many_decimals_as_needed) {
    EXPECT_EQ(to_string(Timestamp{0}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_string(Timestamp{1'399'033'800'500'000'000}), "2014-05-02T12:30:00.5Z");
    EXPECT_EQ(to_string(Timestamp{-1}), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(to_string(kTimestampMin), "1677-09-21T00:12:43.145224192Z");
    EXPECT_EQ(to_string(kTimestampMax), "2262-04-11T23:47:16.854775807Z");
}

RC_GTEST_PROP(Timestamp, reads_back_what_it_prints, ()) {
    const Timestamp t{
        *rc::gen::inRange<std::int64_t>(-9'214'560'000'000'000'000, 9'214'646'399'000'000'000)};
    RC_ASSERT(parse_timestamp(to_string(t)) == t);
}

RC_GTEST_PROP(Timestamp, refuses_or_reads_any_bytes, (const std::string& bytes)) {
    static_cast<void>(parse_timestamp(bytes));
    static_cast<void>(parse_date(bytes));
    static_cast<void>(parse_duration(bytes));
    static_cast<void>(parse_timestamp("2014-05-02T12:30" + bytes));
}

RC_GTEST_PROP(Date, holds_its_instants, ()) {
    const Timestamp t{
        *rc::gen::inRange<std::int64_t>(-9'214'560'000'000'000'000, 9'214'646'399'000'000'000)};
    const Timestamp midnight = start_of(utc_date(t));
    RC_ASSERT(midnight <= t);
    RC_ASSERT(t < midnight + days(1));
}

TEST(Duration, prints_its_largest_whole_unit) {
    EXPECT_EQ(to_string(days(1)), "1d");
    EXPECT_EQ(to_string(hours(36)), "36h");
    EXPECT_EQ(to_string(minutes(90)), "90m");
    EXPECT_EQ(to_string(milliseconds(250)), "250ms");
    EXPECT_EQ(to_string(nanoseconds(7)), "7ns");
    EXPECT_EQ(to_string(Duration{}), "0s");
    EXPECT_EQ(to_string(Duration{} - seconds(30)), "-30s");
}

TEST(Duration, parses_one_unit) {
    EXPECT_EQ(parse_duration("1d"), days(1));
    EXPECT_EQ(parse_duration("4h"), hours(4));
    EXPECT_EQ(parse_duration("10us"), nanoseconds(10'000));
    EXPECT_EQ(parse_duration("1w"), days(7));
    for (const char* text :
         {"", "5", "m", "0m", "-5m", "1.5h", "5 m", "5mm", "99999999999999999999d", "200000d"}) {
        EXPECT_FALSE(parse_duration(text).has_value()) << text;
    }
}

RC_GTEST_PROP(Duration, reads_back_what_it_prints, ()) {
    const Duration d{*rc::gen::positive<std::int64_t>()};
    RC_ASSERT(parse_duration(to_string(d)) == d);
}

}  // namespace
}  // namespace tradewind
