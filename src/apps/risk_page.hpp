// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "apps/run_settings.hpp"
#include "research/backtest.hpp"

namespace tradewind::apps {

/// What a report's section on risk reads (`research::ReportInput::risk`), of at most
/// `research::kMaxReportPoints` days; empty where the run set neither limits, brakes, stops nor
/// shocks.
[[nodiscard]] std::string risk_page(const RunSettings& settings,
                                    const research::RiskRecord& record);

}  // namespace tradewind::apps
