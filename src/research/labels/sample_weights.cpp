// SPDX-License-Identifier: Apache-2.0
#include "research/labels/sample_weights.hpp"

#include <algorithm>
#include <numeric>

namespace tradewind::research::labels {
namespace {

/// The mean of those that are there becomes 1.
void scale_to_mean_one(std::vector<double>& weights) {
    double sum = 0;
    double count = 0;
    for (const double weight : weights) {
        if (std::isnan(weight)) continue;
        sum += weight;
        ++count;
    }
    if (sum <= 0) return;
    for (double& weight : weights) weight *= count / sum;
}

/// Calls `put(row)` for each row with a label; the others are NaN.
template <typename Weight>
std::vector<double> for_labels(const Labels& labels, const Weight& weight) {
    std::vector<double> out(labels.rows(), kNone);
    for (std::size_t row = 0; row < labels.rows(); ++row) {
        if (labels.has(row)) out[row] = weight(row);
    }
    return out;
}

}  // namespace

std::vector<std::uint32_t> concurrency(const Labels& labels) {
    std::vector<std::uint32_t> out(labels.rows() + 1);
    // the changes first, then their sums; where they go below zero they wrap, and sums come back
    for (std::size_t row = 0; row < labels.rows(); ++row) {
        if (!labels.has(row)) continue;
        ++out[row + 1];
        if (labels.last[row] + 1 < out.size()) --out[labels.last[row] + 1];
    }
    std::partial_sum(out.begin(), out.end(), out.begin());
    out.resize(labels.rows());
    return out;
}

std::vector<double> average_uniqueness(const Labels& labels) {
    const auto together = concurrency(labels);
    return for_labels(labels, [&](std::size_t row) {
        double sum = 0;
        for (std::size_t bar = row + 1; bar <= labels.last[row]; ++bar) sum += 1.0 / together[bar];
        return sum / static_cast<double>(labels.last[row] - row);
    });
}

std::vector<double> return_attribution(const Labels& labels, const Bars& bars) {
    const auto together = concurrency(labels);
    const auto close = column(bars, feature::Field::close);
    auto out = for_labels(labels, [&](std::size_t row) {
        double sum = 0;
        for (std::size_t bar = row + 1; bar <= labels.last[row]; ++bar) {
            sum += std::log(close[bar] / close[bar - 1]) / together[bar];
        }
        return std::isfinite(sum) ? std::abs(sum) : kNone;
    });
    scale_to_mean_one(out);
    return out;
}

std::vector<double> time_decay(const Labels& labels, double oldest) {
    const std::vector<double> uniqueness = average_uniqueness(labels);
    double all = 0;
    for (const double one : uniqueness) all += std::isnan(one) ? 0 : one;
    const double slope = oldest >= 0 ? (1 - oldest) / all : 1 / ((oldest + 1) * all);
    double passed = 0;
    return for_labels(labels, [&](std::size_t row) {
        passed += uniqueness[row];
        return std::max(0.0, 1 - slope * (all - passed));
    });
}

std::vector<double> recency(const Labels& labels, const Bars& bars, Duration half_life) {
    std::size_t newest = labels.rows();
    while (newest > 0 && !labels.has(newest - 1)) --newest;
    return for_labels(labels, [&](std::size_t row) {
        const auto age = static_cast<double>(bars.known_at[newest - 1] - bars.known_at[row]);
        return std::exp2(-age / static_cast<double>(half_life.ns));
    });
}

}  // namespace tradewind::research::labels
