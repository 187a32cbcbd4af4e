// SPDX-License-Identifier: Apache-2.0
#include "research/search/pruner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "support/must.hpp"

namespace tradewind::research {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

Pruner pruner_of(std::string_view rule) {
    return Pruner{test::must(parse_prune(rule, std::vector{0.25, 0.5}))};
}

void learn_round(Pruner& pruner, const std::vector<double>& first_rung) {
    for (const double value : first_rung) pruner.learn(std::vector{value}, true);
    pruner.end_round();
}

TEST(MedianPruner, ends_what_is_below_the_median_of_those_that_ran) {
    Pruner pruner = pruner_of("median");
    learn_round(pruner, {1, 2, 3, 4, 10, 20});
    EXPECT_FALSE(pruner.is_hopeless(0, 3.5));  // the median itself
    EXPECT_TRUE(pruner.is_hopeless(0, 3.499));
    EXPECT_FALSE(pruner.is_hopeless(1, -5));  // nobody came to the second rung
    // Those that did not run to their end raise no bar.
    for (int i = 0; i < 20; ++i) pruner.learn(std::vector{100.0}, false);
    pruner.end_round();
    EXPECT_FALSE(pruner.is_hopeless(0, 3.5));
}

TEST(MedianPruner, ends_nothing_before_it_knows_five) {
    Pruner pruner = pruner_of("median");
    learn_round(pruner, {1, 2, 3, 4});
    EXPECT_FALSE(pruner.is_hopeless(0, -1));
    learn_round(pruner, {5});
    EXPECT_TRUE(pruner.is_hopeless(0, -1));
}

TEST(HalvingPruner, lets_one_in_so_many_go_on_and_always_the_best) {
    Pruner pruner = pruner_of("halving:4");
    EXPECT_FALSE(pruner.is_hopeless(0, -1));  // the first
    learn_round(pruner, {1, 2, 3});
    EXPECT_FALSE(pruner.is_hopeless(0, 3));  // as good as the best of four
    EXPECT_TRUE(pruner.is_hopeless(0, 2.5));
    learn_round(pruner, {4, 5, 6, 7});
    EXPECT_FALSE(pruner.is_hopeless(0, 6));  // eight: the best two
    EXPECT_TRUE(pruner.is_hopeless(0, 5.5));
}

TEST(Pruner, an_undefined_value_neither_ends_a_trial_nor_counts) {
    for (const char* rule : {"median", "halving:2"}) {
        Pruner pruner = pruner_of(rule);
        learn_round(pruner, {1, 2, 3, 4, 5, kUndefined, kUndefined, kUndefined});
        EXPECT_FALSE(pruner.is_hopeless(0, std::nullopt)) << rule;
        EXPECT_FALSE(pruner.is_hopeless(0, kUndefined)) << rule;
        EXPECT_TRUE(pruner.is_hopeless(0, 1)) << rule;
        EXPECT_FALSE(pruner.is_hopeless(0, 4)) << rule;
    }
}

TEST(Pruner, the_order_within_a_round_changes_nothing) {
    base::Random random{3};
    std::vector<double> values(30);
    for (double& one : values) one = random.uniform();
    for (const char* rule : {"median", "halving:3"}) {
        Pruner one = pruner_of(rule), other = pruner_of(rule);
        learn_round(one, values);
        std::vector<double> turned{values.rbegin(), values.rend()};
        std::ranges::rotate(turned, turned.begin() + 11);
        learn_round(other, turned);
        for (int i = 0; i <= 100; ++i) {
            EXPECT_EQ(one.is_hopeless(0, i / 100.0), other.is_hopeless(0, i / 100.0));
        }
    }
}

TEST(Pruner, is_named_with_its_rungs) {
    const auto plain = test::must(parse_prune("median", {}));
    EXPECT_EQ(plain.rungs, (std::vector{0.25, 0.5, 0.75}));
    EXPECT_EQ(to_string(plain), "median");
    const auto halving = test::must(parse_prune("halving", {}));
    EXPECT_EQ(halving.rungs, (std::vector{0.0625, 0.25}));
    EXPECT_EQ(to_string(halving), "halving:4");
    EXPECT_EQ(test::must(parse_prune("halving:100", {})).rungs, (std::vector{0.01}));
    const auto given = test::must(parse_prune("halving:3", std::vector{0.1, 0.2, 0.9}));
    EXPECT_EQ(given.factor, 3U);
    EXPECT_EQ(given.rungs.size(), 3U);
}

TEST(Pruner, what_is_no_rule_or_no_share_is_told) {
    const std::vector<double> sound{0.5};
    for (const char* rule : {"", "mean", "halving:", "halving:1", "halving:0", "halving:x",
                             "halving:-2", "halving:2x", "halving4", "median:2"}) {
        EXPECT_FALSE(parse_prune(rule, sound)) << rule;
    }
    using Rungs = std::vector<double>;
    for (const Rungs& rungs : {Rungs{0.0}, Rungs{1.0}, Rungs{0.5, 0.5}, Rungs{0.5, 0.25},
                               Rungs{kUndefined}, Rungs{0.1, kUndefined, 0.5}, Rungs{-0.1, 0.5}}) {
        const auto read = parse_prune("median", rungs);
        ASSERT_FALSE(read) << rungs.front();
        EXPECT_NE(read.error().find("rungs"), std::string::npos);
    }
}

}  // namespace
}  // namespace tradewind::research
