// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "construction/error.hpp"
#include "construction/quadratic_program.hpp"

namespace tradewind::construction {

/// The assets of a portfolio and how their returns vary together over one period.
struct Universe {
    std::vector<std::string> names{};      ///< [assets], each once
    std::span<const double> covariance{};  ///< [assets, assets], row-major, symmetric, semidefinite
    /// Each variance is multiplied by 1 + ridge where a method needs an inverse; what is reported
    /// is of the covariance as it was given.
    double ridge = 0;

    [[nodiscard]] std::size_t size() const { return names.size(); }
};

enum class Definiteness : std::uint8_t {
    semidefinite,  ///< enough for the method
    definite,      ///< the method needs an inverse
};

/// Of the correlations' eigenvalues: at or below this part of the number of assets the covariance
/// counts as singular, below minus 100 times it as no covariance.
inline constexpr double kSingular = 1e-10;

/// Errors: bad_input, not_a_covariance, singular (only where `definite` is asked for and the ridge
/// does not mend it). A variance of 0 is singular and named.
[[nodiscard]] std::expected<void, Error> check(const Universe& universe, Definiteness needed);

/// A dual that is not 0: what the objective gains where the constraint gives way by 1.
struct Pressure {
    std::string constraint{};
    double dual = 0;
};

/// Weights, in parts of the equity, and what follows from them.
struct Portfolio {
    std::vector<double> weights{};             ///< [assets]
    double volatility = 0;                     ///< of one period
    std::optional<double> expected_return{};   ///< of one period, before costs
    std::vector<double> risk_contributions{};  ///< [assets], w (Cov w) / variance, sums to 1; empty
                                               ///< for a variance of 0
    double net = 0;                            ///< sum of weights
    double gross = 0;                          ///< sum of absolute weights
    std::optional<double> turnover{};          ///< sum of |w - current|
    double costs = 0;                   ///< of trading from `current`, in parts of the equity
    std::vector<Pressure> pressures{};  ///< of the constraints that press
    KktResiduals residuals{};           ///< of the program that gave the weights
    std::size_t iterations = 0;
};

/// The weights with their risk; without costs, turnover and pressures.
[[nodiscard]] Portfolio describe_weights(const Universe& universe, std::vector<double> weights,
                                         std::span<const double> expected);

}  // namespace tradewind::construction
