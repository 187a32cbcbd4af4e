// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/decimal.hpp"
#include "base/int128.hpp"

/// The numbers that money depends on. Each is a scaled integer with only the operators that its
/// meaning has. The operators check for overflow and stop the process where it happens: values are
/// bounded where they enter (parsers, instrument limits, the risk gate), so an overflow inside is a
/// broken invariant.
namespace tradewind {

namespace detail {

template <typename Int>
constexpr Int add(Int a, Int b) {
    Int out{};
    ASSERT(!__builtin_add_overflow(a, b, &out));
    return out;
}

template <typename Int>
constexpr Int sub(Int a, Int b) {
    Int out{};
    ASSERT(!__builtin_sub_overflow(a, b, &out));
    return out;
}

}  // namespace detail

/// A difference of two prices of one instrument, in units of 1e-9.
struct PriceDelta {
    std::int64_t raw = 0;

    friend constexpr auto operator<=>(PriceDelta, PriceDelta) = default;
    friend constexpr PriceDelta operator+(PriceDelta a, PriceDelta b) {
        return {detail::add(a.raw, b.raw)};
    }
    friend constexpr PriceDelta operator-(PriceDelta a) {
        return {detail::sub<std::int64_t>(0, a.raw)};
    }
};

/// Quote currency per unit of the instrument, in units of 1e-9. May be negative (oil did it).
struct Price {
    std::int64_t raw = 0;

    friend constexpr auto operator<=>(Price, Price) = default;
    friend constexpr PriceDelta operator-(Price a, Price b) { return {detail::sub(a.raw, b.raw)}; }
    friend constexpr Price operator+(Price a, PriceDelta d) { return {detail::add(a.raw, d.raw)}; }
    friend constexpr Price operator-(Price a, PriceDelta d) { return {detail::sub(a.raw, d.raw)}; }
};

/// Units of the instrument (shares, coins, contracts), in units of 1e-9. Positions are signed:
/// short is negative. Order quantities are positive.
struct Qty {
    std::int64_t raw = 0;

    friend constexpr auto operator<=>(Qty, Qty) = default;
    friend constexpr Qty operator+(Qty a, Qty b) { return {detail::add(a.raw, b.raw)}; }
    friend constexpr Qty operator-(Qty a, Qty b) { return {detail::sub(a.raw, b.raw)}; }
    friend constexpr Qty operator-(Qty a) { return {detail::sub<std::int64_t>(0, a.raw)}; }
    constexpr Qty& operator+=(Qty other) { return *this = *this + other; }
    constexpr Qty& operator-=(Qty other) { return *this = *this - other; }
};

constexpr Qty abs(Qty q) { return q.raw < 0 ? -q : q; }

/// A plain ratio in units of 1e-9: fees, margin, funding, interest. One basis point is 100,000 raw.
struct Rate {
    std::int64_t raw = 0;

