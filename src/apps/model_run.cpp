// SPDX-License-Identifier: Apache-2.0
#include "apps/model_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "apps/search_progress.hpp"
#include "apps/strategy_models.hpp"
#include "base/try.hpp"
#include "disk/files.hpp"
#include "research/models/trainers.hpp"

namespace tradewind::apps {
namespace {

using research::models::FoldJobs;
using research::models::FoldModels;
using research::models::ModelJob;
using research::models::Window;

constexpr std::string_view kTrainer = "tradewind-trainer";

std::string name_of(const ModelConfig& models, const ModelJob& job) {
    const auto family = ml::to_string(models.plan.families[job.family].family);
    if (!job.inner) return fmt::format("{} (seed {})", family, job.seed);
    return fmt::format("{} (fold {})", family, *job.inner + 1);
}

/// How far the training of many models is, on the terminal.
class TrainingLine {
public:
    TrainingLine(const ModelConfig& models, std::vector<const ModelJob*> jobs, std::size_t known)
        : models_(models), jobs_(std::move(jobs)), known_(known), started_(steady_ns()) {}

    void on_progress(const research::models::TrainProgress& progress) {
        const std::string loss = progress.validation_loss
                                     ? fmt::format("loss {:.4f}, held out {:.4f}",
                                                   progress.train_loss, *progress.validation_loss)
                                     : fmt::format("loss {:.4f}", progress.train_loss);
        line_.show(fmt::format("{} of {} models; {}: epoch {} of {}, {}{}", known_ + done_ + 1,
                               known_ + jobs_.size(), name_of(models_, *jobs_[progress.job]),
                               progress.epoch, progress.epochs, loss, left()));
    }
    void on_done() { ++done_; }

private:
    [[nodiscard]] std::string left() const {
        if (done_ == 0) return {};
        const double passed = static_cast<double>(steady_ns() - started_) * 1e-9;
        const auto waiting = static_cast<double>(jobs_.size() - done_);
        return ", " + time_left_text(passed / static_cast<double>(done_) * waiting) + " left";
    }

    const ModelConfig& models_;
    std::vector<const ModelJob*> jobs_;
    std::size_t known_;  ///< models that were there already
    std::size_t done_ = 0;
    std::int64_t started_;
    ProgressLine line_;
};

/// The trainer knows a family's settings: what it says of one is told in the configuration's words.
RunFailure failure_of(const std::string& text, const ModelConfig& models,
                      const std::vector<const ModelJob*>& jobs) {
    constexpr std::string_view kSetting = ": settings.";
    for (const ModelJob* job : jobs) {
        if (!text.starts_with(job->job + std::string{kSetting})) continue;
        const auto family = ml::to_string(models.plan.families[job->family].family);
        return {kExitBadInput, fmt::format("models.{}.{}", family,
                                           text.substr(job->job.size() + kSetting.size()))};
    }
    return {kExitFailed, text};
}

std::expected<void, RunFailure> run_trainers(const ModelConfig& models,
                                             const std::vector<FoldJobs>& folds) {
    std::vector<const ModelJob*> jobs;
    std::set<std::string> paths;  // two windows may come to one job
    std::size_t known = 0;
    for (const FoldJobs& fold : folds) {
        for (const ModelJob& job : fold.jobs) {
            if (job.is_done) {
                ++known;
            } else if (paths.insert(job.job).second) {
                jobs.push_back(&job);
            }
        }
    }
    std::vector<std::string> files;
    for (const ModelJob* job : jobs) files.push_back(job->job);
    TrainingLine line{models, jobs, known};
    const auto done = research::models::run_jobs(
        files, {.program = trainer_program(),
                .processes = process_count(models),
                .on_progress = [&](const auto& progress) { line.on_progress(progress); },
                .on_done = [&](std::size_t) { line.on_done(); }});
    if (done) return {};
    return std::unexpected(failure_of(done.error(), models, jobs));
}

/// The rows and the jobs; the models stay, so that the same training again only reads them.
void remove_inputs(const std::vector<FoldJobs>& folds) {
    for (const FoldJobs& fold : folds) {
        disk::remove_file(fold.arrays);
        for (const ModelJob& job : fold.jobs) disk::remove_file(job.job);
    }
}

}  // namespace

std::size_t process_count(const ModelConfig& models) {
    if (models.processes > 0) return models.processes;
    return std::max(1U, std::thread::hardware_concurrency());
}

std::string trainer_program() {
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const auto beside = self.parent_path() / kTrainer;
    return std::filesystem::exists(beside, ignored) ? beside.string() : std::string{kTrainer};
}

RunFailure as_run_failure(const ports::RegistryError& error) {
    return {error.kind == ports::RegistryErrorKind::unknown ? kExitBadInput : kExitFailed,
            error.text};
}

std::expected<std::unique_ptr<models::ModelFolder>, RunFailure> open_registry(
    const std::string& folder) {
    auto out = models::ModelFolder::open(folder.empty() ? default_registry() : folder);
    if (!out) return std::unexpected(as_run_failure(out.error()));
    return std::move(*out);
}

std::expected<std::vector<FoldModels>, RunFailure> train_windows(const TrainRequest& request) {
    const std::string folder = request.folder + "/work";
    if (auto made = disk::make_directories(folder); !made) {
        return std::unexpected(RunFailure{kExitFailed, made.error().text});
    }
    // one at a time: whoever ends first removes the rows that both would read
    const auto lock = disk::lock_file(folder + "/lock", disk::LockKind::exclusive);
    if (!lock) return std::unexpected(RunFailure{kExitFailed, lock.error().text});
    const research::models::JobWriter writer{request.data.set, request.models.plan, folder,
                                             TRADEWIND_VERSION};
    std::vector<FoldJobs> jobs;
    for (const Window& window : request.windows) {
        jobs.push_back(TRY(or_bad_input(writer.write(window))));
    }
    TRY_VOID(run_trainers(request.models, jobs));
    std::vector<FoldModels> out;
    for (const FoldJobs& fold : jobs) {
        out.push_back(TRY(
            or_failed(research::models::load_fold(request.data.set, request.models.plan, fold))));
    }
    remove_inputs(jobs);
    return out;
}

}  // namespace tradewind::apps
