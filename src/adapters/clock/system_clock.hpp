// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ports/clock.hpp"

namespace tradewind::clock {

/// This machine's, as its owner set it (CLOCK_REALTIME), to the nanosecond.
class SystemClock final : public ports::Clock {
public:
    [[nodiscard]] Timestamp now() const override;
};

}  // namespace tradewind::clock