    friend constexpr auto operator<=>(Rate, Rate) = default;
};

constexpr Rate basis_points(std::int64_t n) { return {n * 100'000}; }

/// An amount of one currency in units of 1e-18, 128 bits wide: the scale of Price x Qty, so that a
/// notional is exact and every sum of notionals is too. Reaches 1.7e20 units of currency.
struct Money {
    base::Int128 raw = 0;

    friend constexpr auto operator<=>(Money, Money) = default;
    friend constexpr Money operator+(Money a, Money b) { return {detail::add(a.raw, b.raw)}; }
    friend constexpr Money operator-(Money a, Money b) { return {detail::sub(a.raw, b.raw)}; }
    friend constexpr Money operator-(Money a) { return {detail::sub<base::Int128>(0, a.raw)}; }
    constexpr Money& operator+=(Money other) { return *this = *this + other; }
    constexpr Money& operator-=(Money other) { return *this = *this - other; }
};

inline constexpr int kMoneyDecimals = 2 * base::kDecimals;
inline constexpr base::Int128 kMoneyOne =
    base::Int128{base::kDecimalOne} * base::Int128{base::kDecimalOne};

/// Whole units of currency.
constexpr Money whole_money(std::int64_t units) { return {base::Int128{units} * kMoneyOne}; }
/// Whole units of an instrument.
constexpr Qty whole_qty(std::int64_t units) { return {units * base::kDecimalOne}; }

constexpr Money abs(Money m) { return m.raw < 0 ? -m : m; }

/// price x qty, exact; the product of two 64-bit numbers always fits.
constexpr Money multiply(Price price, Qty qty) {
    return {base::Int128{price.raw} * base::Int128{qty.raw}};
}
constexpr Money multiply(PriceDelta delta, Qty qty) {
    return {base::Int128{delta.raw} * base::Int128{qty.raw}};
}

/// amount x rate, rounded half to even at 1e-18.
[[nodiscard]] Money multiply(Money amount, Rate rate);
/// amount x numerator / denominator, rounded half to even at 1e-18; `denominator` is not zero.
[[nodiscard]] Money scale(Money amount, std::int64_t numerator, std::int64_t denominator);
/// amount / qty as a price rounded half to even at 1e-9 (an average price); `qty` is not zero, and
/// the quotient fits a price.
[[nodiscard]] Price divide(Money amount, Qty qty);

/// For feature, ml, signal, monitor and research only: the nearest double. Divided, not multiplied
/// by 1e-9, which is not a double itself: 100.1 stays 100.1.
constexpr double to_double(Price p) { return static_cast<double>(p.raw) / 1e9; }
constexpr double to_double(Qty q) { return static_cast<double>(q.raw) / 1e9; }
constexpr double to_double(Rate r) { return static_cast<double>(r.raw) / 1e9; }
/// Through long double, whose 64 bits of mantissa hold every amount in cents up to 1e17: 100000
/// stays 100000, where 1e23 units of 1e-18 are no double.
constexpr double to_double(Money m) {
    return static_cast<double>(static_cast<long double>(m.raw) / 1e18L);
}

/// Shortest exact decimal.
[[nodiscard]] std::string to_string(Price p);
[[nodiscard]] std::string to_string(PriceDelta d);
[[nodiscard]] std::string to_string(Qty q);
[[nodiscard]] std::string to_string(Rate r);
[[nodiscard]] std::string to_string(Money m);

[[nodiscard]] std::expected<Price, base::DecimalError> parse_price(std::string_view text);
[[nodiscard]] std::expected<Qty, base::DecimalError> parse_qty(std::string_view text);
[[nodiscard]] std::expected<Rate, base::DecimalError> parse_rate(std::string_view text);
[[nodiscard]] std::expected<Money, base::DecimalError> parse_money(std::string_view text);

/// From a double, by a named rounding; nullopt for NaN and what does not fit.
/// The multiple of `lot` at or below |units| in magnitude, sign kept. `lot` > 0.
[[nodiscard]] std::optional<Qty> round_down_to_lot(double units, Qty lot);

/// Which way a price moves onto its grid.
enum class TickRounding : std::uint8_t { down, up, nearest };

/// The price on the grid of `tick` > 0.
[[nodiscard]] Price round_to_tick(Price price, Price tick, TickRounding rounding);
/// The same from a double; nullopt for NaN and what does not fit.
[[nodiscard]] std::optional<Price> round_to_tick(double price, Price tick, TickRounding rounding);

/// Three letters or more of a currency or coin, upper case, at most eight: "USD", "USDT".
class Currency {
public:
    constexpr Currency() = default;
    /// nullopt unless 1 to 8 characters of A-Z and 0-9.
    [[nodiscard]] static constexpr std::optional<Currency> parse(std::string_view code) {
        if (code.empty() || code.size() > 8) return std::nullopt;
        Currency out;
        for (std::size_t i = 0; i < code.size(); ++i) {
            const char c = code[i];
            if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return std::nullopt;
            out.packed_ |= static_cast<std::uint64_t>(static_cast<unsigned char>(c))
                           << (56 - 8 * i);
        }
        return out;
    }
    [[nodiscard]] constexpr std::uint64_t packed() const { return packed_; }
    [[nodiscard]] static constexpr Currency from_packed(std::uint64_t packed) {
        Currency out;
        out.packed_ = packed;
        return out;
    }
    [[nodiscard]] constexpr bool known() const { return packed_ != 0; }
    /// In the order of the alphabet.
    friend constexpr auto operator<=>(Currency, Currency) = default;

private:
    std::uint64_t packed_ = 0;
};

[[nodiscard]] std::string to_string(Currency currency);

inline constexpr Currency kUsd = *Currency::parse("USD");

}  // namespace tradewind
