// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/mode_rules.hpp"

/// What the tables of the engines that test whole bars share.
namespace tradewind::sim {

/// The end of a bar that is bad for the order, and the one that is good.
[[nodiscard]] inline Price worst_of(const VenueOrder& order, const BarView& bar) {
    return order.is_buy() ? bar.high : bar.low;
}
[[nodiscard]] inline Price best_of(const VenueOrder& order, const BarView& bar) {
    return order.is_buy() ? bar.low : bar.high;
}

[[nodiscard]] inline Hit taken_at(Price price) {
    return {.fills = true, .price = price, .reference = price};
}
[[nodiscard]] inline Hit made_at(Price price) {
    return {.fills = true, .liquidity = Liquidity::maker, .price = price, .reference = price};
}
/// The same, set off by its trigger.
[[nodiscard]] inline Hit triggered(Hit hit) {
    hit.triggers = true;
    return hit;
}
/// The price was that of the open.
[[nodiscard]] inline Hit at_the_open(Hit hit) {
    hit.at_open = true;
    return hit;
}
/// Worse by the run's slippage.
[[nodiscard]] inline Hit slip(const VenueOrder& order, const BarLook& look, Price reference) {
    const SlippageQuery query{.side = order.spec.side,
                              .reference = reference,
                              .qty = order.spec.qty,
                              .volume = look.bar.volume,
                              .limit = std::nullopt};
    Hit hit = taken_at(slipped(query, look.settings.slippage, look.instrument));
    hit.reference = reference;
    return hit;
}

}  // namespace tradewind::sim
