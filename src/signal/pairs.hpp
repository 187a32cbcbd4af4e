// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "signal/registry.hpp"

namespace tradewind::signal {

/// `pairs-kalman`: trades the spread of two instruments, the first on the second.
///
/// The first `formation` pairs of closes are tested for cointegration (Engle and Granger with
/// `lags` lagged differences, at `level` per cent), and every `retest` pairs the last `formation`
/// are again; while they do not pass, nothing is opened and what is open is closed. From the first
/// window's line on a Kalman filter follows slope and intercept (`delta`; measurement noise is the
/// window's residual variance, or `variance`). z is the error of the latest close of the first
/// instrument in deviations of what the filter expected, before it learns of it.
///
/// Long the spread (first long, second short by the slope) at z <= -`entry`, short at z >= `entry`,
/// out where |z| comes back within `exit`, and at |z| >= `stop` against the position: then nothing
/// is opened until z came back within `exit` or changed its sign. While in, the hedge is brought up
/// to date where it is off by more than `rehedge` of itself. Orders go out when both bars of an
/// instant are in; where one of them is refused, both legs are closed.
[[nodiscard]] MadeStrategy make_pairs_kalman(const StrategySetup& setup);

}  // namespace tradewind::signal
