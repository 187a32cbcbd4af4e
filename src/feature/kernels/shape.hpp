// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/run_length.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// Skewness and kurtosis of a window. Its sums of distances from an anchor to the fourth power are
/// added up anew each time the window turns, and at once where what is left of them is small beside
/// what they were: after a leap has left, or far from the anchor, they would be rounding.
class RollingShape {
public:
    explicit RollingShape(std::size_t period) : window_(period), n_(static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return window_.period() - 1; }
    void add(double value) {
        if (taken_ == 0) anchor_ = value;
        equals_.add(value);
        const double oldest = window_.push(value);
        if (is_full()) {
            sums_.take(oldest - anchor_, -1.0);
        } else {
            ++taken_;
        }
        sums_.take(value - anchor_, 1.0);
        largest_ = larger(largest_, sums_.fourth);
        central_ = sums_.about_mean(n_);
        constexpr double kWorn = 0x1p-12;
        if (!is_full()) return;
        const bool is_worn = !(central_.fourth >= largest_ * kWorn);  // or beyond all numbers
        if (window_.has_turned_now() || is_worn) add_up_anew();
    }
    [[nodiscard]] bool is_full() const { return taken_ == window_.period(); }
    /// Adjusted for the size of the sample, as pandas and spreadsheets do; of at least 3 rows. NaN
    /// where nothing varies.
    [[nodiscard]] double skew() const {
        if (is_flat()) return kNaN;
        const double second = central_.second / n_, third = central_.third / n_;
        return std::sqrt(n_ * (n_ - 1.0)) / (n_ - 2.0) * third / (second * std::sqrt(second));
    }
    /// Above that of a normal distribution, adjusted likewise; of at least 4 rows.
    [[nodiscard]] double kurtosis() const {
        if (is_flat()) return kNaN;
        const double second = central_.second / n_, fourth = central_.fourth / n_;
        return (n_ - 1.0) / ((n_ - 2.0) * (n_ - 3.0)) *
               ((n_ + 1.0) * fourth / (second * second) - 3.0 * (n_ - 1.0));
    }

private:
    /// Sums of powers of distances.
    struct Powers {
        double first = 0.0, second = 0.0, third = 0.0, fourth = 0.0;

        [[gnu::always_inline]] void take(double distance, double sign) {
            const double square = distance * distance;
            first += sign * distance;
            second += sign * square;
            third += sign * (square * distance);
            fourth += sign * (square * square);
        }
        /// The same of distances from the mean.
        [[nodiscard]] Powers about_mean(double n) const {
            const double m = first / n;
            return {.first = 0.0,
                    .second = second - first * m,
                    .third = third - 3.0 * m * second + 2.0 * m * m * first,
                    .fourth =
                        fourth - 4.0 * m * third + 6.0 * m * m * second - 3.0 * m * m * m * first};
        }
    };

    [[nodiscard]] bool is_flat() const {
        return equals_.length() >= window_.period() || !(central_.second > 0.0);
    }
    void add_up_anew() {
        anchor_ = 0.0;
        for (const double value : window_.values()) anchor_ += value / n_;
        sums_ = {};
        for (const double value : window_.values()) sums_.take(value - anchor_, 1.0);
        largest_ = sums_.fourth;
        central_ = sums_.about_mean(n_);
    }

    Window window_;
    RunLength equals_;
    double n_;
    double anchor_ = 0.0;
    Powers sums_;
    Powers central_;
    double largest_ = 0.0;  ///< sum of fourth powers since they were added up anew
    std::size_t taken_ = 0;
};

}  // namespace tradewind::feature
