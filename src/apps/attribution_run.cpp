// SPDX-License-Identifier: Apache-2.0
#include "apps/attribution_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "apps/model_run.hpp"
#include "base/try.hpp"
#include "disk/files.hpp"
#include "ml/predictor.hpp"
#include "ml/tree_shap.hpp"
#include "research/models/trainers.hpp"

namespace tradewind::apps {
namespace {

constexpr std::size_t kSteps = 64;
constexpr std::size_t kBytesMax = std::size_t{1} << 26U;

double score_of(const ml::Model& model, std::span<const float> window, std::size_t score) {
    std::vector<float> scores(model.card.target.scores());
    ml::make_predictor(model)->predict(window, scores);
    return static_cast<double>(scores[score]);
}

double sum_of(const std::vector<double>& values) {
    double out = 0;
    for (const double x : values) out += x;
    return out;
}

Attribution by_tree_shap(const ml::Model& model, std::span<const float> window, std::size_t score) {
    ml::TreeShap shap{model};
    const std::size_t each = model.card.window * model.card.inputs.size();
    std::vector<double> all(model.card.target.scores() * each);
    shap.explain(window, all);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(score * each);
    Attribution out{.method = "tree_shap",
                    .values = {first, first + static_cast<std::ptrdiff_t>(each)},
                    .base = shap.expected()[score]};
    out.error = sum_of(out.values) - (score_of(model, window, score) - out.base);
    return out;
}

/// Files of one call; removed at its end.
class Files {
public:
    explicit Files(const std::string& folder)
        : stem_(fmt::format("{}/attribute.{}", folder, getpid())) {}
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

std::expected<Attribution, std::string> by_gradients(const ml::Model& model,
                                                     std::span<const float> window,
                                                     std::size_t score, const std::string& folder) {
    const std::size_t rows = model.card.window, columns = model.card.origin.columns.size();
    const Files files{folder};
    const std::vector<float> baseline(rows * columns, std::numeric_limits<float>::quiet_NaN());
    const ml::TensorFile arrays{
        .tensors = {ml::tensor("windows", {1, rows, columns},
                               std::vector<float>(window.begin(), window.end())),
                    ml::tensor("baseline", {rows, columns}, baseline)}};
    const nlohmann::ordered_json job{{"kind", "attribute"},
                                     {"trained", files.path("model")},
                                     {"windows", files.path("windows")},
                                     {"class", score},
                                     {"steps", kSteps},
                                     {"attributions", files.path("out")}};
    TRY_VOID(files.write("model", ml::to_bytes(model)));
    TRY_VOID(files.write("windows", ml::to_bytes(arrays)));
    TRY_VOID(files.write("job", job.dump()));
    TRY_VOID(research::models::run_jobs({files.path("job")},
                                        {.program = trainer_program(), .processes = 1}));
    const auto bytes = disk::read_file(files.path("out"), kBytesMax);
    if (!bytes || !*bytes) return std::unexpected(files.path("out") + ": is not there");
    const auto told = TRY(ml::parse_tensors(std::as_bytes(std::span{**bytes})));
    const auto* values = told.values<double>("attributions");
    if (values == nullptr || values->size() != rows * model.card.inputs.size()) {
        return std::unexpected(files.path("out") + ": has no attributions of the window");
    }
    Attribution out{.method = "integrated_gradients",
                    .values = *values,
                    .base = score_of(model, baseline, score)};
    out.error = sum_of(out.values) - (score_of(model, window, score) - out.base);
    return out;
}

}  // namespace

std::expected<Attribution, std::string> attribute(const ml::Model& model,
                                                  std::span<const float> window, std::size_t score,
                                                  const std::string& folder) {
    if (model.card.family == ml::Family::xgboost) return by_tree_shap(model, window, score);
    return by_gradients(model, window, score, folder);
}

}  // namespace tradewind::apps
