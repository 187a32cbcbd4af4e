// SPDX-License-Identifier: Apache-2.0
#include "exchange/market_player.hpp"

#include <gtest/gtest.h>

#include "exchange/exchange.hpp"
#include "exchange/exchange_for_tests.hpp"
#include "sim/memory_history.hpp"

namespace tradewind::exchange {
namespace {

using namespace testing;

constexpr Timestamp kRecorded{1'600'000'020'000'000'000};

/// One-minute bars whose prices and volumes tell their place.
sim::MemoryHistory bars(int count) {
    sim::MemoryHistory history;
    history.add_instrument(pairs().front());
    ports::Columns rows{ports::SeriesKind::bar};
    for (int i = 0; i < count; ++i) {
        const std::int64_t base = price("100").raw + i * price("1").raw;
        const std::array<std::int64_t, 6> row{
            (kRecorded + minutes(i)).ns, base,
            base + price("0.5").raw,     base - price("0.25").raw,
            base + price("0.25").raw,    qty("4").raw + i * qty("0.4").raw};
        for (std::size_t c = 0; c < row.size(); ++c) rows.columns[c].push_back(row[c]);
    }
    history.add_series({.symbol = "BTCUSDT.BINANCE",
                        .kind = ports::SeriesKind::bar,
                        .spec = time_bars(minutes(1))},
                       std::move(rows));
    return history;
}

TEST(MarketPlayer, plays_bars_whose_klines_are_those_bars) {
    const sim::MemoryHistory history = bars(30);
    const std::vector<Instrument> instruments{pairs().front()};
    const Timestamp at{kRecorded.ns + days(400).ns};
    auto player = MarketPlayer::make(history, instruments, {.origin = kRecorded, .at = at});
    ASSERT_TRUE(player.has_value()) << player.error();
    Exchange exchange(instruments, {});
    exchange.follow(**player);
    // Ten of them are history, twenty are played.
    exchange.catch_up(at + minutes(10) - nanoseconds(1));
    EXPECT_TRUE(exchange.listing(kBtc).best_bid.has_value());
    exchange.advance(at + minutes(30));
    EXPECT_EQ(exchange.next_event(), std::nullopt);
    const auto& klines = exchange.listing(kBtc).log.klines(Interval::m1);
    ASSERT_EQ(klines.size(), 30U);
    for (std::size_t i = 0; i < klines.size(); ++i) {
        const auto n = static_cast<std::int64_t>(i);
        const std::int64_t base = price("100").raw + n * price("1").raw;
        EXPECT_EQ(klines[i].start, at + minutes(n));
        EXPECT_EQ(klines[i].open.raw, base);
        EXPECT_EQ(klines[i].high.raw, base + price("0.5").raw);
        EXPECT_EQ(klines[i].low.raw, base - price("0.25").raw);
        EXPECT_EQ(klines[i].close.raw, base + price("0.25").raw);
        EXPECT_EQ(klines[i].volume, as_money({qty("4").raw + n * qty("0.4").raw}));
    }
}

TEST(MarketPlayer, plays_faster_from_the_origin_on) {
    const Playback playback{.origin = kRecorded, .at = kStart, .speed_milli = 10'000};
    EXPECT_EQ(playback.played_at(kRecorded + seconds(10)), kStart + seconds(1));
    EXPECT_EQ(playback.played_at(kRecorded - seconds(10)), kStart - seconds(10));
}

TEST(MarketPlayer, says_what_an_instrument_lacks) {
    const sim::MemoryHistory history = bars(3);
    const auto player = MarketPlayer::make(history, pairs(), {});
    ASSERT_FALSE(player.has_value());
    EXPECT_EQ(player.error(), "ETHUSDT.BINANCE: no book, quotes, trades or time bars to play");
}

TEST(GeneratedMarket, is_the_same_for_the_same_seed_and_goes_on) {
    const std::vector<Instrument> instruments = pairs();
    const std::array<double, 2> prices{60'000.0, 3'000.0};
    GeneratedMarket one(instruments, prices, 7, kStart);
    GeneratedMarket two(instruments, prices, 7, kStart);
    Timestamp last = kStart;
    int trades = 0;
    for (int i = 0; i < 5'000; ++i) {
        Event a;
        Event b;
        ASSERT_EQ(one.next(a), ports::EventSource::Next::event);
        ASSERT_EQ(two.next(b), ports::EventSource::Next::event);
        EXPECT_EQ(a, b);
        EXPECT_GE(a.ts, last);
        last = a.ts;
        trades += std::holds_alternative<Trade>(a.payload) ? 1 : 0;
    }
    EXPECT_GT(trades, 500);
}

}  // namespace
}  // namespace tradewind::exchange
