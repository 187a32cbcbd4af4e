// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "base/random.hpp"
#include "market/bar_quality.hpp"
#include "market/tick_quality.hpp"

namespace tradewind::market {
namespace {

const Instrument kShare = default_instrument("AAPL.NASDAQ").value();
const Instrument kPair = default_instrument("EURUSD.FX").value();
const Instrument kCoin = default_instrument("BTCUSDT.BINANCE").value();

/// Bars of one's own, by column.
struct Bars {
    std::vector<std::int64_t> ts, open, high, low, close, volume;

    void add(Timestamp at, double o, double h, double l, double c, double v = 1000) {
        const auto raw = [](double price) { return std::llround(price * 1e9); };
        ts.push_back(at.ns);
        open.push_back(raw(o));
        high.push_back(raw(h));
        low.push_back(raw(l));
        close.push_back(raw(c));
        volume.push_back(raw(v));
    }
    [[nodiscard]] BarRows rows(std::size_t from, std::size_t to) const {
        const auto part = [&](const std::vector<std::int64_t>& all) {
            return std::span{all}.subspan(from, to - from);
        };
        return {part(ts), part(open), part(high), part(low), part(close), part(volume)};
    }
    [[nodiscard]] std::size_t size() const { return ts.size(); }
};

/// A quiet market: each bar opens at the close before, moves by up to 0.4 %, wicks of up to 0.3 %.
void add_quiet(Bars& bars, base::Random& random, Timestamp at, double& price,
               double volume = 1000) {
    const double open = price;
    price *= 1.0 + 0.008 * (random.uniform() - 0.5);
    const double top = std::max(open, price), bottom = std::min(open, price);
    bars.add(at, open, top * (1.0 + 0.003 * random.uniform()),
             bottom * (1.0 - 0.003 * random.uniform()), price, volume * (0.5 + random.uniform()));
}

/// The sessions from 2014-01-02 on.
Bars quiet_days(int count, double price = 100.0) {
    Bars out;
    base::Random random{7};
    Date date = parse_date("2014-01-02").value();
    while (out.size() < static_cast<std::size_t>(count)) {
        if (session_on(CalendarKind::us_equity, date)) {
            add_quiet(out, random, start_of(date), price);
        }
        ++date;
    }
    return out;
}

Bars quiet_hours(int count, Timestamp at, double price = 100.0) {
    Bars out;
    base::Random random{11};
    for (int i = 0; i < count; ++i) add_quiet(out, random, at + hours(i), price);
    return out;
}

std::vector<Finding> in_order(std::vector<Finding> found) {
    std::sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.row, a.rule, a.detail) < std::tie(b.row, b.rule, b.detail);
    });
    return found;
}

struct Asked {
    const Instrument* instrument = &kShare;
    Duration step = days(1);
    std::vector<std::int64_t> splits{};
    std::size_t portion = 1'000'000;
};

std::vector<Finding> check(const Bars& bars, const Asked& asked = {}) {
    std::vector<Finding> found;
    BarChecker checker(
        {.instrument = asked.instrument, .spec = time_bars(asked.step), .splits = asked.splits}, {},
        [&](Finding one) { found.push_back(std::move(one)); });
    for (std::size_t at = 0; at < bars.size(); at += asked.portion) {
        checker.feed(bars.rows(at, std::min(bars.size(), at + asked.portion)));
    }
    checker.finish();
    EXPECT_EQ(checker.rows(), bars.size());
    return in_order(std::move(found));
}

/// The rules that spoke, with their rows.
std::vector<std::pair<QualityRule, std::uint64_t>> rules(const std::vector<Finding>& found) {
    std::vector<std::pair<QualityRule, std::uint64_t>> out;
    for (const Finding& one : found) out.emplace_back(one.rule, one.row);
    return out;
}
using Rules = std::vector<std::pair<QualityRule, std::uint64_t>>;

