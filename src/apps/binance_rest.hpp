// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/binance/instruments.hpp"
#include "adapters/binance/limits.hpp"
#include "adapters/binance/messages.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/url.hpp"

namespace tradewind::apps {

/// Where Binance is spoken to.
struct BinanceSite {
    binance::Segment segment = binance::Segment::spot;
    net::Url rest;
    net::Url streams;
};

/// The venue's own addresses, or `base_url` and what follows from it in their place. The error
/// names the option and the mend.
[[nodiscard]] std::expected<BinanceSite, std::string> binance_site(std::string_view market,
                                                                   std::string_view base_url,
                                                                   std::string_view stream_url);

/// The venue's name of what may be given as either: "BTCUSDT" of "BTCUSDT-PERP.BINANCE".
[[nodiscard]] std::string venue_symbol(std::string_view given);
/// And ours: "BTCUSDT.BINANCE", "BTCUSDT-PERP.BINANCE" on usd-m.
[[nodiscard]] std::string own_symbol(std::string_view given, std::string_view market);

/// What the head of an answer says about limits.
[[nodiscard]] binance::AnswerHead head_of(const net::Response& response);
/// Above it of a venue's weight a minute nothing is sent: half of what it allows an address.
[[nodiscard]] std::int64_t weight_a_minute(binance::Segment segment);

/// Requests for what everybody may see, one after the other, waiting for each: within the venue's
/// limits, and again after what passes by (no answer, 429, 418, a fault of the venue's).
class BinanceRest {
public:
    struct Counts {
        std::uint64_t requests = 0;
        std::uint64_t retries = 0;
        std::uint64_t waits = 0;  ///< for the venue's limits
    };

    BinanceRest(net::HttpClient& client, BinanceSite site);
    /// Told what is waited for, in words.
    void tell(std::function<void(std::string_view)> tell) { tell_ = std::move(tell); }

    /// Whether anybody is there: the venue's clock. The error is one line, and comes soon.
    [[nodiscard]] std::expected<Timestamp, std::string> server_time();
    /// exchangeInfo of one symbol.
    [[nodiscard]] std::expected<binance::SymbolRules, std::string> rules_of(
        const std::string& symbol);
    /// The body of an answer, which may be a refusal. The error is one line, after so many
    /// attempts, each after twice the pause.
    [[nodiscard]] std::expected<std::string, std::string> get(const std::string& target,
                                                              std::int64_t weight,
                                                              int tries = kTriesMax);

    [[nodiscard]] const BinanceSite& site() const { return site_; }
    [[nodiscard]] const Counts& counts() const { return counts_; }

    static constexpr int kTriesMax = 8;
    static constexpr int kTriesAtFirst = 3;

private:
    void wait(Duration how_long, std::string_view why);

    net::HttpClient& client_;
    BinanceSite site_;
    binance::RateBudget budget_;
    std::function<void(std::string_view)> tell_;
    Counts counts_;
};

}  // namespace tradewind::apps
