// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/int128.hpp"

namespace tradewind::base {

/// Decimal places kept by Price, Qty and Rate.
inline constexpr int kDecimals = 9;
inline constexpr std::int64_t kDecimalOne = 1'000'000'000;

enum class DecimalError : std::uint8_t {
    empty,         ///< no characters
    not_a_number,  ///< a character that no plain decimal has
    too_precise,   ///< a non-zero digit past the last decimal place kept
    out_of_range,  ///< does not fit
};

[[nodiscard]] std::string_view describe(DecimalError error);

/// Parses `[+-]digits[.digits][e[+-]digits]` exactly into units of 1e-9. Digits past the ninth
/// decimal place must be zeros: a price is never rounded silently.
[[nodiscard]] std::expected<std::int64_t, DecimalError> parse_decimal(std::string_view text);

/// The same, but digits past the ninth place are rounded half to even. For data whose source
/// computed its prices in binary floating point (adjusted closes).
[[nodiscard]] std::expected<std::int64_t, DecimalError> parse_decimal_rounded(
    std::string_view text);

/// The same as `parse_decimal` in units of 1e-18, 128 bits wide.
[[nodiscard]] std::expected<Int128, DecimalError> parse_decimal_wide(std::string_view text);

/// Shortest plain decimal of `units` x 10^-places: no exponent, no trailing zeros ("1.5", "-0.07").
[[nodiscard]] std::string format_decimal(Int128 units, int places);

/// Exactly `digits` places after the point, rounded half to even ("1.50").
[[nodiscard]] std::string format_decimal_fixed(Int128 units, int places, int digits);

}  // namespace tradewind::base
