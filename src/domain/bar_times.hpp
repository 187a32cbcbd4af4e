// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/calendar.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "domain/time.hpp"

namespace tradewind {

/// The span that a stored bar stands for. The bar may be used from `close` on, never before.
struct BarTimes {
    Timestamp open;
    Timestamp close;

    friend bool operator==(const BarTimes&, const BarTimes&) = default;
};

/// What the label of a stored bar means:
/// - a day of a US equity: the session of that date (UTC date of the label), 13:00 New York on half
///   days; a date without a session: the label and one day later;
/// - less than a day of a US equity, label inside a session: from the label for one step, at most
/// to
///   the session's close; outside (pre- and post-market): for one step;
/// - every other time bar: from the label for one step;
/// - tick, volume and value bars: the label is both, since a file does not say when they closed.
[[nodiscard]] BarTimes bar_times(const Instrument& instrument, const BarSpec& spec,
                                 Timestamp label);

/// The same for many labels of one series: it remembers the session that it is in, so that labels
/// in order cost a comparison each.
class BarClock {
public:
    BarClock(CalendarKind calendar, const BarSpec& spec) : calendar_(calendar), spec_(spec) {}

    [[nodiscard]] BarTimes at(Timestamp label) {
        if (spec_.unit != BarUnit::time) return {label, label};
        const Timestamp end = label + Duration{spec_.step};
        if (calendar_ != CalendarKind::us_equity || spec_.step > days(1).ns) return {label, end};
        if (spec_.step == days(1).ns) return session_day(label);
        if (label < known_from_ || label >= known_to_) look_up(label);
        return {label, end < limit_ ? end : limit_};
    }

private:
    [[nodiscard]] BarTimes session_day(Timestamp label) const;
    void look_up(Timestamp label);

    CalendarKind calendar_;
    BarSpec spec_;
    Timestamp known_from_;  // labels in [known_from_, known_to_) end at limit_ at the latest
    Timestamp known_to_;
    Timestamp limit_ = kTimestampMax;
};

}  // namespace tradewind
