// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "measures/error.hpp"
#include "measures/returns_table.hpp"

namespace tradewind::measures {

/// returns = alpha + sum_k beta_k factor_k + residual, by ordinary least squares.
struct FactorExposure {
    double alpha = 0;             ///< a period
    std::vector<double> betas{};  ///< [factors]
    std::vector<double>
        errors{};  ///< standard errors of the betas under equal variances, [factors]
    double residual_deviation = 0;  ///< sqrt(sum of squares / (rows - factors - 1))
    std::optional<double> r2{};     ///< nullopt where the returns do not vary
    std::size_t rows = 0;           ///< rows that have the return and every factor
};

/// Rows with a missing value are left out. `wrong_shape`, `not_finite`, `too_few_rows` unless two
/// more rows than factors remain, and `singular` with the factor that depends on those before it
/// (or does not vary). Held to numpy and statsmodels.
[[nodiscard]] std::expected<FactorExposure, Error> factor_exposure(std::span<const double> returns,
                                                                   const ReturnsTable& factors);

/// On one benchmark: `betas` has one.
[[nodiscard]] std::expected<FactorExposure, Error> beta_to(std::span<const double> returns,
                                                           std::span<const double> benchmark);

}  // namespace tradewind::measures
