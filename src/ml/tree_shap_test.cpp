// SPDX-License-Identifier: Apache-2.0
#include "ml/tree_shap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ml/predictor.hpp"
#include "support/random_models.hpp"

namespace tradewind::ml {
namespace {

using support::card_of;

const Target kThree{.task = Task::classes, .levels = {-1, 0, 1}};
const Target kValue{.task = Task::value, .levels = {}};

std::vector<float> rows_of(std::size_t n, std::uint64_t seed) {
    base::Random random{seed};
    auto out = support::normals(random, n, 0, 1);
    for (float& x : out) {
        if (random.uniform() < 0.2) x = std::numeric_limits<float>::quiet_NaN();
    }
    return out;
}

/// What a tree expects of a window of which the features in `known` are known, bit by bit.
struct Expectation {
    const Model& model;
    std::span<const float> x;
    std::uint32_t known;

    [[nodiscard]] std::int64_t whole(const char* name, std::size_t i) const {
        return (*model.arrays.values<std::int64_t>(name))[i];
    }
    [[nodiscard]] double real(const char* name, std::size_t i) const {
        return static_cast<double>((*model.arrays.values<float>(name))[i]);
    }
    [[nodiscard]] double of(std::size_t root, std::size_t node) const {
        const std::int64_t feature = whole("node.feature", node);
        if (feature < 0) return real("node.value", node);
        const std::size_t left = root + static_cast<std::size_t>(whole("node.left", node));
        const std::size_t right = root + static_cast<std::size_t>(whole("node.right", node));
        if ((known >> static_cast<unsigned>(feature) & 1U) != 0) {
            const float value = x[static_cast<std::size_t>(feature)];
            const bool to_left = std::isnan(value)
                                     ? whole("node.missing_left", node) != 0
                                     : static_cast<double>(value) < real("node.threshold", node);
            return of(root, to_left ? left : right);
        }
        const double cover = real("node.cover", node);
        return (real("node.cover", left) * of(root, left) +
                real("node.cover", right) * of(root, right)) /
               cover;
    }
    [[nodiscard]] double score(std::size_t k) const {
        double out = real("base", k);
        const auto& scores = *model.arrays.values<std::int64_t>("tree.score");
        for (std::size_t tree = 0; tree < scores.size(); ++tree) {
            if (std::cmp_not_equal(scores[tree], k)) continue;
            const auto root = static_cast<std::size_t>(whole("tree.start", tree));
            out += of(root, root);
        }
        return out;
    }
};

/// Shapley's definition: the mean over all orders of what knowing the feature changes.
double shapley(const Model& model, std::span<const float> x, std::size_t k, std::size_t feature) {
    double out = 0;
    const double n = static_cast<double>(x.size());
    for (std::uint32_t known = 0; known < (1U << x.size()); ++known) {
        if ((known >> feature & 1U) != 0) continue;
        const double s = std::popcount(known);
        const double weight = std::tgamma(s + 1) * std::tgamma(n - s) / std::tgamma(n + 1);
        out += weight * (Expectation{model, x, known | 1U << feature}.score(k) -
                         Expectation{model, x, known}.score(k));
    }
    return out;
}

TEST(TreeShap, gives_shapley_values_by_their_definition) {
    const Model model = support::random_forest(card_of(Family::xgboost, kThree, 2, 3), 4,
                                               {.trees = 6, .depth = 5, .leaf_early = 0.2});
    TreeShap shap{model};
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const auto x = rows_of(6, seed);
        std::vector<double> got(3 * x.size());
        shap.explain(x, got);
        for (std::size_t k = 0; k < 3; ++k) {
            EXPECT_NEAR(shap.expected()[k], (Expectation{model, x, 0}.score(k)), 1e-12);
            for (std::size_t i = 0; i < x.size(); ++i) {
                EXPECT_NEAR(got[k * x.size() + i], shapley(model, x, k, i), 1e-12);
            }
        }
    }
}

TEST(TreeShap, sums_to_the_score) {
    for (const std::size_t depth : {0U, 1U, 6U, 11U}) {
        const Model model = support::random_forest(card_of(Family::xgboost, kValue, 8, 5), depth,
                                                   {.trees = 50, .depth = depth});
        TreeShap shap{model};
        const auto predictor = make_predictor(model);
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            const auto x = rows_of(40, seed);
            std::vector<double> got(x.size());
            std::vector<float> score(1);
            shap.explain(x, got);
            predictor->predict(x, score);
            double sum = shap.expected()[0];
            for (const double one : got) sum += one;
            EXPECT_NEAR(sum, static_cast<double>(score[0]),
                        1e-6 * std::fmax(1, std::abs(static_cast<double>(score[0]))));
        }
    }
}

TEST(TreeShap, a_feature_that_no_tree_reads_adds_nothing) {
    ModelCard card = card_of(Family::xgboost, kValue, 1, 9);
    card.inputs = {0, 4, 8};
    Model model = support::random_forest(card, 1, {.trees = 30, .depth = 4});
    for (Tensor& one : model.arrays.tensors) {
        if (one.name != "node.feature") continue;
        for (auto& feature : std::get<std::vector<std::int64_t>>(one.values)) {
            if (feature == 1) feature = 2;
        }
    }
    TreeShap shap{model};
    std::vector<double> got(3);
    shap.explain(rows_of(9, 3), got);
    EXPECT_NE(got[0], 0);
    EXPECT_EQ(got[1], 0);
    EXPECT_NE(got[2], 0);
}

TEST(TreeShap, a_node_without_cover_breaks_nothing) {
    Model model = support::random_forest(card_of(Family::xgboost, kValue, 1, 3), 1,
                                         {.trees = 10, .depth = 4, .leaf_early = 0});
    for (Tensor& one : model.arrays.tensors) {
        if (one.name != "node.cover") continue;
        auto& cover = std::get<std::vector<float>>(one.values);
        for (std::size_t i = 0; i < cover.size(); i += 3) cover[i] = 0;
    }
    TreeShap shap{model};
    std::vector<double> got(3);
    shap.explain(rows_of(3, 3), got);
    for (const double one : got) EXPECT_TRUE(std::isfinite(one));
}

}  // namespace
}  // namespace tradewind::ml
