// SPDX-License-Identifier: Apache-2.0
#include "research/models/importance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "ml/predictor.hpp"
#include "research/labels/bars_for_tests.hpp"
#include "research/models/judge.hpp"
#include "research/models/rank_correlations.hpp"
#include "support/random_models.hpp"

namespace tradewind::research::models {
namespace {

const ml::Target kDirection{.task = ml::Task::classes, .levels = {-1, 1}};
constexpr std::size_t kColumns = 4;
constexpr std::size_t kSignal = 2;  ///< the column that carries the label
constexpr std::size_t kCopy = 3;    ///< equal to it
constexpr std::uint32_t kWindow = 2;

/// The next bar's return as one column, its copy, and noise as the others.
TrainingSet set_of(std::uint64_t seed) {
    SeriesRows one{.symbol = "S", .bars = labels::random_bars(600, seed), .features = {}};
    const auto& closes = labels::column_of(one.bars, feature::Field::close);
    base::Random random{seed + 1};
    for (std::size_t row = 0; row < closes.size(); ++row) {
        const double next = row + 1 < closes.size() ? closes[row + 1] / closes[row] - 1 : 0;
        const auto signal = static_cast<float>(100 * next);
        for (std::size_t c = 0; c < kSignal; ++c) {
            one.features.push_back(static_cast<float>(random.normal()));
        }
        one.features.insert(one.features.end(), {signal, signal});
    }
    return {{.schema_hash = "0",
             .columns = {"noise", "more_noise", "signal", "copy"},
             .bars = "1m",
             .label = *labels::LabelDefinition::parse("direction(1)")},
            {std::move(one)}};
}

/// Reads a little of noise and, of the newest row, the columns in `read`.
ml::Model logistic_of(const std::vector<std::size_t>& read) {
    const auto card = support::card_of(ml::Family::logistic, kDirection, kWindow, kColumns);
    std::vector<float> weights(std::size_t{2} * kWindow * kColumns);
    weights[0] = 0.01F;
    for (const std::size_t c : read) weights[(2 * kWindow - 1) * kColumns + c] = 2.0F;
    return {
        .card = card,
        .arrays = {.tensors = {ml::tensor("centre", {kColumns}, std::vector<float>(kColumns, 0)),
                               ml::tensor("scale", {kColumns}, std::vector<float>(kColumns, 1)),
                               ml::tensor("clip", {1}, std::vector<float>{5}),
                               ml::tensor("head.w", {2, kWindow * kColumns}, std::move(weights)),
                               ml::tensor("head.b", {2}, std::vector<float>{0, 0})}}};
}

/// A tree a column of the newest row: left of 0 `-value`, else `value`, of the class that goes up.
struct Stump {
    std::size_t column = 0;
    float value = 0;
    double gain = 0;
};
ml::Model forest_of(const std::vector<Stump>& stumps) {
    const auto card = support::card_of(ml::Family::xgboost, kDirection, kWindow, kColumns);
    support::ForestBuilder nodes;
    std::vector<std::int64_t> start{0}, score;
    std::vector<double> gain(std::size_t{kWindow} * kColumns);
    for (const Stump& one : stumps) {
        const std::size_t root = nodes.add(100), left = nodes.add(50), right = nodes.add(50);
        const std::size_t at = (kWindow - 1) * kColumns + one.column;
        nodes.feature[root] = static_cast<std::int64_t>(at);
        nodes.left[root] = 1;
        nodes.right[root] = 2;
        nodes.value[left] = -one.value;
        nodes.value[right] = one.value;
        gain[at] += one.gain;
        start.push_back(static_cast<std::int64_t>(nodes.feature.size()));
        score.push_back(1);
    }
    ml::Model out{.card = card, .arrays = {}};
    const auto add = [&out](std::string name, ml::Tensor::Values values) {
        const std::size_t n = std::visit([](const auto& all) { return all.size(); }, values);
        out.arrays.tensors.push_back(ml::tensor(std::move(name), {n}, std::move(values)));
    };
    add("base", std::vector<float>{0, 0});
    add("tree.start", start);
    add("tree.score", score);
    add("node.feature", nodes.feature);
    add("node.threshold", nodes.threshold);
    add("node.left", nodes.left);
    add("node.right", nodes.right);
    add("node.missing_left", nodes.missing_left);
    add("node.value", nodes.value);
    add("node.cover", nodes.cover);
    add("gain", gain);
    return out;
}

/// Trained on the older half of the rows, as if; tested on the newer.
FoldModels fold_of(const TrainingSet& set, const ml::Model& model) {
    FoldModels out;
    for (const std::size_t row : usable_rows(set.all(), kColumns, {.window = kWindow})) {
        (row < set.all().size() / 2 ? out.train : out.test).push_back(row);
    }
    out.models.push_back({.family = 0, .seed = 1, .address = "", .bytes = "", .model = model});
    return out;
}

ModelPlan plan_of(ml::Family family) {
    return {.families = {{.family = family, .window = kWindow}}, .target = kDirection};
}

/// Test rows that have a class.
struct Tested {
    explicit Tested(const TrainingSet& set) : fold(fold_of(set, forest_of({}))) {
        (void)classes_of(set.all(), kDirection, fold.test);
    }
    FoldModels fold;
};

std::vector<double> rises_of(const ml::Model& model, const TrainingSet& set) {
    const Tested tested{set};
    std::vector<double> out;
    for (std::size_t c = 0; c < kColumns; ++c) {
        out.push_back(permutation_rise(model, {set.all(), tested.fold.test}, {&c, 1}, {})->mean);
    }
    return out;
}

std::size_t first_of(const std::vector<double>& values) {
    return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) -
                                    values.begin());
}

