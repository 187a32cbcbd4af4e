// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace tradewind::base {

/// xoshiro256++ seeded by splitmix64 (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021; reference code at prng.di.unimi.it). The standard library's distributions
/// differ between implementations, so ours are written out: one seed gives one sequence everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed);

    [[nodiscard]] std::uint64_t next();
    /// Uniform on [0, 1), 53 bits.
    [[nodiscard]] double uniform();
    /// Uniform on [0, bound), unbiased (Lemire 2019). `bound` > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    /// Standard normal by Marsaglia's polar method.
    [[nodiscard]] double normal();
    /// Exponential of mean 1.
    [[nodiscard]] double exponential();

private:
    std::array<std::uint64_t, 4> state_{};
    double spare_ = 0.0;
    bool has_spare_ = false;
};

}  // namespace tradewind::base
