// SPDX-License-Identifier: Apache-2.0
// Against scikit-learn, scipy and numpy (tests/reference/numbers_reference.py).
#include "research/models/judge_numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/random.hpp"
#include "domain/time.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::json;

const ml::Target kValue{.task = ml::Task::value, .levels = {}};

labels::LabelDefinition label_of(const char* text) { return *labels::LabelDefinition::parse(text); }

/// The rows of the reference: behind them, those that were trained on.
struct Case {
    Case() {
        std::ifstream file("tests/reference/numbers.json");
        from = Json::parse(file)["judged"][0];
        rows.label = from["truth"].get<std::vector<double>>();
        for (const double one : from["trained"]) rows.label.push_back(one);
        const std::size_t n = from["truth"].size();
        for (std::size_t i = 0; i < rows.label.size(); ++i) {
            rows.known_at.push_back(static_cast<std::int64_t>(i) * days(1).ns);
            rows.outcome.push_back(rows.label[i]);
            (i < n ? said.places : trained).push_back(i);
        }
        rows.starts = {0, rows.label.size()};
        said.expected = from["said"].get<std::vector<double>>();
    }
    Json from;
    Rows rows;
    labels::Places trained;
    Forecasts said;
};

TEST(JudgeNumbers, figures_are_those_of_scikit_learn_and_scipy) {
    Case one;
    const ml::Target target{.task = ml::Task::quantiles,
                            .levels = one.from["levels"].get<std::vector<double>>()};
    one.said.scores = one.from["scores"].get<std::vector<double>>();
    for (std::size_t i = 0; i < one.said.places.size(); ++i) {
        one.said.low.push_back(one.said.scores[3 * i]);
        one.said.high.push_back(one.said.scores[3 * i + 2]);
    }
    one.said.nominal = 0.8;
    set_base(one.rows, target, one.trained, one.said);
    const Judgement found =
        judge_numbers(one.rows, label_of("forward_volatility(5)"), target, one.said);
    const Json& expected = one.from["expected"];
    const NumberQuality& q = *found.numbers;
    EXPECT_NEAR(*q.mae, expected["mae"], 1e-12);
    EXPECT_NEAR(*q.base_mae, expected["base_mae"], 1e-12);
    EXPECT_NEAR(*q.rmse, expected["rmse"], 1e-12);
    EXPECT_NEAR(*q.base_rmse, expected["base_rmse"], 1e-12);
    EXPECT_NEAR(*q.r_squared, expected["r_squared"], 1e-10);
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_NEAR(*q.pinball[k].loss, expected["pinball"][k], 1e-12);
        EXPECT_NEAR(*q.pinball[k].base, expected["base_pinball"][k], 1e-12);
        EXPECT_NEAR(*q.pinball[k].below, expected["below"][k], 1e-12);
    }
    EXPECT_NEAR(*q.interval_coverage, expected["coverage"], 1e-12);
    EXPECT_NEAR(*q.interval_width, expected["width"], 1e-12);
    EXPECT_EQ(q.interval_nominal, 0.8);
    EXPECT_NEAR(*q.qlike, expected["qlike"], 1e-10);
    EXPECT_NEAR(*q.base_qlike, expected["base_qlike"], 1e-10);
    EXPECT_NEAR(*found.ic, expected["ic"], 1e-10);
    EXPECT_NEAR(*found.rank_ic, expected["rank_ic"], 1e-10);
    EXPECT_FALSE(found.accuracy.has_value());
    EXPECT_TRUE(found.quantile_returns.empty());
    ASSERT_EQ(q.quantile_labels.size(), 5U);
    EXPECT_GT(*q.quantile_labels[4].mean, *q.quantile_labels[0].mean);
}

