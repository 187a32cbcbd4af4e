// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

/// The statistics that the performance metrics stand on: pure functions on arrays of periodic
/// returns. An undefined result is nullopt. Inputs hold no NaN; `compute` in metrics.hpp refuses
/// those first.
namespace tradewind::monitor {

/// Cumulative distribution of the standard normal.
[[nodiscard]] double normal_cdf(double z);
/// Density of the standard normal.
[[nodiscard]] double normal_density(double z);
/// Inverse of `normal_cdf` by Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), 477-484,
/// function PPND16, relative accuracy about 1e-16. 0 < p < 1.
[[nodiscard]] double normal_quantile(double p);

/// Arithmetic mean by compensated (Neumaier) summation; nullopt for an empty span.
[[nodiscard]] std::optional<double> mean(std::span<const double> values);
/// Sample standard deviation (n - 1); nullopt under two values.
[[nodiscard]] std::optional<double> sample_deviation(std::span<const double> values);
/// Third standardised moment, m3 / m2^1.5 with population moments; nullopt where the values are
/// constant.
[[nodiscard]] std::optional<double> skewness(std::span<const double> values);
/// Fourth standardised moment, m4 / m2^2, raw: 3 for a normal. nullopt where the values are
/// constant.
[[nodiscard]] std::optional<double> raw_kurtosis(std::span<const double> values);
/// Linear interpolation between order statistics, Hyndman and Fan (1996) type 7, as numpy's
/// default. `sorted` ascending and not empty, 0 <= p <= 1.
[[nodiscard]] double quantile_of_sorted(std::span<const double> sorted, double p);
/// Sample autocorrelation at `lag`, both moments divided by n; nullopt where the values are
/// constant or `lag` reaches their count.
[[nodiscard]] std::optional<double> autocorrelation(std::span<const double> values,
                                                    std::size_t lag);

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
