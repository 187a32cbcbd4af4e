// SPDX-License-Identifier: Apache-2.0
#include "domain/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/int128.hpp"

namespace tradewind {
namespace {

using base::checked_mul;

/// A unit of time and its suffix, largest first.
struct Unit {
    std::string_view suffix;
    std::int64_t ns;
};

constexpr std::array<Unit, 7> kUnits{{{"d", days(1).ns},
                                      {"h", hours(1).ns},
                                      {"m", minutes(1).ns},
                                      {"s", seconds(1).ns},
                                      {"ms", milliseconds(1).ns},
                                      {"us", 1'000},
                                      {"ns", 1}}};
constexpr std::int64_t kWeek = 7 * days(1).ns;

std::optional<std::int64_t> parse_whole(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return value;
}

/// Exactly `digits` digits and nothing else.
std::optional<int> parse_field(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(at, digits)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// Takes ".fraction" off the front and returns it in nanoseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return 0;
    text.remove_prefix(1);
    std::int64_t ns = 0, scale = 100'000'000;
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (scale == 0 && text.front() != '0') return std::nullopt;
        ns += (text.front() - '0') * scale;
        scale /= 10;
        ++digits;
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    return ns;
}

/// The offset from UTC of "", "Z", "+hh:mm" or "+hhmm".
std::optional<Duration> parse_zone(std::string_view text) {
    if (text.empty() || text == "Z") return Duration{};
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    const bool colon = text.size() == 6 && text[3] == ':';
    if (!colon && text.size() != 5) return std::nullopt;
    const auto hour = parse_field(text, 1, 2), minute = parse_field(text, colon ? 4 : 3, 2);
    if (!hour || !minute || *hour > 18 || *minute > 59) return std::nullopt;
    const Duration offset = hours(*hour) + minutes(*minute);
    return text.front() == '-' ? Duration{-offset.ns} : offset;
}

std::optional<Duration> parse_time_of_day(std::string_view text) {
    const auto hour = parse_field(text, 0, 2), minute = parse_field(text, 3, 2);
    if (!hour || !minute || text[2] != ':' || *hour > 23 || *minute > 59) return std::nullopt;
    text.remove_prefix(5);
    std::int64_t second = 0, fraction = 0;
    if (text.starts_with(':')) {
        const auto field = parse_field(text, 1, 2);
        if (!field || *field > 59) return std::nullopt;
        second = *field;
        text.remove_prefix(3);
        const auto ns = take_fraction(text);
        if (!ns) return std::nullopt;
        fraction = *ns;
    }
    const auto zone = parse_zone(text);
    if (!zone) return std::nullopt;
    return hours(*hour) + minutes(*minute) + seconds(second) + nanoseconds(fraction) - *zone;
}

}  // namespace

std::string to_string(Date date) {
    const std::chrono::year_month_day ymd{date};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()),
                       static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
}

std::string to_string(Timestamp t) {
    const Date date = utc_date(t);
    const std::int64_t ns = static_cast<std::int64_t>(
        base::Int128{t.ns} -
        base::Int128{date.time_since_epoch().count()} * base::Int128{days(1).ns});
    const std::int64_t s = ns / seconds(1).ns, fraction = ns % seconds(1).ns;
    std::string text =
        fmt::format("{}T{:02}:{:02}:{:02}", to_string(date), s / 3600, s / 60 % 60, s % 60);
    if (fraction != 0) {
        text += fmt::format(".{:09}", fraction);
        while (text.back() == '0') text.pop_back();
    }
    return text + "Z";
}

std::string to_string(Duration d) {
    for (const Unit& unit : kUnits) {
        if (d.ns != 0 && d.ns % unit.ns == 0)
            return fmt::format("{}{}", d.ns / unit.ns, unit.suffix);
    }
    return "0s";
}

std::optional<Date> parse_date(std::string_view text) {
    const auto year = parse_field(text, 0, 4), month = parse_field(text, 5, 2),
               day = parse_field(text, 8, 2);
    if (text.size() != 10 || !year || !month || !day || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    const std::chrono::year_month_day ymd{std::chrono::year{*year},
                                          std::chrono::month{static_cast<unsigned>(*month)},
                                          std::chrono::day{static_cast<unsigned>(*day)}};
    if (!ymd.ok() || *year < 1678 || *year > 2261) return std::nullopt;
    return Date{ymd};
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
    const auto date = parse_date(text.substr(0, 10));
    if (!date) return std::nullopt;
    if (text.size() == 10) return start_of(*date);
    if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
    const auto time = text.size() >= 16 ? parse_time_of_day(text.substr(11)) : std::nullopt;
    if (!time) return std::nullopt;
    return start_of(*date) + *time;
}

std::optional<Duration> parse_duration(std::string_view text) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) return std::nullopt;
    const auto count = parse_whole(text.substr(0, digits));
    if (!count || *count <= 0) return std::nullopt;
    const std::string_view suffix = text.substr(digits);
    if (suffix == "w") {
        const auto ns = checked_mul(*count, kWeek);
        return ns ? std::optional<Duration>{Duration{*ns}} : std::nullopt;
    }
    for (const Unit& unit : kUnits) {
        if (unit.suffix != suffix) continue;
        const auto ns = checked_mul(*count, unit.ns);
        return ns ? std::optional<Duration>{Duration{*ns}} : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace tradewind
