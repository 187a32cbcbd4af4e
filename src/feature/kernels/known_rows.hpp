// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

/// Whether all of the last `period` rows had a value. One that is NaN or infinite, the logarithm of
/// a price of 0 say, must not enter a running sum, in which it would stay.
class KnownRows {
public:
    explicit KnownRows(std::size_t period) : period_(period) {}

    /// Gives back what may be added in its stead.
    double take(double value) {
        const bool is_known = detail::is_finite(value);
        rows_ = is_known ? rows_ + 1 : 0;
        return is_known ? value : 0.0;
    }
    [[nodiscard]] std::size_t period() const { return period_; }
    [[nodiscard]] bool all() const { return rows_ >= period_; }

private:
    std::size_t period_;
    std::size_t rows_ = 0;  ///< since the last without one
};

}  // namespace tradewind::feature
