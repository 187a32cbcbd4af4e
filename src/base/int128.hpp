// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tradewind::base {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

inline constexpr Int128 kInt128Max = static_cast<Int128>(~UInt128{0} >> 1);
inline constexpr Int128 kInt128Min = -kInt128Max - 1;

/// How a quotient that is not whole becomes a whole number.
enum class Rounding : std::uint8_t {
    down,       ///< toward zero
    up,         ///< away from zero
    floor,      ///< toward minus infinity
    ceil,       ///< toward plus infinity
    half_even,  ///< to nearest, ties to even (banker's rounding)
};

template <typename Int>
[[nodiscard]] constexpr std::optional<Int> checked_add(Int a, Int b) {
    Int out{};
    if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
    return out;
}

template <typename Int>
[[nodiscard]] constexpr std::optional<Int> checked_sub(Int a, Int b) {
    Int out{};
    if (__builtin_sub_overflow(a, b, &out)) return std::nullopt;
    return out;
}

template <typename Int>
[[nodiscard]] constexpr std::optional<Int> checked_mul(Int a, Int b) {
    Int out{};
    if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
    return out;
}

/// a / b rounded as named; nullopt when b is zero or the quotient does not fit.
[[nodiscard]] std::optional<Int128> checked_div(Int128 a, Int128 b, Rounding rounding);

/// a * b / c with a 256-bit product, rounded once; nullopt when c is zero or the quotient does not
/// fit into 128 bits. Nothing is lost in between, which `checked_mul` then `checked_div` would.
[[nodiscard]] std::optional<Int128> mul_div(Int128 a, Int128 b, Int128 c, Rounding rounding);

/// Decimal digits of an integer, with a leading '-' where negative.
[[nodiscard]] std::string to_string(Int128 value);

}  // namespace tradewind::base
