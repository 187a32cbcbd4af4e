// SPDX-License-Identifier: Apache-2.0
#include "base/int128.hpp"

#include <algorithm>

namespace tradewind::base {
namespace {

UInt128 magnitude(Int128 v) {
    return v < 0 ? UInt128{0} - static_cast<UInt128>(v) : static_cast<UInt128>(v);
}

/// An unsigned number of 256 bits as two halves.
struct Wide {
    UInt128 high;
    UInt128 low;
};

Wide multiply(UInt128 a, UInt128 b) {
    constexpr UInt128 mask = ~std::uint64_t{0};
    const UInt128 a0 = a & mask, a1 = a >> 64, b0 = b & mask, b1 = b >> 64;
    const UInt128 p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
    const UInt128 middle = (p00 >> 64) + (p01 & mask) + (p10 & mask);
    return {.high = p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64),
            .low = (middle << 64) | (p00 & mask)};
}

struct Quotient {
    UInt128 whole;
    UInt128 rest;
};

/// Schoolbook binary division; `n.high < d` holds, so the quotient fits into 128 bits. The loop is
/// the slow path: products that fit into 128 bits never come here.
Quotient divide(Wide n, UInt128 d) {
    UInt128 rest = n.high, whole = 0;
    for (int bit = 127; bit >= 0; --bit) {
        const bool carry = (rest >> 127) != 0;
        rest = (rest << 1) | ((n.low >> bit) & 1);
        whole <<= 1;
        if (carry || rest >= d) {
            rest -= d;
            whole |= 1;
        }
    }
    return {.whole = whole, .rest = rest};
}

bool rounds_away(Quotient q, UInt128 d, bool negative, Rounding rounding) {
    if (q.rest == 0) return false;
    switch (rounding) {
        case Rounding::down: return false;
        case Rounding::up: return true;
        case Rounding::floor: return negative;
        case Rounding::ceil: return !negative;
        case Rounding::half_even: {
            const UInt128 other = d - q.rest;
            return q.rest > other || (q.rest == other && (q.whole & 1) != 0);
        }
    }
    __builtin_unreachable();
}

std::optional<Int128> finish(Quotient q, UInt128 d, bool negative, Rounding rounding) {
    if (rounds_away(q, d, negative, rounding)) {
        if (q.whole == ~UInt128{0}) return std::nullopt;
        ++q.whole;
    }
    const UInt128 limit = static_cast<UInt128>(kInt128Max) + (negative ? 1U : 0U);
    if (q.whole > limit) return std::nullopt;
    return static_cast<Int128>(negative ? UInt128{0} - q.whole : q.whole);
}

}  // namespace

std::optional<Int128> checked_div(Int128 a, Int128 b, Rounding rounding) {
    if (b == 0) return std::nullopt;
    const UInt128 n = magnitude(a), d = magnitude(b);
    return finish({.whole = n / d, .rest = n % d}, d, (a < 0) != (b < 0), rounding);
}

std::optional<Int128> mul_div(Int128 a, Int128 b, Int128 c, Rounding rounding) {
    if (c == 0) return std::nullopt;
    const bool negative = ((a < 0) != (b < 0)) != (c < 0);
    const UInt128 d = magnitude(c);
    const Wide product = multiply(magnitude(a), magnitude(b));
    if (product.high == 0) {
        return finish({.whole = product.low / d, .rest = product.low % d}, d, negative, rounding);
    }
    if (product.high >= d) return std::nullopt;
    return finish(divide(product, d), d, negative, rounding);
}

std::string to_string(Int128 value) {
    UInt128 rest = magnitude(value);
    std::string out;
    do {
        out.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    if (value < 0) out.push_back('-');
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace tradewind::base
