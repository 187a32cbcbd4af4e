// SPDX-License-Identifier: Apache-2.0
#include "training/attribution.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "ml/predictor.hpp"
#include "support/random_models.hpp"

namespace tradewind::training {
namespace {

using support::card_of;

const ml::Target kClasses{.task = ml::Task::classes, .levels = {-1, 0, 1}};
const ml::Target kQuantiles{.task = ml::Task::quantiles, .levels = {0.1, 0.5, 0.9}};

struct Windows {
    std::vector<float> windows;
    std::vector<float> baseline;
};

Windows random_windows(const ml::ModelCard& card, std::size_t n) {
    base::Random random{9};
    const std::size_t each = card.window * card.origin.columns.size();
    return {support::normals(random, n * each, 0, 1), support::normals(random, each, 0, 0.2)};
}

TEST(Attribution, adds_up_to_the_difference_of_the_scores) {
    for (const ml::Family family :
         {ml::Family::logistic, ml::Family::mlp, ml::Family::lstm, ml::Family::transformer}) {
        for (const ml::Target& target : {kClasses, kQuantiles}) {
            const ml::Model model = support::random_model(card_of(family, target, 6, 4), 2);
            const Windows input = random_windows(model.card, 5);
            const auto found = attribute(
                model,
                {.windows = input.windows, .baseline = input.baseline, .score = 2, .steps = 500});
            ASSERT_TRUE(found.has_value()) << found.error();
            const auto predictor = ml::make_predictor(model);
            const auto score = [&](std::span<const float> window) {
                std::vector<float> scores(3);
                predictor->predict(window, scores);
                return static_cast<double>(scores[2]);
            };
            for (std::size_t i = 0; i < 5; ++i) {
                double sum = 0.0;
                for (std::size_t j = 0; j < 24; ++j) sum += found->values[i * 24 + j];
                const double apart =
                    score(std::span{input.windows}.subspan(i * 24, 24)) - score(input.baseline);
                EXPECT_NEAR(sum, apart, 5e-3) << ml::to_string(family);
                EXPECT_NEAR(found->completeness[i], sum - apart, 1e-4);
            }
        }
    }
}

TEST(Attribution, of_a_linear_model_is_weight_times_distance) {
    ml::Model model = support::random_model(card_of(ml::Family::logistic, kClasses, 1, 3), 4);
    const Windows input = random_windows(model.card, 1);
    const auto found =
        attribute(model, {.windows = input.windows, .baseline = input.baseline, .score = 1});
    ASSERT_TRUE(found.has_value());
    const auto& scale = *model.arrays.values<float>("scale");
    const auto& weight = *model.arrays.values<float>("head.w");
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(found->values[i],
                    weight[3 + i] * scale[i] * (input.windows[i] - input.baseline[i]), 1e-5);
    }
}

TEST(Attribution, of_trees_or_of_a_score_that_is_not_there_is_refused) {
    const ml::Model trees = support::random_model(card_of(ml::Family::xgboost, kClasses, 1, 3), 4);
    const Windows input = random_windows(trees.card, 1);
    const AttributionInput third{.windows = input.windows, .baseline = input.baseline, .score = 3};
    EXPECT_FALSE(attribute(trees, third).has_value());
    const ml::Model net = support::random_model(card_of(ml::Family::mlp, kClasses, 1, 3), 4);
    EXPECT_FALSE(attribute(net, third).has_value());
}

}  // namespace
}  // namespace tradewind::training
