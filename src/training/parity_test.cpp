// SPDX-License-Identifier: Apache-2.0
// What room ml serves beside the library that the model was trained with: the same weights and the
// same windows through libtorch, the same trees through XGBoost.
#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ml/lstm.hpp"
#include "ml/networks.hpp"
#include "ml/tree_shap.hpp"
#include "support/random_models.hpp"
#include "support/torch_reference.hpp"
#include "training/booster.hpp"
#include "training/forest.hpp"
#include "training/stored_network.hpp"

namespace tradewind::training {
namespace {

using ml::Family;
using ml::Task;
using support::card_of;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const ml::Target kClasses{.task = Task::classes, .levels = {-1, 0, 1}};
const ml::Target kValue{.task = Task::value, .levels = {}};
const ml::Target kQuantiles{.task = Task::quantiles, .levels = {0.1, 0.5, 0.9}};

/// To 1e-5 of the score, or of what scores are where this one is near 0.
void expect_near(double want, float got, const std::string& what) {
    EXPECT_NEAR(static_cast<double>(got), want, 1e-5 * std::fmax(std::abs(want), 0.3)) << what;
}

std::vector<float> windows_of(std::size_t values, std::uint64_t seed, double holes) {
    base::Random random{seed};
    auto out = support::normals(random, values, 0, 1.3);
    for (float& x : out) {
        if (random.uniform() < holes) x = kNan;
    }
    return out;
}

// ---- networks -----------------------------------------------------------------------------------

std::vector<ml::ModelCard> networks() {
    std::vector<ml::ModelCard> out;
    for (const ml::Target& target : {kClasses, kValue, kQuantiles}) {
        out.push_back(card_of(Family::logistic, target, 16, 5));
        out.push_back(card_of(Family::mlp, target, 16, 5));
        out.push_back(card_of(Family::mlp, target, 1, 16, R"({"hidden":[31]})"));
        for (const char* settings : {"{}", R"({"layers":2,"hidden":64})",
                                     R"({"layers":3,"hidden":19,"pooling":"last"})"}) {
            out.push_back(card_of(Family::lstm, target, 64, 16, settings));
            out.push_back(card_of(Family::lstm, target, 3, 5, settings));
        }
        for (const char* settings :
             {"{}", R"({"width":64,"heads":4,"feedforward":128})",
              R"({"layers":1,"width":30,"heads":5,"pooling":"mean","patch":4})",
              R"({"layers":3,"width":24,"heads":1,"causal":false,"positions":"sinusoidal"})"}) {
            out.push_back(card_of(Family::transformer, target, 64, 16, settings));
            out.push_back(card_of(Family::transformer, target, 12, 5, settings));
        }
    }
    return out;
}

/// As model.hpp makes scores of what a network says.
std::vector<double> scores_by_torch(const StoredNetwork& stored, const ml::ModelCard& card,
                                    const std::vector<float>& window) {
    std::vector<float> x(card.window * card.inputs.size());
    stored.scale(window, card, x);
    std::vector<float> raw(card.target.scores());
    support::make_torch_reference(stored.plan, stored.network->weights())
        ->predict(x.data(), raw.data());
    std::vector<double> out(raw.begin(), raw.end());
    if (card.target.task == Task::quantiles) {
        for (std::size_t k = 1; k < out.size(); ++k) {
            out[k] = out[k - 1] + std::log1p(std::exp(out[k]));
        }
    }
    for (double& score : out) score = score * stored.score_scale + stored.score_centre;
    return out;
}

TEST(Served, networks_say_what_libtorch_says) {
    use_one_thread();
    std::uint64_t seed = 0;
    for (const ml::ModelCard& card : networks()) {
        const ml::Model model = support::random_net(card, ++seed);
        auto stored = open_network(model);
        ASSERT_TRUE(stored.has_value()) << stored.error();
        for (std::size_t i = 0; ml::kernels::available(i) != nullptr; ++i) {
            const auto predictor = ml::make_predictor(model, *ml::kernels::available(i));
            for (const double holes : {0.0, 0.2}) {
                const auto window = windows_of(card.window * card.inputs.size(), seed, holes);
                std::vector<float> got(card.target.scores());
                predictor->predict(window, got);
                const auto want = scores_by_torch(*stored, card, window);
                for (std::size_t k = 0; k < got.size(); ++k) {
                    expect_near(want[k], got[k],
                                std::string{ml::to_string(card.family)} + card.settings + " " +
                                    ml::kernels::available(i)->name);
                }
            }
        }
    }
}

TEST(Served, an_lstm_row_by_row_says_what_libtorch_says_of_the_window) {
    const ml::ModelCard card =
        card_of(Family::lstm, kClasses, 64, 16, R"({"layers":2,"hidden":64})");
    const ml::Model model = support::random_net(card, 5);
    auto stored = open_network(model);
    ASSERT_TRUE(stored.has_value()) << stored.error();
    const auto window = windows_of(std::size_t{64} * 16, 5, 0.1);
    ml::LstmStream stream{model};
    stream.begin();
    for (std::size_t t = 0; t < 64; ++t) stream.step(std::span{window}.subspan(t * 16, 16));
    std::vector<float> got(3);
    stream.read(got);
    const auto want = scores_by_torch(*stored, card, window);
    for (std::size_t k = 0; k < got.size(); ++k) expect_near(want[k], got[k], "stream");
}

// ---- trees --------------------------------------------------------------------------------------

constexpr std::size_t kRows = 2000;
constexpr std::size_t kFeatures = 12;

/// A booster of XGBoost's, and the model that we make of it.
struct Trained {
    ml::Model model;
    std::string bytes;  ///< XGBoost's own
    std::vector<float> features;
};

struct TreesTrained {
    std::size_t outputs = 1;
    std::size_t depth = 6;
    std::size_t rounds = 40;
};

Trained train(TreesTrained how) {
    Trained out;
    out.features = windows_of(kRows * kFeatures, 3, 0.15);
    base::Random random{9};
    std::vector<float> labels(kRows);
    for (std::size_t i = 0; i < kRows; ++i) {
        const float* const x = out.features.data() + i * kFeatures;
        const float known = std::isnan(x[0]) ? 0.7F : x[0] * (std::isnan(x[3]) ? 1 : x[3]);
        const double y = static_cast<double>(known) + 0.3 * random.normal();
        labels[i] = how.outputs == 1 ? static_cast<float>(y)
                                     : static_cast<float>(y > 0.5    ? 2
                                                          : y > -0.5 ? 1
                                                                     : 0);
    }
    const std::vector<float> weights(kRows, 1);
    const auto rows = TreeRows::make(out.features, labels, weights).value();
    BoosterSettings settings{{"verbosity", "0"},      {"nthread", "1"},
                             {"tree_method", "hist"}, {"eta", "0.1"},
                             {"seed", "1"},           {"subsample", "0.8"},
                             {"base_score", "0.25"},  {"max_depth", std::to_string(how.depth)}};
    settings.emplace_back("objective", how.outputs == 1 ? "reg:squarederror" : "multi:softprob");
    if (how.outputs > 1) settings.emplace_back("num_class", std::to_string(how.outputs));
    const std::vector<const TreeRows*> known{&rows};
    auto booster = Booster::make(known, settings, {}).value();
    for (std::size_t i = 0; i < how.rounds; ++i) {
        EXPECT_TRUE(booster.update(static_cast<int>(i), rows).has_value());
    }
    Forest forest{kFeatures};
    EXPECT_TRUE(forest.append(booster.save("json").value(), {.trees = how.rounds * how.outputs})
                    .has_value());
    out.model.card =
        card_of(Family::xgboost, how.outputs == 1 ? kValue : kClasses, 3, kFeatures / 3);
    out.model.arrays.tensors = forest.arrays(std::vector<float>(how.outputs, 0.25F));
    EXPECT_TRUE(ml::check(out.model).has_value()) << ml::check(out.model).error();
    out.bytes = booster.save("ubj").value();
    return out;
}

/// XGBoost's predictions of some kind for all rows.
std::vector<float> by_xgboost(const Trained& trained, int kind) {
    const std::vector<float> labels(kRows, 0);
    const auto rows =
        TreeRows::make(trained.features, labels, std::vector<float>(kRows, 1)).value();
    BoosterHandle booster = nullptr;
    EXPECT_EQ(XGBoosterCreate(nullptr, 0, &booster), 0);
    EXPECT_EQ(XGBoosterLoadModelFromBuffer(booster, trained.bytes.data(), trained.bytes.size()), 0);
    const std::string config = R"({"type":)" + std::to_string(kind) +
                               R"(,"training":false,"iteration_begin":0,"iteration_end":0,)" +
                               R"("strict_shape":true})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    EXPECT_EQ(XGBoosterPredictFromDMatrix(booster, rows.handle(), config.c_str(), &shape,
                                          &dimensions, &values),
              0);
    std::size_t size = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
    std::vector<float> out(values, values + size);
    XGBoosterFree(booster);
    return out;
}

