// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

/// Four doubles that are worked on at once. Whatever is written for a double and works on a Quad
/// too gives in each lane the bytes that it gives for the double there.
struct Quad {
    static constexpr std::size_t kCount = 4;
    using Vector [[gnu::vector_size(32)]] = double;
    using Flags [[gnu::vector_size(32)]] = std::int64_t;

    Vector values;

    Quad() = default;
    [[gnu::always_inline]] Quad(const Vector& vector) : values(vector) {}  // NOLINT(*-explicit-*)
    // NOLINTNEXTLINE(*-explicit-*): a number stands for itself in each lane.
    [[gnu::always_inline]] Quad(double value) : values{value, value, value, value} {}
    /// The values that lie `stride` apart.
    [[gnu::always_inline]] Quad(const double* from, std::size_t stride)
        : values{from[0], from[stride], from[2 * stride], from[3 * stride]} {}

    /// Four side by side.
    [[nodiscard, gnu::always_inline]] static Quad load(const double* from) {
        Quad out;
        std::memcpy(&out.values, from, sizeof(out.values));
        return out;
    }

    [[gnu::always_inline]] void put(double* to, std::size_t stride) const {
        for (std::size_t lane = 0; lane < kCount; ++lane) to[lane * stride] = values[lane];
    }
    [[gnu::always_inline]] Quad& operator+=(const Quad& b) {
        values += b.values;
        return *this;
    }

    [[gnu::always_inline]] friend Quad operator+(const Quad& a, const Quad& b) {
        return a.values + b.values;
    }
    [[gnu::always_inline]] friend Quad operator-(const Quad& a, const Quad& b) {
        return a.values - b.values;
    }
    [[gnu::always_inline]] friend Quad operator*(const Quad& a, const Quad& b) {
        return a.values * b.values;
    }
    [[gnu::always_inline]] friend Quad operator/(const Quad& a, const Quad& b) {
        return a.values / b.values;
    }
};

[[nodiscard, gnu::always_inline]] inline Quad larger(const Quad& a, const Quad& b) {
    return a.values > b.values ? a.values : b.values;
}
[[nodiscard, gnu::always_inline]] inline Quad smaller(const Quad& a, const Quad& b) {
    return a.values < b.values ? a.values : b.values;
}
/// One of two by whether a value is above a bound.
[[nodiscard, gnu::always_inline]] inline double if_above(double value, double bound, double yes,
                                                         double no) {
    return value > bound ? yes : no;
}
[[nodiscard, gnu::always_inline]] inline Quad if_above(const Quad& value, const Quad& bound,
                                                       const Quad& yes, const Quad& no) {
    return value.values > bound.values ? yes.values : no.values;
}
/// A function of a double, in each lane.
template <typename Function>
[[nodiscard, gnu::always_inline]] inline double each(double value, Function function) {
    return function(value);
}
template <typename Function>
[[nodiscard, gnu::always_inline]] inline Quad each(const Quad& value, Function function) {
    Quad out;
    for (std::size_t lane = 0; lane < Quad::kCount; ++lane) {
        out.values[lane] = function(value.values[lane]);
    }
    return out;
}
template <typename T>
[[nodiscard, gnu::always_inline]] inline T root(const T& value) {
    return each(value, [](double x) { return std::sqrt(x); });
}
[[nodiscard, gnu::always_inline]] inline double magnitude(double value) { return std::fabs(value); }
[[nodiscard, gnu::always_inline]] inline Quad magnitude(const Quad& value) {
    return larger(value, Quad{0.0} - value);
}

}  // namespace tradewind::feature
