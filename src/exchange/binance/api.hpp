// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exchange/binance/fault.hpp"
#include "exchange/binance/json.hpp"
#include "exchange/binance/keys.hpp"
#include "exchange/binance/limits.hpp"
#include "exchange/binance/params.hpp"
#include "exchange/exchange.hpp"

/// The exchange behind the protocol of Binance spot: REST, streams and the websocket API, as plain
/// values. Written from the venue's documents alone (github.com/binance/binance-spot-api-docs), not
/// from our client: the two must not share a misunderstanding.
namespace tradewind::exchange::binance {

struct Header {
    std::string_view name;
    std::string_view value;
};

struct Request {
    std::string_view method;  ///< "GET", "POST", "PUT", "DELETE"
    std::string_view target;  ///< path and query, as they came
    std::span<const Header> headers{};
    std::string_view body{};
    std::string_view address{};  ///< of the client: weights are counted by it
};

struct Response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

using ConnectionId = std::uint64_t;

/// Takes what is sent over websockets.
class PushSink {
public:
    PushSink() = default;
    PushSink(const PushSink&) = delete;
    PushSink& operator=(const PushSink&) = delete;
    virtual ~PushSink() = default;
    virtual void push(ConnectionId connection, std::string_view text) = 0;
    /// The venue hangs up; nothing more is sent to this connection.
    virtual void hang_up(ConnectionId connection, std::string_view reason) = 0;
};

struct ApiSettings {
    LimitSettings limits;
    Duration listen_key_life = minutes(60);
};

/// The default Fault::status and what each route means stand with the tables in api.cpp. All calls
/// take the time; it never goes back (an earlier one counts as the latest).
class Api {
public:
    /// Both outlive the Api.
    Api(Exchange& exchange, PushSink& sink, const ApiSettings& settings);
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    /// False where the key is known already.
    bool add_key(const ApiKey& key);

    [[nodiscard]] Response handle(const Request& request, Timestamp now);

    /// A websocket's target: /ws[/<stream>], /stream?streams=a/b or /ws-api/v3; false: no such
    /// path.
    [[nodiscard]] bool open(ConnectionId connection, std::string_view target,
                            std::string_view address, Timestamp now);
    void receive(ConnectionId connection, std::string_view text, Timestamp now);
    void close(ConnectionId connection);

    /// Plays the market and every timer up to `now`.
    void advance(Timestamp now);
    /// When `advance` has something to do next; nullopt: only when somebody asks.
    [[nodiscard]] std::optional<Timestamp> next_due();
    /// The instant that the venue thinks it is.
    [[nodiscard]] Timestamp now() const { return now_; }

private:
    using Result = std::expected<std::string, Fault>;
    enum class Security : std::uint8_t { none, key, signed_, trade };

    /// A request on its way.
    struct Call {
        Params params{};
        Timestamp now{};
        bool micros = false;
        const ApiKey* key = nullptr;
        int status = 200;
        std::vector<std::pair<std::string, std::string>> headers{};

        [[nodiscard]] std::int64_t time(Timestamp ts) const {
            return ts.ns / (micros ? 1'000 : 1'000'000);
        }
        [[nodiscard]] AccountNumber account() const { return key->account; }
    };
    using Handler = Result (Api::*)(Call&);
    using Weight = std::int64_t (*)(const Params&);
    struct Route {
        std::string_view method;
        std::string_view path;
        std::string_view socket_method;  ///< of the websocket API; empty: none
        Security security;
        Weight weight;
        Handler handler;
    };
    static std::span<const Route> routes();

    struct Streams;     ///< subscriptions and timers
    struct Connection;  ///< of a websocket

    // --- api.cpp ---
    [[nodiscard]] Response run(const Route& route, const Request& request, std::string_view query);
    [[nodiscard]] std::expected<void, Fault> authorize(const Route& route, Call& call,
                                                       std::string_view api_key,
                                                       std::string_view payload) const;
    [[nodiscard]] std::expected<void, Fault> check_time(Call& call) const;
    [[nodiscard]] static Fault fault_of_limits(const Limits::Answer& answer,
                                               const LimitSettings& settings, Timestamp now);
    [[nodiscard]] std::expected<void, Fault> count_orders(Call& call, std::int64_t count);
    void tell_order_counts(Call& call) const;

