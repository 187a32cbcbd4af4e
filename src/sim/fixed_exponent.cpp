// SPDX-License-Identifier: Apache-2.0
#include "sim/fixed_exponent.hpp"

#include <array>
#include <bit>

#include "base/assert.hpp"
#include "base/int128.hpp"

namespace tradewind::sim {
namespace {

using base::Int128;

/// The largest whole number whose square is at most n < 2^126, digit by digit.
constexpr std::uint64_t square_root(Int128 n) {
    std::uint64_t root = 0;
    for (int bit = 62; bit >= 0; --bit) {
        const std::uint64_t tried = root | (std::uint64_t{1} << bit);
        if (Int128{tried} * tried <= n) root = tried;
    }
    return root;
}

/// 2^(2^-(i+1)) x 2^62: each the square root of the one before.
constexpr std::array<std::uint64_t, kLogBits> make_roots() {
    std::array<std::uint64_t, kLogBits> out{};
    std::uint64_t last = std::uint64_t{2} << kPowerBits;
    for (std::uint64_t& root : out) {
        root = square_root(Int128{last} << kPowerBits);
        last = root;
    }
    return out;
}
constexpr auto kRoots = make_roots();

}  // namespace

std::int64_t log2_fixed(std::uint64_t x) {
    ASSERT(x > 0);
    const int whole = 63 - std::countl_zero(x);
    // The mantissa in [1, 2) with 62 digits; squaring it doubles its logarithm.
    auto mantissa = static_cast<std::uint64_t>((Int128{x} << kPowerBits) >> whole);
    std::int64_t out = whole;
    for (int i = 0; i < kLogBits; ++i) {
        mantissa = static_cast<std::uint64_t>((Int128{mantissa} * mantissa) >> kPowerBits);
        out *= 2;
        if (mantissa >= std::uint64_t{2} << kPowerBits) {
            mantissa >>= 1;
            ++out;
        }
    }
    return out;
}

std::int64_t exp2_minus_fixed(std::int64_t x) {
    ASSERT(x >= 0);
    const std::int64_t whole = x >> kLogBits;
    const auto fraction = static_cast<std::uint32_t>(x);
    if (whole >= kPowerBits) return 0;
    if (fraction == 0) return (std::int64_t{1} << kPowerBits) >> whole;
    // 2^-(n + f) = 2^(1 - f) / 2^(n + 1)
    const std::uint32_t rest = ~fraction + 1;
    Int128 power = Int128{1} << kPowerBits;
    for (std::size_t i = 0; i < kRoots.size(); ++i) {
        const bool is_set = (rest >> (kLogBits - 1 - static_cast<int>(i)) & 1U) != 0;
        if (is_set) power = (power * kRoots[i]) >> kPowerBits;
    }
    return static_cast<std::int64_t>(power >> (whole + 1));
}

std::int64_t decayed(std::int64_t value, std::int64_t elapsed, std::int64_t half_life) {
    ASSERT(elapsed >= 0);
    if (half_life <= 0) return 0;
    const Int128 halvings = (Int128{elapsed} << kLogBits) / half_life;
    if (halvings >> kLogBits >= kPowerBits) return 0;
    const std::int64_t share = exp2_minus_fixed(static_cast<std::int64_t>(halvings));
    return static_cast<std::int64_t>(Int128{value} * share / (Int128{1} << kPowerBits));
}

}  // namespace tradewind::sim
