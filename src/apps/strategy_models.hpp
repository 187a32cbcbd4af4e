// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ml/forecaster.hpp"
#include "ml/model.hpp"
#include "ml/succession.hpp"
#include "ports/model_registry.hpp"

/// The models that predict for a strategy of a run.
namespace tradewind::apps {

/// A succession with all that it is made of, read and checked.
struct LoadedModels {
    ml::SuccessionCard card;
    std::map<std::string, ml::EnsembleCard> ensembles;  ///< by address
    std::map<std::string, ml::Model> models;            ///< by address
};

/// Where a run's models come from.
struct ModelsRun {
    std::string registry;  ///< folder
    std::string address;   ///< of the succession
    std::shared_ptr<const LoadedModels> loaded;
};

/// The folder "models" of TRADEWIND_HOME, which is ~/.local/share/tradewind unless the environment
/// says otherwise.
[[nodiscard]] std::string default_registry();

/// By name, address or its beginning. The error is one line.
[[nodiscard]] std::expected<ModelsRun, std::string> load_models(const std::string& registry,
                                                                const std::string& which);
/// Reads what a succession is made of.
[[nodiscard]] std::expected<LoadedModels, std::string> read_models(
    const ports::ModelRegistry& registry, const std::string& address);

/// Whether all that they predict has a meta model's probability.
[[nodiscard]] bool has_meta(const LoadedModels& models);

/// Ready to predict instruments whose ids are below `instruments`.
[[nodiscard]] std::expected<std::unique_ptr<ml::Forecaster>, std::string> make_forecaster(
    const LoadedModels& models, std::size_t instruments);

}  // namespace tradewind::apps
