// SPDX-License-Identifier: Apache-2.0
#include "research/models/attribution.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/try.hpp"
#include "disk/files.hpp"
#include "ml/predictor.hpp"
#include "ml/tree_shap.hpp"
#include "research/models/trainers.hpp"

namespace tradewind::research::models {
namespace {

constexpr std::size_t kSteps = 64;
constexpr std::size_t kBytesMax = std::size_t{1} << 28U;

/// A request's dimensions.
struct Shape {
    explicit Shape(const AttributionRequest& of)
        : rows(of.model->card.window),
          columns(of.model->card.origin.columns.size()),
          each(rows * of.model->card.inputs.size()),
          windows(of.windows.size() / (rows * columns)) {}

    [[nodiscard]] std::span<const float> window(const AttributionRequest& of, std::size_t i) const {
        return std::span{of.windows}.subspan(i * rows * columns, rows * columns);
    }

    std::size_t rows;
    std::size_t columns;
    std::size_t each;  ///< values of a window's attribution
    std::size_t windows;
};

/// How far sums are from what they should be.
void measure_errors(const AttributionRequest& of, Attribution& out) {
    const Shape shape{of};
    const auto predictor = ml::make_predictor(*of.model);
    std::vector<float> scores(of.model->card.target.scores());
    for (std::size_t i = 0; i < shape.windows; ++i) {
        predictor->predict(shape.window(of, i), scores);
        const auto first = out.values.begin() + static_cast<std::ptrdiff_t>(i * shape.each);
        const double sum =
            std::accumulate(first, first + static_cast<std::ptrdiff_t>(shape.each), 0.0);
        out.errors.push_back(sum - (static_cast<double>(scores[of.score]) - out.base));
    }
}

Attribution by_tree_shap(const AttributionRequest& of) {
    const Shape shape{of};
    ml::TreeShap shap{*of.model};
    Attribution out{
        .method = "tree_shap", .values = {}, .base = shap.expected()[of.score], .errors = {}};
    std::vector<double> all(of.model->card.target.scores() * shape.each);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(of.score * shape.each);
    for (std::size_t i = 0; i < shape.windows; ++i) {
        shap.explain(shape.window(of, i), all);
        out.values.insert(out.values.end(), first, first + static_cast<std::ptrdiff_t>(shape.each));
    }
    measure_errors(of, out);
    return out;
}

/// Files of one job; removed at its end.
class Files {
public:
    Files(const std::string& folder, std::size_t request)
        : stem_(fmt::format("{}/attribute.{}.{}", folder, getpid(), request)) {}
    ~Files() {
        for (const char* one : {"model", "windows", "out", "job"}) disk::remove_file(path(one));
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    [[nodiscard]] std::string path(std::string_view what) const {
        return fmt::format("{}.{}", stem_, what);
    }
    [[nodiscard]] std::expected<void, std::string> write(std::string_view what,
                                                         const std::string& bytes) const {
        const auto file = disk::create_file(path(what));
        if (!file) return std::unexpected(file.error().text);
        const auto done = disk::write_all(*file, std::as_bytes(std::span{bytes}), path(what));
        if (!done) return std::unexpected(done.error().text);
        return {};
    }

private:
    std::string stem_;
};

/// Nothing known: networks read medians in its place.
std::vector<float> baseline_of(const Shape& shape) {
    return std::vector<float>(shape.rows * shape.columns, std::numeric_limits<float>::quiet_NaN());
}

std::expected<void, std::string> write_job(const AttributionRequest& of, const Files& files) {
    const Shape shape{of};
    const ml::TensorFile arrays{
        .tensors = {ml::tensor("windows", {shape.windows, shape.rows, shape.columns}, of.windows),
                    ml::tensor("baseline", {shape.rows, shape.columns}, baseline_of(shape))}};
    const nlohmann::ordered_json job{{"kind", "attribute"},
                                     {"trained", files.path("model")},
                                     {"windows", files.path("windows")},
                                     {"class", of.score},
                                     {"steps", kSteps},
                                     {"attributions", files.path("out")}};
    TRY_VOID(files.write("model", ml::to_bytes(*of.model)));
    TRY_VOID(files.write("windows", ml::to_bytes(arrays)));
    return files.write("job", job.dump());
}

std::expected<Attribution, std::string> read_answer(const AttributionRequest& of,
                                                    const Files& files) {
    const Shape shape{of};
    const auto bytes = disk::read_file(files.path("out"), kBytesMax);
    if (!bytes || !*bytes) return std::unexpected(files.path("out") + ": is not there");
    const auto told = TRY(ml::parse_tensors(std::as_bytes(std::span{**bytes})));
    const auto* values = told.values<double>("attributions");
    if (values == nullptr || values->size() != shape.windows * shape.each) {
        return std::unexpected(files.path("out") + ": has no attributions of the windows");
    }
    std::vector<float> scores(of.model->card.target.scores());
    ml::make_predictor(*of.model)->predict(baseline_of(shape), scores);
    Attribution out{.method = "integrated_gradients",
                    .values = *values,
                    .base = static_cast<double>(scores[of.score]),
                    .errors = {}};
    measure_errors(of, out);
    return out;
}

bool is_forest(const AttributionRequest& of) {
    return of.model->card.family == ml::Family::xgboost;
}

}  // namespace

std::expected<std::vector<Attribution>, std::string> attribute(
    std::span<const AttributionRequest> requests, const AttributionSettings& settings) {
    std::vector<std::unique_ptr<Files>> files;
    std::vector<std::string> jobs;
    for (const AttributionRequest& one : requests) {
        files.push_back(std::make_unique<Files>(settings.folder, files.size()));
        if (is_forest(one) || one.windows.empty()) continue;
        TRY_VOID(write_job(one, *files.back()));
        jobs.push_back(files.back()->path("job"));
    }
    if (!jobs.empty()) {
        TRY_VOID(run_jobs(jobs, {.program = settings.program, .processes = settings.processes}));
    }
    std::vector<Attribution> out;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const AttributionRequest& one = requests[i];
        if (one.windows.empty()) {
            out.push_back({.method = "none", .values = {}, .base = 0, .errors = {}});
        } else if (is_forest(one)) {
            out.push_back(by_tree_shap(one));
        } else {
            out.push_back(TRY(read_answer(one, *files[i])));
        }
    }
    return out;
}

}  // namespace tradewind::research::models
