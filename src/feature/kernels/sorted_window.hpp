// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// The last `period` values in order of size, O(period) a value. Of few values all are looked at, a
/// few at once and without a branch; of many it is two searches and a move of what lies between the
/// new value's place and that of the one that leaves, some tens of nanoseconds for a thousand.
class SortedWindow {
public:
    explicit SortedWindow(std::size_t period) : window_(period), sorted_(period) {
        if (period <= kFew) rest_.assign(period + 1, std::numeric_limits<double>::infinity());
    }

    [[nodiscard]] std::size_t lookback() const { return window_.period() - 1; }
    void add(double value) {
        const bool was_full = is_full();
        const double oldest = window_.push(value);
        if (!was_full) return insert(value);
        if (window_.period() <= kFew) return replace_among_few(oldest, value);
        const auto gap = std::lower_bound(sorted_.begin(), sorted_.end(), oldest);
        const auto place = std::upper_bound(sorted_.begin(), sorted_.end(), value);
        if (gap < place) {
            std::move(gap + 1, place, gap);
            *(place - 1) = value;
        } else {
            std::move_backward(place, gap, gap + 1);
            *place = value;
        }
    }
    [[nodiscard]] bool is_full() const { return count_ == window_.period(); }
    // What follows is of a full window.
    [[nodiscard]] const std::vector<double>& sorted() const { return sorted_; }
    /// Between two values in proportion: q from 0 (the smallest) to 1.
    [[nodiscard]] double quantile(double q) const {
        const double place = q * static_cast<double>(sorted_.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        if (below + 1 >= sorted_.size()) return sorted_.back();
        const double share = place - static_cast<double>(below);
        return sorted_[below] + (sorted_[below + 1] - sorted_[below]) * share;
    }
    /// The middle rank of a value among equal ones, from 1, by the number of values.
    [[nodiscard]] double rank(double value) const {
        const auto [first, end] = std::equal_range(sorted_.begin(), sorted_.end(), value);
        const auto below = static_cast<double>(first - sorted_.begin());
        const auto equal = static_cast<double>(end - first);
        return (below + (equal + 1.0) / 2.0) / static_cast<double>(sorted_.size());
    }

private:
    static constexpr std::size_t kFew = 128;

    void insert(double value) {
        const auto end = sorted_.begin() + static_cast<std::ptrdiff_t>(count_);
        const auto place = std::upper_bound(sorted_.begin(), end, value);
        std::move_backward(place, end, end + 1);
        *place = value;
        ++count_;
    }
    void replace_among_few(double oldest, double value) {
        const std::size_t count = sorted_.size();
        double* sorted = sorted_.data();
        // All but the oldest, with nothing smaller before them and nothing larger after them.
        double* rest = rest_.data();
        rest[0] = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i + 1 < count; ++i) {
            const double here = sorted[i], next = sorted[i + 1];
            rest[i + 1] = here < oldest ? here : next;
        }
        // The value between its neighbours.
        for (std::size_t i = 0; i < count; ++i) {
            sorted[i] = larger(rest[i], smaller(rest[i + 1], value));
        }
    }

    Window window_;
    std::vector<double> sorted_;  ///< the first `count_` are
    std::vector<double> rest_;    ///< where there are few
    std::size_t count_ = 0;
};

}  // namespace tradewind::feature
