// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"

/// Made-up markets for the tests and benches of portfolio construction.
namespace tradewind::test {

inline std::vector<std::string> asset_names(std::size_t n) {
    std::vector<std::string> out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = "A" + std::to_string(i);
    return out;
}

/// Deviations of 0.5 % to 4 % a period; `factors` common factors and noise of an asset's own.
/// [n, n], row-major, definite.
inline std::vector<double> random_covariance(std::uint64_t seed, std::size_t n,
                                             std::size_t factors = 3) {
    base::Random random(seed);
    std::vector<double> loadings(n * factors), out(n * n);
    for (double& one : loadings) one = random.normal();
    for (std::size_t i = 0; i < n; ++i) loadings[i * factors] += 1.5;  // the market
    std::vector<double> deviation(n), own(n);
    for (std::size_t i = 0; i < n; ++i) {
        deviation[i] = 0.005 + 0.035 * random.uniform();
        own[i] = 0.5 + 2 * random.uniform();
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            double sum = i == j ? own[i] : 0.0;
            for (std::size_t k = 0; k < factors; ++k) {
                sum += loadings[i * factors + k] * loadings[j * factors + k];
            }
            out[i * n + j] = sum;
        }
    }
    std::vector<double> size(n);
    for (std::size_t i = 0; i < n; ++i) size[i] = deviation[i] / std::sqrt(out[i * n + i]);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) out[i * n + j] *= size[i] * size[j];
    }
    return out;
}

/// Of one period, in parts; about 0.05 % with a deviation of as much.
inline std::vector<double> random_returns(std::uint64_t seed, std::size_t n) {
    base::Random random(seed ^ 0x9e3779b97f4a7c15U);
    std::vector<double> out(n);
    for (double& one : out) one = 5e-4 * (1 + random.normal());
    return out;
}

/// From deviations and the correlations above the diagonal, row by row.
inline std::vector<double> covariance_of(const std::vector<double>& deviations,
                                         const std::vector<double>& above) {
    const std::size_t n = deviations.size();
    std::vector<double> out(n * n);
    std::size_t at = 0;
    for (std::size_t i = 0; i < n; ++i) {
        out[i * n + i] = deviations[i] * deviations[i];
        for (std::size_t j = i + 1; j < n; ++j) {
            out[i * n + j] = out[j * n + i] = above[at++] * deviations[i] * deviations[j];
        }
    }
    return out;
}

}  // namespace tradewind::test
