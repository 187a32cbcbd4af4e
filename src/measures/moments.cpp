// SPDX-License-Identifier: Apache-2.0
#include "measures/moments.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"

namespace tradewind::measures {
namespace {

template <typename Term>
double mean_of(std::span<const double> values, Term term) {
    Sum sum;
    for (const double value : values) sum.add(term(value));
    return sum.value() / static_cast<double>(values.size());
}

}  // namespace

bool is_constant(std::span<const double> values) {
    const auto [low, high] = std::ranges::minmax(values);
    const double scale = std::max(std::abs(low), std::abs(high));
    return high - low <= 8 * std::numeric_limits<double>::epsilon() * scale;
}

double central_moment(std::span<const double> values, int power) {
    const double centre = *mean(values);
    return mean_of(values, [=](double x) {
        double term = 1;
        for (int i = 0; i < power; ++i) term *= x - centre;
        return term;
    });
}

std::optional<double> mean(std::span<const double> values) {
    if (values.empty()) return std::nullopt;
    return mean_of(values, [](double x) { return x; });
}

std::optional<double> sample_deviation(std::span<const double> values) {
    if (values.size() < 2) return std::nullopt;
    if (is_constant(values)) return 0.0;
    const auto n = static_cast<double>(values.size());
    return std::sqrt(central_moment(values, 2) * n / (n - 1));
}

std::optional<double> skewness(std::span<const double> values) {
    if (values.size() < 2 || is_constant(values)) return std::nullopt;
    return central_moment(values, 3) / std::pow(central_moment(values, 2), 1.5);
}

std::optional<double> raw_kurtosis(std::span<const double> values) {
    if (values.size() < 2 || is_constant(values)) return std::nullopt;
    const double variance = central_moment(values, 2);
    return central_moment(values, 4) / (variance * variance);
}

double quantile_of_sorted(std::span<const double> sorted, double p) {
    ASSERT(!sorted.empty());
    ASSERT(p >= 0 && p <= 1);
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] +
           (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::optional<double> autocorrelation(std::span<const double> values, std::size_t lag) {
    if (values.size() < 2 || lag >= values.size() || is_constant(values)) return std::nullopt;
    const double centre = *mean(values);
    Sum products;
    for (std::size_t t = lag; t < values.size(); ++t) {
        products.add((values[t] - centre) * (values[t - lag] - centre));
    }
    return products.value() / static_cast<double>(values.size()) / central_moment(values, 2);
}

}  // namespace tradewind::measures
