// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "domain/ids.hpp"
#include "domain/time.hpp"

namespace tradewind {

/// Why models say nothing of a row.
enum class Abstention : std::uint8_t {
    warming_up,  ///< fewer rows than the longest window
    missing,     ///< too many features have no value
    unsure,      ///< no class stands out: the set of the conformal classes has all of them
};

/// What one member of an ensemble said.
struct Vote {
    std::uint32_t member = 0;  ///< its place
    double up = 0;             ///< probability, calibrated
    double down = 0;
    double weight = 0;  ///< in the ensemble at this instant; all of them sum to 1
};

/// What models expect of an instrument, from what was known at an instant.
struct Prediction {
    InstrumentId instrument{};
    Timestamp known_at{};
    std::uint32_t horizon_rows = 0;  ///< bars ahead that it is about
    double up = 0;                   ///< probabilities; what is left of 1: neither
    double down = 0;
    double expected_return = 0;  ///< over the horizon, a fraction
    double return_low = 0;       ///< conformal interval of that return
    double return_high = 0;
    /// Of the meta model: probability that acting on the sign of `expected_return` is right.
    /// Absent: there is none, or no side to act on.
    std::optional<double> meta{};
    std::optional<Abstention> abstains{};  ///< the numbers above are then 0
    std::span<const Vote> votes{};         ///< until the call returns
};

}  // namespace tradewind
