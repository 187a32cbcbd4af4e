// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/stamp.hpp"

#include <fmt/format.h>

#include <array>

#include "base/decimal.hpp"
#include "base/int128.hpp"
#include "domain/calendar.hpp"
#include "domain/numbers.hpp"

namespace tradewind::importers {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Takes `least` to `most` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
    int value = 0;
    std::size_t count = 0;
    for (; count < most && count < text.size() && is_digit(text[count]); ++count) {
        value = value * 10 + (text[count] - '0');
    }
    if (count < least) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

/// Takes "Z", "+hh:mm", "+hhmm" or "+hh" off the front.
std::optional<Duration> take_offset(std::string_view& text) {
    if (text.starts_with('Z')) {
        text.remove_prefix(1);
        return Duration{};
    }
    if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
    const bool west = text.front() == '-';
    text.remove_prefix(1);
    const auto hour = take_number(text, 2, 2);
    if (!hour || *hour > 18) return std::nullopt;
    int minute = 0;
    if (text.starts_with(':')) text.remove_prefix(1);
    if (!text.empty()) {
        const auto field = take_number(text, 2, 2);
        if (!field || *field > 59) return std::nullopt;
        minute = *field;
    }
    const Duration offset = hours(*hour) + minutes(minute);
    return west ? Duration{-offset.ns} : offset;
}

/// Takes one to nine digits after the point off the front, in nanoseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    std::int64_t ns = 0, scale = 100'000'000;
    std::size_t count = 0;
    for (; count < text.size() && is_digit(text[count]); ++count) {
        if (scale == 0 && text[count] != '0') return std::nullopt;
        ns += (text[count] - '0') * scale;
        scale /= 10;
    }
    if (count == 0) return std::nullopt;
    text.remove_prefix(count);
    return ns;
}

std::optional<Date> make_date(int year, int month, int day) {
    const std::chrono::year_month_day ymd{std::chrono::year{year},
                                          std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(day)}};
    if (!ymd.ok() || year < 1678 || year > 2261) return std::nullopt;
    return Date{ymd};
}

std::optional<Stamp> parse_iso(std::string_view text) {
    if (text.size() <= 10) {
        const auto date = parse_date(text);
        if (!date) return std::nullopt;
        return Stamp{.wall = start_of(*date), .offset = {}, .is_date = true};
    }
    const auto instant = parse_timestamp(text);
    if (!instant) return std::nullopt;
    const std::size_t zone_at = text.find_first_of("Z+-", 11);
    if (zone_at == std::string_view::npos) return Stamp{.wall = *instant, .offset = {}};
    std::string_view zone = text.substr(zone_at);
    const auto offset = take_offset(zone);
    if (!offset || !zone.empty()) return std::nullopt;
    return Stamp{.wall = *instant + *offset, .offset = offset};
}

std::optional<Stamp> parse_day(std::string_view text) {
    std::optional<Date> date;
    if (text.size() == 8) {
        const auto year = take_number(text, 4, 4), month = take_number(text, 2, 2),
                   day = take_number(text, 2, 2);
        if (year && month && day) date = make_date(*year, *month, *day);
    } else {
        date = parse_date(text);
    }
    if (!date) return std::nullopt;
    return Stamp{.wall = start_of(*date), .offset = {}, .is_date = true};
}

std::optional<Stamp> parse_epoch(std::string_view text, std::int64_t unit_ns) {
    const auto units = base::parse_decimal_wide(text);  // 1e-18 of a unit
    if (!units) return std::nullopt;
    const auto ns = base::mul_div(*units, unit_ns, kMoneyOne, base::Rounding::half_even);
    if (!ns || *ns > INT64_MAX || *ns < INT64_MIN) return std::nullopt;
    if (base::mul_div(*ns, kMoneyOne, unit_ns, base::Rounding::half_even) != *units)
        return std::nullopt;
    return Stamp{.wall = {static_cast<std::int64_t>(*ns)}, .offset = Duration{}};
}

/// What a pattern has read so far.
struct Parts {
    int year = 1970, month = 1, day = 1;
    int day_of_year = 0;
    int hour = 0, minute = 0, second = 0;
    std::int64_t ns = 0;
    bool afternoon = false, twelve_hours = false, has_time = false;
    std::optional<Duration> offset;
};

bool assign(std::optional<int> value, int& out) {
    if (!value) return false;
    out = *value;
    return true;
}

bool take_month_name(std::string_view& text, int& month) {
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
        if (text.size() >= 3 && lower(text[0]) == kMonths[i][0] &&
            lower(text[1]) == kMonths[i][1] && lower(text[2]) == kMonths[i][2]) {
            month = static_cast<int>(i) + 1;
            text.remove_prefix(3);
            return true;
        }
    }
    return false;
}

bool take_half(std::string_view& text, bool& afternoon) {
    if (text.size() < 2 || lower(text[1]) != 'm') return false;
    const char c = lower(text[0]);
    if (c != 'a' && c != 'p') return false;
    afternoon = c == 'p';
    text.remove_prefix(2);
    return true;
}

bool take_year_of_century(std::string_view& text, int& year) {
    const auto value = take_number(text, 2, 2);
    if (!value) return false;
    year = *value + (*value < 69 ? 2000 : 1900);  // as POSIX strptime has it
    return true;
}

