// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

// As in TA-Lib: the transform starts after this many rows, and its first value is given later.
inline constexpr std::size_t kCycleStart = 12, kCycleLookback = 32;
inline constexpr double kDegreesPerRadian = 180.0 / std::numbers::pi;

/// The period of the cycle that prices now go through, measured by a Hilbert transform of their
/// smoothed course: J. F. Ehlers, Rocket Science for Traders (2001), chapters 6 and 7.
class DominantCycle {
public:
    /// The transform starts at row `first`, from nothing; before it prices only fill the smoother.
    explicit DominantCycle(std::size_t first) : first_(first) {}

    /// False before it has started.
    template <bool Warm>
    [[gnu::always_inline]] bool take(double price) {
        smooth_ = 0.1 * (4.0 * price + 3.0 * prices_[0] + 2.0 * prices_[1] + prices_[2]);
        prices_ = {price, prices_[0], prices_[1]};
        if (!Warm && rows_ < first_) {
            ++rows_;
            return false;
        }
        transform();
        measure();
        return true;
    }

    [[nodiscard]] double smooth() const { return smooth_; }
    [[nodiscard]] double in_phase() const { return in_phase_; }
    [[nodiscard]] double quadrature() const { return quadrature_; }
    [[nodiscard]] double smooth_period() const { return smooth_period_; }

private:
    static constexpr double kOuter = 0.0962, kInner = 0.5769;

    /// The last seven values that a filter took, by row.
    using Taken = std::array<double, 8>;

    /// Hilbert's transform of the smoothed price but for its scale. In this order, TA-Lib's, what
    /// cancels gives 0, which decides whether there is a phase: prices on a grid cancel often.
    [[gnu::always_inline]] double detrend(double value) {
        const auto ago = [&](std::uint32_t rows) { return smooths_[(row_ - rows) & 7U]; };
        const double sum = kOuter * value - kOuter * ago(6) - kInner * ago(4) + kInner * ago(2);
        smooths_[row_ & 7U] = value;
        return sum;
    }
    /// The same of what a filter before gives: what does not wait for it is added up first.
    [[gnu::always_inline]] double filter(Taken& taken, double value) const {
        const auto ago = [&](std::uint32_t rows) { return taken[(row_ - rows) & 7U]; };
        const double before = kInner * (ago(2) - ago(4)) - kOuter * ago(6);
        taken[row_ & 7U] = value;
        return std::fma(kOuter, value, before);
    }
    [[gnu::always_inline]] void transform() {
        const double scale = 0.075 * period_ + 0.54;
        const double detrended = detrend(smooth_) * scale;
        in_phase_ = detrended_[(row_ - 3) & 7U];
        quadrature_ = filter(detrended_, detrended) * scale;
        const double ahead = filter(in_phases_, in_phase_) * scale;
        const double behind = filter(quadratures_, quadrature_) * scale;
        ++row_;
        const double i = 0.2 * (in_phase_ - behind) + 0.8 * i_;
        const double q = 0.2 * (quadrature_ + ahead) + 0.8 * q_;
        real_ = 0.2 * (i * i_ + q * q_) + 0.8 * real_;
        imaginary_ = 0.2 * (i * q_ - q * i_) + 0.8 * imaginary_;
        i_ = i;
        q_ = q;
    }
    [[gnu::always_inline]] void measure() {
        constexpr double kShortest = 6.0, kLongest = 50.0;
        const double low = smaller(larger(0.67 * period_, kShortest), kLongest);
        const double high = smaller(larger(1.5 * period_, kShortest), kLongest);
        double period = period_;
        if (imaginary_ != 0.0 && real_ != 0.0) {
            period = 2.0 * std::numbers::pi / std::atan(imaginary_ / real_);
        }
        period = larger(smaller(period, high), low);
        period_ = 0.2 * period + 0.8 * period_;
        smooth_period_ = 0.33 * period_ + 0.67 * smooth_period_;
    }

    std::array<double, 3> prices_{};  ///< newest first
    Taken smooths_{}, detrended_{}, in_phases_{}, quadratures_{};
    std::uint32_t row_ = 0;
    double smooth_ = 0.0, in_phase_ = 0.0, quadrature_ = 0.0;
    double i_ = 0.0, q_ = 0.0, real_ = 0.0, imaginary_ = 0.0;
    double period_ = 0.0, smooth_period_ = 0.0;
    std::size_t first_;
    std::size_t rows_ = 0;
};

}  // namespace tradewind::feature
