// SPDX-License-Identifier: Apache-2.0
#include "research/models/judge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace tradewind::research::models {
namespace {

const ml::Target kTwo{.task = ml::Task::classes, .levels = {-1, 1}};

/// `instruments` x `instants` rows whose return follows the score or does not, and labels of it.
struct Market {
    Rows rows;
    labels::Places places;
    std::vector<std::uint32_t> classes;
    std::vector<double> probabilities;

    Market(std::size_t instruments, std::size_t instants, double pull) {
        base::Random random{5};
        rows.starts.clear();
        for (std::size_t s = 0; s < instruments; ++s) {
            rows.starts.push_back(rows.known_at.size());
            for (std::size_t i = 0; i < instants; ++i) {
                const double score = random.normal();
                rows.known_at.push_back(static_cast<std::int64_t>(i) * days(1).ns);
                rows.outcome.push_back(pull * score + random.normal());
                rows.label.push_back(rows.outcome.back() > 0 ? 1 : -1);
                const double up = 1 / (1 + std::exp(-score));
                probabilities.push_back(1 - up);
                probabilities.push_back(up);
            }
        }
        rows.starts.push_back(rows.known_at.size());
        places.resize(rows.known_at.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        classes = classes_of(rows, kTwo, places);
    }
    [[nodiscard]] Judgement judged(std::size_t horizon) const {
        return judge({.rows = rows,
                      .target = kTwo,
                      .places = places,
                      .classes = classes,
                      .probabilities = probabilities,
                      .horizon_rows = horizon});
    }
};

TEST(Judge, tells_scores_that_returns_follow_from_those_that_they_do_not) {
    const Judgement good = Market{6, 400, 0.5}.judged(1), bad = Market{6, 400, 0}.judged(1);
    EXPECT_GT(good.accuracy->value, 0.6);
    EXPECT_GT(good.icir->t, 10);
    EXPECT_GT(*good.quantile_returns[4].mean, *good.quantile_returns[0].mean);
    EXPECT_LT(std::abs(*bad.rank_ic), 0.06);
    EXPECT_LT(std::abs(bad.icir->t), 3);
    EXPECT_GT(*bad.log_loss, *bad.base_log_loss);
}

TEST(Judge, instants_whose_labels_overlap_count_once) {
    const Market market{6, 400, 0.5};
    EXPECT_EQ(market.judged(1).icir->periods, 400U);
    EXPECT_EQ(market.judged(5).icir->periods, 80U);
    EXPECT_EQ(market.judged(5).rank_ic, market.judged(1).rank_ic);
    EXPECT_NEAR(market.judged(5).icir->mean, market.judged(1).icir->mean, 0.1);
}

TEST(Judge, of_few_instruments_periods_are_months) {
    EXPECT_EQ((Market{2, 365, 0.5}.judged(5).icir->periods), 12U);
}

TEST(Judge, labels_of_no_class_are_passed_over) {
    Market market{1, 50, 0};
    market.rows.label[7] = 0;
    labels::Places places = market.places;
    EXPECT_EQ(classes_of(market.rows, kTwo, places).size(), 49U);
    EXPECT_EQ(std::count(places.begin(), places.end(), std::size_t{7}), 0);
}

}  // namespace
}  // namespace tradewind::research::models
