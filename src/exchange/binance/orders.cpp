// SPDX-License-Identifier: Apache-2.0
// The routes that place, cancel and tell of orders.
#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "exchange/binance/api.hpp"
#include "exchange/binance/words.hpp"

namespace tradewind::exchange::binance {
namespace {

constexpr std::size_t kRowsDefault = 500;
constexpr std::size_t kRowsMax = 1'000;
constexpr std::int64_t kStrategyTypeMin = 1'000'000;
constexpr Duration kLookupMax = days(1);

constexpr std::array<std::pair<std::string_view, int>, 3> kDetails{
    {{"ACK", 0}, {"RESULT", 1}, {"FULL", 2}}};

Fault invalid(std::string_view what) {
    return {.code = -1013, .message = "Invalid " + std::string{what} + "."};
}
Fault no_such_order() { return {.code = -2013, .message = "Order does not exist."}; }
Fault unsupported_combination() {
    return {.code = -1014, .message = "Unsupported order combination."};
}

std::expected<void, Fault> forbid(const Params& params,
                                  std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        if (params.peek(name) != nullptr) return std::unexpected(not_required(name));
    }
    return {};
}
std::expected<void, Fault> demand(const Params& params,
                                  std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        const std::string* const given = params.peek(name);
        if (given == nullptr || given->empty()) return std::unexpected(mandatory_missing(name));
    }
    return {};
}

}  // namespace

/// What the parameters of an order, or of a leg of a list, are called.
struct Api::LegNames {
    std::string_view type = "type";
    std::string_view time_in_force = "timeInForce";
    std::string_view price = "price";
    std::string_view stop = "stopPrice";
    std::string_view trailing = "trailingDelta";
    std::string_view iceberg = "icebergQty";
    std::string_view client_id = "newClientOrderId";
    std::string_view strategy_id = "strategyId";
    std::string_view strategy_type = "strategyType";
};

std::expected<OrderTerms, Fault> Api::read_leg(Call& call, const LegNames& names,
                                               OrderTerms common) const {
    Params& params = call.params;
    OrderTerms out = std::move(common);
    static_cast<void>(TRY(params.must_text(names.type)));
    out.kind = *TRY(
        params.one_of(names.type, kKinds, Fault{.code = -1116, .message = "Invalid orderType."}));
    // Which parameters a type needs, and which it does not know.
    switch (out.kind) {
        case OrderKind::limit:
            TRY_VOID(demand(params, {names.time_in_force, names.price}));
            TRY_VOID(forbid(params, {names.stop, names.trailing}));
            break;
        case OrderKind::limit_maker:
            TRY_VOID(demand(params, {names.price}));
            TRY_VOID(forbid(params, {names.time_in_force, names.stop, names.trailing}));
            break;
        case OrderKind::market:
            TRY_VOID(forbid(params, {names.time_in_force, names.price, names.stop, names.trailing,
                                     names.iceberg}));
            break;
        case OrderKind::stop_loss:
        case OrderKind::take_profit:
            TRY_VOID(forbid(params, {names.time_in_force, names.price, names.iceberg}));
            break;
        case OrderKind::stop_loss_limit:
        case OrderKind::take_profit_limit:
            TRY_VOID(demand(params, {names.time_in_force, names.price}));
            break;
    }
    if (has_trigger(out.kind) && params.peek(names.stop) == nullptr &&
        params.peek(names.trailing) == nullptr) {
        return std::unexpected(either_missing(names.stop, names.trailing));
    }
    out.time_in_force = TRY(params.one_of(names.time_in_force, kTimesInForce,
                                          Fault{.code = -1115, .message = "Invalid timeInForce."}))
                            .value_or(TimeInForce::gtc);
    out.price = TRY(params.price(names.price));
    if (out.price && out.price->raw == 0) return std::unexpected(invalid("price"));
    out.stop = TRY(params.price(names.stop));
    if (out.stop && out.stop->raw == 0) return std::unexpected(invalid("stopPrice"));
    out.trailing_bps = TRY(params.whole(names.trailing));
    out.iceberg = TRY(params.qty(names.iceberg));
    if (out.iceberg && out.iceberg->raw > 0 && out.time_in_force != TimeInForce::gtc) {
        return std::unexpected(unsupported_combination());
    }
    if (out.iceberg && out.iceberg->raw == 0) out.iceberg.reset();
    out.client_id = TRY(params.client_id(names.client_id)).value_or("");
    out.strategy_id = TRY(params.whole(names.strategy_id));
    out.strategy_type = TRY(params.whole(names.strategy_type));
    if (out.strategy_type && *out.strategy_type < kStrategyTypeMin) {
        return std::unexpected(
            Fault{.code = -1134, .message = "`strategyType` was less than 1000000."});
    }
    return out;
}

