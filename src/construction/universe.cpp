// SPDX-License-Identifier: Apache-2.0
#include "construction/universe.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/try.hpp"

namespace tradewind::construction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

/// Of the product of both deviations: how far a covariance may be from its mirror image.
constexpr double kAsymmetryMax = 1e-9;

std::unexpected<Error> no_covariance(std::string problem) {
    return std::unexpected(Error{.kind = ErrorKind::not_a_covariance,
                                 .subject = "covariance",
                                 .problem = std::move(problem)});
}

std::expected<void, Error> check_names(const std::vector<std::string>& names) {
    std::vector<std::string> sorted = names;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) return bad_input("assets", *twice + " stands there twice");
    if (std::ranges::find(names, "") != names.end()) return bad_input("assets", "a name is empty");
    return {};
}

std::expected<void, Error> check_entries(const Universe& universe) {
    const std::size_t n = universe.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            const double value = universe.covariance[i * n + j];
            if (!std::isfinite(value)) {
                return bad_input("covariance", fmt::format("{} with {} is not a finite number",
                                                           universe.names[i], universe.names[j]));
            }
        }
        if (universe.covariance[i * n + i] < 0) {
            return no_covariance("the variance of " + universe.names[i] + " is below 0");
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double a = universe.covariance[i * n + j], b = universe.covariance[j * n + i];
            const double size =
                std::sqrt(universe.covariance[i * n + i] * universe.covariance[j * n + j]);
            if (std::abs(a - b) > kAsymmetryMax * std::max(size, std::abs(a))) {
                return no_covariance(
                    fmt::format("{} with {} is {:.6g} one way and {:.6g} the other",
                                universe.names[i], universe.names[j], a, b));
            }
        }
    }
    return {};
}

/// Rows and columns of variance 0 stay 0.
MatrixXd correlations(const Universe& universe) {
    const std::size_t n = universe.size();
    MatrixXd out(static_cast<Index>(n), static_cast<Index>(n));
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            const double size =
                std::sqrt(universe.covariance[i * n + i] * universe.covariance[j * n + j]);
            const double covariance = universe.covariance[i * n + j];
            out(static_cast<Index>(i), static_cast<Index>(j)) =
                size > 0 ? covariance / size : covariance;
        }
    }
    return out;
}

}  // namespace

std::expected<void, Error> check(const Universe& universe, Definiteness needed) {
    const std::size_t n = universe.size();
    if (n == 0) return bad_input("assets", "none");
    if (universe.covariance.size() != n * n) {
        return bad_input("covariance", fmt::format("want {0} rows of {0} numbers", n));
    }
    if (!(universe.ridge >= 0) || !std::isfinite(universe.ridge)) {
        return bad_input("ridge", "is not a number from 0 up");
    }
    TRY_VOID(check_names(universe.names));
    TRY_VOID(check_entries(universe));
    if (needed == Definiteness::definite) {
        for (std::size_t i = 0; i < n; ++i) {
            if (universe.covariance[i * n + i] > 0) continue;
            return std::unexpected(
                Error{.kind = ErrorKind::singular, .subject = "variance of " + universe.names[i]});
        }
    }
    // A factor of what is left above the threshold is a proof, at a tenth of the eigenvalues' cost.
    MatrixXd matrix = correlations(universe);
    const double floor = kSingular * static_cast<double>(n);
    MatrixXd lifted = matrix;
    lifted.diagonal().array() -= floor;
    if (Eigen::LLT<MatrixXd>(lifted).info() == Eigen::Success) return {};
    const Eigen::SelfAdjointEigenSolver<MatrixXd> spectrum(matrix, Eigen::EigenvaluesOnly);
    const double smallest = spectrum.eigenvalues().minCoeff();
    if (smallest < -100 * floor) {
        return no_covariance(
            fmt::format("its correlations have an eigenvalue of {:.3g}", smallest));
    }
    if (needed == Definiteness::semidefinite || smallest + universe.ridge > floor) return {};
    return std::unexpected(
        Error{.kind = ErrorKind::singular,
              .subject = "covariance",
              .value = std::max(0.0, smallest) / spectrum.eigenvalues().maxCoeff()});
}

Portfolio describe_weights(const Universe& universe, std::vector<double> weights,
                           std::span<const double> expected) {
    const std::size_t n = universe.size();
    Portfolio out;
    std::vector<double> parts(n);
    double variance = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < n; ++j) sum += universe.covariance[i * n + j] * weights[j];
        parts[i] = weights[i] * sum;
        variance += parts[i];
        out.net += weights[i];
        out.gross += std::abs(weights[i]);
    }
    if (variance > 0) {
        out.volatility = std::sqrt(variance);
        for (double& part : parts) part /= variance;
        out.risk_contributions = std::move(parts);
    }
    if (!expected.empty()) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += expected[i] * weights[i];
        out.expected_return = sum;
    }
    out.weights = std::move(weights);
    return out;
}

}  // namespace tradewind::construction
