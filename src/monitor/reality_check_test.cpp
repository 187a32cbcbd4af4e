// SPDX-License-Identifier: Apache-2.0
#include "monitor/reality_check.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/random.hpp"
#include "measures/moments.hpp"

namespace tradewind::monitor {
namespace {

std::vector<double> noise(std::size_t trials, std::size_t periods) {
    base::Random random(5);
    std::vector<double> out(trials * periods);
    for (double& one : out) one = 0.01 * random.normal();
    return out;
}

TEST(StationaryBootstrap, draws_as_many_periods_as_there_are_and_repeats_by_its_seed) {
    const Resamples one = stationary_bootstrap(100, {.resamples = 50, .seed = 3});
    EXPECT_EQ(one.mean_block, 10);
    for (std::size_t i = 0; i < 50; ++i) {
        const auto row = std::span{one.counts}.subspan(i * 100, 100);
        EXPECT_EQ(std::accumulate(row.begin(), row.end(), 0), 100);
    }
    EXPECT_EQ(one.counts, stationary_bootstrap(100, {.resamples = 50, .seed = 3}).counts);
    EXPECT_NE(one.counts, stationary_bootstrap(100, {.resamples = 50, .seed = 4}).counts);
}

// The variance of a mean over the draws of independent values is theirs / n, whatever the block:
// Politis and Romano (1994), lemma 1.
TEST(StationaryBootstrap, gives_a_mean_the_spread_that_it_has) {
    constexpr std::size_t kPeriods = 400;
    const auto values = noise(1, kPeriods);
    for (const double block : {1.0, 5.0}) {
        const Resamples draws =
            stationary_bootstrap(kPeriods, {.resamples = 4000, .mean_block = block, .seed = 9});
        std::vector<double> means;
        for (std::size_t i = 0; i < draws.resamples; ++i) {
            double sum = 0;
            for (std::size_t t = 0; t < kPeriods; ++t) {
                sum += values[t] * draws.counts[i * kPeriods + t];
            }
            means.push_back(sum / kPeriods);
        }
        EXPECT_NEAR(*measures::sample_deviation(means),
                    *measures::sample_deviation(values) / std::sqrt(kPeriods),
                    0.15 * 0.01 / std::sqrt(kPeriods))
            << block;
    }
}

TEST(RealityCheck, tells_skill_from_luck) {
    auto values = noise(40, 500);
    const Resamples draws = stationary_bootstrap(500, {.resamples = 500});
    const auto luck = reality_check({values, 40, 500}, draws).value();
    EXPECT_GT(luck.white, 0.1);
    EXPECT_GT(luck.spa_consistent, 0.1);
    for (std::size_t t = 0; t < 500; ++t) values[std::size_t{7} * 500 + t] += 0.003;
    const auto skill = reality_check({values, 40, 500}, draws).value();
    EXPECT_EQ(skill.best, 7U);
    EXPECT_LT(skill.white, 0.01);
    EXPECT_LT(skill.spa_consistent, 0.01);
}

TEST(RealityCheck, orders_its_bounds) {
    const auto values = noise(30, 300);
    const auto out =
        reality_check({values, 30, 300}, stationary_bootstrap(300, {.resamples = 300})).value();
    EXPECT_LE(out.spa_lower, out.spa_consistent);
    EXPECT_LE(out.spa_consistent, out.spa_upper);
}

TEST(RealityCheck, is_undefined_where_nothing_varies) {
    const std::vector<double> values(200, 0.0);
    EXPECT_FALSE(
        reality_check({values, 2, 100}, stationary_bootstrap(100, {.resamples = 10})).has_value());
}

}  // namespace
}  // namespace tradewind::monitor