std::expected<Api::Placing, Fault> Api::read_order(Call& call) const {
    Params& params = call.params;
    Placing out;
    out.listing = TRY(must_listing(call));
    OrderTerms common{.account = call.account(), .instrument = out.listing->instrument.id};
    static_cast<void>(TRY(params.must_text("side")));
    common.side =
        *TRY(params.one_of("side", kSides, Fault{.code = -1117, .message = "Invalid side."}));
    out.terms = TRY(read_leg(call, LegNames{}, std::move(common)));
    const bool by_quote = params.peek("quoteOrderQty") != nullptr;
    if (by_quote && (out.terms.kind != OrderKind::market || params.peek("quantity") != nullptr)) {
        return std::unexpected(not_required("quoteOrderQty"));
    }
    if (!by_quote && out.terms.kind == OrderKind::market && params.peek("quantity") == nullptr) {
        return std::unexpected(either_missing("quantity", "quoteOrderQty"));
    }
    if (!by_quote) {
        TRY_VOID(demand(params, {"quantity"}));
        out.terms.qty = TRY(params.qty("quantity"));
        if (out.terms.qty->raw == 0) return std::unexpected(invalid("quantity"));
    } else {
        out.terms.quote_qty = TRY(params.money("quoteOrderQty"));
        if (out.terms.quote_qty->raw == 0) return std::unexpected(invalid("quoteOrderQty"));
    }
    // exchangeInfo tells the same default.
    out.terms.prevention =
        TRY(params.one_of(
                "selfTradePreventionMode", kPreventions,
                Fault{.code = -1013,
                      .message =
                          "This symbol does not allow the specified self-trade prevention mode."}))
            .value_or(Prevention::expire_maker);
    const bool is_full = out.terms.kind == OrderKind::market || out.terms.kind == OrderKind::limit;
    out.detail = TRY(params.one_of("newOrderRespType", kDetails, invalid_data("newOrderRespType")))
                     .value_or(is_full ? 2 : 0);
    return out;
}

Api::Result Api::place(Call& call, const Placing& placing) {
    const auto id = exchange_.place(placing.terms, call.now);
    if (!id) return std::unexpected(fault_of(id.error(), Asked::placing));
    publish();
    JsonText json;
    const Order* const order = exchange_.listing(placing.terms.instrument).find(*id);
    ASSERT(order != nullptr);
    write_placed(json, *order, placing.detail, call);
    return json.take();
}

Api::Result Api::new_order(Call& call) {
    const Placing placing = TRY(read_order(call));
    TRY_VOID(call.params.done());
    if (const auto refusal = exchange_.check(placing.terms, call.now)) {
        return std::unexpected(fault_of(*refusal, Asked::placing));
    }
    TRY_VOID(count_orders(call, 1));
    Result out = place(call, placing);
    tell_order_counts(call);
    return out;
}

Api::Result Api::test_order(Call& call) {
    const bool rates = TRY(call.params.boolean("computeCommissionRates")).value_or(false);
    const Placing placing = TRY(read_order(call));
    TRY_VOID(call.params.done());
    const Rules& rules = placing.listing->rules;
    // As far as the filters; no balance is looked at.
    if (const auto refusal = check_terms(placing.terms, rules)) {
        return std::unexpected(fault_of(*refusal, Asked::placing));
    }
    if (!rates) return "{}";
    JsonText json;
    const auto pair = [&](std::string_view name, Rate maker, Rate taker) {
        json.key(name).begin_object().decimal("maker", maker).decimal("taker", taker).end_object();
    };
    json.begin_object();
    pair("standardCommissionForOrder", rules.maker_fee, rules.taker_fee);
    pair("specialCommissionForOrder", {}, {});
    pair("taxCommissionForOrder", {}, {});
    json.key("discount")
        .begin_object()
        .boolean("enabledForAccount", false)
        .boolean("enabledForSymbol", false)
        .text("discountAsset", "BNB")
        .text("discount", "0.00000000")
        .end_object();
    return json.end_object().take();
}

