// SPDX-License-Identifier: Apache-2.0
#include "measures/clusters.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::measures {
namespace {

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

Clusters cluster_by_correlation(std::span<const double> correlations, std::size_t columns,
                                double correlated) {
    ASSERT(correlations.size() == columns * columns);
    Linkage linkage{correlations, columns};
    while (linkage.join_nearest(1 - correlated)) {}
    Clusters out{.members = linkage.clusters(), .of = std::vector<std::size_t>(columns)};
    for (std::size_t i = 0; i < out.members.size(); ++i) {
        for (const std::size_t column : out.members[i]) out.of[column] = i;
    }
    return out;
}

}  // namespace tradewind::measures
