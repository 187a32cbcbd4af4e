// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tradewind::measures {

/// Cumulative distribution of the standard normal.
[[nodiscard]] double normal_cdf(double z);
/// Density of the standard normal.
[[nodiscard]] double normal_density(double z);
/// Inverse of `normal_cdf` by Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), 477-484,
/// function PPND16, relative accuracy about 1e-16. 0 < p < 1.
[[nodiscard]] double normal_quantile(double p);

/// Probability that a chi-square variable with this many degrees of freedom (1 or more) lies above
/// x: the p-value of a likelihood ratio. By the recurrence of the incomplete gamma function, DLMF
/// 8.8.6, from erfc or exp. 1 where x <= 0.
[[nodiscard]] double chi_square_survival(double x, std::size_t degrees_of_freedom);

/// Probability of at most k events in n trials of probability p each, 0 <= p <= 1; summed term by
/// term.
[[nodiscard]] double binomial_cdf(std::size_t k, std::size_t n, double p);

}  // namespace tradewind::measures