std::expected<const Order*, Fault> Api::read_which(Call& call, const Listing& listing,
                                                   std::string_view id_name,
                                                   std::string_view client_name,
                                                   const Fault& unknown) const {
    const auto id = TRY(call.params.whole(id_name));
    const auto client_id = TRY(call.params.client_id(client_name));
    if (!id && !client_id) return std::unexpected(either_missing(client_name, id_name));
    const Order* found = nullptr;
    if (id) {
        found = listing.find(static_cast<std::uint64_t>(*id));
    } else {
        const auto at = listing.by_client_id.find({call.account(), *client_id});
        if (at != listing.by_client_id.end()) found = listing.find(at->second);
    }
    if (found == nullptr || found->terms.account != call.account()) {
        return std::unexpected(unknown);
    }
    if (client_id && found->terms.client_id != *client_id) {
        return std::unexpected(
            Fault{.code = -2039, .message = "Client order ID is not correct for this order ID."});
    }
    return found;
}

std::expected<void, Fault> Api::read_restrictions(Call& call, std::optional<Status>& only) const {
    constexpr std::array<std::pair<std::string_view, Status>, 2> kRestrictions{
        {{"ONLY_NEW", Status::fresh}, {"ONLY_PARTIALLY_FILLED", Status::partially_filled}}};
    only = TRY(call.params.one_of("cancelRestrictions", kRestrictions,
                                  Fault{.code = -1145, .message = "Invalid cancelRestrictions"}));
    return {};
}

Api::Result Api::cancel_one(Call& call, const Listing& listing, const Order& order,
                            std::string_view cancel_id) {
    const std::uint64_t id = order.id;
    const auto list = order.list;
    if (const auto done = exchange_.cancel(listing.instrument.id, id, cancel_id, call.now); !done) {
        return std::unexpected(fault_of(done.error(), Asked::canceling));
    }
    publish();
    JsonText json;
    if (list) {
        json.begin_object();
        write_list(json, exchange_.lists()[*list], call);
        json.key("orderReports").begin_array();
        for (const std::uint64_t leg : exchange_.lists()[*list].orders) {
            write_canceled(json, *listing.find(leg), call);
        }
        json.end_array().end_object();
    } else {
        write_canceled(json, *listing.find(id), call);
    }
    return json.take();
}

Api::Result Api::cancel_order(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const Fault unknown = fault_of(Refusal::unknown_order, Asked::canceling);
    const Order* const order =
        TRY(read_which(call, *listing, "orderId", "origClientOrderId", unknown));
    const std::string cancel_id = TRY(call.params.client_id("newClientOrderId")).value_or("");
    std::optional<Status> only;
    TRY_VOID(read_restrictions(call, only));
    TRY_VOID(call.params.done());
    if (only && is_open(order->status) && order->status != *only) {
        return std::unexpected(fault_of(Refusal::cancel_restrictions, Asked::canceling));
    }
    return cancel_one(call, *listing, *order, cancel_id);
}

Api::Result Api::cancel_all(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_array();
    const auto open = listing->open_orders.find(call.account());
    if (open == listing->open_orders.end() || open->second.empty()) {
        return std::unexpected(fault_of(Refusal::unknown_order, Asked::canceling));
    }
    const std::vector<std::uint64_t> ids{open->second.begin(), open->second.end()};
    for (const std::uint64_t id : ids) {
        const Order* const order = listing->find(id);
        if (!is_open(order->status)) continue;  // went with its list
        json.raw(TRY(cancel_one(call, *listing, *order, "")));
    }
    return json.end_array().take();
}

