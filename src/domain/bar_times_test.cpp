// SPDX-License-Identifier: Apache-2.0
#include "domain/bar_times.hpp"

#include <gtest/gtest.h>

namespace tradewind {
namespace {

Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

Instrument with(CalendarKind calendar) {
    Instrument out;
    out.calendar = calendar;
    return out;
}

struct Case {
    CalendarKind calendar;
    Duration step;
    const char* label;
    const char* open;
    const char* close;
};

// The sessions are the exchange's published hours: 09:30 to 16:00 New York, 13:00 on 2013-11-29
// (the day after Thanksgiving); 2013-07-04 is Independence Day.
constexpr Case kCases[] = {
    {CalendarKind::us_equity, days(1), "2013-10-07", "2013-10-07T13:30:00Z",
     "2013-10-07T20:00:00Z"},
    {CalendarKind::us_equity, days(1), "2013-12-02", "2013-12-02T14:30:00Z",
     "2013-12-02T21:00:00Z"},
    {CalendarKind::us_equity, days(1), "2013-11-29", "2013-11-29T14:30:00Z",
     "2013-11-29T18:00:00Z"},
    {CalendarKind::us_equity, days(1), "2013-07-04", "2013-07-04T00:00:00Z",
     "2013-07-05T00:00:00Z"},
    {CalendarKind::us_equity, minutes(1), "2013-10-07T13:30:00Z", "2013-10-07T13:30:00Z",
     "2013-10-07T13:31:00Z"},
    {CalendarKind::us_equity, hours(1), "2013-10-07T19:30:00Z", "2013-10-07T19:30:00Z",
     "2013-10-07T20:00:00Z"},
    {CalendarKind::us_equity, hours(1), "2013-11-29T17:30:00Z", "2013-11-29T17:30:00Z",
     "2013-11-29T18:00:00Z"},
    {CalendarKind::us_equity, hours(1), "2013-10-07T20:00:00Z", "2013-10-07T20:00:00Z",
     "2013-10-07T21:00:00Z"},
    {CalendarKind::us_equity, hours(1), "2013-10-07T13:00:00Z", "2013-10-07T13:00:00Z",
     "2013-10-07T14:00:00Z"},
    {CalendarKind::us_equity, days(7), "2013-10-07", "2013-10-07T00:00:00Z",
     "2013-10-14T00:00:00Z"},
    {CalendarKind::always_open, days(1), "2013-10-07", "2013-10-07T00:00:00Z",
     "2013-10-08T00:00:00Z"},
    {CalendarKind::fx_week, days(1), "2013-10-07T21:00:00Z", "2013-10-07T21:00:00Z",
     "2013-10-08T21:00:00Z"},
    {CalendarKind::fx_week, hours(4), "2013-10-04T20:00:00Z", "2013-10-04T20:00:00Z",
     "2013-10-05T00:00:00Z"},
};

TEST(BarTimes, gives_the_span_that_a_label_stands_for) {
    for (const Case& c : kCases) {
        const BarTimes expected{at(c.open), at(c.close)};
        EXPECT_EQ(bar_times(with(c.calendar), time_bars(c.step), at(c.label)), expected)
            << c.label << " " << to_string(c.step);
    }
}

TEST(BarTimes, leaves_counted_bars_at_their_label) {
    const Timestamp label = at("2013-10-07T15:00:00Z");
    const BarSpec spec{.unit = BarUnit::tick, .source = PriceSource::last, .step = 100};
    EXPECT_EQ(bar_times(with(CalendarKind::us_equity), spec, label), (BarTimes{label, label}));
}

TEST(BarClock, agrees_with_the_pure_function_on_labels_in_any_order) {
    const Instrument share = with(CalendarKind::us_equity);
    const BarSpec spec = time_bars(minutes(7));
    BarClock clock{share.calendar, spec};
    for (const int direction : {1, -1}) {
        Timestamp label = at("2013-11-28T05:00:00Z");
        for (int i = 0; i < 1000; ++i) {
            ASSERT_EQ(clock.at(label), bar_times(share, spec, label)) << to_string(label);
            label = label + minutes(7) * direction;
        }
    }
}

}  // namespace
}  // namespace tradewind
