// SPDX-License-Identifier: Apache-2.0
#include "domain/calendar.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace tradewind {
namespace {

using std::chrono::days;

Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }
Date date(std::string_view text) { return parse_date(text).value(); }

constexpr CalendarKind kKinds[] = {CalendarKind::always_open, CalendarKind::us_equity,
                                   CalendarKind::fx_week};

// exchange_calendars 4.13.2, calendar XNYS: tests/reference/sessions_reference.py.
TEST(UsEquitySessions, equal_exchange_calendars_from_1998_to_2045) {
    std::ifstream file("tests/reference/us_equity_sessions.csv");
    ASSERT_TRUE(file.is_open()) << "run from the root of the repository";
    std::map<Date, std::string> special;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) special[date(line.substr(0, 10))] = line.substr(11);
    ASSERT_EQ(special.size(), 563U);

    for (Date day = date("1998-01-01"); day <= date("2045-12-31"); day += days{1}) {
        const std::chrono::weekday weekday{day};
        const auto session = session_on(CalendarKind::us_equity, day);
        const auto found = special.find(day);
        const bool closed = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday ||
                            (found != special.end() && found->second.empty());
        ASSERT_EQ(session.has_value(), !closed) << to_string(day);
        if (closed) continue;
        const bool half = found != special.end();
        EXPECT_EQ(session->is_half_day, half) << to_string(day);
        EXPECT_EQ(session->open, from_new_york(day, hours(9) + minutes(30)));
        EXPECT_EQ(session->close, from_new_york(day, hours(half ? 13 : 16)));
    }
}

/// The lines of a packed file of real market data; empty where the data is not at hand.
std::vector<std::string> lines_of(const std::string& name) {
    const char* given = std::getenv("TRADEWIND_DATA");
    const std::filesystem::path path =
        std::filesystem::path(given != nullptr ? given : "../shared/data") / name;
    std::vector<std::string> out;
    if (!std::filesystem::exists(path)) return out;
    std::FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
        out.emplace_back(buffer.data());
    }
    pclose(pipe);
    return out;
}

TEST(UsEquitySessions, are_the_days_on_which_spy_traded) {
    const auto lines = lines_of("equities/daily_raw/SPY.csv.gz");
    if (lines.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    Date next = date("1998-01-02");
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const Date day = utc_date({std::stoll(lines[i])});
        for (; next < day; next += days{1}) {
            EXPECT_FALSE(session_on(CalendarKind::us_equity, next)) << to_string(next);
        }
        EXPECT_TRUE(session_on(CalendarKind::us_equity, day)) << to_string(day);
        next = day + days{1};
    }
    EXPECT_EQ(next, date("2016-01-01"));
}

TEST(UsEquitySessions, agree_with_the_holiday_table) {
    const auto lines = lines_of("reference/us_equity_holidays.csv.gz");
    if (lines.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const Date day = utc_date({std::stoll(lines[i])});
        const auto session = session_on(CalendarKind::us_equity, day);
        const bool early = lines[i].find("early_close") != std::string::npos;
        // The table names Sunday 2017-12-24 an early close.
        if (std::chrono::weekday{day} == std::chrono::Sunday) continue;
        EXPECT_EQ(session.has_value(), early) << to_string(day);
        EXPECT_EQ(session && session->is_half_day, early) << to_string(day);
    }
}

TEST(UsEquitySessions, are_closed_for_what_no_rule_foresees) {
    for (const char* day : {"2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11",
                            "2007-01-02", "2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09"}) {
        EXPECT_FALSE(session_on(CalendarKind::us_equity, date(day)).has_value()) << day;
    }
}

TEST(UsEquitySessions, keep_juneteenth_from_2022) {
    EXPECT_TRUE(session_on(CalendarKind::us_equity, date("2021-06-18")).has_value());
    EXPECT_FALSE(session_on(CalendarKind::us_equity, date("2022-06-20")).has_value());
    EXPECT_FALSE(session_on(CalendarKind::us_equity, date("2023-06-19")).has_value());
}

