// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "apps/run_config.hpp"

/// Settings of the rules of a venue. Each function is the `set` of an Option.
namespace tradewind::apps {

/// "ES.CME:7%", "*:20%/10%" (up, down), "X.NYSE:0.5" (an amount of price), each with ":close" (the
/// default), ":last" or a price behind it. Adds a limit.
std::expected<void, std::string> add_price_limit(RunConfig& config, std::string_view text);
/// A CSV file with the columns ts, instrument and status (a MarketState). Stands in for the one
/// before.
std::expected<void, std::string> set_statuses(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_halted_orders(RunConfig& config, std::string_view text);
/// A CSV file with the columns ts, instrument, auction (open or close), price and volume (0: not
/// told). Stands in for the one before.
std::expected<void, std::string> set_auctions(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_open_cutoff(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_close_cutoff(RunConfig& config, std::string_view text);

}  // namespace tradewind::apps
