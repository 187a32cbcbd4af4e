// SPDX-License-Identifier: Apache-2.0
#include "research/features/tape_columns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "research/features/ticks_for_tests.hpp"

namespace tradewind::research {
namespace {

using feature::Field;
using ports::SeriesKind;

feature::Graph graph_of(std::initializer_list<std::string_view> fields) {
    std::vector<feature::FeatureText> texts;
    for (const std::string_view field : fields) {
        texts.push_back({.name = "f_" + std::string{field}, .expression = std::string{field}});
    }
    auto graph = feature::Graph::compile(texts);
    EXPECT_TRUE(graph.has_value());
    return std::move(*graph);
}

FeatureBars read(const sim::MemoryHistory& history, const BarSpec& spec,
                 const feature::Graph& graph, Timestamp to = kTimestampMax) {
    const Instrument instrument = coin();
    auto bars = read_feature_bars(history, instrument, coin_key(SeriesKind::bar, spec), to);
    EXPECT_TRUE(bars.has_value());
    const auto plan = plan_tape(history, instrument.symbol, graph.tracks()[0]);
    EXPECT_TRUE(plan.has_value());
    EXPECT_TRUE(read_tape(history, instrument, *plan, *bars).has_value());
    return std::move(*bars);
}

const std::vector<double>& column(const FeatureBars& bars, Field field) {
    return bars.columns[static_cast<std::size_t>(field)];
}

TEST(TapeColumns, trades_of_bars_made_of_them_are_the_volume_of_the_bars) {
    const sim::MemoryHistory history = coin_ticks();
    const feature::Graph graph = graph_of({"trade_volume", "trades", "bid"});
    for (const BarSpec spec :
         {time_bars(seconds(7)), time_bars(minutes(1)), BarSpec{.unit = BarUnit::tick, .step = 13},
          BarSpec{.unit = BarUnit::volume, .step = 40 * kUnit}}) {
        const FeatureBars bars = read(history, spec, graph);
        ASSERT_GT(bars.rows(), 8U);
        EXPECT_EQ(column(bars, Field::trade_volume), column(bars, Field::volume));
        EXPECT_EQ(column(bars, Field::bid).size(), bars.rows());
        EXPECT_TRUE(column(bars, Field::ask).empty());
    }
}

TEST(TapeColumns, bars_that_count_trades_hold_as_many) {
    const FeatureBars bars =
        read(coin_ticks(), {.unit = BarUnit::tick, .step = 13}, graph_of({"trades", "order_flow"}));
    for (const double count : column(bars, Field::trades)) EXPECT_EQ(count, 13.0);
    EXPECT_EQ(column(bars, Field::order_flow).size(), bars.rows());
}

TEST(TapeColumns, what_comes_later_changes_no_row) {
    const sim::MemoryHistory history = coin_ticks();
    const feature::Graph graph = graph_of({"trades", "order_flow", "bid", "effective_spread"});
    for (const BarSpec spec :
         {time_bars(seconds(10)), BarSpec{.unit = BarUnit::tick, .step = 13}}) {
        const FeatureBars all = read(history, spec, graph);
        const FeatureBars some = read(history, spec, graph, Timestamp{333 * kUnit});
        ASSERT_GT(some.rows(), 10U);
        ASSERT_LT(some.rows(), all.rows());
        for (const Field field : {Field::trades, Field::order_flow, Field::bid}) {
            EXPECT_TRUE(std::equal(column(some, field).begin(), column(some, field).end(),
                                   column(all, field).begin()));
        }
    }
}

TEST(TapeColumns, names_the_field_and_the_series_that_is_missing) {
    const sim::MemoryHistory history = coin_ticks();
    const auto plan =
        plan_tape(history, "BTCUSDT.BINANCE", graph_of({"close", "bid_depth_5"}).tracks()[0]);
    ASSERT_FALSE(plan.has_value());
    EXPECT_EQ(plan.error(),
              "BTCUSDT.BINANCE: bid_depth_5 is told by an order book, and the catalog has none of "
              "it; import some: tradewind data import --kind book-level --instrument "
              "BTCUSDT.BINANCE FILE");
    EXPECT_TRUE(plan_tape(history, "NOBODY", graph_of({"close"}).tracks()[0])->fields.empty());
}

TEST(TapeColumns, reads_only_what_the_fields_need) {
    const sim::MemoryHistory history = coin_ticks();
    const auto kinds = [&](std::string_view field) {
        std::vector<SeriesKind> out;
        const auto plan = plan_tape(history, coin().symbol, graph_of({field}).tracks()[0]);
        for (const auto& series : plan->series) out.push_back(series.kind);
        return out;
    };
    EXPECT_EQ(kinds("bid"), std::vector{SeriesKind::quote});
    EXPECT_EQ(kinds("trade_value"), std::vector{SeriesKind::trade});
    EXPECT_EQ(kinds("buy_volume"), (std::vector{SeriesKind::quote, SeriesKind::trade}));
    EXPECT_EQ(kinds("effective_spread"), (std::vector{SeriesKind::quote, SeriesKind::trade}));
}

}  // namespace
}  // namespace tradewind::research
