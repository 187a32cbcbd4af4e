// SPDX-License-Identifier: Apache-2.0
#include "research/labels/purge.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/random.hpp"

namespace tradewind::research::labels {
namespace {

Places all_of(std::size_t count) {
    Places out(count);
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

std::vector<Span> rows_of(std::size_t count, std::int64_t ahead) {
    std::vector<Span> out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto from = static_cast<std::int64_t>(10 * i);
        out.push_back({.from = from, .until = from + ahead});
    }
    return out;
}

TEST(Purge, drops_what_shares_an_instant_with_a_test) {
    // tests at 100 to 200: within, around, over each end, touching, beside
    const std::vector<Span> spans{{100, 200}, {120, 130}, {50, 300}, {90, 101}, {190, 210},
                                  {90, 100},  {200, 220}, {90, 99},  {201, 220}};
    const Places train{1, 2, 3, 4, 5, 6, 7, 8}, test{0};
    EXPECT_EQ(purge(spans, train, test, {}), (Places{7, 8}));
    EXPECT_EQ(purge(spans, train, test, Duration{1}), (Places{7}));
    EXPECT_EQ(purge(spans, train, {}, Duration{1}), train);
}

TEST(Purge, is_what_every_pair_says) {
    base::Random random{5};
    for (int round = 0; round < 200; ++round) {
        std::vector<Span> spans;
        Places train, test;
        for (std::size_t i = 0; i < 40; ++i) {
            const auto from = static_cast<std::int64_t>(random.below(300));
            spans.push_back({from, from + static_cast<std::int64_t>(random.below(20))});
            (random.below(4) == 0 ? test : train).push_back(i);
        }
        const Duration embargo{static_cast<std::int64_t>(random.below(10))};
        Places expected;
        for (const std::size_t i : train) {
            const bool keeps = std::none_of(test.begin(), test.end(), [&](std::size_t j) {
                return spans[i].from <= spans[j].until + embargo.ns &&
                       spans[j].from <= spans[i].until;
            });
            if (keeps) expected.push_back(i);
        }
        EXPECT_EQ(purge(spans, train, test, embargo), expected);
    }
}

TEST(PurgedKFold, tests_every_row_once) {
    const auto spans = rows_of(20, 15);
    const auto splits = purged_k_fold(spans, 4, Duration{20});
    ASSERT_TRUE(splits.has_value());
    ASSERT_EQ(splits->size(), 4U);
    // rows 5 to 9 look up to 105; before them 3 (30 to 45) ends in time, 4 does not; behind them
    // 12 is within 125 and 13 not
    EXPECT_EQ((*splits)[1].test, (Places{5, 6, 7, 8, 9}));
    EXPECT_EQ((*splits)[1].train, (Places{0, 1, 2, 3, 13, 14, 15, 16, 17, 18, 19}));
    Places tested;
    for (const Split& split : *splits) {
        tested.insert(tested.end(), split.test.begin(), split.test.end());
    }
    EXPECT_EQ(tested, all_of(20));
}

TEST(PurgedKFold, does_not_part_rows_of_one_instant) {
    // two instruments, rows of which come one instrument after the other
    std::vector<Span> spans = rows_of(9, 5);
    const auto more = rows_of(9, 5);
    spans.insert(spans.end(), more.begin(), more.end());
    const auto splits = purged_k_fold(spans, 4, {});
    ASSERT_TRUE(splits.has_value());
    for (const Split& split : *splits) {
        for (const std::size_t i : split.test) {
            const std::size_t twin = (i + 9) % 18;
            EXPECT_EQ(std::count(split.test.begin(), split.test.end(), twin), 1);
        }
    }
    EXPECT_FALSE(purged_k_fold(std::vector<Span>(8, Span{5, 6}), 2, {}).has_value());
    EXPECT_FALSE(purged_k_fold(rows_of(3, 1), 4, {}).has_value());
    EXPECT_FALSE(purged_k_fold(rows_of(3, 1), 1, {}).has_value());
}

TEST(CombinatorialPurged, tests_every_choice_of_folds) {
    const auto spans = rows_of(24, 12);
    const auto splits = combinatorial_purged(spans, {.folds = 6, .test_folds = 2});
    ASSERT_TRUE(splits.has_value());
    EXPECT_EQ(splits->size(), 15U);
    std::vector<int> tested(24);
    for (const Split& split : *splits) {
        EXPECT_EQ(split.test.size(), 8U);
        for (const std::size_t place : split.test) ++tested[place];
        for (const std::size_t i : split.train) {
            for (const std::size_t j : split.test) {
                EXPECT_FALSE(spans[i].from <= spans[j].until && spans[j].from <= spans[i].until);
            }
        }
    }
    EXPECT_EQ(tested, std::vector<int>(24, 5));
    EXPECT_FALSE(combinatorial_purged(spans, {.folds = 6, .test_folds = 6}).has_value());
    EXPECT_FALSE(
        combinatorial_purged(rows_of(100, 1), {.folds = 40, .test_folds = 20}).has_value());
}

/// Rows of two instruments, one after the other, which look ahead by different lengths of time.
std::vector<Span> drawn_rows(std::size_t count, std::uint64_t seed) {
    base::Random random{seed};
    std::vector<Span> out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto from = static_cast<std::int64_t>(10 * (i % (count / 2)));
        out.push_back({from, from + static_cast<std::int64_t>(random.below(60))});
    }
    return out;
}

RC_GTEST_PROP(CombinatorialPurged,
              nothing_trained_on_touches_a_test_and_every_path_has_all_rows_once,
              (std::uint64_t seed)) {
    const std::size_t folds = *rc::gen::inRange<std::size_t>(3, 8);
    const std::size_t tested = *rc::gen::inRange<std::size_t>(1, folds);
    const Duration embargo{*rc::gen::inRange<std::int64_t>(0, 40)};
    const auto spans = drawn_rows(2 * *rc::gen::inRange<std::size_t>(40, 120), seed);
    const auto splits =
        combinatorial_purged(spans, {.folds = folds, .test_folds = tested, .embargo = embargo});
    RC_ASSERT(splits.has_value());
    const auto parts = parts_by_time(spans, folds);
    RC_ASSERT(parts.has_value());
    std::vector<std::size_t> times(spans.size());
    for (const Split& split : *splits) {
        std::set<std::size_t> test;
        for (const std::size_t fold : split.folds) {
            test.insert((*parts)[fold].begin(), (*parts)[fold].end());
        }
        RC_ASSERT(test == std::set<std::size_t>(split.test.begin(), split.test.end()));
        for (const std::size_t j : split.test) ++times[j];
        for (const std::size_t i : split.train) {
            for (const std::size_t j : split.test) {
                RC_ASSERT(spans[i].until < spans[j].from ||
                          spans[i].from > spans[j].until + embargo.ns);
            }
        }
    }
    const auto paths = backtest_paths(*splits, folds);
    std::size_t phi = 1;  // C(folds - 1, tested - 1), a step at a time
    for (std::size_t i = 1; i < tested; ++i) phi = phi * (folds - i) / i;
    RC_ASSERT(paths.size() == phi);
    RC_ASSERT(paths.size() * folds == splits->size() * tested);
    for (const std::size_t one : times) RC_ASSERT(one == phi);
    std::set<std::pair<std::size_t, std::size_t>> used;  // split and fold
    for (const auto& path : paths) {
        std::vector<std::size_t> covered(spans.size());
        for (std::size_t fold = 0; fold < folds; ++fold) {
            const auto& of = (*splits)[path[fold]].folds;
            RC_ASSERT(std::find(of.begin(), of.end(), fold) != of.end());
            RC_ASSERT(used.emplace(path[fold], fold).second);
            for (const std::size_t row : (*parts)[fold]) ++covered[row];
        }
        RC_ASSERT(covered == std::vector<std::size_t>(spans.size(), 1));
    }
}

TEST(CombinatorialPurged, has_the_five_paths_of_six_groups_of_which_two_are_tested) {
    // Lopez de Prado, figure 12.1 and 12.2: groups G1 to G6, splits S1 to S15, in this order
    const auto splits = combinatorial_purged(rows_of(24, 1), {.folds = 6, .test_folds = 2});
    const auto paths = backtest_paths(*splits, 6);
    ASSERT_EQ(paths.size(), 5U);
    EXPECT_EQ(paths[0], (std::vector<std::size_t>{0, 0, 1, 2, 3, 4}));
    EXPECT_EQ(paths[1], (std::vector<std::size_t>{1, 5, 5, 6, 7, 8}));
    EXPECT_EQ(paths[4], (std::vector<std::size_t>{4, 8, 11, 13, 14, 14}));
}

TEST(WalkForward, trains_on_what_was_over_before_the_test) {
    const auto spans = rows_of(10, 15);
    const auto all = walk_forward(spans, {.least_rows = 4, .test_rows = 4});
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ((*all)[0].train, (Places{0, 1, 2}));  // 2 ends at 35, 3 at 45
    EXPECT_EQ((*all)[0].test, (Places{4, 5, 6, 7}));
    EXPECT_EQ((*all)[1].test, (Places{8, 9}));
    const auto newest = walk_forward(spans, {.train_rows = 3, .least_rows = 4, .test_rows = 4});
    EXPECT_EQ((*newest)[1].train, (Places{5, 6}));
    EXPECT_FALSE(walk_forward(spans, {.least_rows = 10, .test_rows = 1}).has_value());
    EXPECT_FALSE(walk_forward({}, {}).has_value());
}

}  // namespace
}  // namespace tradewind::research::labels
