// SPDX-License-Identifier: Apache-2.0
#include "research/models/fold_ensemble.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.hpp"
#include "research/labels/bars_for_tests.hpp"

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
