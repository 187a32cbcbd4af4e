// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/time.hpp"

/// What Binance says, as values with exact decimals. Texts and spans are views into the decoder
/// that made them and live until it decodes again. Names are the venue's, spelled out; prices and
/// quantities are not negative unless said. Source: Binance's documentation of its spot API
/// (web-socket-streams, user-data-stream, rest-api, filters) and of its USD-M futures API.
namespace tradewind::binance {

/// The two parts of the venue that differ in paths, fields and rules.
enum class Segment : std::uint8_t { spot, usd_m };

// --- words ------------------------------------------------------------------------------------

enum class VenueOrderStatus : std::uint8_t {
    new_order,
    pending_new,
    partially_filled,
    filled,
    canceled,
    pending_cancel,
    rejected,
    expired,
    expired_in_match,  ///< by self-trade prevention
};

/// Why a report was sent.
enum class ExecutionType : std::uint8_t {
    new_order,
    canceled,
    replaced,
    rejected,
    trade,
    expired,
    trade_prevention,
    amendment,
    calculated,  ///< futures: liquidation or auto-deleveraging
};

enum class VenueOrderType : std::uint8_t {
    market,
    limit,
    limit_maker,
    stop_loss,
    stop_loss_limit,
    take_profit,  ///< futures: of a limit order
    take_profit_limit,
    stop,  ///< futures: a stop that becomes a limit order
    stop_market,
    take_profit_market,
    trailing_stop_market,
    liquidation,
};

enum class VenueTimeInForce : std::uint8_t { gtc, ioc, fok, gtx, gtd, gte_gtc, rpi };

enum class PositionSide : std::uint8_t { both, long_side, short_side };

// --- market data ------------------------------------------------------------------------------

/// `<symbol>@trade`.
struct TradePrint {
    std::string_view symbol{};
    Timestamp ts_event{};
    Timestamp ts_trade{};
    std::int64_t id = 0;
    Price price{};
    Qty qty{};
    bool buyer_is_maker = false;
    std::string_view kind{};  ///< futures: MARKET; INSURANCE_FUND, ADL and NA are not of the market
};

/// `<symbol>@aggTrade` and an element of GET aggTrades (there without a symbol).
struct AggregateTrade {
    std::string_view symbol{};
    Timestamp ts_event{};
    Timestamp ts_trade{};
    std::int64_t id = 0;
    std::int64_t first_trade = 0;
    std::int64_t last_trade = 0;
    Price price{};
    Qty qty{};
    bool buyer_is_maker = false;
};

/// `<symbol>@bookTicker`; an empty side has price and size 0. Spot tells no instants.
struct BookTicker {
    std::string_view symbol{};
    std::uint64_t update_id = 0;
    Price bid{};
    Qty bid_size{};
    Price ask{};
    Qty ask_size{};
    std::optional<Timestamp> ts_event{};
    std::optional<Timestamp> ts_transaction{};
};

struct Kline {
    Timestamp open_ts{};
    Timestamp close_ts{};  ///< the last millisecond of the interval
    Price open{};
    Price high{};
    Price low{};
    Price close{};
    Qty volume{};
    Money quote_volume{};
    std::int64_t trades = 0;
    Qty taker_buy_volume{};
    Money taker_buy_quote_volume{};
};

/// `<symbol>@kline_<interval>`.
struct KlineUpdate {
    std::string_view symbol{};
    std::string_view interval{};
    Timestamp ts_event{};
    bool is_closed = false;
    Kline kline{};
};

/// A price above 0 and what is there; size 0 removes it.
struct DepthLevel {
    Price price{};
    Qty size{};

