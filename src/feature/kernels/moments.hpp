// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/run_length.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// Mean and variance of a window. Its sums are of distances from an anchor, the mean of when the
/// window last turned but one: squares of prices would cancel to nothing where a price is large
/// beside its changes. They are added up anew as in RollingSum.
class RollingMoments {
public:
    explicit RollingMoments(std::size_t period)
        : window_(period), share_(1.0 / static_cast<double>(period)) {}

    void add(double value) {
        if (!is_begun_) [[unlikely]]
            begin(value);
        equals_.add(value);
        const double oldest = window_.push(value);
        const double step = value - oldest;
        sum_ += step;
        squares_ += step * ((value - anchor_) + (oldest - anchor_));
        const double distance = value - anchor_anew_;
        sum_anew_ += distance;
        squares_anew_ += distance * distance;
        if (window_.has_turned_now()) turn();
    }
    [[nodiscard]] bool is_full() const { return is_full_; }
    [[nodiscard]] std::size_t period() const { return window_.period(); }
    [[nodiscard]] double mean() const { return anchor_ + sum_ * share_; }
    /// Of the population: divided by the number of values. Exactly 0 where all are equal.
    [[nodiscard]] double variance() const {
        if (equals_.length() >= window_.period()) return 0.0;
        return larger((squares_ - sum_ * sum_ * share_) * share_, 0.0);
    }
    [[nodiscard]] double deviation() const { return std::sqrt(variance()); }

private:
    void begin(double value) {
        window_ = Window{window_.period(), value};
        anchor_ = anchor_anew_ = value;
        is_begun_ = true;
    }
    void turn() {
        anchor_ = anchor_anew_;
        sum_ = std::exchange(sum_anew_, 0.0);
        squares_ = std::exchange(squares_anew_, 0.0);
        anchor_anew_ = mean();
        is_full_ = true;
    }

    Window window_;
    double share_;  ///< of one value
    double anchor_ = 0.0;
    double sum_ = 0.0;      ///< of distances
    double squares_ = 0.0;  ///< of distances
    double anchor_anew_ = 0.0;
    double sum_anew_ = 0.0;
    double squares_anew_ = 0.0;
    RunLength equals_;
    bool is_begun_ = false;
    bool is_full_ = false;
};

}  // namespace tradewind::feature
