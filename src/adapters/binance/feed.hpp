// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/binance/book_sync.hpp"
#include "adapters/binance/continuity.hpp"
#include "adapters/binance/decode.hpp"
#include "domain/event.hpp"

namespace tradewind::binance {

/// Closed bars of one interval: "1m", "4h", "1d", "1w".
struct KlineWish {
    std::string interval{};
    std::optional<Timestamp> next{};  ///< opening of the first that is wanted; absent: what comes
};

/// What to follow of an instrument.
struct FeedWish {
    InstrumentId instrument{};
    std::string symbol{};  ///< the venue's: "BTCUSDT"
    bool trades = false;   ///< aggregate trades, which are numbered and can be asked for again
    bool quotes = false;
    bool book = false;
    std::vector<KlineWish> klines{};
    std::optional<std::int64_t> next_trade{};  ///< id of the first that is wanted
};

/// A GET that the feed waits for.
struct FeedRequest {
    std::uint64_t id = 0;
    std::string target;
    std::int64_t weight = 1;
};

/// A fact of the market, and when the venue said that it happened.
struct FeedEvent {
    Payload payload;
    Timestamp ts_event{};
    Timestamp ts_received{};
};

struct FeedCounts {
    std::uint64_t messages = 0;
    std::uint64_t refused = 0;   ///< that could not be decoded, or name no instrument of ours
    std::uint64_t failures = 0;  ///< requests without a usable answer
    std::uint64_t connections = 0;
    ContinuityCounts trades{};
    ContinuityCounts klines{};
    SyncCounts books{};
};

/// The market data of a connection, without the connection: messages and answers in, events and
/// requests out; time is handed in. Trades and closed bars are passed on in the order of their
/// numbers, each once; what the stream lost is asked for. Books are passed on while they are the
/// venue's. After a break all goes on where it stood.
class Feed {
public:
    /// Symbols are each there once; intervals are valid (`interval_of`).
    Feed(Segment segment, std::vector<FeedWish> wishes);

    /// Where the socket is to be opened: "/stream?streams=btcusdt@aggTrade/...".
    [[nodiscard]] std::string stream_target() const;
    void on_up(Timestamp now);
    /// Books are no longer the venue's; requests under way may still be answered.
    void on_down(Timestamp now);
    /// The error says why a message was left out; the feed goes on.
    std::expected<void, DecodeError> on_message(std::string_view bytes, Timestamp received);

    /// Requests that may be sent by now, each once.
    [[nodiscard]] std::vector<FeedRequest> take_requests(Timestamp now);
    /// When to ask again, if nothing else happens; nullopt: not before then.
    [[nodiscard]] std::optional<Timestamp> next_request() const;
    /// Any answer to a request, also a refusal.
    void on_answer(std::uint64_t id, std::string_view body, Timestamp now);
    /// No answer came, or one with an HTTP status that is none.
    void on_failure(std::uint64_t id, Timestamp now);

    [[nodiscard]] std::span<const FeedEvent> events() const { return events_; }
    void clear_events() { events_.clear(); }

    [[nodiscard]] FeedCounts counts() const;
    /// Instruments of which nothing was heard since `before`.
    [[nodiscard]] std::vector<InstrumentId> silent_since(Timestamp before) const;
    /// Whether everything that was lost is there again, and all books are the venue's.
    [[nodiscard]] bool is_whole() const;
    /// Of the next aggregate trade, to go on from later; nullopt before the first.
    [[nodiscard]] std::optional<std::int64_t> next_trade(InstrumentId instrument) const;

private:
    /// One thing that may be asked for again and again.
    struct Ask {
        std::uint64_t in_flight = 0;  ///< id; 0: none
        unsigned failures = 0;        ///< on end
        Timestamp not_before = kTimestampMin;
    };
    struct Klines {
        std::string interval;
        Duration step;
        Continuity<FeedEvent> row;
        Ask ask{};
    };
    struct Followed {
        FeedWish wish;
        BookSync sync;
        Continuity<FeedEvent> trades;
        std::vector<Klines> klines;
        Ask trades_ask{};
        Ask book_ask{};
        Timestamp heard = kTimestampMin;
    };
    enum class What : std::uint8_t { book, trades, klines };
    struct Pending {
        std::uint64_t id = 0;
        std::size_t followed = 0;
        What what = What::book;
        std::size_t kline = 0;
    };

    Followed* find(std::string_view symbol);
    void ask(const Pending& about, Ask& how, std::string target, std::int64_t weight, Timestamp now,
             std::vector<FeedRequest>& out);
    Ask& ask_of(const Pending& pending);
    std::optional<Pending> take(std::uint64_t id);
    void fail(const Pending& pending, Timestamp now);
    void on(Followed& followed, const AggregateTrade& trade, Timestamp received);
    void on(Followed& followed, const KlineUpdate& update, Timestamp received);
    void on(Followed& followed, const DepthUpdate& update, Timestamp received);
    bool answer_book(Followed& followed, std::string_view body, Timestamp now);
    bool answer_trades(Followed& followed, std::string_view body, Timestamp now);
    bool answer_klines(Followed& followed, Klines& klines, std::string_view body, Timestamp now);
    void emit_rows(Timestamp ts_event, Timestamp received);
    [[nodiscard]] auto passes() {
        return [this](FeedEvent event) { events_.push_back(std::move(event)); };
    }

    Segment segment_;
    Decoder decoder_;
    std::deque<Followed> all_;
    std::vector<Pending> pending_;
    std::uint64_t requests_ = 0;
    std::vector<FeedEvent> events_;
    std::vector<BookLevel> rows_;
    bool is_up_ = false;
    FeedCounts counts_;
};

}  // namespace tradewind::binance
