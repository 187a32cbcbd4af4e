// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/strong_id.hpp"

namespace tradewind {

/// Index into the run's InstrumentTable.
using InstrumentId = base::StrongId<struct InstrumentIdTag, std::uint32_t>;
/// Index of a strategy in the run's configuration.
using StrategyId = base::StrongId<struct StrategyIdTag, std::uint16_t>;
/// Chosen by the strategy that sets the timer; unique within that strategy.
using TimerId = base::StrongId<struct TimerIdTag, std::uint32_t>;
/// Position of an event in the log, from 1.
using Sequence = std::uint64_t;

/// Our order id: the strategy and the count of orders that it has sent in this run, from 1. A pure
/// function of the log, so that an order sent again after a crash is recognised, never doubled.
struct OrderId {
    std::uint64_t packed = 0;

    static constexpr int kSequenceBits = 48;

    [[nodiscard]] static constexpr OrderId of(StrategyId strategy, std::uint64_t sequence) {
        return {(std::uint64_t{strategy.value} << kSequenceBits) | sequence};
    }
    [[nodiscard]] constexpr StrategyId strategy() const {
        return StrategyId{static_cast<std::uint16_t>(packed >> kSequenceBits)};
    }
    [[nodiscard]] constexpr std::uint64_t sequence() const {
        return packed & ((std::uint64_t{1} << kSequenceBits) - 1);
    }
    friend constexpr auto operator<=>(OrderId, OrderId) = default;
};

}  // namespace tradewind
