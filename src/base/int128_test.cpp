// SPDX-License-Identifier: Apache-2.0
#include "base/int128.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>

namespace tradewind::base {
namespace {

UInt128 magnitude(Int128 v) {
    return v < 0 ? UInt128{0} - static_cast<UInt128>(v) : static_cast<UInt128>(v);
}

/// A number of 256 bits made of bits alone, so that it shares nothing with the code under test.
class Big {
public:
    Big() = default;
    explicit Big(UInt128 v) {
        for (std::size_t i = 0; i < 128; ++i) bits_[i] = ((v >> i) & 1) != 0;
    }
    Big& operator+=(const Big& other) {
        bool carry = false;
        for (std::size_t i = 0; i < kBits; ++i) {
            const int sum = int{bits_[i]} + int{other.bits_[i]} + int{carry};
            bits_[i] = (sum & 1) != 0;
            carry = sum > 1;
        }
        return *this;
    }
    [[nodiscard]] Big shifted(std::size_t by) const {
        Big out;
        for (std::size_t i = by; i < kBits; ++i) out.bits_[i] = bits_[i - by];
        return out;
    }
    friend Big operator*(const Big& a, const Big& b) {
        Big out;
        for (std::size_t i = 0; i < 128; ++i) {
            if (b.bits_[i]) out += a.shifted(i);
        }
        return out;
    }
    friend bool operator<(const Big& a, const Big& b) {
        for (std::size_t i = kBits; i-- > 0;) {
            if (a.bits_[i] != b.bits_[i]) return b.bits_[i];
        }
        return false;
    }

private:
    static constexpr std::size_t kBits = 264;
    std::array<bool, kBits> bits_{};
};

/// Any size of number is as likely as any other.
Int128 any_wide() {
    const auto high = *rc::gen::arbitrary<std::int64_t>(),
               low = *rc::gen::arbitrary<std::int64_t>();
    const auto shift = *rc::gen::inRange(0, 127);
    const UInt128 bits = (static_cast<UInt128>(static_cast<std::uint64_t>(high)) << 64) |
                         static_cast<std::uint64_t>(low);
    return static_cast<Int128>(bits) >> shift;
}

Int128 parse(const std::string& text) {
    Int128 value = 0;
    const bool negative = text.front() == '-';
    for (const char c : text.substr(negative ? 1 : 0)) value = value * 10 - (c - '0');
    return negative ? value : -value;
}

Rounding rounding_named(const std::string& name) {
    if (name == "down") return Rounding::down;
    if (name == "up") return Rounding::up;
    if (name == "floor") return Rounding::floor;
    if (name == "ceil") return Rounding::ceil;
    EXPECT_EQ(name, "half_even");
    return Rounding::half_even;
}

TEST(Int128, prints_its_extremes) {
    EXPECT_EQ(to_string(kInt128Max), "170141183460469231731687303715884105727");
    EXPECT_EQ(to_string(kInt128Min), "-170141183460469231731687303715884105728");
    EXPECT_EQ(to_string(Int128{0}), "0");
}

TEST(MulDiv, equals_pythons_integers_on_600_cases) {
    // tests/reference/books_reference.py: int and fractions.Fraction.
    std::ifstream file("tests/reference/mul_div.csv");
    ASSERT_TRUE(file.is_open()) << "run from the root of the repository";
    std::string line;
    std::getline(file, line);
    int cases = 0;
    while (std::getline(file, line)) {
        std::istringstream fields(line);
        std::string a, b, c, rounding, result;
        std::getline(fields, a, ',');
        std::getline(fields, b, ',');
        std::getline(fields, c, ',');
        std::getline(fields, rounding, ',');
        std::getline(fields, result, ',');
        const auto out = mul_div(parse(a), parse(b), parse(c), rounding_named(rounding));
        EXPECT_EQ(out ? to_string(*out) : "none", result) << line;
        ++cases;
    }
    EXPECT_EQ(cases, 600);
}

RC_GTEST_PROP(MulDiv, leaves_a_rest_smaller_than_the_divisor, ()) {
    const Int128 a = any_wide(), b = any_wide(), c = any_wide();
    RC_PRE(c != 0);
    const auto quotient = mul_div(a, b, c, Rounding::down);
    const Big product = Big(magnitude(a)) * Big(magnitude(b)), divisor(magnitude(c));
    if (!quotient) {
        // Too large: at least 2^127 times the divisor.
        RC_ASSERT(!(product < divisor * Big(UInt128{1} << 127)));
        return;
    }
    const Big below = Big(magnitude(*quotient)) * divisor;
    Big above = below;
    above += divisor;
    RC_ASSERT(!(product < below));
    RC_ASSERT(product < above);
    const bool negative = ((a < 0) != (b < 0)) != (c < 0);
    RC_ASSERT(*quotient == 0 || (*quotient < 0) == negative);
}

RC_GTEST_PROP(MulDiv, rounds_to_one_of_the_two_neighbours, ()) {
    const Int128 a = any_wide(), b = any_wide(), c = any_wide();
    RC_PRE(c != 0);
    const auto floor = mul_div(a, b, c, Rounding::floor), ceil = mul_div(a, b, c, Rounding::ceil);
    const auto even = mul_div(a, b, c, Rounding::half_even);
    RC_PRE(floor && ceil && even);
    RC_ASSERT(*ceil - *floor == 0 || *ceil - *floor == 1);
    RC_ASSERT(*even == *floor || *even == *ceil);
}

RC_GTEST_PROP(MulDiv, by_one_is_checked_division, ()) {
    const Int128 a = any_wide(), b = any_wide();
    RC_PRE(b != 0);
    for (const Rounding r :
         {Rounding::down, Rounding::up, Rounding::floor, Rounding::ceil, Rounding::half_even}) {
        RC_ASSERT(mul_div(a, 1, b, r) == checked_div(a, b, r));
    }
}

TEST(MulDiv, refuses_division_by_zero) {
    EXPECT_EQ(mul_div(1, 1, 0, Rounding::down), std::nullopt);
    EXPECT_EQ(checked_div(1, 0, Rounding::down), std::nullopt);
}

TEST(MulDiv, reaches_the_most_negative_number_and_not_further) {
    EXPECT_EQ(mul_div(kInt128Min, 1, 1, Rounding::down), kInt128Min);
    EXPECT_EQ(mul_div(kInt128Min, 1, -1, Rounding::down), std::nullopt);
    EXPECT_EQ(mul_div(kInt128Min, kInt128Min, kInt128Min, Rounding::down), kInt128Min);
    EXPECT_EQ(mul_div(kInt128Max, kInt128Max, kInt128Max, Rounding::half_even), kInt128Max);
    EXPECT_EQ(mul_div(kInt128Max, 3, 2, Rounding::half_even), std::nullopt);
}

TEST(CheckedArithmetic, names_an_overflow) {
    EXPECT_EQ(checked_add<std::int64_t>(INT64_MAX, 1), std::nullopt);
    EXPECT_EQ(checked_sub<std::int64_t>(INT64_MIN, 1), std::nullopt);
    EXPECT_EQ(checked_mul<std::int64_t>(INT64_MAX, 2), std::nullopt);
    EXPECT_EQ(checked_mul<std::int64_t>(-3, 4), -12);
}

}  // namespace
}  // namespace tradewind::base
