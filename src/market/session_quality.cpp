// SPDX-License-Identifier: Apache-2.0
#include "market/session_quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tradewind::market {
namespace {

/// Longest hole whose sessions are counted one by one: forty years.
constexpr int kSessionsMax = 15'000;
/// Holes kept back until it is known whether the market is an illiquid one.
constexpr std::size_t kGapsMax = 100'000;
/// A hole this long is one whatever the market.
constexpr std::int64_t kLongGapSteps = 30;
constexpr std::int64_t kErrorSessions = 3;

constexpr Duration kWeekendPause = hours(24);
constexpr Duration kNightPause = hours(4);
/// A day's label this far before the week's beginning is a day of its own: a Sunday's few hours.
constexpr Duration kStubDay = hours(6);
constexpr Duration kRounding = minutes(30);
/// What a week's beginning and its end may differ by in one shift.
constexpr Duration kShiftTolerance = hours(1);

bool is_holiday(Date date) {
    using std::chrono::December;
    using std::chrono::January;
    const std::chrono::year_month_day day{date};
    return (day.month() == December && day.day() == std::chrono::day{25}) ||
           (day.month() == January && day.day() == std::chrono::day{1});
}

Duration rounded(Duration d) {
    const double units = static_cast<double>(d.ns) / static_cast<double>(kRounding.ns);
    return {std::llround(units) * kRounding.ns};
}

std::string in_hours(Duration d) {
    return fmt::format("{:.1f} h", static_cast<double>(d.ns) / static_cast<double>(hours(1).ns));
}

Date new_york_date(Timestamp t) { return utc_date(t + new_york_offset(t)); }

}  // namespace

SessionChecker::SessionChecker(const Instrument& instrument, Duration step,
                               const QualitySettings& settings, FindingSink sink)
    : calendar_(instrument.calendar),
      step_(step),
      allowed_(step.ns > 0 ? step
                           : Duration{static_cast<std::int64_t>(
                                 settings.silent_minutes * static_cast<double>(minutes(1).ns))}),
      settings_(settings),
      sink_(sink),
      runs_(std::move(sink)) {}

void SessionChecker::begin(std::uint64_t row, Timestamp ts) {
    has_last_ = true;
    block_ = {.row = row, .first = ts};
}

/// How many sessions lie between the last row and this one.
std::int64_t SessionChecker::missing_days(Timestamp ts) const {
    if (calendar_ == CalendarKind::always_open) return (ts - last_).ns / step_.ns - 1;
    const bool shares = calendar_ == CalendarKind::us_equity;
    // a currency's day is labelled somewhere between 17:00 New York and midnight UTC
    Date date = shares ? utc_date(last_) : session_from(calendar_, last_ + kStubDay).date;
    const Date end = shares ? utc_date(ts) : session_from(calendar_, ts + kStubDay).date;
    std::int64_t missing = 0;
    for (int i = 0; i < kSessionsMax && ++date < end; ++i) {
        if (session_on(calendar_, date) && (shares || !is_holiday(date))) ++missing;
    }
    return missing;
}

/// How long the market was open in [from, to).
Duration SessionChecker::open_time(Timestamp from, Timestamp to) const {
    if (to <= from) return {};
    if (calendar_ == CalendarKind::always_open) return to - from;
    Duration open;
    Timestamp at = from;
    for (int i = 0; i < kSessionsMax && at < to; ++i) {
        const Session session = session_from(calendar_, at);
        const Timestamp begin = std::max(session.open, from), end = std::min(session.close, to);
        const bool counts = calendar_ == CalendarKind::us_equity || !is_holiday(session.date);
        if (begin < end && counts) open = open + (end - begin);
        at = session.close;
    }
    return open;
}

void SessionChecker::pause(std::uint64_t row, Timestamp ts) {
    const Duration own = calendar_ == CalendarKind::fx_week ? kWeekendPause : kNightPause;
    if (ts - last_ >= own) {
        end_block(last_);
        block_ = {.row = row, .first = ts};
    }
    if (step_ > days(1)) return;  // weeks and months: whose, the label does not tell
    if (step_ == days(1)) {
        if (const std::int64_t missing = missing_days(ts); missing > 0) {
            report_gap(row, ts, missing, days(missing));
        }
        return;
    }
    const Duration open = open_time(last_ + step_, ts);
    if (step_.ns > 0 && open >= step_) report_gap(row, ts, open.ns / step_.ns, open);
    if (step_.ns == 0 && open > allowed_) report_gap(row, ts, 0, open);
}

void SessionChecker::report_gap(std::uint64_t row, Timestamp ts, std::int64_t missing,
                                Duration open) {
    ++holes_;
    const bool whole_days = step_ == days(1);
    const std::string what =
        step_.ns == 0 ? fmt::format("no row while the market was open for {}", in_hours(open))
                      : fmt::format("{} {} missing", missing,
                                    whole_days     ? (missing == 1 ? "session" : "sessions")
                                    : missing == 1 ? "bar"
                                                   : "bars");
    Finding found{.rule = QualityRule::gap,
                  .severity = Severity::warning,
                  .row = row,
                  .ts = ts,
                  .detail = fmt::format("{} between {} and {}", what, tradewind::to_string(last_),
                                        tradewind::to_string(ts)),
                  .repair = std::nullopt};
    const bool many = whole_days ? missing >= kErrorSessions : open >= days(kErrorSessions);
    if (many) found.severity = Severity::error;
    const bool is_long = many || missing >= kLongGapSteps || step_.ns == 0;
    if (is_long || gaps_.size() == kGapsMax) {
        sink_(std::move(found));
    } else {
        gaps_.push_back(std::move(found));
    }
}

