// SPDX-License-Identifier: Apache-2.0
// Each family on a rule that it can learn; the same bytes again; killed and gone on with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "training/planted_for_tests.hpp"

namespace tradewind::training {
namespace {

using testing::HasSubstr;

double side(double x) { return x > 0.0 ? 1.0 : -1.0; }

constexpr std::size_t kWindow = 8;

Dataset linear() {
    return planted(3000, 3, 1, [](const At& at) { return side(at(0, 0) - 0.5 * at(0, 1)); });
}
Dataset exclusive_or() {
    return planted(3000, 3, 1, [](const At& at) { return side(at(0, 0) * at(0, 1)); });
}
/// Only the oldest row of the window tells.
Dataset memory() {
    return planted(3000, 3, kWindow, [](const At& at) { return side(at(kWindow - 1, 1)); });
}

std::string job_text(const std::string& family, std::size_t window, const std::string& settings) {
    return fmt::format(R"("family":"{}","window":{},"target":{{"task":"classes","levels":[-1,1]}},
        "train":[[0,2000]],"validation":[[2000,2400]],"settings":{})",
                       family, window, settings);
}

ml::Model trained(const TrainJob& job, const Dataset& data) {
    const Trained out = train(job, data);
    EXPECT_TRUE(out.has_value()) << out.error();
    EXPECT_TRUE(out.has_value() && out->has_value());
    return **out;
}

std::string address_of(const ml::Model& model) { return ml::address_of(ml::to_bytes(model)); }

struct Toy {
    const char* family;
    Dataset (*data)();
    std::size_t window;
    const char* settings;
};

const std::vector<Toy> kToys{
    {"logistic", linear, 1, R"({"rate":0.01,"epochs":20})"},
    {"mlp", exclusive_or, 1, R"({"rate":0.01,"epochs":20})"},
    {"lstm", memory, kWindow, R"({"rate":0.01,"epochs":20,"hidden":16})"},
    {"transformer", memory, kWindow, R"({"rate":0.003,"epochs":12,"layers":1,"width":16})"},
    {"xgboost", exclusive_or, 1, R"({"trees":100,"rate":0.2})"}};

class Toys : public testing::TestWithParam<Toy> {};

TEST_P(Toys, are_learned) {
    const Toy& toy = GetParam();
    const Dataset data = toy.data();
    const auto model = trained(job_of(job_text(toy.family, toy.window, toy.settings)), data);
    EXPECT_GT(accuracy(model, data, {.begin = 2400, .end = 3000}), 0.94);
    const std::string bytes = ml::to_bytes(model);
    const auto back = ml::parse_model(std::as_bytes(std::span{bytes}));
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_EQ(back->card, model.card);
}

TEST_P(Toys, give_the_same_bytes_again_and_others_with_another_seed) {
    const Toy& toy = GetParam();
    const Dataset data = toy.data();
    const std::string few =
        toy.family == std::string{"xgboost"} ? R"({"trees":12})" : R"({"epochs":2})";
    TrainJob job = job_of(job_text(toy.family, toy.window, few));
    const std::string address = address_of(trained(job, data));
    EXPECT_EQ(address_of(trained(job, data)), address);
    job.seed = 2;
    EXPECT_NE(address_of(trained(job, data)), address);
}

TEST_P(Toys, stopped_and_gone_on_with_give_the_same_bytes) {
    const Toy& toy = GetParam();
    const Dataset data = toy.data();
    const bool trees = toy.family == std::string{"xgboost"};
    TrainJob job =
        job_of(job_text(toy.family, toy.window,
                        trees ? R"({"trees":20,"bags":2})" : R"({"epochs":3,"batch":500})"));
    const std::string whole = address_of(trained(job, data));
    const auto folder = std::filesystem::temp_directory_path() /
                        fmt::format("training_test.{}.{}", ::getpid(), toy.family);
    std::filesystem::create_directories(folder);
    job.checkpoint = (folder / "checkpoint").string();
    // stopped each time after a few batches or rounds, also amid an epoch or a bag
    int sessions = 0;
    std::optional<ml::Model> model;
    while (!model) {
        ASSERT_LT(++sessions, 100);
        int asked = 0;
        Control control;
        control.stop = [&] { return ++asked == 7; };
        auto out = train(job, data, control);
        ASSERT_TRUE(out.has_value()) << out.error();
        model = std::move(*out);
    }
    EXPECT_GT(sessions, 1);
    EXPECT_EQ(address_of(*model), whole);
    std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Families, Toys, testing::ValuesIn(kToys),
                         [](const auto& toy) { return std::string{toy.param.family}; });

TEST(Training, learns_values_and_quantiles) {
    base::Random noise{5};
    const Dataset data =
        planted(3000, 2, 1, [&](const At& at) { return 7.0 + 3.0 * at(0, 0) + noise.normal(); });
    for (const char* family : {"mlp", "xgboost"}) {
        const bool trees = family == std::string{"xgboost"};
        const char* settings = trees ? R"({"trees":150})" : R"({"rate":0.01,"epochs":20})";
        const auto text = [&](const char* target) {
            return fmt::format(R"("family":"{}","train":[[0,2000]],"validation":[[2000,2400]],
                "target":{},"settings":{})",
                               family, target, settings);
        };
        const auto value = ml::make_predictor(trained(job_of(text(R"({"task":"value"})")), data));
        const auto quantiles = ml::make_predictor(
            trained(job_of(text(R"({"task":"quantiles","levels":[0.1,0.5,0.9]})")), data));
        double square = 0.0;
        std::vector<double> below(3, 0.0);
        for (std::size_t row = 2400; row < 3000; ++row) {
            const double off =
                static_cast<double>(scores_at(*value, data, row)[0]) - data.label[row];
            square += off * off / 600.0;
            const auto levels = scores_at(*quantiles, data, row);
            for (std::size_t k = 0; k < 3; ++k) {
                below[k] += data.label[row] < static_cast<double>(levels[k]) ? 1.0 / 600.0 : 0.0;
                EXPECT_GE(levels[k], levels[k == 0 ? 0 : k - 1]);
            }
        }
        EXPECT_LT(square, 1.3) << family;  // the noise alone has 1
        for (std::size_t k = 0; k < 3; ++k)
            EXPECT_NEAR(below[k], 0.1 + 0.4 * static_cast<double>(k), 0.06) << family;
    }
}

