// SPDX-License-Identifier: Apache-2.0
#include "research/search/search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "support/must.hpp"

namespace tradewind::research {
namespace {

using test::must;

SearchSpace space_of(const std::vector<std::string>& arguments) {
    return must(SearchSpace::parse(arguments));
}

std::string error_of(SearchSettings settings) {
    const auto search = Search::create(std::move(settings));
    return search ? "" : search.error();
}

/// Every trial as text, told the value `score` gives it. `threads` are asked for at once and told
/// backwards.
template <typename Score>
std::vector<std::string> run(SearchSettings settings, std::size_t threads, const Score& score) {
    Search search = must(Search::create(std::move(settings)));
    std::vector<std::string> out;
    while (!search.finished()) {
        std::vector<Trial> running;
        while (running.size() < threads) {
            auto trial = search.ask();
            if (!trial) break;
            out.push_back(search.space().text(trial->point));
            running.push_back(std::move(*trial));
        }
        if (running.empty()) break;
        for (auto one = running.rbegin(); one != running.rend(); ++one) {
            search.tell(one->number, {.value = score(one->point)});
        }
    }
    return out;
}

double first(const Point& point) { return point[0]; }

TEST(GridSearch, visits_every_point_once_in_order) {
    const auto trials = run({.space = space_of({"fast=2:4", "kind=a,b"})}, 3, first);
    EXPECT_EQ(trials,
              (std::vector<std::string>{"fast=2 kind=a", "fast=2 kind=b", "fast=3 kind=a",
                                        "fast=3 kind=b", "fast=4 kind=a", "fast=4 kind=b"}));
}

TEST(GridSearch, leaves_out_what_a_constraint_forbids) {
    SearchSettings settings{.space = space_of({"fast=1:3", "slow=1:3"}),
                            .allowed = [](const Point& p) { return p[0] < p[1]; },
                            .allowed_text = "fast < slow"};
    EXPECT_EQ(run(std::move(settings), 1, first),
              (std::vector<std::string>{"fast=1 slow=2", "fast=1 slow=3", "fast=2 slow=3"}));
}

TEST(GridSearch, refuses_a_space_that_a_constraint_empties) {
    EXPECT_EQ(error_of({.space = space_of({"fast=5:6"}),
                        .allowed = [](const Point&) { return false; },
                        .allowed_text = "fast < 2"}),
              "no point of the grid satisfies 'fast < 2': there is nothing to search; widen the "
              "ranges or drop the constraint");
}

TEST(GridSearch, refuses_a_billion_points) {
    EXPECT_EQ(error_of({.space = space_of({"a=1:1000", "b=1:1000", "c=1:1000"})}),
              "the grid has 1,000,000,000 points, 10,000,000 is the most; give steps "
              "(name=low:high:step) or smaller ranges, or draw from it with --sampler random "
              "--trials N");
    EXPECT_EQ(error_of({.space = space_of({"a=1:1000000000", "b=1:1000000000", "c=1:1000000000"})})
                  .substr(0, 27),
              "the grid has 1e+27 points, ");
}

TEST(GridSearch, refuses_a_continuum) {
    EXPECT_EQ(error_of({.space = space_of({"stop=0.0:1.0"})}),
              "parameter stop: a grid needs a step, for example stop=0:1:0.1; or say --sampler "
              "random");
}

TEST(Search, refuses_what_has_no_trials) {
    EXPECT_EQ(error_of({.space = {}}),
              "no parameter is searched: there is nothing to do; say --param name=low:high");
    EXPECT_EQ(error_of({.space = space_of({"a=1:2"}), .sampler = SamplerKind::random}),
              "--sampler random has no end of its own; say --trials N");
    EXPECT_EQ(error_of({.space = space_of({"a=1:2"}), .trials = 0}),
              "--trials 0: a search needs at least one trial");
}

TEST(RandomSearch, depends_on_the_seed_and_not_on_how_many_are_asked_at_once) {
    const auto settings = [](std::uint64_t seed) {
        return SearchSettings{.space = space_of({"a=1:1000", "b=0.001:1.0:log"}),
                              .sampler = SamplerKind::random,
                              .trials = 700,
                              .seed = seed};
    };
    const auto one = run(settings(1), 1, first);
    EXPECT_EQ(one.size(), 700U);
    EXPECT_EQ(one, run(settings(1), 16, first));
    EXPECT_NE(one, run(settings(2), 1, first));
}

TEST(RandomSearch, ends_where_nothing_is_allowed) {
    SearchSettings settings{.space = space_of({"a=1:10"}),
                            .sampler = SamplerKind::random,
                            .trials = 5,
                            .allowed = [](const Point&) { return false; }};
    EXPECT_TRUE(run(std::move(settings), 1, first).empty());
}

TEST(RandomSearch, draws_every_value_of_a_grid_equally_often) {
    SearchSettings settings{
        .space = space_of({"a=1:4"}), .sampler = SamplerKind::random, .trials = 4000};
    const auto trials = run(std::move(settings), 8, first);
    for (const char* one : {"a=1", "a=2", "a=3", "a=4"}) {
        EXPECT_NEAR(static_cast<double>(std::ranges::count(trials, one)), 1000, 120) << one;
    }
}

SearchSettings learning(SamplerKind sampler, const std::vector<std::string>& space,
                        std::uint64_t trials) {
    return {.space = space_of(space), .sampler = sampler, .trials = trials, .seed = 3};
}

double bowl(const Point& p) { return -(p[0] - 30) * (p[0] - 30) - (p[1] - 70) * (p[1] - 70); }

TEST(LearningSearch, does_not_depend_on_how_many_run_at_once_nor_on_who_ends_first) {
    for (const SamplerKind sampler : {SamplerKind::tpe, SamplerKind::cma_es}) {
        const auto settings = [&] { return learning(sampler, {"a=1:100", "b=1:100"}, 120); };
        const auto one = run(settings(), 1, bowl);
        EXPECT_EQ(one.size(), 120U);
        EXPECT_EQ(one, run(settings(), 7, bowl));
        EXPECT_EQ(one, run(settings(), 64, bowl));
    }
}

TEST(LearningSearch, finds_the_best_point_of_a_grid) {
    for (const SamplerKind sampler : {SamplerKind::tpe, SamplerKind::cma_es}) {
        const auto trials = run(learning(sampler, {"a=1:100", "b=1:100"}, 400), 4, bowl);
        EXPECT_NE(std::ranges::find(trials, "a=30 b=70"), trials.end()) << to_string(sampler);
    }
}

TEST(LearningSearch, keeps_to_the_constraints) {
    for (const SamplerKind sampler : {SamplerKind::tpe, SamplerKind::cma_es}) {
        SearchSettings settings = learning(sampler, {"a=1:100", "b=1:100"}, 200);
        settings.allowed = [](const Point& p) { return p[0] > p[1]; };
        run(std::move(settings), 4, [](const Point& p) {
            EXPECT_GT(p[0], p[1]);
            return bowl(p);
        });
    }
}

TEST(LearningSearch, goes_on_where_every_outcome_is_undefined) {
    for (const SamplerKind sampler : {SamplerKind::tpe, SamplerKind::cma_es}) {
        Search search = must(Search::create(learning(sampler, {"a=1:100", "x=0.0:1.0"}, 150)));
        while (!search.finished()) {
            const auto trial = search.ask();
            ASSERT_TRUE(trial.has_value());
            search.tell(trial->number, {.value = std::nullopt});
        }
        EXPECT_EQ(search.told(), 150U);
    }
}

TEST(TpeSearch, tries_no_point_of_a_small_grid_twice_and_ends_with_it) {
    auto trials = run(learning(SamplerKind::tpe, {"a=1:6", "side=long,short"}, 100), 3, first);
    EXPECT_EQ(trials.size(), 12U);
    EXPECT_EQ(std::set<std::string>(trials.begin(), trials.end()).size(), 12U);
}

TEST(TpeSearch, learns_which_choice_of_a_list_is_good) {
    const auto score = [](const Point& p) { return p[1] == 2 ? 10 - std::abs(p[0]) : -10; };
    const auto trials =
        run(learning(SamplerKind::tpe, {"x=-5.0:5.0", "kind=a,b,c,d,e,f"}, 100), 1, score);
    const auto good = std::count_if(trials.begin() + 40, trials.end(),
                                    [](const std::string& one) { return one.ends_with("kind=c"); });
    EXPECT_GT(good, 20);  // chance gives 10
}

TEST(CmaEsSearch, takes_a_list_of_numbers_by_its_order_and_refuses_words) {
    EXPECT_EQ(error_of(learning(SamplerKind::cma_es, {"kind=a,b"}, 10)),
              "parameter kind: cma-es searches numbers, not a list of words; say --sampler tpe");
    const auto trials = run(learning(SamplerKind::cma_es, {"n=10,20,30", "fixed=x"}, 60), 2, first);
    EXPECT_EQ(trials.size(), 60U);
    EXPECT_GT(std::ranges::count(trials, "n=30 fixed=x"), 20);
}

TEST(CmaEsSearch, of_a_single_point_runs_it_once) {
    EXPECT_EQ(run(learning(SamplerKind::cma_es, {"a=3"}, 10), 1, first),
              std::vector<std::string>{"a=3"});
}

TEST(Outcome, puts_constraints_before_values) {
    EXPECT_TRUE(is_better({.value = 1.0}, {.value = 0.5}));
    EXPECT_TRUE(is_better({.value = 0.0}, {.value = 9.0, .violation = 0.1}));
    EXPECT_TRUE(is_better({.value = 0.0, .violation = 0.1}, {.value = 9.0, .violation = 0.2}));
    EXPECT_TRUE(is_better({.value = -9.0}, {.value = std::nullopt}));
    EXPECT_FALSE(is_better({.value = std::nullopt}, {.value = std::nullopt}));
}

}  // namespace
}  // namespace tradewind::research
