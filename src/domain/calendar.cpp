// SPDX-License-Identifier: Apache-2.0
#include "domain/calendar.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "domain/names.hpp"

namespace tradewind {
namespace {

using std::chrono::April;
using std::chrono::December;
using std::chrono::February;
using std::chrono::January;
using std::chrono::July;
using std::chrono::June;
using std::chrono::last;
using std::chrono::March;
using std::chrono::May;
using std::chrono::Monday;
using std::chrono::November;
using std::chrono::October;
using std::chrono::Saturday;
using std::chrono::September;
using std::chrono::Sunday;
using std::chrono::Thursday;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr auto kCalendarKinds = names<CalendarKind>("always_open", "us_equity", "fx_week");

constexpr std::chrono::days kDay{1};

// --- New York's clock ----------------------------------------------------------------------------

constexpr Duration kStandard = hours(-5);
constexpr Duration kDaylight = hours(-4);

/// The first days of the two halves of a New York year.
struct Daylight {
    Date begins;
    Date ends;
};

constexpr Daylight daylight_of(year y) {
    if (y >= year{2007}) return {Date{y / March / Sunday[2]}, Date{y / November / Sunday[1]}};
    const Date autumn{y / October / Sunday[last]};
    if (y >= year{1987}) return {Date{y / April / Sunday[1]}, autumn};
    // The oil crisis: Emergency Daylight Saving Time Energy Conservation Act of 1973, amended 1974.
    if (y == year{1975}) return {Date{y / February / 23}, autumn};
    if (y == year{1974}) return {Date{y / January / 6}, autumn};
    return {Date{y / April / Sunday[last]}, autumn};
}

/// The years that 64 bits of nanoseconds reach, less one at each end.
constexpr int kFirstYear = 1678, kLastYear = 2261;
constexpr Timestamp kFirstInstant = start_of(Date{year{kFirstYear} / January / 2});
constexpr Timestamp kLastInstant = start_of(Date{year{kLastYear} / December / 1});

/// The span of daylight time of one year, in UTC and on the wall clock.
struct DaylightSpan {
    Timestamp begins;
    Timestamp ends;
};

constexpr auto make_daylight_table() {
    std::array<DaylightSpan, std::size_t{kLastYear - kFirstYear + 1}> table{};
    for (int y = kFirstYear; y <= kLastYear; ++y) {
        const Daylight d = daylight_of(year{y});
        // 02:00 standard time is 07:00 UTC; 02:00 daylight time is 06:00 UTC.
        table[static_cast<std::size_t>(y - kFirstYear)] = {start_of(d.begins) + hours(7),
                                                           start_of(d.ends) + hours(6)};
    }
    return table;
}
constexpr auto kDaylightTable = make_daylight_table();

const DaylightSpan& daylight_in_year_of(Timestamp t) {
    const int y = static_cast<int>(year_month_day{utc_date(t)}.year());
    return kDaylightTable[static_cast<std::size_t>(std::clamp(y, kFirstYear, kLastYear) -
                                                   kFirstYear)];
}

// --- the New York Stock Exchange -----------------------------------------------------------------

enum class DayKind : std::uint8_t { closed, full, half };

constexpr bool is_weekend(Date date) {
    const weekday w{date};
    return w == Saturday || w == Sunday;
}

/// Easter Sunday (Meeus, Jones and Butcher; J. Meeus, "Astronomical Algorithms", 1991, chapter 8).
constexpr Date easter(year in) {
    const int y = static_cast<int>(in);
    const int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4;
    const int f = (b + 8) / 25, g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30;
    const int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
    const int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
    return Date{in / std::chrono::month{static_cast<unsigned>(n / 31)} /
                std::chrono::day{static_cast<unsigned>(n % 31 + 1)}};
}

/// A holiday of fixed date: kept on Friday where it falls on Saturday, on Monday where on Sunday.
constexpr Date observed(Date holiday) {
    const weekday w{holiday};
    if (w == Saturday) return holiday - kDay;
    if (w == Sunday) return holiday + kDay;
    return holiday;
}

/// Closed by order: attacks, storms, mourning.
constexpr auto kClosures = std::to_array<Date>({
    year{2001} / September / 11,  // attacks on New York
    year{2001} / September / 12, year{2001} / September / 13, year{2001} / September / 14,
    year{2004} / June / 11,                                // funeral of President Reagan
    year{2007} / January / 2,                              // funeral of President Ford
    year{2012} / October / 29,                             // hurricane Sandy
    year{2012} / October / 30, year{2018} / December / 5,  // funeral of President Bush
    year{2025} / January / 9,                              // funeral of President Carter
});

/// Never a trading day: stands for a holiday that a year has not.
constexpr Date kNoDate{year{1900} / January / 1};

/// NYSE rule 7.2: the holidays of one year, as they really were since 1998.
constexpr std::array<Date, 10> holidays_of(year y) {
    const Date new_year{y / January / 1};
    return {
        // New Year on a Saturday is not kept on the Friday, the last day of the business year.
        weekday{new_year} == Sunday ? new_year + kDay : new_year,
        y >= year{1998} ? Date{y / January / Monday[3]} : kNoDate,
        Date{y / February / Monday[3]},
        easter(y) - 2 * kDay,
        Date{y / May / Monday[last]},
        y >= year{2022} ? observed(Date{y / June / 19}) : kNoDate,
        observed(Date{y / July / 4}),
        Date{y / September / Monday[1]},
        Date{y / November / Thursday[4]},
        observed(Date{y / December / 25}),
    };
}

/// The Fourth of July shortens the day before, where both are weekdays; until 2012 a Fourth on a
/// Thursday shortened the Friday after it instead.
constexpr Date half_day_in_july(year y) {
    const Date fourth{y / July / 4};
    const weekday w{fourth};
    if (is_weekend(fourth) || w == Monday) return kNoDate;
    return w == Thursday && y < year{2013} ? fourth + kDay : fourth - kDay;
}

/// Days that end at 13:00, where they are no weekend or holiday.
constexpr std::array<Date, 5> half_days_of(year y) {
    return {
        Date{y / November / Thursday[4]} + kDay,
        Date{y / December / 24},
        half_day_in_july(y),
        y == year{1999} ? Date{y / December / 31} : kNoDate,
        y == year{2003} ? Date{y / December / 26} : kNoDate,
    };
}

template <std::size_t N>
constexpr bool contains(const std::array<Date, N>& dates, Date date) {
    return std::find(dates.begin(), dates.end(), date) != dates.end();
}

DayKind day_kind_by_rule(Date date) {
    const year y = year_month_day{date}.year();
    if (is_weekend(date) || contains(holidays_of(y), date)) return DayKind::closed;
    return contains(half_days_of(y), date) ? DayKind::half : DayKind::full;
}

constexpr year kTableFirstYear{1998}, kTableLastYear{2100};
constexpr Date kTableFirst{kTableFirstYear / January / 1};
constexpr Date kTableLast{kTableLastYear / December / 31};

constexpr std::size_t table_index(Date date) {
    return static_cast<std::size_t>((date - kTableFirst).count());
}

constexpr auto make_day_table() {
    std::array<DayKind, table_index(kTableLast) + 1> table{};
    const auto mark = [&table](Date date, DayKind from, DayKind to) {
        if (date < kTableFirst || date > kTableLast) return;
        DayKind& kind = table[table_index(date)];
        if (kind == from) kind = to;
    };
    for (Date monday = kTableFirst - 3 * kDay; monday <= kTableLast; monday += 7 * kDay) {
        for (int i = 0; i < 5; ++i) mark(monday + i * kDay, DayKind::closed, DayKind::full);
    }
    for (year y = kTableFirstYear; y <= kTableLastYear; ++y) {
        for (const Date date : half_days_of(y)) mark(date, DayKind::full, DayKind::half);
        for (const Date date : holidays_of(y)) {
            mark(date, DayKind::full, DayKind::closed);
            mark(date, DayKind::half, DayKind::closed);
        }
    }
    for (const Date date : kClosures) mark(date, DayKind::full, DayKind::closed);
    return table;
}
static_assert(weekday{kTableFirst - 3 * kDay} == Monday);
constexpr auto kDayTable = make_day_table();

DayKind day_kind(Date date) {
    if (date < kTableFirst || date > kTableLast) [[unlikely]]
        return day_kind_by_rule(date);
    return kDayTable[table_index(date)];
}

std::optional<Session> us_equity_on(Date date) {
    const DayKind kind = day_kind(date);
    if (kind == DayKind::closed) return std::nullopt;
    const bool half = kind == DayKind::half;
    return Session{.date = date,
                   .open = from_new_york(date, hours(9) + minutes(30)),
                   .close = from_new_york(date, half ? hours(13) : hours(16)),
                   .is_half_day = half};
}

// --- currencies and coins ------------------------------------------------------------------------

std::optional<Session> fx_on(Date date) {
    if (is_weekend(date)) return std::nullopt;
    return Session{.date = date,
                   .open = from_new_york(date - kDay, hours(17)),
                   .close = from_new_york(date, hours(17))};
}

Session utc_day(Date date) {
    return {.date = date, .open = start_of(date), .close = start_of(date) + days(1)};
}

/// The date of the only session that can hold an instant.
Date candidate(CalendarKind kind, Timestamp t) {
    // 17:00 New York ends a day of the currency market, so seven hours on it is the date's
    // midnight. The regular hours of New York lie inside one UTC day.
    if (kind == CalendarKind::fx_week) return utc_date(t + new_york_offset(t) + hours(7));
    return utc_date(t);
}

}  // namespace

std::string_view to_string(CalendarKind value) { return kCalendarKinds.of(value); }
std::optional<CalendarKind> parse_calendar_kind(std::string_view text) {
    return kCalendarKinds.parse(text);
}

std::optional<Session> session_on(CalendarKind kind, Date date) {
    switch (kind) {
        case CalendarKind::always_open: return utc_day(date);
        case CalendarKind::us_equity: return us_equity_on(date);
        case CalendarKind::fx_week: return fx_on(date);
    }
    __builtin_unreachable();
}

std::optional<Session> session_at(CalendarKind kind, Timestamp t) {
    if (t < kFirstInstant || t >= kLastInstant) return std::nullopt;
    const auto session = session_on(kind, candidate(kind, t));
    return session && session->open <= t && t < session->close ? session : std::nullopt;
}

Session session_from(CalendarKind kind, Timestamp t) {
    const Timestamp from = std::clamp(t, kFirstInstant, kLastInstant);
    // The longest pause since 1998 is the week of 2001-09-11: six days.
    for (Date date = candidate(kind, from);; date += kDay) {
        const auto session = session_on(kind, date);
        if (session && session->close > from) return *session;
    }
}

TradingDay trading_day_of(CalendarKind kind, Timestamp t) {
    if (kind == CalendarKind::always_open) {
        const Date date = utc_date(t - nanoseconds(1));
        return {date, start_of(date) + days(1)};
    }
    const Session session = session_from(kind, t - nanoseconds(1));
    return {session.date, session.close};
}

int sessions_per_year(CalendarKind kind) {
    switch (kind) {
        case CalendarKind::always_open: return 365;
        case CalendarKind::us_equity: return 252;
        case CalendarKind::fx_week: return 260;
    }
    __builtin_unreachable();
}

Duration new_york_offset(Timestamp utc) {
    const DaylightSpan& span = daylight_in_year_of(utc);
    return span.begins <= utc && utc < span.ends ? kDaylight : kStandard;
}

Timestamp from_new_york(Date date, Duration time_of_day) {
    const Timestamp wall = start_of(date) + time_of_day;
    const DaylightSpan& span = daylight_in_year_of(wall);
    // Both changes are at 02:00 on the wall: 07:00 UTC less five hours, 06:00 UTC less four.
    const bool daylight = span.begins + kStandard <= wall && wall < span.ends + kDaylight;
    return wall - (daylight ? kDaylight : kStandard);
}

}  // namespace tradewind
