// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tradewind::measures {

/// Columns (instruments, features) that go together.
struct Clusters {
    std::vector<std::vector<std::size_t>> members;  ///< columns ascending, clusters by their first
    std::vector<std::size_t> of;                    ///< by column: which cluster it is in
};

/// Average linkage on the distance 1 - |correlation|: joins the two nearest clusters as long as
/// they are nearer than 1 - `correlated`. After Lopez de Prado, "Machine Learning for Asset
/// Managers" (2020), ch. 6, with a threshold in place of a search for the number of clusters: a
/// threshold says the same of every set of columns. `correlations` [columns, columns], no NaN. Held
/// to scipy's linkage by clusters_test.cpp and research/models/importance_test.cpp.
[[nodiscard]] Clusters cluster_by_correlation(std::span<const double> correlations,
                                              std::size_t columns, double correlated);

}  // namespace tradewind::measures