TEST(JudgeNumbers, a_return_is_judged_by_its_sign_too_and_rows_that_abstain_do_not_count_for_it) {
    Rows rows;
    rows.label = {0.1, -0.2, 0.3, 0.0, -0.1, 0.2};
    rows.outcome = rows.label;
    rows.starts = {0, 6};
    Forecasts said{.places = {0, 1, 2, 3, 4, 5},
                   .scores = {1, -1, -1, 1, 1, 1},
                   .expected = {1, -1, -1, 1, 1, 1},
                   .abstains = {0, 0, 0, 0, 1, 0},
                   .base_mean = {},
                   .base_scores = {}};
    for (std::size_t i = 0; i < 6; ++i) rows.known_at.push_back(static_cast<std::int64_t>(i));
    set_base(rows, kValue, said.places, said);
    const Judgement found = judge_numbers(rows, label_of("forward_return(1)"), kValue, said);
    EXPECT_NEAR(found.accuracy->value, 3.0 / 4, 1e-15);  // of + - + and the last, the third wrong
    EXPECT_NEAR(found.accuracy->base_rate, 3.0 / 4, 1e-15);
    EXPECT_NEAR(*found.coverage, 5.0 / 6, 1e-15);
    EXPECT_NEAR(*found.numbers->mae, (0.9 + 0.8 + 1.3 + 1 + 1.1 + 0.8) / 6, 1e-12);
    EXPECT_EQ(found.numbers->qlike, std::nullopt);
    EXPECT_EQ(found.quantile_returns.size(), 5U);
}

TEST(JudgeNumbers, a_volatility_forecast_that_is_not_above_0_has_no_qlike) {
    Case one;
    one.said.expected[3] = 0;
    one.said.scores = one.said.expected;
    set_base(one.rows, kValue, one.trained, one.said);
    const Judgement found =
        judge_numbers(one.rows, label_of("forward_volatility(5)"), kValue, one.said);
    EXPECT_EQ(found.numbers->qlike, std::nullopt);
    EXPECT_TRUE(found.numbers->base_qlike.has_value());
}

TEST(JudgeNumbers, windows_are_joined_each_with_its_own_base) {
    Case one;
    one.said.scores = one.said.expected;
    Forecasts second = one.said;
    set_base(one.rows, kValue, one.trained, one.said);
    const double first_mean = one.said.base_mean.front();
    set_base(one.rows, kValue, second.places, second);
    one.said.append(second);
    EXPECT_EQ(one.said.places.size(), 400U);
    EXPECT_EQ(one.said.base_mean.front(), first_mean);
    EXPECT_NE(one.said.base_mean.back(), first_mean);
}

TEST(LossOf, is_that_of_the_task) {
    Rows rows;
    rows.label = {1, 2, 4};
    rows.starts = {0, 3};
    const labels::Places places{0, 2};
    EXPECT_NEAR(*loss_of(kValue, std::vector{0.0F, 2.0F}, rows, places), (1.0 + 4) / 2, 1e-12);
    const ml::Target quantiles{.task = ml::Task::quantiles, .levels = {0.25, 0.75}};
    // errors 1, -1 and 1, -1: 0.25 + 0.25, twice, over two levels
    EXPECT_NEAR(*loss_of(quantiles, std::vector{0.0F, 2.0F, 3.0F, 5.0F}, rows, places), 0.25,
                1e-12);
    const ml::Target classes{.task = ml::Task::classes, .levels = {1, 4}};
    EXPECT_NEAR(*loss_of(classes, std::vector{0.0F, 0.0F, 0.0F, 0.0F}, rows, places), std::log(2.0),
                1e-12);
    // the row of no class is passed over
    EXPECT_NEAR(*loss_of(classes, std::vector{0.0F, 0.0F, 9.0F, 0.0F, 0.0F, 0.0F}, rows,
                         labels::Places{0, 1, 2}),
                std::log(2.0), 1e-12);
    EXPECT_EQ(loss_of(kValue, {}, rows, {}), std::nullopt);
}

}  // namespace
}  // namespace tradewind::research::models
