// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "feature/kernel_indicator.hpp"

/// Elementary functions without a branch or a table, so that the compiler takes several values at
/// once. They are wrong by less than one unit in the last place (the hyperbolic ones and the arcs
/// by less than two, `elementary_test.cpp`), and the same bytes with any C library.
///
/// Arguments are brought to where a polynomial is enough, as in W. J. Cody and W. Waite, Software
/// Manual for the Elementary Functions (1980); the logarithm goes by s = f / (2 + f) as in P. Tang,
/// ACM TOMS 16:4 (1990). The polynomials interpolate at Chebyshev's points, with 60 digits.
namespace tradewind::feature {

namespace detail {

/// c0 + c1 x + c2 x^2 + ...
template <std::size_t Count>
[[nodiscard, gnu::always_inline]] inline double polynomial(const std::array<double, Count>& c,
                                                           double x) {
    double out = c[Count - 1];
    for (std::size_t i = Count - 1; i-- > 0;) out = out * x + c[i];
    return out;
}

inline constexpr double kLn2High = 0x1.62e42feep-1;  // times a power's exponent it is exact
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
inline constexpr std::uint64_t kOne = 0x3ff0'0000'0000'0000;
inline constexpr int kFractionBits = 52;

/// x = 2^power (1 + f), 1 + f from sqrt(1/2) to sqrt(2); log(1 + f) = f - half + rest.
struct LogParts {
    double power, f, half, rest;

    [[gnu::always_inline]] explicit LogParts(double x) {
        constexpr std::uint64_t kFromRoot = kOne - 0x3fe6'a09e'667f'3bcd;  // bits of sqrt(1/2)
        const bool is_tiny = x < 0x1p-1022;
        const auto bits = std::bit_cast<std::uint64_t>(pick(is_tiny, x * 0x1p54, x));
        const std::uint64_t exponent = (bits + kFromRoot) >> kFractionBits;
        f = std::bit_cast<double>(bits - (exponent << kFractionBits) + kOne) - 1.0;
        // As the last bits of 2^52 and more.
        power = std::bit_cast<double>(exponent | std::bit_cast<std::uint64_t>(0x1p52)) -
                (0x1p52 + 1023.0) - pick(is_tiny, 54.0, 0.0);
        half = 0.5 * f * f;
        const double s = f / (2.0 + f), z = s * s;
        constexpr std::array kSeries{
            0x1.5555555555558p-1, 0x1.9999999995273p-2, 0x1.2492492dfd86cp-2, 0x1.c71c62d5e53dfp-3,
            0x1.7462b91b8df9fp-3, 0x1.39fdcceb4b524p-3, 0x1.2b5f68a51190dp-3};
        rest = s * (half + z * polynomial(kSeries, z));
    }
};
/// What a logarithm is where it is none of a number above 0.
[[nodiscard, gnu::always_inline]] inline double log_or_limit(double x, double log) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double positive = pick(x == kInfinity, kInfinity, log);
    return pick(x > 0.0, positive, pick(x == 0.0, -kInfinity, kNaN));
}

/// NaN stays NaN.
[[nodiscard, gnu::always_inline]] inline double within(double x, double low, double high) {
    return pick(x > high, high, pick(x < low, low, x));
}

/// exp(x) = 2^power (1 + more).
struct ExpParts {
    double more;
    std::uint64_t power;  ///< in two's complement

    [[gnu::always_inline]] explicit ExpParts(double x) {
        constexpr double kPerLn2 = 0x1.71547652b82fep+0, kToWhole = 0x1.8p52;
        const double shifted = x * kPerLn2 + kToWhole;
        const double whole = shifted - kToWhole;
        power = std::bit_cast<std::uint64_t>(shifted) - std::bit_cast<std::uint64_t>(kToWhole);
        const double high = x - whole * kLn2High, low = whole * kLn2Low, r = high - low;
        constexpr std::array kSeries{0x1p-1,
                                     0x1.5555555555556p-3,
                                     0x1.5555555555555p-5,
                                     0x1.11111111109a6p-7,
                                     0x1.6c16c16c167dap-10,
                                     0x1.a01a01a7cebcdp-13,
                                     0x1.a01a01a48116fp-16,
                                     0x1.71de0d85293b8p-19,
                                     0x1.27e4e1dcf773bp-22,
                                     0x1.af390ba7e6f47p-26,
                                     0x1.1f6717774d5e0p-29};
        more = high - (low - r * r * polynomial(kSeries, r));
    }
};
/// 2^power from the first bits of a double.
[[nodiscard, gnu::always_inline]] inline double power_of_two(std::uint64_t power) {
    return std::bit_cast<double>((power + 1023) << kFractionBits);
}
inline constexpr std::uint64_t kMinusOne = ~std::uint64_t{0};

/// 2^shift of it, in two steps: the first never overflows.
[[nodiscard, gnu::always_inline]] inline double scaled(const ExpParts& parts, std::uint64_t shift) {
    constexpr std::uint64_t kAbove = 2048;  // makes of any power a number above 0
    const std::uint64_t power = parts.power + shift + kAbove, first = power >> 1;
    return (1.0 + parts.more) * power_of_two(first - kAbove / 2) *
           power_of_two(power - first - kAbove / 2);
}
/// Within where the powers are those of doubles, and one step further.
[[nodiscard, gnu::always_inline]] inline ExpParts exp_parts(double x) {
    return ExpParts{within(x, -746.0, 712.0)};
}
/// exp(x) - 1 of an x from 0 to 44.
[[nodiscard, gnu::always_inline]] inline double less_one(const ExpParts& parts) {
    const double scale = power_of_two(parts.power);
    return scale * parts.more + (scale - 1.0);
}
/// (arcsin(s) - s) / s by s^2, up to s = 1/2.
[[nodiscard, gnu::always_inline]] inline double arc_series(double square) {
    constexpr std::array kSeries{0x1.5555555555556p-3, 0x1.3333333332ec4p-4, 0x1.6db6db6e3292ep-5,
                                 0x1.f1c71c1d4aa0dp-6, 0x1.6e8bb1d89492cp-6, 0x1.1c4d343fa57eep-6,
                                 0x1.c9cf3759fd9d9p-7, 0x1.78246f32cffefp-7, 0x1.524ea8b3ad906p-7,
                                 0x1.653a8f8ce7ab1p-8, 0x1.1d661531bfbf6p-6, -0x1.e7a24f54b44b4p-7,
                                 0x1.d781897681dfbp-6};
    return square * polynomial(kSeries, square);
}
inline constexpr double kQuarterHigh = 0x1.921fb54442d18p+0;  // pi / 2
inline constexpr double kQuarterLow = 0x1.1a62633145c07p-54;

}  // namespace detail

