// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "exchange/happenings.hpp"
#include "exchange/order.hpp"

/// The venue's words ("ENUM definitions").
namespace tradewind::exchange::binance {

inline constexpr std::array<std::pair<std::string_view, Side>, 2> kSides{
    {{"BUY", Side::buy}, {"SELL", Side::sell}}};
inline constexpr std::array<std::pair<std::string_view, OrderKind>, 7> kKinds{
    {{"LIMIT", OrderKind::limit},
     {"MARKET", OrderKind::market},
     {"LIMIT_MAKER", OrderKind::limit_maker},
     {"STOP_LOSS", OrderKind::stop_loss},
     {"STOP_LOSS_LIMIT", OrderKind::stop_loss_limit},
     {"TAKE_PROFIT", OrderKind::take_profit},
     {"TAKE_PROFIT_LIMIT", OrderKind::take_profit_limit}}};
inline constexpr std::array<std::pair<std::string_view, TimeInForce>, 3> kTimesInForce{
    {{"GTC", TimeInForce::gtc}, {"IOC", TimeInForce::ioc}, {"FOK", TimeInForce::fok}}};
inline constexpr std::array<std::pair<std::string_view, Prevention>, 5> kPreventions{
    {{"NONE", Prevention::none},
     {"EXPIRE_TAKER", Prevention::expire_taker},
     {"EXPIRE_MAKER", Prevention::expire_maker},
     {"EXPIRE_BOTH", Prevention::expire_both},
     {"DECREMENT", Prevention::decrement}}};
inline constexpr std::array<std::pair<std::string_view, Status>, 6> kStatuses{
    {{"NEW", Status::fresh},
     {"PARTIALLY_FILLED", Status::partially_filled},
     {"FILLED", Status::filled},
     {"CANCELED", Status::canceled},
     {"EXPIRED", Status::expired},
     {"EXPIRED_IN_MATCH", Status::expired_in_match}}};
inline constexpr std::array<std::pair<std::string_view, Expiry>, 6> kExpiries{
    {{"NONE", Expiry::none},
     {"REJECTED", Expiry::rejected},
     {"OCO_TRIGGER", Expiry::oco_trigger},
     {"UNFILLED_IOC_QUANTITY_EXPIRED", Expiry::unfilled_ioc},
     {"UNFILLED_FOK_ORDER_EXPIRED", Expiry::unfilled_fok},
     {"INSUFFICIENT_LIQUIDITY", Expiry::insufficient_liquidity}}};
inline constexpr std::array<std::pair<std::string_view, Execution>, 5> kExecutions{
    {{"NEW", Execution::accepted},
     {"CANCELED", Execution::canceled},
     {"TRADE", Execution::traded},
     {"EXPIRED", Execution::expired},
     {"TRADE_PREVENTION", Execution::prevented}}};

/// The word for a value that the table has.
template <typename T, std::size_t N>
[[nodiscard]] constexpr std::string_view word_of(
    const std::array<std::pair<std::string_view, T>, N>& table, T value) {
    for (const auto& [word, meaning] : table) {
        if (meaning == value) return word;
    }
    return {};
}

/// Market orders and triggers without a price of their own have no time in force to tell.
[[nodiscard]] constexpr std::string_view time_in_force_of(const OrderTerms& terms) {
    return word_of(kTimesInForce, terms.time_in_force);
}

}  // namespace tradewind::exchange::binance
