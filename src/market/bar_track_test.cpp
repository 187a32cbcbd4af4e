// SPDX-License-Identifier: Apache-2.0
#include "market/bar_track.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"

namespace tradewind::market {
namespace {

struct Series {
    std::vector<std::int64_t> ts, open, high, low, close, volume;

    explicit Series(std::uint64_t seed, std::size_t rows) {
        base::Random random{seed};
        std::int64_t price = 1000;
        for (std::size_t i = 0; i < rows; ++i) {
            const auto some = [&] { return static_cast<std::int64_t>(random.below(7)); };
            ts.push_back(static_cast<std::int64_t>(i) * 10);
            open.push_back(price);
            price += some() - 3;
            close.push_back(price);
            high.push_back(std::max(open.back(), price) + some());
            low.push_back(std::min(open.back(), price) - some());
            volume.push_back(some());
        }
    }
    [[nodiscard]] BarTrack track() const {
        return {InstrumentId{3},
                time_bars(minutes(1)),
                {.open_ts = ts,
                 .close_ts = ts,
                 .open = open,
                 .high = high,
                 .low = low,
                 .close = close,
                 .volume = volume}};
    }
};

/// Ranges of every length and alignment over a series of several groups of blocks.
template <typename Check>
void for_each_range(std::size_t rows, const Check& check) {
    base::Random random{5};
    for (int i = 0; i < 20'000; ++i) {
        const std::size_t first = random.below(rows);
        check(BarRows{.first = first, .end = first + 1 + random.below(rows - first)});
    }
}

TEST(BarTrack, finds_the_range_of_any_rows) {
    const Series series{1, 1500};
    const BarTrack track = series.track();
    for_each_range(1500, [&](BarRows rows) {
        const PriceBand range = track.range(rows);
        const auto part = [&](const auto& column) {
            return std::span{column}.subspan(rows.first, rows.count());
        };
        ASSERT_EQ(range.low.raw, std::ranges::min(part(series.low)));
        ASSERT_EQ(range.high.raw, std::ranges::max(part(series.high)));
    });
}

TEST(BarTrack, finds_the_first_close_outside_a_band) {
    const Series series{2, 1500};
    const BarTrack track = series.track();
    base::Random random{9};
    for_each_range(1500, [&](BarRows rows) {
        const std::int64_t middle = series.close[rows.first];
        const auto reach = [&] { return static_cast<std::int64_t>(random.below(60)); };
        const PriceBand band{.low = {middle - reach()}, .high = {middle + reach()}};
        std::size_t expected = rows.first;
        while (expected < rows.end && series.close[expected] >= band.low.raw &&
               series.close[expected] <= band.high.raw) {
            ++expected;
        }
        ASSERT_EQ(track.first_close_outside(rows, band), expected);
    });
}

TEST(BarTrack, an_empty_band_holds_no_close) {
    const Series series{3, 100};
    const PriceBand none{.low = {INT64_MAX}, .high = {INT64_MIN}};
    EXPECT_EQ(series.track().first_close_outside({.first = 7, .end = 90}, none), 7U);
}

TEST(BarTrack, finds_the_first_bar_after_an_instant) {
    const Series series{4, 100};
    const BarTrack track = series.track();
    const BarRows rows{.first = 10, .end = 50};
    EXPECT_EQ(track.first_after(rows, Timestamp{0}), 10U);
    EXPECT_EQ(track.first_after(rows, Timestamp{199}), 20U);
    EXPECT_EQ(track.first_after(rows, Timestamp{200}), 21U);
    EXPECT_EQ(track.first_after(rows, Timestamp{5000}), 50U);
}

TEST(BarTrack, gives_a_row_as_the_bar_it_was) {
    const Series series{5, 20};
    const Bar bar = series.track().bar(11);
    EXPECT_EQ(bar.instrument, InstrumentId{3});
    EXPECT_EQ(bar.open_ts.ns, 110);
    EXPECT_EQ(bar.open.raw, series.open[11]);
    EXPECT_EQ(bar.high.raw, series.high[11]);
    EXPECT_EQ(bar.low.raw, series.low[11]);
    EXPECT_EQ(bar.close.raw, series.close[11]);
    EXPECT_EQ(bar.volume.raw, series.volume[11]);
}

}  // namespace
}  // namespace tradewind::market
