// SPDX-License-Identifier: Apache-2.0
// How orders are told in answers. "Conditional fields in Order Responses" of the venue's REST
// document says which fields appear when.
#include "exchange/binance/api.hpp"
#include "exchange/binance/words.hpp"

namespace tradewind::exchange::binance {
namespace {

std::int64_t list_of(const Order& order) {
    return order.list ? static_cast<std::int64_t>(*order.list) : -1;
}

}  // namespace

void Api::write_conditional(JsonText& json, const Order& order, bool is_query,
                            const Call& call) const {
    const OrderTerms& terms = order.terms;
    // Queries tell stop and iceberg quantity of every order.
    if (has_trigger(terms.kind) || is_query) {
        json.decimal("stopPrice", terms.stop.value_or(Price{}));
    }
    if (terms.iceberg || is_query) json.decimal("icebergQty", terms.iceberg.value_or(Qty{}));
    if (terms.trailing_bps) {
        json.number("trailingDelta", *terms.trailing_bps)
            .number("trailingTime",
                    order.trailing_since ? call.time(*order.trailing_since) : std::int64_t{-1});
    }
    if (terms.strategy_id) json.number("strategyId", *terms.strategy_id);
    if (terms.strategy_type) json.number("strategyType", *terms.strategy_type);
    if (order.prevented_match) {
        json.number("preventedMatchId", *order.prevented_match)
            .decimal("preventedQuantity", order.prevented);
    }
    if (order.expiry != Expiry::none) json.text("expiryReason", word_of(kExpiries, order.expiry));
}

void Api::write_order(JsonText& json, const Order& order, const Call& call) const {
    const OrderTerms& terms = order.terms;
    json.begin_object()
        .text("symbol", listing_of(order).symbol)
        .number("orderId", order.id)
        .number("orderListId", list_of(order))
        .text("clientOrderId", terms.client_id)
        .decimal("price", terms.price.value_or(Price{}))
        .decimal("origQty", order.qty)
        .decimal("executedQty", order.filled)
        .decimal("cummulativeQuoteQty", order.quote_filled)
        .text("status", word_of(kStatuses, order.status))
        .text("timeInForce", time_in_force_of(terms))
        .text("type", word_of(kKinds, terms.kind))
        .text("side", word_of(kSides, terms.side));
    write_conditional(json, order, true, call);
    json.number("time", call.time(order.created))
        .number("updateTime", call.time(order.updated))
        .boolean("isWorking", order.working_since.has_value())
        .number("workingTime",
                order.working_since ? call.time(*order.working_since) : std::int64_t{-1})
        .decimal("origQuoteOrderQty", terms.quote_qty.value_or(Money{}))
        .text("selfTradePreventionMode", word_of(kPreventions, terms.prevention))
        .end_object();
}

void Api::write_placed(JsonText& json, const Order& order, int detail, const Call& call) const {
    const OrderTerms& terms = order.terms;
    json.begin_object()
        .text("symbol", listing_of(order).symbol)
        .number("orderId", order.id)
        .number("orderListId", list_of(order))
        .text("clientOrderId", terms.client_id)
        .number("transactTime", call.time(order.updated));
    if (detail >= 1) {
        json.decimal("price", terms.price.value_or(Price{}))
            .decimal("origQty", order.qty)
            .decimal("executedQty", order.filled)
            .decimal("origQuoteOrderQty", terms.quote_qty.value_or(Money{}))
            .decimal("cummulativeQuoteQty", order.quote_filled)
            .text("status", word_of(kStatuses, order.status))
            .text("timeInForce", time_in_force_of(terms))
            .text("type", word_of(kKinds, terms.kind))
            .text("side", word_of(kSides, terms.side));
        write_conditional(json, order, false, call);
        json.number("workingTime",
                    order.working_since ? call.time(*order.working_since) : std::int64_t{-1});
    }
    if (detail >= 2) {
        json.key("fills").begin_array();
        const auto& trades = exchange_.account(terms.account).trades;
        auto first = trades.end();
        // They are the last ones, perhaps among those of other orders of the account.
        for (auto at = trades.end(); at != trades.begin();) {
            --at;
            if (at->ts < order.created) break;
            if (at->order == order.id && at->instrument == terms.instrument) first = at;
        }
        for (auto at = first; at != trades.end(); ++at) {
            if (at->order != order.id || at->instrument != terms.instrument) continue;
            json.begin_object()
                .decimal("price", at->price)
                .decimal("qty", at->qty)
                .decimal("commission", at->fee)
                .text("commissionAsset", to_string(at->fee_currency))
                .number("tradeId", at->trade)
                .end_object();
        }
        json.end_array();
    }
    if (detail >= 1) {
        json.text("selfTradePreventionMode", word_of(kPreventions, terms.prevention));
    }
    json.end_object();
}

void Api::write_canceled(JsonText& json, const Order& order, const Call& call) const {
    const OrderTerms& terms = order.terms;
    json.begin_object()
        .text("symbol", listing_of(order).symbol)
        .text("origClientOrderId", terms.client_id)
        .number("orderId", order.id)
        .number("orderListId", list_of(order))
        .text("clientOrderId", order.cancel_id)
        .number("transactTime", call.time(order.updated))
        .decimal("price", terms.price.value_or(Price{}))
        .decimal("origQty", order.qty)
        .decimal("executedQty", order.filled)
        .decimal("origQuoteOrderQty", terms.quote_qty.value_or(Money{}))
        .decimal("cummulativeQuoteQty", order.quote_filled)
        .text("status", word_of(kStatuses, order.status))
        .text("timeInForce", time_in_force_of(terms))
        .text("type", word_of(kKinds, terms.kind))
        .text("side", word_of(kSides, terms.side));
    write_conditional(json, order, false, call);
    json.text("selfTradePreventionMode", word_of(kPreventions, terms.prevention)).end_object();
}

void Api::write_list(JsonText& json, const OrderList& list, const Call& call) const {
    const Listing& listing = exchange_.listing(list.instrument);
    json.number("orderListId", list.id)
        .text("contingencyType", "OCO")
        .text("listStatusType", list.is_open ? "EXEC_STARTED" : "ALL_DONE")
        .text("listOrderStatus", list.is_open ? "EXECUTING" : "ALL_DONE")
        .text("listClientOrderId", list.client_id)
        .number("transactionTime", call.time(list.updated))
        .text("symbol", listing.symbol)
        .key("orders")
        .begin_array();
    for (const std::uint64_t id : list.orders) {
        const Order* const order = listing.find(id);
        if (order == nullptr) continue;
        json.begin_object()
            .text("symbol", listing.symbol)
            .number("orderId", id)
            .text("clientOrderId", order->terms.client_id)
            .end_object();
    }
    json.end_array();
}

}  // namespace tradewind::exchange::binance
