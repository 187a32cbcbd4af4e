// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "research/models/rows.hpp"

namespace tradewind::research::models {

/// Spearman's correlations [columns, columns] of the values in some rows: ranks are of the values
/// that are there, and a pair is measured on the rows that have both. Where it is undefined (a
/// constant column, under two rows) it is 0; the diagonal is 1.
[[nodiscard]] std::vector<double> rank_correlations(const Rows& rows, std::size_t columns,
                                                    std::span<const std::size_t> places);

}  // namespace tradewind::research::models
