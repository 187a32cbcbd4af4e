// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <vector>

#include "construction/universe.hpp"

namespace tradewind::construction {

/// How far two assets of correlation r lie apart, d = sqrt((1 - r) / 2) being the first step.
enum class TreeDistance : std::uint8_t {
    rows,    ///< Euclidean between the assets' columns of d: the paper's
    direct,  ///< d itself: PyPortfolioOpt's
};

struct HierarchicalPortfolio {
    Portfolio portfolio{};
    std::vector<std::size_t> order{};  ///< of the assets, similar ones side by side
};

/// Hierarchical risk parity: single linkage, quasi-diagonal order, recursive bisection by the
/// variance of inverse-variance portfolios (Lopez de Prado 2016, "Building diversified portfolios
/// that outperform out of sample", snippets 1 to 4). Long only, sum 1; wants no inverse, so a
/// singular covariance will do; a variance of 0 will not. Halves are cut by count, so the order in
/// which the assets are given decides which of two neighbours comes first, and with it a little of
/// the weights: the paper's method, kept. Equal distances: the pair of lower positions joins first.
[[nodiscard]] std::expected<HierarchicalPortfolio, Error> hierarchical(
    const Universe& universe, TreeDistance distance = TreeDistance::rows);

}  // namespace tradewind::construction
