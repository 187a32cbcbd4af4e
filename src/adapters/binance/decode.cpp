// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "adapters/binance/fields.hpp"

namespace tradewind::binance {
namespace fields {
namespace {

template <typename E>
using Word = std::pair<std::string_view, E>;

}  // namespace

template <>
struct Words<Side> {
    static constexpr std::array<Word<Side>, 2> table{{{"BUY", Side::buy}, {"SELL", Side::sell}}};
};
template <>
struct Words<PositionSide> {
    static constexpr std::array<Word<PositionSide>, 3> table{{{"BOTH", PositionSide::both},
                                                              {"LONG", PositionSide::long_side},
                                                              {"SHORT", PositionSide::short_side}}};
};
template <>
struct Words<VenueOrderStatus> {
    using enum VenueOrderStatus;
    static constexpr std::array<Word<VenueOrderStatus>, 9> table{
        {{"NEW", new_order},
         {"PARTIALLY_FILLED", partially_filled},
         {"FILLED", filled},
         {"CANCELED", canceled},
         {"EXPIRED", expired},
         {"REJECTED", rejected},
         {"EXPIRED_IN_MATCH", expired_in_match},
         {"PENDING_NEW", pending_new},
         {"PENDING_CANCEL", pending_cancel}}};
};
template <>
struct Words<ExecutionType> {
    using enum ExecutionType;
    static constexpr std::array<Word<ExecutionType>, 9> table{
        {{"NEW", new_order},
         {"TRADE", trade},
         {"CANCELED", canceled},
         {"EXPIRED", expired},
         {"REJECTED", rejected},
         {"REPLACED", replaced},
         {"AMENDMENT", amendment},
         {"TRADE_PREVENTION", trade_prevention},
         {"CALCULATED", calculated}}};
};
template <>
struct Words<VenueOrderType> {
    using enum VenueOrderType;
    static constexpr std::array<Word<VenueOrderType>, 12> table{
        {{"LIMIT", limit},
         {"MARKET", market},
         {"LIMIT_MAKER", limit_maker},
         {"STOP_LOSS", stop_loss},
         {"STOP_LOSS_LIMIT", stop_loss_limit},
         {"TAKE_PROFIT", take_profit},
         {"TAKE_PROFIT_LIMIT", take_profit_limit},
         {"STOP", stop},
         {"STOP_MARKET", stop_market},
         {"TAKE_PROFIT_MARKET", take_profit_market},
         {"TRAILING_STOP_MARKET", trailing_stop_market},
         {"LIQUIDATION", liquidation}}};
};
template <>
struct Words<VenueTimeInForce> {
    using enum VenueTimeInForce;
    static constexpr std::array<Word<VenueTimeInForce>, 7> table{{{"GTC", gtc},
                                                                  {"IOC", ioc},
                                                                  {"FOK", fok},
                                                                  {"GTX", gtx},
                                                                  {"GTD", gtd},
                                                                  {"GTE_GTC", gte_gtc},
                                                                  {"RPI", rpi}}};
};
/// The venue adds filters; those that we do not know bind nothing of ours.
template <Sign sign>
struct Reader<FilterType, sign> {
    static Fault read(od::value& value, FilterType& out, Scratch& /*scratch*/) {
        using enum FilterType;
        constexpr std::array<Word<FilterType>, 7> kTable{
            {{"PRICE_FILTER", price},
             {"LOT_SIZE", lot_size},
             {"MARKET_LOT_SIZE", market_lot_size},
             {"MIN_NOTIONAL", min_notional},
             {"NOTIONAL", notional},
             {"PERCENT_PRICE", percent_price},
             {"PERCENT_PRICE_BY_SIDE", percent_price_by_side}}};
        std::string_view text;
        const Fault fault = read_text(value, text);
        const auto* found = std::find_if(kTable.begin(), kTable.end(),
                                         [&](const auto& w) { return w.first == text; });
        out = found == kTable.end() ? other : found->second;
        return fault;
    }
};

namespace {

// --- the tables: which key goes where. In the order in which the venue sends them -------------

constexpr std::array kTrade{
    pass<TradePrint>("e"),
    need<&TradePrint::ts_event>("E"),
    need<&TradePrint::symbol>("s"),
    need<&TradePrint::id>("t"),
    need<&TradePrint::price, Sign::positive>("p"),
    need<&TradePrint::qty, Sign::positive>("q"),
    need<&TradePrint::ts_trade>("T"),
    need<&TradePrint::buyer_is_maker>("m"),
    pass<TradePrint>("M"),
};
/// What was not traded on the market may have a price and a size of 0.
constexpr std::array kFuturesTrade{
    pass<TradePrint>("e"),
    need<&TradePrint::ts_event>("E"),
    need<&TradePrint::ts_trade>("T"),
    need<&TradePrint::symbol>("s"),
    need<&TradePrint::id>("t"),
    need<&TradePrint::price>("p"),
    need<&TradePrint::qty>("q"),
    need<&TradePrint::kind>("X"),
    need<&TradePrint::buyer_is_maker>("m"),
};
constexpr std::array kAggregateTrade{
    pass<AggregateTrade>("e"),
    need<&AggregateTrade::ts_event>("E"),
    need<&AggregateTrade::symbol>("s"),
    need<&AggregateTrade::id>("a"),
    need<&AggregateTrade::price, Sign::positive>("p"),
    need<&AggregateTrade::qty, Sign::positive>("q"),
    need<&AggregateTrade::first_trade>("f"),
    need<&AggregateTrade::last_trade>("l"),
    need<&AggregateTrade::ts_trade>("T"),
    need<&AggregateTrade::buyer_is_maker>("m"),
    pass<AggregateTrade>("M"),
};
constexpr std::array kRestAggregateTrade{
    need<&AggregateTrade::id>("a"),
    need<&AggregateTrade::price, Sign::positive>("p"),
    need<&AggregateTrade::qty, Sign::positive>("q"),
    need<&AggregateTrade::first_trade>("f"),
    need<&AggregateTrade::last_trade>("l"),
    need<&AggregateTrade::ts_trade>("T"),
    need<&AggregateTrade::buyer_is_maker>("m"),
};
constexpr std::array kSpotTicker{
    need<&BookTicker::update_id>("u"), need<&BookTicker::symbol>("s"),
    need<&BookTicker::bid>("b"),       need<&BookTicker::bid_size>("B"),
    need<&BookTicker::ask>("a"),       need<&BookTicker::ask_size>("A"),
};
constexpr std::array kFuturesTicker{
    pass<BookTicker>("e"),
    need<&BookTicker::update_id>("u"),
    need<&BookTicker::symbol>("s"),
    need<&BookTicker::bid>("b"),
    need<&BookTicker::bid_size>("B"),
    need<&BookTicker::ask>("a"),
    need<&BookTicker::ask_size>("A"),
    need<&BookTicker::ts_transaction>("T"),
    need<&BookTicker::ts_event>("E"),
};
constexpr std::array kKline{
    need<&Kline::open_ts>("t"),
    need<&Kline::close_ts>("T"),
    need<&Kline::open, Sign::positive>("o"),
    need<&Kline::close, Sign::positive>("c"),
    need<&Kline::high, Sign::positive>("h"),
    need<&Kline::low, Sign::positive>("l"),
    need<&Kline::volume>("v"),
    need<&Kline::trades>("n"),
    need<&Kline::quote_volume>("q"),
    need<&Kline::taker_buy_volume>("V"),
    need<&Kline::taker_buy_quote_volume>("Q"),
};

/// Interval and end of a kline stand among its prices.
Fault read_kline(od::value& value, KlineUpdate& out, Scratch& scratch) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Fault::wrong_type;
    static constexpr std::array kMarks{
        need<&KlineUpdate::interval>("i"),
        need<&KlineUpdate::is_closed>("x"),
    };
    if (const Fault fault = read_object(object, out, kMarks, scratch); fault != Fault::none) {
        return fault;
    }
    if (object.reset().error() != simdjson::SUCCESS) return Fault::not_json;
    return read_object(object, out.kline, kKline, scratch);
}

constexpr std::array<Field<KlineUpdate>, 4> kKlineUpdate{{
    pass<KlineUpdate>("e"),
    need<&KlineUpdate::ts_event>("E"),
    need<&KlineUpdate::symbol>("s"),
    {"k", &read_kline, true},
}};
constexpr std::array kSpotDepth{
    pass<DepthUpdate>("e"),
    need<&DepthUpdate::ts_event>("E"),
    need<&DepthUpdate::symbol>("s"),
    need<&DepthUpdate::first_update_id>("U"),
    need<&DepthUpdate::last_update_id>("u"),
    levels<&DepthUpdate::bids, 0>("b"),
    levels<&DepthUpdate::asks, 1>("a"),
};
constexpr std::array kFuturesDepth{
    pass<DepthUpdate>("e"),
    need<&DepthUpdate::ts_event>("E"),
    need<&DepthUpdate::ts_transaction>("T"),
    need<&DepthUpdate::symbol>("s"),
    need<&DepthUpdate::first_update_id>("U"),
    need<&DepthUpdate::last_update_id>("u"),
    need<&DepthUpdate::previous_update_id>("pu"),
    levels<&DepthUpdate::bids, 0>("b"),
    levels<&DepthUpdate::asks, 1>("a"),
};
constexpr std::array kSnapshot{
    need<&DepthSnapshot::last_update_id>("lastUpdateId"),
    may<&DepthSnapshot::ts_event>("E"),
    may<&DepthSnapshot::ts_transaction>("T"),
    levels<&DepthSnapshot::bids, 0>("bids"),
    levels<&DepthSnapshot::asks, 1>("asks"),
};
constexpr std::array kMarkPrice{
    pass<MarkPrice>("e"),
    need<&MarkPrice::ts_event>("E"),
    need<&MarkPrice::symbol>("s"),
    need<&MarkPrice::mark, Sign::positive>("p"),
    pass<MarkPrice>("P"),
    may<&MarkPrice::index>("i"),
    may<&MarkPrice::funding_rate, Sign::any>("r"),
    need<&MarkPrice::next_funding>("T"),
};

/// A text or null, which is empty.
template <auto Member>
Fault read_nullable(od::value& value, typename Of<Member>::Owner& out, Scratch& /*scratch*/) {
    return token_of(value) == "null" ? Fault::none : read_text(value, out.*Member);
}

constexpr std::array<Field<OrderReport>, 26> kSpotReport{{
    pass<OrderReport>("e"),
    need<&OrderReport::ts_event>("E"),
    need<&OrderReport::symbol>("s"),
    need<&OrderReport::client_order_id>("c"),
    need<&OrderReport::side>("S"),
    need<&OrderReport::type>("o"),
    need<&OrderReport::time_in_force>("f"),
    need<&OrderReport::qty>("q"),
    need<&OrderReport::price>("p"),
    need<&OrderReport::stop_price>("P"),
    pass<OrderReport>("F"),
    need<&OrderReport::order_list_id, Sign::any>("g"),
    need<&OrderReport::original_client_order_id>("C"),
    need<&OrderReport::execution>("x"),
    need<&OrderReport::status>("X"),
    need<&OrderReport::reject_reason>("r"),
    need<&OrderReport::order_id>("i"),
    need<&OrderReport::last_qty>("l"),
    need<&OrderReport::cumulative_qty>("z"),
    need<&OrderReport::last_price>("L"),
    need<&OrderReport::commission, Sign::any>("n"),
    {"N", &read_nullable<&OrderReport::commission_asset>, true},
    need<&OrderReport::ts_transaction>("T"),
    need<&OrderReport::trade_id, Sign::any>("t"),
    need<&OrderReport::is_maker>("m"),
    may<&OrderReport::expiry_reason>("eR"),
}};

constexpr std::array kFuturesOrder{
    need<&OrderReport::symbol>("s"),
    need<&OrderReport::client_order_id>("c"),
    need<&OrderReport::side>("S"),
    need<&OrderReport::type>("o"),
    need<&OrderReport::time_in_force>("f"),
    need<&OrderReport::qty>("q"),
    need<&OrderReport::price>("p"),
    pass<OrderReport>("ap"),
    need<&OrderReport::stop_price>("sp"),
    need<&OrderReport::execution>("x"),
    need<&OrderReport::status>("X"),
    need<&OrderReport::order_id>("i"),
    need<&OrderReport::last_qty>("l"),
    need<&OrderReport::cumulative_qty>("z"),
    need<&OrderReport::last_price>("L"),
    may<&OrderReport::commission_asset>("N"),
    may<&OrderReport::commission, Sign::any>("n"),
    pass<OrderReport>("T"),
    need<&OrderReport::trade_id, Sign::any>("t"),
    need<&OrderReport::is_maker>("m"),
    need<&OrderReport::reduce_only>("R"),
    need<&OrderReport::position_side>("ps"),
    may<&OrderReport::realized_profit, Sign::any>("rp"),
};
constexpr std::array kOrderTradeUpdate{
    pass<OrderReport>("e"),
    need<&OrderReport::ts_event>("E"),
    need<&OrderReport::ts_transaction>("T"),
    inside<OrderReport, kFuturesOrder>("o"),
};
constexpr std::array kStreamBalance{
    need<&Balance::asset>("a"),
    need<&Balance::free>("f"),
    need<&Balance::locked>("l"),
};
constexpr std::array kAccountPosition{
    pass<AccountPosition>("e"),
    need<&AccountPosition::ts_event>("E"),
    need<&AccountPosition::ts_update>("u"),
    list<&AccountPosition::balances, kStreamBalance>("B"),
};
constexpr std::array kBalanceUpdate{
    pass<BalanceUpdate>("e"),
    need<&BalanceUpdate::ts_event>("E"),
    need<&BalanceUpdate::asset>("a"),
    need<&BalanceUpdate::delta, Sign::any>("d"),
    need<&BalanceUpdate::ts_clear>("T"),
};
constexpr std::array kListMember{
    need<&ListMember::symbol>("s"),
    need<&ListMember::order_id>("i"),
    need<&ListMember::client_order_id>("c"),
};
constexpr std::array kListStatus{
    pass<ListStatus>("e"),
    need<&ListStatus::ts_event>("E"),
    need<&ListStatus::symbol>("s"),
    need<&ListStatus::order_list_id>("g"),
    need<&ListStatus::contingency>("c"),
    need<&ListStatus::status_type>("l"),
    need<&ListStatus::order_status>("L"),
    need<&ListStatus::reject_reason>("r"),
    need<&ListStatus::client_order_id>("C"),
    need<&ListStatus::ts_transaction>("T"),
    list<&ListStatus::orders, kListMember>("O"),
};
constexpr std::array kWalletBalance{
    need<&WalletBalance::asset>("a"),
    need<&WalletBalance::wallet, Sign::any>("wb"),
    need<&WalletBalance::cross_wallet, Sign::any>("cw"),
    may<&WalletBalance::change, Sign::any>("bc"),
};
constexpr std::array kPositionUpdate{
    need<&PositionUpdate::symbol>("s"),
    need<&PositionUpdate::amount, Sign::any>("pa"),
    average<&PositionUpdate::entry_price>("ep"),
    need<&PositionUpdate::unrealized, Sign::any>("up"),
    need<&PositionUpdate::margin_type>("mt"),
    need<&PositionUpdate::isolated_wallet, Sign::any>("iw"),
    need<&PositionUpdate::side>("ps"),
};
constexpr std::array kAccountParts{
    need<&AccountUpdate::reason>("m"),
    list<&AccountUpdate::balances, kWalletBalance>("B"),
    list<&AccountUpdate::positions, kPositionUpdate>("P", false),
};
constexpr std::array kAccountUpdate{
    pass<AccountUpdate>("e"),
    need<&AccountUpdate::ts_event>("E"),
    need<&AccountUpdate::ts_transaction>("T"),
    inside<AccountUpdate, kAccountParts>("a"),
};
constexpr std::array kMarginCallPosition{
    need<&MarginCallPosition::symbol>("s"),
    need<&MarginCallPosition::side>("ps"),
    need<&MarginCallPosition::amount, Sign::any>("pa"),
    need<&MarginCallPosition::margin_type>("mt"),
    may<&MarginCallPosition::isolated_wallet, Sign::any>("iw"),
    need<&MarginCallPosition::mark>("mp"),
    need<&MarginCallPosition::unrealized, Sign::any>("up"),
    need<&MarginCallPosition::maintenance>("mm"),
};
constexpr std::array kMarginCall{
    pass<MarginCallNotice>("e"),
    need<&MarginCallNotice::ts_event>("E"),
    may<&MarginCallNotice::cross_wallet, Sign::any>("cw"),
    list<&MarginCallNotice::positions, kMarginCallPosition>("p"),
};
constexpr std::array kListenKeyExpired{
    pass<ListenKeyExpired>("e"),
    need<&ListenKeyExpired::ts_event>("E"),
};

/// The id is ours: a number; where it is a text or null we did not send it.
Fault read_request_id(od::value& value, RequestAnswer& out, Scratch& /*scratch*/) {
    const char first = token_of(value).front();
    if (first == '"' || first == 'n') return Fault::none;
    return read_integer(value, out.id);
}
constexpr std::array kRequestError{
    need<&RequestAnswer::code, Sign::any>("code"),
    need<&RequestAnswer::text>("msg"),
};
Fault read_request_error(od::value& value, RequestAnswer& out, Scratch& scratch) {
    out.is_error = true;
    return read_value(value, out, kRequestError, scratch);
}
Fault read_request_code(od::value& value, RequestAnswer& out, Scratch& /*scratch*/) {
    out.is_error = true;
    return read_integer(value, out.code);
}
constexpr std::array<Field<RequestAnswer>, 5> kRequestAnswer{{
    pass<RequestAnswer>("result"),
    {"id", &read_request_id, false},
    {"error", &read_request_error, false},
    {"code", &read_request_code, false},
    may<&RequestAnswer::text>("msg"),
}};

// --- answers of REST --------------------------------------------------------------------------

constexpr std::array kError{
    need<&VenueError::code, Sign::any>("code"),
    need<&VenueError::text>("msg"),
};
struct ServerTime {
    Timestamp ts{};
};
constexpr std::array kServerTime{need<&ServerTime::ts>("serverTime")};

constexpr std::array kAnswerFill{
    need<&AnswerFill::price>("price"),
    need<&AnswerFill::qty>("qty"),
    need<&AnswerFill::commission, Sign::any>("commission"),
    need<&AnswerFill::commission_asset>("commissionAsset"),
    may<&AnswerFill::trade_id>("tradeId"),
};
constexpr std::array kOrderAnswer{
    need<&OrderAnswer::symbol>("symbol"),
    may<&OrderAnswer::original_client_order_id>("origClientOrderId"),
    need<&OrderAnswer::order_id>("orderId"),
    may<&OrderAnswer::order_list_id, Sign::any>("orderListId"),
    need<&OrderAnswer::client_order_id>("clientOrderId"),
    may<&OrderAnswer::ts_transaction>("transactTime"),
    may<&OrderAnswer::price>("price"),
    may<&OrderAnswer::qty>("origQty"),
    may<&OrderAnswer::executed_qty>("executedQty"),
    may<&OrderAnswer::cumulative_quote, Sign::any>(
        "cummulativeQuoteQty"),  // -1: not known any more
    may<&OrderAnswer::status>("status"),
    may<&OrderAnswer::time_in_force>("timeInForce"),
    may<&OrderAnswer::type>("type"),
    may<&OrderAnswer::side>("side"),
    may<&OrderAnswer::stop_price>("stopPrice"),
    may<&OrderAnswer::iceberg_qty>("icebergQty"),
    may<&OrderAnswer::ts_created>("time"),
    may<&OrderAnswer::ts_transaction>("updateTime"),
    list<&OrderAnswer::fills, kAnswerFill>("fills", false),
};
constexpr auto kFuturesOrderAnswer = std::array{
    need<&OrderAnswer::symbol>("symbol"),
    need<&OrderAnswer::order_id>("orderId"),
    need<&OrderAnswer::client_order_id>("clientOrderId"),
    need<&OrderAnswer::status>("status"),
    may<&OrderAnswer::price>("price"),
    average<&OrderAnswer::average_price>("avgPrice"),
    may<&OrderAnswer::qty>("origQty"),
    may<&OrderAnswer::executed_qty>("executedQty"),
    pass<OrderAnswer>("cumQty"),
    may<&OrderAnswer::cumulative_quote>("cumQuote"),
    may<&OrderAnswer::time_in_force>("timeInForce"),
    may<&OrderAnswer::type>("type"),
    may<&OrderAnswer::reduce_only>("reduceOnly"),
    may<&OrderAnswer::side>("side"),
    may<&OrderAnswer::position_side>("positionSide"),
    may<&OrderAnswer::stop_price>("stopPrice"),
    may<&OrderAnswer::ts_created>("time"),
    may<&OrderAnswer::ts_transaction>("updateTime"),
};
Fault read_buyer(od::value& value, UserTrade& out, Scratch& /*scratch*/) {
    bool is_buyer = false;
    if (value.get_bool().get(is_buyer) != simdjson::SUCCESS) return Fault::wrong_type;
    out.side = is_buyer ? Side::buy : Side::sell;
    return Fault::none;
}
constexpr std::array<Field<UserTrade>, 10> kUserTrade{{
    need<&UserTrade::symbol>("symbol"),
    need<&UserTrade::id>("id"),
    need<&UserTrade::order_id>("orderId"),
    need<&UserTrade::price>("price"),
    need<&UserTrade::qty>("qty"),
    need<&UserTrade::commission, Sign::any>("commission"),
    need<&UserTrade::commission_asset>("commissionAsset"),
    need<&UserTrade::ts>("time"),
    {"isBuyer", &read_buyer, true},
    need<&UserTrade::is_maker>("isMaker"),
}};
constexpr std::array kFuturesUserTrade{
    need<&UserTrade::symbol>("symbol"),
    need<&UserTrade::id>("id"),
    need<&UserTrade::order_id>("orderId"),
    need<&UserTrade::side>("side"),
    need<&UserTrade::price>("price"),
    need<&UserTrade::qty>("qty"),
    may<&UserTrade::realized_profit, Sign::any>("realizedPnl"),
    need<&UserTrade::commission, Sign::any>("commission"),
    need<&UserTrade::commission_asset>("commissionAsset"),
    need<&UserTrade::ts>("time"),
    need<&UserTrade::position_side>("positionSide"),
    need<&UserTrade::is_maker>("maker"),
};
constexpr std::array kBalance{
    need<&Balance::asset>("asset"),
    need<&Balance::free>("free"),
    need<&Balance::locked>("locked"),
};
constexpr std::array kSpotAccount{
    need<&SpotAccount::can_trade>("canTrade"),
    need<&SpotAccount::ts_update>("updateTime"),
    list<&SpotAccount::balances, kBalance>("balances"),
};
constexpr std::array kFuturesAsset{
    need<&FuturesAsset::asset>("asset"),
    need<&FuturesAsset::wallet, Sign::any>("walletBalance"),
    need<&FuturesAsset::unrealized, Sign::any>("unrealizedProfit"),
    need<&FuturesAsset::margin_balance, Sign::any>("marginBalance"),
    need<&FuturesAsset::maintenance>("maintMargin"),
    need<&FuturesAsset::initial>("initialMargin"),
    need<&FuturesAsset::available, Sign::any>("availableBalance"),
};
constexpr std::array kFuturesAccount{
    need<&FuturesAccount::maintenance>("totalMaintMargin"),
    need<&FuturesAccount::wallet, Sign::any>("totalWalletBalance"),
    need<&FuturesAccount::unrealized, Sign::any>("totalUnrealizedProfit"),
    need<&FuturesAccount::margin_balance, Sign::any>("totalMarginBalance"),
    need<&FuturesAccount::available, Sign::any>("availableBalance"),
    list<&FuturesAccount::assets, kFuturesAsset>("assets"),
};
constexpr std::array kPositionRisk{
    need<&PositionRisk::symbol>("symbol"),
    need<&PositionRisk::side>("positionSide"),
    need<&PositionRisk::amount, Sign::any>("positionAmt"),
    average<&PositionRisk::entry_price>("entryPrice"),
    average<&PositionRisk::mark>("markPrice"),
    need<&PositionRisk::unrealized, Sign::any>("unRealizedProfit"),
    average<&PositionRisk::liquidation>("liquidationPrice"),
    may<&PositionRisk::leverage>("leverage"),
    may<&PositionRisk::margin_type>("marginType"),
};
constexpr std::array kFilter{
    need<&Filter::type>("filterType"),
    may<&Filter::min_price>("minPrice"),
    may<&Filter::max_price>("maxPrice"),
    may<&Filter::tick_size>("tickSize"),
    may<&Filter::min_qty>("minQty"),
    may<&Filter::max_qty>("maxQty"),
    may<&Filter::step_size>("stepSize"),
    may<&Filter::min_notional>("minNotional"),
    may<&Filter::min_notional>("notional"),
    may<&Filter::max_notional>("maxNotional"),
    may<&Filter::multiplier_up>("multiplierUp"),
    may<&Filter::multiplier_down>("multiplierDown"),
    may<&Filter::bid_multiplier_up>("bidMultiplierUp"),
    may<&Filter::bid_multiplier_down>("bidMultiplierDown"),
    may<&Filter::ask_multiplier_up>("askMultiplierUp"),
    may<&Filter::ask_multiplier_down>("askMultiplierDown"),
};
constexpr std::array kSymbol{
    need<&SymbolInfo::symbol>("symbol"),
    need<&SymbolInfo::status>("status"),
    need<&SymbolInfo::base_asset>("baseAsset"),
    need<&SymbolInfo::quote_asset>("quoteAsset"),
    may<&SymbolInfo::margin_asset>("marginAsset"),
    may<&SymbolInfo::contract_type>("contractType"),
    may<&SymbolInfo::delivery>("deliveryDate"),
    may<&SymbolInfo::required_margin_percent>("requiredMarginPercent"),
    may<&SymbolInfo::maint_margin_percent>("maintMarginPercent"),
    may<&SymbolInfo::order_types>("orderTypes"),
    list<&SymbolInfo::filters, kFilter>("filters"),
};
constexpr std::array kRateLimit{
    need<&RateLimit::type>("rateLimitType"),
    need<&RateLimit::interval>("interval"),
    need<&RateLimit::interval_count>("intervalNum"),
    need<&RateLimit::limit>("limit"),
};
constexpr std::array kExchangeInfo{
    need<&ExchangeInfo::server_time>("serverTime"),
    list<&ExchangeInfo::rate_limits, kRateLimit>("rateLimits"),
    list<&ExchangeInfo::symbols, kSymbol>("symbols"),
};

// --- which message it is ----------------------------------------------------------------------

/// Known, and nothing to us. What TRADE_LITE tells, ORDER_TRADE_UPDATE tells too.
constexpr std::array<std::string_view, 17> kIgnored{
    "forceOrder",     "24hrTicker",      "24hrMiniTicker",   "1hTicker",
    "4hTicker",       "1dTicker",        "avgPrice",         "continuous_kline",
    "compositeIndex", "contractInfo",    "assetIndexUpdate", "ACCOUNT_CONFIG_UPDATE",
    "TRADE_LITE",     "STRATEGY_UPDATE", "GRID_UPDATE",      "externalLockUpdate",
    "serverShutdown",
};

template <typename T, std::size_t N>
Fault read_as(od::object& object, StreamMessage& out, const std::array<Field<T>, N>& table,
              Scratch& scratch) {
    return read_object(object, out.payload.emplace<T>(), table, scratch);
}

Fault read_named(std::string_view type, od::object& object, StreamMessage& out, Scratch& scratch) {
    const bool is_spot = scratch.segment == Segment::spot;
    if (type == "trade") {
        return is_spot ? read_as(object, out, kTrade, scratch)
                       : read_as(object, out, kFuturesTrade, scratch);
    }
    if (type == "depthUpdate") {
        return is_spot ? read_as(object, out, kSpotDepth, scratch)
                       : read_as(object, out, kFuturesDepth, scratch);
    }
    if (type == "bookTicker") return read_as(object, out, kFuturesTicker, scratch);
    if (type == "aggTrade") return read_as(object, out, kAggregateTrade, scratch);
    if (type == "kline") return read_as(object, out, kKlineUpdate, scratch);
    if (type == "markPriceUpdate") return read_as(object, out, kMarkPrice, scratch);
    if (type == "executionReport") return read_as(object, out, kSpotReport, scratch);
    if (type == "ORDER_TRADE_UPDATE") return read_as(object, out, kOrderTradeUpdate, scratch);
    if (type == "outboundAccountPosition") return read_as(object, out, kAccountPosition, scratch);
    if (type == "balanceUpdate") return read_as(object, out, kBalanceUpdate, scratch);
    if (type == "listStatus") return read_as(object, out, kListStatus, scratch);
    if (type == "ACCOUNT_UPDATE") return read_as(object, out, kAccountUpdate, scratch);
    if (type == "MARGIN_CALL") return read_as(object, out, kMarginCall, scratch);
    if (type == "listenKeyExpired" || type == "eventStreamTerminated") {
        return read_as(object, out, kListenKeyExpired, scratch);
    }
    const auto* known = std::find(kIgnored.begin(), kIgnored.end(), type);
    if (known == kIgnored.end()) return scratch.blame(Fault::unknown_message, "e");
    constexpr std::array<Field<Ignored>, 0> kNothing{};
    return read_object(object, out.payload.emplace<Ignored>(Ignored{*known}), kNothing, scratch);
}

/// The first key of an object, and its value where that is a text. The object is at its start
/// again.
struct First {
    std::string_view key;
    std::string_view text;
};
Fault look_at_first(od::object& object, First& out) {
    for (auto entry : object) {
        od::field field;
        if (std::move(entry).get(field) != simdjson::SUCCESS) return Fault::not_json;
        out.key = key_of(field);
        if (!plain_text(token_of(field.value()), out.text)) out.text = {};
        break;
    }
    return object.reset().error() == simdjson::SUCCESS ? Fault::none : Fault::not_json;
}

Fault read_payload(od::object& object, StreamMessage& out, Scratch& scratch) {
    First first;
    if (const Fault fault = look_at_first(object, first); fault != Fault::none) return fault;
    if (first.key == "e") return read_named(first.text, object, out, scratch);
    if (first.key == "lastUpdateId") return read_as(object, out, kSnapshot, scratch);
    std::string_view type;
    const auto error = object.find_field_unordered("e").get_string().get(type);
    if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD) {
        return scratch.blame(Fault::wrong_type, "e");
    }
    if (object.reset().error() != simdjson::SUCCESS) return Fault::not_json;
    if (error == simdjson::SUCCESS) return read_named(type, object, out, scratch);
    if (first.key == "u") return read_as(object, out, kSpotTicker, scratch);
    return Fault::unknown_message;
}

/// Streams of all symbols come as arrays; we subscribe to none.
Fault read_data(od::value& value, StreamMessage& out, Scratch& scratch) {
    if (token_of(value) == "[") {
        out.payload.emplace<Ignored>(Ignored{"array"});
        return Fault::none;
    }
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Fault::wrong_type;
    return read_payload(object, out, scratch);
}

constexpr std::array<Field<StreamMessage>, 2> kCombined{{
    need<&StreamMessage::stream>("stream"),
    {"data", &read_data, true},
}};
constexpr std::array<Field<StreamMessage>, 2> kSubscribed{{
    pass<StreamMessage>("subscriptionId"),
    {"event", &read_data, true},
}};

Fault read_message(od::object& object, StreamMessage& out, Scratch& scratch) {
    First first;
    if (const Fault fault = look_at_first(object, first); fault != Fault::none) return fault;
    if (first.key == "e" || first.key == "u" || first.key == "lastUpdateId") {
        return read_payload(object, out, scratch);
    }
    if (first.key == "stream" || first.key == "data") {
        return read_object(object, out, kCombined, scratch);
    }
    if (first.key == "subscriptionId" || first.key == "event") {
        return read_object(object, out, kSubscribed, scratch);
    }
    if (first.key == "result" || first.key == "id" || first.key == "error" || first.key == "code") {
        return read_as(object, out, kRequestAnswer, scratch);
    }
    return read_payload(object, out, scratch);
}

/// An order, a refusal, or null.
Fault read_half(od::value& value, ReplaceHalf& out, Scratch& scratch) {
    if (token_of(value) == "null") return Fault::none;
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Fault::wrong_type;
    First first;
    if (const Fault fault = look_at_first(object, first); fault != Fault::none) return fault;
    return first.key == "code" ? read_object(object, out.error.emplace(), kError, scratch)
                               : read_object(object, out.order.emplace(), kOrderAnswer, scratch);
}
template <auto Half>
Fault read_result(od::value& value, CancelReplaceAnswer& out, Scratch& /*scratch*/) {
    return read_text(value, (out.*Half).result);
}
template <auto Half>
Fault read_response(od::value& value, CancelReplaceAnswer& out, Scratch& scratch) {
    return read_half(value, out.*Half, scratch);
}
constexpr std::array<Field<CancelReplaceAnswer>, 4> kHalves{{
    {"cancelResult", &read_result<&CancelReplaceAnswer::cancel>, true},
    {"newOrderResult", &read_result<&CancelReplaceAnswer::placed>, true},
    {"cancelResponse", &read_response<&CancelReplaceAnswer::cancel>, true},
    {"newOrderResponse", &read_response<&CancelReplaceAnswer::placed>, true},
}};
constexpr std::array kFailedReplace{
    need<&CancelReplaceAnswer::code, Sign::any>("code"),
    need<&CancelReplaceAnswer::text>("msg"),
    inside<CancelReplaceAnswer, kHalves>("data"),
};

Fault read_kline_row(od::value& value, Kline& out, Scratch& scratch) {
    using Cell = Fault (*)(od::value&, Kline&, Scratch&);
    constexpr std::array<Cell, 11> kCells{
        &read_member<&Kline::open_ts>,
        &read_member<&Kline::open, Sign::positive>,
        &read_member<&Kline::high, Sign::positive>,
        &read_member<&Kline::low, Sign::positive>,
        &read_member<&Kline::close, Sign::positive>,
        &read_member<&Kline::volume>,
        &read_member<&Kline::close_ts>,
        &read_member<&Kline::quote_volume>,
        &read_member<&Kline::trades>,
        &read_member<&Kline::taker_buy_volume>,
        &read_member<&Kline::taker_buy_quote_volume>,
    };
    od::array row;
    if (value.get_array().get(row) != simdjson::SUCCESS) return Fault::wrong_type;
    std::size_t at = 0;
    for (auto cell : row) {
        od::value item;
        if (std::move(cell).get(item) != simdjson::SUCCESS) return Fault::not_json;
        if (at < kCells.size()) {
            const Fault fault = kCells[at](item, out, scratch);
            if (fault != Fault::none) return fault;
        }
        ++at;
    }
    return at < kCells.size() ? Fault::missing_field : Fault::none;
}

}  // namespace
}  // namespace fields

