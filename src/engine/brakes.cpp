// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/engine.hpp"
#include "engine/slot.hpp"
#include "risk/statistics.hpp"

/// What follows where a brake fires or a person overrules: states change, and what they no longer
/// allow is cancelled or closed.
namespace tradewind::engine {
namespace {

/// Whether something lies in a scope that names it, or names none.
template <typename Id>
bool is_in(const std::optional<Id>& scope, Id id) {
    return !scope || *scope == id;
}

}  // namespace

void Engine::mark_risk(Timestamp ts) {
    const auto equity = portfolio_.equity();
    if (!equity) return;
    gate_.mark(ts, *equity);
    brakes_.mark(ts, gate_.limits().watch());
}

/// The books are as a day leaves them.
void Engine::note_risk_day() {
    const risk::AccountWatch& account = gate_.limits().watch();
    if (!account.is_marked()) return;
    if (limit_watch_) limit_watch_->on_day_end(risk_day_end_, account);
    if (statistics_) statistics_->on_day_end(risk_day_end_);
}

/// The first event of a day finds the books as the day before left them.
void Engine::end_risk_day() {
    note_risk_day();
    if (statistics_ && brakes_.asks_statistics() && gate_.limits().watch().is_marked()) {
        brakes_.on_correlation(now_, statistics_->mean_correlation());
    }
    risk_day_end_ = trading_day_of(sampling_, now_).end;
}

/// Acting on one may make others fire; each does so once.
void Engine::apply_brakes() {
    while (!brakes_.fired().empty() && !error_) {
        const std::vector<StateChange> fired{brakes_.fired().begin(), brakes_.fired().end()};
        brakes_.clear();
        for (StateChange change : fired) {
            change.from = gate_.state_of(change.strategy, change.instrument, now_);
            const TradingState wanted = change.to;
            if (gate_.holds(change)) continue;
            gate_.apply(change);
            // what another brake, or a person, has set may be stricter
            change.to = gate_.state_of(change.strategy, change.instrument, now_);
            decisions_.emplace_back(change);
            state_changes_.push_back({.ts = now_, .change = change});
            enforce(change.strategy, change.instrument, wanted);
        }
    }
}

void Engine::enforce(const std::optional<StrategyId>& strategy,
                     const std::optional<InstrumentId>& instrument, TradingState state) {
    if (!cancels_growth(state)) return;
    // what is to be flat waits for no order that rests
    const bool cancels_all = state == TradingState::flatten;
    for (const auto& slot : slots_) {
        if (!is_in(strategy, slot->id)) continue;
        std::vector<OrderId> unwanted;
        for (const orders::Order* order : orders_.open_orders()) {
            const bool is_meant = order->strategy() == slot->id &&
                                  is_in(instrument, order->instrument()) &&
                                  (cancels_all || gate_.adds(*order, now_));
            if (is_meant) unwanted.push_back(order->id());
        }
        for (const OrderId id : unwanted) decide(*slot, CancelIntent{id});
        if (state == TradingState::flatten) flatten(*slot, instrument);
    }
}

/// Closes what the strategy holds. Asked again it adds nothing to what is on its way already.
void Engine::flatten(Slot& slot, const std::optional<InstrumentId>& instrument) {
    const auto held = portfolio_.held();
    const std::vector<InstrumentId> ids{held.begin(), held.end()};
    slot.context.begin(now_);
    for (const InstrumentId id : ids) {
        if (!is_in(instrument, id)) continue;
        for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
            close_leg(slot, id, leg, kBraked);
        }
    }
    if (slot.context.has_wishes()) drain(slot);
}

/// As long as something is to be flat, what is still held goes out with the instrument's next
/// price: the first order may have been refused, or the market closed.
void Engine::flatten_rest(InstrumentId instrument) {
    for (const auto& slot : slots_) {
        if (gate_.state(slot->id, instrument, now_) != TradingState::flatten) continue;
        flatten(*slot, instrument);
    }
}

}  // namespace tradewind::engine
