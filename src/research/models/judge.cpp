// SPDX-License-Identifier: Apache-2.0
#include "research/models/judge.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/assert.hpp"
#include "domain/time.hpp"
#include "ml/predictor.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::ordered_json;
using labels::Places;

constexpr std::size_t kBins = 10;
constexpr std::size_t kQuantiles = 5;
constexpr double kCrossSectionLeast = 5;

/// Rows in the order of time, and where periods begin among them.
struct ByPeriod {
    std::vector<double> scores;
    std::vector<double> values;
    std::vector<std::size_t> starts;
};

std::int64_t month_of(std::int64_t known_at) {
    const std::chrono::year_month_day date{utc_date({known_at})};
    return std::int64_t{int{date.year()}} * 12 + unsigned{date.month()};
}

/// Of instants one in `every` is taken.
ByPeriod by_period(const Judged& what, std::span<const double> expected, std::size_t every) {
    std::vector<std::size_t> order(what.places.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto known = [&](std::size_t i) { return what.rows.known_at[what.places[i]]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return known(a) != known(b) ? known(a) < known(b) : a < b;
    });
    std::size_t instants = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        instants += i == 0 || known(order[i]) != known(order[i - 1]) ? 1U : 0U;
    }
    const bool is_wide =
        static_cast<double>(order.size()) >=
        kCrossSectionLeast * static_cast<double>(std::max<std::size_t>(1, instants));
    const auto period = [&](std::size_t i) {
        return is_wide ? known(order[i]) : month_of(known(order[i]));
    };
    ByPeriod out;
    std::size_t periods = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool begins = i == 0 || period(i) != period(i - 1);
        periods += begins ? 1U : 0U;
        if (is_wide && (periods - 1) % every != 0) continue;
        if (begins) out.starts.push_back(out.scores.size());
        out.scores.push_back(expected[order[i]]);
        out.values.push_back(what.rows.outcome[what.places[order[i]]]);
    }
    out.starts.push_back(out.scores.size());
    return out;
}

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

void judge_ranks(const Judged& what, Judgement& out) {
    const std::vector<double> expected = expectations_of(what.probabilities, what.target);
    const ByPeriod all = by_period(what, expected, 1);
    out.ic = ml::information_coefficient(all.scores, all.values);
    out.rank_ic = ml::rank_information_coefficient(all.scores, all.values);
    out.quantile_returns = ml::quantile_returns(all.scores, all.values, kQuantiles);
    const ByPeriod periods = by_period(what, expected, std::max<std::size_t>(1, what.horizon_rows));
    out.icir = ml::icir(ml::information_coefficients(
        {.scores = periods.scores, .values = periods.values, .starts = periods.starts},
        ml::Correlation::spearman));
}

Json number(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
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
    judge_ranks(what, out);
    return out;
}

std::optional<double> accuracy_of(const Judgement& one) {
    return one.accuracy ? std::optional{one.accuracy->value} : std::nullopt;
}

std::optional<double> base_rate_of(const Judgement& one) {
    return one.accuracy ? std::optional{one.accuracy->base_rate} : std::nullopt;
}

Json to_json(const Judgement& one) {
    Json curve = Json::array(), quantiles = Json::array();
    for (const ml::CalibrationBin& bin : one.calibration) {
        curve.push_back(
            {{"predicted", bin.predicted}, {"realised", bin.realised}, {"rows", bin.weight}});
    }
    for (const ml::QuantileReturn& quantile : one.quantile_returns) {
        quantiles.push_back(number(quantile.mean));
    }
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
            {"coverage", number(one.coverage)},
            {"log_loss", number(one.log_loss)},
            {"base_log_loss", number(one.base_log_loss)},
            {"brier", number(one.brier)},
            {"auc", number(one.auc)},
            {"calibration_error", number(one.calibration_error)},
            {"calibration", std::move(curve)},
            {"confusion", one.confusion},
            {"ic", number(one.ic)},
            {"rank_ic", number(one.rank_ic)},
            {"icir", one.icir ? Json(one.icir->ratio) : Json(nullptr)},
            {"ic_t", one.icir ? Json(one.icir->t) : Json(nullptr)},
            {"ic_periods", one.icir ? Json(one.icir->periods) : Json(nullptr)},
            {"quantile_returns", std::move(quantiles)}};
}

}  // namespace tradewind::research::models
