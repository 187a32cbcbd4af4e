// SPDX-License-Identifier: Apache-2.0
// XGBoost's own prediction is the reference here.
#include "training/forest.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "ml/predictor.hpp"
#include "support/random_models.hpp"
#include "training/booster.hpp"
#include "training/planted_for_tests.hpp"

namespace tradewind::training {
namespace {

struct Example {
    std::vector<float> features;
    std::vector<float> labels;
    std::vector<float> weights;
};

constexpr std::size_t kColumns = 6;

Example example(std::size_t rows, std::size_t classes) {
    base::Random random{7};
    Example out;
    out.features = support::normals(random, rows * kColumns, 0, 1);
    for (std::size_t i = 0; i < rows; ++i) {
        const float tells = out.features[i * kColumns] + out.features[i * kColumns + 3];
        out.labels.push_back(tells > 0.5F ? 1.0F : tells < -1.0F && classes > 2 ? 2.0F : 0.0F);
        out.weights.push_back(static_cast<float>(0.5 + random.uniform()));
    }
    for (std::size_t i = 0; i < out.features.size(); i += 11) {
        out.features[i] = std::numeric_limits<float>::quiet_NaN();
    }
    return out;
}

void expect_parity(const BoosterSettings& settings, std::size_t classes, std::size_t outputs) {
    const Example data = example(2000, classes);
    auto rows = TreeRows::make(data.features, data.labels, data.weights);
    ASSERT_TRUE(rows.has_value()) << rows.error();
    const std::vector<const TreeRows*> known{&*rows};
    auto booster = Booster::make(known, settings, {});
    ASSERT_TRUE(booster.has_value()) << booster.error();
    constexpr std::size_t kRounds = 30;
    for (int round = 0; round < 30; ++round) ASSERT_TRUE(booster->update(round, *rows));
    const auto margins = booster->margins(*rows);
    const auto json = booster->save("json");
    ASSERT_TRUE(margins.has_value() && json.has_value());

    Forest forest{kColumns};
    const std::size_t first = classes - outputs;
    ASSERT_TRUE(forest.append(*json, {.trees = kRounds * outputs, .first_score = first}));
    std::vector<double> levels(classes);
    for (std::size_t k = 0; k < classes; ++k) levels[k] = static_cast<double>(k);
    const ml::Model model{
        .card = support::card_of(ml::Family::xgboost, {.task = ml::Task::classes, .levels = levels},
                                 1, kColumns),
        .arrays = {.tensors = forest.arrays(std::vector<float>(classes, 0.0F))}};
    ASSERT_TRUE(ml::check(model).has_value()) << ml::check(model).error();
    const auto predictor = ml::make_predictor(model);
    std::vector<float> scores(classes);
    for (std::size_t i = 0; i < data.labels.size(); ++i) {
        predictor->predict(std::span{data.features}.subspan(i * kColumns, kColumns), scores);
        for (std::size_t k = 0; k < outputs; ++k) {
            const float margin = (*margins)[i * outputs + k];
            EXPECT_NEAR(scores[first + k], margin, 1e-5F * std::max(1.0F, std::abs(margin)));
        }
    }
}

const BoosterSettings kSmall{{"verbosity", "0"},        {"nthread", "1"}, {"tree_method", "hist"},
                             {"max_depth", "5"},        {"eta", "0.3"},   {"subsample", "0.7"},
                             {"min_child_weight", "2"}, {"seed", "1"},    {"gamma", "0.5"}};

TEST(Forest, of_two_classes_gives_what_xgboost_gives) {
    BoosterSettings settings = kSmall;
    settings.emplace_back("objective", "binary:logistic");
    settings.emplace_back("base_score", "0.5");
    expect_parity(settings, 2, 1);
}

TEST(Forest, of_three_classes_gives_what_xgboost_gives) {
    BoosterSettings settings = kSmall;
    settings.emplace_back("objective", "multi:softprob");
    settings.emplace_back("num_class", "3");
    settings.emplace_back("base_score", "0");
    expect_parity(settings, 3, 3);
}

/// The margins of XGBoost's own training.
std::vector<float> own_margins(const Dataset& data, const BoosterSettings& more, int rounds) {
    std::vector<float> labels(data.label.begin(), data.label.end());
    const std::vector<float> weights(data.weight.begin(), data.weight.end());
    auto rows = TreeRows::make(data.features, labels, weights);
    const std::vector<const TreeRows*> known{&*rows};
    BoosterSettings settings{{"verbosity", "0"}, {"nthread", "1"}, {"tree_method", "hist"},
                             {"max_depth", "4"}, {"eta", "0.05"},  {"min_child_weight", "5"}};
    settings.insert(settings.end(), more.begin(), more.end());
    auto booster = Booster::make(known, settings, {});
    for (int round = 0; round < rounds; ++round) EXPECT_TRUE(booster->update(round, *rows));
    return *booster->margins(*rows);
}

TEST(ForestTraining, without_draws_is_xgboosts_own) {
    base::Random noise{3};
    for (const std::size_t classes : {2U, 3U}) {
        Dataset data = planted(1500, 4, 1, [&](const At& at) {
            const double tells = at(0, 0) * at(0, 1) + 0.5 * noise.normal();
            return tells > 0.4 ? 1.0 : classes == 3 && tells < -0.4 ? 2.0 : 0.0;
        });
        for (double& one : data.weight) one = 0.5 + noise.uniform();
        const auto model = train(
            job_of(fmt::format(R"("family":"xgboost","train":[[0,1500]],"target":{{"task":"classes",
                "levels":{}}},"settings":{{"trees":40,"subsample":1,"columns":1}})",
                               classes == 2 ? "[0,1]" : "[0,1,2]")),
            data);
        ASSERT_TRUE(model.has_value()) << model.error();
        const auto predictor = ml::make_predictor(**model);
        const auto margins = own_margins(
            data,
            classes == 2 ? BoosterSettings{{"objective", "binary:logistic"}, {"base_score", "0.5"}}
                         : BoosterSettings{{"objective", "multi:softprob"},
                                           {"num_class", "3"},
                                           {"base_score", "0"}},
            40);
        for (std::size_t row = 0; row < data.rows; ++row) {
            const auto scores = scores_at(*predictor, data, row);
            if (classes == 2) {
                EXPECT_NEAR(scores[1] - scores[0], margins[row], 2e-4);
            } else {
                for (std::size_t k = 0; k < 3; ++k) {
                    EXPECT_NEAR(scores[k], margins[row * 3 + k], 2e-4);
                }
            }
        }
    }
}

