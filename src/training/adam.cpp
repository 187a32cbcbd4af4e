// SPDX-License-Identifier: Apache-2.0
#include "training/adam.hpp"

#include <array>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::training {
namespace {

constexpr double kBetaMean = 0.9;
constexpr double kBetaSquare = 0.999;
constexpr double kEpsilon = 1e-8;

double norm_of(std::span<const float> gradient) {
    // four sums: one chain of additions would wait for itself
    std::array<double, 4> sums{};
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const auto one = static_cast<double>(gradient[i]);
        sums[i % sums.size()] += one * one;
    }
    return std::sqrt(sums[0] + sums[1] + sums[2] + sums[3]);
}

}  // namespace

Adam::Adam(const std::vector<Parameter>& parameters, AdamRates rates) : rates_(rates) {
    const std::size_t size = size_of(parameters);
    decay_.assign(size, 1.0F);
    trained_.assign(size, 1.0F);
    state_.mean.assign(size, 0.0F);
    state_.square.assign(size, 0.0F);
    const auto left = static_cast<float>(1.0 - rates.rate * rates.weight_decay);
    for (const Parameter& one : parameters) {
        for (std::size_t i = one.begin; i < one.begin + one.size; ++i) {
            if (one.decays) decay_[i] = left;
            if (!one.trained) trained_[i] = 0.0F;
        }
    }
}

void Adam::step(std::span<float> weights, std::span<const float> gradient) {
    ASSERT(weights.size() == decay_.size() && gradient.size() == decay_.size());
    ++state_.steps;
    const double norm = norm_of(gradient);
    const auto cut =
        static_cast<float>(norm > rates_.gradient_max ? rates_.gradient_max / norm : 1);
    const auto steps = static_cast<double>(state_.steps);
    const auto rate = static_cast<float>(rates_.rate / (1.0 - std::pow(kBetaMean, steps)));
    const auto root = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(kBetaSquare, steps)));
    constexpr auto kMean = static_cast<float>(kBetaMean);
    constexpr auto kSquare = static_cast<float>(kBetaSquare);
    constexpr auto kSmall = static_cast<float>(kEpsilon);
    float* __restrict mean = state_.mean.data();
    float* __restrict square = state_.square.data();
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const float g = gradient[i] * cut;
        mean[i] = kMean * mean[i] + (1.0F - kMean) * g;
        square[i] = kSquare * square[i] + (1.0F - kSquare) * g * g;
        const float move = rate * mean[i] / (std::sqrt(square[i]) * root + kSmall);
        weights[i] = weights[i] * decay_[i] - trained_[i] * move;
    }
}

}  // namespace tradewind::training
