// SPDX-License-Identifier: Apache-2.0
#include "apps/importance_run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/model_run.hpp"
#include "base/try.hpp"
#include "research/models/drop_columns.hpp"
#include "research/models/importance.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownOfFamily = 15;

std::string with_deviation(const Json& value, const Json& deviation) {
    if (!value.is_number()) return "-";
    if (!deviation.is_number()) return fmt::format("{:.5f}", value.get<double>());
    return fmt::format("{:.5f} ± {:.5f}", value.get<double>(), deviation.get<double>());
}

/// Over windows where there are some, else over rounds.
const Json& spread_of(const Json& feature, const std::string& measure) {
    const Json& windows = feature[measure + "_over_windows"];
    return windows.is_number() ? windows : feature[measure + "_deviation"];
}

std::string joined(const Json& names) {
    std::string out;
    for (const Json& one : names) {
        out += (out.empty() ? "" : ", ") + one.get<std::string>();
    }
    return out;
}

std::string stability_text(const Json& importance) {
    std::string out;
    for (const Json& family : importance) {
        const Json& one = family["stability"];
        if (!one["cluster_permutation"].is_number() && !one["shap"].is_number()) continue;
        const auto shown = [&](const char* measure) {
            return one[measure].is_number() ? fmt::format("{:.2f}", one[measure].get<double>())
                                            : std::string{"-"};
        };
        out += fmt::format("{}{} {} and {}", out.empty() ? "" : ", ",
                           family["family"].get<std::string>(), shown("cluster_permutation"),
                           shown("shap"));
    }
    return out;
}

/// Trains the last window again without each column.
std::expected<void, RunFailure> drop_each(const ModelData& data, const ModelConfig& models,
                                          const research::models::FoldModels& last,
                                          const std::string& folder,
                                          research::models::Importance& importance) {
    const auto plan =
        research::models::drop_plan(models.plan, data.set.meaning().columns, importance.clusters);
    if (plan.plan.families.empty()) return {};
    ModelConfig without = models;
    without.plan = plan.plan;
    const auto trained = TRY(train_windows(
        {.data = data, .models = without, .windows = {last.window}, .folder = folder}));
    add_drops(drop_rises(data.set, plan, last, trained.front()), importance);
    return {};
}

}  // namespace

std::expected<Json, RunFailure> importance_json(const ModelData& data, const ModelConfig& models,
                                                std::span<const research::models::FoldModels> folds,
                                                const std::string& folder) {
    const std::size_t processes = process_count(models);
    auto found = TRY(or_failed(research::models::importance_of(
        data.set, models.plan, folds,
        {.permutations = models.permutations,
         .processes = processes,
         .attribution = {
             .program = trainer_program(), .folder = folder + "/work", .processes = processes}})));
    if (models.drop_columns && !folds.empty()) {
        TRY_VOID(drop_each(data, models, folds.back(), folder, found));
    }
    return research::models::to_json(found, data.set, models.plan);
}

Json importance_table(const Json& importance) {
    Json rows = Json::array();
    for (const Json& family : importance) {
        std::size_t shown = 0;
        for (const Json& one : family["features"]) {
            if (++shown > kShownOfFamily) break;
            rows.push_back(
                {family["family"], one["feature"], joined(one["together_with"]),
                 with_deviation(one["cluster_permutation"], spread_of(one, "cluster_permutation")),
                 with_deviation(one["permutation"], spread_of(one, "permutation")),
                 with_deviation(one["shap"], one["shap_over_windows"]),
                 with_deviation(one["gain"], one["gain_over_windows"]),
                 with_deviation(one["drop_column"], nullptr)});
        }
    }
    const std::string stability = stability_text(importance);
    std::string note =
        "rise of the loss (log loss, squared error or pinball loss) of test rows when a feature is "
        "shuffled, by itself and with those "
        "that say much the same; mean share of a feature in the scores; share of the trees' gain; "
        "mean ± deviation over windows; rise of the loss of the last window's test rows when "
        "trained without (models.drop_columns)";
    if (!stability.empty()) {
        note += fmt::format(
            ". Rank correlation of neighbouring windows, of shuffling and of shares: {}",
            stability);
    }
    return {{"note", std::move(note)},
            {"head",
             {"Model", "Feature", "Together with", "Shuffled together", "Shuffled alone",
              "In the score", "Gain", "Trained without"}},
            {"rows", std::move(rows)}};
}

}  // namespace tradewind::apps
