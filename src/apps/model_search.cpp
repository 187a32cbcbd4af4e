// SPDX-License-Identifier: Apache-2.0
#include "apps/model_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/model_run.hpp"
#include "apps/model_shelf.hpp"
#include "base/try.hpp"
#include "research/models/fold_models.hpp"
#include "research/models/judge_numbers.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::Outcome;
using research::models::FamilyPlan;
using research::models::ModelJob;
using research::models::SplitWriter;

/// Candidates that are proposed at a time. Not derived from the number of cores, so that the same
/// search is made everywhere.
constexpr std::size_t kBatch = 4;
constexpr std::uint64_t kStartupLeast = 4;
constexpr std::uint64_t kStartupMost = 10;

/// A family's search on its way in one window.
struct Course {
    std::size_t window = 0;
    const FamilySpace* space = nullptr;
    research::Search search;
    FamilySearch found{};
};

/// A candidate whose models are being trained.
struct Candidate {
    Course* course = nullptr;
    std::uint64_t number = 0;
    std::vector<ModelJob> jobs;
};

std::size_t place_of(const ModelConfig& models, ml::Family family) {
    const auto& families = models.plan.families;
    const auto found = std::find_if(families.begin(), families.end(),
                                    [&](const FamilyPlan& one) { return one.family == family; });
    return static_cast<std::size_t>(found - families.begin());
}

std::expected<std::vector<Course>, RunFailure> courses_of(const SettingsSearchRequest& request) {
    const SettingsSearch& wanted = *request.models.search;
    const std::uint64_t startup = std::clamp(wanted.trials / 3, kStartupLeast, kStartupMost);
    std::vector<Course> out;
    for (std::size_t w = 0; w < request.windows.size(); ++w) {
        for (const FamilySpace& space : wanted.families) {
            auto search = research::Search::create({.space = space.space,
                                                    .sampler = wanted.sampler,
                                                    .trials = wanted.trials,
                                                    .seed = wanted.seed,
                                                    .batch = kBatch,
                                                    .startup = startup});
            if (!search) {
                return std::unexpected(RunFailure{
                    kExitBadInput, fmt::format("models.search.{}: {}", ml::to_string(space.family),
                                               search.error())});
            }
            out.push_back(
                {.window = w,
                 .space = &space,
                 .search = std::move(*search),
                 .found = {.family = place_of(request.models, space.family), .trials = {}}});
        }
    }
    return out;
}

/// Asks every search for what it may try next.
std::expected<std::vector<Candidate>, RunFailure> next_candidates(
    const ModelConfig& models, const std::vector<SplitWriter>& writers,
    std::vector<Course>& courses) {
    std::vector<Candidate> out;
    for (Course& course : courses) {
        while (const auto trial = course.search.ask()) {
            FamilyPlan plan = settings_at(models.plan.families[course.found.family],
                                          course.space->space, trial->point);
            auto jobs = TRY(or_failed(writers[course.window].write(course.found.family, plan)));
            course.found.trials.push_back(
                {.settings = settings_json(course.space->space, trial->point),
                 .plan = std::move(plan),
                 .loss = std::nullopt,
                 .failure = {}});
            out.push_back({.course = &course, .number = trial->number, .jobs = std::move(jobs)});
        }
    }
    return out;
}

/// Mean loss on all rows that the inner models had not seen.
std::expected<std::optional<double>, RunFailure> loss_of(const SettingsSearchRequest& request,
                                                         const SplitWriter& writer,
                                                         const std::vector<ModelJob>& jobs) {
    std::vector<float> scores;
    research::labels::Places rows;
    for (std::size_t split = 0; split < jobs.size(); ++split) {
        const auto trained = TRY(or_failed(research::models::load_model(jobs[split])));
        const auto& test = writer.splits()[split].test;
        const auto said = research::models::scores_of(trained.model, request.data.set.all(), test);
        scores.insert(scores.end(), said.begin(), said.end());
        rows.insert(rows.end(), test.begin(), test.end());
    }
    return research::models::loss_of(request.models.plan.target, scores, request.data.set.all(),
                                     rows);
}

std::expected<void, RunFailure> judge(const SettingsSearchRequest& request,
                                      const SplitWriter& writer, const JobFailures& failures,
                                      Candidate& candidate) {
    SettingsTrial& trial = candidate.course->found.trials[candidate.number];
    for (const ModelJob& job : candidate.jobs) {
        const auto failed = failures.find(job.job);
        if (failed != failures.end()) trial.failure = failed->second;
    }
    if (trial.failure.empty()) {
        trial.loss = TRY(loss_of(request, writer, candidate.jobs));
        if (!trial.loss || !std::isfinite(*trial.loss)) {
            trial.loss.reset();
            trial.failure = "its loss is no number";
        }
    }
    candidate.course->search.tell(
        candidate.number, {.value = trial.loss ? std::optional{-*trial.loss} : std::nullopt});
    return {};
}

/// Goes on until every search has had its trials.
std::expected<void, RunFailure> run_all(const SettingsSearchRequest& request,
                                        const std::vector<SplitWriter>& writers,
                                        std::vector<Course>& courses) {
    while (true) {
        auto candidates = TRY(next_candidates(request.models, writers, courses));
        if (candidates.empty()) return {};
        std::vector<ModelJob> jobs;
        for (const Candidate& one : candidates) {
            jobs.insert(jobs.end(), one.jobs.begin(), one.jobs.end());
        }
        JobFailures failures;
        TRY_VOID(train_jobs(request.models, jobs, &failures));
        for (Candidate& one : candidates) {
            TRY_VOID(judge(request, writers[one.course->window], failures, one));
        }
        remove_inputs({}, jobs);
    }
}

