// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/fault.hpp"

#include <fmt/format.h>

#include "exchange/binance/json.hpp"

namespace tradewind::exchange::binance {

Fault illegal_characters(std::string_view parameter, std::string_view range) {
    return {
        .code = -1100,
        .message = fmt::format("Illegal characters found in parameter '{}'; legal range is '{}'.",
                               parameter, range)};
}
Fault too_many_parameters(std::size_t expected, std::size_t received) {
    return {.code = -1101,
            .message = fmt::format("Too many parameters; expected '{}' and received '{}'.",
                                   expected, received)};
}
Fault duplicate_parameter() {
    return {.code = -1101, .message = "Duplicate values for a parameter detected."};
}
Fault mandatory_missing(std::string_view parameter) {
    return {.code = -1102,
            .message = fmt::format(
                "Mandatory parameter '{}' was not sent, was empty/null, or malformed.", parameter)};
}
Fault either_missing(std::string_view a, std::string_view b) {
    return {
        .code = -1102,
        .message = fmt::format("Param '{}' or '{}' must be sent, but both were empty/null!", a, b)};
}
Fault greater_than_allowed(std::string_view parameter, std::string_view most) {
    return {.code = -1102,
            .message = fmt::format("'{}' contains unexpected value. Cannot be greater than {}.",
                                   parameter, most)};
}
Fault unread_parameters(std::size_t read, std::size_t sent) {
    return {.code = -1104,
            .message = fmt::format(
                "Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.",
                read, sent)};
}
Fault empty_parameter(std::string_view parameter) {
    return {.code = -1105, .message = fmt::format("Parameter '{}' was empty.", parameter)};
}
Fault not_required(std::string_view parameter) {
    return {.code = -1106,
            .message = fmt::format("Parameter '{}' sent when not required.", parameter)};
}
Fault too_precise(std::string_view parameter) {
    return {.code = -1111,
            .message = fmt::format("Parameter '{}' has too much precision.", parameter)};
}
Fault invalid_data(std::string_view parameter) {
    return {.code = -1130,
            .message = fmt::format("Data sent for parameter '{}' is not valid.", parameter)};
}
Fault invalid_symbol() { return {.code = -1121, .message = "Invalid symbol."}; }

Fault fault_of(Refusal refusal, Asked asked) {
    const int engine = asked == Asked::placing ? -2010 : -2011;
    const auto says = [&](std::string_view text) {
        return Fault{.code = engine, .message = std::string{text}};
    };
    const auto filter = [](std::string_view name) {
        return Fault{.code = -1013, .message = fmt::format("Filter failure: {}", name)};
    };
    switch (refusal) {
        case Refusal::unknown_order: return says("Unknown order sent.");
        case Refusal::duplicate_client_id: return says("Duplicate order sent.");
        case Refusal::market_closed: return says("Market is closed.");
        case Refusal::insufficient_balance:
            return says("Account has insufficient balance for requested action.");
        case Refusal::would_take: return says("Order would immediately match and take.");
        case Refusal::would_trigger: return says("Order would trigger immediately.");
        case Refusal::oco_prices:
            return says("The relationship of the prices for the orders is not correct.");
        case Refusal::iceberg_exceeds_qty: return says("IcebergQty exceeds QTY.");
        case Refusal::no_liquidity:
            return says("Order book liquidity is less than LOT_SIZE filter minimum quantity.");
        case Refusal::price_filter: return filter("PRICE_FILTER");
        case Refusal::percent_price: return filter("PERCENT_PRICE_BY_SIDE");
        case Refusal::lot_size: return filter("LOT_SIZE");
        case Refusal::market_lot_size: return filter("MARKET_LOT_SIZE");
        case Refusal::notional: return filter("NOTIONAL");
        case Refusal::iceberg_parts: return filter("ICEBERG_PARTS");
        case Refusal::max_orders: return filter("MAX_NUM_ORDERS");
        case Refusal::max_algo_orders: return filter("MAX_NUM_ALGO_ORDERS");
        case Refusal::max_iceberg_orders: return filter("MAX_NUM_ICEBERG_ORDERS");
        case Refusal::max_lists: return filter("MAX_NUM_ORDER_LISTS");
        case Refusal::trailing_delta: return filter("TRAILING_DELTA");
        case Refusal::cancel_restrictions:
            return says("Order was not canceled due to cancel restrictions.");
    }
    return says("");
}

std::string body_of(const Fault& fault) {
    if (!fault.body.empty()) return fault.body;
    return JsonText{}
        .begin_object()
        .number("code", std::int64_t{fault.code})
        .text("msg", fault.message)
        .end_object()
        .take();
}

}  // namespace tradewind::exchange::binance
