// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "measures/error.hpp"

/// How much one series moves, and how that changes. Returns are fractions; volatility is a
/// deviation of one period.
namespace tradewind::measures {

/// What the variance before the first return is taken to be: the mean square of the first 75
/// returns, weighted by 0.94^i, as PyPI's arch (`backcast`). Not empty.
[[nodiscard]] double backcast_variance(std::span<const double> returns);

/// Variance expected of each return from those before it, and in the end of the one to come,
/// [returns + 1]: v' = decay v + (1 - decay) r^2, from `backcast_variance`; RiskMetrics. `empty`,
/// `not_finite`, `out_of_range` unless 0 < decay < 1.
[[nodiscard]] std::expected<std::vector<double>, Error> ewma_variances(
    std::span<const double> returns, double decay);

/// v' = omega + alpha r^2 + beta v: Bollerslev, "Generalized autoregressive conditional
/// heteroskedasticity", Journal of Econometrics 31 (1986), 307-327.
struct Garch {
    double mean = 0;  ///< taken off the returns
    double omega = 0;
    double alpha = 0;
    double beta = 0;
    double log_likelihood = 0;

    [[nodiscard]] double persistence() const { return alpha + beta; }
    /// What the variance returns to.
    [[nodiscard]] double long_run_variance() const { return omega / (1 - persistence()); }
};

/// By maximum likelihood of normal returns less their mean, alpha + beta < 1: the simplex of Nelder
/// and Mead (1965) over log long-run variance and the logits of persistence and of alpha's part in
/// it, begun anew at its result until that no longer moves. The same bits for the same returns.
/// `too_few_rows` under 100, `not_finite`, `constant`, `no_convergence`. Held to PyPI's arch.
[[nodiscard]] std::expected<Garch, Error> fit_garch(std::span<const double> returns);

/// As `ewma_variances`, by a fit of these or of other returns.
[[nodiscard]] std::vector<double> garch_variances(const Garch& model,
                                                  std::span<const double> returns);

/// Deviation of the last `window` returns, told as they come. Sums are made afresh each time: they
/// do not drift.
class TrailingVolatility {
public:
    /// `window` >= 2.
    explicit TrailingVolatility(std::size_t window);

    /// A NaN is passed over: the window is of returns that were there. `not_finite` at an infinite
    /// one. Allocates nothing.
    [[nodiscard]] std::expected<void, Error> update(double value);
    /// Sample deviation (n - 1); nullopt until the window is full. Allocates nothing.
    [[nodiscard]] std::optional<double> value() const;

private:
    std::vector<double> values_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

}  // namespace tradewind::measures
