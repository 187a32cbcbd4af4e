// SPDX-License-Identifier: Apache-2.0
#include "apps/model_meta.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/model_run.hpp"
#include "apps/model_shelf.hpp"
#include "base/try.hpp"
#include "research/models/meta.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::models::FoldEnsemble;
using research::models::FoldJobs;
using research::models::MetaRows;
using research::models::ModelJob;

constexpr std::string_view kSection = "models.meta";

std::expected<void, std::string> in_section(std::string_view text) {
    return std::unexpected(fmt::format("{}: {}", kSection, text));
}

template <typename T>
std::expected<T, RunFailure> or_bad_section(std::expected<T, std::string> result) {
    if (result) return std::move(*result);
    return std::unexpected(RunFailure{kExitBadInput, in_section(result.error()).error()});
}

/// Settings of the family that trains the meta model are told as they are written.
RunFailure renamed(RunFailure failure, ml::Family family) {
    const std::string theirs = fmt::format("models.{}.", ml::to_string(family));
    if (failure.text.starts_with(theirs)) {
        failure.text = fmt::format("{}.{}", kSection, failure.text.substr(theirs.size()));
    }
    return failure;
}

double value_of(const Json& meta, const char* name) { return meta[name].get<double>(); }

}  // namespace

std::expected<void, std::string> settle_meta(const ModelData& data, ModelConfig& models) {
    if (!models.meta || models.meta->features.empty()) return {};
    const auto& columns = data.set.meaning().columns;
    auto& inputs = models.meta->settings.family.inputs;
    inputs.clear();
    for (const std::string& name : models.meta->features) {
        const auto found = std::find(columns.begin(), columns.end(), name);
        if (found == columns.end()) {
            return std::unexpected(fmt::format("{}.features: there is no feature {}; there are {}",
                                               kSection, name, fmt::join(columns, ", ")));
        }
        inputs.push_back(static_cast<std::uint32_t>(found - columns.begin()));
    }
    for (std::size_t i = 0; i < ml::kSideColumns.size(); ++i) {
        inputs.push_back(static_cast<std::uint32_t>(columns.size() + i));
    }
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    return {};
}

std::expected<void, std::string> check_meta_strategy(const RunConfig& config,
                                                     const ModelConfig& models) {
    if (models.meta) return {};
    for (const StrategyConfig& strategy : config.strategies) {
        for (const auto& [name, value] : strategy.params.entries) {
            if (name != "act" && (name != "bet" || value != "meta")) continue;
            return std::unexpected(fmt::format(
                "strategy.{}: there is no meta model to ask; write a section [models.meta], or "
                "leave it out",
                name));
        }
    }
    return {};
}

std::expected<void, RunFailure> add_metas(const ModelData& data, const ModelConfig& models,
                                          const std::string& folder,
                                          std::span<const MetaCase> cases) {
    if (!models.meta) return {};
    const auto& settings = models.meta->settings;
    const auto ensemble = TRY(or_bad_input(ensemble_settings(models, data.set.meaning().columns)));
    ModelConfig own = models;
    own.plan = meta_plan(models.plan, settings);
    const auto work = TRY(WorkFolder::open(folder));
    const auto writer = work.writer(data, own.plan);
    std::vector<MetaRows> rows;
    std::vector<FoldJobs> folds;
    std::vector<ModelJob> jobs;
    std::vector<std::string> arrays;
    for (const MetaCase& one : cases) {
        rows.push_back(TRY(or_bad_section(research::models::meta_rows_of(
            data.set, models.plan, *one.fold, ensemble, *one.ensemble, settings))));
        folds.push_back(TRY(or_bad_section(writer.write(rows.back().rows, rows.back().arrays))));
        jobs.insert(jobs.end(), folds.back().jobs.begin(), folds.back().jobs.end());
        arrays.push_back(folds.back().arrays);
    }
    if (auto done = train_jobs(own, jobs); !done) {
        return std::unexpected(renamed(std::move(done.error()), settings.family.family));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        auto trained = TRY(or_failed(research::models::load_meta(rows[i], folds[i])));
        research::models::add_meta(data.set, settings, rows[i], std::move(trained),
                                   *cases[i].ensemble);
    }
    remove_inputs(arrays, jobs);
    return {};
}

Json meta_json(const ModelData& data, const ModelConfig& models,
               std::span<const FoldEnsemble> folds) {
    if (!models.meta) return nullptr;
    const auto& settings = models.meta->settings;
    std::size_t trained = 0;
    Json addresses = Json::array();
    for (const FoldEnsemble& fold : folds) {
        trained += fold.meta->rows;
        addresses.push_back(fold.meta->model.address);
    }
    Json out{{"family", ml::to_string(settings.family.family)},
             {"models", std::move(addresses)},
             {"cost_bps", settings.cost_bps},
             {"train_rows", trained}};
    out.update(to_json(
        research::models::judge_meta(data.set, settings.cost_bps, models.meta->act, folds)));
    return out;
}

void add_meta_row(const Json& meta, Table& table) {
    if (meta.is_null()) return;
    table.row(fmt::format("meta model ({})", meta["family"].get<std::string>()),
              fmt::format("right {} where above {:g}, on {} of the sides taken (all: {}, the rest: "
                          "{}), AUC {} (chance 0.5 ± {})",
                          shown(meta["precision"]), value_of(meta, "act"), shown(meta["coverage"]),
                          shown(meta["base_rate"]), shown(meta["precision_of_rest"]),
                          shown(meta["auc"]), shown(meta["auc_deviation_by_chance"])));
}

Json meta_table(const std::vector<NamedMeta>& all) {
    Json rows = Json::array();
    for (const auto& [name, told] : all) {
        const Json& meta = *told;
        if (meta.is_null()) return nullptr;
        rows.push_back({name, fmt::format("{}", meta["rows"].get<std::size_t>()), meta["base_rate"],
                        meta["precision"], meta["precision_of_rest"], meta["coverage"],
                        meta["recall"], meta["auc"], meta["log_loss"], meta["base_log_loss"],
                        meta["calibration_error"]});
    }
    if (rows.empty()) return nullptr;
    return {{"note", fmt::format("right sides, and those of the sides whose meta probability was "
                                 "above {:g}",
                                 value_of(*all.front().meta, "act"))},
            {"head",
             {"Ensemble", "Sides taken", "Right", "Right where acted", "Right of the rest",
              "Coverage", "Recall", "AUC", "Log loss", "Of the base rate", "Calibration error"}},
            {"rows", std::move(rows)}};
}

std::vector<std::string> meta_doubts(const Json& meta) {
    if (meta.is_null() || !meta["auc"].is_number() ||
        !meta["auc_deviation_by_chance"].is_number()) {
        return {};
    }
    const double auc = value_of(meta, "auc");
    const double most = 0.5 + ml::kTwoSided95 * value_of(meta, "auc_deviation_by_chance");
    if (auc > most) return {};
    return {
        fmt::format("The meta model's AUC, {:.4f}, is not above the {:.4f} that chance reaches: "
                    "there is no sign that it knows when the ensemble is right.",
                    auc, most)};
}

}  // namespace tradewind::apps
