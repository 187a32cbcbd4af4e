// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/backfill.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/generators.hpp"

namespace tradewind::binance {
namespace {

constexpr std::int64_t kMinute = 60'000;
Timestamp at(std::int64_t ms) { return Timestamp{ms * 1'000'000}; }

std::int64_t number_after(const std::string& target, std::string_view key) {
    const auto begin = target.find(key);
    return begin == std::string::npos ? -1 : std::stoll(target.substr(begin + key.size()));
}

/// A venue that traded at these minutes, or these trades at those milliseconds.
struct Venue {
    std::vector<std::int64_t> minutes{};
    std::vector<std::int64_t> trade_ms{};  ///< by id

    [[nodiscard]] std::string klines(const std::string& target) const {
        const auto from = number_after(target, "startTime="), to = number_after(target, "endTime=");
        std::string out;
        std::size_t count = 0;
        for (const std::int64_t minute : minutes) {
            const std::int64_t open = minute * kMinute;
            if (open < from || open > to || count == 1000) continue;
            ++count;
            out += fmt::format(R"({}[{},"1","2","0.5","1.5","5",{},"5",1,"1","1","0"])",
                               out.empty() ? "" : ",", open, open + kMinute - 1);
        }
        return "[" + out + "]";
    }
    [[nodiscard]] std::string trades(const std::string& target) const {
        const auto id = number_after(target, "fromId=");
        const auto from = number_after(target, "startTime="), to = number_after(target, "endTime=");
        std::string out;
        std::size_t count = 0;
        for (std::size_t i = 0; i < trade_ms.size(); ++i) {
            const bool is_in = id >= 0 ? static_cast<std::int64_t>(i) >= id
                                       : trade_ms[i] >= from && trade_ms[i] <= to;
            if (!is_in || count == 1000) continue;
            ++count;
            out +=
                fmt::format(R"({}{{"a":{},"p":"1","q":"1","f":1,"l":1,"T":{},"m":true,"M":true}})",
                            out.empty() ? "" : ",", i, trade_ms[i]);
        }
        return "[" + out + "]";
    }
};

PastOf past(std::int64_t from_ms, std::int64_t to_ms) {
    return {.symbol = "BTCUSDT", .from = at(from_ms), .to = at(to_ms)};
}

std::vector<std::int64_t> minutes_of(const Venue& venue, KlinePages& pages, Timestamp now) {
    std::vector<std::int64_t> out;
    while (const auto request = pages.next()) {
        const auto bars = pages.on_answer(venue.klines(request->target), now);
        EXPECT_TRUE(bars.has_value());
        for (const Bar& bar : bars.value_or(std::vector<Bar>{})) {
            out.push_back(bar.open_ts.ns / 1'000'000 / kMinute);
        }
    }
    return out;
}

TEST(KlinePages, ask_page_by_page_until_the_open_bar) {
    Venue venue;
    for (std::int64_t minute = 0; minute < 2'500; ++minute) venue.minutes.push_back(minute);
    KlinePages pages{past(0, 1'000'000 * kMinute), "1m"};
    EXPECT_EQ(
        pages.next()->target,
        "/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=0&endTime=59999999999&limit=1000");
    // the last is still open
    const auto got = minutes_of(venue, pages, at(2'500 * kMinute - 1));
    ASSERT_EQ(got.size(), 2'499U);
    EXPECT_EQ(got.back(), 2'498);
    EXPECT_EQ(pages.reached(), at(2'499 * kMinute));
}

TEST(KlinePages, go_over_what_the_venue_has_not) {
    const Venue venue{.minutes = {3, 4, 9}};
    KlinePages pages{past(0, 9 * kMinute), "1m"};
    EXPECT_EQ(minutes_of(venue, pages, at(100 * kMinute)), (std::vector<std::int64_t>{3, 4}));
}

TEST(KlinePages, refuse_what_was_not_asked_for) {
    KlinePages pages{past(5 * kMinute, 9 * kMinute), "1m"};
    const Venue venue{.minutes = {1}};
    const auto before =
        pages.on_answer(venue.klines("startTime=0&endTime=99999999"), at(99 * kMinute));
    ASSERT_FALSE(before.has_value());
    EXPECT_EQ(before.error().fault, PageFault::unfit);
    const auto refused =
        pages.on_answer(R"({"code":-1121,"msg":"Invalid symbol."})", at(99 * kMinute));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().fault, PageFault::refused);
    EXPECT_EQ(refused.error().code, -1121);
    EXPECT_EQ(refused.error().text, "Invalid symbol.");
    EXPECT_EQ(pages.on_answer("<html>", at(99 * kMinute)).error().fault, PageFault::unreadable);
    EXPECT_TRUE(pages.next().has_value());  // the same page may be asked for again
}

/// However thin or thick trades lie: all of the span, each once, in order.
RC_GTEST_PROP(TradePagesProperty, all_of_the_span_and_nothing_else, ()) {
    Venue venue;
    std::int64_t ms = 0;
    const auto count = test::draw_below(4'000);
    for (std::uint64_t i = 0; i < count; ++i) {
        ms += test::draw_below(20) == 0 ? static_cast<std::int64_t>(test::draw_below(9'000'000))
                                        : static_cast<std::int64_t>(test::draw_below(3));
        venue.trade_ms.push_back(ms);
    }
    const auto from =
        static_cast<std::int64_t>(test::draw_below(static_cast<std::uint64_t>(ms) + 2));
    const auto to =
        from + static_cast<std::int64_t>(test::draw_below(static_cast<std::uint64_t>(ms) + 2));
    TradePages pages{past(from, to)};
    std::vector<std::int64_t> got;
    while (const auto request = pages.next()) {
        const auto events = pages.on_answer(venue.trades(request->target), at(ms + 1));
        RC_ASSERT(events.has_value());
        for (const FeedEvent& event : *events) got.push_back(event.ts_event.ns / 1'000'000);
    }
    std::vector<std::int64_t> wanted;
    std::ranges::copy_if(venue.trade_ms, std::back_inserter(wanted),
                         [&](std::int64_t one) { return one >= from && one < to; });
    RC_ASSERT(got == wanted);
}

}  // namespace
}  // namespace tradewind::binance
