// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

/// The range of a bar and the close before it.
class TrueRange {
public:
    [[nodiscard]] static std::size_t lookback() { return 1; }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double before = std::exchange(close_, close);
        if (!Warm && before != before) return kNaN;
        return larger(before, high) - smaller(before, low);
    }

private:
    double close_ = kNaN;  ///< of the row before
};

}  // namespace tradewind::feature
