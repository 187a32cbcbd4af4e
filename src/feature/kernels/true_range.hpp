// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/averages.hpp"

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

class AverageTrueRange {
public:
    /// The ranges of the first `skip` rows that have one are not looked at.
    explicit AverageTrueRange(std::size_t period, std::size_t skip = 0)
        : average_(rma(period, skip)) {}

    [[nodiscard]] std::size_t lookback() const { return 1 + average_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        return after<Warm>(average_, range_.next<Warm>(high, low, close));
    }

private:
    TrueRange range_;
    Exponential average_;
};

}  // namespace tradewind::feature