TEST(Forest, has_xgboosts_gains_and_covers) {
    // a stump written out as XGBoost 1.7 saves it
    const std::string json = R"({"learner":{"gradient_booster":{"model":{"trees":[
        {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[4,0,0],
         "split_conditions":[0.25,-0.5,0.75],"default_left":[1,0,0],
         "sum_hessian":[10,4,6],"loss_changes":[3.5,0,0]}],"tree_info":[0]}}}})";
    Forest forest{kColumns};
    ASSERT_TRUE(forest.append(json, {.trees = 1, .first_score = 1, .leaf_factor = 2.0F}));
    const ml::TensorFile arrays{.description = "{}", .tensors = forest.arrays({0.0F, 0.0F})};
    EXPECT_EQ(arrays.values<double>("gain")->at(4), 3.5);
    EXPECT_EQ(*arrays.values<float>("node.cover"), (std::vector<float>{10, 4, 6}));
    EXPECT_EQ(*arrays.values<float>("node.value"), (std::vector<float>{0, -1, 1.5}));
    EXPECT_EQ(*arrays.values<std::int64_t>("node.missing_left"),
              (std::vector<std::int64_t>{1, 0, 0}));
    EXPECT_EQ(*arrays.values<std::int64_t>("tree.score"), std::vector<std::int64_t>{1});
}

TEST(Forest, what_is_no_booster_is_refused) {
    for (const char* bad : {"", "{}", R"({"learner":{"gradient_booster":{"model":{}}}})",
                            R"({"learner":{"gradient_booster":{"model":{"trees":[
        {"left_children":[1],"right_children":[1],"split_indices":[0],"split_conditions":[1],
         "default_left":[0],"sum_hessian":[1],"loss_changes":[0]}],"tree_info":[0]}}}})"}) {
        Forest forest{kColumns};
        EXPECT_FALSE(forest.append(bad, {.trees = 1}).has_value()) << bad;
    }
}

}  // namespace
}  // namespace tradewind::training
