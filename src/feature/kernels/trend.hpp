// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/run_length.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// The least-squares line through a window of values at 1, 2, ..., n. Its sums are of distances
/// from an anchor, and are added up anew each time the window turns.
class RollingTrend {
public:
    explicit RollingTrend(std::size_t period)
        : window_(period),
          n_(static_cast<double>(period)),
          x_mean_((n_ + 1) / 2),
          xx_(n_ * (n_ * n_ - 1) / 12) {}

    [[nodiscard]] std::size_t lookback() const { return window_.period() - 1; }
    void add(double value) {
        if (taken_ == 0) anchor_ = value;
        equals_.add(value);
        const double oldest = window_.push(value);
        const double leaves = taken_ < window_.period() ? 0.0 : oldest - anchor_;
        if (taken_ < window_.period()) ++taken_;
        last_ = value - anchor_;
        xy_ += n_ * last_ - y_;
        y_ += last_ - leaves;
        yy_ += last_ * last_ - leaves * leaves;
        if (window_.has_turned_now()) turn();
    }
    [[nodiscard]] bool is_full() const { return taken_ == window_.period(); }
    [[nodiscard]] double slope() const { return (xy_ - x_mean_ * y_) / xx_; }
    /// Of the line at the newest value, or some rows after it.
    [[nodiscard]] double end(double after = 0.0) const {
        return anchor_ + y_ / n_ + slope() * (n_ + after - x_mean_);
    }
    /// Of the line at the oldest value.
    [[nodiscard]] double begin() const { return end(1.0 - n_); }
    /// The newest value less the line there.
    [[nodiscard]] double residual() const { return last_ - (y_ / n_ + slope() * (n_ - x_mean_)); }
    /// Sum of the squared distances of all values from the line. Where it explains nearly all, they
    /// are added up one by one: O(period).
    [[nodiscard]] double unexplained() const {
        if (equals_.length() >= window_.period()) return 0.0;
        constexpr double kRest = 0x1p-20;
        const double varies = yy_ - y_ * y_ / n_;
        const double explained = xy_ - x_mean_ * y_;
        const double rest = varies - explained * explained / xx_;
        return rest > varies * kRest ? rest : sum_of_squares();
    }
    /// The share of the variance that the line explains; NaN where nothing varies.
    [[nodiscard]] double r_squared() const {
        if (equals_.length() >= window_.period()) return kNaN;
        const double varies = yy_ - y_ * y_ / n_;
        const double explained = xy_ - x_mean_ * y_;
        if (varies <= 0.0) return kNaN;
        return smaller(explained * explained / (xx_ * varies), 1.0);
    }

private:
    [[nodiscard]] double sum_of_squares() const {
        const double mean = y_ / n_, rise = slope();
        double sum = 0.0;
        for (std::size_t ago = 0; ago < window_.period(); ++ago) {
            const double x = n_ - static_cast<double>(ago) - x_mean_;
            const double off = window_.back(ago) - anchor_ - mean - rise * x;
            sum += off * off;
        }
        return sum;
    }
    [[gnu::always_inline]] void turn() {
        double sum = 0.0;
        for (const double value : window_.values()) sum += value - anchor_;
        anchor_ += sum / n_;
        xy_ = y_ = yy_ = 0.0;
        double x = 1.0;
        for (const double value : window_.values()) {
            const double y = value - anchor_;
            xy_ += x * y;
            y_ += y;
            yy_ += y * y;
            x += 1.0;
        }
        last_ = window_.values().back() - anchor_;
    }

    Window window_;
    RunLength equals_;
    double n_;
    double x_mean_;
    double xx_;  ///< sum of squared distances from the mean of 1, 2, ..., n
    double anchor_ = 0.0;
    double last_ = 0.0;  ///< the newest value's distance
    double xy_ = 0.0;
    double y_ = 0.0;
    double yy_ = 0.0;
    std::size_t taken_ = 0;
};

}  // namespace tradewind::feature