TEST(BarQuality, says_nothing_of_a_quiet_market) {
    EXPECT_EQ(rules(check(quiet_days(300))), Rules{});
    EXPECT_EQ(rules(check(quiet_hours(500, parse_timestamp("2020-01-01").value()),
                          {.instrument = &kCoin, .step = hours(1)})),
              Rules{});
}

TEST(BarQuality, finds_a_wick_that_nothing_around_it_knows_and_mends_it_from_the_body) {
    Bars bars = quiet_days(100);
    bars.low[50] /= 10;
    const auto found = check(bars);
    ASSERT_EQ(rules(found), (Rules{{QualityRule::spike, 50}}));
    EXPECT_EQ(found[0].severity, Severity::error);
    EXPECT_EQ(found[0].repair,
              (Repair{Repair::Kind::set, BarRows::kLow, std::min(bars.open[50], bars.close[50])}));
}

TEST(BarQuality, takes_a_wick_on_twice_the_volume_for_real_and_a_decimal_slip_never) {
    Bars bars = quiet_days(100);
    bars.low[50] = bars.low[50] * 8 / 10;  // a flash crash
    bars.volume[50] *= 5;
    bars.low[70] /= 10;
    bars.volume[70] *= 5;
    const auto found = check(bars);
    ASSERT_EQ(rules(found), (Rules{{QualityRule::extreme, 50}, {QualityRule::spike, 70}}));
    EXPECT_EQ(found[0].repair, std::nullopt);
}

TEST(BarQuality, finds_one_close_that_left_and_came_back_but_no_crash_that_stays) {
    Bars spiked = quiet_days(100);
    spiked.close[50] = spiked.close[50] * 7 / 10;
    spiked.low[50] = spiked.close[50];
    ASSERT_EQ(rules(check(spiked)), (Rules{{QualityRule::spike, 50}}));

    Bars crashed = quiet_days(100);
    for (std::size_t i = 50; i < 100; ++i) {
        for (auto* column : {&crashed.open, &crashed.high, &crashed.low, &crashed.close}) {
            (*column)[i] = (*column)[i] * 7 / 10;
        }
    }
    ASSERT_EQ(rules(check(crashed)), (Rules{{QualityRule::level_break, 50}}));
    EXPECT_EQ(check(crashed)[0].repair, std::nullopt);
}

Bars with_split(double ratio, double volume_factor) {
    Bars bars = quiet_days(100);
    for (std::size_t i = 60; i < 100; ++i) {
        for (auto* column : {&bars.open, &bars.high, &bars.low, &bars.close}) {
            (*column)[i] = std::llround(static_cast<double>((*column)[i]) / ratio);
        }
        bars.volume[i] = std::llround(static_cast<double>(bars.volume[i]) * volume_factor);
    }
    return bars;
}

TEST(BarQuality, suspects_a_split_where_a_jump_stays_and_the_money_does_not_change) {
    ASSERT_EQ(rules(check(with_split(7.0, 7.0))), (Rules{{QualityRule::split, 60}}));
    ASSERT_EQ(rules(check(with_split(0.05, 0.05))), (Rules{{QualityRule::split, 60}}));
    EXPECT_NE(check(with_split(7.0, 7.0))[0].detail.find("nearest 7:1"), std::string::npos);
}

TEST(BarQuality, says_nothing_of_a_split_that_the_catalog_knows) {
    const Bars bars = with_split(2.0, 2.0);
    EXPECT_EQ(rules(check(bars, {.splits = {bars.ts[60]}})), Rules{});
    EXPECT_EQ(rules(check(bars, {.splits = {bars.ts[40]}})), (Rules{{QualityRule::split, 60}}));
}

TEST(BarQuality, takes_a_halving_on_a_flood_of_volume_for_a_crash) {
    EXPECT_EQ(rules(check(with_split(2.0, 30.0))), (Rules{{QualityRule::level_break, 60}}));
}

