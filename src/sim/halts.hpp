// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"

/// When a venue does not trade, and what it does with orders then.
namespace tradewind::sim {

/// A halt or a resumption that the history does not tell.
struct StatusChange {
    Timestamp at;
    TradingStatus status;

    friend bool operator==(const StatusChange&, const StatusChange&) = default;
};

/// "pre_open", "open", "halted", "auction", "paused", "closed".
[[nodiscard]] std::string_view to_string(MarketState value);
[[nodiscard]] std::optional<MarketState> parse_market_state(std::string_view text);

/// What becomes of orders and changes that come in a halt. Cancels are always taken.
enum class HaltedOrders : std::uint8_t {
    queued,    ///< they wait for the resumption, as NYSE and Nasdaq have it
    rejected,  ///< `market_closed`; before the open and in an auction they wait all the same
};

[[nodiscard]] std::string_view to_string(HaltedOrders value);
[[nodiscard]] std::optional<HaltedOrders> parse_halted_orders(std::string_view text);

/// Nothing trades for a while and the venue takes no orders for later.
[[nodiscard]] constexpr bool is_shut(MarketState state) {
    return state == MarketState::halted || state == MarketState::paused ||
           state == MarketState::closed;
}

/// A sentence each; none where nothing is told.
[[nodiscard]] std::vector<std::string> describe(const std::vector<StatusChange>& statuses,
                                                HaltedOrders orders);
/// By time; what comes before `start` is told at `start`, of each instrument its last status alone,
/// and that only where it is not open.
[[nodiscard]] std::vector<StatusChange> told_from(std::vector<StatusChange> statuses,
                                                  Timestamp start);

}  // namespace tradewind::sim
