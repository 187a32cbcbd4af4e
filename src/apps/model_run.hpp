// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/models/model_folder.hpp"
#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "apps/run_arguments.hpp"
#include "disk/files.hpp"
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

/// The folder of what is on its way, of one process at a time: whoever ends first removes the rows
/// that both would read.
class WorkFolder {
public:
    [[nodiscard]] static std::expected<WorkFolder, RunFailure> open(const std::string& registry);
    /// `data` and `plan` outlive the writer.
    [[nodiscard]] research::models::JobWriter writer(const ModelData& data,
                                                     const research::models::ModelPlan& plan) const;

private:
    WorkFolder(std::string path, disk::Descriptor lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    disk::Descriptor lock_;
};

/// What jobs failed of, by the file of the job, in the configuration's words.
using JobFailures = std::map<std::string, std::string>;
/// Trains what is not there yet, in processes of tradewind-trainer. Without `failures` the first
/// job that fails ends it.
[[nodiscard]] std::expected<void, RunFailure> train_jobs(
    const ModelConfig& models, std::span<const research::models::ModelJob> jobs,
    JobFailures* failures = nullptr);
/// Removes rows and jobs; the models stay, so that the same training again only reads them.
void remove_inputs(std::span<const std::string> arrays,
                   std::span<const research::models::ModelJob> jobs);

/// Trains the models of each window in processes of tradewind-trainer, `folder`/work holding what
/// is on its way: what is there already is not trained again.
struct TrainRequest {
    const ModelData& data;
    const ModelConfig& models;
    std::vector<research::models::Window> windows;
    std::string folder;  ///< the registry's
    /// By window; empty: the configuration's for all.
    std::vector<research::models::ModelPlan> plans{};
};
[[nodiscard]] std::expected<std::vector<research::models::FoldModels>, RunFailure> train_windows(
    const TrainRequest& request);

}  // namespace tradewind::apps