TEST(BarQuality, names_a_peg_that_broke_and_leaves_it) {
    Bars bars;
    base::Random random{3};
    Timestamp at = parse_timestamp("2014-10-01T21:00:00Z").value();
    double price = 1.20;
    for (int i = 0; i < 80; ++i) {
        if (i == 60) price = 0.99;
        const double move = price * 0.0005 * random.uniform();
        bars.add(at, price, price + 2 * move, price - move, price + move);
        at = at + days(std::chrono::weekday{utc_date(at)} == std::chrono::Thursday ? 3 : 1);
    }
    const auto found = check(bars, {.instrument = &kPair});
    ASSERT_EQ(rules(found), (Rules{{QualityRule::level_break, 60}}));
    EXPECT_NE(found[0].detail.find("peg"), std::string::npos);
}

TEST(BarQuality, tells_another_company_from_a_gap) {
    Bars gap = quiet_days(100), other = quiet_days(100);
    for (std::size_t i = 50; i < 100; ++i) {
        gap.ts[i] += days(84).ns;
        other.ts[i] += days(84).ns;
        for (auto* column : {&other.open, &other.high, &other.low, &other.close}) {
            (*column)[i] *= 30;
        }
    }
    EXPECT_EQ(rules(check(gap))[0], (std::pair{QualityRule::gap, std::uint64_t{50}}));
    const auto found = rules(check(other));
    EXPECT_EQ(std::count(found.begin(), found.end(),
                         std::pair{QualityRule::ticker_reuse, std::uint64_t{50}}),
              1);
}

TEST(BarQuality, finds_what_a_row_alone_cannot_be) {
    Bars bars = quiet_days(60);
    std::swap(bars.high[10], bars.low[10]);
    bars.open[20] = bars.high[20] + 1;
    bars.low[30] = -1;
    bars.volume[40] = -1;
    const auto found = check(bars);
    EXPECT_EQ(rules(found), (Rules{{QualityRule::ohlc, 10},
                                   {QualityRule::ohlc, 20},
                                   {QualityRule::negative_price, 30},
                                   {QualityRule::ohlc, 40}}));
}

TEST(BarQuality, lets_a_future_trade_below_nothing) {
    Instrument oil = default_instrument("CLK0.CME").value();
    Bars bars = quiet_days(40);
    bars.low[30] = -37'000'000'000;
    bars.close[30] = -37'000'000'000;
    const auto found = check(bars, {.instrument = &oil});
    const auto below = std::find_if(found.begin(), found.end(), [](const Finding& one) {
        return one.rule == QualityRule::negative_price;
    });
    ASSERT_NE(below, found.end());
    EXPECT_EQ(below->severity, Severity::info);
    EXPECT_EQ(below->repair, std::nullopt);
}

TEST(BarQuality, finds_rows_that_run_backwards_or_come_twice) {
    Bars bars = quiet_days(60);
    std::swap(bars.ts[20], bars.ts[21]);
    bars.ts[40] = bars.ts[39];
    const auto found = rules(check(bars));
    EXPECT_EQ(
        std::count(found.begin(), found.end(), std::pair{QualityRule::disorder, std::uint64_t{21}}),
        1);
    EXPECT_EQ(std::count(found.begin(), found.end(),
                         std::pair{QualityRule::duplicate, std::uint64_t{40}}),
              1);
}

TEST(BarQuality, counts_a_bar_without_volume_only_where_the_series_counts_volume) {
    Bars bars = quiet_days(60);
    bars.volume[20] = bars.volume[21] = 0;
    const auto found = check(bars);
    ASSERT_EQ(rules(found), (Rules{{QualityRule::zero_volume, 20}}));
    EXPECT_EQ(found[0].rows, 2);
    std::fill(bars.volume.begin(), bars.volume.end(), 0);
    EXPECT_EQ(rules(check(bars)), Rules{});
}

TEST(BarQuality, finds_a_price_that_stands_from_the_first_row_that_stands) {
    Bars bars = quiet_days(60);
    for (std::size_t i = 20; i < 35; ++i) {
        bars.open[i] = bars.high[i] = bars.low[i] = bars.close[i] = bars.close[19];
    }
    const auto found = check(bars);
    ASSERT_EQ(rules(found)[0], (std::pair{QualityRule::stale, std::uint64_t{20}}));
    EXPECT_EQ(found[0].rows, 15);
}