TEST(Importance, every_measure_ranks_the_column_that_carries_the_label_first) {
    const TrainingSet set = set_of(5);
    const ml::Model model = forest_of({{kSignal, 2, 90}, {0, 0.05F, 6}, {1, 0.05F, 4}});
    ASSERT_TRUE(ml::check(model));
    const FoldModels fold = fold_of(set, model);
    const auto found = importance_of(set, plan_of(ml::Family::xgboost), {&fold, 1}, {});
    ASSERT_TRUE(found) << found.error();
    const ModelImportance& one = found->families.at(0).windows.at(0);
    EXPECT_EQ(first_of(one.gain), kSignal);
    EXPECT_EQ(first_of(one.attribution), kSignal);
    EXPECT_EQ(one.method, "tree_shap");
    const auto alone = rises_of(model, set);
    EXPECT_EQ(first_of(alone), kSignal);
    EXPECT_GT(alone[kSignal], 0.5);
    EXPECT_EQ(found->clusters.of[kSignal], found->clusters.of[kCopy]);
    EXPECT_GT(one.clustered[found->clusters.of[kSignal]].mean, 0.5);
    EXPECT_EQ(first_of(rises_of(logistic_of({kSignal}), set)), kSignal);
}

TEST(Importance, of_two_equal_columns_shuffling_one_hides_what_shuffling_both_shows) {
    const TrainingSet set = set_of(6);
    const ml::Model model = forest_of({{kSignal, 3, 50}, {kCopy, 3, 50}});
    const FoldModels fold = fold_of(set, model);
    const auto found = importance_of(set, plan_of(ml::Family::xgboost), {&fold, 1}, {});
    ASSERT_TRUE(found);
    const ModelImportance& one = found->families[0].windows[0];
    const double together = one.clustered[found->clusters.of[kSignal]].mean;
    EXPECT_GT(together, 2);
    EXPECT_LT(one.alone[kSignal].mean, together / 5);
    EXPECT_LT(one.alone[kCopy].mean, together / 5);
}