Api::Result Api::cancel_replace(Call& call) {
    constexpr std::array<std::pair<std::string_view, bool>, 2> kModes{
        {{"STOP_ON_FAILURE", true}, {"ALLOW_FAILURE", false}}};
    constexpr std::array<std::pair<std::string_view, bool>, 2> kExceeded{
        {{"DO_NOTHING", false}, {"CANCEL_ONLY", true}}};
    static_cast<void>(TRY(call.params.must_text("cancelReplaceMode")));
    const bool stops =
        *TRY(call.params.one_of("cancelReplaceMode", kModes, invalid_data("cancelReplaceMode")));
    const bool cancels_anyway = TRY(call.params.one_of("orderRateLimitExceededMode", kExceeded,
                                                       invalid_data("orderRateLimitExceededMode")))
                                    .value_or(false);
    const Placing placing = TRY(read_order(call));
    const Listing& listing = *placing.listing;
    const auto which = read_which(call, listing, "cancelOrderId", "cancelOrigClientOrderId",
                                  fault_of(Refusal::unknown_order, Asked::canceling));
    if (!which && which.error().code != -2011 && which.error().code != -2039) {
        return std::unexpected(which.error());
    }
    const std::string cancel_id = TRY(call.params.client_id("cancelNewClientOrderId")).value_or("");
    std::optional<Status> only;
    TRY_VOID(read_restrictions(call, only));
    TRY_VOID(call.params.done());
    // "Filters and Order Count are evaluated before the processing of the cancellation".
    if (const auto refusal = check_terms(placing.terms, listing.rules)) {
        return std::unexpected(fault_of(*refusal, Asked::placing));
    }
    const auto counted = count_orders(call, 1);
    if (!counted && !cancels_anyway) return std::unexpected(counted.error());

    Result canceled = which ? Result{} : std::unexpected(which.error());
    if (which && only && is_open((*which)->status) && (*which)->status != *only) {
        canceled = std::unexpected(fault_of(Refusal::cancel_restrictions, Asked::canceling));
    } else if (which) {
        canceled = cancel_one(call, listing, **which, cancel_id);
    }
    const bool attempts = counted.has_value() && (canceled.has_value() || !stops);
    Result placed = counted ? Result{} : std::unexpected(counted.error());
    if (attempts) placed = place(call, placing);
    tell_order_counts(call);

    const auto outcome = [](const Result& result) {
        return result ? std::string_view{"SUCCESS"} : std::string_view{"FAILURE"};
    };
    const auto response = [](const Result& result) {
        return result ? *result : body_of(result.error());
    };
    const bool all_done = canceled && placed && attempts;
    JsonText json;
    json.begin_object();
    if (!all_done) {
        const bool partly = canceled.has_value() || (attempts && placed.has_value());
        json.number("code", std::int64_t{partly ? -2021 : -2022})
            .text("msg", partly ? "Order cancel-replace partially failed."
                                : "Order cancel-replace failed.")
            .key("data")
            .begin_object();
        call.status = partly ? 409 : 400;
        if (!counted) call.status = 429;
    }
    json.text("cancelResult", outcome(canceled))
        .text("newOrderResult", attempts || !counted ? outcome(placed) : "NOT_ATTEMPTED")
        .key("cancelResponse")
        .raw(response(canceled))
        .key("newOrderResponse");
    if (attempts || !counted) {
        json.raw(response(placed));
    } else {
        json.null();
    }
    json.end_object();
    if (!all_done) json.end_object();
    return json.take();
}

Api::Result Api::query_order(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const Order* const order =
        TRY(read_which(call, *listing, "orderId", "origClientOrderId", no_such_order()));
    TRY_VOID(call.params.done());
    JsonText json;
    write_order(json, *order, call);
    return json.take();
}

Api::Result Api::open_orders(Call& call) {
    const Listing* one = nullptr;
    if (call.params.peek("symbol") != nullptr) one = TRY(must_listing(call));
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_array();
    for (const Listing& listing : exchange_.listings()) {
        if (one != nullptr && &listing != one) continue;
        const auto open = listing.open_orders.find(call.account());
        if (open == listing.open_orders.end()) continue;
        for (const std::uint64_t id : open->second) write_order(json, *listing.find(id), call);
    }
    return json.end_array().take();
}

