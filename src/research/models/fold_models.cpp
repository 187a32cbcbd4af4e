// SPDX-License-Identifier: Apache-2.0
#include "research/models/fold_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/try.hpp"
#include "disk/files.hpp"
#include "ml/predictor.hpp"

namespace tradewind::research::models {
namespace {

using labels::Places;

constexpr std::size_t kModelBytesMax = std::size_t{1} << 30U;

/// Puts the scores of some rows where they belong among all.
void place(const std::vector<float>& scores, const Places& rows, const Places& all,
           std::vector<float>& out) {
    if (rows.empty()) return;
    const std::size_t k = scores.size() / rows.size();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = std::lower_bound(all.begin(), all.end(), rows[i]) - all.begin();
        std::copy_n(scores.begin() + static_cast<std::ptrdiff_t>(i * k), k,
                    out.begin() + at * static_cast<std::ptrdiff_t>(k));
    }
}

Places test_rows(const TrainingSet& set, const ModelPlan& plan, const Between& test) {
    Places out = usable_rows(set.all(), set.columns(),
                             {.window = plan.longest_window(), .missing_max = plan.missing_max});
    std::erase_if(out, [&](std::size_t row) { return !test.has(set.all().known_at[row]); });
    return out;
}

}  // namespace

std::expected<TrainedModel, std::string> load_model(const ModelJob& job) {
    auto bytes = disk::read_file(job.model, kModelBytesMax);
    if (!bytes) return std::unexpected(bytes.error().text);
    if (!*bytes) return std::unexpected(fmt::format("{}: the trainer left no model", job.model));
    auto model = ml::parse_model(std::as_bytes(std::span{**bytes}));
    if (!model) {
        return std::unexpected(
            fmt::format("{}: {}; remove it, and it is trained again", job.model, model.error()));
    }
    return TrainedModel{.family = job.family,
                        .seed = job.seed,
                        .address = ml::address_of(**bytes),
                        .bytes = std::move(**bytes),
                        .model = std::move(*model)};
}

std::vector<std::size_t> first_seeds(const FoldModels& fold) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < fold.models.size(); ++i) {
        if (i == 0 || fold.models[i].family != fold.models[i - 1].family) out.push_back(i);
    }
    return out;
}

std::vector<float> scores_of(const ml::Model& model, const Rows& rows, const Places& places) {
    const auto predictor = ml::make_predictor(model);
    const std::size_t columns = model.card.origin.columns.size();
    const std::size_t window = model.card.window, k = model.card.target.scores();
    std::vector<float> out(places.size() * k);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::size_t first = places[i] + 1 - window;
        predictor->predict({rows.features.data() + first * columns, window * columns},
                           {out.data() + i * k, k});
    }
    return out;
}

std::expected<FoldModels, std::string> load_fold(const TrainingSet& set, const ModelPlan& plan,
                                                 const FoldJobs& jobs) {
    FoldModels out;
    out.window = jobs.window;
    out.train = jobs.train;
    out.inner_test = jobs.inner_test;
    out.test = test_rows(set, plan, jobs.window.test);
    const std::size_t k = plan.target.scores();
    out.held_out.assign(plan.families.size(), std::vector<float>(out.train.size() * k));
    for (const ModelJob& job : jobs.jobs) {
        TrainedModel trained = TRY(load_model(job));
        if (job.inner) {
            const Places& rows = jobs.inner_test[*job.inner];
            place(scores_of(trained.model, set.all(), rows), rows, out.train,
                  out.held_out[job.family]);
            continue;
        }
        out.tested.push_back(scores_of(trained.model, set.all(), out.test));
        out.models.push_back(std::move(trained));
    }
    return out;
}

}  // namespace tradewind::research::models
