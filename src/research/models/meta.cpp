// SPDX-License-Identifier: Apache-2.0
#include "research/models/meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/ensemble.hpp"

namespace tradewind::research::models {
namespace {

using labels::Places;
using Json = nlohmann::ordered_json;

constexpr double kBps = 1e-4;
constexpr std::size_t kCalibrationBins = 10;

/// Whether the return that came was on the side, by more than the cost.
bool is_right(double side, double outcome, double cost_bps) {
    return side * outcome > cost_bps * kBps;
}

/// A row of features of the set.
std::span<const float> features_of(const TrainingSet& set, std::size_t row) {
    return {set.all().features.data() + row * set.columns(), set.columns()};
}

Json description_of(const TrainingSet& set, const FoldEnsemble& ensemble, double cost_bps) {
    Json symbols = Json::array();
    for (const SeriesRows& one : set.series()) symbols.push_back(one.symbol);
    const ml::RowsOrigin& origin = ensemble.card.origin;
    const std::string label = ml::meta_label(origin.label, cost_bps);
    return {{"kind", "rows"},
            {"schema_hash", origin.schema_hash},
            {"columns", ml::meta_columns(origin.columns)},
            {"label", label},
            {"label_hash", ml::meta_label_hash(label, ensemble.address)},
            {"horizon_rows", origin.horizon_rows},
            {"symbols", std::move(symbols)},
            {"bars", origin.bars}};
}

ml::TensorFile arrays_of(const Rows& rows, const Json& description) {
    const std::vector<std::int64_t> starts(rows.starts.begin(), rows.starts.end());
    const std::size_t n = rows.size();
    return {.description = description.dump(),
            .tensors = {ml::tensor("features", {n, description["columns"].size()}, rows.features),
                        ml::tensor("starts", {starts.size()}, starts),
                        ml::tensor("known_at", {n}, rows.known_at),
                        ml::tensor("until", {n}, rows.until), ml::tensor("label", {n}, rows.label),
                        ml::tensor("weight", {n}, rows.weight)}};
}

/// The same scores as probabilities of the two classes; a class that never came leaves them as they
/// are.
ml::Calibration calibration_of(ml::CalibrationMethod method, const MetaRows& rows,
                               const MetaModels& models) {
    std::vector<std::uint32_t> truth;
    std::vector<double> weights;
    for (const std::size_t row : models.held_out) {
        truth.push_back(rows.rows.label[row] > 0 ? 1 : 0);
        weights.push_back(rows.rows.weight[row]);
    }
    const std::vector<double> said = probabilities_of(models.scores, 2);
    auto out = ml::fit_calibration(
        method, {.classes = 2, .probabilities = said, .truth = truth, .weights = weights});
    return out ? std::move(*out) : ml::Calibration{};
}

/// Sides of test rows, what was said of them and what came.
struct MetaTold {
    std::vector<double> chances;
    std::vector<std::uint8_t> right;
    std::vector<std::uint8_t> acted;
    std::vector<std::uint8_t> primary_right;  ///< its likeliest class came
};

void append(const TrainingSet& set, double cost_bps, double act, const FoldEnsemble& fold,
            MetaTold& out) {
    ASSERT(fold.meta.has_value());
    const std::size_t k = fold.card.target.levels.size();
    for (std::size_t i = 0; i < fold.test.size(); ++i) {
        const ml::TakenSide& taken = fold.sides[i];
        if (taken.side == 0) continue;
        const double chance = fold.meta->chances[i];
        out.chances.push_back(chance);
        out.right.push_back(is_right(taken.side, set.all().outcome[fold.test[i]], cost_bps) ? 1
                                                                                            : 0);
        out.acted.push_back(chance > act ? 1 : 0);
        const auto first = fold.probabilities.begin() + static_cast<std::ptrdiff_t>(i * k);
        const auto likeliest =
            std::max_element(first, first + static_cast<std::ptrdiff_t>(k)) - first;
        out.primary_right.push_back(static_cast<std::size_t>(likeliest) == fold.classes[i] ? 1 : 0);
    }
}

std::size_t count(const std::vector<std::uint8_t>& flags) {
    return static_cast<std::size_t>(std::count(flags.begin(), flags.end(), 1));
}
std::size_t count_both(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < a.size(); ++i) out += a[i] != 0 && b[i] != 0 ? 1U : 0U;
    return out;
}
std::optional<double> share(std::size_t part, std::size_t whole) {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
}

/// Of probabilities of two classes.
void judge_chances(const MetaTold& told, MetaJudgement& out) {
    std::vector<double> probabilities;
    for (const double p : told.chances) probabilities.insert(probabilities.end(), {1 - p, p});
    const std::vector<std::uint32_t> truth{told.right.begin(), told.right.end()};
    const ml::ClassRows rows{.classes = 2, .probabilities = probabilities, .truth = truth};
    if (const auto accuracy = ml::accuracy(rows)) out.accuracy = accuracy->value;
    out.log_loss = ml::log_loss(rows);
    out.auc = ml::auc(told.chances, told.right);
    out.calibration_error = ml::expected_calibration_error(
        ml::calibration_curve(told.chances, told.right, kCalibrationBins));
    const auto right = static_cast<double>(count(told.right));
    const double wrong = static_cast<double>(told.right.size()) - right;
    if (right == 0 || wrong == 0) return;
    const double n = right + wrong;
    out.auc_deviation_by_chance = std::sqrt((n + 1) / (12 * right * wrong));
    out.base_log_loss = -(right * std::log(right / n) + wrong * std::log(wrong / n)) / n;
}

}  // namespace

