// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "research/labels/label.hpp"
#include "research/labels/returns.hpp"

namespace tradewind::research::labels {

/// What touches a barrier: the extremes of a bar, or its close alone.
enum class Touch : std::uint8_t { high_low, close };
/// The label where neither barrier was touched: 0, or the sign of the return at the horizon.
enum class AtHorizon : std::uint8_t { zero, sign };

struct TripleBarrier {
    double up = 2;             ///< in volatilities of the row; 0: there is no such barrier
    double down = 2;           ///< the same
    std::size_t horizon = 20;  ///< bars
    Touch touch = Touch::high_low;
    AtHorizon at_horizon = AtHorizon::zero;
    Entry entry = Entry::close;
};

/// Which of three barriers is reached first (AFML 3.3 to 3.7): entry x (1 + up x v) above, entry x
/// (1 - down x v) below, or `horizon` bars. 1: the upper, -1: the lower, at the horizon
/// `at_horizon`. `volatility`, a fraction of the price known at the row, is v; without one above 0
/// there is no label. A price at a barrier touches it.
///
/// With a `side` (empty: none), known at the row, the label is one for meta-labelling: `up` is then
/// the profit's barrier and `down` the loss's, mirrored where the side is negative, and the label
/// is 1 where the side gained (the profit's barrier, or a gain at the horizon where that counts by
/// sign), else 0. A side of 0 has no label.
///
/// Where one bar touches both, which came first is not known: the worse counts, for a side its
/// loss, else the lower; `both_touched` has the row. A label is there as soon as a barrier is
/// touched, even where the data end before the horizon.
[[nodiscard]] Labels triple_barrier(const Bars& bars, const TripleBarrier& settings,
                                    std::span<const double> volatility,
                                    std::span<const double> side = {});

}  // namespace tradewind::research::labels
