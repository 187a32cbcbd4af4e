// SPDX-License-Identifier: Apache-2.0
#include "research/models/fold_jobs.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "research/labels/bars_for_tests.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::json;
using labels::Places;

constexpr std::size_t kBars = 400;

/// A folder of its own, gone with the test.
class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() /
                ("tradewind-fold-jobs-" + std::to_string(getpid()))) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

TrainingSet set_of(const std::vector<FeatureBars>& bars, const std::string& label) {
    std::vector<SeriesRows> series;
    for (const FeatureBars& one : bars) {
        SeriesRows& rows = series.emplace_back();
        rows.symbol = "S" + std::to_string(series.size());
        rows.bars = one;
        const auto& closes = labels::column_of(rows.bars, feature::Field::close);
        for (const double close : closes) rows.features.push_back(static_cast<float>(close));
    }
    return {{.schema_hash = "0123",
             .columns = {"close"},
             .bars = "1m",
             .label = *labels::LabelDefinition::parse(label),
             .weights = {*labels::WeightDefinition::parse("uniqueness")}},
            std::move(series)};
}

ModelPlan plan_of(Duration embargo) {
    return {.families = {{.family = ml::Family::logistic, .window = 4},
                         {.family = ml::Family::xgboost, .window = 1}},
            .target = {.task = ml::Task::value, .levels = {}},
            .embargo = embargo};
}

Places rows_in(const Json& ranges) {
    Places out;
    for (const Json& range : ranges) {
        for (auto row = range[0].get<std::size_t>(); row < range[1].get<std::size_t>(); ++row) {
            out.push_back(row);
        }
    }
    return out;
}

RC_GTEST_PROP(SplitWriter, no_row_of_a_job_touches_its_test_and_every_row_is_tested_alike,
              (std::uint64_t seed)) {
    const Folder folder;
    const std::string label = *rc::gen::element<std::string>(
        "forward_return(7)", "triple_barrier(2, 2, horizon=15)", "trend_scanning(5, 20)");
    const labels::Combinations how{.folds = *rc::gen::inRange<std::size_t>(3, 7),
                                   .test_folds = *rc::gen::inRange<std::size_t>(1, 3),
                                   .embargo = minutes(*rc::gen::inRange(0, 9))};
    const FeatureBars bars = labels::random_bars(kBars, seed);
    const TrainingSet set = set_of({bars, labels::random_bars(kBars - 10, seed + 1)}, label);
    const ModelPlan plan = plan_of(how.embargo);
    const JobWriter writer{set, plan, folder.path(), "1"};
    const Between span{.from = bars.known_at[15], .to = bars.known_at[kBars - 20]};
    const auto splits = writer.split(span, how);
    RC_ASSERT(splits.has_value());
    const auto jobs = splits->write(1, plan.families[1]);
    RC_ASSERT(jobs.has_value());
    RC_ASSERT(jobs->size() == splits->splits().size());
    const Rows known = set.known(span);
    std::vector<std::size_t> tested(set.all().size());
    for (std::size_t i = 0; i < jobs->size(); ++i) {
        const labels::Split& split = splits->splits()[i];
        for (const std::size_t row : split.test) ++tested[row];
        std::ifstream file{(*jobs)[i].job};
        const Json job = Json::parse(file);
        std::set<std::size_t> trained;
        for (const char* part : {"train", "validation"}) {
            for (const std::size_t row : rows_in(job[part])) {
                RC_ASSERT(trained.insert(set.row_in_all(known, row)).second);
            }
        }
        RC_ASSERT(!trained.empty());
        for (const std::size_t row : trained) {
            RC_ASSERT(std::binary_search(split.train.begin(), split.train.end(), row));
            const labels::Span one = set.all().span(row);
            RC_ASSERT(one.from >= span.from && one.until < span.to);
            for (const std::size_t test : split.test) {
                const labels::Span other = set.all().span(test);
                RC_ASSERT(one.until < other.from || one.from > other.until + how.embargo.ns);
            }
        }
    }
    // each usable row as often as any other, the others never
    const std::size_t phi = jobs->size() * how.test_folds / how.folds;
    std::size_t rows = 0;
    for (const Places& fold : splits->folds()) {
        rows += fold.size();
        for (const std::size_t row : fold) RC_ASSERT(tested[row] == phi);
    }
    RC_ASSERT(rows > 300U);
    RC_ASSERT(std::accumulate(tested.begin(), tested.end(), std::size_t{0}) == phi * rows);
}

RC_GTEST_PROP(SplitWriter, corrupting_what_is_behind_a_training_window_changes_no_job,
              (std::uint64_t seed)) {
    const Folder folder;
    const std::size_t cut = *rc::gen::inRange<std::size_t>(kBars - 60, kBars - 5);
    const FeatureBars bars = labels::random_bars(kBars, seed);
    FeatureBars other = bars;
    for (auto& column : other.columns) {
        for (std::size_t row = cut; row < column.size(); ++row) column[row] *= 1.5;
    }
    const ModelPlan plan = plan_of({});
    const Between span{.from = 0, .to = bars.known_at[cut]};
    const labels::Combinations how{.folds = 3, .test_folds = 1};
    std::vector<std::vector<std::string>> names(2);
    std::vector<std::vector<double>> labels_tested(2);
    std::size_t at = 0;
    for (const FeatureBars& one : {bars, other}) {
        const TrainingSet set = set_of({one}, "forward_return(5)");
        const auto splits = JobWriter{set, plan, folder.path(), "1"}.split(span, how);
        RC_ASSERT(splits.has_value());
        const auto jobs = splits->write(0, plan.families[0]);
        for (const ModelJob& job : *jobs) names[at].push_back(job.job);
        for (const labels::Split& split : splits->splits()) {
            for (const std::size_t row : split.test) {
                labels_tested[at].push_back(set.all().label[row]);
            }
        }
        ++at;
    }
    RC_ASSERT(names[0] == names[1]);
    RC_ASSERT(labels_tested[0] == labels_tested[1]);
}

TEST(SplitWriter, says_what_is_too_little) {
    const Folder folder;
    const TrainingSet set = set_of({labels::random_bars(80, 1)}, "forward_return(5)");
    const ModelPlan plan = plan_of({});
    const JobWriter writer{set, plan, folder.path(), "1"};
    const Between span{.from = 0, .to = std::numeric_limits<std::int64_t>::max()};
    const auto few = writer.split(span, {.folds = 3, .test_folds = 2});
    ASSERT_FALSE(few.has_value());
    EXPECT_NE(few.error().find("labelled rows to train on"), std::string::npos) << few.error();
    const auto many = writer.split(span, {.folds = 100, .test_folds = 2});
    ASSERT_FALSE(many.has_value());
    EXPECT_NE(many.error().find("too few for 100 folds"), std::string::npos) << many.error();
}

}  // namespace
}  // namespace tradewind::research::models
