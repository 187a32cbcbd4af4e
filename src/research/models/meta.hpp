// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ml/meta.hpp"
#include "research/models/fold_ensemble.hpp"
#include "research/models/fold_jobs.hpp"

/// Meta-labelling: a second model that says when the ensemble is to be believed (Lopez de Prado,
/// Advances in Financial Machine Learning, 2018, 3.6).
namespace tradewind::research::models {

struct MetaSettings {
    FamilyPlan family{.family = ml::Family::xgboost};  ///< reads one row; `inputs` are of
                                                       ///< `ml::meta_columns`
    double cost_bps = 0;  ///< acting is right where the return on its side is above it
    ml::CalibrationMethod calibration = ml::CalibrationMethod::temperature;
};

/// How a meta model is trained: as the models of `plan` are, with its inner folds.
[[nodiscard]] ModelPlan meta_plan(const ModelPlan& plan, const MetaSettings& settings);

/// What a meta model learns from: rows of the training window on which the ensemble took a side
/// without having seen them. Labels are 1 where acting on it was right, else 0, with spans and
/// weights of the rows' own labels.
struct MetaRows {
    Rows rows;              ///< features [rows, ml::meta_columns]
    ml::TensorFile arrays;  ///< as the trainer reads them
};
/// `ensemble`: of this fold, without a meta model yet. The error is one line.
[[nodiscard]] std::expected<MetaRows, std::string> meta_rows_of(
    const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
    const ml::EnsembleSettings& ensemble_settings, const FoldEnsemble& ensemble,
    const MetaSettings& settings);

/// A meta model, and what others like it said of rows that they had not seen.
struct MetaModels {
    TrainedModel model;
    labels::Places held_out;    ///< rows of MetaRows
    std::vector<float> scores;  ///< [held_out, 2]
};
/// Reads what was trained on `rows`. The error is one line that names a file.
[[nodiscard]] std::expected<MetaModels, std::string> load_meta(const MetaRows& rows,
                                                               const FoldJobs& jobs);

/// Calibrates the meta model on what the others said, makes it a part of the ensemble, which has
/// another address then, and lets it speak of the test rows.
void add_meta(const TrainingSet& set, const MetaSettings& settings, const MetaRows& rows,
              MetaModels models, FoldEnsemble& out);

/// How good meta models were on test rows on which their ensembles took a side.
struct MetaJudgement {
    std::size_t rows = 0;
    std::optional<double> base_rate;  ///< share of sides that were right
    std::optional<double> accuracy;   ///< of the likelier: right or wrong
    std::optional<double> auc;
    /// Standard deviation of the AUC where there is nothing to find (Mann and Whitney 1947).
    std::optional<double> auc_deviation_by_chance;
    std::optional<double> log_loss;
    std::optional<double> base_log_loss;  ///< of the base rate
    std::optional<double> calibration_error;
    double act = 0.5;                                ///< above it one would have acted
    std::size_t acted = 0;                           ///< rows
    std::optional<double> coverage;                  ///< share of rows acted on
    std::optional<double> precision;                 ///< share of right sides among them
    std::optional<ml::Interval> precision_interval;  ///< Wilson's, 95%
    std::optional<double> precision_of_rest;         ///< among the others
    std::optional<double> recall;                    ///< share of the right sides acted on
    /// Share of rows whose likeliest class came true.
    std::optional<double> primary_accuracy;
    std::optional<double> primary_accuracy_acted;
};
/// `folds` with meta models (ASSERT).
[[nodiscard]] MetaJudgement judge_meta(const TrainingSet& set, double cost_bps, double act,
                                       std::span<const FoldEnsemble> folds);
[[nodiscard]] nlohmann::ordered_json to_json(const MetaJudgement& judgement);

}  // namespace tradewind::research::models
