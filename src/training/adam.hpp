// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "training/network.hpp"

namespace tradewind::training {

struct AdamRates {
    double rate = 1e-3;
    double weight_decay = 0.0;  ///< decoupled, times the rate, of what decays
    double gradient_max = 1.0;  ///< Euclidean norm that a gradient is cut to
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), betas 0.9 and 0.999, epsilon
/// 1e-8, over one flat array. Held to torch::optim::AdamW by a test.
class Adam {
public:
    Adam(const std::vector<Parameter>& parameters, AdamRates rates);
    void step(std::span<float> weights, std::span<const float> gradient);

    /// What it remembers, for a checkpoint.
    struct State {
        std::uint64_t steps = 0;
        std::vector<float> mean;
        std::vector<float> square;
    };
    [[nodiscard]] State& state() { return state_; }
    [[nodiscard]] const State& state() const { return state_; }

private:
    AdamRates rates_;
    std::vector<float> decay_;    ///< [weights] what a step leaves of each
    std::vector<float> trained_;  ///< [weights] 1, or 0 of what stays
    State state_;
};

}  // namespace tradewind::training