TEST(Importance, a_column_of_noise_has_none_beyond_noise) {
    const TrainingSet set = set_of(7);
    const auto model = forest_of({{kSignal, 1, 90}, {0, 0.1F, 5}, {1, 0.1F, 5}});
    const Tested tested{set};
    const ShuffledRows rows{set.all(), tested.fold.test};
    for (const std::size_t noise : {0U, 1U}) {
        const auto rise = permutation_rise(model, rows, {&noise, 1}, {.permutations = 20});
        EXPECT_LT(std::fabs(rise->mean), 3 * rise->deviation);
        EXPECT_LT(std::fabs(rise->mean), 0.02);
    }
    EXPECT_GT(rises_of(model, set)[kSignal], 0.2);
}

TEST(Importance, shuffling_what_a_model_does_not_read_changes_nothing) {
    const TrainingSet set = set_of(8);
    const auto rises = rises_of(logistic_of({kSignal}), set);
    EXPECT_EQ(rises[1], 0);
    EXPECT_EQ(rises[kCopy], 0);
    EXPECT_GT(rises[kSignal], 0.05);
}

TEST(Importance, is_the_same_with_more_threads_and_the_same_seed) {
    const TrainingSet set = set_of(9);
    const ModelPlan plan = plan_of(ml::Family::xgboost);
    const FoldModels fold = fold_of(set, forest_of({{kSignal, 1, 1}, {0, 0.3F, 1}}));
    const auto told = [&](std::size_t processes, std::uint64_t seed) {
        return to_json(
                   *importance_of(set, plan, {&fold, 1}, {.seed = seed, .processes = processes}),
                   set, plan)
            .dump();
    };
    EXPECT_EQ(told(1, 1), told(4, 1));
    EXPECT_NE(told(1, 1), told(1, 77));
}

TEST(Importance, gain_is_shared_by_column_over_the_rows_of_the_window) {
    ml::Model model = forest_of({{kSignal, 1, 1}});
    for (auto& one : model.arrays.tensors) {
        if (one.name == "gain") one.values = std::vector<double>{1, 0, 5, 0, 1, 2, 1, 0};
    }
    EXPECT_EQ(gain_shares(model), (std::vector<double>{0.2, 0.2, 0.6, 0.0}));
    EXPECT_TRUE(gain_shares(logistic_of({})).empty());
    EXPECT_TRUE(gain_shares(forest_of({})).empty());
}

TEST(Importance, attributions_of_a_forest_are_what_its_stumps_add) {
    const TrainingSet set = set_of(10);
    const FoldModels fold = fold_of(set, forest_of({{kSignal, 2, 1}, {0, 0.5F, 1}}));
    const auto found = importance_of(set, plan_of(ml::Family::xgboost), {&fold, 1}, {});
    const auto& shap = found->families[0].windows[0].attribution;
    EXPECT_NEAR(shap[kSignal], 2, 1e-9);  // covers are halves: each leaf is its value from the mean
    EXPECT_NEAR(shap[0], 0.5, 1e-9);
    EXPECT_EQ(shap[1], 0);
}

TEST(Importance, without_test_rows_says_nothing) {
    const TrainingSet set = set_of(11);
    const ModelPlan plan = plan_of(ml::Family::xgboost);
    FoldModels fold = fold_of(set, forest_of({{kSignal, 2, 1}}));
    fold.test.clear();
    const auto found = importance_of(set, plan, {&fold, 1}, {});
    ASSERT_TRUE(found);
    const auto json = to_json(*found, set, plan);
    EXPECT_TRUE(json[0]["features"][0]["permutation"].is_null());
    EXPECT_TRUE(json[0]["features"][0]["shap"].is_null());
}

