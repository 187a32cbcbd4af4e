// SPDX-License-Identifier: Apache-2.0
#include "training/adam.hpp"
#include "training/adam_steps_for_tests.hpp"

namespace tradewind::training {

void adam_steps(std::vector<float>& weights, const std::vector<std::vector<float>>& gradients,
                double rate, double weight_decay) {
    const Parameter matrix{
        .name = "w", .shape = {weights.size()}, .decays = true, .size = weights.size()};
    Adam adam{{matrix}, {.rate = rate, .weight_decay = weight_decay}};
    for (const auto& gradient : gradients) adam.step(weights, gradient);
}

}  // namespace tradewind::training