    friend bool operator==(const DepthLevel&, const DepthLevel&) = default;
};

/// `<symbol>@depth`: what changed from update `first_update_id` to `last_update_id`.
struct DepthUpdate {
    std::string_view symbol{};
    Timestamp ts_event{};
    std::optional<Timestamp> ts_transaction{};  ///< futures
    std::uint64_t first_update_id = 0;
    std::uint64_t last_update_id = 0;
    std::uint64_t previous_update_id = 0;  ///< futures; 0 on spot
    std::span<const DepthLevel> bids{};
    std::span<const DepthLevel> asks{};
};

/// GET /api/v3/depth, GET /fapi/v1/depth, and spot's `<symbol>@depth<levels>`.
struct DepthSnapshot {
    std::uint64_t last_update_id = 0;
    std::optional<Timestamp> ts_event{};  ///< futures
    std::optional<Timestamp> ts_transaction{};
    std::span<const DepthLevel> bids{};
    std::span<const DepthLevel> asks{};
};

/// `<symbol>@markPrice`.
struct MarkPrice {
    std::string_view symbol{};
    Timestamp ts_event{};
    Price mark{};
    std::optional<Price> index{};
    std::optional<Rate> funding_rate{};  ///< perpetuals; may be negative
    Timestamp next_funding{};            ///< 1970 where there is none
};

// --- the account ------------------------------------------------------------------------------

/// A report on one of our orders: spot's executionReport and the futures' ORDER_TRADE_UPDATE.
struct OrderReport {
    std::string_view symbol{};
    std::string_view client_order_id{};
    std::string_view
        original_client_order_id{};  ///< spot: of the order that was cancelled, or empty
    Timestamp ts_event{};
    Timestamp ts_transaction{};
    Side side = Side::buy;
    VenueOrderType type = VenueOrderType::market;
    VenueTimeInForce time_in_force = VenueTimeInForce::gtc;
    ExecutionType execution = ExecutionType::new_order;
    VenueOrderStatus status = VenueOrderStatus::new_order;
    std::int64_t order_id = 0;
    std::int64_t order_list_id = -1;  ///< spot
    Qty qty{};
    Price price{};       ///< 0: none
    Price stop_price{};  ///< 0: none
    Qty last_qty{};
    Qty cumulative_qty{};
    Price last_price{};
    std::optional<Money> commission{};    ///< may be negative
    std::string_view commission_asset{};  ///< empty: none
    std::int64_t trade_id = -1;
    bool is_maker = false;
    std::string_view reject_reason{};  ///< spot; NONE where there is none
    std::string_view expiry_reason{};  ///< spot: `eR`; futures: `er`
    bool reduce_only = false;          ///< futures
    PositionSide position_side = PositionSide::both;
    std::optional<Money> realized_profit{};  ///< futures
};

struct Balance {
    std::string_view asset{};
    Money free{};
    Money locked{};
};

/// Spot: balances that may have changed.
struct AccountPosition {
    Timestamp ts_event{};
    Timestamp ts_update{};
    std::vector<Balance> balances{};
};

/// Spot: a deposit, withdrawal or transfer.
struct BalanceUpdate {
    Timestamp ts_event{};
    Timestamp ts_clear{};
    std::string_view asset{};
    Money delta{};  ///< may be negative
};

struct ListMember {
    std::string_view symbol{};
    std::int64_t order_id = 0;
    std::string_view client_order_id{};
};

/// Spot: an order list (OCO, OTO) moved on.
struct ListStatus {
    std::string_view symbol{};
    Timestamp ts_event{};
    Timestamp ts_transaction{};
    std::int64_t order_list_id = 0;
    std::string_view contingency{};  ///< OCO, OTO
    std::string_view status_type{};  ///< RESPONSE, EXEC_STARTED, UPDATED, ALL_DONE
    std::string_view order_status{};
    std::string_view reject_reason{};
    std::string_view client_order_id{};
    std::vector<ListMember> orders{};
};

struct WalletBalance {
    std::string_view asset{};
    Money wallet{};
    Money cross_wallet{};
    std::optional<Money> change{};  ///< except profit, loss and commission
};

struct PositionUpdate {
    std::string_view symbol{};
    Qty amount{};  ///< signed
    Price entry_price{};
    Money unrealized{};
    std::string_view margin_type{};
    Money isolated_wallet{};
    PositionSide side = PositionSide::both;
};

/// Futures: balances and positions after an order, a deposit, funding.
struct AccountUpdate {
    Timestamp ts_event{};
    Timestamp ts_transaction{};
    std::string_view reason{};  ///< ORDER, FUNDING_FEE, DEPOSIT, ...
    std::vector<WalletBalance> balances{};
    std::vector<PositionUpdate> positions{};
};

struct MarginCallPosition {
    std::string_view symbol{};
    PositionSide side = PositionSide::both;
    Qty amount{};  ///< signed
    std::string_view margin_type{};
    std::optional<Money> isolated_wallet{};
    Price mark{};
    Money unrealized{};
    Money maintenance{};
};

/// Futures: the risk ratio is too high.
struct MarginCallNotice {
    Timestamp ts_event{};
    std::optional<Money> cross_wallet{};
    std::vector<MarginCallPosition> positions{};
};

/// Futures: the user-data stream must be asked for anew.
struct ListenKeyExpired {
    Timestamp ts_event{};
};

// --- the stream -------------------------------------------------------------------------------

/// A message that is known and means nothing to us: forceOrder, tickers, ...
struct Ignored {
    std::string_view type{};
};

/// The answer to a request on the socket (subscribe, unsubscribe).
struct RequestAnswer {
    std::int64_t id = 0;
    bool is_error = false;
    std::int64_t code = 0;
    std::string_view text{};
};

using StreamPayload =
    std::variant<Ignored, TradePrint, AggregateTrade, BookTicker, KlineUpdate, DepthUpdate,
                 DepthSnapshot, MarkPrice, OrderReport, AccountPosition, BalanceUpdate, ListStatus,
                 AccountUpdate, MarginCallNotice, ListenKeyExpired, RequestAnswer>;

/// One message of a websocket, its envelope taken off.
struct StreamMessage {
    std::string_view stream{};  ///< of a combined stream: "btcusdt@trade"; else empty
    StreamPayload payload;
};

// --- REST answers -----------------------------------------------------------------------------

/// What an order costs in one trade of a FULL answer.
struct AnswerFill {
    Price price{};
    Qty qty{};
    Money commission{};
    std::string_view commission_asset{};
    std::optional<std::int64_t> trade_id{};
};

/// An order as the venue answers with it: new (ACK, RESULT, FULL), cancelled, changed, queried,
/// open, of all.
struct OrderAnswer {
    std::string_view symbol{};
    std::int64_t order_id = 0;
    std::string_view client_order_id{};
    std::string_view original_client_order_id{};  ///< of a cancel on spot
    std::optional<std::int64_t> order_list_id{};
    std::optional<Timestamp> ts_transaction{};  ///< transactTime, updateTime
    std::optional<Timestamp> ts_created{};
    std::optional<VenueOrderStatus> status{};  ///< absent: ACK
    std::optional<VenueOrderType> type{};
    std::optional<VenueTimeInForce> time_in_force{};
    std::optional<Side> side{};
    std::optional<Price> price{};
    std::optional<Price> stop_price{};
    std::optional<Price> average_price{};  ///< futures; rounded half to even at 1e-9
    std::optional<Qty> qty{};
    std::optional<Qty> executed_qty{};
    std::optional<Qty> iceberg_qty{};
    std::optional<Money> cumulative_quote{};
    std::optional<bool> reduce_only{};
    std::optional<PositionSide> position_side{};
    std::vector<AnswerFill> fills{};
};

/// An element of GET myTrades (spot) and userTrades (futures).
struct UserTrade {
    std::string_view symbol{};
    std::int64_t id = 0;
    std::int64_t order_id = 0;
    Side side = Side::buy;
    bool is_maker = false;
    Price price{};
    Qty qty{};
    Money commission{};
    std::string_view commission_asset{};
    Timestamp ts{};
    std::optional<Money> realized_profit{};  ///< futures
    PositionSide position_side = PositionSide::both;
};

/// GET /api/v3/account.
struct SpotAccount {
    bool can_trade = false;
    Timestamp ts_update{};
    std::vector<Balance> balances{};
};

struct FuturesAsset {
    std::string_view asset{};
    Money wallet{};
    Money unrealized{};
    Money margin_balance{};
    Money maintenance{};
    Money initial{};
    Money available{};
};

/// GET /fapi/v2/account and v3; its positions come from positionRisk.
struct FuturesAccount {
    Money wallet{};
    Money unrealized{};
    Money margin_balance{};
    Money maintenance{};
    Money available{};
    std::vector<FuturesAsset> assets{};
};

/// An element of GET /fapi/v2/positionRisk and v3.
struct PositionRisk {
    std::string_view symbol{};
    PositionSide side = PositionSide::both;
    Qty amount{};  ///< signed
    Price entry_price{};
    Price mark{};
    Price liquidation{};  ///< 0: none
    Money unrealized{};
    std::optional<Rate> leverage{};  ///< version 2; 10 for ten times
    std::string_view margin_type{};  ///< version 2
};

enum class FilterType : std::uint8_t {
    price,
    lot_size,
    market_lot_size,
    min_notional,
    notional,
    percent_price,
    percent_price_by_side,
    other,
};

/// The values of a filter; which of them it has hangs on its type. Upper bounds of 0 are none.
struct Filter {
    FilterType type = FilterType::other;
    std::optional<Money> min_price{};
    std::optional<Money> max_price{};
    std::optional<Money> tick_size{};
    std::optional<Money> min_qty{};
    std::optional<Money> max_qty{};
    std::optional<Money> step_size{};
    std::optional<Money> min_notional{};  ///< `minNotional`; futures: `notional`
    std::optional<Money> max_notional{};
    std::optional<Rate> multiplier_up{};
    std::optional<Rate> multiplier_down{};
    std::optional<Rate> bid_multiplier_up{};
    std::optional<Rate> bid_multiplier_down{};
    std::optional<Rate> ask_multiplier_up{};
    std::optional<Rate> ask_multiplier_down{};
};

/// An element of exchangeInfo's symbols.
struct SymbolInfo {
    std::string_view symbol{};
    std::string_view status{};  ///< TRADING where it trades
    std::string_view base_asset{};
    std::string_view quote_asset{};
    std::string_view margin_asset{};   ///< futures
    std::string_view contract_type{};  ///< futures: PERPETUAL, CURRENT_QUARTER, ...
    std::optional<Timestamp> delivery{};
    std::optional<Rate> required_margin_percent{};  ///< futures: 5 for 5 %
    std::optional<Rate> maint_margin_percent{};
    std::vector<std::string_view> order_types{};
    std::vector<Filter> filters{};
};

struct RateLimit {
    std::string_view type{};  ///< REQUEST_WEIGHT, ORDERS, RAW_REQUESTS
    std::string_view interval{};
    std::int64_t interval_count = 0;
    std::int64_t limit = 0;
};

struct ExchangeInfo {
    Timestamp server_time{};
    std::vector<RateLimit> rate_limits{};
    std::vector<SymbolInfo> symbols{};
};

}  // namespace tradewind::binance
