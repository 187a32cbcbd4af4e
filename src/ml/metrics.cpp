// SPDX-License-Identifier: Apache-2.0
#include "ml/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"

namespace tradewind::ml {
namespace {

constexpr double kProbabilityMin = std::numeric_limits<double>::epsilon();

bool all_finite(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

double weight_at(std::span<const double> weights, std::size_t row) {
    return weights.empty() ? 1.0 : weights[row];
}

std::span<const double> row_of(const ClassRows& rows, std::size_t row) {
    return rows.probabilities.subspan(row * rows.classes, rows.classes);
}

void check(const ClassRows& rows) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.classes >= 2 && rows.probabilities.size() == n * rows.classes);
    ASSERT(rows.weights.empty() || rows.weights.size() == n);
    ASSERT(rows.abstains.empty() || rows.abstains.size() == n);
    ASSERT(std::all_of(rows.truth.begin(), rows.truth.end(),
                       [&](std::uint32_t c) { return c < rows.classes; }));
}

/// Calls seen(row, weight) for each row that something was said of.
template <typename Seen>
void for_each_said(const ClassRows& rows, Seen seen) {
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        if (rows.abstains.empty() || rows.abstains[i] == 0) seen(i, weight_at(rows.weights, i));
    }
}

/// Whether a number of a row that counts is none.
bool is_defined(const ClassRows& rows) {
    bool out = all_finite(rows.weights);
    for_each_said(rows, [&](std::size_t i, double) { out = out && all_finite(row_of(rows, i)); });
    return out;
}

/// Weighted mean over the rows that something was said of.
template <typename Loss>
std::optional<double> mean_over(const ClassRows& rows, Loss loss) {
    check(rows);
    if (!is_defined(rows)) return std::nullopt;
    double sum = 0, weight = 0;
    for_each_said(rows, [&](std::size_t i, double w) {
        sum += w * loss(row_of(rows, i), rows.truth[i]);
        weight += w;
    });
    if (weight <= 0) return std::nullopt;
    return sum / weight;
}

template <typename Loss>
std::optional<double> mean_over(const ValueRows& rows, Loss loss) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.predicted.size() == n && (rows.weights.empty() || rows.weights.size() == n));
    if (!all_finite(rows.predicted) || !all_finite(rows.truth) || !all_finite(rows.weights)) {
        return std::nullopt;
    }
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double w = weight_at(rows.weights, i);
        sum += w * loss(rows.predicted[i], rows.truth[i]);
        weight += w;
    }
    if (weight <= 0) return std::nullopt;
    return sum / weight;
}

std::size_t likeliest(std::span<const double> probabilities) {
    return static_cast<std::size_t>(std::max_element(probabilities.begin(), probabilities.end()) -
                                    probabilities.begin());
}

std::vector<std::size_t> order_of(std::span<const double> values) {
    std::vector<std::size_t> out(values.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
        return values[a] != values[b] ? values[a] < values[b] : a < b;
    });
    return out;
}

/// Calls seen(first, last) for each run of equal values in the order.
template <typename Seen>
void for_each_tie(std::span<const double> values, std::span<const std::size_t> order, Seen seen) {
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first + 1;
        while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
        seen(first, last);
        first = last;
    }
}

/// From 1, equal values by their mean.
std::vector<double> ranks_of(std::span<const double> values) {
    const std::vector<std::size_t> order = order_of(values);
    std::vector<double> out(values.size());
    for_each_tie(values, order, [&](std::size_t first, std::size_t last) {
        const double rank = static_cast<double>(first + 1 + last) / 2;
        for (std::size_t i = first; i < last; ++i) out[order[i]] = rank;
    });
    return out;
}

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Linear between order statistics, Hyndman and Fan (1996) type 7, as numpy's default.
double quantile_of_sorted(std::span<const double> sorted, double p) {
    const double at = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// The inner edges of bins.
std::vector<double> edges_of(std::span<const double> probability, std::size_t bins, Bins kind) {
    std::vector<double> sorted{probability.begin(), probability.end()};
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> out;
    for (std::size_t i = 1; i < bins; ++i) {
        const double p = static_cast<double>(i) / static_cast<double>(bins);
        out.push_back(kind == Bins::equal_width ? p : quantile_of_sorted(sorted, p));
    }
    return out;
}

}  // namespace

