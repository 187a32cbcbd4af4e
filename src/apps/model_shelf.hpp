// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/model_run.hpp"
#include "research/models/fold_ensemble.hpp"

/// Puts what was trained where it is kept, and says what it is.
namespace tradewind::apps {

/// The error: the feature that tells regimes is none of `columns`.
[[nodiscard]] std::expected<ml::EnsembleSettings, std::string> ensemble_settings(
    const ModelConfig& models, std::span<const std::string> columns);

/// Ensembles of windows one after another, and the models that they are made of.
struct Trained {
    std::span<const research::models::FoldModels> folds;
    std::vector<const research::models::FoldEnsemble*> ensembles;  ///< by fold
};
/// Keeps all of it and a succession in which each ensemble predicts from its test window on. Says
/// the succession's address.
[[nodiscard]] std::expected<std::string, RunFailure> keep(models::ModelFolder& registry,
                                                          const ModelData& data,
                                                          const Trained& trained);

/// Each member of a window's ensemble with its weight.
[[nodiscard]] nlohmann::ordered_json votes_json(const ModelConfig& models,
                                                const research::models::FoldModels& fold,
                                                const research::models::FoldEnsemble& ensemble);
/// A figure, or null.
[[nodiscard]] nlohmann::ordered_json number(const std::optional<double>& value);
/// The same for people: four decimals, or a dash.
[[nodiscard]] std::string shown(const nlohmann::ordered_json& value);

}  // namespace tradewind::apps
