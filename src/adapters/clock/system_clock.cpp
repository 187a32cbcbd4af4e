// SPDX-License-Identifier: Apache-2.0
#include "adapters/clock/system_clock.hpp"

#include <chrono>

namespace tradewind::clock {

Timestamp SystemClock::now() const {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

}  // namespace tradewind::clock