Api::Result Api::all_orders(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const auto from_id = TRY(call.params.whole("orderId"));
    const auto from = TRY(call.params.instant("startTime"));
    const auto to = TRY(call.params.instant("endTime"));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    TRY_VOID(call.params.done());
    if (from && to && *to - *from > kLookupMax) {
        return std::unexpected(
            Fault{.code = -1127, .message = "More than 24 hours between startTime and endTime."});
    }
    std::vector<const Order*> found;
    for (const Order& order : listing->orders) {
        if (order.terms.account != call.account()) continue;
        if (from_id && std::cmp_less(order.id, *from_id)) continue;
        if ((from && order.created < *from) || (to && order.created > *to)) continue;
        found.push_back(&order);
    }
    const bool oldest = from_id || from;
    const std::size_t count = std::min(limit, found.size());
    const std::size_t first = oldest ? 0 : found.size() - count;
    JsonText json;
    json.begin_array();
    for (std::size_t i = first; i < first + count; ++i) write_order(json, *found[i], call);
    return json.end_array().take();
}

// --- lists --------------------------------------------------------------------------------------

Api::Result Api::new_oco(Call& call) {
    constexpr LegNames kAbove{.type = "aboveType",
                              .time_in_force = "aboveTimeInForce",
                              .price = "abovePrice",
                              .stop = "aboveStopPrice",
                              .trailing = "aboveTrailingDelta",
                              .iceberg = "aboveIcebergQty",
                              .client_id = "aboveClientOrderId",
                              .strategy_id = "aboveStrategyId",
                              .strategy_type = "aboveStrategyType"};
    constexpr LegNames kBelow{.type = "belowType",
                              .time_in_force = "belowTimeInForce",
                              .price = "belowPrice",
                              .stop = "belowStopPrice",
                              .trailing = "belowTrailingDelta",
                              .iceberg = "belowIcebergQty",
                              .client_id = "belowClientOrderId",
                              .strategy_id = "belowStrategyId",
                              .strategy_type = "belowStrategyType"};
    Params& params = call.params;
    const Listing* const listing = TRY(must_listing(call));
    OrderTerms common{.account = call.account(), .instrument = listing->instrument.id};
    static_cast<void>(TRY(params.must_text("side")));
    common.side =
        *TRY(params.one_of("side", kSides, Fault{.code = -1117, .message = "Invalid side."}));
    TRY_VOID(demand(params, {"quantity"}));
    common.qty = TRY(params.qty("quantity"));
    if (common.qty->raw == 0) return std::unexpected(invalid("quantity"));
    common.prevention = TRY(params.one_of("selfTradePreventionMode", kPreventions,
                                          invalid_data("selfTradePreventionMode")))
                            .value_or(Prevention::expire_maker);
    ListTerms list;
    list.client_id = TRY(params.client_id("listClientOrderId")).value_or("");
    list.above = TRY(read_leg(call, kAbove, common));
    list.below = TRY(read_leg(call, kBelow, common));
    const int detail =
        TRY(params.one_of("newOrderRespType", kDetails, invalid_data("newOrderRespType")))
            .value_or(1);
    TRY_VOID(params.done());

    const auto is_stop = [](const OrderTerms& leg) {
        return leg.kind == OrderKind::stop_loss || leg.kind == OrderKind::stop_loss_limit;
    };
    for (const OrderTerms* leg : {&list.above, &list.below}) {
        if (leg->kind == OrderKind::market || leg->kind == OrderKind::limit) {
            return std::unexpected(
                Fault{.code = -1158, .message = "Order type not supported in OCO."});
        }
    }
    if (list.above.kind == OrderKind::limit_maker && list.below.kind == OrderKind::limit_maker) {
        return std::unexpected(
            Fault{.code = -1168, .message = "At least one OCO order must be contingent."});
    }
    const bool sells = common.side == Side::sell;
    const OrderTerms& stop_leg = sells ? list.below : list.above;
    const OrderTerms& other_leg = sells ? list.above : list.below;
    if (!is_stop(stop_leg) || is_stop(other_leg)) {
        const bool limit_astray = stop_leg.kind == OrderKind::limit_maker;
        const int code = limit_astray ? (sells ? -1166 : -1165) : (sells ? -1197 : -1196);
        const std::string_view text =
            limit_astray ? (sells ? "A limit order in a sell OCO must be above."
                                  : "A limit order in a buy OCO must be below.")
                         : (sells ? "A stop loss order in a sell OCO must be below."
                                  : "A stop loss order in a buy OCO must be above.");
        return std::unexpected(Fault{.code = code, .message = std::string{text}});
    }
    TRY_VOID(count_orders(call, 2));
    const auto id = exchange_.place_list(list, call.now);
    tell_order_counts(call);
    if (!id) return std::unexpected(fault_of(id.error(), Asked::placing));
    publish();
    const OrderList& placed = exchange_.lists()[*id];
    JsonText json;
    json.begin_object();
    write_list(json, placed, call);
    json.key("orderReports").begin_array();
    for (const std::uint64_t leg : placed.orders) {
        write_placed(json, *listing->find(leg), detail, call);
    }
    json.end_array().end_object();
    return json.take();
}

