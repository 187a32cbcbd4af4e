// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"
#include "engine/slot.hpp"

/// How brakes and stops close a position at the market, whatever else the strategy has working.
namespace tradewind::engine {
namespace {

/// It may never fill, and as long as it works it counts as being on its way.
bool rests(const orders::Order& order) {
    const OrderSpec& spec = order.intent.spec;
    const bool is_plain = !has_trigger(spec.type) && !order.intent.links.parent;
    return is_plain && spec.type != OrderType::market &&
           order.status != OrderStatus::pending_cancel;
}

bool closes(const OrderSpec& spec, Leg leg) {
    return leg_closed_by(spec.side) == leg && (!spec.leg || *spec.leg == leg);
}

/// Exits of brackets, and orders with a trigger, hold nothing up and stay.
void cancel_resting_exits(const orders::Orders& orders, StrategyId strategy,
                          InstrumentId instrument, Leg leg, signal::Context& context) {
    for (const orders::Order* order : orders.open_of(instrument)) {
        const bool is_meant = order->strategy() == strategy && closes(order->intent.spec, leg);
        if (is_meant && rests(*order)) context.cancel(order->id());
    }
}

}  // namespace

/// At the market. Asked again it adds nothing to what is on its way already.
void Engine::close_leg(Slot& slot, InstrumentId instrument, Leg leg, Tag tag) {
    const Qty held = position_of(slot, instrument, leg).qty;
    if (held.raw == 0) return;
    cancel_resting_exits(orders_, slot.id, instrument, leg, slot.context);
    if (!portfolio_.settings().positions.hedges()) {
        return slot.context.target(instrument, Qty{}, tag);
    }
    Qty closing;
    for (const orders::Order* order : orders_.open_of(instrument)) {
        const OrderSpec& spec = order->intent.spec;
        const bool closes = order->strategy() == slot.id && spec.leg == leg &&
                            leg_closed_by(spec.side) == leg && !has_trigger(spec.type);
        if (closes) closing += order->leaves();
    }
    const Qty missing = abs(held) - closing;
    if (missing.raw <= 0) return;
    slot.context.submit({.instrument = instrument,
                         .side = leg == Leg::long_leg ? Side::sell : Side::buy,
                         .leg = leg,
                         .qty = missing,
                         .tag = tag});
}

/// Where an order that held up a closing has gone: at once, before the strategy is told, which may
/// answer each cancel by the same order again.
void Engine::go_on_closing(Slot& slot, InstrumentId instrument) {
    const bool is_braked = gate_.state(slot.id, instrument, now_) == TradingState::flatten;
    slot.context.begin(now_);
    for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
        if (is_braked) {
            close_leg(slot, instrument, leg, kBraked);
        } else if (slot.stops && slot.stops->at(instrument, leg).closing) {
            close_leg(slot, instrument, leg, kStopped);
        }
    }
    if (slot.context.has_wishes()) drain(slot);
}

}  // namespace tradewind::engine
