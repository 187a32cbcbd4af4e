// SPDX-License-Identifier: Apache-2.0
#include "ml/conformal.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::ml {
namespace {

constexpr std::array<std::string_view, 2> kNames{"lac", "aps"};

/// Sum of all that are likelier than a class, or as likely and lower.
double likelier_than(std::span<const double> probabilities, std::size_t c) {
    double sum = 0;
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        const double other = probabilities[i];
        if (other > probabilities[c] || (other == probabilities[c] && i < c)) sum += other;
    }
    return sum;
}

}  // namespace

std::optional<double> conformal_quantile(std::vector<double> scores, double miss) {
    ASSERT(miss > 0 && miss < 1);
    const auto n = static_cast<double>(scores.size());
    // a whole number that rounding put just above itself is itself
    const double place = std::ceil((n + 1) * (1 - miss) - 1e-9);
    if (place > n || scores.empty()) return std::nullopt;
    const auto at = scores.begin() + static_cast<std::ptrdiff_t>(std::max(place, 1.0)) - 1;
    std::nth_element(scores.begin(), at, scores.end());
    return *at;
}

std::optional<double> residual_radius(std::span<const double> predicted,
                                      std::span<const double> truth, double miss) {
    ASSERT(predicted.size() == truth.size());
    std::vector<double> scores;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        scores.push_back(std::abs(truth[i] - predicted[i]));
        if (!std::isfinite(scores.back())) return std::nullopt;
    }
    return conformal_quantile(std::move(scores), miss);
}

std::optional<double> quantile_radius(const IntervalRows& rows, double miss) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.low.size() == n && rows.high.size() == n);
    std::vector<double> scores;
    for (std::size_t i = 0; i < n; ++i) {
        scores.push_back(std::max(rows.low[i] - rows.truth[i], rows.truth[i] - rows.high[i]));
        if (!std::isfinite(scores.back())) return std::nullopt;
    }
    return conformal_quantile(std::move(scores), miss);
}

std::string_view to_string(SetKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<SetKind> parse_set_kind(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<SetKind>(found - kNames.begin());
}

double ClassSets::score(std::span<const double> probabilities, std::size_t c) const {
    const double p = probabilities[c];
    return kind == SetKind::lac ? 1 - p : likelier_than(probabilities, c) + p;
}

std::uint64_t ClassSets::of(std::span<const double> probabilities) const {
    ASSERT(probabilities.size() <= 64);
    std::uint64_t out = 0;
    for (std::size_t c = 0; c < probabilities.size(); ++c) {
        const bool is_in = kind == SetKind::lac ? score(probabilities, c) <= threshold
                                                : likelier_than(probabilities, c) < threshold;
        if (is_in) out |= std::uint64_t{1} << c;
    }
    return out;
}

std::optional<ClassSets> fit_class_sets(SetKind kind, const ClassRows& rows, double miss) {
    ASSERT(rows.probabilities.size() == rows.truth.size() * rows.classes);
    ClassSets out{.kind = kind, .threshold = 1};
    std::vector<double> scores;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        if (!rows.abstains.empty() && rows.abstains[i] != 0) continue;
        const auto row = rows.probabilities.subspan(i * rows.classes, rows.classes);
        scores.push_back(out.score(row, rows.truth[i]));
        if (!std::isfinite(scores.back())) return std::nullopt;
    }
    const auto threshold = conformal_quantile(std::move(scores), miss);
    if (!threshold) return std::nullopt;
    out.threshold = *threshold;
    return out;
}

}  // namespace tradewind::ml
