// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
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

/// What a model is trained on, and of it the newest part, which says when to stop.
struct TrainPart {
    labels::Places train;
    labels::Places validation;
};

/// Parts of one stretch of time, each tested by models that have not seen it: writes a job for each
/// choice of parts, over rows that are written once. No row of a job looks at an instant of its
/// test.
class SplitWriter {
public:
    /// Jobs of one family, of the plan's first seed, by split; `inner` is the split's number. `as`:
    /// the settings in place of the plan's; its window is none longer than the plan's longest.
    [[nodiscard]] std::expected<std::vector<ModelJob>, std::string> write(
        std::size_t family, const FamilyPlan& as) const;
    /// Rows of `TrainingSet::all()`, ascending; train as purged, the validation part included.
    [[nodiscard]] std::span<const labels::Split> splits() const { return splits_; }
    /// The same, of each part in the order of time.
    [[nodiscard]] std::span<const labels::Places> folds() const { return folds_; }
    /// The file of the rows.
    [[nodiscard]] const std::string& arrays() const { return arrays_; }

private:
    friend class JobWriter;
    SplitWriter(const ModelPlan& plan, std::string folder, std::string code_version)
        : plan_(&plan), folder_(std::move(folder)), code_version_(std::move(code_version)) {}

    const ModelPlan* plan_;
    std::string folder_;
    std::string code_version_;
    std::string arrays_;
    std::string arrays_address_;
    std::vector<TrainPart> parts_;  ///< by split, rows of the file
    std::vector<labels::Split> splits_;
    std::vector<labels::Places> folds_;
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
    /// The same of rows of one's own, with `arrays` as the trainer reads them; those with a label
    /// are trained on. Places of what is returned are of `rows`.
    [[nodiscard]] std::expected<FoldJobs, std::string> write(const Rows& rows,
                                                             const ml::TensorFile& arrays) const;
    /// Cross-validation of the usable rows in `span`: writes them, and leaves the jobs to be
    /// written family by family. The plan outlives what is returned. The error is one line: too few
    /// rows.
    [[nodiscard]] std::expected<SplitWriter, std::string> split(
        const Between& span, const labels::Combinations& how) const;

private:
    /// The file of a stretch's rows, and which of them may be learned from.
    struct Written {
        Rows rows;
        labels::Places usable;
        std::string arrays;
        std::string address;
    };
    [[nodiscard]] std::expected<Written, std::string> write_rows(const Between& span) const;
    [[nodiscard]] std::expected<std::string, std::string> write_arrays(const ml::TensorFile& arrays,
                                                                       std::string& address) const;
    [[nodiscard]] std::expected<void, std::string> add_jobs(FoldJobs& fold, const TrainPart& part,
                                                            std::optional<std::size_t> inner) const;
    /// The final job and those of the inner folds; `fold.train` are places of `rows`.
    [[nodiscard]] std::expected<void, std::string> add_all(FoldJobs& fold, const Rows& rows) const;

    const TrainingSet& set_;
    const ModelPlan& plan_;
    std::string folder_;
    std::string code_version_;
};

}  // namespace tradewind::research::models
