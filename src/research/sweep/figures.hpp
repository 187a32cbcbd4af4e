// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "research/backtest.hpp"

/// The numbers of a run that a search can maximise, constrain and compare.
namespace tradewind::research {

/// Undefined; written as null.
inline constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

/// "total_return", "sharpe", "trades.count": the names of the metrics' JSON, in a fixed order.
[[nodiscard]] std::span<const std::string> figure_names();
/// One a name; kNoFigure where undefined.
[[nodiscard]] std::vector<double> figures_of(const BacktestResult& result);

}  // namespace tradewind::research
