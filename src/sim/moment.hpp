// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "domain/time.hpp"

namespace tradewind::sim {

/// A place in the order of all that happens: an instant, and where in it.
struct Moment {
    std::int64_t ts = 0;
    std::uint32_t place = 0;

    friend constexpr auto operator<=>(const Moment&, const Moment&) = default;
};

// The places within one instant. Market data come before the orders that arrive at the same
// instant, so that nothing acts on what it may have seen; opens come last, so that an order sent on
// one bar's close meets every bar that opens at that instant whole. Timers ring between: a timer
// set for now sees every series' news of this instant, and what it sends still meets those opens.
inline constexpr std::uint32_t kReportPlace = 0;
/// What changed the account at the venue, when we hear of it: after the reports of that instant.
inline constexpr std::uint32_t kAccountPlace = 0x0fff'ffff;
inline constexpr std::uint32_t kMarketPlace = 0x1000'0000;  ///< plus the rank of the series
/// What accrues on what is held, at the prices of this instant.
inline constexpr std::uint32_t kCarryPlace = 0x3fff'fffe;
inline constexpr std::uint32_t kTimerPlace = 0x3fff'ffff;
inline constexpr std::uint32_t kExpiryPlace = 0x4000'0000;
inline constexpr std::uint32_t kArrivalPlace = 0x4000'0001;
inline constexpr std::uint32_t kOpenPlace = 0x8000'0000;  ///< plus the rank of the series
inline constexpr std::uint32_t kSeriesMax = 0x0fff'ffff;

inline constexpr Moment kNever{.ts = INT64_MAX, .place = UINT32_MAX};

}  // namespace tradewind::sim