Api::Result Api::cancel_list(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const auto id = TRY(call.params.whole("orderListId"));
    const auto client_id = TRY(call.params.client_id("listClientOrderId"));
    const std::string cancel_id = TRY(call.params.client_id("newClientOrderId")).value_or("");
    if (!id && !client_id) {
        return std::unexpected(either_missing("orderListId", "listClientOrderId"));
    }
    TRY_VOID(call.params.done());
    const OrderList* found = nullptr;
    for (const OrderList& list : exchange_.lists()) {
        if (list.account != call.account() || list.instrument != listing->instrument.id) continue;
        if (id && !std::cmp_equal(list.id, *id)) continue;
        if (client_id && list.client_id != *client_id) continue;
        if (list.is_open) found = &list;
    }
    if (found == nullptr) {
        return std::unexpected(fault_of(Refusal::unknown_order, Asked::canceling));
    }
    const std::uint64_t list_id = found->id;
    if (const auto done = exchange_.cancel_list(list_id, cancel_id, call.now); !done) {
        return std::unexpected(fault_of(done.error(), Asked::canceling));
    }
    publish();
    const OrderList& list = exchange_.lists()[list_id];
    JsonText json;
    json.begin_object();
    write_list(json, list, call);
    json.key("orderReports").begin_array();
    for (const std::uint64_t leg : list.orders) write_canceled(json, *listing->find(leg), call);
    json.end_array().end_object();
    return json.take();
}

Api::Result Api::query_list(Call& call) {
    const auto id = TRY(call.params.whole("orderListId"));
    const auto client_id = TRY(call.params.client_id("origClientOrderId"));
    TRY_VOID(call.params.done());
    if (!id && !client_id) {
        return std::unexpected(either_missing("orderListId", "origClientOrderId"));
    }
    const OrderList* found = nullptr;
    for (const OrderList& list : exchange_.lists()) {
        if (list.account != call.account()) continue;
        if (id && !std::cmp_equal(list.id, *id)) continue;
        if (client_id && list.client_id != *client_id) continue;
        found = &list;
    }
    if (found == nullptr) {
        return std::unexpected(Fault{.code = -2018, .message = "Order list does not exist."});
    }
    JsonText json;
    json.begin_object();
    write_list(json, *found, call);
    return json.end_object().take();
}

Api::Result Api::open_lists(Call& call) {
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_array();
    for (const OrderList& list : exchange_.lists()) {
        if (list.account != call.account() || !list.is_open) continue;
        json.begin_object();
        write_list(json, list, call);
        json.end_object();
    }
    return json.end_array().take();
}

Api::Result Api::all_lists(Call& call) {
    const auto from_id = TRY(call.params.whole("fromId"));
    const auto from = TRY(call.params.instant("startTime"));
    const auto to = TRY(call.params.instant("endTime"));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    TRY_VOID(call.params.done());
    if (from_id && (from || to)) {
        return std::unexpected(
            Fault{.code = -1128, .message = "Combination of optional parameters invalid."});
    }
    std::vector<const OrderList*> found;
    for (const OrderList& list : exchange_.lists()) {
        if (list.account != call.account()) continue;
        if (from_id && std::cmp_less(list.id, *from_id)) continue;
        if ((from && list.updated < *from) || (to && list.updated > *to)) continue;
        found.push_back(&list);
    }
    const bool oldest = from_id || from;
    const std::size_t count = std::min(limit, found.size());
    const std::size_t first = oldest ? 0 : found.size() - count;
    JsonText json;
    json.begin_array();
    for (std::size_t i = first; i < first + count; ++i) {
        json.begin_object();
        write_list(json, *found[i], call);
        json.end_object();
    }
    return json.end_array().take();
}

}  // namespace tradewind::exchange::binance
