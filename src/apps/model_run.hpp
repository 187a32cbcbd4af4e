// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "adapters/models/model_folder.hpp"
#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "apps/run_arguments.hpp"
#include "research/models/fold_models.hpp"

/// What the verbs that train models share.
namespace tradewind::apps {

/// An empty folder: the default one.
[[nodiscard]] std::expected<std::unique_ptr<models::ModelFolder>, RunFailure> open_registry(
    const std::string& folder);
[[nodiscard]] RunFailure as_run_failure(const ports::RegistryError& error);

/// The trainer beside this program, where it is installed; else whichever PATH has.
[[nodiscard]] std::string trainer_program();

/// Trainers at once: what the configuration says, else one a core.
[[nodiscard]] std::size_t process_count(const ModelConfig& models);

/// Trains the models of each window in processes of tradewind-trainer, `folder`/work holding what
/// is on its way: what is there already is not trained again.
struct TrainRequest {
    const ModelData& data;
    const ModelConfig& models;
    std::vector<research::models::Window> windows;
    std::string folder;  ///< the registry's
};
[[nodiscard]] std::expected<std::vector<research::models::FoldModels>, RunFailure> train_windows(
    const TrainRequest& request);

}  // namespace tradewind::apps
