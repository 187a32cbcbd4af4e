// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/decimal.hpp"

/// The fast way through the plain numbers of market data, eight digits at a time (the trick of D.
/// Lemire, "Quickly parsing eight digits", 2018). Each function takes what it is sure of and says
/// so; whatever is unusual goes the slow way through base::parse_decimal, which decides. Inline:
/// measured in bench/.
namespace tradewind::wire {

/// Bytes that the scanners may read past the end of a field.
inline constexpr std::size_t kScanPadding = 8;

namespace detail {

inline std::uint64_t load8(const char* p) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
}

/// Up to eight digits at p: their value and their count.
struct Digits {
    std::uint32_t value;
    std::uint32_t count;
};

inline Digits take_digits8(const char* p) {
    const std::uint64_t word = load8(p) ^ 0x3030303030303030U;  // digits become 0..9
    const std::uint64_t no_digit =
        (((word & 0x7f7f7f7f7f7f7f7fU) + 0x7676767676767676U) | word) & 0x8080808080808080U;
    const auto count = static_cast<std::uint32_t>(std::countr_zero(no_digit)) >> 3;  // 8 where none
    if (count == 0) return {0, 0};
    std::uint64_t v = word << (8 * (8 - count));  // the digits to the high bytes, zeros before them
    v = (v * 10) + (v >> 8);
    v = (((v & 0x000000ff000000ffU) * 0x000f424000000064U) +
         (((v >> 16) & 0x000000ff000000ffU) * 0x0000271000000001U)) >>
        32;
    return {static_cast<std::uint32_t>(v), count};
}

inline constexpr std::array<std::int64_t, 10> kPower10{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

}  // namespace detail

/// Reads `[-]digits` of at most 19 digits that fit; returns the first byte after them, nullptr
/// where it is not sure.
inline const char* scan_integer(const char* p, std::int64_t& out) {
    const bool negative = *p == '-';
    p += negative ? 1 : 0;
    const detail::Digits first = detail::take_digits8(p);
    if (first.count == 0) return nullptr;
    p += first.count;
    std::uint64_t value = first.value;
    if (first.count == 8) {
        const detail::Digits second = detail::take_digits8(p);
        p += second.count;
        value = value * static_cast<std::uint64_t>(detail::kPower10[second.count]) + second.value;
        if (second.count == 8) {
            int more = 0;
            for (; *p >= '0' && *p <= '9'; ++p) {
                if (++more > 3) return nullptr;  // 8 + 8 + 3 = 19 digits fit 64 bits without a sign
                value = value * 10 + static_cast<std::uint64_t>(*p - '0');
            }
        }
    }
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return nullptr;
    out = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
    return p;
}

/// Reads `[-]digits[.digits]` into units of 1e-9, at most ten digits before the point and nine
/// after it, or zeros after those; returns the first byte after them, nullptr where it is not sure.
inline const char* scan_decimal(const char* p, std::int64_t& out) {
    const bool negative = *p == '-';
    p += negative ? 1 : 0;
    const detail::Digits whole = detail::take_digits8(p);
    if (whole.count == 0) return nullptr;
    p += whole.count;
    std::int64_t value = whole.value;
    if (whole.count == 8) {
        const detail::Digits more = detail::take_digits8(p);
        if (more.count > 2) return nullptr;
        p += more.count;
        value = value * detail::kPower10[more.count] + std::int64_t{more.value};
        if (value >= INT64_MAX / base::kDecimalOne) return nullptr;
    }
    value *= base::kDecimalOne;
    if (*p == '.') {
        const detail::Digits fraction = detail::take_digits8(p + 1);
        if (fraction.count == 0) return nullptr;
        p += 1 + fraction.count;
        value += std::int64_t{fraction.value} * detail::kPower10[9 - fraction.count];
        if (fraction.count == 8 && *p >= '0' && *p <= '9') {
            value += *p - '0';
            do ++p;
            while (*p == '0');
        }
    }
    if (*p >= '0' && *p <= '9') return nullptr;  // longer than this way takes
    out = negative ? -value : value;
    return p;
}

}  // namespace tradewind::wire
