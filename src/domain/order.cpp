// SPDX-License-Identifier: Apache-2.0
#include "domain/order.hpp"

#include "domain/names.hpp"

namespace tradewind {
namespace {

constexpr auto kSides = names<Side>("buy", "sell");
constexpr auto kLegs = names<Leg>("long", "short");
constexpr auto kOrderTypes =
    names<OrderType>("market", "limit", "stop_market", "stop_limit", "trailing_stop_market",
                     "trailing_stop_limit", "market_if_touched", "limit_if_touched");
constexpr auto kTimesInForce =
    names<TimeInForce>("gtc", "day", "gtd", "ioc", "fok", "at_open", "at_close");
constexpr auto kOffsetUnits = names<OffsetUnit>("price", "basis_points", "ticks");
constexpr auto kTriggers = names<TriggerBy>("venue_default", "last", "bid_ask", "mid", "mark");
constexpr auto kContingencies = names<Contingency>("none", "oto", "oco", "ouo");

}  // namespace

std::string_view to_string(Side value) { return kSides.of(value); }
std::string_view to_string(Leg value) { return kLegs.of(value); }
std::string_view to_string(OrderType value) { return kOrderTypes.of(value); }
std::string_view to_string(TimeInForce value) { return kTimesInForce.of(value); }
std::string_view to_string(OffsetUnit value) { return kOffsetUnits.of(value); }
std::string_view to_string(TriggerBy value) { return kTriggers.of(value); }
std::string_view to_string(Contingency value) { return kContingencies.of(value); }
std::optional<Side> parse_side(std::string_view text) { return kSides.parse(text); }
std::optional<Leg> parse_leg(std::string_view text) { return kLegs.parse(text); }
std::optional<OrderType> parse_order_type(std::string_view text) { return kOrderTypes.parse(text); }
std::optional<TimeInForce> parse_time_in_force(std::string_view text) {
    return kTimesInForce.parse(text);
}

}  // namespace tradewind
