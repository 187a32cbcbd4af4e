// SPDX-License-Identifier: Apache-2.0
#include "market/bar_aggregator.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace tradewind::market {
namespace {

constexpr InstrumentId kId{0};

Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }
Price price(std::string_view text) { return parse_price(text).value(); }

Instrument with(CalendarKind calendar) {
    Instrument out;
    out.id = kId;
    out.calendar = calendar;
    return out;
}

Trade trade(std::string_view paid, std::int64_t units = 1) {
    return {.instrument = kId, .price = price(paid), .size = whole_qty(units)};
}

Bar bar(Timestamp open, Duration step, std::int64_t level) {
    return {.instrument = kId,
            .spec = time_bars(step),
            .open_ts = open,
            .open = {level},
            .high = {level + 2},
            .low = {level - 2},
            .close = {level + 1},
            .volume = whole_qty(1)};
}

void append(std::vector<ClosedBar>& out, const ClosedBars& closed) {
    out.insert(out.end(), closed.begin(), closed.end());
}

// --- spans
// -----------------------------------------------------------------------------------------------

struct SpanCase {
    CalendarKind calendar;
    Duration step;
    const char* trade_at;
    const char* open;
    const char* close;
    BarAlignment alignment = BarAlignment::session;
};

constexpr auto kEquity = CalendarKind::us_equity;
constexpr auto kFx = CalendarKind::fx_week;
constexpr auto kAlways = CalendarKind::always_open;

// Sessions by the exchange's published hours; 2013-11-29 is a half day, 2013-11-03 ends daylight
// time.
constexpr SpanCase kSpans[] = {
    {kEquity, minutes(1), "2013-10-07T13:30:59Z", "2013-10-07T13:30:00Z", "2013-10-07T13:31:00Z"},
    {kEquity, hours(1), "2013-10-07T13:30:00Z", "2013-10-07T13:30:00Z", "2013-10-07T14:30:00Z"},
    {kEquity, hours(1), "2013-10-07T19:59:59Z", "2013-10-07T19:30:00Z", "2013-10-07T20:00:00Z"},
    {kEquity, hours(1), "2013-11-29T17:45:00Z", "2013-11-29T17:30:00Z", "2013-11-29T18:00:00Z"},
    {kEquity, hours(4), "2013-10-07T18:00:00Z", "2013-10-07T17:30:00Z", "2013-10-07T20:00:00Z"},
    {kEquity, hours(1), "2013-10-07T13:45:00Z", "2013-10-07T13:30:00Z", "2013-10-07T14:00:00Z",
     BarAlignment::wall_clock},
    {kEquity, hours(1), "2013-10-07T14:45:00Z", "2013-10-07T14:00:00Z", "2013-10-07T15:00:00Z",
     BarAlignment::wall_clock},
    {kEquity, days(1), "2013-10-07T14:45:00Z", "2013-10-07T13:30:00Z", "2013-10-07T20:00:00Z"},
    {kEquity, days(1), "2013-11-04T15:00:00Z", "2013-11-04T14:30:00Z", "2013-11-04T21:00:00Z"},
    {kEquity, days(1), "2013-11-29T15:00:00Z", "2013-11-29T14:30:00Z", "2013-11-29T18:00:00Z"},
    {kEquity, days(7), "2013-11-27T15:00:00Z", "2013-11-25T14:30:00Z", "2013-11-29T18:00:00Z"},
    {kEquity, days(7), "2013-09-03T15:00:00Z", "2013-09-03T13:30:00Z", "2013-09-06T20:00:00Z"},
    {kAlways, hours(4), "2024-08-05T07:00:00Z", "2024-08-05T04:00:00Z", "2024-08-05T08:00:00Z"},
    {kAlways, minutes(7), "2024-08-05T23:59:00Z", "2024-08-05T23:55:00Z", "2024-08-06T00:00:00Z"},
    {kAlways, days(1), "2024-08-05T23:59:59Z", "2024-08-05T00:00:00Z", "2024-08-06T00:00:00Z"},
    {kAlways, days(7), "2024-08-11T23:59:59Z", "2024-08-05T00:00:00Z", "2024-08-12T00:00:00Z"},
    {kFx, hours(4), "2014-05-05T21:30:00Z", "2014-05-05T20:00:00Z", "2014-05-06T00:00:00Z"},
    {kFx, hours(4), "2014-05-09T20:30:00Z", "2014-05-09T20:00:00Z", "2014-05-09T21:00:00Z"},
    {kFx, days(1), "2014-05-05T20:59:59Z", "2014-05-04T21:00:00Z", "2014-05-05T21:00:00Z"},
    {kFx, days(1), "2014-05-05T21:00:00Z", "2014-05-05T21:00:00Z", "2014-05-06T21:00:00Z"},
    {kFx, days(7), "2014-05-07T00:00:00Z", "2014-05-04T21:00:00Z", "2014-05-09T21:00:00Z"},
};