TEST(Importance, of_several_windows_is_their_mean_with_the_deviation) {
    const TrainingSet set = set_of(12);
    const ModelPlan plan = plan_of(ml::Family::xgboost);
    const std::vector<FoldModels> folds{fold_of(set, forest_of({{kSignal, 2, 3}, {0, 0.5F, 1}})),
                                        fold_of(set, forest_of({{kSignal, 2, 1}, {0, 1, 3}}))};
    const auto json = to_json(*importance_of(set, plan, folds, {}), set, plan);
    EXPECT_EQ(json[0]["windows"], 2);
    EXPECT_EQ(json[0]["features"].size(), kColumns);
    for (const auto& one : json[0]["features"]) {
        if (one["feature"] != "noise") continue;
        EXPECT_NEAR(one["gain"].get<double>(), 0.5, 1e-12);  // of 1/4 and 3/4
        EXPECT_NEAR(one["gain_over_windows"].get<double>(), std::sqrt(0.125), 1e-12);
        EXPECT_NEAR(one["shap"].get<double>(), 0.75, 1e-9);
    }
    // Ranks of the second window: noise and signal have changed places, the others are equal.
    EXPECT_NEAR(json[0]["stability"]["gain"].get<double>(), 7.0 / 9, 1e-12);
    EXPECT_NEAR(json[0]["stability"]["shap"].get<double>(), 1, 1e-12);
}

TEST(Importance, stability_is_one_of_equal_orders_and_minus_one_of_opposite_ones) {
    using Windows = std::vector<std::vector<double>>;
    EXPECT_DOUBLE_EQ(*stability(Windows{{1, 2, 3}, {10, 20, 30}}), 1);
    EXPECT_DOUBLE_EQ(*stability(Windows{{1, 2, 3}, {3, 2, 1}}), -1);
    EXPECT_DOUBLE_EQ(*stability(Windows{{1, 2, 3}, {3, 2, 1}, {6, 5, 4}}), 0);
    EXPECT_FALSE(stability(Windows{{1, 2, 3}}));
}

/// Each column alone.
measures::Clusters no_clusters(std::size_t columns) {
    measures::Clusters out;
    for (std::size_t c = 0; c < columns; ++c) {
        out.members.push_back({c});
        out.of.push_back(c);
    }
    return out;
}

ModelPlan three_families() {
    return {.families = {{.family = ml::Family::logistic, .window = 1},
                         {.family = ml::Family::lstm, .window = 16},
                         {.family = ml::Family::xgboost,
                          .window = 2,
                          .settings = R"({"depth":3,"monotone":{"a":1,"b":-1}})"}},
            .target = kDirection,
            .seeds = {3, 4}};
}

