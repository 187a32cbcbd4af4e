// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "apps/output.hpp"
#include "research/models/fold_jobs.hpp"
#include "research/search/search.hpp"

/// Searches the settings of families inside of training windows ([models.search]): each candidate
/// is trained on the inner folds and judged by its loss on the parts that it had not seen. Nothing
/// from behind a training window is read.
namespace tradewind::apps {

/// A candidate and what came of it.
struct SettingsTrial {
    nlohmann::ordered_json settings;  ///< those that are searched, by name
    research::models::FamilyPlan plan;
    std::optional<double> loss;  ///< of all held-out rows; nullopt: it could not be trained
    std::string failure;         ///< why not
};

/// A family's search in one window.
struct FamilySearch {
    std::size_t family = 0;  ///< its place in the plan
    std::vector<SettingsTrial> trials;
    std::size_t best = 0;  ///< the least loss; of equal ones the first
};

/// What was chosen for one window.
struct WindowSearch {
    std::vector<FamilySearch> families;  ///< those that are searched
    research::models::ModelPlan plan;    ///< with the settings chosen
};

struct SettingsSearchRequest {
    const ModelData& data;
    const ModelConfig& models;
    const std::vector<research::models::Window>& windows;
    std::string folder;  ///< the registry's
};
/// By window. Without [models.search] the plan of each is the configuration's. Says on standard
/// error beforehand how many trainings it may take. Trainings that are there already are not done
/// again, so that after a kill the same command goes on. The error, where no candidate of a family
/// could be trained: what the first one failed of.
[[nodiscard]] std::expected<std::vector<WindowSearch>, RunFailure> search_settings(
    const SettingsSearchRequest& request);

/// {sampler, trials, seed}; null: nothing is searched.
[[nodiscard]] nlohmann::ordered_json search_json(const ModelConfig& models);
/// [{family, chosen, loss, trials: [{number, settings, loss, failure}]}] of a window.
[[nodiscard]] nlohmann::ordered_json window_search_json(const ModelConfig& models,
                                                        const WindowSearch& window);
/// "depth=4 rate=0.1"
[[nodiscard]] std::string settings_text(const nlohmann::ordered_json& settings);
/// Of each family a line: what was chosen, its loss and that of the worst candidate.
void add_search_rows(const nlohmann::ordered_json& window, Table& table);
/// "xgboost depth=4 rate=0.1; lstm hidden=16" of what that says.
[[nodiscard]] std::string chosen_text(const nlohmann::ordered_json& window);

}  // namespace tradewind::apps
