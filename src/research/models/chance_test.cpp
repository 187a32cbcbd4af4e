// SPDX-License-Identifier: Apache-2.0
#include "research/models/chance.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "research/labels/bars_for_tests.hpp"
#include "research/models/rows.hpp"

namespace tradewind::research::models {
namespace {

std::vector<double> confusion_of(const std::vector<std::size_t>& came,
                                 const std::vector<std::size_t>& said, std::size_t k) {
    std::vector<double> out(k * k);
    for (std::size_t i = 0; i < came.size(); ++i) out[came[i] * k + said[i]] += 1;
    return out;
}

TEST(Chance, mean_and_variance_are_those_of_all_dealings) {
    // every one of the 7! dealings of seven labels of three classes
    const std::vector<std::size_t> said{0, 0, 1, 1, 1, 2, 0};
    std::vector<std::size_t> places{0, 1, 2, 3, 4, 5, 6};
    const std::vector<std::size_t> labels{0, 1, 1, 2, 0, 0, 0};
    double count = 0, sum = 0, squares = 0;
    do {
        double right = 0;
        for (std::size_t i = 0; i < said.size(); ++i) {
            right += said[i] == labels[places[i]] ? 1.0 / 7 : 0;
        }
        ++count;
        sum += right;
        squares += right * right;
    } while (std::next_permutation(places.begin(), places.end()));
    const auto chance = chance_of_accuracy(confusion_of(labels, said, 3));
    ASSERT_TRUE(chance.has_value());
    const double mean = sum / count;
    EXPECT_NEAR(chance->expected, mean, 1e-12);
    const double deviation = (chance->high - chance->expected) / 3.290526731491926;
    EXPECT_NEAR(deviation * deviation, squares / count - mean * mean, 1e-12);
}

TEST(Chance, one_that_always_says_the_same_has_the_base_rate) {
    const std::vector<double> confusion{0, 30, 0, 70};
    const auto chance = chance_of_accuracy(confusion);
    EXPECT_NEAR(chance->low, 0.7, 1e-12);
    EXPECT_NEAR(chance->high, 0.7, 1e-12);
    EXPECT_TRUE(chance->holds(0.7));
    EXPECT_FALSE(chance->holds(0.71));
}

TEST(Chance, nothing_is_told_of_one_row) {
    EXPECT_FALSE(chance_of_accuracy(std::vector<double>{1, 0, 0, 0}).has_value());
    EXPECT_FALSE(chance_of_rank_ic(1).has_value());
    EXPECT_NEAR(chance_of_rank_ic(1001)->high, 3.2905 / std::sqrt(1000), 1e-5);
}

/// A set whose only feature is the label itself.
TrainingSet known_set(std::uint64_t seed) {
    SeriesRows series{.symbol = "S", .bars = labels::random_bars(300, seed), .features = {}};
    const auto& closes = labels::column_of(series.bars, feature::Field::close);
    for (std::size_t row = 0; row < closes.size(); ++row) {
        const bool rises = row + 3 < closes.size() && closes[row + 3] > closes[row];
        series.features.push_back(rises ? 1.0F : -1.0F);
    }
    return {{.schema_hash = "0123",
             .columns = {"c"},
             .bars = "1m",
             .label = *labels::LabelDefinition::parse("direction(3)"),
             .weights = {*labels::WeightDefinition::parse("uniqueness")}},
            {std::move(series)}};
}

Judgement judged_by_feature(const TrainingSet& set) {
    const ml::Target target{.task = ml::Task::classes, .levels = {-1, 1}};
    labels::Places places = usable_rows(set.all(), 1, {});
    const auto classes = classes_of(set.all(), target, places);
    std::vector<double> probabilities;
    for (const std::size_t row : places) {
        const double up = set.all().features[row] > 0 ? 1 : 0;
        probabilities.insert(probabilities.end(), {1 - up, up});
    }
    return judge({.rows = set.all(),
                  .target = target,
                  .places = places,
                  .classes = classes,
                  .probabilities = probabilities});
}

TEST(Chance, better_than_can_be_is_told_and_luck_is_not) {
    Judgement one = judged_by_feature(known_set(1));
    one.rows = 1000;
    one.accuracy->value = 0.64;
    EXPECT_FALSE(is_beyond(one, 0.6));
    one.accuracy->value = 0.66;
    EXPECT_TRUE(is_beyond(one, 0.6));
    one.coverage = 0.5;
    EXPECT_FALSE(is_beyond(one, 0.6));
}

RC_GTEST_PROP(ShuffledLabels, are_the_same_labels_at_other_rows_and_nobody_knows_them,
              (std::uint64_t seed)) {
    TrainingSet set = known_set(seed);
    const Rows before = set.all();
    RC_ASSERT(accuracy_of(judged_by_feature(set)) == 1.0);
    RC_ASSERT(!verdict_of(judged_by_feature(set)).is_within());
    const Between span{.from = before.known_at[20], .to = before.known_at[280]};
    set.shuffle_labels(span, seed);
    const Rows& after = set.all();
    // spans, weights by span and rows beyond the span are as they were
    RC_ASSERT(after.until == before.until);
    RC_ASSERT(after.weight == before.weight);
    std::vector<std::pair<double, double>> dealt, there;
    std::size_t moved = 0;
    for (std::size_t row = 0; row < before.size(); ++row) {
        RC_ASSERT(after.has_label(row) == before.has_label(row));
        if (!before.has_label(row)) continue;
        if (!span.has(before.known_at[row])) {
            RC_ASSERT(after.label[row] == before.label[row]);
            RC_ASSERT(after.outcome[row] == before.outcome[row]);
            continue;
        }
        moved += after.outcome[row] != before.outcome[row] ? 1U : 0U;
        there.emplace_back(before.label[row], before.outcome[row]);
        dealt.emplace_back(after.label[row], after.outcome[row]);
    }
    RC_ASSERT(moved > 200U);
    std::sort(there.begin(), there.end());
    std::sort(dealt.begin(), dealt.end());
    RC_ASSERT(there == dealt);
    // what a trainer is given is dealt out too, and one seed deals one way
    TrainingSet again = known_set(seed);
    again.shuffle_labels(span, seed);
    const Rows known = again.known({.from = before.known_at[0], .to = before.known_at[150]});
    for (std::size_t row = 0; row < known.size(); ++row) {
        if (known.has_label(row)) RC_ASSERT(known.label[row] == after.label[row]);
    }
    again.shuffle_labels(span, seed + 1);
    RC_ASSERT(again.all().label != after.label);
}

TEST(ShuffledLabels, a_feature_that_is_the_label_falls_to_chance) {
    std::size_t outside = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        TrainingSet set = known_set(seed);
        set.shuffle_labels({.from = 0, .to = std::numeric_limits<std::int64_t>::max()}, seed);
        outside += verdict_of(judged_by_feature(set)).is_within() ? 0U : 1U;
    }
    EXPECT_LE(outside, 2U);  // of 200, at 0.001 each
}

}  // namespace
}  // namespace tradewind::research::models