TEST(BarQuality, finds_the_day_on_which_volume_begins_to_count_something_else) {
    Bars bars;
    base::Random random{5};
    double price = 100.0;
    for (int i = 0; i < 24 * 20; ++i) {
        add_quiet(bars, random, parse_timestamp("2020-01-01").value() + hours(i), price,
                  i < 24 * 12 ? 1000 : 30'000);
    }
    EXPECT_EQ(rules(check(bars, {.instrument = &kCoin, .step = hours(1)})),
              (Rules{{QualityRule::volume_shift, 24 * 12}}));
}

// --- the calendar --------------------------------------------------------------------------------

TEST(SessionQuality, misses_sessions_but_no_holidays_and_no_weekends) {
    Bars bars = quiet_days(60);  // over New Year, Martin Luther King's day, Presidents' day
    EXPECT_EQ(rules(check(bars)), Rules{});
    for (auto* column : {&bars.ts, &bars.open, &bars.high, &bars.low, &bars.close, &bars.volume}) {
        column->erase(column->begin() + 30);
    }
    const auto found = check(bars);
    ASSERT_EQ(rules(found), (Rules{{QualityRule::gap, 30}}));
    EXPECT_NE(found[0].detail.find("1 session missing"), std::string::npos);
}

TEST(SessionQuality, misses_no_hour_after_a_half_day_nor_over_night) {
    Bars bars;
    base::Random random{5};
    double price = 100.0;
    Date date = parse_date("2014-11-24").value();  // the 27th is closed, the 28th ends at 13:00
    for (int i = 0; i < 8; ++i, ++date) {
        const auto session = session_on(CalendarKind::us_equity, date);
        if (!session) continue;
        for (Timestamp t = session->open; t < session->close; t = t + minutes(30)) {
            add_quiet(bars, random, t, price);
        }
    }
    EXPECT_EQ(rules(check(bars, {.step = minutes(30)})), Rules{});
}

Bars fx_hours(Duration shift, bool with_sunday_morning = false) {
    Bars bars;
    base::Random random{5};
    double price = 1.2;
    Date date = parse_date("2014-02-02").value();
    for (int day = 0; day < 21; ++day, ++date) {
        const auto session = session_on(CalendarKind::fx_week, date);
        if (with_sunday_morning && day == 7) add_quiet(bars, random, start_of(date), price);
        if (!session) continue;
        for (Timestamp t = session->open; t < session->close; t = t + hours(1)) {
            add_quiet(bars, random, t + shift, price);
        }
    }
    return bars;
}

TEST(SessionQuality, knows_the_week_of_currencies) {
    const Asked asked{.instrument = &kPair, .step = hours(1)};
    EXPECT_EQ(rules(check(fx_hours({}), asked)), Rules{});
    const auto found = check(fx_hours({}, true), asked);
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found[0].rule, QualityRule::outside_session);
    EXPECT_EQ(utc_date(found[0].ts), parse_date("2014-02-09").value());
}

TEST(SessionQuality, says_by_how_much_a_clock_is_off_once) {
    const auto found = check(fx_hours(hours(-5)), {.instrument = &kPair, .step = hours(1)});
    std::vector<Finding> shifts;
    std::copy_if(found.begin(), found.end(), std::back_inserter(shifts),
                 [](const Finding& one) { return one.rule == QualityRule::clock_shift; });
    ASSERT_EQ(shifts.size(), 1);
    EXPECT_EQ(shifts[0].row, 0);
    EXPECT_NE(shifts[0].detail.find("5.0 h slow"), std::string::npos);
}

TEST(SessionQuality, forgives_short_holes_of_an_illiquid_market) {
    const auto with_holes = [](int every) {
        Bars bars;
        base::Random random{5};
        double price = 100.0;
        for (int i = 0; i < 2000; ++i) {
            if (i % every == 17) continue;
            add_quiet(bars, random, Timestamp{} + minutes(i), price);
        }
        return check(bars, {.instrument = &kCoin, .step = minutes(1)});
    };
    EXPECT_EQ(with_holes(1000).front().severity, Severity::warning);
    EXPECT_EQ(with_holes(20).front().severity, Severity::info);
}

