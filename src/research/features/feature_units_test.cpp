// SPDX-License-Identifier: Apache-2.0
#include "research/features/feature_units.hpp"

#include <gtest/gtest.h>

#include "feature/sets.hpp"

namespace tradewind::research {
namespace {

std::vector<std::string> units(const std::vector<feature::FeatureText>& features,
                               const feature::Surroundings& around = {}) {
    auto graph = feature::Graph::compile(features, around);
    EXPECT_TRUE(graph.has_value()) << feature::describe(graph.error());
    return units_of({.graph = std::make_shared<const feature::Graph>(std::move(*graph)),
                     .members = {{.symbol = "A"}, {.symbol = "B"}}});
}
std::string unit(std::string expression) { return units({{"x", std::move(expression)}}).front(); }

TEST(FeatureUnits, are_those_of_what_is_worked_out) {
    EXPECT_EQ(unit("close"), "price");
    EXPECT_EQ(unit("volume"), "volume");
    EXPECT_EQ(unit("sma(close, 20) - low"), "price");
    EXPECT_EQ(unit("close * volume"), "price volume");
    EXPECT_EQ(unit("variance(close, 20)"), "price^2");
    EXPECT_EQ(unit("sqrt(close)"), "price^0.5");
    EXPECT_EQ(unit("1 / close"), "price^-1");
    EXPECT_EQ(unit("atr(14) / volume"), "price volume^-1");
    EXPECT_EQ(unit("rsi(14)"), "1");
    EXPECT_EQ(unit("zscore(log(close/ref(close,5)),60)"), "1");
    EXPECT_EQ(unit("rank(close)"), "1");
    EXPECT_EQ(unit("macd(close).histogram"), "price");
    EXPECT_EQ(unit("of(\"B\", close) - close"), "price");
    EXPECT_EQ(unit("bid_size * bid"), "price volume");
}

TEST(FeatureUnits, of_sums_of_different_things_and_of_logarithms_are_none) {
    EXPECT_EQ(unit("close + 1"), "mixed");
    EXPECT_EQ(unit("close + volume"), "mixed");
    EXPECT_EQ(unit("log(close)"), "mixed");
}

TEST(FeatureUnits, are_unknown_where_there_is_no_value) {
    EXPECT_EQ(unit("log(-close)"), "unknown");
    EXPECT_EQ(unit("close * 0"), "1");
}

TEST(FeatureUnits, of_the_set_technical_are_all_pure_numbers) {
    const auto set = *feature::feature_set("technical");
    const auto found = units(set);
    for (std::size_t i = 0; i < set.size(); ++i) EXPECT_EQ(found[i], "1") << set[i].name;
}

}  // namespace
}  // namespace tradewind::research