    // --- market.cpp ---
    struct Chosen {
        std::vector<const Listing*> listings;
        bool is_one = false;
    };
    [[nodiscard]] std::expected<const Listing*, Fault> must_listing(Call& call) const;
    [[nodiscard]] std::expected<Chosen, Fault> choose(Call& call) const;
    template <typename Write>
    [[nodiscard]] Result write_chosen(Call& call, const Chosen& chosen, Write write) const;
    Result ping(Call& call);
    Result time(Call& call);
    Result exchange_info(Call& call);
    Result depth(Call& call);
    Result trades(Call& call);
    Result historical_trades(Call& call);
    Result aggregate_trades(Call& call);
    Result klines(Call& call);
    Result average_price(Call& call);
    Result ticker_24h(Call& call);
    Result ticker_price(Call& call);
    Result ticker_book(Call& call);

    // --- orders.cpp ---
    struct LegNames;
    struct Placing {
        const Listing* listing = nullptr;
        OrderTerms terms;
        int detail = 0;  ///< 0 ACK, 1 RESULT, 2 FULL
    };
    [[nodiscard]] std::expected<OrderTerms, Fault> read_leg(Call& call, const LegNames& names,
                                                            OrderTerms common) const;
    [[nodiscard]] std::expected<Placing, Fault> read_order(Call& call) const;
    [[nodiscard]] std::expected<const Order*, Fault> read_which(Call& call, const Listing& listing,
                                                                std::string_view id_name,
                                                                std::string_view client_name,
                                                                const Fault& unknown) const;
    [[nodiscard]] std::expected<void, Fault> read_restrictions(Call& call,
                                                               std::optional<Status>& only) const;
    [[nodiscard]] Result place(Call& call, const Placing& placing);
    [[nodiscard]] Result cancel_one(Call& call, const Listing& listing, const Order& order,
                                    std::string_view cancel_id);
    Result new_order(Call& call);
    Result test_order(Call& call);
    Result cancel_order(Call& call);
    Result cancel_all(Call& call);
    Result cancel_replace(Call& call);
    Result query_order(Call& call);
    Result open_orders(Call& call);
    Result all_orders(Call& call);
    Result new_oco(Call& call);
    Result cancel_list(Call& call);
    Result query_list(Call& call);
    Result open_lists(Call& call);
    Result all_lists(Call& call);

    // --- account.cpp ---
    Result account(Call& call);
    Result my_trades(Call& call);
    Result order_counts(Call& call);
    Result commission(Call& call);
    Result start_user_stream(Call& call);
    Result keep_user_stream(Call& call);
    Result close_user_stream(Call& call);
    Result all_coins(Call& call);
    Result trade_fees(Call& call);
    Result margin_pairs(Call& call);

    // --- render.cpp ---
    void write_order(JsonText& json, const Order& order, const Call& call) const;
    void write_placed(JsonText& json, const Order& order, int detail, const Call& call) const;
    void write_canceled(JsonText& json, const Order& order, const Call& call) const;
    void write_conditional(JsonText& json, const Order& order, bool is_query,
                           const Call& call) const;
    void write_list(JsonText& json, const OrderList& list, const Call& call) const;
    [[nodiscard]] const Listing& listing_of(const Order& order) const {
        return exchange_.listing(order.terms.instrument);
    }

    // --- streams.cpp ---
    void publish();
    void tick(Timestamp at);
    void publish_klines(Timestamp at);
    void publish_tickers(Timestamp at);
    void publish_depth(Timestamp at, bool slow);
    void end_listen_keys(Timestamp at);
    void send_user(AccountNumber account, const auto& write);
    void on(const TradeHappened& happened);
    void on(const AggregateHappened& happened);
    void on(const BookHappened& happened);
    void on(const OrderHappened& happened);
    void on(const ListHappened& happened);
    void on(const BalancesHappened& happened);
    void on(const DepositHappened& happened);
    void receive_control(Connection& connection, std::string_view text);

    // --- socket_api.cpp ---
    void receive_call(Connection& connection, std::string_view text);

    Exchange& exchange_;
    PushSink& sink_;
    ApiSettings settings_;
    Limits limits_;
    std::map<std::string, ApiKey, std::less<>> keys_;
    std::unique_ptr<Streams> streams_;
    Timestamp now_ = kTimestampMin;
};

}  // namespace tradewind::exchange::binance