// --- two sides -----------------------------------------------------------------------------------

RC_GTEST_PROP(SideQuality, finds_the_same_in_any_portions, ()) {
    Bars bid = quiet_hours(200, Timestamp{}), ask = bid;
    for (auto* column : {&ask.open, &ask.high, &ask.low, &ask.close}) {
        for (std::int64_t& price : *column) price += 10'000'000;
    }
    ask.close[20] -= 20'000'000;
    ask.open[150] -= 20'000'000;
    for (auto* column : {&ask.ts, &ask.open, &ask.high, &ask.low, &ask.close, &ask.volume}) {
        column->erase(column->begin() + 100);
    }
    std::vector<Finding> found;
    SideChecker sides([&](Finding one) { found.push_back(std::move(one)); });
    std::size_t bids = 0, asks = 0;
    while (bids < bid.size() || asks < ask.size()) {
        const auto n = static_cast<std::size_t>(*rc::gen::inRange(1, 80));
        const bool take_bid = asks == ask.size() || (bids < bid.size() && sides.bid_is_behind());
        if (take_bid) {
            const std::size_t to = std::min(bid.size(), bids + n);
            sides.feed_bid(bid.rows(bids, to));
            bids = to;
        } else {
            const std::size_t to = std::min(ask.size(), asks + n);
            sides.feed_ask(ask.rows(asks, to));
            asks = to;
        }
    }
    sides.finish();
    RC_ASSERT(rules(in_order(found)) == (Rules{{QualityRule::crossed, 20},
                                               {QualityRule::one_sided, 100},
                                               {QualityRule::crossed, 150}}));
}

RC_GTEST_PROP(BarQuality, does_not_depend_on_the_portions_that_it_is_fed_in, ()) {
    Bars bars = quiet_days(*rc::gen::inRange(1, 150));
    const auto at = [&] {
        return static_cast<std::size_t>(
            *rc::gen::inRange<std::int64_t>(0, static_cast<std::int64_t>(bars.size())));
    };
    for (int i = 0; i < 6; ++i) {
        const std::size_t row = at();
        switch (*rc::gen::inRange(0, 6)) {
            case 0: bars.low[row] /= 2; break;
            case 1: bars.close[row] *= 3; break;
            case 2: bars.ts[row] = bars.ts[at()]; break;
            case 3: bars.volume[row] = 0; break;
            case 4: bars.open[row] = -bars.open[row]; break;
            default:
                for (std::size_t k = row; k < bars.size(); ++k) bars.ts[k] += days(100).ns;
        }
    }
    const auto whole = check(bars);
    const auto parts = check(bars, {.portion = static_cast<std::size_t>(*rc::gen::inRange(1, 40))});
    RC_ASSERT(whole == parts);
}

// --- ticks ---------------------------------------------------------------------------------------

struct Ticks {
    std::array<std::vector<std::int64_t>, TickChecker::kColumnsMax> columns;

    void add(std::array<std::int64_t, TickChecker::kColumnsMax> row) {
        for (std::size_t i = 0; i < row.size(); ++i) columns[i].push_back(row[i]);
    }
};

std::vector<Finding> check(const Ticks& ticks, TickChecker::Kind kind, const Instrument& instrument,
                           std::size_t portion = 1'000'000) {
    std::vector<Finding> found;
    TickChecker checker(kind, instrument, {},
                        [&](Finding one) { found.push_back(std::move(one)); });
    const std::size_t size = ticks.columns[0].size();
    for (std::size_t at = 0; at < size; at += portion) {
        TickChecker::Rows rows;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i] = std::span{ticks.columns[i]}.subspan(at, std::min(size - at, portion));
        }
        checker.feed(rows);
    }
    checker.finish();
    EXPECT_EQ(checker.rows(), size);
    return in_order(std::move(found));
}

