// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <span>

#include "construction/universe.hpp"

namespace tradewind::construction {

/// Largest distance of a share of risk from its budget that counts as equal.
inline constexpr double kBudgetTolerance = 1e-9;

/// Weights in proportion to 1 / deviation. Long only, sum 1. A variance of 0 is singular.
[[nodiscard]] std::expected<Portfolio, Error> inverse_volatility(const Universe& universe);

/// Each asset brings its budgeted share of the variance: w (Cov w) = budget * variance, to
/// kBudgetTolerance. Long only, sum 1. `budgets`: [assets], above 0, divided by their sum; empty
/// for equal ones. Minimises 1/2 y'Ry - sum of budget * log y over the correlations R (Spinu 2013,
/// "An algorithm for computing risk parity weights") by cyclical coordinates (Griveau-Billion,
/// Richard and Roncalli 2013, "A fast algorithm for computing high-dimensional risk parity
/// portfolios", formula 9), and by Spinu's damped Newton steps where coordinates are slow. One
/// solution for every semidefinite covariance under which each long portfolio has some risk;
/// singular where one has none.
[[nodiscard]] std::expected<Portfolio, Error> equal_risk(const Universe& universe,
                                                         std::span<const double> budgets = {});

}  // namespace tradewind::construction