TEST(Training, tells_its_epochs_and_keeps_the_best_on_validation) {
    const Dataset data = linear();
    std::vector<Progress> told;
    Control control;
    control.progress = [&](const Progress& now) { told.push_back(now); };
    const auto model =
        train(job_of(job_text("mlp", 1, R"({"epochs":40,"patience":2,"rate":0.05,"dropout":0.0})")),
              data, control);
    ASSERT_TRUE(model.has_value() && model->has_value());
    ASSERT_LT(told.size(), 40U);
    EXPECT_EQ(told[0].epoch, 1U);
    EXPECT_TRUE(told[0].best);
    const auto metrics = nlohmann::json::parse((*model)->card.metrics);
    EXPECT_EQ(metrics["epochs"], told.size());
    EXPECT_EQ(metrics["epoch"], told.size() - 2);
    EXPECT_FALSE(told.back().best);
}

TEST(Training, a_monotone_column_moves_the_score_one_way_alone) {
    base::Random noise{5};
    const Dataset data = planted(3000, 2, 1, [&](const At& at) {
        return side(std::sin(3.0 * at(0, 0)) + at(0, 0) + noise.normal());
    });
    const auto falls = [&](const char* settings) {
        const auto predictor =
            ml::make_predictor(trained(job_of(job_text("xgboost", 1, settings)), data));
        double before = -100.0;
        bool fell = false;
        for (int i = -40; i <= 40; ++i) {
            const std::vector<float> row{static_cast<float>(i) / 10.0F, 0.3F};
            std::vector<float> scores(2);
            predictor->predict(row, scores);
            const auto now = static_cast<double>(scores[1] - scores[0]);
            fell = fell || now < before;
            before = now;
        }
        return fell;
    };
    EXPECT_TRUE(falls("{}"));
    EXPECT_FALSE(falls(R"({"monotone":{"c0":1}})"));
}

// ---- bad input ------------------------------------------------------------------------------

std::string error_of(const std::string& fields, const Dataset& data) {
    const auto out = train(job_of(fields), data);
    return out ? "" : out.error();
}

class BadInput : public testing::TestWithParam<const char*> {};

