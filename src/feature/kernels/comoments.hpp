// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/run_length.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// How two series vary together in a window. Sums of distances from anchors, added up anew each
/// time the window turns.
class RollingComoments {
public:
    explicit RollingComoments(std::size_t period)
        : xs_(period), ys_(period), n_(static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return xs_.period() - 1; }
    void add(double x, double y) {
        if (taken_ == 0) {
            x_anchor_ = x;
            y_anchor_ = y;
        }
        equal_xs_.add(x);
        equal_ys_.add(y);
        const double old_x = xs_.push(x), old_y = ys_.push(y);
        if (taken_ == xs_.period()) count(old_x, old_y, -1.0);
        if (taken_ < xs_.period()) ++taken_;
        count(x, y, 1.0);
        if (xs_.has_turned_now()) turn();
    }
    [[nodiscard]] bool is_full() const { return taken_ == xs_.period(); }
    [[nodiscard]] double size() const { return n_; }
    // Sums of products of distances from the means.
    [[nodiscard]] double xx() const {
        return equal_xs_.length() >= xs_.period() ? 0.0 : larger(xx_ - x_ * x_ / n_, 0.0);
    }
    [[nodiscard]] double yy() const {
        return equal_ys_.length() >= ys_.period() ? 0.0 : larger(yy_ - y_ * y_ / n_, 0.0);
    }
    [[nodiscard]] double xy() const { return xy_ - x_ * y_ / n_; }
    [[nodiscard]] double x_mean() const { return x_anchor_ + x_ / n_; }
    [[nodiscard]] double y_mean() const { return y_anchor_ + y_ / n_; }
    /// Of the second on the first; NaN where that does not vary.
    [[nodiscard]] double slope() const {
        const double x = xx();
        return x > 0.0 ? xy() / x : kNaN;
    }
    /// Sum of the squared distances of the second from the line on the first. Where it explains
    /// nearly all, they are added up one by one: O(period).
    [[nodiscard]] double unexplained() const {
        constexpr double kRest = 0x1p-20;
        const double varies = yy(), rest = varies - slope() * xy();
        if (varies == 0.0 && xx() > 0.0) return 0.0;
        return rest > varies * kRest ? rest : sum_of_squares();
    }
    /// NaN where one of the two does not vary.
    [[nodiscard]] double correlation() const {
        const double x = xx(), y = yy();
        if (x == 0.0 || y == 0.0) return kNaN;
        return smaller(larger(xy() / std::sqrt(x * y), -1.0), 1.0);
    }

private:
    [[nodiscard]] double sum_of_squares() const {
        const double x = x_mean(), y = y_mean(), rise = slope();
        double sum = 0.0;
        for (std::size_t i = 0; i < xs_.period(); ++i) {
            const double off = (ys_.values()[i] - y) - rise * (xs_.values()[i] - x);
            sum += off * off;
        }
        return sum;
    }
    [[gnu::always_inline]] void count(double x, double y, double sign) {
        const double dx = x - x_anchor_, dy = y - y_anchor_;
        x_ += sign * dx;
        y_ += sign * dy;
        xx_ += sign * (dx * dx);
        yy_ += sign * (dy * dy);
        xy_ += sign * (dx * dy);
    }
    [[gnu::always_inline]] void turn() {
        double x_mean = 0.0, y_mean = 0.0;
        for (const double x : xs_.values()) x_mean += (x - x_anchor_) / n_;
        for (const double y : ys_.values()) y_mean += (y - y_anchor_) / n_;
        x_anchor_ += x_mean;
        y_anchor_ += y_mean;
        x_ = y_ = xx_ = yy_ = xy_ = 0.0;
        for (std::size_t i = 0; i < xs_.period(); ++i) count(xs_.values()[i], ys_.values()[i], 1.0);
    }

    Window xs_;
    Window ys_;
    RunLength equal_xs_;
    RunLength equal_ys_;
    double n_;
    double x_anchor_ = 0.0;
    double y_anchor_ = 0.0;
    double x_ = 0.0;
    double y_ = 0.0;
    double xx_ = 0.0;
    double yy_ = 0.0;
    double xy_ = 0.0;
    std::size_t taken_ = 0;
};

}  // namespace tradewind::feature
