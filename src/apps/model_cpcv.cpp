// SPDX-License-Identifier: Apache-2.0
#include "apps/model_cpcv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/model_run.hpp"
#include "apps/model_shelf.hpp"
#include "base/try.hpp"
#include "research/models/cpcv.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::models::Judgement;
using research::models::ModelJob;
using research::models::NumberQuality;
using research::models::PathJudgements;

/// {mean, deviation, min, max, paths}; null where no path has the figure.
Json spread_json(const std::vector<std::optional<double>>& paths) {
    Json each = Json::array();
    std::vector<double> values;
    for (const auto& one : paths) {
        each.push_back(number(one));
        if (one && std::isfinite(*one)) values.push_back(*one);
    }
    if (values.empty()) return nullptr;
    const auto n = static_cast<double>(values.size());
    double mean = 0, squares = 0;
    for (const double x : values) mean += x / n;
    for (const double x : values) squares += (x - mean) * (x - mean);
    const double deviation = values.size() < 2 ? 0 : std::sqrt(squares / (n - 1));
    return {{"mean", mean},
            {"deviation", deviation},
            {"min", *std::min_element(values.begin(), values.end())},
            {"max", *std::max_element(values.begin(), values.end())},
            {"paths", std::move(each)}};
}

template <typename Get>
Json over_paths(const PathJudgements& model, const Get& get) {
    std::vector<std::optional<double>> values;
    for (const Judgement& path : model.paths) values.push_back(get(path));
    return spread_json(values);
}

Json model_json(const PathJudgements& model) {
    const auto plain = [&](std::optional<double> Judgement::* member) {
        return over_paths(model, [member](const Judgement& one) { return one.*member; });
    };
    const auto of_numbers = [&](std::optional<double> NumberQuality::* member) {
        return over_paths(model, [member](const Judgement& one) { return (*one.numbers).*member; });
    };
    Json out{{"family", model.name},
             {"accuracy", over_paths(model, research::models::accuracy_of)},
             {"base_rate", over_paths(model, research::models::base_rate_of)}};
    if (model.paths.front().numbers) {
        out.update(Json{{"mae", of_numbers(&NumberQuality::mae)},
                        {"base_mae", of_numbers(&NumberQuality::base_mae)},
                        {"rmse", of_numbers(&NumberQuality::rmse)},
                        {"base_rmse", of_numbers(&NumberQuality::base_rmse)},
                        {"r_squared", of_numbers(&NumberQuality::r_squared)},
                        {"pinball_loss", of_numbers(&NumberQuality::pinball_loss)},
                        {"base_pinball_loss", of_numbers(&NumberQuality::base_pinball_loss)},
                        {"qlike", of_numbers(&NumberQuality::qlike)},
                        {"base_qlike", of_numbers(&NumberQuality::base_qlike)}});
    } else {
        out.update(Json{{"log_loss", plain(&Judgement::log_loss)},
                        {"base_log_loss", plain(&Judgement::base_log_loss)},
                        {"brier", plain(&Judgement::brier)},
                        {"auc", plain(&Judgement::auc)}});
    }
    out["rank_ic"] = plain(&Judgement::rank_ic);
    return out;
}

std::string spread_text(const char* name, const Json& spread) {
    return fmt::format("{} {} ± {} ({} to {})", name, shown(spread["mean"]),
                       shown(spread["deviation"]), shown(spread["min"]), shown(spread["max"]));
}

std::string model_text(const Json& one) {
    std::string out;
    const auto add = [&](const char* title, const char* key) {
        if (!one.contains(key) || one[key].is_null()) return;
        out += (out.empty() ? "" : ", ") + spread_text(title, one[key]);
    };
    add("accuracy", "accuracy");
    add("log loss", "log_loss");
    add("AUC", "auc");
    add("R²", "r_squared");
    if (out.empty() || one.contains("r_squared")) add("rank IC", "rank_ic");
    return out;
}

}  // namespace

std::expected<Json, RunFailure> cpcv_json(const ModelData& data, const ModelConfig& models,
                                          const std::string& folder) {
    if (!models.cpcv) return Json(nullptr);
    research::labels::Combinations how = *models.cpcv;
    how.embargo = models.plan.embargo;
    const auto work = TRY(WorkFolder::open(folder));
    const auto writer = work.writer(data, models.plan);
    const auto named = [](const std::string& text) {
        return std::unexpected(RunFailure{kExitBadInput, "models.cpcv: " + text});
    };
    const auto splits = writer.split(data.span, how);
    if (!splits) return named(splits.error());
    const auto& families = models.plan.families;
    const std::size_t trainings = splits->splits().size() * families.size();
    const std::size_t paths = research::labels::backtest_paths(splits->splits(), how.folds).size();
    fmt::print(stderr, "combinatorial purged cross-validation: {} splits, {} paths, {} trainings\n",
               splits->splits().size(), paths, trainings);
    std::vector<std::vector<ModelJob>> jobs;
    for (std::size_t f = 0; f < families.size(); ++f) {
        auto written = splits->write(f, families[f]);
        if (!written) return named(written.error());
        jobs.push_back(std::move(*written));
    }
    std::vector<ModelJob> all;
    for (const auto& family : jobs) all.insert(all.end(), family.begin(), family.end());
    TRY_VOID(train_jobs(models, all));
    const auto judged =
        TRY(or_failed(research::models::judge_paths(data.set, models.plan, *splits, jobs)));
    remove_inputs({&splits->arrays(), 1}, all);
    Json told = Json::array();
    for (const PathJudgements& model : judged) told.push_back(model_json(model));
    return Json{{"groups", how.folds},
                {"test_groups", how.test_folds},
                {"splits", splits->splits().size()},
                {"paths", paths},
                {"trainings", trainings},
                {"rows", judged.front().paths.front().rows},
                {"ensemble", "mean"},
                {"models", std::move(told)}};
}

void add_cpcv_rows(const Json& cpcv, Table& table) {
    if (cpcv.is_null()) return;
    table.gap();
    table.row("Combinatorial purged cross-validation",
              fmt::format("{} paths of {} rows: mean ± deviation (least to most) over paths",
                          cpcv["paths"].dump(), cpcv["rows"].dump()));
    for (const Json& one : cpcv["models"]) {
        table.row("  " + one["family"].get<std::string>(), model_text(one));
    }
}

}  // namespace tradewind::apps