std::optional<Interval> wilson(double right, double rows, double z) {
    if (!(rows > 0)) return std::nullopt;
    const double p = right / rows, square = z * z / rows;
    const double middle = (p + square / 2) / (1 + square);
    const double reach = z / (1 + square) * std::sqrt(p * (1 - p) / rows + square / (4 * rows));
    return Interval{.low = std::max(0.0, middle - reach), .high = std::min(1.0, middle + reach)};
}

std::optional<Accuracy> accuracy(const ClassRows& rows) {
    check(rows);
    if (!is_defined(rows)) return std::nullopt;
    std::vector<double> of_class(rows.classes);
    double right = 0, weight = 0, squares = 0;
    Accuracy out;
    for_each_said(rows, [&](std::size_t i, double w) {
        right += likeliest(row_of(rows, i)) == rows.truth[i] ? w : 0;
        of_class[rows.truth[i]] += w;
        weight += w;
        squares += w * w;
        out.rows += 1;
    });
    if (weight <= 0) return std::nullopt;
    out.value = right / weight;
    out.base_rate = *std::max_element(of_class.begin(), of_class.end()) / weight;
    out.rows_alike = weight * weight / squares;
    out.interval = *wilson(out.value * out.rows_alike, out.rows_alike);
    return out;
}

std::optional<double> coverage(const ClassRows& rows) {
    check(rows);
    double said = 0, all = 0;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        const double w = weight_at(rows.weights, i);
        all += w;
        said += rows.abstains.empty() || rows.abstains[i] == 0 ? w : 0;
    }
    if (!(all > 0) || !std::isfinite(all)) return std::nullopt;
    return said / all;
}

std::optional<double> log_loss(const ClassRows& rows) {
    return mean_over(rows, [](std::span<const double> p, std::uint32_t truth) {
        return -std::log(std::clamp(p[truth], kProbabilityMin, 1 - kProbabilityMin));
    });
}

std::optional<double> brier(const ClassRows& rows) {
    const double factor = rows.classes == 2 ? 0.5 : 1.0;
    return mean_over(rows, [factor](std::span<const double> p, std::uint32_t truth) {
        double sum = 0;
        for (std::size_t c = 0; c < p.size(); ++c) {
            const double off = p[c] - (c == truth ? 1 : 0);
            sum += off * off;
        }
        return factor * sum;
    });
}

std::optional<double> auc(std::span<const double> scores, std::span<const std::uint8_t> positive,
                          std::span<const double> weights) {
    ASSERT(scores.size() == positive.size());
    ASSERT(weights.empty() || weights.size() == scores.size());
    if (!all_finite(scores) || !all_finite(weights)) return std::nullopt;
    const std::vector<std::size_t> order = order_of(scores);
    double below = 0, won = 0, positives = 0;  // `below`: negatives with a lower score
    for_each_tie(scores, order, [&](std::size_t first, std::size_t last) {
        double plus = 0, minus = 0;
        for (std::size_t i = first; i < last; ++i) {
            (positive[order[i]] != 0 ? plus : minus) += weight_at(weights, order[i]);
        }
        won += plus * (below + minus / 2);
        below += minus;
        positives += plus;
    });
    if (!(below > 0) || !(positives > 0)) return std::nullopt;
    return won / (below * positives);
}

std::optional<double> auc(const ClassRows& rows) {
    check(rows);
    double sum = 0;
    std::vector<double> scores, weights;
    std::vector<std::uint8_t> positive;
    const std::size_t first = rows.classes == 2 ? 1 : 0;
    for (std::size_t c = first; c < rows.classes; ++c) {
        scores.clear();
        weights.clear();
        positive.clear();
        for_each_said(rows, [&](std::size_t i, double w) {
            scores.push_back(row_of(rows, i)[c]);
            weights.push_back(w);
            positive.push_back(rows.truth[i] == c ? 1 : 0);
        });
        const auto one = auc(scores, positive, weights);
        if (!one) return std::nullopt;
        sum += *one;
    }
    return sum / static_cast<double>(rows.classes - first);
}

