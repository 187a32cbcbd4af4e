// SPDX-License-Identifier: Apache-2.0
#include "research/models/judge_numbers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"
#include "ml/number_ensemble.hpp"

namespace tradewind::research::models {
namespace {

using labels::LabelKind;

bool is_return(LabelKind kind) {
    return kind == LabelKind::simple_return || kind == LabelKind::log_return;
}

std::vector<double> labels_at(const Rows& rows, std::span<const std::size_t> places) {
    std::vector<double> out;
    out.reserve(places.size());
    for (const std::size_t row : places) out.push_back(rows.label[row]);
    return out;
}

std::vector<double> level_of(std::span<const double> scores, std::size_t k, std::size_t level) {
    std::vector<double> out;
    out.reserve(scores.size() / k);
    for (std::size_t i = level; i < scores.size(); i += k) out.push_back(scores[i]);
    return out;
}

std::optional<double> root(const std::optional<double>& x) {
    return x ? std::optional{std::sqrt(*x)} : std::nullopt;
}

/// Of signs: two classes, below 0 and above it.
std::optional<ml::Accuracy> sign_accuracy(const Forecasts& said, std::span<const double> truth) {
    std::vector<double> probabilities;
    std::vector<std::uint32_t> came;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] == 0 || (!said.abstains.empty() && said.abstains[i] != 0)) continue;
        const double up = said.expected[i] > 0 ? 1 : 0;
        probabilities.insert(probabilities.end(), {1 - up, up});
        came.push_back(truth[i] > 0 ? 1 : 0);
    }
    return ml::accuracy({.classes = 2, .probabilities = probabilities, .truth = came});
}

std::optional<double> share_said(const Forecasts& said) {
    if (said.places.empty()) return std::nullopt;
    const auto silent = std::count_if(said.abstains.begin(), said.abstains.end(),
                                      [](std::uint8_t one) { return one != 0; });
    return 1 - static_cast<double>(silent) / static_cast<double>(said.places.size());
}

std::optional<double> qlike(std::span<const double> forecast, std::span<const double> truth) {
    double sum = 0;
    std::size_t rows = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (!(truth[i] > 0)) continue;
        if (!(forecast[i] > 0)) return std::nullopt;
        const double ratio = truth[i] / forecast[i] * (truth[i] / forecast[i]);
        sum += ratio - std::log(ratio) - 1;
        ++rows;
    }
    if (rows == 0) return std::nullopt;
    return sum / static_cast<double>(rows);
}

std::optional<double> r_squared(const ml::ValueRows& said, const ml::ValueRows& base) {
    const auto own = ml::mean_squared_error(said), of_mean = ml::mean_squared_error(base);
    if (!own || !of_mean || !(*of_mean > 0)) return std::nullopt;
    return 1 - *own / *of_mean;
}

void judge_levels(const ml::Target& target, const Forecasts& said, std::span<const double> truth,
                  NumberQuality& out) {
    const std::size_t k = target.levels.size();
    double sum = 0, base_sum = 0;
    for (std::size_t level = 0; level < k; ++level) {
        const std::vector<double> own = level_of(said.scores, k, level),
                                  base = level_of(said.base_scores, k, level);
        LevelLoss one{.level = target.levels[level], .loss = {}, .base = {}, .below = {}};
        one.loss = ml::pinball_loss({.predicted = own, .truth = truth}, one.level);
        one.base = ml::pinball_loss({.predicted = base, .truth = truth}, one.level);
        if (!one.loss || !one.base) return;
        std::size_t below = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) below += truth[i] <= own[i] ? 1U : 0U;
        one.below = static_cast<double>(below) / static_cast<double>(truth.size());
        sum += *one.loss;
        base_sum += *one.base;
        out.pinball.push_back(one);
    }
    out.pinball_loss = sum / static_cast<double>(k);
    out.base_pinball_loss = base_sum / static_cast<double>(k);
}

}  // namespace

void Forecasts::append(const Forecasts& other) {
    const auto add = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    add(places, other.places);
    add(scores, other.scores);
    add(expected, other.expected);
    add(low, other.low);
    add(high, other.high);
    add(abstains, other.abstains);
    add(base_mean, other.base_mean);
    add(base_scores, other.base_scores);
    nominal = other.nominal;
}