ModelPlan meta_plan(const ModelPlan& plan, const MetaSettings& settings) {
    return {.families = {settings.family},
            .target = ml::meta_target(),
            .seeds = {plan.seeds.front()},
            .inner_folds = plan.inner_folds,
            .validation_share = plan.validation_share,
            .embargo = plan.embargo,
            .missing_max = 1};
}

std::expected<MetaRows, std::string> meta_rows_of(const TrainingSet& set, const ModelPlan& plan,
                                                  const FoldModels& fold,
                                                  const ml::EnsembleSettings& ensemble_settings,
                                                  const FoldEnsemble& ensemble,
                                                  const MetaSettings& settings) {
    const auto sides = TRY(out_of_fold_sides(set, plan, fold, ensemble_settings));
    // labels and weights as they were known then, which of all rows they are not
    const Rows known = set.known(fold.window.train);
    const std::size_t columns = set.columns() + ml::kSideColumns.size();
    MetaRows out;
    Rows& rows = out.rows;
    for (std::size_t s = 0; s + 1 < known.starts.size(); ++s) {
        for (std::size_t row = known.starts[s]; row < known.starts[s + 1]; ++row) {
            const std::size_t in_all = set.row_in_all(known, row);
            const auto at = std::lower_bound(fold.train.begin(), fold.train.end(), in_all);
            if (at == fold.train.end() || *at != in_all) continue;
            const ml::TakenSide& taken = sides[static_cast<std::size_t>(at - fold.train.begin())];
            if (taken.side == 0) continue;
            rows.known_at.push_back(known.known_at[row]);
            rows.until.push_back(known.until[row]);
            rows.label.push_back(is_right(taken.side, known.outcome[row], settings.cost_bps) ? 1
                                                                                             : 0);
            rows.weight.push_back(known.weight[row]);
            rows.outcome.push_back(known.outcome[row]);
            rows.features.resize(rows.features.size() + columns);
            ml::fill_meta_row(features_of(set, in_all), taken,
                              std::span{rows.features}.last(columns));
        }
        rows.starts.push_back(rows.known_at.size());
    }
    const auto right = std::count(rows.label.begin(), rows.label.end(), 1.0);
    if (right == 0 || static_cast<std::size_t>(right) == rows.size()) {
        return std::unexpected(fmt::format(
            "the meta model has nothing to tell apart: of {} sides that the ensemble took while "
            "training {} were right{}; leave [models.meta] out, or take more data",
            rows.size(), right,
            settings.cost_bps > 0 ? fmt::format(" after {} bps", settings.cost_bps) : ""));
    }
    out.arrays = arrays_of(rows, description_of(set, ensemble, settings.cost_bps));
    return out;
}

