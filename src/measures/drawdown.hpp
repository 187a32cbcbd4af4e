// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "measures/error.hpp"

namespace tradewind::measures {

/// The fall of a value (equity, a strategy's P&L on capital) from its highest so far, told as it
/// comes.
class DrawdownTracker {
public:
    /// `not_finite` for NaN and infinities; then nothing changes.
    [[nodiscard]] std::expected<void, Error> update(double value);

    /// Nothing yet: nullopt, as of the rest.
    [[nodiscard]] std::optional<double> peak() const { return peak_; }
    /// peak - value, 0 or above.
    [[nodiscard]] std::optional<double> fall() const;
    /// fall / peak; nullopt where the peak is not above 0. Above 1 where the value went below 0.
    [[nodiscard]] std::optional<double> drawdown() const;
    /// The deepest `drawdown` so far.
    [[nodiscard]] std::optional<double> deepest() const { return deepest_; }
    /// Updates since the last peak.
    [[nodiscard]] std::size_t updates_below() const { return below_; }

private:
    std::optional<double> peak_{};
    double value_ = 0;
    std::optional<double> deepest_{};
    std::size_t below_ = 0;
};

}  // namespace tradewind::measures
