// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "signal/context.hpp"
#include "signal/sizing.hpp"

namespace tradewind::signal {

enum class Stance : std::int8_t { short_side = -1, flat = 0, long_side = 1 };

/// Goes to a stance and remembers it, so that there is one order at each change.
inline void take(Context& context, InstrumentId instrument, const Sizing& sizing, Stance wanted,
                 Stance& held) {
    if (wanted == held) return;
    const std::optional<Qty> full = sizing.full(context, instrument);
    if (!full) return;  // not valued yet: the stance stays, and the next bar asks again
    held = wanted;
    context.target(instrument, Qty{full->raw * static_cast<std::int64_t>(wanted)});
}

}  // namespace tradewind::signal
