// SPDX-License-Identifier: Apache-2.0
#include "research/models/rows.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>

#include "ml/tensor_file.hpp"
#include "research/labels/bars_for_tests.hpp"
#include "research/models/fold_jobs.hpp"

namespace tradewind::research::models {
namespace {

using labels::LabelDefinition;
using labels::WeightDefinition;

/// A column of numbers from bars.
using Column = std::function<float(const std::vector<double>& closes, std::size_t row)>;

float last_return(const std::vector<double>& closes, std::size_t row) {
    return row == 0 ? NAN : static_cast<float>(closes[row] / closes[row - 1] - 1);
}
float next_return(const std::vector<double>& closes, std::size_t row) {
    return row + 1 == closes.size() ? NAN : static_cast<float>(closes[row + 1] / closes[row] - 1);
}

SeriesRows series_of(std::string symbol, FeatureBars bars, const std::vector<Column>& columns) {
    SeriesRows out{.symbol = std::move(symbol), .bars = std::move(bars), .features = {}};
    const auto& closes = labels::column_of(out.bars, feature::Field::close);
    for (std::size_t row = 0; row < out.bars.rows(); ++row) {
        for (const Column& column : columns) out.features.push_back(column(closes, row));
    }
    return out;
}

TrainingSet set_of(const std::vector<FeatureBars>& bars, const std::vector<Column>& columns,
                   const std::string& label = "direction(5)") {
    RowsMeaning meaning{.schema_hash = "0123",
                        .columns = {},
                        .bars = "1m",
                        .label = *LabelDefinition::parse(label)};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        meaning.columns.push_back("c" + std::to_string(i));
    }
    for (const char* weight : {"uniqueness", "return_attribution"}) {
        meaning.weights.push_back(*WeightDefinition::parse(weight));
    }
    std::vector<SeriesRows> series;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        series.push_back(series_of("S" + std::to_string(i), bars[i], columns));
    }
    return {std::move(meaning), std::move(series)};
}

/// What a trainer would be given of all that was known before an instant.
std::string arrays_before(const TrainingSet& set, std::int64_t to) {
    const Between span{.from = std::numeric_limits<std::int64_t>::min(), .to = to};
    return ml::to_bytes(set.arrays(set.known(span)));
}

/// Other prices from a row on.
FeatureBars corrupted(FeatureBars bars, std::size_t from) {
    for (std::size_t i = 0; i < feature::kBarFieldCount; ++i) {
        for (std::size_t row = from; row < bars.columns[i].size(); ++row) {
            bars.columns[i][row] *= 1.5 + 0.01 * static_cast<double>(row % 7);
        }
    }
    return bars;
}

RC_GTEST_PROP(Rows, corrupting_the_future_changes_nothing_that_is_trained_on,
              (std::uint64_t seed)) {
    const std::size_t cut = *rc::gen::inRange<std::size_t>(60, 190);
    const FeatureBars first = labels::random_bars(200, seed),
                      second = labels::random_bars(200, seed ^ 1);
    const std::int64_t to = first.known_at[cut];
    const auto before = arrays_before(set_of({first, second}, {last_return}), to);
    const auto after =
        arrays_before(set_of({corrupted(first, cut), corrupted(second, cut)}, {last_return}), to);
    RC_ASSERT(before == after);
}

TEST(Rows, a_feature_that_looks_ahead_is_caught_by_corrupting_the_future) {
    const FeatureBars bars = labels::random_bars(200, 7);
    const std::int64_t to = bars.known_at[100];
    EXPECT_NE(arrays_before(set_of({bars}, {next_return}), to),
              arrays_before(set_of({corrupted(bars, 100)}, {next_return}), to));
}

RC_GTEST_PROP(Rows, no_training_span_touches_a_test_span, (std::uint64_t seed)) {
    const std::size_t border = *rc::gen::inRange<std::size_t>(60, 190);
    const std::string label = *rc::gen::element<std::string>(
        "direction(7)", "triple_barrier(2, 2, horizon=15)", "trend_scanning(5, 20)",
        "forward_return(9, kind=log)", "forward_volatility(6)");
    const FeatureBars bars = labels::random_bars(200, seed);
    const TrainingSet set = set_of({bars, bars}, {last_return}, label);
    const Between test{.from = bars.known_at[border],
                       .to = std::numeric_limits<std::int64_t>::max()};
    const Rows known = set.known({.from = bars.known_at[10], .to = test.from});
    std::size_t labelled = 0;
    for (std::size_t row = 0; row < known.size(); ++row) {
        if (!known.has_label(row)) continue;
        ++labelled;
        RC_ASSERT(known.until[row] < test.from);
        RC_ASSERT(known.known_at[row] >= bars.known_at[10]);
        RC_ASSERT(known.label[row] == set.all().label[set.row_in_all(known, row)]);
    }
    RC_ASSERT(labelled > 0U);
}

TEST(Rows, a_window_is_never_of_two_instruments) {
    const TrainingSet set =
        set_of({labels::random_bars(60, 1), labels::random_bars(50, 2)}, {last_return});
    const Rows& rows = set.all();
    for (const std::size_t row : usable_rows(rows, 1, {.window = 10, .missing_max = 1})) {
        EXPECT_GE(rows.depth(row), 10U);
        EXPECT_EQ(rows.series_of(row), rows.series_of(row - 9));
        EXPECT_TRUE(rows.has_label(row));
    }
    EXPECT_EQ(rows.starts, (std::vector<std::size_t>{0, 60, 110}));
}

TEST(Rows, rows_with_too_much_missing_are_not_used) {
    const auto none = [](const std::vector<double>&, std::size_t row) {
        return row % 2 == 0 ? NAN : 1.0F;
    };
    const TrainingSet set = set_of({labels::random_bars(60, 1)}, {last_return, none});
    for (const std::size_t row : usable_rows(set.all(), 2, {.window = 1, .missing_max = 0.4})) {
        EXPECT_EQ(row % 2, 1U);
    }
    EXPECT_FALSE(usable_rows(set.all(), 2, {.window = 1, .missing_max = 0.4}).empty());
}

TEST(Rows, outcomes_are_returns_to_the_last_bar_that_the_label_looked_at) {
    const TrainingSet set = set_of({labels::bars_of({100, 101, 102, 103, 104, 110, 111})},
                                   {last_return}, "direction(5)");
    EXPECT_NEAR(set.all().outcome[0], 0.10, 1e-15);
    EXPECT_TRUE(std::isnan(set.all().outcome[2]));
}

TEST(Rows, ranges_join_what_follows) {
    using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;
    EXPECT_EQ(ranges_of(std::vector<std::size_t>{1, 2, 3, 7, 9, 10}),
              (Ranges{{1, 4}, {7, 8}, {9, 11}}));
    EXPECT_EQ(ranges_of({}), Ranges{});
}

}  // namespace
}  // namespace tradewind::research::models