void set_base(const Rows& rows, const ml::Target& target, std::span<const std::size_t> train,
              Forecasts& out) {
    const std::vector<double> known = labels_at(rows, train);
    ASSERT(!known.empty());
    const double mean =
        std::accumulate(known.begin(), known.end(), 0.0) / static_cast<double>(known.size());
    std::vector<double> each{mean};
    if (target.task == ml::Task::quantiles) {
        each.clear();
        for (const double level : target.levels) each.push_back(ml::quantile_of(known, level));
    }
    out.base_mean.assign(out.places.size(), mean);
    out.base_scores.clear();
    for (std::size_t i = 0; i < out.places.size(); ++i) {
        out.base_scores.insert(out.base_scores.end(), each.begin(), each.end());
    }
}

Judgement judge_numbers(const Rows& rows, const labels::LabelDefinition& label,
                        const ml::Target& target, const Forecasts& said) {
    const std::size_t n = said.places.size();
    ASSERT(said.expected.size() == n && said.scores.size() == n * target.scores());
    ASSERT(said.base_mean.size() == n && said.base_scores.size() == said.scores.size());
    const std::vector<double> truth = labels_at(rows, said.places);
    const ml::ValueRows own{.predicted = said.expected, .truth = truth},
        base{.predicted = said.base_mean, .truth = truth};
    NumberQuality numbers{.mae = ml::mean_absolute_error(own),
                          .base_mae = ml::mean_absolute_error(base),
                          .rmse = root(ml::mean_squared_error(own)),
                          .base_rmse = root(ml::mean_squared_error(base)),
                          .r_squared = r_squared(own, base)};
    if (target.task == ml::Task::quantiles) judge_levels(target, said, truth, numbers);
    if (!said.low.empty()) {
        const ml::IntervalRows interval{.low = said.low, .high = said.high, .truth = truth};
        numbers.interval_nominal = said.nominal;
        numbers.interval_coverage = ml::interval_coverage(interval);
        numbers.interval_width = ml::mean_width(interval);
    }
    if (label.kind() == LabelKind::volatility) {
        numbers.qlike = qlike(said.expected, truth);
        numbers.base_qlike = qlike(said.base_mean, truth);
    }
    const bool has_side = is_return(label.kind());
    std::vector<double> outcomes;
    for (const std::size_t row : said.places) outcomes.push_back(rows.outcome[row]);
    RankedRows ranked{.rows = rows,
                      .places = said.places,
                      .scores = said.expected,
                      .values = truth,
                      .horizon_rows = label.rows_ahead()};
    Ranks ranks = ranks_of(ranked);
    numbers.quantile_labels = ranks.quantile_returns;
    ranks.quantile_returns.clear();
    if (has_side) {
        ranked.values = outcomes;
        ranks = ranks_of(ranked);
    }
    Judgement out{.rows = n,
                  .accuracy = has_side ? sign_accuracy(said, truth) : std::nullopt,
                  .coverage = share_said(said),
                  .numbers = std::move(numbers),
                  .log_loss = std::nullopt,
                  .base_log_loss = std::nullopt,
                  .brier = std::nullopt,
                  .auc = std::nullopt,
                  .calibration_error = std::nullopt,
                  .ic = std::nullopt,
                  .rank_ic = std::nullopt,
                  .icir = std::nullopt};
    take_ranks(ranks, out);
    return out;
}

std::optional<double> loss_of(const ml::Target& target, std::span<const float> scores,
                              const Rows& rows, std::span<const std::size_t> places) {
    const std::size_t k = target.scores();
    ASSERT(scores.size() == places.size() * k);
    if (target.task == ml::Task::classes) {
        std::vector<double> probabilities;
        labels::Places kept{places.begin(), places.end()};
        const std::vector<std::uint32_t> classes = classes_of(rows, target, kept);
        const std::vector<double> all = probabilities_of(scores, k);
        for (std::size_t i = 0, at = 0; i < places.size() && at < kept.size(); ++i) {
            if (places[i] != kept[at]) continue;
            const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * k);
            probabilities.insert(probabilities.end(), first,
                                 first + static_cast<std::ptrdiff_t>(k));
            ++at;
        }
        return ml::log_loss({.classes = k, .probabilities = probabilities, .truth = classes});
    }
    const std::vector<double> said{scores.begin(), scores.end()}, truth = labels_at(rows, places);
    if (target.task == ml::Task::value) {
        return ml::mean_squared_error({.predicted = said, .truth = truth});
    }
    double sum = 0;
    for (std::size_t level = 0; level < k; ++level) {
        const std::vector<double> own = level_of(said, k, level);
        const auto one = ml::pinball_loss({.predicted = own, .truth = truth}, target.levels[level]);
        if (!one) return std::nullopt;
        sum += *one;
    }
    return sum / static_cast<double>(k);
}

}  // namespace tradewind::research::models
