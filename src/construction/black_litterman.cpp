// SPDX-License-Identifier: Apache-2.0
#include "construction/black_litterman.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/try.hpp"

namespace tradewind::construction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Pivot, in parts of the largest, below which sure views depend on each other.
constexpr double kDependent = 1e-12;

bool is_list(const std::vector<double>& values, std::size_t n) {
    return values.size() == n &&
           std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

std::expected<void, Error> check_view(const View& view, std::size_t n) {
    const std::string field = "view " + view.name;
    if (!is_list(view.loadings, n)) {
        return bad_input(field, fmt::format("want {} finite loadings, one an asset", n));
    }
    if (std::ranges::all_of(view.loadings, [](double value) { return value == 0; })) {
        return bad_input(field, "all loadings are 0");
    }
    if (!std::isfinite(view.value)) return bad_input(field, "its value is not a finite number");
    if (view.confidence && view.variance) {
        return bad_input(field, "has a confidence and a variance; say one of them");
    }
    if (view.confidence && !(*view.confidence >= 0 && *view.confidence <= 1)) {
        return bad_input(field, "confidence is not from 0 to 1");
    }
    if (view.variance && !(*view.variance >= 0 && std::isfinite(*view.variance))) {
        return bad_input(field, "variance is not a number from 0 up");
    }
    return {};
}

std::expected<void, Error> check_settings(const Universe& universe,
                                          const BlackLitterman& settings) {
    TRY_VOID(check(universe, Definiteness::semidefinite));
    const std::size_t n = universe.size();
    if (!(settings.tau > 0) || !std::isfinite(settings.tau)) {
        return bad_input("tau", "is not a number above 0");
    }
    if (settings.prior.empty() && settings.market.empty()) {
        return bad_input("prior", "say expected returns as prior, or the weights of the market");
    }
    if (!settings.prior.empty() && !is_list(settings.prior, n)) {
        return bad_input("prior", fmt::format("want {} finite numbers, one an asset", n));
    }
    if (settings.prior.empty()) {
        if (!is_list(settings.market, n)) {
            return bad_input("market", fmt::format("want {} finite numbers, one an asset", n));
        }
        if (!(settings.risk_aversion > 0) || !std::isfinite(settings.risk_aversion)) {
            return bad_input("risk_aversion", "is not a number above 0");
        }
    }
    for (const View& view : settings.views) TRY_VOID(check_view(view, n));
    return {};
}

VectorXd vector_of(std::span<const double> values) {
    return Eigen::Map<const VectorXd>(values.data(), static_cast<Index>(values.size()));
}

double view_variance(const View& view, double prior_variance) {
    if (view.variance) return *view.variance;
    if (view.confidence) return prior_variance * (1 - *view.confidence) / *view.confidence;
    return prior_variance;
}

}  // namespace

std::expected<Posterior, Error> black_litterman(const Universe& universe,
                                                const BlackLitterman& settings) {
    TRY_VOID(check_settings(universe, settings));
    const auto n = static_cast<Index>(universe.size());
    const MatrixXd covariance = Eigen::Map<const MatrixXd>(universe.covariance.data(), n, n);
    const VectorXd prior =
        settings.prior.empty()
            ? VectorXd(settings.risk_aversion * (covariance * vector_of(settings.market)))
            : vector_of(settings.prior);
    std::vector<const View*> views;
    for (const View& view : settings.views) {
        if (!view.confidence || *view.confidence > 0) views.push_back(&view);
    }
    const auto k = static_cast<Index>(views.size());
    VectorXd expected = prior;
    MatrixXd posterior = covariance * (1 + settings.tau);
    if (k > 0) {
        MatrixXd loadings(n, k);
        VectorXd surprise(k);
        for (Index j = 0; j < k; ++j) {
            const View& view = *views[static_cast<std::size_t>(j)];
            loadings.col(j) = vector_of(view.loadings);
            surprise[j] = view.value - loadings.col(j).dot(prior);
        }
        const MatrixXd spread = settings.tau * (covariance * loadings);
        MatrixXd total = loadings.transpose() * spread;
        for (Index j = 0; j < k; ++j) {
            total(j, j) += view_variance(*views[static_cast<std::size_t>(j)], total(j, j));
        }
        // In units of each view's own deviation, so that a small view is not taken for a dependent
        // one.
        const VectorXd scale = total.diagonal().cwiseMax(0.0).cwiseSqrt();
        for (Index j = 0; j < k; ++j) {
            if (scale[j] > 0) continue;
            return std::unexpected(
                Error{.kind = ErrorKind::infeasible,
                      .rows = {"view " + views[static_cast<std::size_t>(j)]->name +
                               " (sure of a portfolio without risk)"}});
        }
        const MatrixXd unit =
            scale.cwiseInverse().asDiagonal() * total * scale.cwiseInverse().asDiagonal();
        const Eigen::LDLT<MatrixXd> factor(unit);
        const VectorXd pivots = factor.vectorD();
        if (pivots.minCoeff() <= kDependent * pivots.maxCoeff()) {
            std::vector<std::string> names;
            for (const View* view : views) {
                const bool is_sure = (view->confidence && *view->confidence == 1) ||
                                     (view->variance && *view->variance == 0);
                if (is_sure) names.push_back("view " + view->name);
            }
            return std::unexpected(Error{.kind = ErrorKind::infeasible, .rows = std::move(names)});
        }
        const MatrixXd scaled = spread * scale.cwiseInverse().asDiagonal();
        expected += scaled * factor.solve(surprise.cwiseQuotient(scale));
        posterior -= scaled * factor.solve(scaled.transpose());
    }
    Posterior out;
    out.prior.assign(prior.data(), prior.data() + n);
    out.expected.assign(expected.data(), expected.data() + n);
    const MatrixXd symmetric = (posterior + posterior.transpose()) / 2;
    out.covariance.assign(symmetric.data(), symmetric.data() + n * n);
    return out;
}

}  // namespace tradewind::construction
