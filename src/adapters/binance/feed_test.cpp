// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/feed.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::binance {
namespace {

constexpr InstrumentId kBtc{0};
constexpr std::int64_t kMinute = 60'000;  // milliseconds

Timestamp at(std::int64_t ms) { return Timestamp{ms * 1'000'000}; }

std::string trade(std::int64_t id, std::string_view price = "100") {
    return fmt::format(
        R"({{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":{0},"s":"BTCUSDT",)"
        R"("a":{0},"p":"{1}","q":"1","f":{0},"l":{0},"T":{0},"m":true,"M":true}}}})",
        id, price);
}
std::string trades(std::int64_t from, std::int64_t until) {
    std::string out;
    for (std::int64_t id = from; id < until; ++id) {
        out += fmt::format(
            R"({1}{{"a":{0},"p":"100","q":"1","f":{0},"l":{0},"T":{0},"m":true,"M":true}})", id,
            out.empty() ? "" : ",");
    }
    return "[" + out + "]";
}
std::string kline(std::int64_t minute, bool closed = true) {
    return fmt::format(
        R"({{"stream":"btcusdt@kline_1m","data":{{"e":"kline","E":{0},"s":"BTCUSDT","k":{{"t":{1},"T":{2},)"
        R"("s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"100","c":"101","h":"102","l":"99","v":"5","n":2,)"
        R"("x":{3},"q":"500","V":"2","Q":"200","B":"0"}}}}}})",
        (minute + 1) * kMinute, minute * kMinute, (minute + 1) * kMinute - 1, closed);
}
std::string klines(std::int64_t from, std::int64_t until) {
    std::string out;
    for (std::int64_t minute = from; minute < until; ++minute) {
        out += fmt::format(R"({2}[{0},"100","102","99","101","5",{1},"500",2,"2","200","0"])",
                           minute * kMinute, (minute + 1) * kMinute - 1, out.empty() ? "" : ",");
    }
    return "[" + out + "]";
}
std::string depth(std::uint64_t first, std::uint64_t last, std::string_view price = "99") {
    return fmt::format(
        R"({{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":5,"s":"BTCUSDT",)"
        R"("U":{},"u":{},"b":[["{}","1"]],"a":[]}}}})",
        first, last, price);
}
std::string snapshot(std::uint64_t id) {
    return fmt::format(R"({{"lastUpdateId":{},"bids":[["99","2"]],"asks":[["101","3"]]}})", id);
}

FeedWish everything() {
    return {.instrument = kBtc,
            .symbol = "BTCUSDT",
            .trades = true,
            .quotes = true,
            .book = true,
            .klines = {{.interval = "1m"}}};
}

/// A feed, and what it has passed on by kind.
struct Desk {
    explicit Desk(FeedWish wish) : feed(Segment::spot, {std::move(wish)}) { feed.on_up(at(0)); }

    void see(const std::string& text) {
        const auto taken = feed.on_message(text, at(++now));
        EXPECT_TRUE(taken.has_value()) << text << ": " << describe(taken.error());
        collect();
    }
    std::vector<FeedRequest> ask() { return feed.take_requests(at(now)); }
    void answer(std::uint64_t id, const std::string& body) {
        feed.on_answer(id, body, at(++now));
        collect();
    }
    void fail(std::uint64_t id) {
        feed.on_failure(id, at(++now));
        collect();
    }
    void collect() {
        for (const FeedEvent& event : feed.events()) {
            if (std::holds_alternative<Trade>(event.payload)) {
                trade_ids.push_back(event.ts_event.ns / 1'000'000);
            } else if (const auto* bar = std::get_if<Bar>(&event.payload)) {
                minutes.push_back(bar->open_ts.ns / 1'000'000 / kMinute);
            } else if (const auto* row = std::get_if<BookLevel>(&event.payload)) {
                rows.push_back(*row);
            }
        }
        feed.clear_events();
    }

    Feed feed;
    std::int64_t now = 0;
    std::vector<std::int64_t> trade_ids{};
    std::vector<std::int64_t> minutes{};
    std::vector<BookLevel> rows{};
};

TEST(BinanceFeed, names_its_streams) {
    EXPECT_EQ(Feed(Segment::spot, {everything()}).stream_target(),
              "/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth@100ms/"
              "btcusdt@kline_1m");
}

