// SPDX-License-Identifier: Apache-2.0
#include "research/search/space.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "support/must.hpp"

namespace tradewind::research {
namespace {

using test::must;

Dimension dimension(const std::string& argument) {
    const std::vector arguments{argument};
    return must(SearchSpace::parse(arguments)).dimensions().front();
}

std::vector<std::string> values_of(const std::string& argument) {
    const Dimension one = dimension(argument);
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i < one.count().value(); ++i)
        out.push_back(one.text(one.value_at(i)));
    return out;
}

std::string error_of(const std::vector<std::string>& arguments) {
    const auto space = SearchSpace::parse(arguments);
    return space ? "" : space.error();
}

using Texts = std::vector<std::string>;

TEST(SearchSpace, reads_ranges_with_both_ends_and_lists) {
    EXPECT_EQ(values_of("fast=2:5"), (Texts{"2", "3", "4", "5"}));
    EXPECT_EQ(dimension("fast=2:101").count(), 100U);
    EXPECT_EQ(values_of("fast=2:11:4"), (Texts{"2", "6", "10"}));
    EXPECT_EQ(values_of("x=0.1:0.4:0.1"), (Texts{"0.1", "0.2", "0.3", "0.4"}));
    EXPECT_EQ(values_of("x=-1:1:0.5"), (Texts{"-1", "-0.5", "0", "0.5", "1"}));
    EXPECT_EQ(values_of("x=1e-4:3e-4:1e-4"), (Texts{"0.0001", "0.0002", "0.0003"}));
    EXPECT_EQ(values_of("side=long,short"), (Texts{"long", "short"}));
    EXPECT_EQ(values_of("size=100"), (Texts{"100"}));
    EXPECT_EQ(values_of("fast=7:7"), (Texts{"7"}));
    EXPECT_FALSE(dimension("x=0.1:0.4").count().has_value());
    EXPECT_FALSE(dimension("x=1e-4:1e-1:log").count().has_value());
    EXPECT_EQ(dimension("n=1:1000:log").count(), 1000U);
}

TEST(SearchSpace, names_the_parameter_and_the_mend) {
    EXPECT_EQ(error_of({"fast"}),
              "--param fast: write it as name=low:high, name=low:high:step or name=a,b,c");
    EXPECT_EQ(error_of({"fast=101:2"}),
              "parameter fast: '101:2' holds no value; the lower bound comes first: 2:101");
    EXPECT_EQ(error_of({"fast=2:x"}),
              "parameter fast: '2:x' is not a range of numbers; write low:high or low:high:step");
    EXPECT_EQ(error_of({"fast=2:9:0"}), "parameter fast: '0' is not a step above 0");
    EXPECT_EQ(error_of({"fast=2:9:1:1"}),
              "parameter fast: '2:9:1:1' has too many parts; write low:high:step");
    EXPECT_EQ(error_of({"x=0:1:log"}),
              "parameter x: '0:1:log' cannot be searched by logarithm; begin above 0");
    EXPECT_EQ(error_of({"x="}), "parameter x: has no value; write low:high or a,b,c");
    EXPECT_EQ(error_of({"x=a,,b"}), "parameter x: 'a,,b' has an empty choice");
    EXPECT_EQ(error_of({"x=a,a"}), "parameter x: 'a,a' lists a twice");
    EXPECT_EQ(error_of({"x=1:2", "x=3:4"}), "parameter x: is given twice");
    EXPECT_EQ(error_of({"x=1:99999999999999999"}),
              "parameter x: '1:99999999999999999' goes beyond 2^53");
    EXPECT_EQ(error_of({"x=1:inf"}),
              "parameter x: '1:inf' is not a range of numbers; write low:high or low:high:step");
}

TEST(SearchSpace, walks_the_grid_with_the_last_dimension_fastest) {
    const SearchSpace space = must(SearchSpace::parse(Texts{"a=1:2", "b=x,y,z"}));
    EXPECT_EQ(space.points(), 6U);
    EXPECT_EQ(space.text(space.at(0)), "a=1 b=x");
    EXPECT_EQ(space.text(space.at(1)), "a=1 b=y");
    EXPECT_EQ(space.text(space.at(5)), "a=2 b=z");
}

TEST(SearchSpace, gives_expressions_the_number_of_a_choice) {
    EXPECT_EQ(dimension("n=10,50").number(1), 50);
    EXPECT_FALSE(dimension("n=a,b").number(1).has_value());
    EXPECT_TRUE(dimension("n=10,50").is_numeric());
    EXPECT_FALSE(dimension("n=10,b").is_numeric());
}

RC_GTEST_PROP(Dimension, comes_back_from_the_unit_interval, ()) {
    const Dimension one = dimension(*rc::gen::element<std::string>(
        "a=2:101", "a=2:101:5", "a=1:1000:log", "a=-1:1:0.05", "a=x,y,z", "a=5", "a=7:7"));
    const auto place = *rc::gen::inRange<std::uint64_t>(0, *one.count());
    const double unit = one.to_unit(one.value_at(place));
    RC_ASSERT(unit >= 0 && unit <= 1);
    RC_ASSERT(one.from_unit(unit) == one.value_at(place));
}

RC_GTEST_PROP(Dimension, of_reals_comes_back_from_the_unit_interval, ()) {
    const Dimension one = dimension(*rc::gen::element<std::string>("a=0.5:4.0", "a=1e-4:1e2:log"));
    const double unit = *rc::gen::inRange(0, 1001) / 1000.0;
    RC_ASSERT(std::abs(one.to_unit(one.from_unit(unit)) - unit) < 1e-9);
}

}  // namespace
}  // namespace tradewind::research
