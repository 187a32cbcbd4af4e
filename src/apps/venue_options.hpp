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

}  // namespace tradewind::apps