TEST(BinanceFeed, fills_a_gap_of_trades_page_by_page) {
    FeedWish wish{.instrument = kBtc, .symbol = "BTCUSDT", .trades = true};
    Desk desk{wish};
    for (const int id : {5, 6, 1'506, 1'507}) desk.see(trade(id));
    EXPECT_FALSE(desk.feed.is_whole());
    const auto first = desk.ask();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].target, "/api/v3/aggTrades?symbol=BTCUSDT&fromId=7&limit=1000");
    EXPECT_TRUE(desk.ask().empty());  // it is under way
    desk.answer(first[0].id, trades(7, 1'007));
    const auto second = desk.ask();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].target, "/api/v3/aggTrades?symbol=BTCUSDT&fromId=1007&limit=1000");
    desk.answer(second[0].id, trades(1'007, 1'600));
    EXPECT_TRUE(desk.feed.is_whole());
    ASSERT_EQ(desk.trade_ids.size(), 1'503U);
    EXPECT_TRUE(std::ranges::is_sorted(desk.trade_ids));
    EXPECT_EQ(desk.feed.counts().trades.refilled, 1'499U);
    EXPECT_EQ(desk.feed.counts().trades.unfilled, 0U);
}

TEST(BinanceFeed, goes_on_where_it_stood_after_a_break) {
    Desk desk{everything()};
    desk.see(trade(5));
    desk.see(kline(3));
    desk.feed.on_down(at(desk.now));
    desk.feed.on_up(at(desk.now));
    desk.see(trade(8));
    desk.see(kline(5));
    for (const FeedRequest& request : desk.ask()) {
        const bool is_trades = request.target.find("aggTrades") != std::string::npos;
        if (!is_trades) {
            EXPECT_EQ(request.target,
                      "/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=240000&endTime=299999"
                      "&limit=1000");
        }
        desk.answer(request.id, is_trades ? trades(6, 9) : klines(4, 5));
    }
    EXPECT_EQ(desk.trade_ids, (std::vector<std::int64_t>{5, 6, 7, 8}));
    EXPECT_EQ(desk.minutes, (std::vector<std::int64_t>{3, 4, 5}));
    EXPECT_EQ(desk.feed.counts().connections, 2U);
}

TEST(BinanceFeed, only_closed_bars_count) {
    Desk desk{everything()};
    desk.see(kline(3, false));
    EXPECT_TRUE(desk.minutes.empty());
}

TEST(BinanceFeed, a_book_is_asked_for_and_again_after_a_break) {
    FeedWish wish{.instrument = kBtc, .symbol = "BTCUSDT", .book = true};
    Desk desk{wish};
    EXPECT_TRUE(desk.ask().empty());  // not before the stream runs
    desk.see(depth(10, 12));
    auto asked = desk.ask();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].target, "/api/v3/depth?symbol=BTCUSDT&limit=1000");
    EXPECT_EQ(asked[0].weight, 50);
    desk.answer(asked[0].id, snapshot(11));
    EXPECT_TRUE(desk.feed.is_whole());
    EXPECT_EQ(desk.rows.back().last_update_id, 12U);
    desk.feed.on_down(at(desk.now));
    desk.collect();
    EXPECT_FALSE(desk.feed.is_whole());
    EXPECT_TRUE(desk.rows.back().flags.snapshot);  // opened, and not ended: nobody may trust it
    EXPECT_TRUE(desk.ask().empty());
    desk.feed.on_up(at(desk.now));
    desk.see(depth(20, 21));
    asked = desk.ask();
    ASSERT_EQ(asked.size(), 1U);
    desk.answer(asked[0].id, snapshot(20));
    EXPECT_TRUE(desk.feed.is_whole());
    EXPECT_EQ(desk.feed.counts().books.repairs, 1U);
}

