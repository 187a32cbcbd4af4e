// SPDX-License-Identifier: Apache-2.0
#include "feature/graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "feature/operators.hpp"
#include "feature/panel.hpp"
#include "support/must.hpp"

namespace tradewind::feature {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Column = std::vector<double>;
using Table = std::vector<Column>;

/// Bars by field; the close is given, the rest hangs on it.
Table bars_of(const Column& close) {
    Table out(kBarFieldCount);
    for (std::size_t i = 0; i < close.size(); ++i) {
        const double before = i == 0 ? close[0] : close[i - 1];
        out[0].push_back(before);
        out[1].push_back(std::max(before, close[i]) + 1);
        out[2].push_back(std::min(before, close[i]) - 1);
        out[3].push_back(close[i]);
        out[4].push_back(100 + static_cast<double>(i % 7));
        out[5].push_back(60.0 * static_cast<double>(i));
        out[6].push_back(0.0);
        out[7].push_back(86'400.0);
    }
    return out;
}

Column walk(std::size_t rows, std::uint64_t seed) {
    base::Random random{seed};
    Column out;
    double price = 100;
    for (std::size_t i = 0; i < rows; ++i) {
        price = std::max(5.0, price + 0.01 * (static_cast<double>(random.below(201)) - 100));
        out.push_back(price);
    }
    return out;
}

std::shared_ptr<const Graph> graph_of(const std::vector<FeatureText>& features) {
    auto graph = Graph::compile(features);
    EXPECT_TRUE(graph.has_value()) << describe(graph.error());
    return std::make_shared<const Graph>(std::move(*graph));
}

Table values_of(const std::shared_ptr<const Graph>& graph, const Table& bars,
                std::size_t portion = std::numeric_limits<std::size_t>::max(),
                std::size_t block = Panel::kBlock) {
    const std::size_t rows = bars[0].size();
    std::vector<std::int64_t> known_at(rows);
    for (std::size_t i = 0; i < rows; ++i) known_at[i] = 60'000'000'000 * static_cast<int64_t>(i);
    Table out(graph->outputs().size(), Column(rows));
    Panel panel{graph, {{.symbol = "X"}}, block};
    for (std::size_t from = 0; from < rows;) {
        const std::size_t end = rows - from <= portion ? rows : from + portion;
        BarRows in{.known_at = std::span{known_at}.subspan(from, end - from)};
        for (std::size_t i = 0; i < kBarFieldCount; ++i) in.columns[i] = bars[i].data() + from;
        panel.run({.bars = {&in, 1}}, [&](const Panel::Rows& got) {
            for (std::size_t i = 0; i < out.size(); ++i) {
                std::copy_n(got.columns[i], got.rows, out[i].data() + from + got.first);
            }
            return true;
        });
        from = end;
    }
    return out;
}

Column value_of(std::string expression, const Column& close) {
    return values_of(graph_of({{"x", std::move(expression)}}), bars_of(close))[0];
}

bool same_bytes(const Table& a, const Table& b) {
    const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
        return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                          [&](double p, double q) { return bits(p) == bits(q); });
    });
}

void expect_values(std::string_view expression, const Column& close, const Column& expected) {
    const Column got = value_of(std::string{expression}, close);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (std::isnan(expected[i])) {
            EXPECT_TRUE(std::isnan(got[i])) << expression << " row " << i << " is " << got[i];
        } else {
            EXPECT_DOUBLE_EQ(got[i], expected[i]) << expression << " row " << i;
        }
    }
}

std::string error_of(std::string expression) {
    const auto graph = Graph::compile(std::vector<FeatureText>{{"x", std::move(expression)}});
    return graph ? "none" : describe(graph.error().error);
}

TEST(Expression, works_out_arithmetic_with_its_usual_precedence) {
    expect_values("close + 2 * 3 - 4 / 2", {1, 2}, {5, 6});
    expect_values("-close ^ 2", {3}, {-9});
    expect_values("2 ^ 3 ^ 2 + close - close", {1}, {512});
    expect_values("(close + 1) * -2", {4}, {-10});
    expect_values("close - 1 - 1", {5}, {3});
    expect_values("close > 2 and not close >= 4 or close == 9", {2, 3, 4, 9}, {0, 1, 0, 1});
    expect_values("if(close > open, 1, -1)", {1, 2, 1}, {-1, 1, -1});
}

TEST(Expression, looks_back_and_is_missing_before_it_can) {
    expect_values("ref(close, 2)", {1, 2, 3, 4}, {kNaN, kNaN, 1, 2});
    expect_values("close / ref(close) - 1", {2, 3, 6}, {kNaN, 0.5, 1});
    expect_values("ret(1)", {2, 3, 6}, {kNaN, 0.5, 1});
    expect_values("sma(delta(close), 2)", {1, 2, 4, 8}, {kNaN, kNaN, 1.5, 3});
    expect_values("fill(ref(close), 7)", {1, 2}, {7, 1});
    expect_values("is_missing(ref(close))", {1, 2}, {1, 0});
}

