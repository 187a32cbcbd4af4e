// SPDX-License-Identifier: Apache-2.0
#include "research/models/column_clusters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"
#include "ml/metrics.hpp"

namespace tradewind::research::models {
namespace {

/// Ranks of the values of a column, equal ones their mean rank; NaN where there is none.
std::vector<double> ranks_of(const std::vector<double>& values) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isnan(values[i])) order.push_back(i);
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> out(values.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
        while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
        const double mean = static_cast<double>(first + last - 1) / 2;
        for (std::size_t i = first; i < last; ++i) out[order[i]] = mean;
    }
    return out;
}

/// Of the rows that have both.
double correlation_of(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> x, y;
    x.reserve(a.size());
    y.reserve(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) || std::isnan(b[i])) continue;
        x.push_back(a[i]);
        y.push_back(b[i]);
    }
    return ml::information_coefficient(x, y).value_or(0);
}

/// Clusters and the mean distances between them.
class Linkage {
public:
    Linkage(std::span<const double> correlations, std::size_t columns)
        : columns_(columns), distance_(correlations.begin(), correlations.end()) {
        for (double& x : distance_) x = 1 - std::fabs(x);
        for (std::size_t i = 0; i < columns; ++i) clusters_.push_back({i});
    }
    /// Joins the two nearest, the first ones of equals; false where none are nearer than `limit`.
    bool join_nearest(double limit) {
        std::size_t left = 0, right = 0;
        double nearest = limit;
        for (std::size_t i = 0; i < columns_; ++i) {
            if (clusters_[i].empty()) continue;
            for (std::size_t j = i + 1; j < columns_; ++j) {
                if (clusters_[j].empty() || between(i, j) >= nearest) continue;
                nearest = between(i, j);
                left = i;
                right = j;
            }
        }
        if (right == 0) return false;
        join(left, right);
        return true;
    }
    [[nodiscard]] std::vector<std::vector<std::size_t>> clusters() const {
        auto out = clusters_;
        std::erase_if(out, [](const auto& one) { return one.empty(); });
        for (auto& one : out) std::sort(one.begin(), one.end());
        return out;
    }

private:
    double& between(std::size_t i, std::size_t j) { return distance_[i * columns_ + j]; }
    void join(std::size_t left, std::size_t right) {
        const auto n = static_cast<double>(clusters_[left].size());
        const auto m = static_cast<double>(clusters_[right].size());
        for (std::size_t k = 0; k < columns_; ++k) {
            between(left, k) = (n * between(left, k) + m * between(right, k)) / (n + m);
            between(k, left) = between(left, k);
        }
        clusters_[left].insert(clusters_[left].end(), clusters_[right].begin(),
                               clusters_[right].end());
        clusters_[right].clear();
    }

    std::size_t columns_;
    std::vector<double> distance_;
    std::vector<std::vector<std::size_t>> clusters_{};
};

}  // namespace

std::vector<double> rank_correlations(const Rows& rows, std::size_t columns,
                                      std::span<const std::size_t> places) {
    std::vector<std::vector<double>> ranks;
    for (std::size_t c = 0; c < columns; ++c) {
        std::vector<double> values;
        values.reserve(places.size());
        for (const std::size_t row : places) {
            values.push_back(static_cast<double>(rows.features[row * columns + c]));
        }
        ranks.push_back(ranks_of(values));
    }
    std::vector<double> out(columns * columns, 1);
    for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t j = i + 1; j < columns; ++j) {
            out[i * columns + j] = out[j * columns + i] = correlation_of(ranks[i], ranks[j]);
        }
    }
    return out;
}

ColumnClusters cluster_columns(std::span<const double> correlations, std::size_t columns,
                               double correlated) {
    ASSERT(correlations.size() == columns * columns);
    Linkage linkage{correlations, columns};
    while (linkage.join_nearest(1 - correlated)) {}
    ColumnClusters out{.members = linkage.clusters(), .of = std::vector<std::size_t>(columns)};
    for (std::size_t i = 0; i < out.members.size(); ++i) {
        for (const std::size_t column : out.members[i]) out.of[column] = i;
    }
    return out;
}

}  // namespace tradewind::research::models
