// SPDX-License-Identifier: Apache-2.0
// The calendar of an instant in seconds since 1970, in UTC; `new_york_time` makes of it what a
// clock in New York shows, which the same functions read.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "domain/calendar.hpp"
#include "domain/time.hpp"
#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

using std::chrono::year_month_day;

constexpr double kMinute = 60, kHour = 3'600, kDay = 86'400;  // seconds
/// Years 1 to 9999, and not beyond.
constexpr double kFirst = -62'135'596'800, kEnd = 253'402'300'800;

bool is_instant(double time) { return time >= kFirst && time < kEnd; }

/// The whole units before it in the greater one.
double part(double time, double unit, double greater) {
    if (!is_instant(time)) return kNaN;
    const double in_greater = time - std::floor(time / greater) * greater;
    return std::floor(in_greater / unit);
}
double hour(double time) { return part(time, kHour, kDay); }
double minute(double time) { return part(time, kMinute, kHour); }
double minute_of_day(double time) { return part(time, kMinute, kDay); }
double second_of_day(double time) { return part(time, 1.0, kDay); }

/// 1970 began on a Thursday.
double day_of_week(double time) {
    if (!is_instant(time)) return kNaN;
    const double day = std::floor(time / kDay) + 3.0;
    return day - std::floor(day / 7.0) * 7.0;
}

Date date_of(double time) {
    return Date{std::chrono::days{static_cast<std::int32_t>(std::floor(time / kDay))}};
}
Date first_of(std::chrono::year year) { return Date{year / std::chrono::January / 1}; }
double days_into_year(Date date) {
    return static_cast<double>((date - first_of(year_month_day{date}.year())).count());
}

/// A figure of the date.
template <auto Figure>
double of_date(double time) {
    return is_instant(time) ? Figure(date_of(time)) : kNaN;
}
double year(Date date) { return static_cast<int>(year_month_day{date}.year()); }
double month(Date date) { return static_cast<unsigned>(year_month_day{date}.month()); }
double day_of_month(Date date) { return static_cast<unsigned>(year_month_day{date}.day()); }
double quarter(Date date) { return std::floor((month(date) - 1.0) / 3.0) + 1.0; }
double day_of_year(Date date) { return days_into_year(date) + 1.0; }
/// ISO 8601: a week is of the year that its Thursday is of.
double week(Date date) {
    const unsigned monday_based = std::chrono::weekday{date}.iso_encoding() - 1;
    const Date thursday = date + std::chrono::days{3} - std::chrono::days{monday_based};
    return std::floor(days_into_year(thursday) / 7.0) + 1.0;
}

/// What a clock in New York shows, as if it were UTC.
class NewYorkTime {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double time) {
        if (!(time >= kFirstKnown && time < kEndKnown)) return kNaN;
        // Clocks are put forward and back on whole hours.
        const auto hour = static_cast<std::int64_t>(std::floor(time / kHour));
        if (hour != hour_) {
            hour_ = hour;
            offset_ =
                static_cast<double>(new_york_offset(start_of(Date{}) + hours(hour)).ns) * 1e-9;
        }
        return time + offset_;
    }

private:
    /// The rules of daylight time are known from 1987 on; after 2200 nobody knows them.
    static constexpr double kFirstKnown = 536'457'600, kEndKnown = 7'258'118'400;

    std::int64_t hour_ = std::numeric_limits<std::int64_t>::min();
    double offset_ = 0.0;  ///< seconds, in that hour
};

/// Where in a cycle a number is, as a point on the circle.
template <auto Coordinate>
class OnCircle {
public:
    explicit OnCircle(double period) : period_(period) {}

    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double value) const {
        return Coordinate(std::fmod(value, period_) / period_ * (2.0 * std::numbers::pi));
    }

private:
    double period_;
};
double sine(double angle) { return std::sin(angle); }
double cosine(double angle) { return std::cos(angle); }

constexpr std::array kInstant{Input::second};
constexpr std::array kPeriod{
    real_param("period", kDay, 1e-9, 1e12, "of the cycle, in the units of t: seconds of `time`")};

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "hour",
     .title = "hour of the day",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "0 to 23",
     .make = pointwise<hour, 1>},
    {.name = "minute",
     .title = "minute of the hour",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "0 to 59",
     .make = pointwise<minute, 1>},
    {.name = "minute_of_day",
     .title = "minute of the day",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "0 to 1439",
     .make = pointwise<minute_of_day, 1>},
    {.name = "second_of_day",
     .title = "second of the day",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "0 to 86399",
     .make = pointwise<second_of_day, 1>},
    {.name = "day_of_week",
     .title = "day of the week",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "0 (Monday) to 6 (Sunday)",
     .make = pointwise<day_of_week, 1>},
    {.name = "day_of_month",
     .title = "day of the month",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "1 to 31",
     .make = pointwise<of_date<day_of_month>, 1>},
    {.name = "day_of_year",
     .title = "day of the year",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "1 to 366",
     .make = pointwise<of_date<day_of_year>, 1>},
    {.name = "week",
     .title = "week of the year",
     .inputs = kInstant,
     .outputs = kValue,
     .formula =
         "1 to 53; weeks begin on Monday, the first is the one with the year's first Thursday",
     .source = "ISO 8601",
     .make = pointwise<of_date<week>, 1>},
    {.name = "month",
     .title = "month",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "1 to 12",
     .make = pointwise<of_date<month>, 1>},
    {.name = "quarter",
     .title = "quarter of the year",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "1 to 4",
     .make = pointwise<of_date<quarter>, 1>},
    {.name = "year",
     .title = "year",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "1 to 9999",
     .make = pointwise<of_date<year>, 1>},
    {.name = "new_york_time",
     .title = "what a clock in New York shows",
     .inputs = kInstant,
     .outputs = kValue,
     .formula = "t less 4 or 5 hours; missing before 1987 and after 2199",
     .source = "15 U.S.C. 260a: the rules of 1987, and of 2007 and later",
     .make = [](Args) { return indicator_of<1>(NewYorkTime{}); }},
    {.name = "time_sin",
     .title = "place in a cycle, as the sine of an angle",
     .inputs = kInstant,
     .params = kPeriod,
     .outputs = kValue,
     .formula = "sin(2 pi t / period)",
     .make = [](Args args) { return indicator_of<1>(OnCircle<sine>{args[0]}); }},
    {.name = "time_cos",
     .title = "place in a cycle, as the cosine of an angle",
     .inputs = kInstant,
     .params = kPeriod,
     .outputs = kValue,
     .formula = "cos(2 pi t / period)",
     .make = [](Args args) { return indicator_of<1>(OnCircle<cosine>{args[0]}); }},
});

}  // namespace

std::span<const IndicatorInfo> calendar_operators() { return kOperators; }

}  // namespace tradewind::feature
