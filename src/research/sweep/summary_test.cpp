// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/must.hpp"

namespace tradewind::research {
namespace {

SearchSpace space_of(const std::vector<std::string>& arguments) {
    return test::must(SearchSpace::parse(arguments));
}

/// A trial at each point of the grid, whose objective is `value(point)`.
template <typename Value>
std::vector<TrialResult> trials_over(const SearchSpace& space, const Value& value) {
    std::vector<TrialResult> out;
    for (std::uint64_t i = 0; i < *space.points(); ++i) {
        TrialResult trial{.number = i, .point = space.at(i)};
        trial.outcome.value = value(trial.point);
        trial.figures = {1};
        out.push_back(std::move(trial));
    }
    return out;
}

TEST(Ranking, puts_the_first_of_equals_first_and_leaves_out_what_has_no_value) {
    const SearchSpace space = space_of({"x=0:3"});
    auto trials = trials_over(space, [](const Point& p) { return p[0] == 3 ? 1.0 : p[0] * 0; });
    trials[2].outcome.value = std::nullopt;
    const auto order = ranking(trials);
    ASSERT_EQ(order.size(), 3U);
    EXPECT_EQ(order[0]->number, 3U);
    EXPECT_EQ(order[1]->number, 0U);
    EXPECT_EQ(order[2]->number, 1U);
}

TEST(Ranking, a_missed_constraint_is_worse_than_any_value) {
    const SearchSpace space = space_of({"x=0:1"});
    auto trials = trials_over(space, [](const Point& p) { return p[0]; });
    trials[1].outcome.violation = 0.1;
    EXPECT_EQ(ranking(trials).front()->number, 0U);
}

TEST(Edge, names_the_parameters_whose_best_value_is_the_first_or_the_last) {
    const SearchSpace space = space_of({"a=1:5", "b=0.1:0.5:0.1", "c=7", "d=u,v"});
    EXPECT_TRUE(at_the_edge(space, {3, 0.3, 0, 0}).empty());
    EXPECT_EQ(at_the_edge(space, {1, 0.5, 0, 1}), (std::vector<std::string>{"a", "b"}));
}

TEST(Regions, are_neighbours_among_the_best_tenth) {
    const SearchSpace space = space_of({"x=0:9", "y=0:9"});
    // Two hills: six points in the corner, four elsewhere; the best ten of a hundred.
    const auto trials = trials_over(space, [](const Point& p) {
        if (p[0] <= 1 && p[1] <= 2) return 10 + p[0];
        if (p[0] >= 7 && p[0] <= 8 && p[1] >= 5 && p[1] <= 6) return 20.0;
        return -p[0] - p[1];
    });
    const auto regions = good_regions(trials, space, 5);
    ASSERT_EQ(regions.size(), 2U);
    EXPECT_EQ(regions[0].trials, 6U);
    EXPECT_EQ(regions[0].low, (std::vector<double>{0, 0}));
    EXPECT_EQ(regions[0].high, (std::vector<double>{1, 2}));
    EXPECT_DOUBLE_EQ(regions[0].mean, 10.5);
    EXPECT_EQ(regions[1].trials, 4U);
    EXPECT_DOUBLE_EQ(regions[1].best, 20);
}

TEST(Neighbourhood, is_one_step_away_in_each_direction) {
    const SearchSpace space = space_of({"x=0:8:2", "y=1:5"});
    const auto trials = trials_over(space, [](const Point& p) { return p[0] * 10 + p[1]; });
    const auto middle = neighbourhood(trials, space, trials[12]);  // x = 4, y = 3
    ASSERT_TRUE(middle);
    EXPECT_EQ(middle->trials, 4U);
    EXPECT_DOUBLE_EQ(middle->mean, 43);
    EXPECT_DOUBLE_EQ(middle->worst, 23);
    EXPECT_EQ(neighbourhood(trials, space, trials[0])->trials, 2U);
}

TEST(Overfitting, is_undefined_where_returns_were_not_kept) {
    const SearchSpace space = space_of({"x=0:3"});
    auto trials = trials_over(space, [](const Point& p) { return p[0]; });
    for (TrialResult& trial : trials) {
        for (int i = 0; i < 64; ++i) {
            trial.returns.push_back(0.01 * std::sin(i * (trial.point[0] + 1)));
        }
    }
    const auto found = overfitting_of(trials, 16);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->trials, 4U);
    EXPECT_EQ(found->blocks, 16U);
    trials[1].returns.clear();
    EXPECT_FALSE(overfitting_of(trials, 16));
}

TEST(Overfitting, takes_fewer_blocks_where_there_are_few_days) {
    const SearchSpace space = space_of({"x=0:1"});
    auto trials = trials_over(space, [](const Point& p) { return p[0]; });
    for (TrialResult& trial : trials) trial.returns = {0.1, trial.point[0], -0.1, 0.2, 0.1, -0.3};
    EXPECT_EQ(overfitting_of(trials, 16)->blocks, 2U);
    for (TrialResult& trial : trials) trial.returns = {0.1, 0.2};
    EXPECT_FALSE(overfitting_of(trials, 16));
}

TEST(Reality, tells_a_steady_winner_from_noise) {
    const SearchSpace space = space_of({"x=0:4"});
    auto trials = trials_over(space, [](const Point& p) { return p[0]; });
    for (TrialResult& trial : trials) {
        for (int i = 0; i < 250; ++i)
            trial.returns.push_back(0.01 * std::sin(i * i + trial.point[0]));
    }
    EXPECT_GT(reality_of(trials, 1)->white, 0.2);
    for (double& value : trials[3].returns) value += 0.004;
    EXPECT_LT(reality_of(trials, 1)->white, 0.02);
    trials[0].returns.clear();
    EXPECT_FALSE(reality_of(trials, 1));
}

}  // namespace
}  // namespace tradewind::research
