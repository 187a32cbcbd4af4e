// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "research/models/rows.hpp"

namespace tradewind::research::models {

/// Columns that say much the same, put together.
struct ColumnClusters {
    std::vector<std::vector<std::size_t>> members;  ///< columns ascending, clusters by their first
    std::vector<std::size_t> of;                    ///< by column: which cluster it is in
};

/// Spearman's correlations [columns, columns] of the values in some rows: ranks are of the values
/// that are there, and a pair is measured on the rows that have both. Where it is undefined (a
/// constant column, under two rows) it is 0; the diagonal is 1.
[[nodiscard]] std::vector<double> rank_correlations(const Rows& rows, std::size_t columns,
                                                    std::span<const std::size_t> places);

/// Average linkage on the distance 1 - |correlation|: joins the two nearest clusters as long as
/// they are nearer than 1 - `correlated`. After Lopez de Prado, "Machine Learning for Asset
/// Managers" (2020), ch. 6, with a threshold in place of a search for the number of clusters: a
/// threshold says the same of every set of columns. Held to scipy's linkage by
/// importance_test.cpp.
[[nodiscard]] ColumnClusters cluster_columns(std::span<const double> correlations,
                                             std::size_t columns, double correlated);

}  // namespace tradewind::research::models
