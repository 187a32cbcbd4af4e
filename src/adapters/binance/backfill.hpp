// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/binance/decode.hpp"
#include "adapters/binance/feed.hpp"
#include "domain/event.hpp"

/// The past of a market in pages, without the connection: requests out, answers in.
namespace tradewind::binance {

/// What of a market is wanted, [from, to).
struct PastOf {
    Segment segment = Segment::spot;
    InstrumentId instrument{};
    std::string symbol{};  ///< the venue's: "BTCUSDT"
    Timestamp from{};
    Timestamp to{};
};

enum class PageFault : std::uint8_t {
    refused,     ///< the venue says no: `text` has its words
    unreadable,  ///< neither an answer nor a refusal
    unfit,       ///< not what was asked for: out of order, or from before
};
struct PageError {
    PageFault fault = PageFault::unreadable;
    std::int64_t code = 0;  ///< the venue's
    std::string text{};
};

/// Closed bars.
class KlinePages {
public:
    /// `interval` is valid (`interval_of`).
    KlinePages(PastOf past, std::string interval);

    /// Asks for the next page; nullopt once all is there.
    [[nodiscard]] std::optional<FeedRequest> next() const;
    /// The bars of its answer that are closed by `now`, by the venue's clock. After an error the
    /// same page may be asked for again.
    [[nodiscard]] std::expected<std::vector<Bar>, PageError> on_answer(std::string_view body,
                                                                       Timestamp now);
    /// How far it has come.
    [[nodiscard]] Timestamp reached() const { return past_.from; }

private:
    PastOf past_;
    std::string interval_;
    Duration step_;
    Decoder decoder_;
    bool is_done_ = false;
};

/// Aggregate trades.
class TradePages {
public:
    explicit TradePages(PastOf past);

    [[nodiscard]] std::optional<FeedRequest> next() const;
    [[nodiscard]] std::expected<std::vector<FeedEvent>, PageError> on_answer(std::string_view body,
                                                                             Timestamp now);
    [[nodiscard]] Timestamp reached() const { return past_.from; }
    /// Id of the first trade behind the last one; nullopt before the first was found.
    [[nodiscard]] std::optional<std::int64_t> next_trade() const { return next_id_; }

private:
    PastOf past_;
    Decoder decoder_;
    std::optional<std::int64_t> next_id_{};
    bool is_done_ = false;
};

}  // namespace tradewind::binance