using fields::Fault;
namespace od = simdjson::ondemand;

struct Decoder::State {
    od::parser parser{kMessageBytesMax + simdjson::SIMDJSON_PADDING};
    std::vector<char> buffer;
    fields::Scratch scratch;

    /// The document of a copy of the bytes that has room behind it.
    Fault open(std::string_view bytes, od::document& out) {
        scratch.blamed = {};
        if (bytes.size() > kMessageBytesMax) return Fault::too_long;
        const std::size_t padded = bytes.size() + simdjson::SIMDJSON_PADDING;
        if (buffer.size() < padded) buffer.resize(std::max(padded, 2 * buffer.size()));
        if (!bytes.empty()) std::memcpy(buffer.data(), bytes.data(), bytes.size());
        std::memset(buffer.data() + bytes.size(), 0, simdjson::SIMDJSON_PADDING);
        const auto error = parser.iterate(buffer.data(), bytes.size(), buffer.size()).get(out);
        return error == simdjson::SUCCESS ? Fault::none : Fault::not_json;
    }

    [[nodiscard]] DecodeError error(Fault fault) const {
        return {.fault = fault, .field = scratch.blamed};
    }

    static bool at_end(od::document& document) {
        return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    }

    /// Reads a root object by `read`.
    template <typename Read>
    Fault object(std::string_view bytes, const Read& read) {
        od::document document;
        if (const Fault fault = open(bytes, document); fault != Fault::none) return fault;
        od::object root;
        if (const auto error = document.get_object().get(root); error != simdjson::SUCCESS) {
            return error == simdjson::INCORRECT_TYPE ? Fault::wrong_type : Fault::not_json;
        }
        const Fault fault = read(root);
        if (fault != Fault::none) return fault;
        return at_end(document) ? Fault::none : Fault::trailing_bytes;
    }
    template <typename Read>
    Fault array(std::string_view bytes, const Read& read) {
        od::document document;
        if (const Fault fault = open(bytes, document); fault != Fault::none) return fault;
        od::array root;
        if (const auto error = document.get_array().get(root); error != simdjson::SUCCESS) {
            return error == simdjson::INCORRECT_TYPE ? Fault::wrong_type : Fault::not_json;
        }
        const Fault fault = read(root);
        if (fault != Fault::none) return fault;
        return at_end(document) ? Fault::none : Fault::trailing_bytes;
    }

