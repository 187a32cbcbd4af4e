// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

namespace tradewind::feature {

/// A function of the row alone, as a kernel.
template <typename Function>
class RowFunction {
public:
    explicit RowFunction(Function function) : function_(std::move(function)) {}

    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <typename... Values>
    auto next(Values... values) const {
        return function_(values...);
    }

private:
    [[no_unique_address]] Function function_;
};

/// Typical prices nearer to each other than this part of them are one: sums of the same cents
/// differ by how they are rounded.
inline constexpr double kTypicalPriceNoise = 1e-14;

[[nodiscard]] inline double typical_price(double high, double low, double close) {
    return (high + low + close) * (1.0 / 3.0);
}

}  // namespace tradewind::feature
