// SPDX-License-Identifier: Apache-2.0
#include "measures/clusters.hpp"

#include <gtest/gtest.h>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

// scipy 1.17: cluster.hierarchy.linkage(..., "average") and fcluster(..., "distance").
TEST(Clusters, are_scipys_of_average_linkage) {
    const auto cases = reference("clusters");
    ASSERT_EQ(cases.size(), 5U);
    for (const auto& one : cases) {
        const auto correlations = numbers_of(one["correlations"]);
        const auto ours = cluster_by_correlation(correlations, 12, one["correlated"]);
        EXPECT_EQ(ours.of, one["of"].get<std::vector<std::size_t>>());
    }
}

TEST(Clusters, put_what_moves_against_each_other_together) {
    const std::vector<double> correlations{1, -0.9, 0.1, -0.9, 1, 0, 0.1, 0, 1};
    const Clusters found = cluster_by_correlation(correlations, 3, 0.7);
    EXPECT_EQ(found.members, (std::vector<std::vector<std::size_t>>{{0, 1}, {2}}));
}

}  // namespace
}  // namespace tradewind::measures