TEST(DropColumns, trains_the_cheap_families_without_each_column_on_the_same_rows) {
    const std::vector<std::string> names{"a", "b", "c"};
    const DropPlan plan = drop_plan(three_families(), names, no_clusters(3));
    ASSERT_EQ(plan.plan.families.size(), 6U);
    EXPECT_EQ(plan.plan.families[1].inputs, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_EQ(plan.plan.families[3].inputs, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(plan.plan.families[3].settings, R"({"depth":3,"monotone":{"b":-1}})");
    EXPECT_EQ(plan.dropped[3].family, 2U);
    EXPECT_EQ(plan.dropped[3].columns, (std::vector<std::size_t>{0}));
    EXPECT_EQ(plan.plan.longest_window(), 16U);
    EXPECT_EQ(plan.plan.seeds, (std::vector<std::uint64_t>{3}));
    EXPECT_EQ(plan.plan.inner_folds, 0U);
}

TEST(DropColumns, of_many_are_dropped_by_cluster) {
    const std::vector<std::string> names(31, "x");
    measures::Clusters clusters{.members = {{0}, {}}, .of = {0}};
    for (std::size_t c = 1; c < names.size(); ++c) {
        clusters.members[1].push_back(c);
        clusters.of.push_back(1);
    }
    const DropPlan plan = drop_plan(three_families(), names, clusters);
    ASSERT_EQ(plan.plan.families.size(), 4U);
    EXPECT_EQ(plan.plan.families[1].inputs, (std::vector<std::uint32_t>{0}));
}

TEST(DropColumns, never_leave_a_family_without_any) {
    const std::vector<std::string> names{"a"};
    EXPECT_TRUE(drop_plan(three_families(), names, no_clusters(1)).plan.families.empty());
}

TEST(DropColumns, are_missed_as_much_as_the_log_loss_of_test_rows_rises) {
    const TrainingSet set = set_of(13);
    const ModelPlan plan = plan_of(ml::Family::xgboost);
    const DropPlan drops = drop_plan(plan, set.meaning().columns, no_clusters(kColumns));
    const FoldModels full = fold_of(set, forest_of({{kSignal, 2, 1}}));
    FoldModels without = full;
    without.models.clear();
    for (std::size_t i = 0; i < kColumns; ++i) {
        const auto model = forest_of({{i == kSignal ? 0 : kSignal, 2, 1}});
        without.models.push_back(
            {.family = i, .seed = 1, .address = "", .bytes = "", .model = model});
    }
    Importance found = *importance_of(set, plan, {&full, 1}, {});
    add_drops(drop_rises(set, drops, full, without), found);
    const auto& dropped = found.families[0].dropped;
    ASSERT_EQ(dropped.size(), kColumns);
    EXPECT_EQ(dropped[0], 0);
    EXPECT_EQ(dropped[kCopy], 0);
    // Right with e^2 to 1: ln(1 + e^-2) = 0.127. A coin: the mean of that and 2.127.
    EXPECT_NEAR(dropped[kSignal].value(), 1, 0.15);
}

/// Columns that numpy can make too, of whole numbers.
Rows reference_rows() {
    Rows out;
    for (std::int64_t i = 0; i < 60; ++i) {
        const auto mix = [i](std::int64_t k) { return (i * k + (i * i) % 7) % 61; };
        const std::int64_t a = mix(17), d = mix(23);
        for (const std::int64_t x :
             {a, a + (i * 23) % 9, -a + (i * 29) % 25, d, d + (i * 11) % 41, mix(37)}) {
            out.features.push_back(static_cast<float>(x));
        }
        out.known_at.push_back(i);
    }
    return out;
}

labels::Places first_places(std::size_t n) {
    labels::Places out(n);
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

// scipy 1.17.1: stats.spearmanr, cluster.hierarchy.linkage(squareform(1 - |rho|), "average") and
// fcluster(..., 1 - correlated, "distance").
TEST(ColumnClusters, are_scipys_of_average_linkage) {
    const auto rho = rank_correlations(reference_rows(), 6, first_places(60));
    EXPECT_NEAR(rho[1], 0.9898798936210119, 1e-12);
    EXPECT_NEAR(rho[2], -0.9272199046570371, 1e-12);
    EXPECT_NEAR(rho[8], -0.9138710124332394, 1e-12);
    EXPECT_NEAR(rho[3 * 6 + 4], 0.840737858899272, 1e-12);
    using Clusters = std::vector<std::size_t>;
    EXPECT_EQ(measures::cluster_by_correlation(rho, 6, 0.95).of, (Clusters{0, 0, 1, 2, 3, 4}));
    EXPECT_EQ(measures::cluster_by_correlation(rho, 6, 0.85).of, (Clusters{0, 0, 0, 1, 2, 3}));
    EXPECT_EQ(measures::cluster_by_correlation(rho, 6, 0.7).of, (Clusters{0, 0, 0, 1, 1, 2}));
    EXPECT_EQ(measures::cluster_by_correlation(rho, 6, 0.08).of, (Clusters{0, 0, 0, 1, 1, 0}));
    EXPECT_EQ(measures::cluster_by_correlation(rho, 6, 0.03).of, (Clusters{0, 0, 0, 0, 0, 0}));
}

TEST(ColumnClusters, of_missing_and_constant_columns_stand_alone) {
    Rows rows = reference_rows();
    for (std::size_t i = 0; i < 60; ++i) {
        rows.features[i * 6 + 3] = std::numeric_limits<float>::quiet_NaN();
        rows.features[i * 6 + 5] = 1;
        if (i % 3 == 0) rows.features[i * 6] = std::numeric_limits<float>::quiet_NaN();
    }
    const auto rho = rank_correlations(rows, 6, first_places(60));
    EXPECT_EQ(rho[3 * 6 + 4], 0);
    EXPECT_EQ(measures::cluster_by_correlation(rho, 6, 0.7).of,
              (std::vector<std::size_t>{0, 0, 0, 1, 2, 3}));
}

}  // namespace
}  // namespace tradewind::research::models