bool take_part(char letter, std::string_view& text, Parts& parts) {
    parts.has_time = parts.has_time || std::string_view{"HIMSfp"}.contains(letter);
    switch (letter) {
        case 'Y': return assign(take_number(text, 4, 4), parts.year);
        case 'y': return take_year_of_century(text, parts.year);
        case 'm': return assign(take_number(text, 1, 2), parts.month);
        case 'd': return assign(take_number(text, 1, 2), parts.day);
        case 'b': return take_month_name(text, parts.month);
        case 'j':
            return assign(take_number(text, 1, 3), parts.day_of_year) && parts.day_of_year > 0;
        case 'H': return assign(take_number(text, 1, 2), parts.hour);
        case 'I': parts.twelve_hours = true; return assign(take_number(text, 1, 2), parts.hour);
        case 'p': return take_half(text, parts.afternoon);
        case 'M': return assign(take_number(text, 1, 2), parts.minute);
        case 'S': return assign(take_number(text, 1, 2), parts.second);
        case 'f': {
            const auto ns = take_fraction(text);
            parts.ns = ns.value_or(0);
            return ns.has_value();
        }
        case 'z': parts.offset = take_offset(text); return parts.offset.has_value();
        case '%': {
            const bool there = text.starts_with('%');
            if (there) text.remove_prefix(1);
            return there;
        }
        default: return false;
    }
}

std::optional<Stamp> assemble(Parts parts) {
    if (parts.twelve_hours) {
        if (parts.hour < 1 || parts.hour > 12) return std::nullopt;
        parts.hour = parts.hour % 12 + (parts.afternoon ? 12 : 0);
    }
    if (parts.hour > 23 || parts.minute > 59 || parts.second > 59) return std::nullopt;
    auto date = make_date(parts.year, parts.month, parts.day);
    if (!date) return std::nullopt;
    if (parts.day_of_year > 0) {
        const bool leap = std::chrono::year{parts.year}.is_leap();
        if (parts.day_of_year > (leap ? 366 : 365)) return std::nullopt;
        date = *make_date(parts.year, 1, 1) + std::chrono::days{parts.day_of_year - 1};
    }
    const Timestamp wall = start_of(*date) + hours(parts.hour) + minutes(parts.minute) +
                           seconds(parts.second) + nanoseconds(parts.ns);
    return Stamp{.wall = wall, .offset = parts.offset, .is_date = !parts.has_time};
}

std::optional<Stamp> parse_pattern(std::string_view text, std::string_view pattern) {
    Parts parts;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '%' && i + 1 < pattern.size()) {
            if (!take_part(pattern[++i], text, parts)) return std::nullopt;
        } else {
            if (!text.starts_with(pattern[i])) return std::nullopt;
            text.remove_prefix(1);
        }
    }
    if (!text.empty()) return std::nullopt;
    return assemble(parts);
}

bool is_known_pattern(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '%') continue;
        if (++i >= pattern.size() || !std::string_view{"YymdbjHIpMSfz%"}.contains(pattern[i]))
            return false;
    }
    return pattern.contains('%');
}

}  // namespace

std::optional<Zone> parse_zone(std::string_view text) {
    if (text == "UTC" || text == "GMT") return Zone{};
    if (text == "America/New_York") return Zone{.kind = Zone::Kind::new_york, .offset = {}};
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return Zone{.kind = Zone::Kind::fixed, .offset = *offset};
}

std::string to_string(const Zone& zone) {
    if (zone.kind == Zone::Kind::new_york) return "America/New_York";
    if (zone.offset.ns == 0) return "UTC";
    const std::int64_t all =
        (zone.offset.ns < 0 ? -zone.offset.ns : zone.offset.ns) / minutes(1).ns;
    return fmt::format("{}{:02}:{:02}", zone.offset.ns < 0 ? '-' : '+', all / 60, all % 60);
}

Timestamp from_wall(Timestamp wall, const Zone& zone) {
    if (zone.kind == Zone::Kind::fixed) return wall - zone.offset;
    const Date date = utc_date(wall);
    return from_new_york(date, wall - start_of(date));
}

std::optional<StampFormat> parse_stamp_format(std::string_view text) {
    using Kind = StampFormat::Kind;
    if (text == "iso") return StampFormat{};
    if (text == "date") return StampFormat{.kind = Kind::date, .unit_ns = 1, .pattern = {}};
    if (is_known_pattern(text)) {
        return StampFormat{.kind = Kind::pattern, .unit_ns = 1, .pattern = std::string{text}};
    }
    if (text.starts_with("epoch-")) text.remove_prefix(6);
    const auto epoch = [](std::int64_t ns) {
        return StampFormat{.kind = Kind::epoch, .unit_ns = ns, .pattern = {}};
    };
    if (text == "s") return epoch(1'000'000'000);
    if (text == "ms") return epoch(1'000'000);
    if (text == "us") return epoch(1'000);
    if (text == "ns") return epoch(1);
    return std::nullopt;
}

std::string describe(const StampFormat& format) {
    switch (format.kind) {
        case StampFormat::Kind::iso: return "an ISO 8601 time like 2014-05-02T12:30:00Z";
        case StampFormat::Kind::date: return "a date like 2014-05-02";
        case StampFormat::Kind::epoch:
            return fmt::format("a number of {} since 1970",
                               tradewind::to_string(Duration{format.unit_ns}));
        case StampFormat::Kind::pattern: return fmt::format("a time like {}", format.pattern);
    }
    __builtin_unreachable();
}

std::optional<Stamp> parse_stamp(std::string_view text, const StampFormat& format) {
    switch (format.kind) {
        case StampFormat::Kind::iso: return parse_iso(text);
        case StampFormat::Kind::date: return parse_day(text);
        case StampFormat::Kind::epoch: return parse_epoch(text, format.unit_ns);
        case StampFormat::Kind::pattern: return parse_pattern(text, format.pattern);
    }
    __builtin_unreachable();
}

}  // namespace tradewind::importers