/// The error: nothing could be trained.
std::expected<void, RunFailure> choose(const ModelConfig& models, FamilySearch& found) {
    for (std::size_t i = 0; i < found.trials.size(); ++i) {
        const std::optional<double>& loss = found.trials[i].loss;
        const std::optional<double>& least = found.trials[found.best].loss;
        if (loss && (!least || *loss < *least)) found.best = i;
    }
    if (found.trials[found.best].loss) return {};
    const auto family = ml::to_string(models.plan.families[found.family].family);
    std::string first = found.trials.front().failure;
    // the trainer's refusal of a setting is about the one that is searched
    const std::string own = fmt::format("models.{}.", family);
    if (first.starts_with(own)) {
        first = fmt::format("models.search.{}.{}", family, first.substr(own.size()));
    }
    return std::unexpected(RunFailure{
        kExitBadInput, fmt::format("{} (so the first of {} candidates of models.search.{}, of "
                                   "which none could be trained)",
                                   first, found.trials.size(), family)});
}

void say_beforehand(const SettingsSearchRequest& request) {
    const SettingsSearch& wanted = *request.models.search;
    std::string names;
    for (const FamilySpace& one : wanted.families) {
        names += (names.empty() ? "" : ", ") + std::string{ml::to_string(one.family)};
    }
    fmt::print(stderr, "search of settings: {} trials of {} in {} windows, {} trainings at most\n",
               wanted.trials, names, request.windows.size(),
               wanted.trials * wanted.families.size() * request.windows.size() *
                   request.models.plan.inner_folds);
}

}  // namespace

std::expected<std::vector<WindowSearch>, RunFailure> search_settings(
    const SettingsSearchRequest& request) {
    const ModelConfig& models = request.models;
    std::vector<WindowSearch> out(request.windows.size(), {.families = {}, .plan = models.plan});
    if (!models.search) return out;
    const WorkFolder work = TRY(WorkFolder::open(request.folder));
    const auto writer = work.writer(request.data, models.plan);
    std::vector<SplitWriter> writers;
    std::vector<std::string> arrays;
    for (const auto& window : request.windows) {
        auto splits = writer.split(
            window.train,
            {.folds = models.plan.inner_folds, .test_folds = 1, .embargo = models.plan.embargo});
        if (!splits) {
            return std::unexpected(RunFailure{kExitBadInput, "models.search: " + splits.error()});
        }
        arrays.push_back(splits->arrays());
        writers.push_back(std::move(*splits));
    }
    std::vector<Course> courses = TRY(courses_of(request));
    say_beforehand(request);
    TRY_VOID(run_all(request, writers, courses));
    remove_inputs(arrays, {});
    for (Course& course : courses) {
        TRY_VOID(choose(models, course.found));
        WindowSearch& window = out[course.window];
        window.plan.families[course.found.family] = course.found.trials[course.found.best].plan;
        window.families.push_back(std::move(course.found));
    }
    return out;
}

Json search_json(const ModelConfig& models) {
    if (!models.search) return nullptr;
    return {{"sampler", research::to_string(models.search->sampler)},
            {"trials", models.search->trials},
            {"seed", models.search->seed},
            {"folds", models.plan.inner_folds}};
}

Json window_search_json(const ModelConfig& models, const WindowSearch& window) {
    Json out = Json::array();
    for (const FamilySearch& one : window.families) {
        const ml::Family family = models.plan.families[one.family].family;
        Json trials = Json::array();
        for (std::size_t i = 0; i < one.trials.size(); ++i) {
            const SettingsTrial& trial = one.trials[i];
            trials.push_back(
                {{"number", i},
                 {"settings", trial.settings},
                 {"loss", number(trial.loss)},
                 {"failure", trial.failure.empty() ? Json(nullptr) : Json(trial.failure)}});
        }
        const SettingsTrial& best = one.trials[one.best];
        out.push_back({{"family", ml::to_string(family)},
                       {"chosen", best.settings},
                       {"loss", number(best.loss)},
                       {"trials", std::move(trials)}});
    }
    return out;
}

std::string settings_text(const Json& settings) {
    std::string out;
    for (const auto& [name, value] : settings.items()) {
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", name,
                           value.is_string() ? value.get<std::string>() : value.dump());
    }
    return out;
}

void add_search_rows(const Json& window, Table& table) {
    for (const Json& one : window) {
        const Json* worst = nullptr;
        std::size_t failed = 0;
        for (const Json& trial : one["trials"]) {
            if (trial["loss"].is_null()) {
                ++failed;
            } else if (worst == nullptr || trial["loss"] > (*worst)["loss"]) {
                worst = &trial;
            }
        }
        std::string text =
            fmt::format("{}; held-out loss {} of {} trials, worst {}", settings_text(one["chosen"]),
                        shown(one["loss"]), one["trials"].size(), shown((*worst)["loss"]));
        if (failed > 0) text += fmt::format(", {} could not be trained", failed);
        table.row("Settings of " + one["family"].get<std::string>(), std::move(text));
    }
}

std::string chosen_text(const Json& window) {
    std::string out;
    for (const Json& one : window) {
        out += fmt::format("{}{} {}", out.empty() ? "" : "; ", one["family"].get<std::string>(),
                           settings_text(one["chosen"]));
    }
    return out;
}

}  // namespace tradewind::apps
