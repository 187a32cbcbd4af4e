// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "engine/engine.hpp"
#include "engine/slot.hpp"
#include "execution/planner.hpp"

/// From a strategy's wishes to decisions: risk, then execution, then the orders book, one wish
/// after the other, so that each is reviewed with all before it already counted.
namespace tradewind::engine {

void Engine::drain(Slot& slot) {
    // One after the other: a refusal is told to the strategy, which may ask for more.
    for (std::size_t count = 0; !error_; ++count) {
        const Intent* intent = slot.context.take_next();
        if (intent == nullptr) return;
        if (count == kIntentsMax) {
            return fault(StepFault::strategy_runaway,
                         fmt::format("strategy {} asked for more than {} orders on one event",
                                     slot.name, kIntentsMax));
        }
        if (const auto* order = std::get_if<OrderIntent>(intent)) [[likely]] {
            decide(slot, *order);
        } else {
            std::visit([&](const auto& wish) { decide(slot, wish); }, *intent);
        }
    }
}

void Engine::decide(Slot& slot, const OrderIntent& intent) {
    const auto approved = gate_.review(intent, now_);
    const bool known = intent.spec.instrument.value < instruments_.size();
    if (!approved) {
        if (known) {
            orders_.note(orders_.add(intent, now_), OrderEventKind::denied, now_);
        }
        return refuse(slot, {.id = intent.id,
                             .instrument = intent.spec.instrument,
                             .new_order = true,
                             .denial = approved.error()});
    }
    if (gate_.shrunk()) note_shrink(intent, *gate_.shrunk());
    execution::plan_submit(*approved, decisions_.emplace_back());
    const orders::Order& order = orders_.add(approved->order(), now_);
    orders_.note(order, OrderEventKind::submitted, now_);
    if (limit_watch_) limit_watch_->on_sent(order, gate_.limits().watch());
}

void Engine::note_shrink(const OrderIntent& intent, const Denial& denial) {
    ++shrunk_by_[*denial.rule];
    decisions_.emplace_back(Shrink{.id = intent.id,
                                   .instrument = intent.spec.instrument,
                                   .asked = intent.spec.qty,
                                   .denial = denial});
}

void Engine::decide(Slot& slot, const ReplaceIntent& intent) {
    const orders::Order* order = own_open_order(slot, intent.id);
    if (order == nullptr) {
        return refuse_change(slot, intent.id, {.reason = DenialReason::unknown_order});
    }
    const auto approved = gate_.review(intent, now_);
    if (!approved) return refuse_change(slot, intent.id, approved.error());
    const OrderSpec before = risk::as_it_stands(*order);
    decisions_.emplace_back(execution::plan_replace(*approved, *order));
    orders_.note_change(*order, intent.change, now_);
    if (limit_watch_) {
        limit_watch_->on_changed(*order, before, now_, gate_.limits().watch());
    }
}

void Engine::decide(Slot& slot, const CancelIntent& intent) {
    const orders::Order* order = own_open_order(slot, intent.id);
    if (order == nullptr) {
        return refuse_change(slot, intent.id, {.reason = DenialReason::unknown_order});
    }
    if (order->status == OrderStatus::pending_cancel) return;
    gate_.on_cancel(slot.id, order->instrument(), now_);
    if (limit_watch_) limit_watch_->on_cancel(slot.id, order->instrument(), now_);
    decisions_.emplace_back(execution::plan_cancel(*order));
    orders_.note(*order, OrderEventKind::cancel_pending, now_);
}

void Engine::decide(Slot&, const TimerIntent& intent) {
    decisions_.emplace_back(Command{SetTimer{.timer = intent.timer, .at = intent.at}});
}

void Engine::refuse(Slot& slot, const Refusal& refusal) {
    decisions_.emplace_back(refusal);
    ++refusals_[static_cast<std::size_t>(refusal.denial.reason)];
    if (refusal.denial.rule) ++denied_by_[*refusal.denial.rule];
    if (!brakes_.empty() && refusal.instrument.value < known_) {
        brakes_.on_denial(slot.id, refusal.instrument, now_);
    }
    if (refusal.new_order && !first_refusal_) first_refusal_ = refusal;
    // Without a drain of its own: `drain` is under way and takes what the strategy adds.
    call(slot, [&](signal::Strategy& s, signal::Context& c) { s.on_refusal(c, refusal); });
}

void Engine::refuse_change(Slot& slot, OrderId id, const Denial& denial) {
    const orders::Order* order = orders_.find(id);
    refuse(slot, {.id = id,
                  .instrument = order != nullptr ? order->instrument() : InstrumentId{},
                  .new_order = false,
                  .denial = denial});
}

/// Strategies change and cancel their own orders alone.
const orders::Order* Engine::own_open_order(const Slot& slot, OrderId id) const {
    const orders::Order* order = orders_.find(id);
    const bool is_own = order != nullptr && order->strategy() == slot.id;
    return is_own && order->is_open() ? order : nullptr;
}

}  // namespace tradewind::engine
