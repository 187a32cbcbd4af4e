// SPDX-License-Identifier: Apache-2.0
#include "signal/params.hpp"

#include <gtest/gtest.h>

#include "signal/registry.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::signal {
namespace {

using test::must;

TEST(ParseParams, keeps_names_and_values_in_order) {
    const Params params = must(parse_params({"slow=30", "fast=10", "note=a=b", "empty="}));
    const std::vector<std::pair<std::string, std::string>> expected{
        {"slow", "30"}, {"fast", "10"}, {"note", "a=b"}, {"empty", ""}};
    EXPECT_EQ(params.entries, expected);
}

TEST(ParseParams, names_the_argument_that_is_wrong) {
    EXPECT_EQ(parse_params({"fast"}).error(),
              "--param fast: write it as name=value, for example fast=10");
    EXPECT_EQ(parse_params({"=10"}).error(),
              "--param =10: write it as name=value, for example fast=10");
    EXPECT_EQ(parse_params({"fast=1", "fast=2"}).error(), "--param fast: is given twice");
}

/// What `finish` says after one parameter `name=value` was read by `read`.
template <typename Read>
std::string complaint(std::string_view argument, Read read) {
    const Params params = must(parse_params({std::string{argument}}));
    ParamReader reader{params};
    read(reader);
    const auto done = reader.finish();
    return done ? "" : done.error();
}

TEST(ParamReader, gives_values_and_defaults) {
    const Params params = must(parse_params({"n=-5", "x=1e-3", "q=0.5", "t=text"}));
    ParamReader reader{params};
    EXPECT_EQ(reader.whole("n", 1, -10, 10), -5);
    EXPECT_EQ(reader.whole("m", 7, 0, 10), 7);
    EXPECT_EQ(reader.real("x", 0.5, 0, 1), 0.001);
    EXPECT_EQ(reader.qty("q", whole_qty(1)), test::qty("0.5"));
    EXPECT_EQ(reader.text("t", ""), "text");
    EXPECT_EQ(reader.text("u", "otherwise"), "otherwise");
    EXPECT_TRUE(reader.has("n"));
    EXPECT_FALSE(reader.has("m"));
    EXPECT_TRUE(reader.finish().has_value());
}

TEST(ParamReader, refuses_what_is_no_number_or_out_of_range) {
    const auto whole = [](ParamReader& r) { static_cast<void>(r.whole("n", 5, 1, 10)); };
    const auto real = [](ParamReader& r) { static_cast<void>(r.real("n", 5, 0, 1)); };
    const auto qty = [](ParamReader& r) { static_cast<void>(r.qty("n", whole_qty(1))); };
    for (const char* bad : {"", "ten", "1.5", "1x", " 1", "0x10", "99999999999999999999"}) {
        EXPECT_EQ(complaint("n=" + std::string{bad}, whole),
                  "parameter n: '" + std::string{bad} + "' is not a whole number");
    }
    for (const char* bad : {"", "ten", "nan", "inf", "-inf", "1,5", "1e999"}) {
        EXPECT_EQ(complaint("n=" + std::string{bad}, real),
                  "parameter n: '" + std::string{bad} + "' is not a number");
    }
    for (const char* bad : {"", "ten", "0", "-1", "0.0000000001"}) {
        EXPECT_EQ(complaint("n=" + std::string{bad}, qty),
                  "parameter n: '" + std::string{bad} + "' is not a quantity above zero");
    }
    EXPECT_EQ(complaint("n=11", whole), "parameter n: 11 is outside 1 to 10");
    EXPECT_EQ(complaint("n=0", whole), "parameter n: 0 is outside 1 to 10");
    EXPECT_EQ(complaint("n=1.5", real), "parameter n: 1.5 is outside 0 to 1");
}

TEST(ParamReader, refuses_a_name_that_nobody_asked_for_and_says_which_there_are) {
    const auto read = [](ParamReader& r) {
        static_cast<void>(r.whole("fast", 10, 1, 100));
        static_cast<void>(r.whole("slow", 30, 1, 100));
    };
    EXPECT_EQ(complaint("quick=1", read),
              "parameter quick: this strategy has none of that name; it has fast, slow");
}

TEST(ParamReader, tells_the_first_of_several_faults) {
    const auto read = [](ParamReader& r) {
        static_cast<void>(r.whole("n", 5, 1, 10));
        r.require(false, "a rule");
    };
    EXPECT_EQ(complaint("n=x", read), "parameter n: 'x' is not a whole number");
    EXPECT_EQ(complaint("n=1", read), "parameters: a rule");
}

std::string refusal_of(std::string_view name, const std::vector<std::string>& arguments) {
    const InstrumentTable table = test::table_of({test::share("A.NYSE")});
    const InstrumentId traded[] = {test::kFirst};
    const Params params = must(parse_params(arguments));
    const auto made =
        make_built_in(name, {.instruments = table, .traded = traded, .params = params});
    return made ? "" : made.error();
}

TEST(BuiltIns, refuse_parameters_that_contradict_each_other) {
    EXPECT_EQ(refusal_of("sma-cross", {"fast=30", "slow=10"}),
              "parameters: fast must be below slow");
    EXPECT_EQ(refusal_of("ema-cross", {"fast=30", "slow=30"}),
              "parameters: fast must be below slow");
    EXPECT_EQ(refusal_of("sma-cross", {"size=1", "share=1"}),
              "parameters: give size or share, not both");
    EXPECT_EQ(refusal_of("rsi-reversion", {"oversold=60"}),
              "parameters: oversold, exit and overbought must not cross");
    EXPECT_EQ(refusal_of("momentum", {}), "parameters: momentum needs two instruments or more");
    EXPECT_EQ(refusal_of("donchian-breakout", {"entry=0"}),
              "parameter entry: 0 is outside 1 to 100000");
}

TEST(BuiltIns, can_be_made_without_parameters_where_one_instrument_and_no_rule_is_enough) {
    for (const BuiltIn& built_in : built_in_strategies()) {
        const bool needs_more = built_in.name == "momentum" || built_in.name == "pairs-kalman" ||
                                !built_in.expressions.empty();
        EXPECT_EQ(refusal_of(built_in.name, {}).empty(), !needs_more) << built_in.name;
    }
}

TEST(BuiltIns, names_those_that_there_are_where_one_is_not) {
    const std::string error = refusal_of("sma-kross", {});
    EXPECT_NE(error.find("sma-kross"), std::string::npos);
    for (const BuiltIn& built_in : built_in_strategies()) {
        EXPECT_NE(error.find(built_in.name), std::string::npos) << error;
    }
}

}  // namespace
}  // namespace tradewind::signal
