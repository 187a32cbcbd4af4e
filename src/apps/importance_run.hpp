// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "research/models/fold_models.hpp"

namespace tradewind::apps {

/// What the models of all windows look at, as JSON: research/models/importance.hpp. `folder`: the
/// registry's.
[[nodiscard]] std::expected<nlohmann::ordered_json, RunFailure> importance_json(
    const ModelData& data, const ModelConfig& models,
    std::span<const research::models::FoldModels> folds, const std::string& folder);

/// That as a table of the page: {note, head, rows}, of each family the first columns.
[[nodiscard]] nlohmann::ordered_json importance_table(const nlohmann::ordered_json& importance);

}  // namespace tradewind::apps
