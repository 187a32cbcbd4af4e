// SPDX-License-Identifier: Apache-2.0
#include "signal/rolling.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "base/random.hpp"

namespace tradewind::signal {
namespace {

Price cents(std::int64_t n) { return {n * 10'000'000}; }

// --- Sma ----------------------------------------------------------------------------------------

TEST(Sma, is_ready_with_as_many_values_as_its_period) {
    Sma sma{3};
    for (const std::int64_t close : {1, 2, 3, 5}) {
        EXPECT_EQ(sma.ready(), close > 3) << close;
        sma.add(cents(close * 100));
    }
    EXPECT_DOUBLE_EQ(sma.value(), 10.0 / 3);
}

TEST(Sma, does_not_drift_over_ten_million_values) {
    constexpr std::size_t kPeriod = 200;
    constexpr std::uint64_t kRange = 2'000'000'000'000;  // up to 2,000, all nine decimals used
    base::Random random{1};
    Sma sma{kPeriod};
    std::array<Price, kPeriod> last{};
    for (std::size_t i = 0; i < 10'000'000; ++i) {
        last[i % kPeriod] = {static_cast<std::int64_t>(random.below(kRange))};
        sma.add(last[i % kPeriod]);
    }
    Sma fresh{kPeriod};
    std::int64_t sum = 0;
    for (const Price price : last) {
        fresh.add(price);
        sum += price.raw;
    }
    EXPECT_EQ(sma.value(), fresh.value());
    EXPECT_EQ(sma.value_of_doubles(), fresh.value_of_doubles());
    EXPECT_EQ(sma.value(), static_cast<double>(sum) / 1e9 / kPeriod);
}

TEST(Sma, holds_sums_beyond_64_bits) {
    Sma sma{3};
    for (int i = 0; i < 3; ++i) sma.add({INT64_MAX});
    EXPECT_DOUBLE_EQ(sma.value(), to_double(Price{INT64_MAX}));
    EXPECT_DOUBLE_EQ(sma.value_of_doubles(), to_double(Price{INT64_MAX}));
    for (int i = 0; i < 3; ++i) sma.add({INT64_MIN});
    EXPECT_DOUBLE_EQ(sma.value(), to_double(Price{INT64_MIN}));
}

/// Reference: CPython 3.11, `math.fsum([price] * n) / n` for n = fast and n = slow: of equal means
/// one is larger by its last digit, and which one differs from price to price.
TEST(Sma, of_doubles_falls_as_python_does_where_averages_are_equal) {
    struct Case {
        std::int64_t cents;
        std::size_t fast, slow;
        bool fast_is_above;
    };
    constexpr Case kCases[] = {
        {77778, 3, 7, true},    {8688, 10, 30, true},   {79477, 3, 7, true},
        {25232, 3, 7, true},    {83312, 10, 30, true},  {68674, 3, 7, true},
        {17194, 3, 7, false},   {79257, 3, 7, false},   {72292, 3, 7, false},
        {94098, 3, 7, false},   {71006, 10, 30, false}, {72141, 10, 30, false},
        {31290, 10, 30, false}, {31290, 5, 20, false},  {77778, 10, 30, false}};
    for (const Case& c : kCases) {
        Sma fast{c.fast}, slow{c.slow};
        for (std::size_t i = 0; i < c.slow; ++i) {
            fast.add(cents(c.cents));
            slow.add(cents(c.cents));
        }
        EXPECT_EQ(fast.value_of_doubles() > slow.value_of_doubles(), c.fast_is_above) << c.cents;
    }
}

/// Reference: as above, `math.fsum(window) / len(window)`, on windows whose means are equal in
/// cents.
TEST(Sma, of_doubles_falls_as_python_does_on_windows_that_move) {
    for (const std::array<int, 6>& window : {std::array{2238, 1078, 1457, 1278, 1278, 2217},
                                             {1337, 1031, 2936, 2312, 1048, 1944},
                                             {2825, 1282, 1569, 2085, 2173, 1418},
                                             {2952, 2291, 1281, 2507, 2846, 1171}}) {
        Sma fast{3}, slow{6};
        for (const int close : window) {
            fast.add(cents(close));
            slow.add(cents(close));
        }
        EXPECT_GT(fast.value_of_doubles(), slow.value_of_doubles()) << window[0];
    }
}

// --- Ema, Rsi: ChartSchool's worked examples ----------------------------------------------------

// StockCharts ChartSchool, "Moving Averages - Simple and Exponential", spreadsheet cs-movavg.xls:
// Intel, 24 March to 4 May 2010, 10 days. Closes and averages are shown in
// cents, computed from more digits.
constexpr double kIntel[] = {22.27, 22.19, 22.08, 22.17, 22.18, 22.13, 22.23, 22.43, 22.24, 22.29,
                             22.15, 22.39, 22.38, 22.61, 23.36, 24.05, 23.75, 23.83, 23.95, 23.63,
                             23.82, 23.87, 23.65, 23.19, 23.10, 23.33, 22.68, 23.10, 22.40, 22.17};
constexpr double kIntelSma[] = {22.22, 22.21, 22.23, 22.26, 22.31, 22.42, 22.61,
                                22.77, 22.91, 23.08, 23.21, 23.38, 23.53, 23.65,
                                23.71, 23.69, 23.61, 23.51, 23.43, 23.28, 23.13};
constexpr double kIntelEma[] = {22.22, 22.21, 22.24, 22.27, 22.33, 22.52, 22.80,
                                22.97, 23.13, 23.28, 23.34, 23.43, 23.51, 23.54,
                                23.47, 23.40, 23.39, 23.26, 23.23, 23.08, 22.92};

TEST(Averages, agree_with_chartschools_worked_example) {
    Sma sma{10};
    Ema ema{10};
    std::size_t row = 0;
    for (const double close : kIntel) {
        sma.add(*round_to_tick(close, cents(1), TickRounding::nearest));
        ema.add(close);
        EXPECT_EQ(sma.ready(), ema.ready());
        if (!ema.ready()) continue;
        EXPECT_NEAR(sma.value(), kIntelSma[row], 0.0101) << row;
        EXPECT_NEAR(ema.value(), kIntelEma[row], 0.0101) << row;
        ++row;
    }
    EXPECT_EQ(row, std::size(kIntelEma));
}

// StockCharts ChartSchool, "Relative Strength Index (RSI)", spreadsheet cs-rsi.xls: QQQQ, 14
// December 2009 to 1 February 2010, 14 days, Wilder's smoothing.
constexpr double kQqqq[] = {44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955,
                            45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.6140, 46.2820,
                            46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122,
                            46.2521, 45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783,
                            44.2181, 44.5672, 43.4205, 42.6628, 43.1314};
constexpr double kQqqqRsi[] = {70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38,
                               54.71, 50.42, 39.99, 41.46, 41.87, 45.46, 37.30, 33.08, 37.77};

TEST(Rsi, agrees_with_chartschools_worked_example) {
    Rsi rsi{14};
    std::size_t row = 0;
    for (const double close : kQqqq) {
        rsi.add(close);
        if (!rsi.ready()) continue;
        EXPECT_NEAR(rsi.value().value(), kQqqqRsi[row], 0.0051) << row;
        ++row;
    }
    EXPECT_EQ(row, std::size(kQqqqRsi));
}

TEST(Rsi, is_100_where_prices_only_rose_0_where_they_only_fell_and_nothing_where_none_moved) {
    Rsi up{3}, down{3}, still{3};
    for (int i = 0; i < 6; ++i) {
        up.add(10 + i);
        down.add(10 - i);
        still.add(10);
    }
    EXPECT_EQ(up.value(), 100.0);
    EXPECT_EQ(down.value(), 0.0);
    EXPECT_TRUE(still.ready());
    EXPECT_EQ(still.value(), std::nullopt);
}

// --- Channel ------------------------------------------------------------------------------------

RC_GTEST_PROP(Channel, equals_the_extremes_of_the_window, ()) {
    const auto period = *rc::gen::inRange<std::size_t>(1, 12);
    // Few values, so that many are equal.
    const auto values =
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 9));
    Channel channel{period};
    for (std::size_t i = 0; i < values.size(); ++i) {
        channel.add(Price{values[i]}, Price{values[i] - 3});
        RC_ASSERT(channel.ready() == (i + 1 >= period));
        const auto from =
            values.begin() + static_cast<std::ptrdiff_t>(i + 1 - std::min(period, i + 1));
        const auto to = values.begin() + static_cast<std::ptrdiff_t>(i + 1);
        RC_ASSERT(channel.highest().raw == *std::max_element(from, to));
        RC_ASSERT(channel.lowest().raw == *std::min_element(from, to) - 3);
    }
}

}  // namespace
}  // namespace tradewind::signal