std::expected<MetaModels, std::string> load_meta(const MetaRows& rows, const FoldJobs& jobs) {
    MetaModels out;
    for (const ModelJob& job : jobs.jobs) {
        TrainedModel trained = TRY(load_model(job));
        if (!job.inner) {
            out.model = std::move(trained);
            continue;
        }
        const Places& places = jobs.inner_test[*job.inner];
        const auto scores = scores_of(trained.model, rows.rows, places);
        out.held_out.insert(out.held_out.end(), places.begin(), places.end());
        out.scores.insert(out.scores.end(), scores.begin(), scores.end());
    }
    return out;
}

void add_meta(const TrainingSet& set, const MetaSettings& settings, const MetaRows& rows,
              MetaModels models, FoldEnsemble& out) {
    const ml::MetaPart part{.address = models.model.address,
                            .calibration = calibration_of(settings.calibration, rows, models),
                            .cost_bps = settings.cost_bps};
    auto predictor =
        ml::MetaPredictor::make(part, models.model.model, out.card.origin, out.address);
    ASSERT(predictor.has_value());
    FoldMeta meta{.model = std::move(models.model), .rows = rows.rows.size(), .chances = {}};
    for (std::size_t i = 0; i < out.test.size(); ++i) {
        meta.chances.push_back(
            out.sides[i].side == 0
                ? std::numeric_limits<double>::quiet_NaN()
                : predictor->chance(features_of(set, out.test[i]), out.sides[i]));
    }
    out.meta = std::move(meta);
    out.card.meta = part;
    out.bytes = ml::to_bytes(out.card);
    out.address = ml::address_of(out.bytes);
}

MetaJudgement judge_meta(const TrainingSet& set, double cost_bps, double act,
                         std::span<const FoldEnsemble> folds) {
    MetaTold told;
    for (const FoldEnsemble& fold : folds) append(set, cost_bps, act, fold, told);
    MetaJudgement out;
    out.rows = told.chances.size();
    out.act = act;
    out.acted = count(told.acted);
    const std::size_t right = count(told.right), both = count_both(told.right, told.acted);
    out.base_rate = share(right, out.rows);
    out.coverage = share(out.acted, out.rows);
    out.precision = share(both, out.acted);
    out.precision_interval = ml::wilson(static_cast<double>(both), static_cast<double>(out.acted));
    out.precision_of_rest = share(right - both, out.rows - out.acted);
    out.recall = share(both, right);
    out.primary_accuracy = share(count(told.primary_right), out.rows);
    out.primary_accuracy_acted = share(count_both(told.primary_right, told.acted), out.acted);
    judge_chances(told, out);
    return out;
}

Json to_json(const MetaJudgement& one) {
    const auto number = [](const std::optional<double>& value) {
        return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
    };
    Json interval = nullptr;
    if (one.precision_interval) {
        interval = Json::array({one.precision_interval->low, one.precision_interval->high});
    }
    return {{"rows", one.rows},
            {"base_rate", number(one.base_rate)},
            {"accuracy", number(one.accuracy)},
            {"auc", number(one.auc)},
            {"auc_deviation_by_chance", number(one.auc_deviation_by_chance)},
            {"log_loss", number(one.log_loss)},
            {"base_log_loss", number(one.base_log_loss)},
            {"calibration_error", number(one.calibration_error)},
            {"act", one.act},
            {"acted", one.acted},
            {"coverage", number(one.coverage)},
            {"precision", number(one.precision)},
            {"precision_interval", std::move(interval)},
            {"precision_of_rest", number(one.precision_of_rest)},
            {"recall", number(one.recall)},
            {"primary_accuracy", number(one.primary_accuracy)},
            {"primary_accuracy_acted", number(one.primary_accuracy_acted)}};
}

}  // namespace tradewind::research::models
