// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/stamp.hpp"

#include <gtest/gtest.h>

namespace tradewind::importers {
namespace {

StampFormat format(const char* text) { return parse_stamp_format(text).value(); }

/// The instant in UTC as text, "-" where the stamp cannot be read.
std::string read(const char* text, const char* how, const char* zone = "UTC") {
    const auto stamp = parse_stamp(text, format(how));
    if (!stamp) return "-";
    const Timestamp t = stamp->offset ? stamp->wall - *stamp->offset
                                      : from_wall(stamp->wall, parse_zone(zone).value());
    return tradewind::to_string(t);
}

struct Case {
    const char* text;
    const char* how;
    const char* zone;
    const char* utc;
};

// Right-hand sides from Python's datetime and zoneinfo (tz database).
constexpr Case kCases[] = {
    {"2014-05-02", "iso", "UTC", "2014-05-02T00:00:00Z"},
    {"2014-05-02 12:30", "iso", "UTC", "2014-05-02T12:30:00Z"},
    {"2014-05-02T12:30:00.25", "iso", "+02:00", "2014-05-02T10:30:00.25Z"},
    {"2014-05-02T12:30:00+05:30", "iso", "UTC", "2014-05-02T07:00:00Z"},
    {"2012-02-01 00:00:00+00:00", "iso", "America/New_York", "2012-02-01T00:00:00Z"},
    {"2014-07-01 09:30:00", "iso", "America/New_York", "2014-07-01T13:30:00Z"},
    {"2014-01-02 09:30:00", "iso", "America/New_York", "2014-01-02T14:30:00Z"},
    {"2014-05-02", "date", "UTC", "2014-05-02T00:00:00Z"},
    {"20140502", "date", "UTC", "2014-05-02T00:00:00Z"},
    {"1399033800", "s", "UTC", "2014-05-02T12:30:00Z"},
    {"1399033800.5", "s", "UTC", "2014-05-02T12:30:00.5Z"},
    {"1399033800123", "ms", "UTC", "2014-05-02T12:30:00.123Z"},
    {"1399033800123456", "us", "UTC", "2014-05-02T12:30:00.123456Z"},
    {"1399033800123456789", "ns", "UTC", "2014-05-02T12:30:00.123456789Z"},
    {"-1", "epoch-s", "UTC", "1969-12-31T23:59:59Z"},
    {"02/05/2014 12:30:01", "%d/%m/%Y %H:%M:%S", "UTC", "2014-05-02T12:30:01Z"},
    {"5/2/14 1:05 PM", "%m/%d/%y %I:%M %p", "UTC", "2014-05-02T13:05:00Z"},
    {"12:00 AM 02-may-2014", "%I:%M %p %d-%b-%Y", "UTC", "2014-05-02T00:00:00Z"},
    {"2014-122", "%Y-%j", "UTC", "2014-05-02T00:00:00Z"},
    {"20140502 123000.123456 -0400", "%Y%m%d %H%M%S.%f %z", "UTC", "2014-05-02T16:30:00.123456Z"},
    {"100% 2014-05-02", "100%% %Y-%m-%d", "UTC", "2014-05-02T00:00:00Z"},
    {"31/12/99", "%d/%m/%y", "UTC", "1999-12-31T00:00:00Z"},
};

TEST(Stamp, is_read_in_every_format) {
    for (const Case& c : kCases)
        EXPECT_EQ(read(c.text, c.how, c.zone), c.utc) << c.text << " as " << c.how;
}

TEST(Stamp, is_refused_where_it_is_not_of_the_format) {
    struct Bad {
        const char* text;
        const char* how;
    };
    const Bad cases[] = {
        {"", "iso"},
        {"2014-02-30", "iso"},
        {"2014-05-02T25:00", "iso"},
        {"2014-05-02T12:30+", "iso"},
        {"02.05.2014", "iso"},
        {"2014-5-2", "date"},
        {"20140532", "date"},
        {"x", "ms"},
        {"1399033800.0000000001", "s"},
        {"99999999999999999999", "s"},
        {"31/02/2014", "%d/%m/%Y"},
        {"01/01/2014x", "%d/%m/%Y"},
        {"13:00 PM", "%I:%M %p"},
        {"24:00", "%H:%M"},
        {"2014-366", "%Y-%j"},
        {"2014-05-02", "%Y-%m-%d %H"},
    };
    for (const Bad& c : cases) EXPECT_EQ(read(c.text, c.how), "-") << c.text << " as " << c.how;
}

TEST(Stamp, knows_a_date_from_an_instant) {
    EXPECT_TRUE(parse_stamp("2014-05-02", format("iso"))->is_date);
    EXPECT_TRUE(parse_stamp("02/05/2014", format("%d/%m/%Y"))->is_date);
    EXPECT_FALSE(parse_stamp("2014-05-02T00:00", format("iso"))->is_date);
}

TEST(StampFormat, is_refused_where_it_means_nothing) {
    for (const char* bad : {"", "iso8601", "%Q", "%Y-%", "minutes", "YYYY-MM-DD"}) {
        EXPECT_FALSE(parse_stamp_format(bad).has_value()) << bad;
    }
}

TEST(Zone, is_utc_new_york_or_a_fixed_offset) {
    for (const char* good : {"UTC", "America/New_York", "+02:00", "-05:30"}) {
        EXPECT_EQ(to_string(parse_zone(good).value()), good);
    }
    EXPECT_EQ(to_string(parse_zone("-0500").value()), "-05:00");
    for (const char* bad : {"", "EST", "Europe/Berlin", "+2", "+19:00", "+02:00x"}) {
        EXPECT_FALSE(parse_zone(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace tradewind::importers
