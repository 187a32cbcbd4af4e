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

std::expected<WorkFolder, RunFailure> WorkFolder::open(const std::string& registry) {
    std::string path = registry + "/work";
    if (auto made = disk::make_directories(path); !made) {
        return std::unexpected(RunFailure{kExitFailed, made.error().text});
    }
    auto lock = disk::lock_file(path + "/lock", disk::LockKind::exclusive);
    if (!lock) return std::unexpected(RunFailure{kExitFailed, lock.error().text});
    return WorkFolder{std::move(path), std::move(*lock)};
}

research::models::JobWriter WorkFolder::writer(const ModelData& data,
                                               const research::models::ModelPlan& plan) const {
    return {data.set, plan, path_, TRADEWIND_VERSION};
}

std::expected<void, RunFailure> train_jobs(const ModelConfig& models,
                                           std::span<const ModelJob> jobs, JobFailures* failures) {
    std::vector<const ModelJob*> wanted;
    std::set<std::string> paths;  // two windows, or two candidates, may come to one job
    std::vector<std::string> files;
    std::size_t known = 0;
    for (const ModelJob& job : jobs) {
        if (job.is_done) {
            ++known;
        } else if (paths.insert(job.job).second) {
            wanted.push_back(&job);
            files.push_back(job.job);
        }
    }
    TrainingLine line{models, wanted, known};
    research::models::TrainersSettings settings{
        .program = trainer_program(),
        .processes = process_count(models),
        .on_progress = [&](const auto& progress) { line.on_progress(progress); },
        .on_done = [&](std::size_t) { line.on_done(); }};
    if (failures != nullptr) {
        settings.on_failed = [&](std::size_t job, const std::string& text) {
            line.on_done();
            (*failures)[wanted[job]->job] = failure_of(text, models, wanted).text;
        };
    }
    const auto done = research::models::run_jobs(files, settings);
    if (done) return {};
    return std::unexpected(failure_of(done.error(), models, wanted));
}

void remove_inputs(std::span<const std::string> arrays, std::span<const ModelJob> jobs) {
    for (const std::string& path : arrays) disk::remove_file(path);
    for (const ModelJob& job : jobs) disk::remove_file(job.job);
}

std::expected<std::vector<FoldModels>, RunFailure> train_windows(const TrainRequest& request) {
    const WorkFolder work = TRY(WorkFolder::open(request.folder));
    const auto plan_of = [&](std::size_t window) -> const research::models::ModelPlan& {
        return request.plans.empty() ? request.models.plan : request.plans[window];
    };
    std::vector<FoldJobs> folds;
    std::vector<ModelJob> jobs;
    std::vector<std::string> arrays;
    for (std::size_t i = 0; i < request.windows.size(); ++i) {
        const auto writer = work.writer(request.data, plan_of(i));
        folds.push_back(TRY(or_bad_input(writer.write(request.windows[i]))));
        jobs.insert(jobs.end(), folds.back().jobs.begin(), folds.back().jobs.end());
        arrays.push_back(folds.back().arrays);
    }
    TRY_VOID(train_jobs(request.models, jobs));
    std::vector<FoldModels> out;
    for (std::size_t i = 0; i < folds.size(); ++i) {
        out.push_back(
            TRY(or_failed(research::models::load_fold(request.data.set, plan_of(i), folds[i]))));
    }
    remove_inputs(arrays, jobs);
    return out;
}

}  // namespace tradewind::apps
