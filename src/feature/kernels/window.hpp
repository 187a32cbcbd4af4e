// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

/// What windows of the last values are made of. All O(1) a value, amortised.
namespace tradewind::feature {

/// The last `period` values. It turns when it has taken `period` more of them: then its values lie
/// in the order in which they came.
class Window {
public:
    explicit Window(std::size_t period) : values_(period), period_(period) {}

    /// Gives back the value that falls out; 0 until the window has turned once.
    double push(double value) {
        const double oldest = std::exchange(values_[next_], value);
        if (++next_ == period_) next_ = 0;
        return oldest;
    }
    [[nodiscard]] bool has_turned_now() const { return next_ == 0; }
    [[nodiscard]] std::size_t period() const { return period_; }
    /// In the order in which they came only where it has turned now.
    [[nodiscard]] const std::vector<double>& values() const { return values_; }
    /// The value that came `ago` values before the newest; ago < period.
    [[nodiscard]] double back(std::size_t ago) const {
        const std::size_t newest = next_ == 0 ? period_ - 1 : next_ - 1;
        return values_[newest >= ago ? newest - ago : newest + period_ - ago];
    }

private:
    std::vector<double> values_;
    std::size_t period_;
    std::size_t next_ = 0;
};

/// Sum of a window. The running sum is replaced, each time the window turns, by one that was added
/// up anew beside it: no error is older than two windows, however many values pass.
class RollingSum {
public:
    explicit RollingSum(std::size_t period) : window_(period) {}

    double add(double value) {
        sum_ += value - window_.push(value);
        anew_ += value;
        if (window_.has_turned_now()) {
            sum_ = std::exchange(anew_, 0.0);
            is_full_ = true;
        }
        return sum_;
    }
    [[nodiscard]] bool is_full() const { return is_full_; }
    [[nodiscard]] double sum() const { return sum_; }
    [[nodiscard]] const Window& window() const { return window_; }

private:
    Window window_;
    double sum_ = 0.0;
    double anew_ = 0.0;
    bool is_full_ = false;
};

}  // namespace tradewind::feature
