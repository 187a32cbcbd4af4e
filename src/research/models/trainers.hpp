// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Trains models in processes of `tradewind-trainer`, which alone knows libtorch and XGBoost.
namespace tradewind::research::models {

/// What a trainer says of a job on its way.
struct TrainProgress {
    std::size_t job = 0;
    std::uint64_t epoch = 0;
    std::uint64_t epochs = 0;
    double train_loss = 0;
    std::optional<double> validation_loss{};
    double seconds_left = 0;  ///< of this job
};

struct TrainersSettings {
    std::string program;        ///< path of tradewind-trainer
    std::size_t processes = 1;  ///< each uses one core
    /// A job whose trainer dies is given to another, which goes on from its checkpoint.
    std::size_t attempts = 3;
    std::function<void(const TrainProgress&)> on_progress{};
    std::function<void(std::size_t job)> on_done{};
    /// Of a job that cannot be done, or that ended its trainer as often as `attempts` says: the
    /// others go on. Absent: the first such job ends the run.
    std::function<void(std::size_t job, const std::string& error)> on_failed{};
};

/// The error of a run that a signal ended; the checkpoints of what was running are kept.
inline constexpr const char* kInterrupted =
    "interrupted; the same command goes on from the checkpoints";

/// Works through job files (src/training/README.md has their format), each by one process at a
/// time. Unless somebody hears of those (`on_failed`), ends with the first job that cannot be done:
/// the error is its line. While it runs, SIGINT
/// and SIGTERM end the trainers, which write their checkpoints first, and then the call.
[[nodiscard]] std::expected<void, std::string> run_jobs(const std::vector<std::string>& jobs,
                                                        const TrainersSettings& settings);

}  // namespace tradewind::research::models
