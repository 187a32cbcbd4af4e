// SPDX-License-Identifier: Apache-2.0
#include "ml/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "ml/architecture.hpp"
#include "support/random_models.hpp"

namespace tradewind::ml {
namespace {

using support::card_of;
using support::random_model;
using ::testing::HasSubstr;

const Target kThree{.task = Task::classes, .levels = {-1, 0, 1}};

ModelCard full_card() {
    ModelCard card = card_of(Family::lstm, kThree, 8, 5,
                             R"({"layers":2,"hidden":7,"pooling":"attention","rate":0.001})");
    card.inputs = {0, 2, 4};
    card.origin = {.schema_hash = "abc",
                   .columns = {"a", "b", "c", "d", "\"e\" \n é"},
                   .label = "triple(1, 1, 10)",
                   .label_hash = "def",
                   .horizon_rows = 10,
                   .symbols = {"AAPL", "MSFT"},
                   .bars = "1d",
                   .from = -5,
                   .until = std::numeric_limits<std::int64_t>::max(),
                   .rows = 12'345,
                   .data_hash = "0123"};
    card.seed = std::numeric_limits<std::uint64_t>::max();
    card.code_version = "0.1.0";
    card.metrics = R"({"validation_loss":0.1})";
    return card;
}

std::vector<ModelCard> cards() {
    const Target value{.task = Task::value, .levels = {}};
    const Target quantiles{.task = Task::quantiles, .levels = {0.1, 0.5, 0.9}};
    std::vector<ModelCard> out{
        full_card(),
        card_of(Family::logistic, kThree, 2, 3),
        card_of(Family::mlp, value, 2, 3, R"({"hidden":[5,4]})"),
        card_of(Family::mlp, value, 1, 3, R"({"hidden":[]})"),
        card_of(Family::lstm, quantiles, 4, 2, R"({"hidden":3,"pooling":"last"})"),
        card_of(Family::transformer, value, 6, 2,
                R"({"layers":1,"width":6,"heads":3,"feedforward":5,"patch":2,"pooling":"mean"})"),
        card_of(Family::xgboost, kThree, 2, 3)};
    return out;
}

auto parsed(const std::string& bytes) { return parse_model(std::as_bytes(std::span{bytes})); }

TEST(Model, every_family_and_task_has_a_name_that_comes_back) {
    for (const Family family :
         {Family::logistic, Family::mlp, Family::lstm, Family::transformer, Family::xgboost}) {
        EXPECT_EQ(parse_family(to_string(family)), family);
    }
    for (const Task task : {Task::classes, Task::value, Task::quantiles}) {
        EXPECT_EQ(parse_task(to_string(task)), task);
    }
    EXPECT_EQ(parse_family("LSTM"), std::nullopt);
    EXPECT_EQ(parse_task(""), std::nullopt);
}

TEST(Model, a_card_comes_back_from_json_as_it_was) {
    for (const ModelCard& card : cards()) {
        const auto back = parse_card(card_to_json(card));
        ASSERT_TRUE(back.has_value()) << back.error();
        EXPECT_EQ(*back, card);
    }
}

TEST(Model, comes_back_from_bytes_as_it_was) {
    for (const ModelCard& card : cards()) {
        const Model model = random_model(card, 3);
        const std::string bytes = to_bytes(model);
        const auto back = parsed(bytes);
        ASSERT_TRUE(back.has_value()) << back.error();
        EXPECT_EQ(back->card, card);
        EXPECT_EQ(back->arrays, model.arrays);
        EXPECT_EQ(to_bytes(*back), bytes);
    }
}

TEST(Model, a_foreign_or_cut_file_is_refused_in_a_line) {
    const std::string bytes = to_bytes(random_model(full_card(), 1));
    for (const std::string& bad :
         {std::string{}, std::string{"PK\3\4"}, std::string(200, 'x'), bytes.substr(0, 100),
          bytes + "x", to_bytes(TensorFile{}),
          to_bytes(TensorFile{.description = R"({"kind":"data"})", .tensors = {}})}) {
        const auto back = parsed(bad);
        ASSERT_FALSE(back.has_value());
        EXPECT_FALSE(back.error().empty());
        EXPECT_EQ(back.error().find('\n'), std::string::npos) << back.error();
    }
}

struct BadCard {
    std::string from;
    std::string to;
    std::string names;
};

TEST(Model, a_card_that_is_not_as_it_has_to_be_is_refused_by_field) {
    const std::string good = card_to_json(full_card());
    for (const BadCard& bad : std::vector<BadCard>{
             {R"("kind":"tradewind model")", R"("kind":"a")", "kind"},
             {R"("version":1)", R"("version":2)", "version 2"},
             {R"("family":"lstm")", R"("family":"gru")", "family"},
             {R"("task":"classes")", R"("task":7)", "target.task"},
             {R"("levels":[-1.0,0.0,1.0])", R"("levels":[1,0])", "target.levels"},
             {R"("levels":[-1.0,0.0,1.0])", R"("levels":[])", "target.levels"},
             {R"("levels":[-1.0,0.0,1.0])", R"("levels":["x"])", "target.levels"},
             {R"("task":"classes")", R"("task":"value")", "target.levels"},
             {R"("task":"classes")", R"("task":"quantiles")", "target.levels"},
             {R"("window":8)", R"("window":0)", "window"},
             {R"("window":8)", R"("window":4294967304)", "window"},
             {R"("window":8)", R"("window":-8)", "window"},
             {R"("inputs":[0,2,4])", R"("inputs":[0,2,5])", "inputs"},
             {R"("inputs":[0,2,4])", R"("inputs":[2,2])", "inputs"},
             {R"("inputs":[0,2,4])", R"("inputs":[])", "inputs"},
             {R"("inputs":[0,2,4])", R"("inputs":[1.5])", "inputs"},
             {R"("horizon_rows":10)", R"("horizon_rows":"10")", "origin.horizon_rows"},
             {R"("from":-5)", R"("from":18446744073709551615)", "origin.from"},
             {R"("seed":18446744073709551615)", R"("seed":-1)", "seed"},
             {R"("metrics":{)", R"("metric":{)", "metrics"},
             {R"("settings":{)", R"("settings":[],"x":{)", "settings"}}) {
        std::string text = good;
        const std::size_t at = text.find(bad.from);
        ASSERT_NE(at, std::string::npos) << bad.from;
        text.replace(at, bad.from.size(), bad.to);
        const auto card = parse_card(text);
        ASSERT_FALSE(card.has_value()) << bad.to;
        EXPECT_THAT(card.error(), HasSubstr(bad.names)) << bad.to;
    }
    EXPECT_FALSE(parse_card("").has_value());
    EXPECT_FALSE(parse_card("[]").has_value());
    EXPECT_THAT(parse_card(std::string(100'000, '[')).error(), HasSubstr("deep"));
}

struct BadSettings {
    Family family{};
    std::string settings;
    std::string names;
};

TEST(Model, settings_that_tell_of_no_network_are_refused) {
    for (const BadSettings& bad :
         std::vector<BadSettings>{{Family::mlp, R"({"hidden":8})", "hidden"},
                                  {Family::mlp, R"({"hidden":[0]})", "hidden"},
                                  {Family::lstm, R"({"layers":0})", "layers"},
                                  {Family::lstm, R"({"hidden":-3})", "hidden"},
                                  {Family::lstm, R"({"hidden":1e3})", "hidden"},
                                  {Family::lstm, R"({"pooling":"mean"})", "pooling"},
                                  {Family::transformer, R"({"heads":5})", "heads"},
                                  {Family::transformer, R"({"patch":5})", "patch"},
                                  {Family::transformer, R"({"patch":7})", "patch"},
                                  {Family::transformer, R"({"pooling":1})", "pooling"},
                                  {Family::transformer, R"({"causal":1})", "causal"}}) {
        const auto net = architecture_of(card_of(bad.family, kThree, 6, 2, bad.settings));
        ASSERT_FALSE(net.has_value()) << bad.settings;
        EXPECT_THAT(net.error(), HasSubstr(bad.names));
    }
}

TEST(Model, each_array_is_needed_in_its_type_and_shape_and_finite) {
    for (const ModelCard& card : cards()) {
        const Model good = random_model(card, 5);
        ASSERT_TRUE(check(good).has_value()) << check(good).error();
        for (std::size_t i = 0; i < good.arrays.tensors.size(); ++i) {
            const std::string& name = good.arrays.tensors[i].name;
            Model bad = good;
            bad.arrays.tensors.erase(bad.arrays.tensors.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_FALSE(check(bad).has_value()) << name;
            bad = good;
            bad.arrays.tensors[i].shape.push_back(1);
            EXPECT_FALSE(check(bad).has_value()) << name;
            bad = good;
            if (auto* floats = std::get_if<std::vector<float>>(&bad.arrays.tensors[i].values)) {
                floats->back() = std::numeric_limits<float>::quiet_NaN();
                EXPECT_FALSE(check(bad).has_value()) << name;
                bad.arrays.tensors[i].values = std::vector<double>(floats->size(), 1.0);
            } else {
                bad.arrays.tensors[i].values =
                    std::vector<float>(support::count_of(bad.arrays.tensors[i].shape));
            }
            EXPECT_FALSE(check(bad).has_value()) << name;
        }
        Model more = good;
        more.arrays.tensors.push_back(tensor("l99.w", {1}, std::vector<float>{1}));
        EXPECT_FALSE(check(more).has_value());
    }
}

TEST(Model, a_forest_that_is_no_forest_is_refused) {
    const Model good = random_model(card_of(Family::xgboost, kThree, 2, 3), 5);
    const auto broken = [&](const std::string& name, std::size_t at, std::int64_t value) {
        Model bad = good;
        for (Tensor& one : bad.arrays.tensors) {
            if (one.name == name) std::get<std::vector<std::int64_t>>(one.values)[at] = value;
        }
        return check(bad);
    };
    const auto inner = [&](const std::string& name) {
        return (*good.arrays.values<std::int64_t>(name))[0];
    };
    ASSERT_NE(inner("node.feature"), -1);
    EXPECT_TRUE(broken("node.left", 0, inner("node.left")).has_value());
    EXPECT_FALSE(broken("node.left", 0, 0).has_value());  // the root, its own child
    EXPECT_FALSE(broken("node.left", 0, inner("node.right")).has_value());
    EXPECT_FALSE(broken("node.left", 0, -1).has_value());
    EXPECT_FALSE(broken("node.right", 0, 1'000'000).has_value());
    EXPECT_FALSE(broken("node.feature", 0, 6).has_value());
    EXPECT_FALSE(broken("node.feature", 0, -2).has_value());
    EXPECT_FALSE(broken("node.feature", 0, -1).has_value());  // leaves its children orphans
    EXPECT_FALSE(broken("node.missing_left", 0, 2).has_value());
    EXPECT_FALSE(broken("tree.score", 0, 3).has_value());
    EXPECT_FALSE(broken("tree.start", 0, 1).has_value());
    EXPECT_FALSE(broken("tree.start", 1, 0).has_value());
    EXPECT_FALSE(broken("tree.start", 20, 1'000'000).has_value());
}

}  // namespace
}  // namespace tradewind::ml