Ticks quiet_trades(int count) {
    Ticks out;
    base::Random random{9};
    std::int64_t price = 100'000'000'000;
    for (int i = 0; i < count; ++i) {
        price += static_cast<std::int64_t>((random.uniform() - 0.5) * 20'000'000);
        out.add({std::int64_t{i} * 1'000'700'000, price, 1'000'000'000 + i, 1, 0});
    }
    return out;
}

TEST(TickQuality, finds_prints_off_the_market_also_several_in_a_row) {
    Ticks trades = quiet_trades(400);
    for (const std::size_t i : {200U, 201U, 202U, 300U}) {
        trades.columns[1][i] = trades.columns[1][i] * 98 / 100;
    }
    EXPECT_EQ(rules(check(trades, TickChecker::Kind::trade, kCoin)),
              (Rules{{QualityRule::spike, 200},
                     {QualityRule::spike, 201},
                     {QualityRule::spike, 202},
                     {QualityRule::spike, 300}}));
}

TEST(TickQuality, leaves_a_jump_that_stays) {
    Ticks trades = quiet_trades(400);
    for (std::size_t i = 200; i < 400; ++i) {
        trades.columns[1][i] = trades.columns[1][i] * 9 / 10;
    }
    EXPECT_EQ(rules(check(trades, TickChecker::Kind::trade, kCoin)), Rules{});
}

TEST(TickQuality, finds_crossed_quotes_repeats_and_disorder) {
    Ticks quotes;
    for (int i = 0; i < 100; ++i) {
        quotes.add(
            {std::int64_t{i} * 1'000'300'000, 100'000'000'000 + i, 100'010'000'000 + i, 5, 5});
    }
    quotes.columns[2][10] = quotes.columns[1][10] - 1;
    for (auto& column : quotes.columns) column[20] = column[19];
    quotes.columns[0][30] -= 5'000'000'000;
    EXPECT_EQ(rules(check(quotes, TickChecker::Kind::quote, kCoin)),
              (Rules{{QualityRule::crossed, 10},
                     {QualityRule::duplicate, 20},
                     {QualityRule::disorder, 30}}));
}

TEST(TickQuality, tells_stamps_that_went_through_a_double) {
    Ticks trades;
    for (std::int64_t i = 0; i < 300; ++i) {
        const std::int64_t exact = 1'546'383'600'000'000'000 + i * 7'123'000'000;
        trades.add({static_cast<std::int64_t>(static_cast<double>(exact)), 100'000'000'000,
                    1'000'000'000, 1, 0});
        EXPECT_EQ(without_stamp_noise(trades.columns[0].back()), exact);
    }
    EXPECT_EQ(rules(check(trades, TickChecker::Kind::trade, kCoin)),
              (Rules{{QualityRule::stamp_noise, 1}}));
}

RC_GTEST_PROP(TickQuality, does_not_depend_on_the_portions_that_it_is_fed_in, ()) {
    Ticks trades = quiet_trades(500);
    for (int i = 0; i < 6; ++i) {
        const auto row = static_cast<std::size_t>(*rc::gen::inRange(0, 500));
        const auto column = static_cast<std::size_t>(*rc::gen::inRange(0, 3));
        trades.columns[column][row] = trades.columns[column][row] * *rc::gen::inRange(-1, 4) / 2;
    }
    const auto portion = static_cast<std::size_t>(*rc::gen::inRange(1, 90));
    RC_ASSERT(check(trades, TickChecker::Kind::trade, kCoin) ==
              check(trades, TickChecker::Kind::trade, kCoin, portion));
}

TEST(QualityNames, are_read_as_they_are_written) {
    for (std::size_t i = 0; i < kQualityRules; ++i) {
        const auto rule = static_cast<QualityRule>(i);
        EXPECT_EQ(parse_quality_rule(to_string(rule)), rule);
        EXPECT_FALSE(describe(rule).empty());
    }
    EXPECT_EQ(parse_quality_rule("wart"), std::nullopt);
}

}  // namespace
}  // namespace tradewind::market
