// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "apps/run_config.hpp"

/// Settings of margin and of what it costs to hold. Each function is the `set` of an Option.
namespace tradewind::apps {

/// Rates stand in for those of every instrument.
std::expected<void, std::string> set_initial_margin(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_maintenance_margin(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_liquidation(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_liquidation_fee(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_margin_call(RunConfig& config, std::string_view text);

/// "GME.NYSE:0.25", "*:0.003", or "GME.NYSE:recorded:FILE": a CSV with columns ts and rate.
std::expected<void, std::string> add_borrow_cost(RunConfig& config, std::string_view text);
/// "USD:0.06:0.01": a year on what is owed, and on what is there.
std::expected<void, std::string> add_interest(RunConfig& config, std::string_view text);
/// "EURUSD.FX:-0.00008:0.00002": quote currency a unit and night, for longs and for shorts.
std::expected<void, std::string> add_swap(RunConfig& config, std::string_view text);
/// "EUR:0.02": a currency's deposit rate.
std::expected<void, std::string> add_deposit_rate(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_rollover_markup(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_year_days(RunConfig& config, std::string_view text);

}  // namespace tradewind::apps
