// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "adapters/catalog/repairs.hpp"
#include "market/quality.hpp"
#include "ports/history.hpp"

namespace tradewind::apps {

/// Whether findings of a rule can be mended from the series alone. Of the others some are real
/// (extremes, pegs that break) and some need another source (gaps, splits).
[[nodiscard]] bool can_be_cleaned(market::QualityRule rule);

/// Rows in the order of time, those of one instant in the order in which they came. The changes
/// name the rows that the file had too late.
[[nodiscard]] std::vector<catalog::RowChange> sort_by_time(ports::Columns& rows);

/// Applies the repairs of the findings of these rules; `rows` become the new version.
[[nodiscard]] std::vector<catalog::RowChange> apply_repairs(
    ports::Columns& rows, std::span<const market::Finding> findings,
    std::span<const market::QualityRule> rules);

}  // namespace tradewind::apps
