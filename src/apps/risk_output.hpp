// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/run_settings.hpp"
#include "research/backtest.hpp"

/// What limits and brakes did, for people and for machines.
namespace tradewind::apps {

/// The members `denials`, `limits`, `limits_exceeded` and `brakes` of a run's document.
void add_risk(const RunSettings& settings, const research::RiskRecord& record,
              nlohmann::ordered_json& out);

/// A line for each limit that denied or shrank orders, and for each brake that fired.
[[nodiscard]] std::vector<std::string> risk_lines(const RunSettings& settings,
                                                  const research::RiskRecord& record);

/// "drawdown > 15% of portfolio: reducing", where the change came from.
[[nodiscard]] nlohmann::ordered_json brake_json(const RunSettings& settings,
                                                const engine::BrakeRecord& record);

}  // namespace tradewind::apps
