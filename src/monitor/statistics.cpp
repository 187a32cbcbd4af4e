// SPDX-License-Identifier: Apache-2.0
#include "monitor/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/assert.hpp"
#include "measures/distributions.hpp"
#include "measures/moments.hpp"

namespace tradewind::monitor {

std::size_t newey_west_lags(std::size_t n) {
    return static_cast<std::size_t>(4 * std::pow(static_cast<double>(n) / 100, 2.0 / 9));
}

std::optional<double> lo_factor(double q, std::span<const double> rho) {
    double variance = q;
    for (std::size_t k = 1; k <= rho.size() && static_cast<double>(k) < q; ++k) {
        variance += 2 * (q - static_cast<double>(k)) * rho[k - 1];
    }
    if (!(variance > 0)) return std::nullopt;
    return q / std::sqrt(variance);
}

double lo_standard_error(double sharpe, std::size_t n) {
    ASSERT(n > 0);
    return std::sqrt((1 + 0.5 * sharpe * sharpe) / static_cast<double>(n));
}

std::optional<double> lo_standard_error_hac(std::span<const double> excess_returns,
                                            std::size_t lags) {
    if (excess_returns.size() < 2 || measures::is_constant(excess_returns)) return std::nullopt;
    const double centre = *measures::mean(excess_returns);
    const double variance = measures::central_moment(excess_returns, 2);
    const double deviation = std::sqrt(variance);
    const double sharpe = centre / deviation;
    // Gradient of mean / sqrt(variance) times the moment conditions; its long-run variance over n
    // is that of the ratio.
    std::vector<double> influence;
    influence.reserve(excess_returns.size());
    for (const double r : excess_returns) {
        const double z = (r - centre) / deviation;
        influence.push_back(z - 0.5 * sharpe * (z * z - 1));
    }
    const auto n = static_cast<double>(influence.size());
    double long_run = 0;
    for (std::size_t lag = 0; lag <= lags && lag < influence.size(); ++lag) {
        measures::Sum products;
        for (std::size_t t = lag; t < influence.size(); ++t) {
            products.add(influence[t] * influence[t - lag]);
        }
        const double bartlett = 1 - static_cast<double>(lag) / static_cast<double>(lags + 1);
        long_run += (lag == 0 ? 1 : 2) * bartlett * products.value() / n;
    }
    return std::sqrt(std::max(long_run, 0.0) / n);
}

std::optional<double> probabilistic_sharpe(const SharpeSample& sample, double threshold) {
    if (sample.n < 2) return std::nullopt;
    const double variance =
        1 - sample.skew * sample.sharpe + (sample.kurtosis - 1) / 4 * sample.sharpe * sample.sharpe;
    if (!(variance > 0)) return std::nullopt;
    return measures::normal_cdf((sample.sharpe - threshold) *
                                std::sqrt(static_cast<double>(sample.n - 1)) / std::sqrt(variance));
}

std::optional<double> expected_maximum_sharpe(const Trials& trials) {
    if (trials.count < 2 || !(trials.sharpe_variance >= 0)) return std::nullopt;
    const auto n = static_cast<double>(trials.count);
    return std::sqrt(trials.sharpe_variance) *
           ((1 - std::numbers::egamma) * measures::normal_quantile(1 - 1 / n) +
            std::numbers::egamma * measures::normal_quantile(1 - 1 / (n * std::numbers::e)));
}

}  // namespace tradewind::monitor
