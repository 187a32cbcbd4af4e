// SPDX-License-Identifier: Apache-2.0
#include "domain/numbers.hpp"

#include <cmath>

#include "base/try.hpp"

namespace tradewind {

using base::Int128;
using base::kDecimalOne;
using base::kDecimals;
using base::Rounding;

namespace {

/// Beyond this a double no longer fits 64 bits of 1e-9.
constexpr double kUnitsMax = 9.2e9;

std::int64_t to_grid(std::int64_t raw, std::int64_t step, Rounding rounding) {
    const auto steps = base::checked_div(raw, step, rounding);
    ASSERT(steps.has_value());
    const Int128 out = *steps * step;
    ASSERT(out >= INT64_MIN && out <= INT64_MAX);
    return static_cast<std::int64_t>(out);
}

Rounding rounding_of(TickRounding rounding) {
    switch (rounding) {
        case TickRounding::down: return Rounding::floor;
        case TickRounding::up: return Rounding::ceil;
        case TickRounding::nearest: return Rounding::half_even;
    }
    __builtin_unreachable();
}

}  // namespace

Money multiply(Money amount, Rate rate) {
    if (rate.raw == 0) return {};
    return scale(amount, rate.raw, kDecimalOne);
}

Money scale(Money amount, std::int64_t numerator, std::int64_t denominator) {
    // A rate or multiplier of 1 is the rule, and a division of 128 bits costs more than a fill's
    // other work.
    if (numerator == denominator && denominator != 0) return amount;
    const auto out = base::mul_div(amount.raw, numerator, denominator, Rounding::half_even);
    ASSERT(out.has_value());
    return {*out};
}

Price divide(Money amount, Qty qty) {
    const auto out = base::checked_div(amount.raw, qty.raw, Rounding::half_even);
    ASSERT(out.has_value() && *out >= INT64_MIN && *out <= INT64_MAX);
    return {static_cast<std::int64_t>(*out)};
}

std::string to_string(Price p) { return base::format_decimal(p.raw, kDecimals); }
std::string to_string(PriceDelta d) { return base::format_decimal(d.raw, kDecimals); }
std::string to_string(Qty q) { return base::format_decimal(q.raw, kDecimals); }
std::string to_string(Rate r) { return base::format_decimal(r.raw, kDecimals); }
std::string to_string(Money m) { return base::format_decimal(m.raw, kMoneyDecimals); }

std::expected<Price, base::DecimalError> parse_price(std::string_view text) {
    return Price{TRY(base::parse_decimal(text))};
}
std::expected<Qty, base::DecimalError> parse_qty(std::string_view text) {
    return Qty{TRY(base::parse_decimal(text))};
}
std::expected<Rate, base::DecimalError> parse_rate(std::string_view text) {
    return Rate{TRY(base::parse_decimal(text))};
}
std::expected<Money, base::DecimalError> parse_money(std::string_view text) {
    return Money{TRY(base::parse_decimal_wide(text))};
}

std::optional<Qty> round_down_to_lot(double units, Qty lot) {
    ASSERT(lot.raw > 0);
    if (!(std::fabs(units) < kUnitsMax)) return std::nullopt;
    // The nearest 1e-9 first: 0.3 is 0.299999999999999988 in binary and must stay three lots of
    // 0.1.
    const auto raw = static_cast<std::int64_t>(std::llround(units * 1e9));
    return Qty{to_grid(raw, lot.raw, Rounding::down)};
}

Price round_to_tick(Price price, Price tick, TickRounding rounding) {
    ASSERT(tick.raw > 0);
    return {to_grid(price.raw, tick.raw, rounding_of(rounding))};
}

std::optional<Price> round_to_tick(double price, Price tick, TickRounding rounding) {
    if (!(std::fabs(price) < kUnitsMax)) return std::nullopt;
    return round_to_tick(Price{static_cast<std::int64_t>(std::llround(price * 1e9))}, tick,
                         rounding);
}

std::string to_string(Currency currency) {
    std::string out;
    for (int shift = 56; shift >= 0; shift -= 8) {
        const auto c = static_cast<char>((currency.packed() >> shift) & 0xffU);
        if (c == '\0') break;
        out.push_back(c);
    }
    return out;
}

}  // namespace tradewind
