// SPDX-License-Identifier: Apache-2.0
#include "training/loss.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::training {
namespace {

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// Loss of one row; `gradient` by the raw scores, which it replaces.
double class_loss(std::span<double> scores, std::size_t label) {
    const double top = *std::max_element(scores.begin(), scores.end());
    double total = 0.0;
    for (const double one : scores) total += std::exp(one - top);
    const double loss = std::log(total) + top - scores[label];
    for (double& one : scores) one = std::exp(one - top) / total;
    scores[label] -= 1.0;
    return loss;
}

double value_loss(std::span<double> scores, double label) {
    const double off = scores[0] - label;
    scores[0] = std::clamp(off, -1.0, 1.0);
    return std::abs(off) <= 1.0 ? 0.5 * off * off : std::abs(off) - 0.5;
}

/// The gradient by the quantiles replaces them.
double pinball_loss(std::span<double> scores, double label, std::span<const double> levels) {
    const double share = 1.0 / static_cast<double>(levels.size());
    double loss = 0.0;
    for (std::size_t k = 0; k < levels.size(); ++k) {
        const double off = label - scores[k];
        loss += share * (off >= 0.0 ? levels[k] * off : (levels[k] - 1.0) * off);
        scores[k] = share * (off >= 0.0 ? -levels[k] : 1.0 - levels[k]);
    }
    return loss;
}

double quantile_loss(std::span<double> scores, double label, std::span<const double> levels) {
    const std::vector<double> raw(scores.begin(), scores.end());
    to_quantiles(scores);
    const double loss = pinball_loss(scores, label, levels);
    back_from_quantiles(raw, scores);
    return loss;
}

}  // namespace

void to_quantiles(std::span<double> raw) {
    for (std::size_t k = 1; k < raw.size(); ++k) raw[k] = raw[k - 1] + softplus(raw[k]);
}

void back_from_quantiles(std::span<const double> raw, std::span<double> gradient) {
    double above = 0.0;  // every raw score moves the quantiles from its own on
    for (std::size_t k = raw.size(); k-- > 0;) {
        above += gradient[k];
        gradient[k] = k == 0 ? above : above * sigmoid(raw[k]);
    }
}

double Loss::sum(std::span<const float> raw, std::span<const float> labels,
                 std::span<const float> weights, std::span<float> gradient) const {
    ASSERT(raw.size() == labels.size() * scores);
    double total = 0.0;
    std::vector<double> row(scores);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        std::copy_n(raw.data() + i * scores, scores, row.begin());
        const auto label = static_cast<double>(labels[i]);
        double loss = 0.0;
        switch (task) {
            case ml::Task::classes:
                loss = class_loss(row, static_cast<std::size_t>(labels[i]));
                break;
            case ml::Task::value: loss = value_loss(row, label); break;
            case ml::Task::quantiles:
                loss = apart ? pinball_loss(row, label, levels) : quantile_loss(row, label, levels);
                break;
        }
        const auto weight = static_cast<double>(weights[i]);
        total += weight * loss;
        for (std::size_t k = 0; k < scores && !gradient.empty(); ++k) {
            gradient[i * scores + k] = static_cast<float>(weight * row[k]);
        }
    }
    return total;
}

}  // namespace tradewind::training