/// In a market that often pauses, a short hole is nothing to mend.
void SessionChecker::flush_gaps() {
    const bool illiquid =
        static_cast<double>(holes_) > settings_.illiquid_share * static_cast<double>(rows_);
    for (Finding& one : gaps_) {
        if (illiquid) {
            one.severity = Severity::info;
            one.detail +=
                fmt::format("; {} of {} rows follow a hole: an illiquid market", holes_, rows_);
        }
        sink_(std::move(one));
    }
    gaps_.clear();
}

/// By how much all of [first, end) lies away from the session or the week nearest to it.
std::optional<Duration> SessionChecker::shift_of(Timestamp first, Timestamp end) const {
    const bool week = calendar_ == CalendarKind::fx_week;
    std::optional<Duration> best_open, best_close;
    const auto nearer = [](std::optional<Duration>& best, Duration d) {
        if (!best || std::abs(d.ns) < std::abs(best->ns)) best = d;
    };
    for (int i = -3; i <= 3; ++i) {
        const auto opens = session_on(calendar_, utc_date(first) + std::chrono::days{i});
        if (opens && (!week || std::chrono::weekday{opens->date} == std::chrono::Monday)) {
            nearer(best_open, first - opens->open);
        }
        const auto closes = session_on(calendar_, utc_date(end) + std::chrono::days{i});
        if (closes && (!week || std::chrono::weekday{closes->date} == std::chrono::Friday)) {
            nearer(best_close, end - closes->close);
        }
    }
    if (!best_open || !best_close) return std::nullopt;
    if (std::abs((*best_open - *best_close).ns) > kShiftTolerance.ns) return std::nullopt;
    // what both ends agree on: a market that opens an hour later than the calendar says is no clock
    if ((best_open->ns < 0) != (best_close->ns < 0)) return Duration{};
    return rounded(std::abs(best_open->ns) < std::abs(best_close->ns) ? *best_open : *best_close);
}

void SessionChecker::end_block(Timestamp last) {
    if (calendar_ == CalendarKind::always_open || step_ >= days(1)) return;
    const auto shift = shift_of(block_.first, last + step_);
    if (!shift) return;
    const double off_minutes =
        static_cast<double>(std::abs(shift->ns)) / static_cast<double>(minutes(1).ns);
    const bool is_off = off_minutes >= settings_.shift_minutes;
    if (is_off && *shift != shift_) {
        sink_(
            {.rule = QualityRule::clock_shift,
             .severity = Severity::error,
             .row = block_.row,
             .ts = block_.first,
             .detail = fmt::format("from here on the clock is {} {}: rows run from {} to {}",
                                   in_hours({std::abs(shift->ns)}), shift->ns < 0 ? "slow" : "fast",
                                   tradewind::to_string(block_.first), tradewind::to_string(last)),
             .repair = std::nullopt});
    }
    shift_ = is_off ? *shift : Duration{};
}

void SessionChecker::look_outside(std::uint64_t row, Timestamp ts) {
    const Repair drop{};
    if (calendar_ == CalendarKind::always_open) {
        inside_from_ = kTimestampMin;
        inside_to_ = kTimestampMax;
        return;
    }
    if (calendar_ == CalendarKind::us_equity) {
        const bool whole_day = step_ >= days(1);
        const Date date = whole_day ? utc_date(ts) : new_york_date(ts);
        if (step_ > days(1) || session_on(calendar_, date)) {
            inside_from_ = whole_day ? start_of(date) : from_new_york(date, {});
            inside_to_ = inside_from_ + hours(whole_day ? 24 : 23);  // the day of 23 hours
            return;
        }
        runs_.flag(
            QualityRule::outside_session, Severity::warning, row, ts,
            [&] { return fmt::format("{} has no session", tradewind::to_string(date)); }, drop);
        return;
    }
    const Session session = session_from(calendar_, ts);
    if (session.open < ts + std::max(step_, Duration{1}) && step_ < days(1)) {
        inside_from_ = std::min(ts, session.open);
        inside_to_ = session.close;
        return;
    }
    if (step_ > days(1) || session.open - ts < (step_ < days(1) ? Duration{1} : kStubDay)) return;
    runs_.flag(
        QualityRule::outside_session, Severity::warning, row, ts,
        [&] {
            return fmt::format("the market opens at {}, {} later",
                               tradewind::to_string(session.open), in_hours(session.open - ts));
        },
        drop);
}

void SessionChecker::finish() {
    if (!has_last_) return;
    end_block(last_);
    flush_gaps();
    runs_.finish();
}

}  // namespace tradewind::market
