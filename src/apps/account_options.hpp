// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "apps/run_config.hpp"

/// Settings of accounts and delays whose values are more than one number. Each function is the
/// `set` of an Option.
namespace tradewind::apps {

/// "1000000:8:10": from a volume on, maker and taker in basis points. Adds a tier.
std::expected<void, std::string> add_fee_tier(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_fee_currency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_fee_discount(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_volume_currency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_fee_window(RunConfig& config, std::string_view text);
/// "BNB:10": so much of another currency at the start. Adds a deposit.
std::expected<void, std::string> add_deposit(RunConfig& config, std::string_view text);

/// "50ms", "uniform:1ms:5ms", "normal:5ms:1ms", "lognormal:5ms:0.5", "recorded:FILE" or
/// "recorded_by_time:FILE". The file is CSV with a column latency_ns, by time also with ts.
std::expected<sim::LatencyModel, std::string> latency_model(std::string_view text);
std::expected<void, std::string> set_latency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_insert_latency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_replace_latency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_cancel_latency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_report_latency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_market_data_latency(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_latency_seed(RunConfig& config, std::string_view text);
std::expected<void, std::string> set_report_order(RunConfig& config, std::string_view text);

}  // namespace tradewind::apps