TEST(TimeBars, follow_the_session) {
    for (const SpanCase& c : kSpans) {
        BarAggregator bars(with(c.calendar), time_bars(c.step), c.alignment);
        EXPECT_TRUE(bars.on_trade(at(c.trade_at), trade("10")).empty());
        EXPECT_EQ(bars.closes_at(), at(c.close)) << c.trade_at;
        EXPECT_FALSE(bars.advance(at(c.close) - nanoseconds(1)).has_value());
        const auto closed = bars.advance(at(c.close));
        ASSERT_TRUE(closed.has_value()) << c.trade_at;
        EXPECT_EQ(closed->ts, at(c.close));
        EXPECT_EQ(closed->bar.open_ts, at(c.open)) << c.trade_at << to_string(closed->bar.open_ts);
    }
}

TEST(TimeBars, hold_first_highest_lowest_and_last) {
    BarAggregator bars(with(kAlways), time_bars(minutes(1)));
    const Timestamp t = at("2024-08-05T00:00:00Z");
    for (const char* paid : {"10", "12", "9", "11"}) {
        EXPECT_TRUE(bars.on_trade(t, trade(paid, 5)).empty());
    }
    const auto closed = bars.on_trade(t + minutes(1), trade("20", 3));
    ASSERT_EQ(closed.size(), 1U);
    const Bar& out = closed.begin()->bar;
    EXPECT_EQ(closed.begin()->ts, t + minutes(1));
    EXPECT_EQ(out.open, price("10"));
    EXPECT_EQ(out.high, price("12"));
    EXPECT_EQ(out.low, price("9"));
    EXPECT_EQ(out.close, price("11"));
    EXPECT_EQ(out.volume, whole_qty(20));
    EXPECT_EQ(bars.open_bar()->open, price("20"));
}

TEST(TimeBars, give_nothing_for_spans_without_data) {
    BarAggregator bars(with(kAlways), time_bars(minutes(1)));
    const Timestamp t = at("2024-08-05T00:00:00Z");
    EXPECT_FALSE(bars.advance(t).has_value());
    static_cast<void>(bars.on_trade(t, trade("10")));
    EXPECT_EQ(bars.on_trade(t + hours(5), trade("11")).size(), 1U);
    EXPECT_TRUE(bars.advance(t + hours(6)).has_value());
    EXPECT_FALSE(bars.advance(t + hours(7)).has_value());
}

TEST(TimeBars, leave_out_what_lies_outside_the_session) {
    BarAggregator bars(with(kEquity), time_bars(minutes(5)));
    for (const char* outside : {"2013-10-07T13:29:59Z", "2013-10-07T20:00:00Z",
                                "2013-10-06T15:00:00Z", "2013-11-28T15:00:00Z"}) {
        EXPECT_TRUE(bars.on_trade(at(outside), trade("10")).empty());
    }
    EXPECT_EQ(bars.outside_session(), 4U);
    EXPECT_EQ(bars.open_bar(), nullptr);
}

TEST(TimeBars, close_with_the_last_smaller_bar) {
    BarAggregator bars(with(kAlways), time_bars(minutes(5)));
    const Timestamp t = at("2024-08-05T00:00:00Z");
    std::vector<ClosedBar> closed;
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(closed.empty());
        append(closed, bars.on_bar(t + minutes(i + 1), bar(t + minutes(i), minutes(1), i)));
    }
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed[0].ts, t + minutes(5));
    EXPECT_EQ(closed[0].bar.open_ts, t);
    EXPECT_EQ(closed[0].bar.high, Price{6});
    EXPECT_EQ(closed[0].bar.low, Price{-2});
}