std::vector<double> confusion(const ClassRows& rows) {
    check(rows);
    std::vector<double> out(rows.classes * rows.classes);
    for_each_said(rows, [&](std::size_t i, double w) {
        out[rows.truth[i] * rows.classes + likeliest(row_of(rows, i))] += w;
    });
    return out;
}

std::vector<CalibrationBin> calibration_curve(std::span<const double> probability,
                                              std::span<const std::uint8_t> positive,
                                              std::size_t bins, Bins kind,
                                              std::span<const double> weights) {
    ASSERT(bins > 0 && probability.size() == positive.size());
    ASSERT(weights.empty() || weights.size() == probability.size());
    if (probability.empty() || !all_finite(probability) || !all_finite(weights)) return {};
    const std::vector<double> edges = edges_of(probability, bins, kind);
    std::vector<CalibrationBin> out(bins);
    for (std::size_t i = 0; i < probability.size(); ++i) {
        const auto above = std::lower_bound(edges.begin(), edges.end(), probability[i]);
        CalibrationBin& bin = out[static_cast<std::size_t>(above - edges.begin())];
        const double w = weight_at(weights, i);
        bin.predicted += w * probability[i];
        bin.realised += positive[i] != 0 ? w : 0;
        bin.weight += w;
    }
    std::erase_if(out, [](const CalibrationBin& bin) { return !(bin.weight > 0); });
    for (CalibrationBin& bin : out) {
        bin.predicted /= bin.weight;
        bin.realised /= bin.weight;
    }
    return out;
}

std::optional<double> expected_calibration_error(std::span<const CalibrationBin> curve) {
    double sum = 0, weight = 0;
    for (const CalibrationBin& bin : curve) {
        sum += bin.weight * std::abs(bin.predicted - bin.realised);
        weight += bin.weight;
    }
    if (!(weight > 0)) return std::nullopt;
    return sum / weight;
}

std::optional<double> information_coefficient(std::span<const double> scores,
                                              std::span<const double> values) {
    ASSERT(scores.size() == values.size());
    if (scores.size() < 2 || !all_finite(scores) || !all_finite(values)) return std::nullopt;
    const double x = mean_of(scores), y = mean_of(values);
    double xy = 0, xx = 0, yy = 0, scale_x = 0, scale_y = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const double a = scores[i] - x, b = values[i] - y;
        xy += a * b;
        xx += a * a;
        yy += b * b;
        scale_x = std::max(scale_x, std::abs(scores[i]));
        scale_y = std::max(scale_y, std::abs(values[i]));
    }
    // what rounding leaves of a constant is none
    const double n = static_cast<double>(scores.size());
    constexpr double kRounding = 1e-14;
    if (std::sqrt(xx / n) <= kRounding * scale_x || std::sqrt(yy / n) <= kRounding * scale_y) {
        return std::nullopt;
    }
    return std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0);
}

std::optional<double> rank_information_coefficient(std::span<const double> scores,
                                                   std::span<const double> values) {
    ASSERT(scores.size() == values.size());
    if (!all_finite(scores) || !all_finite(values)) return std::nullopt;
    return information_coefficient(ranks_of(scores), ranks_of(values));
}

std::vector<double> information_coefficients(const PeriodRows& rows, Correlation kind) {
    ASSERT(rows.scores.size() == rows.values.size());
    ASSERT(rows.starts.empty() || rows.starts.back() == rows.scores.size());
    std::vector<double> out;
    for (std::size_t i = 0; i + 1 < rows.starts.size(); ++i) {
        ASSERT(rows.starts[i] <= rows.starts[i + 1]);
        const std::size_t n = rows.starts[i + 1] - rows.starts[i];
        const auto scores = rows.scores.subspan(rows.starts[i], n);
        const auto values = rows.values.subspan(rows.starts[i], n);
        const auto one = kind == Correlation::pearson
                             ? information_coefficient(scores, values)
                             : rank_information_coefficient(scores, values);
        if (one) out.push_back(*one);
    }
    return out;
}

