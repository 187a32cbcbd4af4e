// SPDX-License-Identifier: Apache-2.0
#include "construction/risk_parity.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/try.hpp"

namespace tradewind::construction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kSweepsMax = 100;
constexpr std::size_t kNewtonMax = 200;
/// Inner tolerance of the shares.
constexpr double kShareTolerance = 1e-13;
/// Spinu 2013, algorithm 1: above this decrement steps are damped.
const double kDampedAbove = 0.95 * (3 - std::sqrt(5.0)) / 2;

std::expected<std::vector<double>, Error> deviations(const Universe& universe) {
    TRY_VOID(check(universe, Definiteness::semidefinite));
    const std::size_t n = universe.size();
    std::vector<double> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        out[i] = std::sqrt(universe.covariance[i * n + i]);
        if (out[i] > 0) continue;
        return std::unexpected(
            Error{.kind = ErrorKind::singular, .subject = "variance of " + universe.names[i]});
    }
    return out;
}

std::expected<VectorXd, Error> shares(std::span<const double> budgets, std::size_t n) {
    VectorXd out = VectorXd::Constant(static_cast<Index>(n), 1 / static_cast<double>(n));
    if (budgets.empty()) return out;
    if (budgets.size() != n) {
        return bad_input("budgets", fmt::format("want {} numbers, one an asset", n));
    }
    double sum = 0;
    for (const double budget : budgets) {
        if (!(budget > 0) || !std::isfinite(budget)) {
            return bad_input("budgets", "one is not above 0; leave that asset out");
        }
        sum += budget;
    }
    for (std::size_t i = 0; i < n; ++i) out[static_cast<Index>(i)] = budgets[i] / sum;
    return out;
}

/// Largest distance of a share of y'Ry from its budget.
double distance(const VectorXd& y, const VectorXd& slope, const VectorXd& budget) {
    return (y.cwiseProduct(slope) - budget).cwiseAbs().maxCoeff();
}

/// True once converged.
bool by_coordinates(const MatrixXd& r, const VectorXd& budget, VectorXd& y, std::size_t& rounds) {
    VectorXd slope = r * y;
    double before = distance(y, slope, budget);
    for (std::size_t sweep = 0; sweep < kSweepsMax; ++sweep, ++rounds) {
        for (Index i = 0; i < y.size(); ++i) {
            const double others = slope[i] - r(i, i) * y[i];
            const double root = std::sqrt(others * others + 4 * r(i, i) * budget[i]);
            // The root that does not subtract equal numbers.
            const double value =
                others > 0 ? 2 * budget[i] / (others + root) : (root - others) / (2 * r(i, i));
            slope += (value - y[i]) * r.col(i);
            y[i] = value;
        }
        slope.noalias() = r * y;
        const double now = distance(y, slope, budget);
        if (now < kShareTolerance || (now < kBudgetTolerance / 10 && now >= before)) return true;
        before = now;
    }
    return before < kBudgetTolerance / 10;
}

void by_newton(const MatrixXd& r, const VectorXd& budget, VectorXd& y, std::size_t& rounds) {
    const double least = budget.minCoeff();
    for (std::size_t round = 0; round < kNewtonMax; ++round, ++rounds) {
        const VectorXd slope = r * y - budget.cwiseQuotient(y);
        MatrixXd curve = r;
        curve.diagonal() += budget.cwiseQuotient(y.cwiseProduct(y));
        const VectorXd step = -curve.llt().solve(slope);
        const double decrement = std::sqrt(std::max(0.0, -step.dot(slope)) / least);
        const double longest = step.cwiseQuotient(y).cwiseAbs().maxCoeff();
        y += decrement > kDampedAbove ? VectorXd(step / (1 + longest)) : step;
        if (distance(y, r * y, budget) < kShareTolerance || decrement < 1e-15) return;
    }
}

Portfolio normalised(const Universe& universe, std::vector<double> weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    for (double& weight : weights) weight /= sum;
    return describe_weights(universe, std::move(weights), {});
}

}  // namespace

std::expected<Portfolio, Error> inverse_volatility(const Universe& universe) {
    std::vector<double> weights = TRY(deviations(universe));
    for (double& weight : weights) weight = 1 / weight;
    return normalised(universe, std::move(weights));
}

std::expected<Portfolio, Error> equal_risk(const Universe& universe,
                                           std::span<const double> budgets) {
    const std::vector<double> deviation = TRY(deviations(universe));
    const std::size_t n = universe.size();
    const VectorXd budget = TRY(shares(budgets, n));
    MatrixXd r(static_cast<Index>(n), static_cast<Index>(n));
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            r(static_cast<Index>(i), static_cast<Index>(j)) =
                universe.covariance[i * n + j] / deviation[i] / deviation[j];
        }
    }
    // Along the budgets' roots the function is least where y'Ry is the sum of budgets, 1.
    VectorXd y = budget.cwiseSqrt();
    const double risk = y.dot(r * y);
    if (risk > 0) y /= std::sqrt(risk);
    std::size_t rounds = 0;
    if (!by_coordinates(r, budget, y, rounds)) by_newton(r, budget, y, rounds);
    std::vector<double> weights(n);
    for (std::size_t i = 0; i < n; ++i) weights[i] = y[static_cast<Index>(i)] / deviation[i];
    Portfolio out = normalised(universe, std::move(weights));
    out.iterations = rounds;
    double worst = 1;
    if (!out.risk_contributions.empty()) {
        worst = 0;
        for (std::size_t i = 0; i < n; ++i) {
            worst = std::max(worst,
                             std::abs(out.risk_contributions[i] - budget[static_cast<Index>(i)]));
        }
    }
    if (worst <= kBudgetTolerance) return out;
    // The function has no least value exactly where some long portfolio has no risk; y then grows
    // without end.
    const double left = y.dot(r * y) / (y.sum() * y.sum());
    if (!(left > kSingular)) {
        return std::unexpected(Error{.kind = ErrorKind::singular,
                                     .subject = "covariance, along a long-only portfolio without "
                                                "risk",
                                     .value = std::max(0.0, left)});
    }
    return std::unexpected(Error{
        .kind = ErrorKind::no_convergence, .subject = "equal risk contributions", .value = worst});
}

}  // namespace tradewind::construction
