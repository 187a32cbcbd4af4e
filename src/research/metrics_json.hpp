// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "monitor/metrics.hpp"

namespace tradewind::research {

/// The metrics under the names of their fields, in that order; undefined is null, instants are ISO
/// 8601, durations seconds, money a number in the account's currency. `tail_95` and `tail_99` are
/// spread out as var_95, es_95, var_normal_95 and so on; the worst drawdown as max_drawdown_start,
/// _trough, _recovery, _duration_days and _recovery_days; the trades' statistics are the object
/// `trades`.
[[nodiscard]] nlohmann::ordered_json metrics_json(const monitor::Metrics& metrics);

}  // namespace tradewind::research
