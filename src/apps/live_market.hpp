// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "adapters/binance/feed.hpp"
#include "apps/binance_rest.hpp"
#include "engine/inbox.hpp"

namespace tradewind::apps {

/// How a live market stood.
struct LiveMarketCounts {
    binance::FeedCounts feed{};
    std::uint64_t drops = 0;     ///< connections that were lost
    std::uint64_t attempts = 0;  ///< to connect
    std::uint64_t stalls = 0;  ///< times that an instrument was silent, and the connection renewed
    bool is_whole = false;     ///< nothing is missing, and all books are the venue's
    std::string last_fault{};  ///< of the network or of a message; empty: none
};

/// A venue's market on its way into an inbox: a socket that is connected again whenever it is lost,
/// and the requests that fill what it lost. It has a thread of its own, which waits where the inbox
/// is full; the venue then waits too.
class LiveMarket {
public:
    /// Renews a connection on which an instrument was silent for so long.
    static constexpr Duration kSilentMost = seconds(60);

    /// `inbox` outlives it, and is closed before it goes. The error is one line.
    [[nodiscard]] static std::expected<std::unique_ptr<LiveMarket>, std::string> open(
        const BinanceSite& site, std::vector<binance::FeedWish> wishes, engine::Inbox& inbox);
    ~LiveMarket();
    LiveMarket(const LiveMarket&) = delete;
    LiveMarket& operator=(const LiveMarket&) = delete;

    /// Looks for what is due: requests, silence. To be called a few times a second.
    void tick();
    [[nodiscard]] LiveMarketCounts counts() const;

private:
    class Body;
    explicit LiveMarket(std::shared_ptr<Body> body);
    std::shared_ptr<Body> body_;
};

}  // namespace tradewind::apps
