// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "adapters/binance/feed.hpp"
#include "adapters/binance/messages.hpp"

/// What requests for market data have in common. Sources: "Kline/Candlestick data",
/// "Compressed/Aggregate trades list", "Order book" of both documentations.
namespace tradewind::binance {

/// Most items of an answer.
inline constexpr std::size_t kPage = 1000;

/// Where they lie, and what they weigh.
struct Paths {
    std::string_view root;
    std::int64_t depth;
    std::int64_t trades;
    std::int64_t klines;
};

[[nodiscard]] constexpr Paths paths_of(Segment segment) {
    return segment == Segment::spot
               ? Paths{.root = "/api/v3", .depth = 50, .trades = 4, .klines = 2}
               : Paths{.root = "/fapi/v1", .depth = 20, .trades = 20, .klines = 5};
}

/// The first whole millisecond from then on.
[[nodiscard]] constexpr std::int64_t milliseconds_up(Timestamp ts) {
    return (ts.ns + 999'999) / 1'000'000;
}

[[nodiscard]] FeedEvent event_of(const AggregateTrade& trade, InstrumentId instrument,
                                 Timestamp received);

}  // namespace tradewind::binance
