// SPDX-License-Identifier: Apache-2.0
#include "signal/context.hpp"

#include <algorithm>

#include "market/market.hpp"
#include "portfolio/portfolio.hpp"

namespace tradewind::signal {
namespace {

bool is_plain(const OrderIntent& intent) {
    return !has_trigger(intent.spec.type) && !intent.links.parent.has_value();
}

}  // namespace

Context::Context(StrategyId strategy, World world)
    : strategy_(strategy), world_(world), pursuits_(world.instruments.size()) {}

Qty Context::position(InstrumentId instrument) const {
    return world_.portfolio.position(strategy_, instrument).qty;
}

Qty Context::position(InstrumentId instrument, Leg leg) const {
    if (world_.portfolio.settings().positions.hedges()) {
        return world_.portfolio.position(strategy_, instrument, leg).qty;
    }
    const Qty own = position(instrument);
    return leg == Leg::long_leg ? std::max(own, Qty{}) : std::min(own, Qty{});
}

const Intent* Context::take_next() {
    if (taken_ == intents_.size()) {
        intents_.clear();
        taken_ = 0;
        return nullptr;
    }
    return &intents_[taken_++];
}

std::span<const Intent> Context::wishes() const { return std::span{intents_}.subspan(taken_); }

Qty Context::asked_for(InstrumentId instrument) const {
    Qty sum;
    for (const Intent& intent : wishes()) {
        const auto* order = std::get_if<OrderIntent>(&intent);
        if (order == nullptr || order->spec.instrument != instrument || !is_plain(*order)) continue;
        sum += signed_qty(order->spec.side, order->spec.qty);
    }
    return sum;
}

Qty Context::working(InstrumentId instrument) const {
    Qty sum = asked_for(instrument);
    world_.orders.plain(strategy_, instrument, scratch_);
    for (const WorkingOrder& order : scratch_) sum += signed_qty(order.side, order.leaves);
    return sum;
}

/// A cancel of it is under way, or was asked for a moment ago.
bool Context::is_leaving(const WorkingOrder& order) const {
    if (order.cancel_pending) return true;
    return std::ranges::any_of(wishes(), [&](const Intent& intent) {
        const auto* cancel = std::get_if<CancelIntent>(&intent);
        return cancel != nullptr && cancel->id == order.id;
    });
}

bool Context::cancel_opposing(InstrumentId instrument, Side wanted) {
    bool any = false;
    world_.orders.plain(strategy_, instrument, scratch_);
    for (const WorkingOrder& order : scratch_) {
        if (order.side == wanted) continue;
        any = true;
        if (!is_leaving(order)) cancel(order.id);
    }
    return any;
}

void Context::target(InstrumentId instrument, Qty position, Tag tag) {
    Pursuit& pursuit = pursuits_[instrument.value];
    pursuit = {.active = false, .position = position, .tag = tag, .is_set = true};
    const Qty gap = position - this->position(instrument);
    const Side side = gap.raw >= 0 ? Side::buy : Side::sell;

    // What works in the right direction counts towards the target, also where its cancel is under
    // way: it may fill after all, and if it does not the target is looked at again. What works
    // against the target is cancelled and, until the venue has said how much of it filled, not
    // counted.
    Qty on_the_way = asked_for(instrument);
    bool may_not_come = false;
    world_.orders.plain(strategy_, instrument, scratch_);
    for (const WorkingOrder& order : scratch_) {
        if (order.side != side) continue;
        on_the_way += signed_qty(side, order.leaves);
        may_not_come = may_not_come || is_leaving(order);
    }
    const Qty missing = gap - on_the_way;
    const Side missing_side = missing.raw >= 0 ? Side::buy : Side::sell;
    const bool cancels = cancel_opposing(instrument, missing.raw == 0 ? side : missing_side);
    pursuit.active = cancels || may_not_come;
    if (missing.raw == 0) return;
    // Too much is on the way: cancelled, then seen again.
    if (missing_side != side && cancels) return;
    OrderSpec& order = push().spec;
    order.instrument = instrument;
    order.side = missing_side;
    order.qty = abs(missing);
    order.tag = tag;
}

void Context::order_closed(InstrumentId instrument) {
    const Pursuit pursuit = pursuits_[instrument.value];
    if (pursuit.active) target(instrument, pursuit.position, pursuit.tag);
}

void Context::hold_back() {
    if (now_ < trades_from_) {
        std::erase_if(intents_, [](const Intent& intent) {
            return !std::holds_alternative<TimerIntent>(intent);
        });
        return;
    }
    is_holding_ = false;
    for (std::uint32_t i = 0; i < pursuits_.size(); ++i) {
        const Pursuit pursuit = pursuits_[i];
        if (pursuit.is_set) target(InstrumentId{i}, pursuit.position, pursuit.tag);
    }
}

/// A market order without terms yet, in its place: an order is too large to be copied about.
OrderIntent& Context::push() {
    OrderIntent& intent = std::get<OrderIntent>(intents_.emplace_back());
    intent.id = next_id();
    return intent;
}

OrderId Context::push(const OrderSpec& spec, const OrderLinks& links) {
    OrderIntent& intent = push();
    intent.spec = spec;
    intent.links = links;
    return intent.id;
}

OrderId Context::submit(const OrderSpec& spec) { return push(spec, {}); }

OrderId Context::submit_bracket(const Bracket& bracket) {
    const OrderId list = OrderId::of(strategy_, orders_made_ + 1);
    const OrderId entry = push(
        bracket.entry, {.list = list, .parent = std::nullopt, .contingency = Contingency::oto});
    for (const std::optional<OrderSpec>& child : {bracket.stop_loss, bracket.take_profit}) {
        if (!child) continue;
        OrderSpec spec = *child;
        spec.reduce_only = true;
        if (!spec.leg) spec.leg = bracket.entry.leg;
        push(spec, {.list = list, .parent = entry, .contingency = Contingency::ouo});
    }
    return entry;
}

void Context::submit_oco(std::span<const OrderSpec> specs) {
    const OrderId list = OrderId::of(strategy_, orders_made_ + 1);
    for (const OrderSpec& spec : specs) {
        push(spec, {.list = list, .parent = std::nullopt, .contingency = Contingency::oco});
    }
}

void Context::replace(OrderId id, const OrderChange& change) {
    intents_.emplace_back(ReplaceIntent{.id = id, .change = change});
}

void Context::cancel(OrderId id) { intents_.emplace_back(CancelIntent{.id = id}); }

void Context::cancel_working(InstrumentId instrument) {
    world_.orders.plain(strategy_, instrument, scratch_);
    for (const WorkingOrder& order : scratch_) {
        if (!is_leaving(order)) cancel(order.id);
    }
}

void Context::set_timer(TimerId timer, Timestamp at) {
    intents_.emplace_back(
        TimerIntent{.timer = {.strategy = strategy_, .timer = timer}, .at = std::max(at, now_)});
}

std::optional<Qty> Context::units_for_share(InstrumentId instrument, double share) const {
    const Instrument& definition = world_.instruments.at(instrument);
    const std::optional<Price> price = world_.market.mark(instrument);
    const std::optional<Money> equity = world_.portfolio.equity();
    const std::optional<Price> rate = world_.portfolio.rate(definition.quote);
    if (!price || !equity || !rate) return std::nullopt;
    const double unit_value =
        to_double(*price) * to_double(definition.multiplier) * to_double(*rate);
    if (!(unit_value > 0.0)) return std::nullopt;
    const double worth = std::max(0.0, to_double(*equity));
    return round_down_to_lot(share * worth / unit_value, definition.lot);
}

std::optional<Qty> Context::sized(InstrumentId instrument) const {
    const Instrument& definition = world_.instruments.at(instrument);
    const std::optional<Price> price = world_.market.mark(instrument);
    const std::optional<Money> equity = world_.portfolio.equity();
    const std::optional<Price> rate = world_.portfolio.rate(definition.quote);
    if (!sizer_ || !price || !equity || !rate) return std::nullopt;
    return sizer_->full(instrument,
                        {.price = to_double(*price),
                         .equity = to_double(*equity),
                         .point_value = to_double(definition.multiplier) * to_double(*rate)});
}

void Context::read(const Bar& bar) {
    if (!sizer_) return;
    sizer_->on_bar(bar);
    if (const auto equity = world_.portfolio.equity()) sizer_->on_equity(to_double(*equity));
}

}  // namespace tradewind::signal