TEST(Expression, has_no_value_where_there_is_none) {
    expect_values("close / (close - 2)", {1, 2, 4}, {-1, kNaN, 2});
    expect_values("log(close - 2)", {1, 2, 3}, {kNaN, kNaN, 0});
    expect_values("sma(log(close - 2), 2)", {3, 3, 1, 3, 3}, {kNaN, 0, kNaN, kNaN, 0});
    expect_values("if(close > 2, log(close - 2), 7)", {3, 1, 3}, {0, 7, 0});
    expect_values("if(close > 2, 7, log(close - 2))", {3, 1, 3}, {7, kNaN, 7});
    expect_values("if(log(close), 7, 8)", {1, -1, 2}, {8, kNaN, 7});
}

TEST(Expression, knows_conditions_and_what_came_since) {
    expect_values("since(close > 3)", {1, 4, 2, 5, 6, 1}, {kNaN, 0, 1, 0, 0, 1});
    expect_values("since(log(close))", {2, 1, -1, 1, 2}, {0, 1, kNaN, kNaN, 0});
    expect_values("streak(close > 3)", {1, 4, 5, 2, 6}, {0, 1, 2, 0, 1});
    expect_values("value_when(close > 3, open)", {1, 4, 2, 5}, {kNaN, 1, 1, 2});
    expect_values("count(close > 3, 2)", {1, 4, 5, 2}, {kNaN, 1, 2, 1});
    expect_values("count(close > 3, 1)", {1, 4}, {0, 1});
    expect_values("count(close, 9)", {1, 4}, {kNaN, kNaN});
    expect_values("crosses_above(close, 3)", {4, 2, 3, 4, 5, 3}, {kNaN, 0, 0, 1, 0, 0});
    expect_values("crosses_below(close, 3)", {2, 3, 2, 1, 4}, {kNaN, 0, 1, 0, 0});
    expect_values("clip(close, 2, 3)", {1, 2.5, 4}, {2, 2.5, 3});
    expect_values("clip(close, 3, 2)", {1, 2.5, 4}, {2, 2, 2});
    expect_values("signedpower(close, 2)", {-3, 2, 0}, {-9, 4, 0});
    expect_values("signedpower(close, -1)", {-2, 0}, {-0.5, kNaN});
}

TEST(Expression, keeps_the_last_value_for_as_long_as_it_may_be_old) {
    expect_values("ffill(log(close))", {-1, 1, -1, -1, -1}, {kNaN, 0, 0, 0, 0});
    expect_values("ffill(log(close), 2)", {1, -1, -1, -1, 1}, {0, 0, 0, kNaN, 0});
}

TEST(Expression, begins_anew_where_the_anchor_changes) {
    const Column close{3, 1, 2, 5, 4, 6};
    expect_values("anchored_sum(close, floor(time / 180))", close, {3, 4, 6, 5, 9, 15});
    expect_values("anchored_mean(close, floor(time / 180))", close, {3, 2, 2, 5, 4.5, 5});
    expect_values("anchored_max(close, floor(time / 180))", close, {3, 3, 3, 5, 5, 6});
    expect_values("anchored_min(close, floor(time / 180))", close, {3, 1, 1, 5, 4, 4});
    expect_values("anchored_first(close, floor(time / 180))", close, {3, 3, 3, 5, 5, 5});
    expect_values("anchored_count(close, floor(time / 180))", close, {1, 2, 3, 1, 2, 3});
}

TEST(Expression, has_no_figure_of_what_does_not_vary) {
    const Column flat(6, 7.1), missing(6, kNaN);
    for (const std::string_view text :
         {"zscore(close, 3)", "skew(close, 3)", "kurt(close, 4)", "ts_scale(close, 3)",
          "entropy(close, 3, 4)", "autocorr(close, 1, 3)", "corr(close, volume, 3)",
          "ewm_zscore(close, 3)", "ewm_corr(close, volume, 3)", "regbeta(close, volume, 3)",
          "regalpha(close, volume, 3)", "regresi(close, volume, 3)",
          "regresi_std(close, volume, 3)"}) {
        expect_values(text, flat, missing);
    }
    expect_values("ewm_std(close, 3)", flat, {kNaN, kNaN, 0, 0, 0, 0});
    expect_values("resi_std(close, 3)", flat, {kNaN, kNaN, 0, 0, 0, 0});
    expect_values("regresi_std(volume, close, 3)", flat, {kNaN, kNaN, 0, 0, 0, 0});
}

