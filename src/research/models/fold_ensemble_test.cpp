// SPDX-License-Identifier: Apache-2.0
#include "research/models/fold_ensemble.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "research/labels/bars_for_tests.hpp"
#include "research/models/meta.hpp"
#include "support/random_models.hpp"

namespace tradewind::research::models {
namespace {

constexpr std::size_t kBars = 220;
constexpr std::size_t kTestFrom = 150;

const ml::Target kClasses{.task = ml::Task::classes, .levels = {-1, 1}};
const ml::Target kValue{.task = ml::Task::value, .levels = {}};
const ml::Target kQuantiles{.task = ml::Task::quantiles, .levels = {0.2, 0.5, 0.8}};

FeatureBars corrupted(FeatureBars bars, std::size_t from) {
    for (auto& column : bars.columns) {
        for (std::size_t row = from; row < column.size(); ++row) {
            column[row] *= 1.5 + 0.01 * static_cast<double>(row % 7);
        }
    }
    return bars;
}

TrainingSet set_of(const FeatureBars& bars, const char* label) {
    SeriesRows series{.symbol = "S", .bars = bars, .features = {}};
    for (std::size_t row = 0; row < bars.rows(); ++row) {
        series.features.push_back(static_cast<float>(row % 5));
    }
    return {{.schema_hash = "0123",
             .columns = {"c"},
             .bars = "1m",
             .label = *labels::LabelDefinition::parse(label)},
            {std::move(series)}};
}

/// Two models whose scores are drawn: what they say of a row hangs on the row alone.
FoldModels fold_of(const TrainingSet& set, const ml::Target& target) {
    const Rows& rows = set.all();
    FoldModels out;
    for (const std::size_t row : usable_rows(rows, 1, {})) {
        if (rows.known_at[row] >= rows.known_at[kTestFrom]) {
            out.test.push_back(row);
        } else if (rows.until[row] < rows.known_at[kTestFrom]) {
            out.train.push_back(row);
        }
    }
    const auto drawn = [&](const labels::Places& places, std::uint64_t seed) {
        std::vector<float> scores;
        for (const std::size_t row : places) {
            base::Random random{seed * 1000 + row};
            float last = static_cast<float>(0.01 * random.normal());
            for (std::size_t k = 0; k < target.scores(); ++k) {
                scores.push_back(last);
                last += static_cast<float>(0.01 * random.uniform());
            }
        }
        return scores;
    };
    for (std::uint64_t member = 0; member < 2; ++member) {
        out.held_out.push_back(drawn(out.train, member));
        out.tested.push_back(drawn(out.test, member));
        TrainedModel model{.family = member, .seed = 1, .address = "a", .bytes = {}, .model = {}};
        model.model.card.origin.columns = {"c"};
        out.models.push_back(std::move(model));
    }
    return out;
}

FoldEnsemble ensemble_of(const TrainingSet& set, const ml::Target& target,
                         ml::VotingMethod method) {
    ml::EnsembleSettings settings;
    settings.voting.method = method;
    settings.numbers.voting = {.method = method, .half_life = 20};
    // what is drawn knows nothing, and lines through it may all be flat: votes would not show
    settings.numbers.calibrates = false;
    settings.numbers.sense = sense_of(set.meaning().label);
    settings.numbers.overlap = set.meaning().label.rows_ahead();
    ModelPlan plan;
    plan.target = target;
    auto out = fit_fold(set, plan, fold_of(set, target), settings);
    EXPECT_TRUE(out.has_value()) << out.error();
    return std::move(*out);
}

RC_GTEST_PROP(FoldEnsemble, corrupting_the_future_changes_no_earlier_prediction,
              (std::uint64_t seed)) {
    const std::size_t cut = *rc::gen::inRange<std::size_t>(kTestFrom + 10, kBars - 10);
    const auto method = *rc::gen::element(ml::VotingMethod::online, ml::VotingMethod::stacking);
    const bool of_quantiles = *rc::gen::arbitrary<bool>();
    const ml::Target& target = of_quantiles ? kQuantiles : kValue;
    const FeatureBars bars = labels::random_bars(kBars, seed);
    const TrainingSet set = set_of(bars, "forward_return(3)"),
                      other = set_of(corrupted(bars, cut), "forward_return(3)");
    const FoldEnsemble one = ensemble_of(set, target, method),
                       two = ensemble_of(other, target, method);
    RC_ASSERT(one.bytes == two.bytes);
    const std::size_t k = target.scores();
    std::size_t compared = 0, later = 0;
    for (std::size_t i = 0; i < one.forecasts.places.size(); ++i) {
        const bool is_same = one.forecasts.expected[i] == two.forecasts.expected[i] &&
                             one.forecasts.scores[i * k] == two.forecasts.scores[i * k] &&
                             one.forecasts.low[i] == two.forecasts.low[i];
        if (one.forecasts.places[i] < cut) {
            RC_ASSERT(is_same);
            ++compared;
        } else {
            later += is_same ? 0U : 1U;
        }
    }
    RC_ASSERT(compared > 0U);
    // votes that go on learning do hear of it, once it is there
    if (method == ml::VotingMethod::online) RC_ASSERT(later > 0U);
}

RC_GTEST_PROP(FoldEnsemble, corrupting_the_future_changes_no_earlier_probability,
              (std::uint64_t seed)) {
    const std::size_t cut = *rc::gen::inRange<std::size_t>(kTestFrom + 10, kBars - 10);
    const FeatureBars bars = labels::random_bars(kBars, seed);
    const FoldEnsemble one = ensemble_of(set_of(bars, "direction(3)"), kClasses,
                                         ml::VotingMethod::online),
                       two = ensemble_of(set_of(corrupted(bars, cut), "direction(3)"), kClasses,
                                         ml::VotingMethod::online);
    RC_ASSERT(one.bytes == two.bytes);
    for (std::size_t i = 0; i < one.test.size() && one.test[i] < cut; ++i) {
        if (i >= two.test.size() || two.test[i] != one.test[i]) break;  // a close as the one before
        RC_ASSERT(one.probabilities[2 * i] == two.probabilities[2 * i]);
    }
}

/// A window of two inner folds, the older and the newer half.
FoldModels halved(const TrainingSet& set) {
    FoldModels out = fold_of(set, kClasses);
    out.window = {.train = {.from = std::numeric_limits<std::int64_t>::min(),
                            .to = set.all().known_at[kTestFrom]},
                  .test = {}};
    const auto half = out.train.begin() + static_cast<std::ptrdiff_t>(out.train.size() / 2);
    out.inner_test = {{out.train.begin(), half}, {half, out.train.end()}};
    return out;
}

/// An ensemble with a meta model whose weights are drawn, calibrated on what others like it say of
/// the training's rows.
FoldEnsemble believed(const TrainingSet& set) {
    ml::EnsembleSettings settings;
    ModelPlan plan;
    plan.target = kClasses;
    const FoldModels fold = halved(set);
    auto out = fit_fold(set, plan, fold, settings);
    EXPECT_TRUE(out.has_value()) << out.error();
    const MetaSettings meta{.family = {.family = ml::Family::logistic}, .cost_bps = 1};
    const auto rows = meta_rows_of(set, plan, fold, settings, *out, meta);
    EXPECT_TRUE(rows.has_value()) << rows.error();
    const auto said = nlohmann::json::parse(rows->arrays.description);
    ml::ModelCard card = support::card_of(ml::Family::logistic, ml::meta_target(), 1,
                                          static_cast<std::uint32_t>(said["columns"].size()));
    card.origin.schema_hash = said["schema_hash"];
    card.origin.columns = said["columns"];
    card.origin.label = said["label"];
    card.origin.label_hash = said["label_hash"];
    MetaModels models;
    models.model.model = support::random_model(card, 7);
    models.model.bytes = ml::to_bytes(models.model.model);
    models.model.address = ml::address_of(models.model.bytes);
    for (std::size_t row = 0; row < rows->rows.size(); ++row) models.held_out.push_back(row);
    models.scores = scores_of(models.model.model, rows->rows, models.held_out);
    add_meta(set, meta, *rows, std::move(models), *out);
    return std::move(*out);
}

RC_GTEST_PROP(FoldEnsemble, corrupting_the_future_changes_no_earlier_meta_prediction,
              (std::uint64_t seed)) {
    const std::size_t cut = *rc::gen::inRange<std::size_t>(kTestFrom + 10, kBars - 10);
    const FeatureBars bars = labels::random_bars(kBars, seed);
    const FoldEnsemble one = believed(set_of(bars, "direction(3)")),
                       two = believed(set_of(corrupted(bars, cut), "direction(3)"));
    // its name holds the calibration, the model and all rows that it was trained on
    RC_ASSERT(one.address == two.address);
    RC_ASSERT(one.meta->rows > 50U);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < one.test.size() && one.test[i] < cut; ++i) {
        if (i >= two.test.size() || two.test[i] != one.test[i]) break;  // a close as the one before
        if (one.sides[i].side == 0) continue;
        RC_ASSERT(one.sides[i] == two.sides[i]);
        RC_ASSERT(one.meta->chances[i] == two.meta->chances[i]);
        ++compared;
    }
    RC_ASSERT(compared > 0U);
}

TEST(FoldEnsemble, meta_rows_are_sides_taken_unseen_and_whether_they_were_right) {
    const TrainingSet set = set_of(labels::random_bars(kBars, 3), "direction(3)");
    const FoldModels fold = halved(set);
    ModelPlan plan;
    plan.target = kClasses;
    const auto ensemble = fit_fold(set, plan, fold, {});
    ASSERT_TRUE(ensemble.has_value());
    for (const double cost : {0.0, 20.0}) {
        const auto rows = meta_rows_of(set, plan, fold, {}, *ensemble, {.cost_bps = cost});
        ASSERT_TRUE(rows.has_value()) << rows.error();
        ASSERT_GT(rows->rows.size(), 100U);
        for (std::size_t i = 0; i < rows->rows.size(); ++i) {
            const float* side = rows->rows.features.data() + i * 5 + 1;
            EXPECT_EQ(std::abs(*side), 1);
            EXPECT_EQ(rows->rows.label[i] == 1,
                      static_cast<double>(*side) * rows->rows.outcome[i] > cost * 1e-4);
            EXPECT_LT(rows->rows.until[i], fold.window.train.to);
        }
    }
}

TEST(FoldEnsemble, votes_behind_out_of_fold_sides_are_fitted_on_other_folds) {
    const TrainingSet set = set_of(labels::random_bars(kBars, 3), "direction(3)");
    FoldModels fold = halved(set);
    const std::size_t half = fold.train.size() / 2;
    ModelPlan plan;
    plan.target = kClasses;
    const auto before = out_of_fold_sides(set, plan, fold, {});
    for (std::size_t i = 0; i < half; i += 2) fold.held_out[0][2 * i] += 3;
    const auto after = out_of_fold_sides(set, plan, fold, {});
    ASSERT_TRUE(before.has_value() && after.has_value());
    std::size_t others = 0;
    for (std::size_t i = 0; i < fold.train.size(); ++i) {
        const bool is_same = (*before)[i] == (*after)[i];
        if (i < half && i % 2 == 1) {
            EXPECT_TRUE(is_same) << i;
        }
        if (i >= half) others += is_same ? 0U : 1U;
    }
    EXPECT_GT(others, half / 2) << "the other fold's votes are fitted on the first";
}

TEST(FoldEnsemble, a_meta_model_is_judged_by_the_sides_acted_on) {
    const TrainingSet set = set_of(labels::random_bars(kBars, 3), "direction(3)");
    const FoldEnsemble fold = believed(set);
    std::size_t rows = 0, right = 0, acted = 0, both = 0;
    for (std::size_t i = 0; i < fold.test.size(); ++i) {
        if (fold.sides[i].side == 0) continue;
        const bool is_right = fold.sides[i].side * set.all().outcome[fold.test[i]] > 1e-4;
        const bool acts = fold.meta->chances[i] > 0.5;
        ++rows;
        right += is_right ? 1U : 0U;
        acted += acts ? 1U : 0U;
        both += is_right && acts ? 1U : 0U;
    }
    ASSERT_GT(acted, 0U);
    ASSERT_LT(acted, rows);
    const MetaJudgement judged = judge_meta(set, 1, 0.5, {&fold, 1});
    EXPECT_EQ(judged.rows, rows);
    EXPECT_EQ(judged.acted, acted);
    EXPECT_DOUBLE_EQ(*judged.base_rate, static_cast<double>(right) / static_cast<double>(rows));
    EXPECT_DOUBLE_EQ(*judged.coverage, static_cast<double>(acted) / static_cast<double>(rows));
    EXPECT_DOUBLE_EQ(*judged.precision, static_cast<double>(both) / static_cast<double>(acted));
    EXPECT_DOUBLE_EQ(*judged.recall, static_cast<double>(both) / static_cast<double>(right));
    EXPECT_DOUBLE_EQ(*judged.precision_of_rest,
                     static_cast<double>(right - both) / static_cast<double>(rows - acted));
    // the likelier of right and wrong, as the threshold is a half
    EXPECT_NEAR(*judged.accuracy,
                static_cast<double>(rows - right - acted + 2 * both) / static_cast<double>(rows),
                1e-12);
}

TEST(FoldEnsemble, a_volatility_is_judged_beside_the_training_mean) {
    const TrainingSet set = set_of(labels::random_bars(kBars, 3), "forward_volatility(5)");
    const FoldEnsemble fold = ensemble_of(set, kValue, ml::VotingMethod::stacking);
    EXPECT_EQ(fold.card.numbers->sense, ml::NumberSense::plain);
    const Judgement joined = judge_folds(set, kValue, {&fold, 1});
    EXPECT_EQ(joined.rows, fold.forecasts.places.size());
    EXPECT_FALSE(joined.accuracy.has_value());
    ASSERT_TRUE(joined.numbers->base_qlike.has_value());
    EXPECT_NEAR(*joined.numbers->interval_nominal, 0.9, 1e-12);
}

}  // namespace
}  // namespace tradewind::research::models
