// SPDX-License-Identifier: Apache-2.0
#include "training/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace tradewind::training {
namespace {

std::vector<float> normals(base::Random& random, std::size_t n) {
    std::vector<float> out(n);
    for (float& one : out) one = static_cast<float>(random.normal());
    return out;
}

TEST(Loss, has_the_gradient_of_finite_differences) {
    base::Random random{3};
    for (const Loss& loss :
         {Loss{.task = ml::Task::classes, .scores = 3}, Loss{.task = ml::Task::value},
          Loss{.task = ml::Task::quantiles, .levels = {0.1, 0.5, 0.8}, .scores = 3},
          Loss{.task = ml::Task::quantiles, .levels = {0.1, 0.8}, .scores = 2, .apart = true}}) {
        constexpr std::size_t kRows = 20;
        std::vector<float> raw = normals(random, kRows * loss.scores);
        std::vector<float> labels = normals(random, kRows);
        std::vector<float> weights(kRows);
        for (std::size_t i = 0; i < kRows; ++i) {
            weights[i] = static_cast<float>(random.uniform());
            if (loss.task == ml::Task::classes) labels[i] = static_cast<float>(i % loss.scores);
        }
        std::vector<float> gradient(raw.size());
        (void)loss.sum(raw, labels, weights, gradient);
        constexpr float kStep = 1e-3F;
        for (std::size_t i = 0; i < raw.size(); ++i) {
            const float before = raw[i];
            raw[i] = before + kStep;
            const double above = loss.sum(raw, labels, weights, {});
            raw[i] = before - kStep;
            const double slope =
                (above - loss.sum(raw, labels, weights, {})) / (2.0 * static_cast<double>(kStep));
            raw[i] = before;
            EXPECT_NEAR(gradient[i], slope, 2e-3);
        }
    }
}

TEST(Loss, has_torchs_values) {
    // torch 1.13: cross_entropy([[0.2, -1, 0.7]], 2), huber_loss(2.5, 0.3), huber_loss(0.7, 0.3)
    const std::vector<float> one{1.0F};
    const auto value = [&](const Loss& loss, std::vector<float> raw, std::vector<float> label) {
        return loss.sum(raw, label, one, {});
    };
    EXPECT_NEAR(value({.task = ml::Task::classes, .scores = 3}, {0.2F, -1.0F, 0.7F}, {2.0F}),
                std::log(std::exp(-0.5) + std::exp(-1.7) + 1.0), 1e-6);
    EXPECT_NEAR(value({.task = ml::Task::value}, {2.5F}, {0.3F}), 1.7, 1e-6);
    EXPECT_NEAR(value({.task = ml::Task::value}, {0.7F}, {0.3F}), 0.08, 1e-6);
    // Koenker and Bassett: the level times what lies above, the rest of 1 times what lies below
    const Loss pinball{.task = ml::Task::quantiles, .levels = {0.9}, .scores = 1, .apart = true};
    EXPECT_NEAR(value(pinball, {1.0F}, {3.0F}), 1.8, 1e-6);
    EXPECT_NEAR(value(pinball, {3.0F}, {1.0F}), 0.2, 1e-6);
}

TEST(Loss, large_scores_do_not_overflow) {
    const Loss loss{.task = ml::Task::classes, .scores = 2};
    const std::vector<float> raw{-900.0F, 900.0F};
    std::vector<float> gradient(2);
    EXPECT_NEAR(loss.sum(raw, std::vector{0.0F}, std::vector{1.0F}, gradient), 1800.0, 1e-3);
    EXPECT_FLOAT_EQ(gradient[0], -1.0F);
}

}  // namespace
}  // namespace tradewind::training