std::optional<Icir> icir(std::span<const double> coefficients) {
    const std::size_t n = coefficients.size();
    if (n < 2 || !all_finite(coefficients)) return std::nullopt;
    Icir out{.mean = mean_of(coefficients), .periods = n};
    double squares = 0;
    for (const double c : coefficients) squares += (c - out.mean) * (c - out.mean);
    out.deviation = std::sqrt(squares / static_cast<double>(n - 1));
    if (!(out.deviation > 1e-14 * std::abs(out.mean))) return std::nullopt;
    out.ratio = out.mean / out.deviation;
    out.t = out.ratio * std::sqrt(static_cast<double>(n));
    return out;
}

std::vector<QuantileReturn> quantile_returns(std::span<const double> scores,
                                             std::span<const double> values,
                                             std::size_t quantiles) {
    ASSERT(quantiles > 0 && scores.size() == values.size());
    std::vector<QuantileReturn> out(quantiles);
    if (!all_finite(scores) || !all_finite(values)) return out;
    const std::vector<double> ranks = ranks_of(scores);
    const auto n = static_cast<double>(scores.size());
    std::vector<double> sums(quantiles);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const double at = (ranks[i] - 0.5) * static_cast<double>(quantiles) / n;
        const std::size_t q = std::min(static_cast<std::size_t>(at), quantiles - 1);
        sums[q] += values[i];
        out[q].rows += 1;
    }
    for (std::size_t q = 0; q < quantiles; ++q) {
        if (out[q].rows > 0) out[q].mean = sums[q] / static_cast<double>(out[q].rows);
    }
    return out;
}

std::optional<double> turnover(std::span<const double> positions, std::size_t instruments) {
    ASSERT(instruments > 0 && positions.size() % instruments == 0);
    const std::size_t instants = positions.size() / instruments;
    if (instants < 2 || !all_finite(positions)) return std::nullopt;
    double sum = 0;
    for (std::size_t i = instruments; i < positions.size(); ++i) {
        sum += std::abs(positions[i] - positions[i - instruments]);
    }
    return sum / static_cast<double>(instants - 1);
}

std::optional<double> mean_squared_error(const ValueRows& rows) {
    return mean_over(rows, [](double p, double y) { return (y - p) * (y - p); });
}

std::optional<double> mean_absolute_error(const ValueRows& rows) {
    return mean_over(rows, [](double p, double y) { return std::abs(y - p); });
}

std::optional<double> r_squared(const ValueRows& rows) {
    const auto residual = mean_squared_error(rows);
    const auto mean = mean_over(rows, [](double, double y) { return y; });
    if (!residual || !mean) return std::nullopt;
    const double total =
        *mean_over(rows, [&](double, double y) { return (y - *mean) * (y - *mean); });
    if (!(std::sqrt(total) > 1e-14 * std::abs(*mean))) return std::nullopt;
    return 1 - *residual / total;
}

std::optional<double> pinball_loss(const ValueRows& rows, double level) {
    ASSERT(level > 0 && level < 1);
    return mean_over(rows, [level](double p, double y) {
        return std::max(level * (y - p), (level - 1) * (y - p));
    });
}

std::optional<double> interval_coverage(const IntervalRows& rows) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.low.size() == n && rows.high.size() == n);
    if (n == 0 || !all_finite(rows.truth)) return std::nullopt;
    double inside = 0;
    for (std::size_t i = 0; i < n; ++i) {
        inside += rows.low[i] <= rows.truth[i] && rows.truth[i] <= rows.high[i] ? 1 : 0;
    }
    return inside / static_cast<double>(n);
}

std::optional<double> mean_width(const IntervalRows& rows) {
    ASSERT(rows.low.size() == rows.high.size());
    if (rows.low.empty() || !all_finite(rows.low) || !all_finite(rows.high)) return std::nullopt;
    double sum = 0;
    for (std::size_t i = 0; i < rows.low.size(); ++i) sum += rows.high[i] - rows.low[i];
    return sum / static_cast<double>(rows.low.size());
}

}  // namespace tradewind::ml