struct SessionCase {
    const char* day;
    const char* open;
    const char* close;
};

TEST(UsEquitySessions, move_with_daylight_saving) {
    constexpr SessionCase cases[] = {
        {"2013-10-07", "2013-10-07T13:30:00Z", "2013-10-07T20:00:00Z"},
        {"2013-12-02", "2013-12-02T14:30:00Z", "2013-12-02T21:00:00Z"},
        {"2013-11-29", "2013-11-29T14:30:00Z", "2013-11-29T18:00:00Z"},
        {"2006-03-20", "2006-03-20T14:30:00Z", "2006-03-20T21:00:00Z"},
        {"2007-03-12", "2007-03-12T13:30:00Z", "2007-03-12T20:00:00Z"},
    };
    for (const SessionCase& c : cases) {
        const auto session = session_on(CalendarKind::us_equity, date(c.day));
        ASSERT_TRUE(session.has_value());
        EXPECT_EQ(session->open, at(c.open)) << c.day;
        EXPECT_EQ(session->close, at(c.close)) << c.day;
    }
}

TEST(UsEquitySessions, hold_their_open_and_not_their_close) {
    const auto kind = CalendarKind::us_equity;
    EXPECT_FALSE(session_at(kind, at("2013-10-07T13:29:59.999999999Z")).has_value());
    EXPECT_TRUE(session_at(kind, at("2013-10-07T13:30:00Z")).has_value());
    EXPECT_TRUE(session_at(kind, at("2013-10-07T19:59:59.999999999Z")).has_value());
    EXPECT_FALSE(session_at(kind, at("2013-10-07T20:00:00Z")).has_value());
}

TEST(UsEquitySessions, resume_after_the_longest_closure) {
    EXPECT_EQ(session_from(CalendarKind::us_equity, at("2001-09-10T20:00:00Z")).date,
              date("2001-09-17"));
}

TEST(FxWeek, runs_from_sunday_to_friday_at_17_new_york) {
    const auto kind = CalendarKind::fx_week;
    EXPECT_FALSE(session_at(kind, at("2014-05-04T20:59:59Z")).has_value());
    EXPECT_EQ(session_at(kind, at("2014-05-04T21:00:00Z"))->date, date("2014-05-05"));
    EXPECT_EQ(session_at(kind, at("2014-05-05T20:59:59Z"))->date, date("2014-05-05"));
    EXPECT_EQ(session_at(kind, at("2014-05-05T21:00:00Z"))->date, date("2014-05-06"));
    EXPECT_TRUE(session_at(kind, at("2014-05-09T20:59:59Z")).has_value());
    EXPECT_FALSE(session_at(kind, at("2014-05-09T21:00:00Z")).has_value());
    // Standard time: an hour later in UTC.
    EXPECT_FALSE(session_at(kind, at("2014-12-07T21:59:59Z")).has_value());
    EXPECT_TRUE(session_at(kind, at("2014-12-07T22:00:00Z")).has_value());
}

TEST(FxWeek, has_one_hour_less_in_the_week_that_ends_with_the_change) {
    // Daylight time began on Sunday 2014-03-09; Monday's session begins on that Sunday at 17:00
    // EDT.
    const auto friday = session_on(CalendarKind::fx_week, date("2014-03-07"));
    const auto monday = session_on(CalendarKind::fx_week, date("2014-03-10"));
    EXPECT_EQ(friday->close, at("2014-03-07T22:00:00Z"));
    EXPECT_EQ(monday->open, at("2014-03-09T21:00:00Z"));
}

