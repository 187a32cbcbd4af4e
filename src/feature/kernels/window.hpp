// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

/// What windows of the last values are made of. All O(1) a value, amortised.
namespace tradewind::feature {

/// The last `period` values. It turns when it has taken `period` more of them: then its values lie
/// in the order in which they came.
class Window {
public:
    explicit Window(std::size_t period, double before = 0.0)
        : values_(period, before), period_(period) {}

    /// Gives back the value that falls out; `before` until the window has turned once.
    double push(double value) {
        const double oldest = std::exchange(values_[next_], value);
        if (++next_ == period_) next_ = 0;
        return oldest;
    }
    /// As `push` of one value after another; what falls out goes to `oldest`.
    void push_rows(const double* values, double* oldest, std::size_t rows) {
        const std::size_t first = std::min(rows, period_);
        for (std::size_t row = 0; row < first; ++row) oldest[row] = push(values[row]);
        if (rows <= period_) return;
        std::copy_n(values, rows - period_, oldest + period_);
        std::copy_n(values + rows - period_, period_, values_.data());
        next_ = 0;
    }
    [[nodiscard]] bool has_turned_now() const { return next_ == 0; }
    [[nodiscard]] std::size_t period() const { return period_; }
    [[nodiscard]] double oldest() const { return values_[next_]; }
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

/// Without a floating comparison, which asks for NaN besides.
[[nodiscard]] inline bool is_zero(double value) {
    return std::bit_cast<std::uint64_t>(value) << 1U == 0;
}

/// Sum of a window of values that are not negative: exactly 0 when all of them are, which a running
/// sum is not.
class RollingMagnitude {
public:
    explicit RollingMagnitude(std::size_t period) : sum_(period) {}

    double add(double magnitude) {
        zeros_ = is_zero(magnitude) ? zeros_ + 1 : 0;
        const double sum = sum_.add(magnitude);
        return zeros_ >= sum_.window().period() ? 0.0 : sum;
    }
    [[nodiscard]] bool is_full() const { return sum_.is_full(); }

private:
    RollingSum sum_;
    std::size_t zeros_ = 0;  ///< since the last value above 0
};

/// The value of some rows ago; NaN before there is one.
class Delay {
public:
    explicit Delay(std::size_t ago) : window_(ago + 1, std::numeric_limits<double>::quiet_NaN()) {}

    [[nodiscard]] std::size_t lookback() const { return window_.period() - 1; }
    double next(double value) {
        window_.push(value);
        return window_.oldest();
    }

private:
    Window window_;
};

}  // namespace tradewind::feature
