// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// The last `period` values in order of size. A value costs two searches and a move of what lies
/// between its place and that of the one that leaves: O(period), of which a thousand are some tens
/// of nanoseconds.
class SortedWindow {
public:
    explicit SortedWindow(std::size_t period) : window_(period) { sorted_.reserve(period); }

    [[nodiscard]] std::size_t lookback() const { return window_.period() - 1; }
    void add(double value) {
        const bool was_full = is_full();
        const double oldest = window_.push(value);
        if (!was_full) {
            sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), value), value);
            return;
        }
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
    [[nodiscard]] bool is_full() const { return sorted_.size() == window_.period(); }
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
    Window window_;
    std::vector<double> sorted_;
};

}  // namespace tradewind::feature