[[nodiscard, gnu::always_inline]] inline double natural_log(double x) {
    const detail::LogParts p{x};
    const double low = p.rest + p.power * detail::kLn2Low;
    return detail::log_or_limit(x, p.power * detail::kLn2High - ((p.half - low) - p.f));
}
[[nodiscard, gnu::always_inline]] inline double decimal_log(double x) {
    constexpr double kPerLn10High = 0x1.bcb7b1p-2, kPerLn10Low = 0x1.49b9438ca9aaep-28;
    constexpr double kLog2High = 0x1.34413508p-2, kLog2Low = 0x1.f79fef311f12bp-34;
    constexpr std::uint64_t kShort = ~std::uint64_t{0} << 32U;  // products with it are exact
    const detail::LogParts p{x};
    const double high = std::bit_cast<double>(std::bit_cast<std::uint64_t>(p.f - p.half) & kShort);
    const double low = (p.f - high) - p.half + p.rest;
    const double whole = p.power * kLog2High, first = high * kPerLn10High, sum = whole + first;
    const double more = p.power * kLog2Low + (low + high) * kPerLn10Low + low * kPerLn10High;
    return detail::log_or_limit(x, sum + (more + ((whole - sum) + first)));
}
[[nodiscard, gnu::always_inline]] inline double exponential(double x) {
    return detail::scaled(detail::exp_parts(x), 0);
}
[[nodiscard, gnu::always_inline]] inline double hyperbolic_sine(double x) {
    const detail::ExpParts parts = detail::exp_parts(std::fabs(x));
    const double more = detail::less_one(parts);  // of no meaning where it is not taken
    const double small = 0.5 * (more + more / (more + 1.0));
    const double large = detail::scaled(parts, detail::kMinusOne);
    return std::copysign(pick(std::fabs(x) < 22.0, small, large), x);
}
[[nodiscard, gnu::always_inline]] inline double hyperbolic_cosine(double x) {
    const double half = detail::scaled(detail::exp_parts(std::fabs(x)), detail::kMinusOne);
    return half + 0.25 / half;
}
[[nodiscard, gnu::always_inline]] inline double hyperbolic_tangent(double x) {
    // Beyond 22 it is 1.
    const double more = detail::less_one(detail::ExpParts{smaller(44.0, 2.0 * std::fabs(x))});
    return std::copysign(more / (more + 2.0), x);
}
/// NaN beyond -1 and 1.
[[nodiscard, gnu::always_inline]] inline double arc_sine(double x) {
    const double size = std::fabs(x);
    const bool is_small = size < 0.5;
    const double square = pick(is_small, size * size, 0.5 * (1.0 - size));
    const double s = pick(is_small, size, std::sqrt(square)),
                 series = s * detail::arc_series(square);
    const double large = detail::kQuarterHigh - (2.0 * (s + series) - detail::kQuarterLow);
    return std::copysign(pick(is_small, s + series, large), x);
}
[[nodiscard, gnu::always_inline]] inline double arc_cosine(double x) {
    const double size = std::fabs(x);
    const bool is_small = size < 0.5;
    const double square = pick(is_small, size * size, 0.5 * (1.0 - size));
    const double s = pick(is_small, x, std::sqrt(square)), series = s * detail::arc_series(square);
    const double small = detail::kQuarterHigh - (s - (detail::kQuarterLow - series));
    const double near = 2.0 * (s + series);
    const double far = 2.0 * (detail::kQuarterHigh - (s + (series - detail::kQuarterLow)));
    return pick(is_small, small, pick(x > 0.0, near, far));
}

}  // namespace tradewind::feature
