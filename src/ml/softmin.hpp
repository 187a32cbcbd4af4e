// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace tradewind::ml {

/// Weights that go as exp(-rate x loss), with a sum of 1; both spans of one size, not empty.
inline void softmin(std::span<const double> losses, double rate, std::span<double> weights) {
    const double least = *std::min_element(losses.begin(), losses.end());
    double sum = 0;
    for (std::size_t m = 0; m < losses.size(); ++m) {
        sum += weights[m] = std::exp(-rate * (losses[m] - least));
    }
    for (double& weight : weights) weight /= sum;
}

}  // namespace tradewind::ml
