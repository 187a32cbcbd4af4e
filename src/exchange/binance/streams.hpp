// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/binance/api.hpp"

/// What is kept of websockets; for the files of Api alone.
namespace tradewind::exchange::binance {

inline constexpr std::size_t kStreamsMax = 1'024;    ///< of a connection
inline constexpr std::int64_t kMessagesASecond = 5;  ///< that a client may send, of streams
inline constexpr std::size_t kMessageBytesMax = 65'536;
inline constexpr std::size_t kStreamNameMax = 128;
inline constexpr Duration kFastTick = milliseconds(100);
inline constexpr Duration kSlowTick = seconds(1);

struct Api::Connection {
    ConnectionId id = 0;
    std::string address{};
    bool is_api = false;    ///< of the websocket API
    bool combined = false;  ///< events are wrapped with the stream's name
    bool micros = false;
    std::vector<std::string> streams{};  ///< in the order in which they were asked for
    std::int64_t second = 0;             ///< of the count that follows
    std::int64_t messages = 0;

    // of the websocket API
    bool tells_limits = true;
    const ApiKey* session = nullptr;
    Timestamp session_since{};
    std::map<std::int64_t, AccountNumber> subscriptions{};
    std::int64_t next_subscription = 0;
    std::optional<std::int64_t> session_subscription{};
};

struct Api::Streams {
    explicit Streams(std::size_t listings) : of_listing(listings) {}

    struct ListenKey {
        AccountNumber account{};
        Timestamp until{};
    };
    /// Changes of a book since they were last sent.
    struct Pending {
        std::uint64_t first_id = 0;  ///< 0: none
        std::uint64_t last_id = 0;
        std::map<std::pair<Side, std::int64_t>, Qty> levels{};  ///< by Book::key_of
    };
    struct KlineSent {
        Timestamp start = kTimestampMin;
        std::uint64_t trades = 0;
    };
    struct OfListing {
        Pending fast{};
        Pending slow{};
        bool partial_fast = false;  ///< the book changed since the last partial one
        bool partial_slow = false;
        bool ticker = false;
        std::array<std::optional<KlineSent>, kIntervals> klines{};
    };

    std::map<ConnectionId, Connection> connections;
    std::map<std::string, std::set<ConnectionId>, std::less<>> subscribers;
    std::map<std::string, ListenKey, std::less<>> keys;
    std::vector<OfListing> of_listing;
    std::optional<Timestamp> next_tick;

    void subscribe(Connection& connection, const std::string& stream);
    void unsubscribe(Connection& connection, const std::string& stream);
    [[nodiscard]] bool wants(std::string_view stream) const {
        return subscribers.find(stream) != subscribers.end();
    }
    /// The account's key, for which there is one at a time.
    [[nodiscard]] std::string listen_key(AccountNumber account, Timestamp until,
                                         Exchange& exchange);
    [[nodiscard]] bool keep(std::string_view key, AccountNumber account, Timestamp until);
    [[nodiscard]] bool drop(std::string_view key, AccountNumber account);

    /// To everybody who listens to the stream; `write(json, micros)` writes the event.
    template <typename Write>
    void send(PushSink& sink, std::string_view stream, const Write& write) const {
        const auto at = subscribers.find(stream);
        if (at == subscribers.end()) return;
        std::array<std::string, 2> texts;
        for (const ConnectionId id : at->second) {
            const Connection& connection = connections.at(id);
            std::string& text = texts[connection.micros ? 1 : 0];
            if (text.empty()) {
                JsonText json;
                write(json, connection.micros);
                text = json.take();
            }
            if (!connection.combined) {
                sink.push(id, text);
                continue;
            }
            JsonText wrapped;
            wrapped.begin_object().text("stream", stream).key("data").raw(text).end_object();
            sink.push(id, wrapped.str());
        }
    }
};

/// The symbol as streams name it.
[[nodiscard]] std::string lower_case(std::string_view symbol);

[[nodiscard]] constexpr std::int64_t time_of(Timestamp ts, bool micros) {
    return ts.ns / (micros ? 1'000 : 1'000'000);
}

}  // namespace tradewind::exchange::binance
