// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "measures/error.hpp"

namespace tradewind::measures {

struct Holdings {
    std::span<const double> quantities{};  ///< signed, [instruments]
    std::span<const double>
        daily_volumes{};         ///< mean volume a day, in the same units, [instruments]
    double participation = 0.1;  ///< share of the volume that we may be, above 0 to 1
};

/// Days to trade each position to nothing, [instruments]: |quantity| / (volume x participation).
/// `wrong_shape`, `not_finite` for a position whose volume is not known (NaN), `out_of_range` for
/// one whose volume is not above 0 or for the participation. Of what is not held the volume does
/// not matter.
[[nodiscard]] std::expected<std::vector<double>, Error> days_to_liquidate(const Holdings& holdings);

/// Share of the gross value that is gone after so many days when all positions are traded at once,
/// 0 to 1; 1 of an empty portfolio. `values` [instruments] are those of the positions, of either
/// sign, `days` what `days_to_liquidate` says of them.
[[nodiscard]] double share_liquidated(std::span<const double> values, std::span<const double> days,
                                      double after_days);

}  // namespace tradewind::measures
