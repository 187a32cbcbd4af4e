// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "research/labels/bars_for_tests.hpp"
#include "research/labels/definition.hpp"
#include "research/labels/returns.hpp"
#include "research/labels/sample_weights.hpp"
#include "research/labels/trend_scanning.hpp"
#include "research/labels/triple_barrier.hpp"

namespace tradewind::research::labels {
namespace {

using feature::Field;

Bars view(const FeatureBars& bars) { return bars.view(0, bars.rows()); }

Labels worked_out(std::string_view text, const FeatureBars& bars) {
    const auto definition = LabelDefinition::parse(text);
    EXPECT_TRUE(definition.has_value()) << text << ": " << describe(definition.error());
    return definition->compute(view(bars));
}

void expect_values(const std::vector<double>& got, const std::vector<double>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (std::isnan(expected[i])) {
            EXPECT_TRUE(std::isnan(got[i])) << "row " << i << " has " << got[i];
        } else {
            EXPECT_NEAR(got[i], expected[i], 1e-12) << "row " << i;
        }
    }
}

const std::vector<std::string> kAll{
    "forward_return(3)",
    "forward_return(2, kind=log, entry=next_open)",
    "direction(2, threshold=0.005)",
    "direction(2, threshold=0.5, span=10, entry=next_open)",
    "forward_volatility(5)",
    "quantile_class(3, k=4, least=20)",
    "quantile_class(3, k=3, window=30)",
    "triple_barrier(up=1, down=1.5, horizon=8, span=10)",
    "triple_barrier(up=1, down=1, horizon=8, span=10, touch=close, at_horizon=sign)",
    "triple_barrier(2, 1, 9, volatility='std(ret(1), 12)', side='ret(3)', entry=next_open)",
    "trend_scanning(min=4, max=9)",
};

TEST(ForwardReturn, is_missing_where_the_future_is_not_there_yet) {
    const FeatureBars bars = bars_of({100, 110, 99, 99});
    const Labels got = forward_return(view(bars), {.rows = 2});
    expect_values(got.value, {-0.01, -0.1, kNone, kNone});
    EXPECT_EQ(got.last, (std::vector<std::size_t>{2, 3, 2, 3}));
    EXPECT_EQ(until(got, view(bars))[0], bars.known_at[2]);
    expect_values(forward_return(view(bars), {.rows = 4}).value, {kNone, kNone, kNone, kNone});
}

TEST(ForwardReturn, enters_at_the_open_that_a_strategy_can_get) {
    FeatureBars bars = bars_of({100, 110, 121});
    column_of(bars, Field::open) = {90, 105, 115};
    expect_values(forward_return(view(bars), {.rows = 1, .entry = Entry::next_open}).value,
                  {110.0 / 105 - 1, 121.0 / 115 - 1, kNone});
    expect_values(
        forward_return(view(bars),
                       {.rows = 2, .kind = ReturnKind::logarithmic, .entry = Entry::next_open})
            .value,
        {std::log(121.0 / 105), kNone, kNone});
}

TEST(ForwardReturn, is_missing_where_a_price_is) {
    FeatureBars bars = bars_of({100, 110, 121, 133.1, 0, 50});
    column_of(bars, Field::close)[1] = kNone;
    expect_values(forward_return(view(bars), {.rows = 1}).value,
                  {kNone, kNone, 0.1, kNone, kNone, kNone});
}

TEST(Direction, is_zero_within_its_threshold) {
    const FeatureBars bars = bars_of({100, 100.5, 103, 102, 102});
    expect_values(worked_out("direction(1, threshold=0.0075)", bars).value, {0, 1, -1, 0, kNone});
    const std::vector<double> unit{0.001, 0.1, kNone, 0.01, 0.01};
    expect_values(direction(view(bars), {.rows = 1}, 2, unit).value, {1, 0, kNone, 0, kNone});
}

TEST(ForwardVolatility, is_that_of_the_returns_to_come) {
    const FeatureBars bars = bars_of({1, std::exp(1), std::exp(3), std::exp(3), std::exp(4)});
    // log returns 1, 2, 0, 1
    expect_values(worked_out("forward_volatility(2)", bars).value,
                  {std::sqrt(0.5), std::sqrt(2), std::sqrt(0.5), kNone, kNone});
}

TEST(QuantileClass, has_edges_of_returns_that_were_known) {
    // returns of one bar: 1, 2, 3, 4, 2.5, -1, 9
    Labels returns{8};
    const std::vector<double> values{1, 2, 3, 4, 2.5, -1, 9};
    for (std::size_t i = 0; i < values.size(); ++i) returns.set(i, values[i], i + 1);
    // known at row 3: 1, 2, 3, the median 2; row 4: 1 to 4, 2.5, an edge is of the class below
    expect_values(quantile_class(returns, {.classes = 2, .least = 3}).value,
                  {kNone, kNone, kNone, 1, 0, 0, 1, kNone});
    // the last two: 2 and 3 at row 3, 3 and 4 at row 4, 4 and 2.5, 2.5 and -1
    expect_values(quantile_class(returns, {.classes = 2, .window = 2}).value,
                  {kNone, kNone, 1, 1, 0, 0, 1, kNone});
}

TEST(QuantileClass, of_returns_that_are_all_equal_is_the_lowest) {
    const FeatureBars bars = bars_of(std::vector<double>(30, 5.0));
    const Labels got = worked_out("quantile_class(1, k=3, least=10)", bars);
    EXPECT_TRUE(std::isnan(got.value[9]));
    EXPECT_EQ(got.value[10], 0);
    EXPECT_EQ(got.value[28], 0);
}

/// A flat start at 100 and bars behind it; a volatility of 1 % in each row.
Labels barriers(const std::vector<TestBar>& behind, const TripleBarrier& settings,
                const std::vector<double>& side = {}) {
    FeatureBars bars = bars_of({100});
    for (const TestBar& bar : behind) append(bars, bar);
    return triple_barrier(view(bars), settings, std::vector<double>(bars.rows(), 0.01), side);
}

TEST(TripleBarrier, is_what_is_touched_first) {
    const std::vector<TestBar> bars{{100, 101.9, 98.1, 100}, {100, 102, 99, 101}};
    const Labels got = barriers(bars, {.up = 2, .down = 2, .horizon = 2});
    EXPECT_EQ(got.value[0], 1);
    EXPECT_EQ(got.last[0], 2U);
    // of closes alone none was
    EXPECT_EQ(barriers(bars, {.horizon = 2, .touch = Touch::close}).value[0], 0);
    EXPECT_EQ(barriers(bars, {.horizon = 2, .touch = Touch::close, .at_horizon = AtHorizon::sign})
                  .value[0],
              1);
    EXPECT_EQ(barriers(bars, {.down = 1.5, .horizon = 2}).value[0], -1);
    EXPECT_EQ(barriers(bars, {.up = 0, .down = 0, .horizon = 2}).value[0], 0);
}

TEST(TripleBarrier, takes_the_worse_where_one_bar_touches_both) {
    const std::vector<TestBar> bars{{100, 103, 97, 102}};
    const Labels got = barriers(bars, {.horizon = 1});
    EXPECT_EQ(got.value[0], -1);
    EXPECT_EQ(got.both_touched, (std::vector<std::size_t>{0}));
    EXPECT_EQ(barriers(bars, {.horizon = 1}, {1, 1}).value[0], 0);
    EXPECT_EQ(barriers(bars, {.horizon = 1}, {-1, -1}).value[0], 0);
}

TEST(TripleBarrier, is_there_when_a_barrier_was_touched_before_the_data_end) {
    const std::vector<TestBar> bars{{100, 100, 100, 100}, {100, 105, 100, 104}};
    const Labels got = barriers(bars, {.horizon = 50});
    EXPECT_EQ(got.value[0], 1);
    EXPECT_TRUE(std::isnan(got.value[2]));
    EXPECT_TRUE(std::isnan(barriers({{100, 101, 99, 100}}, {.horizon = 2}).value[0]));
}

TEST(TripleBarrier, has_none_without_a_volatility_or_a_price) {
    const FeatureBars flat = bars_of(std::vector<double>(200, 50.0));
    const Labels got = worked_out("triple_barrier(span=20)", flat);
    for (std::size_t row = 0; row < 200; ++row) EXPECT_FALSE(got.has(row));
    const double none = kNone;
    EXPECT_FALSE(barriers({{none, none, none, none}, {100, 105, 100, 104}}, {.horizon = 2}).has(0));
    EXPECT_TRUE(barriers({{100, 105, 100, 104}, {none, none, none, none}}, {.horizon = 2}).has(0));
}

TEST(TripleBarrier, says_of_a_side_whether_it_gained) {
    const std::vector<TestBar> falls{{100, 100.5, 97.5, 98}};
    const TripleBarrier settings{.up = 2, .down = 3, .horizon = 1};
    EXPECT_EQ(barriers(falls, settings, {-1, -1}).value[0], 1);
    EXPECT_EQ(barriers(falls, settings, {1, 1}).value[0], 0);
    EXPECT_FALSE(barriers(falls, settings, {0, 0}).has(0));
    EXPECT_FALSE(barriers(falls, settings, {kNone, 1}).has(0));
    const std::vector<TestBar> dips{{100, 100.5, 99.5, 99.6}};
    EXPECT_EQ(barriers(dips, settings, {-1, -1}).value[0], 0);
    EXPECT_EQ(barriers(dips, {.horizon = 1, .at_horizon = AtHorizon::sign}, {-1, -1}).value[0], 1);
}

TEST(TrendScanning, is_the_sign_of_the_strongest_slope) {
    // of 1, 2, 4: slope 1.5, off the line 1/6, t = 1.5 / sqrt(1/6 / 1 / 2) = sqrt(27)
    const FeatureBars bars = bars_of({1, 2, 4, 2, 0});
    const Labels got = trend_scanning(view(bars), {.least = 3, .most = 3});
    EXPECT_EQ(got.value[0], 1);
    EXPECT_NEAR(got.weight[0], std::sqrt(27), 1e-12);
    EXPECT_EQ(got.last[0], 2U);
    EXPECT_FALSE(got.has(2)) << "4, 2, 0 is a line";
}

TEST(TrendScanning, has_no_value_on_a_line) {
    const FeatureBars line = bars_of({100, 100.1, 100.2, 100.3, 100.4, 100.5, 100.6});
    const FeatureBars flat = bars_of(std::vector<double>(7, 100.0));
    for (std::size_t row = 0; row < 7; ++row) {
        EXPECT_FALSE(trend_scanning(view(line), {.least = 3, .most = 5}).has(row));
        EXPECT_FALSE(trend_scanning(view(flat), {.least = 3, .most = 5}).has(row));
    }
}

TEST(SampleWeights, share_returns_that_several_labels_hang_on) {
    // spans over bars 1-2, 2-3, 4
    Labels labels{6};
    labels.set(0, 1, 2);
    labels.set(1, 1, 3);
    labels.set(3, 1, 4);
    EXPECT_EQ(concurrency(labels), (std::vector<std::uint32_t>{0, 1, 2, 1, 1, 0}));
    expect_values(average_uniqueness(labels), {0.75, 0.75, kNone, 1, kNone, kNone});
    // log returns 1, 2, -4, 1, 0: |1 + 2/2|, |2/2 - 4|, |1|, which sum to 6
    const FeatureBars bars =
        bars_of({1, std::exp(1), std::exp(3), std::exp(-1), std::exp(0), std::exp(0)});
    expect_values(return_attribution(labels, view(bars)), {1, 1.5, kNone, 0.5, kNone, kNone});
    // of all uniqueness, 2.5, 0.75, 1.5, 2.5 have passed
    expect_values(time_decay(labels, 1), {1, 1, kNone, 1, kNone, kNone});
    expect_values(time_decay(labels, 0), {0.3, 0.6, kNone, 1, kNone, kNone});
    expect_values(time_decay(labels, 0.5), {0.65, 0.8, kNone, 1, kNone, kNone});
    expect_values(time_decay(labels, -0.5), {0, 0.2, kNone, 1, kNone, kNone});
    expect_values(recency(labels, view(bars), minutes(2)),
                  {std::exp2(-1.5), 0.5, kNone, 1, kNone, kNone});
}

TEST(SampleWeights, of_labels_that_share_nothing_are_one) {
    const FeatureBars bars = random_bars(50, 3);
    const Labels labels = forward_return(view(bars), {.rows = 1});
    for (std::size_t row = 0; row + 1 < 50; ++row) EXPECT_EQ(average_uniqueness(labels)[row], 1);
}

TEST(SampleWeights, of_no_label_are_missing) {
    const FeatureBars bars = random_bars(5, 3);
    const Labels labels = forward_return(view(bars), {.rows = 9});
    for (const std::string_view text :
         {"own", "uniqueness", "return_attribution", "time_decay(0.5)", "recency(1d)"}) {
        const auto weight = WeightDefinition::parse(text);
        ASSERT_TRUE(weight.has_value());
        expect_values(weight->compute(labels, view(bars)), std::vector<double>(5, kNone));
    }
}

/// Everything behind a row is another's.
FeatureBars with_other_end(const FeatureBars& bars, std::size_t rows, std::uint64_t seed) {
    FeatureBars out = bars;
    out.cut(rows);
    const FeatureBars other = random_bars(bars.rows(), seed);
    for (std::size_t row = rows; row < bars.rows(); ++row) {
        const double factor = seed % 2 == 0 ? 3.0 : 0.3;
        append(out, {factor * column(view(other), Field::open)[row],
                     factor * column(view(other), Field::high)[row],
                     factor * column(view(other), Field::low)[row],
                     factor * column(view(other), Field::close)[row]});
    }
    return out;
}

TEST(AllLabels, hang_on_nothing_behind_their_last_row) {
    const FeatureBars bars = random_bars(160, 7);
    for (const std::string& text : kAll) {
        const Labels got = worked_out(text, bars);
        std::size_t labelled = 0;
        for (std::size_t cut = 5; cut < 160; cut += 7) {
            const Labels other = worked_out(text, with_other_end(bars, cut, cut));
            FeatureBars shorter = bars;
            shorter.cut(cut);
            const Labels ended = worked_out(text, shorter);
            for (std::size_t row = 0; row < cut; ++row) {
                if (!got.has(row) || got.last[row] >= cut) continue;
                ++labelled;
                EXPECT_EQ(got.last[row], other.last[row]) << text << " row " << row;
                EXPECT_EQ(std::bit_cast<std::uint64_t>(got.value[row]),
                          std::bit_cast<std::uint64_t>(other.value[row]))
                    << text << " row " << row << " cut " << cut;
                EXPECT_EQ(got.weight[row], other.weight[row]) << text;
                EXPECT_EQ(got.value[row], ended.value[row]) << text << " row " << row;
            }
        }
        EXPECT_GT(labelled, 300U) << text;
    }
}

TEST(AllLabels, hang_on_their_last_row) {
    const FeatureBars bars = random_bars(160, 7);
    for (const std::string& text : kAll) {
        const Labels got = worked_out(text, bars);
        std::size_t changed = 0;
        for (std::size_t row = 0; row < got.rows(); ++row) {
            if (!got.has(row)) continue;
            ASSERT_GT(got.last[row], row) << text;
            FeatureBars other = bars;
            for (const Field field : {Field::open, Field::high, Field::low, Field::close}) {
                column_of(other, field)[got.last[row]] = kNone;
            }
            changed += worked_out(text, other).has(row) ? 0U : 1U;
        }
        EXPECT_GT(changed, 30U) << text;
    }
}

TEST(AllLabels, look_no_further_than_they_say) {
    const FeatureBars bars = random_bars(160, 9);
    for (const std::string& text : kAll) {
        const auto definition = LabelDefinition::parse(text);
        const Labels got = definition->compute(view(bars));
        std::size_t furthest = 0;
        for (std::size_t row = 0; row < got.rows(); ++row) {
            furthest = std::max(furthest, got.last[row] - row);
        }
        EXPECT_EQ(furthest, definition->rows_ahead()) << text;
    }
}

TEST(AllLabels, have_none_where_the_data_are_shorter_than_they_look) {
    for (const std::string& text : kAll) {
        for (const std::size_t rows : {0U, 1U, 2U}) {
            const Labels got = worked_out(text, random_bars(rows, 5));
            ASSERT_EQ(got.rows(), rows);
            for (std::size_t row = 0; row < rows; ++row) EXPECT_FALSE(got.has(row)) << text;
        }
    }
}

TEST(LabelDefinition, says_all_of_its_parameters) {
    const auto text = [](std::string_view of) { return LabelDefinition::parse(of)->text(); };
    EXPECT_EQ(text("triple_barrier(1.5, horizon = 10)"),
              "triple_barrier(up=1.5, down=2, horizon=10, span=50, touch=high_low, "
              "at_horizon=zero, entry=close)");
    EXPECT_EQ(text("quantile_class(5, window=250)"),
              "quantile_class(n=5, k=5, window=250, entry=close)");
    EXPECT_EQ(text("direction(5, 0.5, volatility='std(ret(1), 5)')"),
              "direction(n=5, threshold=0.5, volatility=\"std(ret(1), 5)\", entry=close)");
    for (const std::string& one : kAll) {
        const auto definition = LabelDefinition::parse(one);
        const auto again = LabelDefinition::parse(definition->text());
        ASSERT_TRUE(again.has_value()) << one;
        EXPECT_EQ(again->text(), definition->text());
        EXPECT_EQ(again->hash(), definition->hash());
    }
    EXPECT_EQ(LabelDefinition::parse("triple_barrier(span=50)")->hash(),
              LabelDefinition::parse("triple_barrier(2, 2)")->hash());
    EXPECT_NE(LabelDefinition::parse("forward_return(5)")->hash(),
              LabelDefinition::parse("forward_return(6)")->hash());
    EXPECT_EQ(WeightDefinition::parse("recency(250d)")->text(), "recency(half_life=21600000s)");
}

TEST(LabelDefinition, names_the_column_of_what_is_wrong) {
    struct Case {
        std::string text;
        std::string error;
    };
    const std::vector<Case> cases{
        {"forward_retur(5)",
         "column 1: there is no label forward_retur; there are forward_return, direction, "
         "forward_volatility, quantile_class, triple_barrier, trend_scanning; do you mean "
         "forward_return?"},
        {"forward_return()", "column 1: forward_return is missing n"},
        {"forward_return(0)", "column 16: n is 1 or more"},
        {"forward_return(2.5)", "column 16: n is a whole number"},
        {"forward_return(5, entry=open)", "column 25: entry is close or next_open"},
        {"forward_return(5, n=6)", "column 21: n is there twice"},
        {"forward_return(5, simple, close, 4)",
         "column 34: forward_return takes 3 arguments at most"},
        {"triple_barrier(upp=2)",
         "column 20: there is no parameter upp; there are up, down, horizon, span, volatility, "
         "side, touch, at_horizon, entry; do you mean up?"},
        {"triple_barrier(up=-1)", "column 19: up is 0 or more"},
        {"triple_barrier(side=close)", "column 21: side is an expression in quotes"},
        {"triple_barrier(side='sma(clos, 3)')", "column 26: "},
        {"triple_barrier(side='bid')",
         "column 22: an expression within a label reads the instrument's own bars alone"},
        {"triple_barrier(span=9, volatility='std(ret(1), 5)')",
         "column 35: span and volatility are two ways to say one thing: leave one out"},
        {"quantile_class(5, window=9, least=7)",
         "column 35: a window has to be full; least is for quantiles of all so far"},
        {"trend_scanning(9, 4)", "column 19: max (4) is less than min (9)"},
        {"trend_scanning(min=30)", "column 20: max (20) is less than min (30)"},
        {"5", "column 1: a label is a call, as forward_return(...)"},
        {"forward_return(5", "column 17: ')' is missing"},
    };
    for (const Case& one : cases) {
        const auto got = LabelDefinition::parse(one.text);
        ASSERT_FALSE(got.has_value()) << one.text;
        EXPECT_TRUE(describe(got.error()).starts_with(one.error))
            << one.text << " gives " << describe(got.error());
    }
    EXPECT_EQ(describe(WeightDefinition::parse("recency(250)").error()),
              "column 9: half_life is a time, as 250d or 12h");
    EXPECT_EQ(describe(WeightDefinition::parse("uniqueness(1)").error()),
              "column 12: uniqueness takes 0 arguments at most");
}

TEST(LabelDefinition, says_what_its_number_is) {
    const auto of = [](const char* text) { return *LabelDefinition::parse(text); };
    EXPECT_EQ(of("forward_return(5)").kind(), LabelKind::simple_return);
    EXPECT_EQ(of("forward_return(5, kind=log)").kind(), LabelKind::log_return);
    EXPECT_EQ(of("forward_volatility(5)").kind(), LabelKind::volatility);
    EXPECT_EQ(of("direction(5)").kind(), LabelKind::classes);
    EXPECT_TRUE(of("forward_return(5)").is_of_closes());
    EXPECT_FALSE(of("forward_return(5, entry=next_open)").is_of_closes());
    EXPECT_FALSE(of("forward_volatility(5)").is_of_closes());
}

}  // namespace
}  // namespace tradewind::research::labels