TEST(TimeBars, close_the_old_span_and_the_new_one_in_order) {
    BarAggregator bars(with(kAlways), time_bars(minutes(5)));
    const Timestamp t = at("2024-08-05T00:00:00Z");
    static_cast<void>(bars.on_bar(t + minutes(1), bar(t, minutes(1), 1)));
    std::vector<ClosedBar> closed;
    append(closed, bars.on_bar(t + minutes(10), bar(t + minutes(9), minutes(1), 2)));
    ASSERT_EQ(closed.size(), 2U);
    EXPECT_EQ(closed[0].ts, t + minutes(5));
    EXPECT_EQ(closed[1].ts, t + minutes(10));
}

TEST(TimeBars, wait_at_their_end_for_the_smaller_bar_of_that_time) {
    BarAggregator bars(with(kAlways), time_bars(minutes(5)));
    const Timestamp t = at("2024-08-05T00:00:00Z");
    static_cast<void>(bars.on_bar(t + minutes(1), bar(t, minutes(1), 1)));
    EXPECT_FALSE(bars.advance(t + minutes(5)).has_value());
    EXPECT_EQ(bars.on_bar(t + minutes(5), bar(t + minutes(4), minutes(1), 2)).size(), 1U);
    static_cast<void>(bars.on_bar(t + minutes(6), bar(t + minutes(5), minutes(1), 3)));
    EXPECT_TRUE(bars.advance(t + minutes(10) + nanoseconds(1)).has_value());
}

TEST(QuoteBars, come_from_their_side) {
    const Quote quote{
        .instrument = kId, .bid = price("10"), .ask = price("11"), .bid_size = {}, .ask_size = {}};
    const Timestamp t = at("2024-08-05T00:00:00Z");
    const std::map<PriceSource, const char*> expected{
        {PriceSource::bid, "10"}, {PriceSource::ask, "11"}, {PriceSource::mid, "10.5"}};
    for (const auto& [source, value] : expected) {
        BarAggregator bars(with(kAlways), time_bars(minutes(1), source));
        static_cast<void>(bars.on_quote(t, quote));
        static_cast<void>(bars.on_trade(t, trade("99")));
        EXPECT_EQ(bars.flush()->bar.close, price(value));
    }
    BarAggregator last(with(kAlways), time_bars(minutes(1)));
    static_cast<void>(last.on_quote(t, quote));
    EXPECT_FALSE(last.flush().has_value());
}

// --- counted bars
// ------------------------------------------------------------------------------------------

TEST(TickBars, close_with_their_last_trade) {
    BarAggregator bars(with(kAlways), {.unit = BarUnit::tick, .step = 3});
    const Timestamp t = at("2024-08-05T00:00:00Z");
    EXPECT_TRUE(bars.on_trade(t, trade("10")).empty());
    EXPECT_TRUE(bars.on_trade(t + seconds(1), trade("11")).empty());
    const auto closed = bars.on_trade(t + seconds(2), trade("12"));
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed.begin()->ts, t + seconds(2));
    EXPECT_EQ(closed.begin()->bar.open_ts, t);
    EXPECT_FALSE(bars.advance(t + days(9)).has_value());
}

TEST(VolumeBars, keep_the_trade_that_overfills_them_whole) {
    BarAggregator bars(with(kAlways), {.unit = BarUnit::volume, .step = whole_qty(100).raw});
    const Timestamp t = at("2024-08-05T00:00:00Z");
    EXPECT_TRUE(bars.on_trade(t, trade("10", 60)).empty());
    const auto closed = bars.on_trade(t, trade("11", 250));
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed.begin()->bar.volume, whole_qty(310));
    EXPECT_TRUE(bars.on_trade(t, trade("11", 99)).empty());
}

TEST(ValueBars, count_price_times_size) {
    BarAggregator bars(with(kAlways), {.unit = BarUnit::value, .step = whole_qty(1000).raw});
    const Timestamp t = at("2024-08-05T00:00:00Z");
    EXPECT_TRUE(bars.on_trade(t, trade("10", 99)).empty());
    EXPECT_EQ(bars.on_trade(t, trade("10", 1)).size(), 1U);
}

