// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tradewind::training {

/// Masks of inverted dropout: 0 with the probability, 1 / (1 - probability) otherwise, so that the
/// mean stays. One seed gives one sequence of masks. The probability is rounded to 1 / 65536: four
/// values are drawn with one number.
class Dropout {
public:
    Dropout(double probability, std::uint64_t seed);
    [[nodiscard]] bool drops() const { return threshold_ > 0; }
    void fill(float* mask, std::size_t n);

private:
    std::uint64_t state_;
    std::uint32_t threshold_;
    float kept_;
};

}  // namespace tradewind::training