    Fault venue_error(std::string_view bytes, VenueError& out) {
        return object(bytes, [&](od::object& root) {
            return fields::read_object(root, out, fields::kError, scratch);
        });
    }

    /// What failed is perhaps a refusal of the venue, else an error of decoding.
    std::variant<DecodeError, VenueError> refusal(std::string_view bytes, Fault fault) {
        const DecodeError first = error(fault);
        VenueError refused;
        if (venue_error(bytes, refused) == Fault::none) return refused;
        return first;
    }

    template <typename T, std::size_t N>
    Answer<T> answer(std::string_view bytes, const std::array<fields::Field<T>, N>& table) {
        T out{};
        const Fault fault = object(bytes, [&](od::object& root) {
            return fields::read_object(root, out, table, scratch);
        });
        if (fault != Fault::none) return std::unexpected(refusal(bytes, fault));
        return out;
    }
    template <typename T, std::size_t N>
    Answer<std::vector<T>> answers(std::string_view bytes,
                                   const std::array<fields::Field<T>, N>& table) {
        std::vector<T> out;
        const Fault fault = array(
            bytes, [&](od::array& root) { return fields::read_array(root, out, table, scratch); });
        if (fault != Fault::none) return std::unexpected(refusal(bytes, fault));
        return out;
    }
};

