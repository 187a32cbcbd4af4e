// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "research/models/plan.hpp"
#include "research/models/rows.hpp"

namespace tradewind::research::models {

/// A part of time to train on and the part to test on behind it.
struct Window {
    Between train;
    Between test;
};

/// A model to train: where the job's file is and where the model will be.
struct ModelJob {
    std::size_t family = 0;  ///< its place in the plan
    std::uint64_t seed = 0;
    std::optional<std::size_t> inner;  ///< which inner fold it does not see; absent: the final one
    std::string job;
    std::string model;
    bool is_done = false;  ///< the model was there already
};

/// All that is to be trained for one window. Places are rows of `TrainingSet::all()`.
struct FoldJobs {
    Window window;
    labels::Places train;                    ///< usable rows of the training window
    std::vector<labels::Places> inner_test;  ///< of them, predicted by the models that did not see
    std::vector<ModelJob> jobs;
    std::string arrays;  ///< the file of the rows that are trained on
    std::string arrays_address;
};

/// Writes the rows of each training window, and a job for each model. A job's name is the hash of
/// all that its model hangs on, so that a model that is there already need not be trained again.
class JobWriter {
public:
    /// `set` and `plan` outlive the writer. `code_version`: of the trainer.
    JobWriter(const TrainingSet& set, const ModelPlan& plan, std::string folder,
              std::string code_version);

    /// The error is one line: too few rows, or what the disk said.
    [[nodiscard]] std::expected<FoldJobs, std::string> write(const Window& window) const;

private:
    struct Part {
        labels::Places train;
        labels::Places validation;
    };
    [[nodiscard]] std::expected<Part, std::string> part_of(const Rows& rows,
                                                           const labels::Places& train) const;
    [[nodiscard]] std::expected<void, std::string> add_jobs(FoldJobs& fold, const Part& part,
                                                            std::optional<std::size_t> inner) const;

    const TrainingSet& set_;
    const ModelPlan& plan_;
    std::string folder_;
    std::string code_version_;
};

}  // namespace tradewind::research::models
