// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// The statistics of Sharpe ratios: pure functions on arrays of periodic returns. Moments and
/// distributions are in room measures. An undefined result is nullopt. Inputs hold no NaN;
/// `compute` in metrics.hpp refuses those first.
namespace tradewind::monitor {

/// Lags kept by heteroskedasticity- and autocorrelation-consistent estimates: floor(4 (n /
/// 100)^(2/9)), the rule of Newey and West, "Automatic lag selection in covariance matrix
/// estimation", Review of Economic Studies 61 (1994).
[[nodiscard]] std::size_t newey_west_lags(std::size_t n);

/// The factor from a one-period to a q-period Sharpe ratio, eta(q) = q / sqrt(q + 2 sum_{k=1}^{q-1}
/// (q - k) rho_k): Lo, "The statistics of Sharpe ratios", Financial Analysts Journal 58 (2002),
/// equation 20. `rho[k-1]` is the autocorrelation at lag k; lags beyond the span count as 0.
/// nullopt where the variance of the sum is not above 0.
[[nodiscard]] std::optional<double> lo_factor(double q, std::span<const double> rho);

/// Standard error of a one-period Sharpe ratio for independent returns, sqrt((1 + sharpe^2 / 2) /
/// n): Lo (2002), equation 9.
[[nodiscard]] double lo_standard_error(double sharpe, std::size_t n);
/// The same for stationary returns: the delta method on (mean, variance) with a Newey-West
/// (Bartlett) covariance, Lo (2002), appendix A. nullopt where the returns are constant.
[[nodiscard]] std::optional<double> lo_standard_error_hac(std::span<const double> excess_returns,
                                                          std::size_t lags);

/// What the Sharpe ratio's distribution depends on, all for one period, none annualised.
struct SharpeSample {
    double sharpe = 0;
    std::size_t n = 0;
    double skew = 0;
    double kurtosis = 3;  ///< raw
};

/// Probability that the true Sharpe ratio is above `threshold` (one period): Bailey and Lopez de
/// Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15 (2012), equation 11. nullopt
/// under two returns, or where the variance of the estimate is not above 0.
[[nodiscard]] std::optional<double> probabilistic_sharpe(const SharpeSample& sample,
                                                         double threshold);

/// All the trials that were ever run on the way to the one reported.
struct Trials {
    std::uint64_t count = 0;     ///< independent trials
    double sharpe_variance = 0;  ///< variance over the trials of their one-period Sharpe ratios
};

/// The Sharpe ratio (one period) that the best of so many worthless trials is expected to show:
/// Bailey and Lopez de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40
/// (2014), equation 1 with a mean of 0. nullopt under two trials.
[[nodiscard]] std::optional<double> expected_maximum_sharpe(const Trials& trials);

}  // namespace tradewind::monitor