Decoder::Decoder(Segment segment) : state_(std::make_unique<State>()) {
    state_->scratch.segment = segment;
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Segment Decoder::segment() const { return state_->scratch.segment; }

std::expected<StreamMessage, DecodeError> Decoder::stream(std::string_view bytes) {
    StreamMessage out;
    const Fault fault = state_->object(
        bytes, [&](od::object& root) { return fields::read_message(root, out, state_->scratch); });
    if (fault != Fault::none) return std::unexpected(state_->error(fault));
    return out;
}

Answer<DepthSnapshot> Decoder::depth(std::string_view bytes) {
    return state_->answer(bytes, fields::kSnapshot);
}

Answer<Timestamp> Decoder::server_time(std::string_view bytes) {
    const auto out = state_->answer(bytes, fields::kServerTime);
    if (!out) return std::unexpected(out.error());
    return out->ts;
}

Answer<ExchangeInfo> Decoder::exchange_info(std::string_view bytes) {
    return state_->answer(bytes, fields::kExchangeInfo);
}

Answer<std::vector<Kline>> Decoder::klines(std::string_view bytes) {
    std::vector<Kline> out;
    const Fault fault = state_->array(bytes, [&](od::array& root) {
        for (auto element : root) {
            od::value item;
            if (std::move(element).get(item) != simdjson::SUCCESS) return Fault::not_json;
            const Fault bad = fields::read_kline_row(item, out.emplace_back(), state_->scratch);
            if (bad != Fault::none) return bad;
        }
        return Fault::none;
    });
    if (fault != Fault::none) return std::unexpected(state_->refusal(bytes, fault));
    return out;
}

Answer<std::vector<AggregateTrade>> Decoder::aggregate_trades(std::string_view bytes) {
    return state_->answers(bytes, fields::kRestAggregateTrade);
}

Answer<OrderAnswer> Decoder::order(std::string_view bytes) {
    return segment() == Segment::spot ? state_->answer(bytes, fields::kOrderAnswer)
                                      : state_->answer(bytes, fields::kFuturesOrderAnswer);
}

Answer<CancelReplaceAnswer> Decoder::cancel_replace(std::string_view bytes) {
    auto done = state_->answer(bytes, fields::kHalves);
    if (done || std::holds_alternative<DecodeError>(done.error())) return done;
    auto failed = state_->answer(bytes, fields::kFailedReplace);
    // Without halves it is a refusal like any other.
    return failed ? failed : done;
}

Answer<std::vector<OrderAnswer>> Decoder::orders(std::string_view bytes) {
    return segment() == Segment::spot ? state_->answers(bytes, fields::kOrderAnswer)
                                      : state_->answers(bytes, fields::kFuturesOrderAnswer);
}

Answer<std::vector<UserTrade>> Decoder::user_trades(std::string_view bytes) {
    return segment() == Segment::spot ? state_->answers(bytes, fields::kUserTrade)
                                      : state_->answers(bytes, fields::kFuturesUserTrade);
}

Answer<SpotAccount> Decoder::spot_account(std::string_view bytes) {
    return state_->answer(bytes, fields::kSpotAccount);
}

Answer<FuturesAccount> Decoder::futures_account(std::string_view bytes) {
    return state_->answer(bytes, fields::kFuturesAccount);
}

Answer<std::vector<PositionRisk>> Decoder::position_risk(std::string_view bytes) {
    return state_->answers(bytes, fields::kPositionRisk);
}

std::expected<VenueError, DecodeError> Decoder::error(std::string_view bytes) {
    VenueError out;
    const Fault fault = state_->venue_error(bytes, out);
    if (fault != Fault::none) return std::unexpected(state_->error(fault));
    return out;
}

std::string_view to_string(DecodeFault value) {
    switch (value) {
        case DecodeFault::none: return "none";
        case DecodeFault::not_json: return "not_json";
        case DecodeFault::too_long: return "too_long";
        case DecodeFault::trailing_bytes: return "trailing_bytes";
        case DecodeFault::wrong_type: return "wrong_type";
        case DecodeFault::missing_field: return "missing_field";
        case DecodeFault::repeated_field: return "repeated_field";
        case DecodeFault::not_a_number: return "not_a_number";
        case DecodeFault::too_precise: return "too_precise";
        case DecodeFault::out_of_range: return "out_of_range";
        case DecodeFault::unknown_word: return "unknown_word";
        case DecodeFault::unknown_message: return "unknown_message";
    }
    return "?";
}

std::string describe(const DecodeError& error) {
    return error.field.empty() ? fmt::format("{}", to_string(error.fault))
                               : fmt::format("field '{}': {}", error.field, to_string(error.fault));
}

}  // namespace tradewind::binance