TEST(BinanceFeed, waits_longer_after_each_failure_and_then_goes_on_with_a_gap) {
    FeedWish wish{.instrument = kBtc, .symbol = "BTCUSDT", .trades = true};
    Desk desk{wish};
    desk.see(trade(1));
    desk.see(trade(5));
    std::vector<std::int64_t> pauses;
    for (int i = 0; i < 5; ++i) {
        const auto asked = desk.ask();
        ASSERT_EQ(asked.size(), 1U);
        if (i % 2 == 0) {
            desk.answer(asked[0].id, R"({"code":-1003,"msg":"Too many requests."})");
        } else {
            desk.fail(asked[0].id);
        }
        const auto next = desk.feed.next_request();
        if (!next) break;
        pauses.push_back(next->ns / 1'000'000 - desk.now);
        EXPECT_TRUE(desk.ask().empty());
        desk.now = next->ns / 1'000'000;
    }
    EXPECT_EQ(pauses, (std::vector<std::int64_t>{500, 1'000, 2'000, 4'000}));
    EXPECT_EQ(desk.trade_ids, (std::vector<std::int64_t>{1, 5}));
    EXPECT_EQ(desk.feed.counts().trades.unfilled, 1U);
    EXPECT_EQ(desk.feed.counts().failures, 5U);
}

TEST(BinanceFeed, says_what_it_cannot_read_and_goes_on) {
    Desk desk{everything()};
    EXPECT_FALSE(desk.feed.on_message("{", at(1)).has_value());
    EXPECT_TRUE(desk.feed.on_message(R"({"stream":"ethusdt@aggTrade","data":{"e":"aggTrade","E":1,)"
                                     R"("s":"ETHUSDT","a":1,"p":"1","q":"1","f":1,"l":1,"T":1,)"
                                     R"("m":true,"M":true}})",
                                     at(2)));
    EXPECT_EQ(desk.feed.counts().refused, 2U);
    desk.see(trade(1));
    EXPECT_EQ(desk.trade_ids.size(), 1U);
    desk.feed.on_answer(77, "[]", at(3));  // nobody asked
}

TEST(BinanceFeed, knows_who_is_silent) {
    Desk desk{everything()};
    desk.see(trade(1));
    EXPECT_TRUE(desk.feed.silent_since(at(1)).empty());
    EXPECT_EQ(desk.feed.silent_since(at(2)), std::vector<InstrumentId>{kBtc});
}

/// Whatever the stream loses and however often it breaks: trades and bars come each once and in
/// order, and none that the venue has is missing.
RC_GTEST_PROP(BinanceFeedProperty, whatever_breaks_the_record_is_whole, ()) {
    FeedWish wish{
        .instrument = kBtc, .symbol = "BTCUSDT", .trades = true, .klines = {{.interval = "1m"}}};
    Desk desk{wish};
    desk.see(trade(0));
    desk.see(kline(0));
    std::int64_t last_trade = 0, last_minute = 0;
    const auto answer_some = [&] {
        for (const FeedRequest& request : desk.ask()) {
            if (test::draw_below(5) == 0) {
                desk.fail(request.id);
                continue;
            }
            const bool is_trades = request.target.find("aggTrades") != std::string::npos;
            const auto from = [&](std::string_view key) -> std::int64_t {
                const auto begin = request.target.find(key) + key.size();
                return std::stoll(request.target.substr(begin));
            };
            if (is_trades) {
                const auto first = from("fromId=");
                desk.answer(request.id, trades(first, std::min(first + 1000, last_trade + 1)));
            } else {
                const auto first = from("startTime=") / kMinute;
                desk.answer(request.id, klines(first, from("endTime=") / kMinute + 1));
            }
        }
    };
    for (int step = 0; step < 60; ++step) {
        ++last_trade;
        if (test::draw_below(4) != 0) desk.see(trade(last_trade));
        if (step % 5 == 0) {
            ++last_minute;
            if (test::draw_below(3) != 0) desk.see(kline(last_minute));
        }
        if (test::draw_below(10) == 0) {
            desk.feed.on_down(at(desk.now));
            desk.feed.on_up(at(desk.now));
        }
        if (test::draw_below(3) == 0) {
            desk.now += 40'000;
            answer_some();
        }
    }
    desk.see(trade(++last_trade));
    desk.see(kline(++last_minute));
    while (!desk.feed.is_whole()) {
        desk.now += 40'000;
        answer_some();
    }
    const FeedCounts counts = desk.feed.counts();
    RC_ASSERT(std::ranges::is_sorted(desk.trade_ids) && std::ranges::is_sorted(desk.minutes));
    if (counts.trades.unfilled == 0) {
        RC_ASSERT(desk.trade_ids.size() == static_cast<std::size_t>(last_trade) + 1);
    }
    if (counts.klines.unfilled == 0) {
        RC_ASSERT(desk.minutes.size() == static_cast<std::size_t>(last_minute) + 1);
    }
    RC_CLASSIFY(counts.trades.unfilled == 0, "no gap of trades was left open");
}

}  // namespace
}  // namespace tradewind::binance
