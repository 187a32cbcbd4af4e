// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>

namespace tradewind::feature {

/// How many of the latest values are one and the same. A window of equal values varies by exactly
/// nothing, which sums of squares cannot tell from what rounding left of larger values before.
class RunLength {
public:
    void add(double value) {
        length_ = value == last_ ? length_ + 1 : 1;
        last_ = value;
    }
    [[nodiscard]] std::size_t length() const { return length_; }

private:
    double last_ = std::numeric_limits<double>::quiet_NaN();
    std::size_t length_ = 0;
};

}  // namespace tradewind::feature
