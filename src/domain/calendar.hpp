// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/time.hpp"

namespace tradewind {

/// Which hours an instrument trades.
enum class CalendarKind : std::uint8_t {
    always_open,  ///< crypto: every UTC day is one session
    us_equity,    ///< 09:30 to 16:00 New York, holidays, 13:00 on half days
    fx_week,      ///< Sunday 17:00 to Friday 17:00 New York; sessions roll at 17:00 New York
};

[[nodiscard]] std::string_view to_string(CalendarKind value);
[[nodiscard]] std::optional<CalendarKind> parse_calendar_kind(std::string_view text);

/// One trading day: [open, close).
struct Session {
    Date date;  ///< the day the session is named after (for FX: the day on which it ends)
    Timestamp open;
    Timestamp close;
    bool is_half_day = false;

    friend bool operator==(const Session&, const Session&) = default;
};

/// The session named after `date`; nullopt on weekends and holidays.
[[nodiscard]] std::optional<Session> session_on(CalendarKind kind, Date date);
/// The session with open <= t < close; nullopt outside.
[[nodiscard]] std::optional<Session> session_at(CalendarKind kind, Timestamp t);
/// The first session whose close is later than t: the current one inside, else the next one.
[[nodiscard]] Session session_from(CalendarKind kind, Timestamp t);
/// A day as an account counts it: to the close of its session, from that of the one before.
struct TradingDay {
    Date date;
    Timestamp end;  ///< its last instant: what closes there is its own

    friend bool operator==(const TradingDay&, const TradingDay&) = default;
};
[[nodiscard]] TradingDay trading_day_of(CalendarKind kind, Timestamp t);
/// Sessions a year, for annual factors: 252, 365 or 260.
[[nodiscard]] int sessions_per_year(CalendarKind kind);

/// New York's offset from UTC at an instant, by the rules of 1987, and of 2007 and later.
[[nodiscard]] Duration new_york_offset(Timestamp utc);
/// The instant of a New York wall clock; in the hour that is skipped the later offset, in the hour
/// that comes twice the first.
[[nodiscard]] Timestamp from_new_york(Date date, Duration time_of_day);

}  // namespace tradewind
