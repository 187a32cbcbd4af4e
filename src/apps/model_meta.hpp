// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "apps/output.hpp"
#include "research/models/fold_ensemble.hpp"

/// The meta model of [models.meta]: research/models/meta.hpp.
namespace tradewind::apps {

/// Finds the columns that the meta model reads. The error: a feature that there is not.
[[nodiscard]] std::expected<void, std::string> settle_meta(const ModelData& data,
                                                           ModelConfig& models);
/// Why the strategy of the configuration cannot act on what the models say: it asks for a meta
/// model that is not trained.
[[nodiscard]] std::expected<void, std::string> check_meta_strategy(const RunConfig& config,
                                                                   const ModelConfig& models);

/// An ensemble that is to have a meta model, and the models behind it.
struct MetaCase {
    const research::models::FoldModels* fold = nullptr;
    research::models::FoldEnsemble* ensemble = nullptr;
};
/// Trains a meta model for each, where the configuration asks for it. `folder`: the registry's.
[[nodiscard]] std::expected<void, RunFailure> add_metas(const ModelData& data,
                                                        const ModelConfig& models,
                                                        const std::string& folder,
                                                        std::span<const MetaCase> cases);

/// How the meta models of some windows were, as one; null: there are none.
[[nodiscard]] nlohmann::ordered_json meta_json(
    const ModelData& data, const ModelConfig& models,
    std::span<const research::models::FoldEnsemble> folds);
/// That for people: a row of a table.
void add_meta_row(const nlohmann::ordered_json& meta, Table& table);

/// A table of the report, a row a candidate; null: there are none.
struct NamedMeta {
    std::string name;
    const nlohmann::ordered_json* meta = nullptr;
};
[[nodiscard]] nlohmann::ordered_json meta_table(const std::vector<NamedMeta>& all);
/// What there is to doubt, in sentences.
[[nodiscard]] std::vector<std::string> meta_doubts(const nlohmann::ordered_json& meta);

}  // namespace tradewind::apps
