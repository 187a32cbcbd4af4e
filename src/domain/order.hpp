// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/ids.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"

namespace tradewind {

enum class Side : std::uint8_t { buy, sell };

[[nodiscard]] constexpr Side opposite(Side side) {
    return side == Side::buy ? Side::sell : Side::buy;
}
/// +qty for a buy, -qty for a sell.
[[nodiscard]] constexpr Qty signed_qty(Side side, Qty qty) {
    return side == Side::buy ? qty : -qty;
}

/// The two positions that one strategy may hold of an instrument side by side, where they are
/// hedged.
enum class Leg : std::uint8_t { long_leg, short_leg };

/// The leg that trades of this side open.
[[nodiscard]] constexpr Leg leg_opened_by(Side side) {
    return side == Side::buy ? Leg::long_leg : Leg::short_leg;
}
/// The leg that trades of this side close.
[[nodiscard]] constexpr Leg leg_closed_by(Side side) { return leg_opened_by(opposite(side)); }

enum class OrderType : std::uint8_t {
    market,
    limit,
    stop_market,  ///< becomes a market order when the trigger is reached from the near side
    stop_limit,   ///< becomes a limit order then
    trailing_stop_market,  ///< a stop that follows the market at an offset
    trailing_stop_limit,   ///< its limit follows at an offset of its own
    market_if_touched,     ///< becomes a market order when the trigger is reached from the far side
    limit_if_touched,      ///< becomes a limit order then
};

enum class TimeInForce : std::uint8_t {
    gtc,       ///< until cancelled
    day,       ///< until the session closes
    gtd,       ///< until `expire_at`
    ioc,       ///< what fills at once; the rest is cancelled
    fok,       ///< all at once or nothing
    at_open,   ///< in the session's opening only
    at_close,  ///< in the session's closing only
};

/// What a trailing offset counts in.
enum class OffsetUnit : std::uint8_t { price, basis_points, ticks };

/// Distance from the market; `value` in units of 1e-9 of the unit (of price, of one bp, of one
/// tick).
struct TrailingOffset {
    OffsetUnit unit = OffsetUnit::price;
    std::int64_t value = 0;

    friend bool operator==(const TrailingOffset&, const TrailingOffset&) = default;
};

/// Which price sets off a trigger.
enum class TriggerBy : std::uint8_t { venue_default, last, bid_ask, mid, mark };

/// How the orders of one list hang together.
enum class Contingency : std::uint8_t {
    none,
    oto,  ///< the parent; when it fills, its children go live
    oco,  ///< a fill or cancel of one cancels the others
    ouo,  ///< a partial fill of one reduces the others by as much
};

/// A short free text that goes with an order into every report: "stop-loss". Cut at 15 characters.
struct Tag {
    std::array<char, 16> text{};

    constexpr Tag() = default;
    constexpr Tag(std::string_view from) {  // NOLINT(google-explicit-constructor): reads as text
        for (std::size_t i = 0; i < from.size() && i + 1 < text.size(); ++i) text[i] = from[i];
    }
    [[nodiscard]] constexpr std::string_view view() const { return {text.data()}; }
    friend bool operator==(const Tag&, const Tag&) = default;
};

/// What is wanted of the market. Which of the optional fields an order type needs is checked by
/// `validate`.
struct OrderSpec {
    InstrumentId instrument{};
    Side side = Side::buy;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::gtc;
    TriggerBy trigger_by = TriggerBy::venue_default;
    bool post_only = false;    ///< refuse to take liquidity
    bool reduce_only = false;  ///< never open or flip a position
    std::optional<Leg> leg{};  ///< hedging: opens or closes this one, and never flips it; absent:
                               ///< what closes the strategy's other leg, and then opens its own
    Qty qty{};                 ///< > 0
    std::optional<Qty> display_qty{};    ///< iceberg: shown at a time
    std::optional<Price> limit_price{};  ///< limit, stop_limit, limit_if_touched
    std::optional<Price>
        trigger_price{};  ///< stop and touch orders; for trailing stops where to start
    std::optional<TrailingOffset> trailing{};  ///< trailing stops: trigger behind the market
    std::optional<TrailingOffset>
        trailing_limit{};                  ///< trailing_stop_limit: limit beyond the trigger
    std::optional<Timestamp> expire_at{};  ///< gtd
    Tag tag{};

    friend bool operator==(const OrderSpec&, const OrderSpec&) = default;
};

/// Membership of a list of orders. The list is named by the id of its first order. Siblings are the
/// orders of one list with the same parent.
struct OrderLinks {
    std::optional<OrderId> list{};
    std::optional<OrderId> parent{};  ///< goes live when this one fills (OTO)
    Contingency contingency = Contingency::none;

    friend bool operator==(const OrderLinks&, const OrderLinks&) = default;
};

/// New values for a working order; absent fields stay.
struct OrderChange {
    std::optional<Qty> qty{};  ///< the new total, not what is left
    std::optional<Price> limit_price{};
    std::optional<Price> trigger_price{};

    friend bool operator==(const OrderChange&, const OrderChange&) = default;
};

[[nodiscard]] constexpr bool is_stop(OrderType type) {
    return type == OrderType::stop_market || type == OrderType::stop_limit ||
           type == OrderType::trailing_stop_market || type == OrderType::trailing_stop_limit;
}
[[nodiscard]] constexpr bool is_trailing(OrderType type) {
    return type == OrderType::trailing_stop_market || type == OrderType::trailing_stop_limit;
}
[[nodiscard]] constexpr bool is_if_touched(OrderType type) {
    return type == OrderType::market_if_touched || type == OrderType::limit_if_touched;
}
/// It may close a position, and never open one.
[[nodiscard]] constexpr bool only_closes(const OrderSpec& spec) {
    return spec.reduce_only || (spec.leg && *spec.leg == leg_closed_by(spec.side));
}
/// Waits for a trigger before it is an order in the book.
[[nodiscard]] constexpr bool has_trigger(OrderType type) {
    return is_stop(type) || is_if_touched(type);
}
/// Carries (or, trailing, will carry) a limit price.
[[nodiscard]] constexpr bool has_limit(OrderType type) {
    return type == OrderType::limit || type == OrderType::stop_limit ||
           type == OrderType::trailing_stop_limit || type == OrderType::limit_if_touched;
}

[[nodiscard]] std::string_view to_string(Side value);
[[nodiscard]] std::string_view to_string(Leg value);
[[nodiscard]] std::string_view to_string(OrderType value);
[[nodiscard]] std::string_view to_string(TimeInForce value);
[[nodiscard]] std::string_view to_string(OffsetUnit value);
[[nodiscard]] std::string_view to_string(TriggerBy value);
[[nodiscard]] std::string_view to_string(Contingency value);
[[nodiscard]] std::optional<Side> parse_side(std::string_view text);
[[nodiscard]] std::optional<Leg> parse_leg(std::string_view text);
[[nodiscard]] std::optional<OrderType> parse_order_type(std::string_view text);
[[nodiscard]] std::optional<TimeInForce> parse_time_in_force(std::string_view text);

}  // namespace tradewind