TEST(Expression, has_windows_of_one_row_where_they_say_something) {
    const Column close{3, -1, 0.5};
    for (const std::string_view name : {"mean", "sum", "max", "min", "median", "product", "wma"}) {
        expect_values(std::string{name} + "(close, 1)", close, close);
    }
    expect_values("ewm_mean(close, 1)", close, close);
    expect_values("tsrank(close, 1)", close, {1, 1, 1});
    EXPECT_EQ(error_of("skew(close, 2)"),
              "column 1: skew: period is a whole number from 3 to 100000, not 2");
    EXPECT_EQ(error_of("ewm_std(close, 1)"),
              "column 1: ewm_std: span is a whole number from 2 to 100000, not 1");
}

TEST(Expression, knows_functions_by_what_others_call_them) {
    for (const Alias& alias : aliases()) {
        const IndicatorInfo* function = find_function(alias.function);
        ASSERT_NE(function, nullptr) << alias.function;
        EXPECT_EQ(function->name, alias.function);
        EXPECT_EQ(find_function(alias.name), function) << alias.name;
        EXPECT_EQ(find_indicator(alias.name), nullptr) << alias.name;
        for (const IndicatorInfo* info : expression_functions()) EXPECT_NE(info->name, alias.name);
    }
    const auto graph = graph_of({{"a", "delay(close, 3)"}, {"b", "ref(close, 3)"}});
    EXPECT_EQ(graph->steps().size(), 1U);
}

TEST(Expression, asks_for_the_instant_whose_hour_is_meant) {
    EXPECT_EQ(error_of("hour()"), "column 1: hour takes 1 series, and none is given");
    expect_values("minute(time)", {1, 1, 1}, {0, 1, 2});
    expect_values("hour(-1)", {1}, {23});
    expect_values("year(1e300)", {1}, {kNaN});
    expect_values("new_york_time(0)", {1}, {kNaN});
}

TEST(Expression, takes_parameters_by_place_or_name_and_outputs_by_name) {
    const Column close = walk(60, 1);
    const Column by_place = value_of("macd(close, 5, 10, 3).signal", close);
    EXPECT_EQ(by_place.size(), 60U);
    EXPECT_TRUE(
        same_bytes({by_place}, {value_of("macd(signal=3, slow=10, fast=5).signal", close)}));
    EXPECT_TRUE(same_bytes({value_of("rsi(14)", close)}, {value_of("rsi(close)", close)}));
    EXPECT_TRUE(
        same_bytes({value_of("atr(5)", close)}, {value_of("atr(high, low, close, 5)", close)}));
    expect_values("greater(close, 5)", {3, 8}, {5, 8});
}

TEST(Expression, names_what_is_wrong_and_where) {
    EXPECT_EQ(error_of(""), "column 1: the expression is empty");
    EXPECT_EQ(error_of("close +"), "column 8: a value is due, not the end");
    EXPECT_EQ(error_of("close close"), "column 7: 'close' comes after the end of the expression");
    EXPECT_EQ(error_of("(close"),
              "column 7: ')' is missing for the one at column 1, before the end");
    EXPECT_EQ(error_of("rsj(close)"), "column 1: there is no function rsj; do you mean rsi?");
    EXPECT_EQ(error_of("1 + clsoe"),
              "column 5: there is no clsoe; the bar has open, high, low, close, volume, time, "
              "session_open, "
              "session_close; do you "
              "mean close?");
    EXPECT_EQ(error_of("corr(close, open, low)"), "column 1: corr takes 2 series, not 3");
    EXPECT_EQ(error_of("greater(close)"), "column 1: greater takes 2 series, not 1");
    EXPECT_EQ(error_of("rsi"), "column 1: rsi is a function: say rsi(...)");
    EXPECT_EQ(error_of("rsi(close, 1)"),
              "column 1: rsi: period is a whole number from 2 to 100000, not 1");
    EXPECT_EQ(error_of("rsi(close, 14, 3)"), "column 16: rsi takes 1 parameters, this is one more");
    EXPECT_EQ(error_of("rsi(close, n=3)"), "column 14: rsi has no parameter n; there are period");
    EXPECT_EQ(error_of("rsi(close, period=close)"),
              "column 19: period of rsi is a number, not a series");
    EXPECT_EQ(error_of("macd(close)"),
              "column 1: there are several outputs: say which, .macd or .signal or .histogram");
    EXPECT_EQ(error_of("macd(close).sginal"),
              "column 13: there is no output sginal; there are macd, signal, histogram");
    EXPECT_EQ(error_of("close.high"), "column 7: '.high' follows what has one output only");
    EXPECT_EQ(error_of("1 < close < 3"),
              "column 11: comparisons do not chain: say a < b and b < c");
    EXPECT_EQ(error_of("close * 6h"), "column 9: a duration has no place here; numbers count rows");
    EXPECT_EQ(error_of("ref(close, 6x)"),
              "column 13: 'x' is no unit of time; there are ms, s, m, h, d, w");
    EXPECT_EQ(error_of("close # 3"), "column 7: '#' means nothing here");
    EXPECT_EQ(error_of("\"abc"), "column 1: the text has no closing quote");
    EXPECT_EQ(error_of("close\x01"), "column 6: '\\x01' means nothing here");
    EXPECT_EQ(error_of("1e999"), "column 1: the number is out of range");
}

