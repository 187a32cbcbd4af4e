// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tradewind::feature {

/// The last `count` values in the order in which they came, side by side in memory: each is kept
/// twice, so that there is no end to wrap around at.
class LastValues {
public:
    explicit LastValues(std::size_t count) : values_(2 * count, 0.0), count_(count) {}

    void push(double value) {
        values_[next_] = values_[next_ + count_] = value;
        if (++next_ == count_) next_ = 0;
    }
    /// The value that came `ago` values before the newest; ago < count.
    [[nodiscard]] double back(std::size_t ago) const { return values_[next_ + count_ - 1 - ago]; }
    /// Oldest first; zeros before there were so many.
    [[nodiscard]] std::span<const double> all() const {
        return std::span{values_}.subspan(next_, count_);
    }

private:
    std::vector<double> values_;
    std::size_t count_;
    std::size_t next_ = 0;
};

}  // namespace tradewind::feature
