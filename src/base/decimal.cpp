// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.hpp"

#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::base {
namespace {

/// A decimal taken apart: value = digits x 10^exponent.
struct Scanned {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    int exponent = 0;
};

constexpr int kExponentMax = 60;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    const std::string_view digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

bool take_sign(std::string_view& text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return negative;
}

std::expected<int, DecimalError> scan_exponent(std::string_view text) {
    const bool negative = take_sign(text);
    const std::string_view digits = take_digits(text);
    if (digits.empty() || !text.empty()) return std::unexpected(DecimalError::not_a_number);
    int value = 0;
    for (const char c : digits) {
        value = value * 10 + (c - '0');
        if (value > kExponentMax) return std::unexpected(DecimalError::out_of_range);
    }
    return negative ? -value : value;
}

std::expected<Scanned, DecimalError> scan(std::string_view text) {
    if (text.empty()) return std::unexpected(DecimalError::empty);
    Scanned out;
    out.negative = take_sign(text);
    out.whole = take_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        out.fraction = take_digits(text);
    }
    if (out.whole.empty() && out.fraction.empty()) {
        return std::unexpected(DecimalError::not_a_number);
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        out.exponent = TRY(scan_exponent(text.substr(1)));
    } else if (!text.empty()) {
        return std::unexpected(DecimalError::not_a_number);
    }
    return out;
}

/// The digit that stands `place` places after the point (negative: before it), once the exponent
/// has moved the point.
int digit_at(const Scanned& s, int place) {
    const int shifted = place + s.exponent;
    if (shifted > 0) {
        const auto i = static_cast<std::size_t>(shifted - 1);
        return i < s.fraction.size() ? s.fraction[i] - '0' : 0;
    }
    const auto from_end = static_cast<std::size_t>(-shifted);
    return from_end < s.whole.size() ? s.whole[s.whole.size() - 1 - from_end] - '0' : 0;
}

enum class Tail : std::uint8_t { zero, below_half, half, above_half };

/// What the digits past `places` amount to.
Tail tail_past(const Scanned& s, int places) {
    const int last = static_cast<int>(s.fraction.size()) - s.exponent;
    const int first = digit_at(s, places + 1);
    bool rest = false;
    for (int p = places + 2; p <= last && !rest; ++p) rest = digit_at(s, p) != 0;
    if (first == 0 && !rest) return Tail::zero;
    if (first == 5 && !rest) return Tail::half;
    return first < 5 ? Tail::below_half : Tail::above_half;
}

std::expected<Int128, DecimalError> to_units(const Scanned& s, int places, bool round) {
    const int top = static_cast<int>(s.whole.size()) + s.exponent;
    Int128 units = 0;
    for (int place = 1 - std::max(top, 1); place <= places; ++place) {
        const std::optional<Int128> ten = checked_mul<Int128>(units, 10);
        const std::optional<Int128> sum =
            ten ? checked_add<Int128>(*ten, digit_at(s, place)) : std::nullopt;
        if (!sum) return std::unexpected(DecimalError::out_of_range);
        units = *sum;
    }
    const Tail tail = tail_past(s, places);
    if (tail != Tail::zero && !round) return std::unexpected(DecimalError::too_precise);
    if (tail == Tail::above_half || (tail == Tail::half && units % 2 != 0)) ++units;
    return s.negative ? -units : units;
}

std::expected<std::int64_t, DecimalError> narrow(Int128 units) {
    if (units > INT64_MAX || units < INT64_MIN) return std::unexpected(DecimalError::out_of_range);
    return static_cast<std::int64_t>(units);
}

std::string with_point(Int128 units, int places) {
    std::string digits = to_string(units < 0 ? -units : units);
    const auto wanted = static_cast<std::size_t>(places) + 1;
    if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
    if (places > 0) digits.insert(digits.size() - static_cast<std::size_t>(places), 1, '.');
    if (units < 0) digits.insert(0, 1, '-');
    return digits;
}

}  // namespace

std::string_view describe(DecimalError error) {
    switch (error) {
        case DecimalError::empty: return "is empty";
        case DecimalError::not_a_number: return "is not a decimal number";
        case DecimalError::too_precise: return "has more than nine decimal places";
        case DecimalError::out_of_range: return "is out of range";
    }
    __builtin_unreachable();
}

std::expected<std::int64_t, DecimalError> parse_decimal(std::string_view text) {
    return narrow(TRY(to_units(TRY(scan(text)), kDecimals, false)));
}

std::expected<std::int64_t, DecimalError> parse_decimal_rounded(std::string_view text) {
    return narrow(TRY(to_units(TRY(scan(text)), kDecimals, true)));
}

std::expected<Int128, DecimalError> parse_decimal_wide(std::string_view text) {
    return to_units(TRY(scan(text)), 2 * kDecimals, false);
}

std::string format_decimal(Int128 units, int places) {
    std::string text = with_point(units, places);
    if (places > 0) {
        while (text.back() == '0') text.pop_back();
        if (text.back() == '.') text.pop_back();
    }
    return text;
}

std::string format_decimal_fixed(Int128 units, int places, int digits) {
    ASSERT(places >= 0 && digits >= 0);
    if (digits >= places) {
        std::string text = with_point(units, places);
        if (places == 0 && digits > 0) text.push_back('.');
        return text.append(static_cast<std::size_t>(digits - places), '0');
    }
    Int128 scale = 1;
    for (int i = digits; i < places; ++i) scale *= 10;
    const std::optional<Int128> rounded = checked_div(units, scale, Rounding::half_even);
    ASSERT(rounded.has_value());
    return with_point(*rounded, digits);
}

}  // namespace tradewind::base
