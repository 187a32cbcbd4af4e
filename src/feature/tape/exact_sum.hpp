// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/int128.hpp"
#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

/// A sum of whole numbers: exact, the same in whatever order they come. NaN once it no longer fits,
/// which only data that cannot be brings about.
class ExactSum {
public:
    void add(base::Int128 value) { is_lost_ |= __builtin_add_overflow(sum_, value, &sum_); }
    void add_product(base::Int128 a, base::Int128 b) {
        base::Int128 product = 0;
        is_lost_ |= __builtin_mul_overflow(a, b, &product);
        add(product);
    }
    [[nodiscard]] double value() const { return is_lost_ ? kNaN : static_cast<double>(sum_); }
    /// In units of the instrument, where what was added is in units of 1e-9.
    [[nodiscard]] double units() const { return value() / 1e9; }

private:
    base::Int128 sum_ = 0;
    bool is_lost_ = false;
};

}  // namespace tradewind::feature
