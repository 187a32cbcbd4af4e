// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace tradewind::training {

/// Adam's steps of these gradients on one matrix. Stands apart for a test of C++17.
void adam_steps(std::vector<float>& weights, const std::vector<std::vector<float>>& gradients,
                double rate, double weight_decay);

}  // namespace tradewind::training
