// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// Simple moving average.
class Sma {
public:
    explicit Sma(std::size_t period) : sum_(period), divisor_(static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.window().period() - 1; }
    template <bool Warm>
    double next(double value) {
        const double sum = sum_.add(value);
        return Warm || sum_.is_full() ? sum / divisor_ : kNaN;
    }

private:
    RollingSum sum_;
    double divisor_;
};

/// An average that starts from the mean of its first `period` values and then moves by `weight` of
/// the difference to each: TA-Lib's EMA (weight 2 / (period + 1)) and Wilder's smoothing (weight
/// 1 / period).
class Exponential {
public:
    /// The first `skip` values are not looked at: two averages then start on one row.
    Exponential(std::size_t period, double weight, std::size_t skip = 0)
        : weight_(weight), keep_(1.0 - weight), period_(period), skip_(skip) {}

    [[nodiscard]] std::size_t lookback() const { return skip_ + period_ - 1; }
    template <bool Warm>
    double next(double value) {
        if (!Warm && taken_ < skip_ + period_) return seed(value);
        value_ = std::fma(value_, keep_, value * weight_);
        return value_;
    }

private:
    [[gnu::always_inline]] double seed(double value) {
        if (++taken_ <= skip_) return kNaN;
        value_ += value;
        if (taken_ < skip_ + period_) return kNaN;
        value_ /= static_cast<double>(period_);
        return value_;
    }

    double weight_;
    double keep_;
    double value_ = 0.0;
    std::size_t period_;
    std::size_t skip_;
    std::size_t taken_ = 0;
};

[[nodiscard]] inline Exponential ema(std::size_t period, std::size_t skip = 0) {
    return {period, 2.0 / (static_cast<double>(period) + 1.0), skip};
}
/// Wilder's smoothing.
[[nodiscard]] inline Exponential rma(std::size_t period, std::size_t skip = 0) {
    return {period, 1.0 / static_cast<double>(period), skip};
}

}  // namespace tradewind::feature