RC_GTEST_PROP(CountedBars, hold_every_trade_once, ()) {
    const auto unit = *rc::gen::element(BarUnit::tick, BarUnit::volume, BarUnit::value);
    BarAggregator bars(with(kAlways),
                       {.unit = unit, .step = *rc::gen::inRange<std::int64_t>(1, 50'000'000'000)});
    std::int64_t in = 0, out = 0;
    const int trades = *rc::gen::inRange(1, 100);
    for (int i = 0; i < trades; ++i) {
        Trade next = trade("10");
        next.size = {*rc::gen::inRange<std::int64_t>(1, 9'000'000'000)};
        in += next.size.raw;
        for (const ClosedBar& closed : bars.on_trade(Timestamp{i}, next)) {
            out += closed.bar.volume.raw;
        }
    }
    if (const auto rest = bars.flush()) out += rest->bar.volume.raw;
    RC_ASSERT(in == out);
}

RC_GTEST_PROP(TimeBars, made_through_smaller_ones_are_those_made_at_once, ()) {
    const auto calendar = *rc::gen::element(kEquity, kFx, kAlways);
    const Instrument instrument = with(calendar);
    BarAggregator small(instrument, time_bars(minutes(1)));
    BarAggregator via(instrument, time_bars(minutes(15))), once(instrument, time_bars(minutes(15)));
    std::vector<ClosedBar> two_steps, one_step;
    Timestamp t = at("2013-11-27T19:00:00Z");
    const int trades = *rc::gen::inRange(1, 200);
    for (int i = 0; i < trades; ++i) {
        t = t + seconds(*rc::gen::inRange<std::int64_t>(0, 2000));
        Trade next = trade("10", *rc::gen::inRange<std::int64_t>(1, 9));
        next.price = {*rc::gen::inRange<std::int64_t>(1, 1000)};
        append(one_step, once.on_trade(t, next));
        for (const ClosedBar& minute : small.on_trade(t, next)) {
            append(two_steps, via.on_bar(minute.ts, minute.bar));
        }
    }
    if (const auto last = once.flush()) one_step.push_back(*last);
    if (const auto minute = small.flush()) append(two_steps, via.on_bar(minute->ts, minute->bar));
    if (const auto last = via.flush()) two_steps.push_back(*last);
    RC_ASSERT(two_steps.size() == one_step.size());
    RC_ASSERT((two_steps == one_step));
}

// --- against pandas
// ----------------------------------------------------------------------------------------

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> out(1);
    for (const char c : line) {
        if (c == ',') {
            out.emplace_back();
        } else if (c != '\n' && c != '\r') {
            out.back().push_back(c);
        }
    }
    return out;
}

// tests/reference/books_reference.py: DataFrame.resample(...).ohlc() of pandas, over the same
// ticks.
TEST(TimeBars, equal_pandas_resample) {
    std::ifstream file("tests/reference/bars.csv");
    ASSERT_TRUE(file.is_open()) << "run from the root of the repository";
    std::vector<std::pair<Timestamp, Trade>> ticks;
    std::map<std::string, std::vector<Bar>> expected;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        const auto f = fields_of(line);
        if (f[0] == "trade") {
            Trade next = trade("1");
            next.price = {std::stoll(f[2])};
            next.size = {std::stoll(f[6])};
            ticks.emplace_back(Timestamp{std::stoll(f[1])}, next);
        } else {
            expected[f[0]].push_back({.instrument = kId,
                                      .spec = {},
                                      .open_ts = {std::stoll(f[1])},
                                      .open = {std::stoll(f[2])},
                                      .high = {std::stoll(f[3])},
                                      .low = {std::stoll(f[4])},
                                      .close = {std::stoll(f[5])},
                                      .volume = {std::stoll(f[6])}});
        }
    }
    const std::map<std::string, Duration> steps{{"1min", minutes(1)},   {"5min", minutes(5)},
                                                {"15min", minutes(15)}, {"1h", hours(1)},
                                                {"4h", hours(4)},       {"1D", days(1)}};
    ASSERT_EQ(expected.size(), steps.size());
    for (const auto& [name, step] : steps) {
        BarAggregator bars(with(kAlways), time_bars(step));
        std::vector<ClosedBar> closed;
        for (const auto& [ts, next] : ticks) append(closed, bars.on_trade(ts, next));
        closed.push_back(bars.flush().value());
        ASSERT_EQ(closed.size(), expected[name].size()) << name;
        for (std::size_t i = 0; i < closed.size(); ++i) {
            Bar reference = expected[name][i];
            reference.spec = time_bars(step);
            ASSERT_EQ(closed[i].bar, reference) << name << " " << i;
        }
    }
}

// tests/reference/information_bars_reference.py: the definitions, trade by trade, in Python.
TEST(InformationBars, equal_their_definitions_computed_in_python) {
    std::ifstream file("tests/reference/information_bars.csv");
    ASSERT_TRUE(file.is_open()) << "run from the root of the repository";
    std::vector<std::pair<Timestamp, Trade>> trades;
    std::map<std::string, std::vector<ClosedBar>> expected;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        const auto f = fields_of(line);
        if (f[0] == "trade") {
            Trade next = trade("1");
            next.price = {std::stoll(f[3])};
            next.size = {std::stoll(f[7])};
            next.aggressor = f[2].empty()    ? Aggressor::unknown
                             : f[2] == "buy" ? Aggressor::buyer
                                             : Aggressor::seller;
            trades.emplace_back(Timestamp{std::stoll(f[1])}, next);
            continue;
        }
        expected[f[0]].push_back({.ts = {std::stoll(f[1])},
                                  .bar = {.instrument = kId,
                                          .spec = parse_bar_spec(f[0]).value(),
                                          .open_ts = {std::stoll(f[2])},
                                          .open = {std::stoll(f[3])},
                                          .high = {std::stoll(f[4])},
                                          .low = {std::stoll(f[5])},
                                          .close = {std::stoll(f[6])},
                                          .volume = {std::stoll(f[7])}}});
    }
    ASSERT_EQ(expected.size(), 15U);
    for (const auto& [name, reference] : expected) {
        BarAggregator bars(with(kAlways), parse_bar_spec(name).value());
        std::vector<ClosedBar> closed;
        for (const auto& [ts, next] : trades) append(closed, bars.on_trade(ts, next));
        ASSERT_GT(reference.size(), 5U) << name;
        ASSERT_EQ(closed.size(), reference.size()) << name;
        for (std::size_t i = 0; i < closed.size(); ++i) {
            ASSERT_EQ(closed[i], reference[i]) << name << " " << i;
        }
    }
}

constexpr std::array kInformationUnits{BarUnit::tick_imbalance,  BarUnit::volume_imbalance,
                                       BarUnit::value_imbalance, BarUnit::tick_run,
                                       BarUnit::volume_run,      BarUnit::value_run};

RC_GTEST_PROP(InformationBars, hold_every_trade_once_and_are_bars, ()) {
    auto units = std::vector<BarUnit>{kInformationUnits.begin(), kInformationUnits.end()};
    units.insert(units.end(), {BarUnit::renko, BarUnit::range});
    const BarUnit unit = *rc::gen::elementOf(units);
    BarAggregator bars(with(kAlways),
                       {.unit = unit, .step = *rc::gen::inRange<std::int64_t>(1, 30)});
    std::int64_t in = 0, out = 0;
    std::optional<Price> last_close;
    const int trades = *rc::gen::inRange(1, 300);
    for (int i = 0; i < trades; ++i) {
        Trade next = trade("10");
        next.price.raw += *rc::gen::inRange<std::int64_t>(-40, 40);
        next.size = {*rc::gen::inRange<std::int64_t>(0, 9'000'000'000)};
        in += next.size.raw;
        for (const ClosedBar& closed : bars.on_trade(Timestamp{i}, next)) {
            const Bar& bar = closed.bar;
            out += bar.volume.raw;
            RC_ASSERT(bar.low <= std::min(bar.open, bar.close));
            RC_ASSERT(bar.high >= std::max(bar.open, bar.close));
            RC_ASSERT(bar.open_ts <= closed.ts);
            if (unit == BarUnit::range) RC_ASSERT((bar.high - bar.low).raw >= bars.spec().step);
            if (unit != BarUnit::renko) continue;
            RC_ASSERT((bar.close - bar.open).raw % bars.spec().step == 0);
            RC_ASSERT(bar.close != bar.open);
            // a brick begins at the one before it: at its end, or a turn at its other side
            if (last_close) {
                const std::int64_t apart = std::abs((bar.open - *last_close).raw);
                RC_ASSERT(apart == 0 || apart == bars.spec().step);
            }
            last_close = bar.close;
        }
    }
    if (const auto rest = bars.flush()) out += rest->bar.volume.raw;
    RC_ASSERT(in == out);
}

TEST(InformationBars, come_sooner_where_one_side_pushes) {
    for (const BarUnit unit : kInformationUnits) {
        BarAggregator bars(with(kAlways), {.unit = unit, .step = 50});
        std::size_t balanced = 0, pushed = 0;
        const auto feed = [&](int count, auto is_buy) {
            std::size_t closed = 0;
            for (int i = 0; i < count; ++i) {
                Trade next = trade("10");
                next.aggressor = is_buy(i) ? Aggressor::buyer : Aggressor::seller;
                closed += bars.on_trade(Timestamp{i}, next).size();
            }
            return closed;
        };
        feed(500, [](int i) { return i % 4 < 2; });  // expectations settle
        balanced = feed(1000, [](int i) { return i % 4 < 2; });
        pushed = feed(1000, [](int) { return true; });
        EXPECT_GT(pushed, balanced) << to_string(bars.spec());
    }
}

TEST(RenkoBars, turn_after_two_bricks_and_take_a_gap_for_one_bar) {
    BarAggregator bars(with(kAlways), {.unit = BarUnit::renko, .step = price("1").raw});
    const Timestamp t = at("2024-08-05T00:00:00Z");
    std::vector<ClosedBar> closed;
    for (const char* paid : {"10", "10.9", "11", "10.2", "9.5", "9", "14.5"}) {
        append(closed, bars.on_trade(t, trade(paid)));
    }
    ASSERT_EQ(closed.size(), 3U);
    const auto ends = [&](std::size_t i) {
        return std::pair{closed[i].bar.open, closed[i].bar.close};
    };
    EXPECT_EQ(ends(0), (std::pair{price("10"), price("11")}));
    EXPECT_EQ(ends(1), (std::pair{price("10"), price("9")}));
    EXPECT_EQ(ends(2), (std::pair{price("10"), price("14")}));
    EXPECT_EQ(closed[1].bar.high, price("10.2"));
}

TEST(BarNames, are_read_as_they_are_written) {
    for (const char* name :
         {"1d", "100-ticks", "1000-volume", "0.5-value", "500-tick-imbalance",
          "500-volume-imbalance", "500-value-imbalance", "500-tick-run", "500-volume-run",
          "500-value-run", "0.5-renko", "2-range", "2-range/mid"}) {
        const auto spec = parse_bar_spec(name);
        ASSERT_TRUE(spec.has_value()) << name;
        EXPECT_EQ(to_string(*spec), name);
    }
    for (const char* name : {"0.5-ticks", "1.5-tick-run", "5-time", "-1-renko", "0-range",
                             "5-bricks", "renko", "5-"}) {
        EXPECT_FALSE(parse_bar_spec(name).has_value()) << name;
    }
}

// --- against real data
// -------------------------------------------------------------------------------------

/// A file of real market data; empty where the data is not at hand.
std::vector<Bar> bars_of(const std::string& name, Duration step) {
    const char* given = std::getenv("TRADEWIND_DATA");
    const std::filesystem::path path =
        std::filesystem::path(given != nullptr ? given : "../shared/data") / name;
    std::vector<Bar> out;
    if (!std::filesystem::exists(path)) return out;
    std::FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
    std::array<char, 4096> buffer{};
    bool header = true;
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
        if (std::exchange(header, false)) continue;
        const auto f = fields_of(buffer.data());
        out.push_back({.instrument = kId,
                       .spec = time_bars(step),
                       .open_ts = {std::stoll(f[0])},
                       .open = price(f[1]),
                       .high = price(f[2]),
                       .low = price(f[3]),
                       .close = price(f[4]),
                       .volume = f[5].empty() ? Qty{} : parse_qty(f[5]).value()});
    }
    pclose(pipe);
    return out;
}

std::vector<Bar> aggregated(const std::vector<Bar>& from, BarAggregator bars, Duration from_step) {
    std::vector<Bar> out;
    for (const Bar& next : from) {
        for (const ClosedBar& closed : bars.on_bar(next.open_ts + from_step, next)) {
            out.push_back(closed.bar);
        }
    }
    if (const auto last = bars.flush()) out.push_back(last->bar);
    return out;
}

TEST(TimeBars, make_binances_days_from_its_hours) {
    const auto hour = bars_of("crypto/hour/BTCUSDT.binance.csv.gz", hours(1));
    const auto day = bars_of("crypto/daily/BTCUSDT.binance.csv.gz", days(1));
    if (hour.empty() || day.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    const auto ours = aggregated(hour, BarAggregator(with(kAlways), time_bars(days(1))), hours(1));
    std::map<Timestamp, Bar> by_day;
    for (const Bar& made : ours) by_day[made.open_ts] = made;
    std::size_t equal = 0;
    for (const Bar& given : day) {
        const auto made = by_day.find(given.open_ts);
        ASSERT_NE(made, by_day.end()) << to_string(given.open_ts);
        EXPECT_EQ(made->second.open, given.open) << to_string(given.open_ts);
        EXPECT_EQ(made->second.high, given.high) << to_string(given.open_ts);
        EXPECT_EQ(made->second.low, given.low) << to_string(given.open_ts);
        EXPECT_EQ(made->second.close, given.close) << to_string(given.open_ts);
        EXPECT_EQ(made->second.volume, given.volume) << to_string(given.open_ts);
        ++equal;
    }
    EXPECT_EQ(equal, 690U);
}

/// The bars of SPY in the six sessions that its minute file holds.
std::vector<Bar> in_october_2013(const std::vector<Bar>& all) {
    std::vector<Bar> out;
    for (const Bar& next : all) {
        if (next.open_ts >= at("2013-10-04") && next.open_ts < at("2013-10-12"))
            out.push_back(next);
    }
    return out;
}

// The vendor's hours come from other prints, so prices differ by a cent here and there; equal
// volume says that the spans hold the same minutes. Its label of the first hour is 09:00, ours is
// the open.
TEST(TimeBars, make_spys_hours_from_its_minutes) {
    const auto minute = bars_of("equities/minute_raw/SPY.csv.gz", minutes(1));
    const auto hour = in_october_2013(bars_of("equities/hour_raw/SPY.csv.gz", hours(1)));
    if (minute.empty() || hour.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    const auto ours = aggregated(
        minute, BarAggregator(with(kEquity), time_bars(hours(1)), BarAlignment::wall_clock),
        minutes(1));
    ASSERT_EQ(ours.size(), 42U);
    ASSERT_EQ(hour.size(), 42U);
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const Duration quirk = i % 7 == 0 ? minutes(30) : Duration{};
        EXPECT_EQ(ours[i].open_ts, hour[i].open_ts + quirk);
        EXPECT_EQ(ours[i].volume, hour[i].volume) << to_string(ours[i].open_ts);
    }
}

TEST(TimeBars, make_spys_days_from_its_minutes) {
    const auto minute = bars_of("equities/minute_raw/SPY.csv.gz", minutes(1));
    const auto day = in_october_2013(bars_of("equities/daily_raw/SPY.csv.gz", days(1)));
    if (minute.empty() || day.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    const auto ours =
        aggregated(minute, BarAggregator(with(kEquity), time_bars(days(1))), minutes(1));
    ASSERT_EQ(ours.size(), 6U);
    ASSERT_EQ(day.size(), 6U);
    for (std::size_t i = 0; i < ours.size(); ++i) {
        EXPECT_EQ(utc_date(ours[i].open_ts), utc_date(day[i].open_ts));
        EXPECT_EQ(ours[i].open, day[i].open);
        EXPECT_EQ(ours[i].high, day[i].high);
        EXPECT_LE((day[i].low - ours[i].low).raw, 10'000'000);  // 165.36 and 165.37 on 2013-10-08
        EXPECT_EQ(ours[i].close, day[i].close);
        EXPECT_EQ(ours[i].volume, day[i].volume);
    }
}

TEST(TimeBars, are_the_same_through_five_minutes) {
    const auto minute = bars_of("equities/minute_raw/SPY.csv.gz", minutes(1));
    if (minute.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    const Instrument spy = with(kEquity);
    const auto five = aggregated(minute, BarAggregator(spy, time_bars(minutes(5))), minutes(1));
    const auto hour = aggregated(minute, BarAggregator(spy, time_bars(hours(1))), minutes(1));
    EXPECT_EQ(five.size(), 6U * 78U);
    EXPECT_EQ(hour.size(), 6U * 7U);
    EXPECT_EQ(aggregated(five, BarAggregator(spy, time_bars(hours(1))), minutes(5)), hour);
}

}  // namespace
}  // namespace tradewind::market
