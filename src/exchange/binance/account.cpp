// SPDX-License-Identifier: Apache-2.0
// The routes that tell of an account.
#include <algorithm>
#include <set>

#include "base/try.hpp"
#include "exchange/binance/api.hpp"
#include "exchange/binance/streams.hpp"

namespace tradewind::exchange::binance {
namespace {

constexpr std::size_t kRowsDefault = 500;
constexpr std::size_t kRowsMax = 1'000;
constexpr Duration kLookupMax = days(1);

/// Every asset that is traded or owned, in the order of the alphabet.
std::set<Currency> assets_of(const Exchange& exchange, const Account& account) {
    std::set<Currency> out;
    for (const Listing& listing : exchange.listings()) {
        out.insert(listing.instrument.base);
        out.insert(listing.instrument.quote);
    }
    for (const auto& [asset, balance] : account.balances) out.insert(asset);
    return out;
}

Balance balance_of(const Account& account, Currency asset) {
    const auto at = account.balances.find(asset);
    return at == account.balances.end() ? Balance{} : at->second;
}

/// Hundredths of per cent, as the oldest fields tell commissions.
std::int64_t basis_points_of(Rate rate) { return rate.raw / basis_points(1).raw; }

void write_rates(JsonText& json, std::string_view name, Rate maker, Rate taker) {
    json.key(name)
        .begin_object()
        .decimal("maker", maker)
        .decimal("taker", taker)
        .decimal("buyer", Rate{})
        .decimal("seller", Rate{})
        .end_object();
}

}  // namespace

Api::Result Api::account(Call& call) {
    const bool omits = TRY(call.params.boolean("omitZeroBalances")).value_or(false);
    TRY_VOID(call.params.done());
    const Account& account = exchange_.account(call.account());
    const Rules* const rules =
        exchange_.listings().empty() ? nullptr : &exchange_.listings().front().rules;
    const Rate maker = rules == nullptr ? Rate{} : rules->maker_fee;
    const Rate taker = rules == nullptr ? Rate{} : rules->taker_fee;
    JsonText json;
    json.begin_object()
        .number("makerCommission", basis_points_of(maker))
        .number("takerCommission", basis_points_of(taker))
        .number("buyerCommission", std::int64_t{0})
        .number("sellerCommission", std::int64_t{0});
    write_rates(json, "commissionRates", maker, taker);
    json.boolean("canTrade", call.key->may_trade)
        .boolean("canWithdraw", false)
        .boolean("canDeposit", false)
        .boolean("brokered", false)
        .boolean("requireSelfTradePrevention", false)
        .boolean("preventSor", false)
        .number("updateTime", call.time(account.updated))
        .text("accountType", "SPOT")
        .key("balances")
        .begin_array();
    for (const Currency asset : assets_of(exchange_, account)) {
        const Balance balance = balance_of(account, asset);
        if (omits && balance == Balance{}) continue;
        json.begin_object()
            .text("asset", to_string(asset))
            .decimal("free", balance.free)
            .decimal("locked", balance.locked)
            .end_object();
    }
    json.end_array()
        .key("permissions")
        .begin_array()
        .text("SPOT")
        .end_array()
        .number("uid", std::int64_t{call.account().value} + 1)
        .end_object();
    return json.take();
}

Api::Result Api::my_trades(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const auto order = TRY(call.params.whole("orderId"));
    const auto from = TRY(call.params.instant("startTime"));
    const auto to = TRY(call.params.instant("endTime"));
    const auto from_id = TRY(call.params.whole("fromId"));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    TRY_VOID(call.params.done());
    if ((from_id || order) && (from || to)) {
        return std::unexpected(
            Fault{.code = -1128, .message = "Combination of optional parameters invalid."});
    }
    if (from && to && *to - *from > kLookupMax) {
        return std::unexpected(
            Fault{.code = -1127, .message = "More than 24 hours between startTime and endTime."});
    }
    std::vector<const AccountTrade*> found;
    for (const AccountTrade& trade : exchange_.account(call.account()).trades) {
        if (trade.instrument != listing->instrument.id) continue;
        if (order && !std::cmp_equal(trade.order, *order)) continue;
        if (from_id && std::cmp_less(trade.trade, *from_id)) continue;
        if ((from && trade.ts < *from) || (to && trade.ts > *to)) continue;
        found.push_back(&trade);
    }
    const bool oldest = from_id || from;
    const std::size_t count = std::min(limit, found.size());
    const std::size_t first = oldest ? 0 : found.size() - count;
    JsonText json;
    json.begin_array();
    for (std::size_t i = first; i < first + count; ++i) {
        const AccountTrade& trade = *found[i];
        json.begin_object()
            .text("symbol", listing->symbol)
            .number("id", trade.trade)
            .number("orderId", trade.order)
            .number("orderListId", trade.list ? static_cast<std::int64_t>(*trade.list) : -1)
            .decimal("price", trade.price)
            .decimal("qty", trade.qty)
            .decimal("quoteQty", multiply(trade.price, trade.qty))
            .decimal("commission", trade.fee)
            .text("commissionAsset", to_string(trade.fee_currency))
            .number("time", call.time(trade.ts))
            .boolean("isBuyer", trade.side == Side::buy)
            .boolean("isMaker", trade.is_maker)
            .boolean("isBestMatch", true)
            .end_object();
    }
    return json.end_array().take();
}

Api::Result Api::order_counts(Call& call) {
    TRY_VOID(call.params.done());
    const Limits::Orders orders = limits_.orders(call.account(), call.now);
    JsonText json;
    const auto write = [&](std::string_view interval, std::int64_t number, std::int64_t limit,
                           std::int64_t count) {
        json.begin_object()
            .text("rateLimitType", "ORDERS")
            .text("interval", interval)
            .number("intervalNum", number)
            .number("limit", limit)
            .number("count", count)
            .end_object();
    };
    json.begin_array();
    write("SECOND", 10, settings_.limits.orders_in_10_s, orders.in_10_s);
    write("DAY", 1, settings_.limits.orders_a_day, orders.in_day);
    return json.end_array().take();
}

Api::Result Api::commission(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_object().text("symbol", listing->symbol);
    write_rates(json, "standardCommission", listing->rules.maker_fee, listing->rules.taker_fee);
    write_rates(json, "specialCommission", {}, {});
    write_rates(json, "taxCommission", {}, {});
    json.key("discount")
        .begin_object()
        .boolean("enabledForAccount", false)
        .boolean("enabledForSymbol", false)
        .text("discountAsset", "BNB")
        .text("discount", "0.00000000")
        .end_object();
    return json.end_object().take();
}

Api::Result Api::start_user_stream(Call& call) {
    TRY_VOID(call.params.done());
    const std::string key =
        streams_->listen_key(call.account(), call.now + settings_.listen_key_life, exchange_);
    return JsonText{}.begin_object().text("listenKey", key).end_object().take();
}

Api::Result Api::keep_user_stream(Call& call) {
    const std::string key = TRY(call.params.must_text("listenKey"));
    TRY_VOID(call.params.done());
    if (!streams_->keep(key, call.account(), call.now + settings_.listen_key_life)) {
        return std::unexpected(Fault{.code = -1125, .message = "This listenKey does not exist."});
    }
    return "{}";
}

Api::Result Api::close_user_stream(Call& call) {
    const std::string key = TRY(call.params.must_text("listenKey"));
    TRY_VOID(call.params.done());
    if (!streams_->drop(key, call.account())) {
        return std::unexpected(Fault{.code = -1125, .message = "This listenKey does not exist."});
    }
    return "{}";
}

Api::Result Api::all_coins(Call& call) {
    TRY_VOID(call.params.done());
    const Account& account = exchange_.account(call.account());
    JsonText json;
    json.begin_array();
    for (const Currency asset : assets_of(exchange_, account)) {
        const Balance balance = balance_of(account, asset);
        json.begin_object()
            .text("coin", to_string(asset))
            .boolean("depositAllEnable", false)
            .boolean("withdrawAllEnable", false)
            .text("name", to_string(asset))
            .decimal("free", balance.free)
            .decimal("locked", balance.locked)
            .text("freeze", "0")
            .text("withdrawing", "0")
            .text("ipoing", "0")
            .text("ipoable", "0")
            .text("storage", "0")
            .boolean("isLegalMoney", false)
            .boolean("trading", true)
            .key("networkList")
            .begin_array()
            .end_array()
            .end_object();
    }
    return json.end_array().take();
}

Api::Result Api::trade_fees(Call& call) {
    const Listing* one = nullptr;
    if (call.params.peek("symbol") != nullptr) one = TRY(must_listing(call));
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_array();
    for (const Listing& listing : exchange_.listings()) {
        if (one != nullptr && one != &listing) continue;
        json.begin_object()
            .text("symbol", listing.symbol)
            .text("makerCommission", to_string(listing.rules.maker_fee))
            .text("takerCommission", to_string(listing.rules.taker_fee))
            .end_object();
    }
    return json.end_array().take();
}

// There is no trading on margin; ccxt asks before it knows.
Api::Result Api::margin_pairs(Call& call) {
    TRY_VOID(call.params.done());
    return "[]";
}

}  // namespace tradewind::exchange::binance