constexpr int kMargins = 1;
constexpr int kContributions = 2;

std::vector<TreesTrained> forests() {
    return {{.outputs = 1, .depth = 6, .rounds = 100},
            {.outputs = 3, .depth = 4, .rounds = 40},
            {.outputs = 1, .depth = 12, .rounds = 20}};
}

TEST(Served, trees_say_what_xgboost_says) {
    for (const TreesTrained& how : forests()) {
        const Trained trained = train(how);
        const auto want = by_xgboost(trained, kMargins);
        ASSERT_EQ(want.size(), kRows * how.outputs);
        for (std::size_t i = 0; ml::kernels::available(i) != nullptr; ++i) {
            const auto predictor = ml::make_predictor(trained.model, *ml::kernels::available(i));
            std::vector<float> got(how.outputs);
            for (std::size_t row = 0; row < kRows; ++row) {
                predictor->predict(std::span{trained.features}.subspan(row * kFeatures, kFeatures),
                                   got);
                for (std::size_t k = 0; k < got.size(); ++k) {
                    expect_near(static_cast<double>(want[row * how.outputs + k]), got[k],
                                ml::kernels::available(i)->name);
                }
            }
        }
    }
}

TEST(Served, contributions_are_those_of_xgboosts_pred_contribs) {
    for (const TreesTrained& how : forests()) {
        const Trained trained = train(how);
        const auto want =
            by_xgboost(trained, kContributions);  // [rows, K, F + 1], the last the mean
        ASSERT_EQ(want.size(), kRows * how.outputs * (kFeatures + 1));
        ml::TreeShap shap{trained.model};
        std::vector<double> got(how.outputs * kFeatures);
        for (std::size_t row = 0; row < kRows; row += 50) {
            shap.explain(std::span{trained.features}.subspan(row * kFeatures, kFeatures), got);
            for (std::size_t k = 0; k < how.outputs; ++k) {
                const float* const theirs = want.data() + (row * how.outputs + k) * (kFeatures + 1);
                EXPECT_NEAR(shap.expected()[k], static_cast<double>(theirs[kFeatures]), 1e-5);
                for (std::size_t i = 0; i < kFeatures; ++i) {
                    // theirs adds up in floats
                    EXPECT_NEAR(got[k * kFeatures + i], static_cast<double>(theirs[i]), 2e-5);
                }
            }
        }
    }
}

}  // namespace
}  // namespace tradewind::training
