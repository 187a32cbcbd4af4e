// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Logarithms and powers of two on whole numbers: the same on every machine, which a library's
/// `log` does not promise.
namespace tradewind::sim {

/// Binary digits after the point of a logarithm.
inline constexpr int kLogBits = 32;
/// Binary digits after the point of a power.
inline constexpr int kPowerBits = 62;

/// log2(x) x 2^32, rounded down; x > 0. Error below 2^-30.
[[nodiscard]] std::int64_t log2_fixed(std::uint64_t x);
/// 2^-(x / 2^32) x 2^62; x >= 0. Error below 2^-55.
[[nodiscard]] std::int64_t exp2_minus_fixed(std::int64_t x);

/// `value` x 2^-(elapsed / half_life), toward zero. elapsed >= 0; a half-life of 0 leaves nothing.
[[nodiscard]] std::int64_t decayed(std::int64_t value, std::int64_t elapsed,
                                   std::int64_t half_life);

}  // namespace tradewind::sim
