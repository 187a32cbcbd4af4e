// SPDX-License-Identifier: Apache-2.0
#include "construction/hierarchical.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "base/try.hpp"

namespace tradewind::construction {
namespace {

std::vector<double> distances(const Universe& universe, TreeDistance kind) {
    const std::size_t n = universe.size();
    const auto covariance = universe.covariance;
    std::vector<double> direct(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            const double size = std::sqrt(covariance[i * n + i] * covariance[j * n + j]);
            const double correlation = i == j ? 1 : covariance[i * n + j] / size;
            direct[i * n + j] = std::sqrt(std::max(0.0, (1 - correlation) / 2));
        }
    }
    if (kind == TreeDistance::direct) return direct;
    std::vector<double> out(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k) {
                const double apart = direct[i * n + k] - direct[j * n + k];
                sum += apart * apart;
            }
            out[i * n + j] = out[j * n + i] = std::sqrt(sum);
        }
    }
    return out;
}

struct Join {
    std::size_t left = 0;
    std::size_t right = 0;
    double distance = 0;
};

/// Edges of the minimum spanning tree (Prim), shortest first: single linkage (Gower and Ross 1969).
std::vector<Join> spanning_tree(const std::vector<double>& distance, std::size_t n) {
    std::vector<double> nearest(n, std::numeric_limits<double>::infinity());
    std::vector<bool> is_inside(n, false);
    std::vector<Join> out;
    std::size_t from = 0;
    for (std::size_t step = 1; step < n; ++step) {
        is_inside[from] = true;
        std::size_t next = n;
        for (std::size_t i = 0; i < n; ++i) {
            if (is_inside[i]) continue;
            nearest[i] = std::min(nearest[i], distance[from * n + i]);
            if (next == n || nearest[i] < nearest[next]) next = i;
        }
        out.push_back({from, next, nearest[next]});
        from = next;
    }
    // Prim's last vertex stands for its cluster: within single linkage it is in the same one.
    std::vector<std::size_t> order(out.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return out[a].distance != out[b].distance ? out[a].distance < out[b].distance : a < b;
    });
    std::vector<Join> sorted;
    for (const std::size_t i : order) sorted.push_back(out[i]);
    return sorted;
}

/// The leaves of the dendrogram from left to right; of two clusters the older is the left one.
std::vector<std::size_t> leaves(const std::vector<Join>& joins, std::size_t n) {
    std::vector<std::size_t> root(n + joins.size());
    std::iota(root.begin(), root.end(), std::size_t{0});
    std::vector<std::vector<std::size_t>> members(n + joins.size());
    for (std::size_t i = 0; i < n; ++i) members[i] = {i};
    const auto root_of = [&](std::size_t i) {
        while (root[i] != i) i = root[i] = root[root[i]];
        return i;
    };
    for (std::size_t k = 0; k < joins.size(); ++k) {
        std::size_t a = root_of(joins[k].left), b = root_of(joins[k].right);
        if (a > b) std::swap(a, b);
        root[a] = root[b] = n + k;
        members[n + k] = std::move(members[a]);
        members[n + k].insert(members[n + k].end(), members[b].begin(), members[b].end());
        members[b].clear();
    }
    return members.back();
}

/// Of the portfolio of inverse variances.
double cluster_variance(const Universe& universe, std::span<const std::size_t> cluster) {
    const std::size_t n = universe.size();
    double inverse = 0, sum = 0;
    for (const std::size_t i : cluster) inverse += 1 / universe.covariance[i * n + i];
    for (const std::size_t i : cluster) {
        for (const std::size_t j : cluster) {
            sum += universe.covariance[i * n + j] / universe.covariance[i * n + i] /
                   universe.covariance[j * n + j];
        }
    }
    return sum / inverse / inverse;
}

void bisect(const Universe& universe, std::span<const std::size_t> cluster,
            std::vector<double>& weights) {
    if (cluster.size() < 2) return;
    const std::size_t half = cluster.size() / 2;
    const auto left = cluster.first(half), right = cluster.subspan(half);
    const double left_variance = std::max(0.0, cluster_variance(universe, left));
    const double right_variance = std::max(0.0, cluster_variance(universe, right));
    const double both = left_variance + right_variance;
    const double share = both > 0 ? 1 - left_variance / both : 0.5;
    for (const std::size_t i : left) weights[i] *= share;
    for (const std::size_t i : right) weights[i] *= 1 - share;
    bisect(universe, left, weights);
    bisect(universe, right, weights);
}

}  // namespace

std::expected<HierarchicalPortfolio, Error> hierarchical(const Universe& universe,
                                                         TreeDistance distance) {
    TRY_VOID(check(universe, Definiteness::semidefinite));
    const std::size_t n = universe.size();
    for (std::size_t i = 0; i < n; ++i) {
        if (universe.covariance[i * n + i] > 0) continue;
        return std::unexpected(
            Error{.kind = ErrorKind::singular, .subject = "variance of " + universe.names[i]});
    }
    HierarchicalPortfolio out;
    out.order = leaves(spanning_tree(distances(universe, distance), n), n);
    std::vector<double> weights(n, 1.0);
    bisect(universe, out.order, weights);
    out.portfolio = describe_weights(universe, std::move(weights), {});
    return out;
}

}  // namespace tradewind::construction
