// SPDX-License-Identifier: Apache-2.0
#include "measures/scenarios.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/random.hpp"
#include "base/try.hpp"
#include "measures/spectrum.hpp"
#include "measures/symmetric_eigen.hpp"
#include "measures/volatility.hpp"

namespace tradewind::measures {
namespace {

/// R with R R' = covariance, also where it is singular: V sqrt(values).
SquareMatrix root_of(const SquareMatrix& covariance) {
    Eigen eigen = symmetric_eigen(covariance);
    for (std::size_t i = 0; i < covariance.size; ++i) {
        for (std::size_t k = 0; k < covariance.size; ++k) {
            eigen.vectors.at(i, k) *= std::sqrt(std::max(eigen.values[k], 0.0));
        }
    }
    return std::move(eigen.vectors);
}

/// Gamma of this shape, 1 or more, and scale 1: Marsaglia and Tsang, "A simple method for
/// generating gamma variables", ACM Transactions on Mathematical Software 26 (2000), 363-372.
double gamma_of(base::Random& random, double shape) {
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    while (true) {
        const double x = random.normal();
        const double cube_root = 1 + c * x;
        if (cube_root <= 0) continue;
        const double v = cube_root * cube_root * cube_root;
        const double u = 1 - random.uniform();  // above 0
        if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
    }
}

/// What a scenario's normal draws are multiplied by: sqrt((df - 2) / chi-square).
double t_factor(base::Random& random, double degrees_of_freedom) {
    const double chi_square = 2 * gamma_of(random, degrees_of_freedom / 2);
    return std::sqrt((degrees_of_freedom - 2) / chi_square);
}

struct Expected {
    std::vector<double> variances{};  ///< [returns + 1]
    double mean = 0;                  ///< what is not part of the move
};

std::expected<Expected, Error> expected_by(const Filter& filter, std::span<const double> returns) {
    if (filter.model == VolatilityModel::ewma) {
        return Expected{.variances = TRY(ewma_variances(returns, filter.decay))};
    }
    const Garch model = TRY(fit_garch(returns));
    return Expected{.variances = garch_variances(model, returns), .mean = model.mean};
}

}  // namespace

std::expected<Scenarios, Error> simulate(const SquareMatrix& covariance,
                                         const Simulation& simulation) {
    TRY_VOID(check_covariance(covariance));
    if (simulation.scenarios == 0) return std::unexpected(Error{.kind = ErrorKind::empty});
    const auto df = simulation.degrees_of_freedom;
    if (df && !(*df > 2 && std::isfinite(*df))) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = *df});
    }
    const SquareMatrix root = root_of(covariance);
    base::Random random(simulation.seed);
    Scenarios out{.columns = covariance.size};
    out.values.reserve(simulation.scenarios * covariance.size);
    std::vector<double> draws(covariance.size);
    for (std::size_t s = 0; s < simulation.scenarios; ++s) {
        for (double& one : draws) one = random.normal();
        const double factor = df ? t_factor(random, *df) : 1;
        for (std::size_t i = 0; i < covariance.size; ++i) {
            double sum = 0;
            for (std::size_t k = 0; k < draws.size(); ++k) sum += root.at(i, k) * draws[k];
            out.values.push_back(factor * sum);
        }
    }
    return out;
}

std::expected<Scenarios, Error> filtered_history(const ReturnsTable& returns,
                                                 const Filter& filter) {
    TRY_VOID(check_complete(returns));
    Scenarios out{.values = std::vector<double>(returns.values.size()), .columns = returns.columns};
    std::vector<double> column(returns.rows());
    for (std::size_t c = 0; c < returns.columns; ++c) {
        for (std::size_t i = 0; i < column.size(); ++i) column[i] = returns.at(i, c);
        const auto expected = expected_by(filter, column);
        if (!expected) {
            Error error = expected.error();
            error.column = c;
            return std::unexpected(error);
        }
        const auto& [variances, mean] = *expected;
        for (std::size_t i = 0; i < column.size(); ++i) {
            if (!(variances[i] > 0)) {
                return std::unexpected(Error{.kind = ErrorKind::constant, .row = i, .column = c});
            }
            const double ratio = std::sqrt(variances.back() / variances[i]);
            out.values[i * returns.columns + c] = mean + (column[i] - mean) * ratio;
        }
    }
    return out;
}

}  // namespace tradewind::measures
