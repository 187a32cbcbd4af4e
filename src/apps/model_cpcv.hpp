// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "apps/output.hpp"

namespace tradewind::apps {

/// Combinatorial purged cross-validation of the families, as [models.cpcv] asks for it, over all
/// rows of the configuration's span: research/models/cpcv.hpp. Says on standard error how many
/// trainings that are before it begins. null: not asked for. `folder`: the registry's.
[[nodiscard]] std::expected<nlohmann::ordered_json, RunFailure> cpcv_json(
    const ModelData& data, const ModelConfig& models, const std::string& folder);

/// That for people.
void add_cpcv_rows(const nlohmann::ordered_json& cpcv, Table& table);

}  // namespace tradewind::apps
