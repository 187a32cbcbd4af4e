// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tradewind {

/// A span of time in nanoseconds; may be negative.
struct Duration {
    std::int64_t ns = 0;

    friend constexpr auto operator<=>(Duration, Duration) = default;
    friend constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
    friend constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
    friend constexpr Duration operator*(Duration a, std::int64_t k) { return {a.ns * k}; }
};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }
constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }
constexpr Duration days(std::int64_t n) { return hours(n * 24); }

/// An instant: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Good from 1677 to
/// 2262.
struct Timestamp {
    std::int64_t ns = 0;

    friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
    friend constexpr Timestamp operator+(Timestamp t, Duration d) { return {t.ns + d.ns}; }
    friend constexpr Timestamp operator-(Timestamp t, Duration d) { return {t.ns - d.ns}; }
    friend constexpr Duration operator-(Timestamp a, Timestamp b) { return {a.ns - b.ns}; }
};

inline constexpr Timestamp kTimestampMin{INT64_MIN};
inline constexpr Timestamp kTimestampMax{INT64_MAX};

/// A day of the proleptic Gregorian calendar, without a zone.
using Date = std::chrono::sys_days;

/// Midnight UTC of a date.
constexpr Timestamp start_of(Date date) {
    return {static_cast<std::int64_t>(date.time_since_epoch().count()) * days(1).ns};
}

/// The UTC date that holds an instant.
constexpr Date utc_date(Timestamp t) {
    const std::int64_t day = t.ns / days(1).ns - (t.ns % days(1).ns < 0 ? 1 : 0);
    return Date{std::chrono::days{day}};
}

/// ISO 8601 in UTC with as many decimals of a second as needed: "2014-05-02T12:30:00Z".
[[nodiscard]] std::string to_string(Timestamp t);
/// "2014-05-02".
[[nodiscard]] std::string to_string(Date date);
/// The largest whole unit: "1d", "4h", "5m", "30s", "250ms", "10us", "7ns".
[[nodiscard]] std::string to_string(Duration d);

/// Parses "2014-05-02", "2014-05-02T12:30:00[.fraction][Z|+hh:mm]" (a space may stand for the T; no
/// zone means UTC). nullopt where the text is no instant between 1678 and 2261.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);
/// Parses "2014-05-02".
[[nodiscard]] std::optional<Date> parse_date(std::string_view text);
/// Parses "1d", "4h", "5m", "30s", "250ms", "10us", "7ns", "1w"; a positive whole number of one
/// unit.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

}  // namespace tradewind
