// SPDX-License-Identifier: Apache-2.0
#include "apps/model_space.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tradewind::apps {
namespace {

using Json = nlohmann::json;
using Settings = std::vector<std::pair<std::string, std::string>>;

FamilySpace space_of(ml::Family family, const Settings& settings) {
    auto out = parse_family_space(family, settings);
    EXPECT_TRUE(out.has_value()) << out.error();
    return std::move(*out);
}

TEST(ModelSpace, a_point_stands_in_for_settings_and_leaves_the_others) {
    const FamilySpace space =
        space_of(ml::Family::xgboost,
                 {{"depth", "2:8"}, {"rate", "0.01:0.3:log"}, {"early_stopping", "0,20"}});
    const research::models::FamilyPlan plan{
        .family = ml::Family::xgboost, .window = 3, .settings = R"({"depth":4,"trees":50})"};
    const auto at = settings_at(plan, space.space, {6, 0.05, 1});
    EXPECT_EQ(at.settings, R"({"depth":6,"early_stopping":20,"rate":0.05,"trees":50})");
    EXPECT_EQ(at.window, 3U);
    EXPECT_EQ(at.family, ml::Family::xgboost);
}

TEST(ModelSpace, words_numbers_and_lists_are_what_the_trainer_reads) {
    const FamilySpace space = space_of(ml::Family::transformer, {{"pooling", "last,mean"},
                                                                 {"causal", "true,false"},
                                                                 {"width", "8,16"},
                                                                 {"window", "4:16:4"}});
    const Json settings = settings_json(space.space, {1, 1, 0, 12});
    EXPECT_EQ(settings, Json::parse(R"({"pooling":"mean","causal":false,"width":8,"window":12})"));
    const auto at = settings_at({.family = ml::Family::transformer}, space.space, {0, 0, 1, 8});
    EXPECT_EQ(at.settings, R"({"causal":true,"pooling":"last","width":16})");
    EXPECT_EQ(at.window, 8U);
}

TEST(ModelSpace, widths_of_layers_are_lists) {
    const FamilySpace space = space_of(ml::Family::mlp, {{"hidden", "8,64x32"}});
    EXPECT_EQ(settings_at({.family = ml::Family::mlp}, space.space, {0}).settings,
              R"({"hidden":[8]})");
    EXPECT_EQ(settings_at({.family = ml::Family::mlp}, space.space, {1}).settings,
              R"({"hidden":[64,32]})");
    // of others it is a number, and a word with an x in it is a word
    const FamilySpace lstm =
        space_of(ml::Family::lstm, {{"hidden", "8:16"}, {"pooling", "max,x2"}});
    EXPECT_EQ(settings_at({.family = ml::Family::lstm}, lstm.space, {9, 0}).settings,
              R"({"hidden":9,"pooling":"max"})");
    EXPECT_EQ(settings_json(lstm.space, {9, 1})["pooling"], "x2");
}

TEST(ModelSpace, knows_the_longest_window) {
    EXPECT_EQ(longest_window(space_of(ml::Family::lstm, {{"hidden", "8:16"}}).space), 0U);
    EXPECT_EQ(longest_window(space_of(ml::Family::lstm, {{"window", "4:16"}}).space), 16U);
    EXPECT_EQ(longest_window(space_of(ml::Family::lstm, {{"window", "48,4"}}).space), 48U);
}

TEST(ModelSpace, refuses_windows_that_are_none) {
    for (const char* text : {"0:4", "1:5000", "1.5:4", "4,few", "-1,4", "2.5,4"}) {
        const auto read = parse_family_space(ml::Family::lstm, {{"window", text}});
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_NE(read.error().find("1 to 4096"), std::string::npos) << read.error();
    }
    EXPECT_FALSE(parse_family_space(ml::Family::lstm, {{"hidden", "8:2"}}).has_value());
    EXPECT_FALSE(parse_family_space(ml::Family::lstm, {{"hidden", ""}}).has_value());
}

}  // namespace
}  // namespace tradewind::apps
