// SPDX-License-Identifier: Apache-2.0
#include "training/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tradewind::training {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json example() {
    return Json::parse(R"({"kind":"train","dataset":"d","model":"m","checkpoint":"c",
        "family":"lstm","target":{"task":"classes","levels":[-1,1]},"window":8,"seed":3,
        "train":[[0,100],[120,200]],"validation":[[200,300]]})");
}

std::string error_of(const Json& json) {
    const auto job = parse_job(json.dump());
    return job ? "" : job.error();
}

TEST(Job, is_read_with_defaults) {
    const auto job = parse_job(example().dump());
    ASSERT_TRUE(job.has_value()) << job.error();
    const auto& train = std::get<TrainJob>(*job);
    EXPECT_EQ(train.family, ml::Family::lstm);
    EXPECT_EQ(train.window, 8U);
    EXPECT_EQ(train.train, (std::vector<RowRange>{{0, 100}, {120, 200}}));
    EXPECT_EQ(train.network.epochs, 30U);
    EXPECT_EQ(Json::parse(train.settings)["pooling"], "attention");
    EXPECT_FALSE(train.inputs.has_value());
}

TEST(Job, has_the_same_hash_wherever_its_files_lie_and_in_whatever_order_it_is_written) {
    Json moved = example();
    moved["dataset"] = "elsewhere";
    moved["settings"] = {{"epochs", 30}};
    Json other = example();
    other["seed"] = 4;
    const auto hash = [](const Json& json) {
        return std::get<TrainJob>(*parse_job(json.dump())).hash;
    };
    EXPECT_EQ(hash(example()), hash(moved));
    EXPECT_NE(hash(example()), hash(other));
}

struct Bad {
    const char* pointer;
    Json value;
    const char* error;
};

class BadJob : public testing::TestWithParam<Bad> {};

TEST_P(BadJob, is_refused_with_its_field) {
    Json json = example();
    json[Json::json_pointer{GetParam().pointer}] = GetParam().value;
    EXPECT_THAT(error_of(json), HasSubstr(GetParam().error));
    EXPECT_THAT(error_of(json), testing::Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BadJob,
    testing::Values(
        Bad{"/kind", "test", "kind: give one of"}, Bad{"/sede", 1, "sede: is unknown"},
        Bad{"/dataset", 1, "dataset: give a text"}, Bad{"/dataset", "", "dataset: give a text"},
        Bad{"/family", "forest", "family: give one of"}, Bad{"/window", 0, "window: give a whole"},
        Bad{"/window", 1.5, "window: give a whole"}, Bad{"/seed", -1, "seed: give a whole"},
        Bad{"/train", Json::array(), "train: is empty"},
        Bad{"/train", {{5, 3}}, "train: give a list"},
        Bad{"/train", {{0, 5}, {4, 9}}, "train: give a list"},
        Bad{"/validation", {1, 2}, "validation: give a list"},
        Bad{"/inputs", Json::array(), "inputs: give places"},
        Bad{"/inputs", {1, 1}, "inputs: give places"},
        Bad{"/class_weights", "some", "class_weights: give one of none, balanced"},
        Bad{"/target/task", "odds", "target.task: give one of"},
        Bad{"/target/levels", {1}, "target.levels: give the label's value"},
        Bad{"/target/levels", {1, -1}, "target.levels: give the label's value"},
        Bad{"/target/level", 1, "target.level: is unknown"},
        Bad{"/settings/epochs", 0, "settings.epochs: give a whole number from 1"},
        Bad{"/settings/rate", "fast", "settings.rate: give a number"},
        Bad{"/settings/dropout", 1.0, "settings.dropout: give a number"},
        Bad{"/settings/heads", 4, "settings.heads: is unknown"},
        Bad{"/settings/pooling", "mean", "settings.pooling: give one of attention, last"},
        Bad{"/settings", Json::array(), "settings: give an object"}));

TEST(Job, a_transformers_parts_have_to_fit) {
    Json json = example();
    json["family"] = "transformer";
    json["settings"] = {{"width", 30}, {"heads", 4}};
    EXPECT_THAT(error_of(json), HasSubstr("settings.heads"));
    json["settings"] = {{"patch", 3}};
    EXPECT_THAT(error_of(json), HasSubstr("settings.patch"));
}

TEST(Job, trees_name_their_columns_and_quantiles_their_levels) {
    Json json = example();
    json["family"] = "xgboost";
    json["settings"] = {{"monotone", {{"a", 2}}}};
    EXPECT_THAT(error_of(json), HasSubstr("settings.monotone: a: give 1 or -1"));
    json["settings"] = {{"monotone", {{"a", -1}}}};
    EXPECT_EQ(error_of(json), "");
    json["target"] = {{"task", "quantiles"}, {"levels", {0.5, 1.0}}};
    EXPECT_THAT(error_of(json), HasSubstr("target.levels: give levels between 0 and 1"));
}

TEST(Job, only_classes_are_balanced) {
    Json json = example();
    json["target"] = {{"task", "value"}};
    json["class_weights"] = "balanced";
    EXPECT_THAT(error_of(json), HasSubstr("class_weights"));
}

TEST(Job, of_attribution_is_read) {
    const auto job = parse_job(
        R"({"kind":"attribute","trained":"a","windows":"w","class":1,"attributions":"o"})");
    ASSERT_TRUE(job.has_value()) << job.error();
    EXPECT_EQ(std::get<AttributeJob>(*job).score, 1U);
    EXPECT_EQ(std::get<AttributeJob>(*job).steps, 64U);
}

TEST(Job, what_is_no_json_is_refused) {
    for (const char* text : {"", "{", "[]", "null", "\xff"}) {
        EXPECT_FALSE(parse_job(text).has_value()) << text;
    }
    EXPECT_FALSE(parse_job(std::string(100'000, '[')).has_value());
}

}  // namespace
}  // namespace tradewind::training