TEST(Expression, may_be_long_but_not_deep) {
    std::string sum = "close";
    for (int i = 1; i < 10'000; ++i) sum += " + close";
    expect_values(sum, {1, 2}, {10'000, 20'000});
    const std::string deep = std::string(10'000, '(') + "close" + std::string(10'000, ')');
    EXPECT_EQ(error_of(deep), "column 201: nested deeper than 200");
    EXPECT_EQ(error_of(std::string(kExpressionLengthMax + 1, ' ')),
              "column 1048576: longer than 1048576 characters");
}

TEST(Graph, works_out_once_what_features_have_in_common) {
    const auto graph = graph_of({{"a", "log(close / ref(close, 5))"},
                                 {"b", "sma(log(close / ref(close, 5)), 10)"},
                                 {"c", "sma(a, 10) * 2"}});
    EXPECT_EQ(graph->steps().size(), 5U);  // ref, /, log, sma, *
    EXPECT_EQ(graph->outputs()[0].lookback, 5U);
    EXPECT_EQ(graph->outputs()[1].lookback, 14U);
}

TEST(Graph, refuses_names_that_are_none_or_taken) {
    const auto error = [](const std::vector<FeatureText>& features) {
        return describe(Graph::compile(features).error());
    };
    EXPECT_EQ(error({{"a", "close"}, {"a", "open"}}),
              "feature a, column 1: there is a feature of this name already");
    EXPECT_EQ(
        error({{"2a", "close"}}),
        "feature 2a, column 1: a feature's name is letters, digits and '_', and begins with a "
        "letter");
}

TEST(Graph, has_a_hash_of_what_it_computes) {
    const auto hash = [](std::string text) {
        return graph_of({{"x", std::move(text)}})->schema_hash();
    };
    EXPECT_EQ(hash("rsi(14)"), hash("rsi(14)"));
    EXPECT_NE(hash("rsi(14)"), hash("rsi(15)"));
    EXPECT_EQ(hash("rsi(14)").size(), 16U);
}

/// A graph of everything that there is, for what must hold of all.
std::vector<FeatureText> everything() {
    return {{"ret5", "log(close/ref(close,5))"},
            {"smooth", "ema(ret5, 7)"},
            {"macd_hist", "macd(close).histogram"},
            {"range", "atr(7) / close"},
            {"odd", "if(close > sma(9), rsi(5), 1 / (close - 100))"},
            {"filled", "fill(log(close - 100), 0)"},
            {"known", "ffill(log(close - 100), 5)"},
            {"risen", "since(close > ref(close, 9))"},
            {"weighted", "ewm_zscore(close, halflife=7)"},
            {"shape", "kurt(delta(close), 20)"},
            {"clock", "time_sin(minute_of_day(new_york_time(time + 1000000000)), 1440)"}};
}

TEST(Panel, gives_the_same_bytes_in_portions_of_any_length) {
    const auto graph = graph_of(everything());
    const Table bars = bars_of(walk(1500, 7));
    const Table whole = values_of(graph, bars);
    for (const std::size_t portion : {1UL, 2UL, 77UL, 128UL, 1000UL}) {
        EXPECT_TRUE(same_bytes(values_of(graph, bars, portion), whole)) << portion;
        EXPECT_TRUE(same_bytes(values_of(graph, bars, portion, 1), whole)) << portion;
    }
}

TEST(Panel, sees_nothing_of_what_comes_after) {
    const auto graph = graph_of(everything());
    constexpr std::size_t kAt = 700;
    const Column close = walk(1000, 8);
    Column changed = close;
    for (std::size_t i = kAt; i < changed.size(); ++i) changed[i] *= 3;
    Table a = values_of(graph, bars_of(close)), b = values_of(graph, bars_of(changed));
    for (auto* table : {&a, &b}) {
        for (Column& column : *table) column.resize(kAt);
    }
    EXPECT_TRUE(same_bytes(a, b));
}

}  // namespace
}  // namespace tradewind::feature
