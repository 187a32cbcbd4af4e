// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

/// A function of the row alone, as a kernel.
template <typename Function>
class RowFunction {
public:
    static constexpr bool kTakesRowsAlone = true;

    explicit RowFunction(Function function) : function_(std::move(function)) {}

    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <typename... Values>
    auto next(Values... values) const {
        return function_(values...);
    }

private:
    [[no_unique_address]] Function function_;
};

/// What is not finite is no value.
[[nodiscard]] inline double value_or_missing(double value) {
    return std::isfinite(value) ? value : kNaN;
}

/// A function of one row without parameters.
template <auto Function, std::size_t Inputs>
[[nodiscard]] std::unique_ptr<Indicator> pointwise(Args /*none*/) {
    return indicator_of<Inputs>(
        RowFunction{[](auto... values) { return value_or_missing(Function(values...)); }});
}

/// An indicator of a kernel that takes missing values as well: it does not start anew after one.
template <typename Kernel, std::size_t Inputs>
class SeesMissing final : public Indicator {
public:
    explicit SeesMissing(Kernel fresh) : fresh_(std::move(fresh)), kernel_(fresh_) {}

    void run(std::span<const double* const> in, std::span<double* const> out,
             std::size_t rows) override {
        for (std::size_t row = 0; row < rows; ++row) {
            out[0][row] =
                detail::next_of<false>(kernel_, in.data(), row, std::make_index_sequence<Inputs>{});
        }
    }
    void restart() override { kernel_ = fresh_; }
    [[nodiscard]] std::size_t lookback() const override { return 0; }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override {
        auto out = std::make_unique<SeesMissing>(fresh_);
        out->kernel_ = kernel_;
        return out;
    }

private:
    Kernel fresh_;
    Kernel kernel_;
};

template <std::size_t Inputs, typename Kernel>
[[nodiscard]] std::unique_ptr<Indicator> sees_missing(Kernel kernel) {
    return std::make_unique<SeesMissing<Kernel, Inputs>>(std::move(kernel));
}

/// Typical prices nearer to each other than this part of them are one: sums of the same cents
/// differ by how they are rounded.
inline constexpr double kTypicalPriceNoise = 1e-14;

[[nodiscard]] inline double typical_price(double high, double low, double close) {
    return (high + low + close) * (1.0 / 3.0);
}

}  // namespace tradewind::feature
