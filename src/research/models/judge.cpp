// SPDX-License-Identifier: Apache-2.0
#include "research/models/judge.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "ml/predictor.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::ordered_json;
using labels::Places;

constexpr std::size_t kBins = 10;
std::optional<double> base_log_loss(std::span<const std::uint32_t> classes, std::size_t k) {
    if (classes.empty()) return std::nullopt;
    std::vector<double> counts(k);
    for (const std::uint32_t c : classes) counts[c] += 1;
    double out = 0;
    const auto n = static_cast<double>(classes.size());
    for (const double count : counts) {
        if (count > 0) out -= count / n * std::log(count / n);
    }
    return out;
}

Json number(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json means_json(std::span<const ml::QuantileReturn> quantiles) {
    Json out = Json::array();
    for (const ml::QuantileReturn& quantile : quantiles) out.push_back(number(quantile.mean));
    return out;
}

/// What a judgement of classes and one of numbers both begin with.
Json right_json(const Judgement& one) {
    const auto of_accuracy = [&](double ml::Accuracy::* member) {
        return one.accuracy ? Json((*one.accuracy).*member) : Json(nullptr);
    };
    Json interval = nullptr;
    if (one.accuracy) {
        interval = Json::array({one.accuracy->interval.low, one.accuracy->interval.high});
    }
    return {{"rows", one.rows},
            {"accuracy", of_accuracy(&ml::Accuracy::value)},
            {"accuracy_interval", std::move(interval)},
            {"base_rate", of_accuracy(&ml::Accuracy::base_rate)},
            {"coverage", number(one.coverage)}};
}

/// And what both end with.
Json ranks_json(const Judgement& one) {
    return {{"ic", number(one.ic)},
            {"rank_ic", number(one.rank_ic)},
            {"icir", one.icir ? Json(one.icir->ratio) : Json(nullptr)},
            {"ic_t", one.icir ? Json(one.icir->t) : Json(nullptr)},
            {"ic_periods", one.icir ? Json(one.icir->periods) : Json(nullptr)},
            {"quantile_returns", means_json(one.quantile_returns)}};
}

Json numbers_json(const NumberQuality& one) {
    Json levels = Json::array();
    for (const LevelLoss& level : one.pinball) {
        levels.push_back({{"level", level.level},
                          {"loss", number(level.loss)},
                          {"base", number(level.base)},
                          {"below", number(level.below)}});
    }
    return {{"mae", number(one.mae)},
            {"base_mae", number(one.base_mae)},
            {"rmse", number(one.rmse)},
            {"base_rmse", number(one.base_rmse)},
            {"r_squared", number(one.r_squared)},
            {"pinball_loss", number(one.pinball_loss)},
            {"base_pinball_loss", number(one.base_pinball_loss)},
            {"pinball", std::move(levels)},
            {"interval_nominal", number(one.interval_nominal)},
            {"interval_coverage", number(one.interval_coverage)},
            {"interval_width", number(one.interval_width)},
            {"qlike", number(one.qlike)},
            {"base_qlike", number(one.base_qlike)},
            {"quantile_labels", means_json(one.quantile_labels)}};
}

}  // namespace

std::vector<std::uint32_t> classes_of(const Rows& rows, const ml::Target& target, Places& places) {
    std::vector<std::uint32_t> out;
    Places kept;
    for (const std::size_t row : places) {
        const auto level = std::find(target.levels.begin(), target.levels.end(), rows.label[row]);
        if (level == target.levels.end()) continue;
        kept.push_back(row);
        out.push_back(static_cast<std::uint32_t>(level - target.levels.begin()));
    }
    places = std::move(kept);
    return out;
}

std::vector<double> probabilities_of(std::span<const float> scores, std::size_t k) {
    std::vector<double> out(scores.size());
    for (std::size_t row = 0; row + k <= scores.size(); row += k) {
        const auto one = scores.subspan(row, k);
        const auto top = static_cast<double>(*std::max_element(one.begin(), one.end()));
        double sum = 0;
        for (std::size_t i = 0; i < k; ++i)
            sum += out[row + i] = std::exp(static_cast<double>(one[i]) - top);
        for (std::size_t i = 0; i < k; ++i) out[row + i] /= sum;
    }
    return out;
}

std::vector<double> expectations_of(std::span<const double> probabilities,
                                    const ml::Target& target) {
    const std::size_t k = target.levels.size();
    std::vector<double> out(probabilities.size() / k);
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        out[i / k] += probabilities[i] * target.levels[i % k];
    }
    return out;
}

void take_ranks(const Ranks& ranks, Judgement& out) {
    out.ic = ranks.ic;
    out.rank_ic = ranks.rank_ic;
    out.icir = ranks.icir;
    out.quantile_returns = ranks.quantile_returns;
}

Judgement judge(const Judged& what) {
    const std::size_t k = what.target.levels.size();
    ASSERT(what.classes.size() == what.places.size());
    const ml::ClassRows rows{.classes = k,
                             .probabilities = what.probabilities,
                             .truth = what.classes,
                             .abstains = what.abstains};
    Judgement out{.rows = what.places.size(),
                  .accuracy = ml::accuracy(rows),
                  .coverage = ml::coverage(rows),
                  .log_loss = ml::log_loss(rows),
                  .base_log_loss = base_log_loss(what.classes, k),
                  .brier = ml::brier(rows),
                  .auc = ml::auc(rows),
                  .calibration_error = std::nullopt,
                  .ic = std::nullopt,
                  .rank_ic = std::nullopt,
                  .icir = std::nullopt};
    std::vector<double> highest;
    std::vector<std::uint8_t> came;
    for (std::size_t i = 0; i < what.places.size(); ++i) {
        highest.push_back(what.probabilities[i * k + k - 1]);
        came.push_back(what.classes[i] == k - 1 ? 1 : 0);
    }
    out.calibration = ml::calibration_curve(highest, came, kBins, ml::Bins::equal_count);
    out.calibration_error = ml::expected_calibration_error(out.calibration);
    out.confusion = ml::confusion(rows);
    const std::vector<double> expected = expectations_of(what.probabilities, what.target);
    std::vector<double> outcomes;
    for (const std::size_t row : what.places) outcomes.push_back(what.rows.outcome[row]);
    take_ranks(ranks_of({.rows = what.rows,
                         .places = what.places,
                         .scores = expected,
                         .values = outcomes,
                         .horizon_rows = what.horizon_rows}),
               out);
    return out;
}

std::optional<double> accuracy_of(const Judgement& one) {
    return one.accuracy ? std::optional{one.accuracy->value} : std::nullopt;
}

std::optional<double> base_rate_of(const Judgement& one) {
    return one.accuracy ? std::optional{one.accuracy->base_rate} : std::nullopt;
}

Json to_json(const Judgement& one) {
    Json out = right_json(one);
    if (one.numbers) {
        out.update(numbers_json(*one.numbers));
        out.update(ranks_json(one));
        return out;
    }
    Json curve = Json::array();
    for (const ml::CalibrationBin& bin : one.calibration) {
        curve.push_back(
            {{"predicted", bin.predicted}, {"realised", bin.realised}, {"rows", bin.weight}});
    }
    out.update(Json{{"log_loss", number(one.log_loss)},
                    {"base_log_loss", number(one.base_log_loss)},
                    {"brier", number(one.brier)},
                    {"auc", number(one.auc)},
                    {"calibration_error", number(one.calibration_error)},
                    {"calibration", std::move(curve)},
                    {"confusion", one.confusion}});
    out.update(ranks_json(one));
    return out;
}

}  // namespace tradewind::research::models
