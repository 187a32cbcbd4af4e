// SPDX-License-Identifier: Apache-2.0
#include "construction/hierarchical.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/covariances.hpp"

namespace tradewind::construction {
namespace {

// The paper's own example is in tests/construction/test_construct.py, which has its random numbers.
TEST(Hierarchical, splits_two_pairs_by_the_variance_of_each) {
    // A0 with A2 and A1 with A3 go together; the pairs have nothing to do with each other.
    const auto covariance = test::covariance_of({0.1, 0.2, 0.1, 0.2}, {0, 0.9, 0, 0, 0.9, 0});
    const auto found = hierarchical({.names = test::asset_names(4), .covariance = covariance});
    ASSERT_TRUE(found) << describe(found.error());
    EXPECT_EQ(found->order, (std::vector<std::size_t>{0, 2, 1, 3}));
    EXPECT_NEAR(found->portfolio.weights[0], 0.4, 1e-12);  // 0.04 / (0.01 + 0.04), halved
    EXPECT_NEAR(found->portfolio.weights[1], 0.1, 1e-12);
}

TEST(Hierarchical, takes_a_singular_covariance_but_no_variance_of_0) {
    const auto covariance = test::covariance_of({0.1, 0.2, 0.3}, {1, 1, 1});
    EXPECT_TRUE(hierarchical({.names = test::asset_names(3), .covariance = covariance}));
    const std::vector<double> riskless{0.01, 0, 0, 0};
    const auto found = hierarchical({.names = test::asset_names(2), .covariance = riskless});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::singular);
}

RC_GTEST_PROP(HierarchicalProperty, weights_are_positive_and_sum_to_1, ()) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    base::Random random(seed);
    const std::size_t n = 1 + random.below(40);
    const auto covariance = test::random_covariance(seed, n);
    for (const auto distance : {TreeDistance::rows, TreeDistance::direct}) {
        const auto found =
            hierarchical({.names = test::asset_names(n), .covariance = covariance}, distance);
        if (!found) RC_FAIL(describe(found.error()));
        RC_ASSERT(std::abs(found->portfolio.net - 1) < 1e-12);
        for (const double weight : found->portfolio.weights) RC_ASSERT(weight > 0);
        std::vector<bool> is_seen(n, false);
        for (const std::size_t i : found->order) is_seen[i] = true;
        RC_ASSERT(std::ranges::count(is_seen, true) == static_cast<std::ptrdiff_t>(n));
    }
}

}  // namespace
}  // namespace tradewind::construction
