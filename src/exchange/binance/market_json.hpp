// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "exchange/binance/json.hpp"
#include "exchange/trade_log.hpp"
#include "market/order_flow.hpp"

/// What REST and streams write alike.
namespace tradewind::exchange::binance {

/// [["4.00000000","431.00000000"],...]
void write_levels(JsonText& json, std::span<const market::Level> levels);
/// "-95.960": per cent with three places, half to even.
[[nodiscard]] std::string percent_change(Price from, Price to);
/// 0 where nothing was traded.
[[nodiscard]] Price weighted_average(const DayStatistics& day);

}  // namespace tradewind::exchange::binance
