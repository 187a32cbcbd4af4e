// SPDX-License-Identifier: Apache-2.0
#include "domain/bar_times.hpp"

namespace tradewind {

BarTimes BarClock::session_day(Timestamp label) const {
    if (const auto session = session_on(calendar_, utc_date(label))) {
        return {session->open, session->close};
    }
    return {label, label + days(1)};
}

void BarClock::look_up(Timestamp label) {
    const Session next = session_from(calendar_, label);
    known_from_ = label < next.open ? label : next.open;
    known_to_ = label < next.open ? next.open : next.close;
    limit_ = label < next.open ? kTimestampMax : next.close;
}

BarTimes bar_times(const Instrument& instrument, const BarSpec& spec, Timestamp label) {
    return BarClock{instrument.calendar, spec}.at(label);
}

}  // namespace tradewind
