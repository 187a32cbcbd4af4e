// SPDX-License-Identifier: Apache-2.0
#include "training/dropout.hpp"

#include <cmath>

namespace tradewind::training {
namespace {

constexpr double kSteps = 65536.0;

/// splitmix64 (Steele, Lea and Flood 2014): each number from its place alone.
std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

}  // namespace

Dropout::Dropout(double probability, std::uint64_t seed)
    : state_(mixed(seed)),
      threshold_(static_cast<std::uint32_t>(std::lround(probability * kSteps))),
      kept_(static_cast<float>(kSteps / (kSteps - threshold_))) {}

void Dropout::fill(float* mask, std::size_t n) {
    constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;
    constexpr std::size_t kEach = 4;
    for (std::size_t i = 0; i < n; i += kEach) {
        state_ += kGolden;
        const std::uint64_t bits = mixed(state_);
        for (std::size_t j = 0; j < kEach && i + j < n; ++j) {
            const auto drawn = static_cast<std::uint32_t>(bits >> (16U * j)) & 0xFFFFU;
            mask[i + j] = drawn < threshold_ ? 0.0F : kept_;
        }
    }
}

}  // namespace tradewind::training
