// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "engine/engine.hpp"
#include "engine/slot.hpp"

/// Keeps the stops that a user has put around a strategy. A stop that has a level rests at the
/// venue as an order that only closes, and follows the position and the level: it holds where we do
/// not run, and a gap fills it where the market opens. What closes by time, by loss, or at a level
/// that the market is beyond already, goes out at the market.
namespace tradewind::engine {
namespace {

/// The venue may be asked to change or cancel it.
bool is_at_rest(const orders::Order& order) { return order.status == OrderStatus::accepted; }

std::optional<risk::StopWatch::Move> move_of(const Event& event, std::optional<Price> mark) {
    const auto about = instrument_of(event.payload);
    if (!about || !mark) return std::nullopt;
    if (const auto* bar = std::get_if<Bar>(&event.payload)) {
        return risk::StopWatch::Move{.instrument = *about,
                                     .high = bar->high,
                                     .low = bar->low,
                                     .close = bar->close,
                                     .from = bar->open_ts};
    }
    const bool is_price = std::holds_alternative<Quote>(event.payload) ||
                          std::holds_alternative<Trade>(event.payload) ||
                          std::holds_alternative<BookLevel>(event.payload) ||
                          std::holds_alternative<BookOrder>(event.payload);
    if (!is_price) return std::nullopt;
    return risk::StopWatch::Move{
        .instrument = *about, .high = *mark, .low = *mark, .close = *mark, .from = event.ts};
}

/// Not on a report of an order that ended: what was refused would be sent and refused for ever.
bool may_send(const Event& event) {
    const auto* report = std::get_if<OrderEvent>(&event.payload);
    return report == nullptr || report->kind == OrderEventKind::accepted ||
           report->kind == OrderEventKind::partially_filled ||
           report->kind == OrderEventKind::filled || report->kind == OrderEventKind::replaced;
}

}  // namespace

/// After all stages have seen the event.
[[gnu::noinline]] void Engine::keep_stops(const Event& event) {
    const auto about = instrument_of(event.payload);
    if (!about) return;
    for (const auto& slot : slots_) {
        if (!slot->stops) continue;
        follow(*slot, event, *about);
        const bool sends = may_send(event);
        if (sends) close_at_loss(*slot);
        for (const Leg leg : {Leg::long_leg, Leg::short_leg}) keep_stop(*slot, *about, leg, sends);
        if (slot->context.has_wishes()) drain(*slot);
        if (error_) return;
    }
}

/// Tells the watch what the event did.
void Engine::follow(Slot& slot, const Event& event, InstrumentId about) {
    risk::StopWatch& watch = slot.stops->watch;
    const auto* action = std::get_if<CorporateAction>(&event.payload);
    if (action != nullptr && action->kind == CorporateActionKind::split) {
        watch.on_split(about, action->new_shares, action->old_shares);
    }
    const double multiplier = to_double(instruments_.at(about).multiplier);
    for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
        const portfolio::Position held = position_of(slot, about, leg);
        const double units = to_double(held.qty) * multiplier;
        watch.on_position({.instrument = about,
                           .leg = leg,
                           .qty = held.qty,
                           .average = held.is_flat() ? 0 : to_double(held.cost) / units,
                           .since = happened_});
    }
    if (const auto move = move_of(event, market_.mark(about))) watch.on_move(*move);
}

/// What stands in a leg; where positions are netted, in the one of its side.
portfolio::Position Engine::position_of(const Slot& slot, InstrumentId instrument, Leg leg) const {
    if (portfolio_.settings().positions.hedges()) {
        return portfolio_.position(slot.id, instrument, leg);
    }
    const portfolio::Position& own = portfolio_.position(slot.id, instrument);
    const bool is_of_leg = own.qty.raw > 0 ? leg == Leg::long_leg : leg == Leg::short_leg;
    return is_of_leg ? own : portfolio::Position{};
}

/// Brings what rests, and what is sent, in line with a position and its level.
void Engine::keep_stop(Slot& slot, InstrumentId instrument, Leg leg, bool sends) {
    StopDesk& desk = *slot.stops;
    StopDesk::Place& place = desk.at(instrument, leg);
    const orders::Order* resting = place.order ? orders_.find(*place.order) : nullptr;
    const Qty held = position_of(slot, instrument, leg).qty;
    slot.context.begin(now_);
    if (held.raw == 0) {
        if (resting != nullptr && resting->filled.raw > 0 && place.level) {
            ++desk.closed[*place.level];
        } else if (place.closing) {
            ++desk.closed[*place.closing];
        }
        if (resting != nullptr && resting->is_open()) {
            if (is_at_rest(*resting)) slot.context.cancel(resting->id());
            place.closing.reset();
            place.level.reset();
        } else {
            place = {};
        }
        return;
    }
    if (!sends) return;
    // a brake that closes closes by itself
    if (gate_.state(slot.id, instrument, now_) == TradingState::flatten) return;
    const auto level = desk.watch.level(instrument, leg);
    const auto mark = market_.mark(instrument);
    const bool is_beyond =
        level && mark && (held.raw > 0 ? *mark <= level->price : *mark >= level->price);
    std::optional<std::size_t> due = desk.watch.due(instrument, leg, now_);
    if (is_beyond && !due) due = level->stop;
    if (due && !place.closing) place.closing = due;
    if (place.closing) close_leg(slot, instrument, leg, kStopped);
    if (!level || is_beyond) return;
    place.level = level->stop;
    const bool rests = resting != nullptr && resting->is_open();
    if (!rests) {
        place.order = slot.context.submit(stop_order(instrument, leg, abs(held), level->price));
        return;
    }
    const Qty whole = resting->filled + abs(held);
    const bool is_right =
        resting->terms.qty == whole && resting->terms.trigger_price == level->price;
    if (is_right || !is_at_rest(*resting)) return;
    slot.context.replace(
        resting->id(), {.qty = whole, .limit_price = std::nullopt, .trigger_price = level->price});
}

OrderSpec Engine::stop_order(InstrumentId instrument, Leg leg, Qty qty, Price level) const {
    const bool hedges = portfolio_.settings().positions.hedges();
    return {.instrument = instrument,
            .side = leg == Leg::long_leg ? Side::sell : Side::buy,
            .type = OrderType::stop_market,
            .reduce_only = !hedges,
            .leg = hedges ? std::optional{leg} : std::nullopt,
            .qty = qty,
            .trigger_price = level,
            .tag = kStopped};
}

/// All that the strategy holds, where it has lost too much together.
void Engine::close_at_loss(Slot& slot) {
    StopDesk& desk = *slot.stops;
    if (!desk.watch.watches_losses()) return;
    const auto equity = portfolio_.equity();
    if (!equity || equity->raw <= 0) return;
    Money open;
    const auto held = portfolio_.held();
    for (const InstrumentId id : held) {
        const Money own = portfolio_.unrealised(slot.id, id);
        open += portfolio_.to_base(instruments_.at(id).quote, own).value_or(Money{});
    }
    const auto due = desk.watch.due_at_loss(-to_double(open) / to_double(*equity));
    if (!due) return;
    slot.context.begin(now_);
    const std::vector<InstrumentId> ids{held.begin(), held.end()};
    for (const InstrumentId id : ids) {
        for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
            if (position_of(slot, id, leg).is_flat()) continue;
            StopDesk::Place& place = desk.at(id, leg);
            if (!std::exchange(place.closing, due)) close_leg(slot, id, leg, kStopped);
        }
    }
}

}  // namespace tradewind::engine
