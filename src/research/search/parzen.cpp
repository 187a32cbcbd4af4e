// SPDX-License-Identifier: Apache-2.0
#include "research/search/parzen.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "measures/distributions.hpp"

namespace tradewind::research {
namespace {

constexpr std::size_t kFullWeight = 25;
constexpr double kNarrowest = 100;  ///< no kernel is narrower than 1 / this
constexpr double kTiny = 1e-300;

/// Share of a normal distribution between two points.
double share(double centre, double deviation, double from, double to) {
    return measures::normal_cdf((to - centre) / deviation) -
           measures::normal_cdf((from - centre) / deviation);
}

/// Of n points, oldest first.
std::vector<double> weights_of(std::size_t n) {
    std::vector<double> out(n, 1.0);
    if (n <= kFullWeight) return out;
    const std::size_t ramp = n - kFullWeight;
    const double first = 1 / static_cast<double>(n);
    for (std::size_t i = 0; i < ramp; ++i) {
        const double along = ramp == 1 ? 0 : static_cast<double>(i) / static_cast<double>(ramp - 1);
        out[i] = first + (1 - first) * along;
    }
    return out;
}

/// The larger distance of each value to its neighbours; of a single one to the bounds.
std::vector<double> gaps_of(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair{values[i], i}; });
    std::vector<double> out(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const double here = values[order[i]];
        const double left = i > 0 ? here - values[order[i - 1]] : 0;
        const double right = i + 1 < order.size() ? values[order[i + 1]] - here : 0;
        out[order[i]] = order.size() == 1 ? std::max(here, 1 - here) : std::max(left, right);
    }
    return out;
}

}  // namespace

Parzen::Parzen(const SearchSpace& space, std::span<const Point> points)
    : space_(space), weights_(weights_of(points.size())) {
    weights_.push_back(1);
    total_ = std::accumulate(weights_.begin(), weights_.end(), 0.0);
    for (std::size_t d = 0; d < space.dimensions().size(); ++d) {
        std::vector<double> values;
        for (const Point& point : points) values.push_back(point[d]);
        kernels_.push_back(kernels_of(space.dimensions()[d], std::move(values)));
    }
}

std::vector<Parzen::Kernel> Parzen::kernels_of(const Dimension& dimension,
                                               std::vector<double> values) const {
    std::vector<Kernel> out;
    if (dimension.kind == DimensionKind::list) {
        for (const double value : values) out.push_back({.centre = value});
        out.push_back({.prior = true});
        return out;
    }
    for (double& value : values) value = dimension.to_unit(value);
    const std::vector<double> gaps = gaps_of(values);
    const double narrowest = 1 / std::min(kNarrowest, static_cast<double>(values.size()) + 2);
    for (std::size_t i = 0; i < values.size(); ++i) {
        out.push_back({.centre = values[i], .deviation = std::clamp(gaps[i], narrowest, 1.0)});
    }
    out.push_back({.prior = true});
    for (Kernel& one : out) one.inside = share(one.centre, one.deviation, 0, 1);
    return out;
}

double Parzen::share_of(const Dimension& dimension, const Kernel& kernel, double choice) const {
    const auto choices = static_cast<double>(dimension.choices.size());
    if (kernel.prior) return 1 / choices;
    const double spread = 1 / static_cast<double>(weights_.size());
    return ((kernel.centre == choice ? 1 : 0) + spread) / (1 + choices * spread);
}

Point Parzen::draw(base::Random& random) const {
    double left = random.uniform() * total_;
    std::size_t chosen = 0;
    while (chosen + 1 < weights_.size() && (left -= weights_[chosen]) >= 0) ++chosen;
    Point out;
    for (std::size_t d = 0; d < kernels_.size(); ++d) {
        const Dimension& dimension = space_.dimensions()[d];
        const Kernel& kernel = kernels_[d][chosen];
        const double uniform = random.uniform();
        if (dimension.kind == DimensionKind::list) {
            double rest = uniform;
            double choice = 0;
            while (choice < dimension.high && (rest -= share_of(dimension, kernel, choice)) >= 0) {
                ++choice;
            }
            out.push_back(choice);
            continue;
        }
        // By the inverse of the distribution: no draw is thrown away, however little lies inside.
        const double from = measures::normal_cdf(-kernel.centre / kernel.deviation);
        const double at = std::clamp(from + uniform * kernel.inside, 1e-16, 1 - 1e-16);
        const double unit = kernel.centre + kernel.deviation * measures::normal_quantile(at);
        out.push_back(dimension.from_unit(std::clamp(unit, 0.0, 1.0)));
    }
    return out;
}

void Parzen::add_dimension(std::size_t place, double value,
                           std::vector<double>& log_kernels) const {
    const Dimension& dimension = space_.dimensions()[place];
    const bool is_list = dimension.kind == DimensionKind::list;
    const bool is_grid = dimension.count().has_value();
    const double unit = is_list ? 0 : dimension.to_unit(value);
    // The span of the unit interval that goes to a value of a grid.
    const double half = 0.5 * dimension.step;
    const double low = is_list || !is_grid ? 0 : std::max(dimension.to_unit(value - half), 0.0);
    const double high = is_list || !is_grid ? 1 : std::min(dimension.to_unit(value + half), 1.0);
    for (std::size_t k = 0; k < log_kernels.size(); ++k) {
        const Kernel& one = kernels_[place][k];
        double density = 0;
        if (is_list) {
            density = share_of(dimension, one, value);
        } else if (is_grid) {
            density = share(one.centre, one.deviation, low, high) / one.inside;
        } else {
            density = measures::normal_density((unit - one.centre) / one.deviation) /
                      (one.deviation * one.inside);
        }
        log_kernels[k] += std::log(std::max(density, kTiny));
    }
}

double Parzen::log_density(const Point& point) const {
    std::vector<double> logs(weights_.size(), 0.0);
    for (std::size_t d = 0; d < kernels_.size(); ++d) add_dimension(d, point[d], logs);
    const double largest = std::ranges::max(logs);
    double sum = 0;
    for (std::size_t k = 0; k < logs.size(); ++k) sum += weights_[k] * std::exp(logs[k] - largest);
    return largest + std::log(sum / total_);
}

}  // namespace tradewind::research