TEST_P(BadInput, a_column_without_any_value_is_named) {
    Dataset data = linear();
    for (std::size_t row = 0; row < 2000; ++row) {
        data.features[row * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
    }
    EXPECT_THAT(error_of(job_text(GetParam(), 1, "{}"), data),
                HasSubstr("column 2 (c2) has no value in any of the 2000 train rows"));
}

TEST_P(BadInput, a_column_that_never_changes_does_no_harm) {
    Dataset data = linear();
    for (std::size_t row = 0; row < data.rows; ++row) data.features[row * 3 + 2] = 1e30F;
    const auto model = trained(job_of(job_text(GetParam(), 1, "{}")), data);
    const auto predictor = ml::make_predictor(model);
    data.features[2500 * 3 + 2] = -1e30F;  // and changes once it is served
    for (const float score : scores_at(*predictor, data, 2500)) {
        EXPECT_TRUE(std::isfinite(score));
        EXPECT_LT(std::abs(score), 50.0F);
    }
}

TEST_P(BadInput, one_class_alone_is_refused) {
    Dataset data = linear();
    data.label.assign(data.rows, 1.0);
    EXPECT_THAT(error_of(job_text(GetParam(), 1, "{}"), data), HasSubstr("train: all of its 2000"));
}

TEST_P(BadInput, fewer_rows_than_a_window_are_refused) {
    EXPECT_THAT(error_of(job_text(GetParam(), 4000, "{}"), linear()),
                HasSubstr("train: 0 of its rows have a label and a window of 4000 rows"));
}

TEST_P(BadInput, infinite_values_train_and_serve) {
    Dataset data = linear();
    for (std::size_t row = 0; row < data.rows; row += 50) {
        data.features[row * 3] = std::numeric_limits<float>::infinity();
    }
    const auto model = trained(job_of(job_text(GetParam(), 1, "{}")), data);
    const auto predictor = ml::make_predictor(model);
    for (const float score : scores_at(*predictor, data, 2500)) EXPECT_TRUE(std::isfinite(score));
}

INSTANTIATE_TEST_SUITE_P(Families, BadInput,
                         testing::Values("logistic", "mlp", "lstm", "transformer", "xgboost"));

TEST(BadInputs, rows_and_labels_that_do_not_fit_the_dataset_are_named) {
    Dataset data = linear();
    const auto with = [&](const std::string& fields) {
        return error_of(R"("family":"mlp",)" + fields, data);
    };
    const std::string classes = R"("target":{"task":"classes","levels":[-1,1]})";
    EXPECT_THAT(with(classes + R"(,"train":[[0,3001]])"), HasSubstr("train: row 3000 is past"));
    EXPECT_THAT(with(classes + R"(,"train":[[0,9]],"validation":[[9,9999]])"),
                HasSubstr("validation: row 9998 is past"));
    EXPECT_THAT(with(classes + R"(,"train":[[0,9]],"inputs":[0,3])"),
                HasSubstr("inputs: 3 is none of the dataset's 3 columns"));
    EXPECT_THAT(with(R"("target":{"task":"classes","levels":[-1,2]},"train":[[0,99]])"),
                HasSubstr("has the label 1, which is none of them"));
    EXPECT_THAT(with(classes + R"(,"train":[[7,8]])"), HasSubstr("at least 2 are needed"));
    data.label.assign(data.rows, 3.0);
    EXPECT_THAT(with(R"("target":{"task":"value"},"train":[[0,99]])"),
                HasSubstr("there is nothing to learn"));
}

TEST(BadInputs, monotone_columns_have_to_be_inputs) {
    EXPECT_THAT(error_of(job_text("xgboost", 1, R"({"monotone":{"x":1}})"), linear()),
                HasSubstr("settings.monotone"));
}

TEST(Selection, rows_without_label_weight_or_window_are_passed_over) {
    Dataset data = linear();
    data.label[50] = std::numeric_limits<double>::quiet_NaN();
    data.weight[60] = 0.0;
    for (std::size_t row = 80; row < data.rows; ++row) data.first[row] = 80;
    const auto job = job_of(job_text("lstm", 5, "{}"));
    const auto selection = select_samples(data, job);
    ASSERT_TRUE(selection.has_value());
    const auto& rows = selection->train.rows;
    const auto there = [&](std::size_t row) {
        return std::binary_search(rows.begin(), rows.end(), row);
    };
    EXPECT_EQ(rows.front(), 4U);
    EXPECT_FALSE(there(50));
    EXPECT_FALSE(there(60));
    EXPECT_TRUE(there(79));
    EXPECT_FALSE(there(83));
    EXPECT_TRUE(there(84));
}

TEST(Selection, balanced_classes_weigh_the_same) {
    const Dataset data = planted(3000, 3, 1, [](const At& at) { return side(at(0, 0) - 1.0); });
    auto job = job_of(job_text("logistic", 1, "{}"));
    job.balanced = true;
    const auto selection = select_samples(data, job);
    ASSERT_TRUE(selection.has_value());
    std::vector<double> total(2, 0.0);
    for (std::size_t i = 0; i < selection->train.size(); ++i) {
        total[static_cast<std::size_t>(selection->train.labels[i])] +=
            static_cast<double>(selection->train.weights[i]);
    }
    EXPECT_NEAR(total[0], 1000.0, 0.1);
    EXPECT_NEAR(total[1], 1000.0, 0.1);
}

TEST(Scaling, is_that_of_the_train_rows_alone) {
    Dataset data = linear();
    const auto job = job_of(job_text("logistic", 1, "{}"));
    const auto fit = [&] { return fit_scaling(data, *select_samples(data, job), 5.0F); };
    const auto before = fit();
    for (std::size_t row = 2000; row < data.rows; ++row) data.features[row * 3] = 1e6F;
    const auto after = fit();
    ASSERT_TRUE(before.has_value() && after.has_value());
    EXPECT_EQ(before->scaling.centre, after->scaling.centre);
    EXPECT_EQ(before->scaling.scale, after->scaling.scale);
}

TEST(Scaling, is_median_and_quartiles) {
    // numpy.percentile([9, 1, 4, 2, 7], [25, 50, 75]) = [2, 4, 7]
    Dataset data = planted(5, 1, 1, [](const At& at) { return at(0, 0); });
    data.features = {9, 1, 4, 2, 7};
    const auto job = job_of(R"("family":"logistic","target":{"task":"value"},"train":[[0,5]])");
    const auto fitted = fit_scaling(data, *select_samples(data, job), 5.0F);
    ASSERT_TRUE(fitted.has_value());
    EXPECT_FLOAT_EQ(fitted->scaling.centre[0], 4.0F);
    EXPECT_FLOAT_EQ(fitted->scaling.scale[0], 1.3489795F / 5.0F);
}

}  // namespace
}  // namespace tradewind::training