TEST(NewYork, changes_its_clock_by_the_law_of_the_year) {
    // tzdata, America/New_York: `zdump -v`.
    struct Change {
        const char* utc;
        int hours_before;
        int hours_after;
    };
    constexpr Change changes[] = {
        {"1974-01-06T07:00:00Z", -5, -4}, {"1975-02-23T07:00:00Z", -5, -4},
        {"1986-04-27T07:00:00Z", -5, -4}, {"1987-04-05T07:00:00Z", -5, -4},
        {"2006-04-02T07:00:00Z", -5, -4}, {"2006-10-29T06:00:00Z", -4, -5},
        {"2007-03-11T07:00:00Z", -5, -4}, {"2007-11-04T06:00:00Z", -4, -5},
        {"2037-03-08T07:00:00Z", -5, -4}, {"2037-11-01T06:00:00Z", -4, -5},
    };
    for (const Change& c : changes) {
        EXPECT_EQ(new_york_offset(at(c.utc) - nanoseconds(1)), hours(c.hours_before)) << c.utc;
        EXPECT_EQ(new_york_offset(at(c.utc)), hours(c.hours_after)) << c.utc;
    }
}

TEST(NewYork, reads_the_skipped_hour_late_and_the_double_hour_first) {
    EXPECT_EQ(from_new_york(date("2007-03-11"), hours(2) + minutes(30)),
              at("2007-03-11T06:30:00Z"));
    EXPECT_EQ(from_new_york(date("2007-11-04"), hours(1) + minutes(30)),
              at("2007-11-04T05:30:00Z"));
    EXPECT_EQ(from_new_york(date("2007-11-04"), hours(2)), at("2007-11-04T07:00:00Z"));
}

Timestamp any_instant() {
    return {*rc::gen::inRange<std::int64_t>(start_of(date("1998-01-05")).ns,
                                            start_of(date("2100-12-01")).ns)};
}

RC_GTEST_PROP(Sessions, at_an_instant_contain_it, ()) {
    const Timestamp t = any_instant();
    for (const CalendarKind kind : kKinds) {
        const auto session = session_at(kind, t);
        if (!session) continue;
        RC_ASSERT(session->open <= t);
        RC_ASSERT(t < session->close);
        RC_ASSERT(session_on(kind, session->date) == session);
        RC_ASSERT(session_from(kind, t) == *session);
    }
}

RC_GTEST_PROP(Sessions, from_an_instant_are_the_first_to_close_after_it, ()) {
    const Timestamp t = any_instant();
    for (const CalendarKind kind : kKinds) {
        const Session next = session_from(kind, t);
        RC_ASSERT(next.close > t);
        for (Date day = next.date - days{9}; day < next.date; day += days{1}) {
            const auto earlier = session_on(kind, day);
            RC_ASSERT((!earlier || earlier->close <= t));
        }
    }
}

RC_GTEST_PROP(NewYork, reads_back_every_instant_but_the_repeated_hour, ()) {
    const Timestamp t = any_instant();
    const Timestamp wall = t + new_york_offset(t);
    const Date day = utc_date(wall);
    const Timestamp back = from_new_york(day, wall - start_of(day));
    RC_ASSERT(back == t || back == t - hours(1));
    if (back != t) RC_ASSERT(new_york_offset(back) != new_york_offset(t));
}

TEST(Sessions, are_counted_by_year) {
    EXPECT_EQ(sessions_per_year(CalendarKind::us_equity), 252);
    EXPECT_EQ(sessions_per_year(CalendarKind::always_open), 365);
    EXPECT_EQ(sessions_per_year(CalendarKind::fx_week), 260);
}

TEST(Sessions, exist_at_the_ends_of_time) {
    for (const CalendarKind kind : kKinds) {
        EXPECT_FALSE(session_at(kind, kTimestampMin).has_value());
        EXPECT_FALSE(session_at(kind, kTimestampMax).has_value());
        EXPECT_GT(session_from(kind, kTimestampMin).close, kTimestampMin);
        static_cast<void>(session_from(kind, kTimestampMax));
    }
}

TEST(CalendarKind, reads_back_its_name) {
    for (const CalendarKind kind : kKinds) EXPECT_EQ(parse_calendar_kind(to_string(kind)), kind);
    EXPECT_FALSE(parse_calendar_kind("lunar").has_value());
}

}  // namespace
}  // namespace tradewind
