// SPDX-License-Identifier: Apache-2.0
// torch::optim::AdamW is the reference here. C++17, as network.cpp.
#include <gtest/gtest.h>
#include <torch/types.h>

// wants the one above first
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <vector>

#include "training/adam_steps_for_tests.hpp"

namespace tradewind::training {
namespace {

TEST(Adam, steps_as_torchs_AdamW) {
    constexpr std::int64_t kSize = 40;
    constexpr int kSteps = 25;
    torch::manual_seed(1);
    const at::Tensor first = torch::randn({kSize});
    at::Tensor theirs = first.clone().requires_grad_(true);
    torch::optim::AdamW optimiser({theirs},
                                  torch::optim::AdamWOptions(0.02).weight_decay(0.1).eps(1e-8));
    std::vector<std::vector<float>> gradients;
    for (int step = 0; step < kSteps; ++step) {
        const at::Tensor gradient = torch::randn({kSize}) * (step % 3 == 0 ? 2.0 : 0.05);
        gradients.emplace_back(gradient.data_ptr<float>(), gradient.data_ptr<float>() + kSize);
        theirs.mutable_grad() = gradient.clone();
        torch::nn::utils::clip_grad_norm_({theirs}, 1.0);
        optimiser.step();
    }
    std::vector<float> ours(first.data_ptr<float>(), first.data_ptr<float>() + kSize);
    adam_steps(ours, gradients, 0.02, 0.1);
    for (std::int64_t i = 0; i < kSize; ++i) {
        EXPECT_NEAR(ours[static_cast<std::size_t>(i)], theirs[i].item<float>(), 2e-5F);
    }
}

}  // namespace
}  // namespace tradewind::training
