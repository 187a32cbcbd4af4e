// SPDX-License-Identifier: Apache-2.0
#include "orders/orders.hpp"

#include <algorithm>
#include <memory>

#include "base/copy_by_words.hpp"
#include "domain/names.hpp"

namespace tradewind::orders {
namespace {

constexpr auto kAnomalies =
    names<Anomaly>("none", "unknown_order", "illegal_transition", "duplicate_fill", "overfill",
                   "unknown_fill", "missing_detail");

bool by_id(const Order* order, OrderId id) { return order->id() < id; }

void insert_sorted(std::vector<const Order*>& all, const Order* order) {
    all.insert(std::lower_bound(all.begin(), all.end(), order->id(), by_id), order);
}

void erase_sorted(std::vector<const Order*>& all, const Order* order) {
    const auto at = std::lower_bound(all.begin(), all.end(), order->id(), by_id);
    ASSERT(at != all.end() && *at == order);
    all.erase(at);
}

bool is_pending(OrderStatus status) {
    return status == OrderStatus::pending_replace || status == OrderStatus::pending_cancel;
}

/// What a pending order will be once its request has been answered, after an event that is not the
/// answer.
std::optional<OrderStatus> underneath(OrderEventKind kind, OrderStatus before) {
    switch (kind) {
        case OrderEventKind::partially_filled: return OrderStatus::partially_filled;
        case OrderEventKind::triggered:
            return before == OrderStatus::partially_filled ? before : OrderStatus::triggered;
        case OrderEventKind::accepted:
            return before == OrderStatus::submitted ? OrderStatus::accepted : before;
        default: return std::nullopt;
    }
}

/// The quantity decides which of the two it is, not the label: reports overtake each other.
OrderEventKind fill_kind(const Order& order, Qty filled) {
    return filled >= order.terms.qty ? OrderEventKind::filled : OrderEventKind::partially_filled;
}

void set_status(Order& order, OrderEventKind kind, const Transition& to) {
    const OrderStatus before = order.status;
    if (to.restores) {
        order.status = order.status_before_pending;
        return;
    }
    if (is_pending(to.next) && !is_pending(before)) order.status_before_pending = before;
    if (is_pending(before)) {
        if (const auto now = underneath(kind, order.status_before_pending)) {
            order.status_before_pending = *now;
        }
    }
    order.status = to.next;
}

/// The same trade with the sides turned and the fee given back.
Fill reversed(Fill fill) {
    fill.side = opposite(fill.side);
    fill.fee = -fill.fee;
    return fill;
}

bool by_number(const Fill& fill, std::uint64_t number) { return fill.trade_number < number; }

/// The place of a trade number among the booked fills, or where it belongs.
template <typename Fills>
auto place_of(Fills& fills, std::uint64_t number) {
    return std::lower_bound(fills.begin(), fills.end(), number, by_number);
}

std::int64_t rescaled(std::int64_t value, Qty to, Qty from) {
    const auto out = base::mul_div(value, to.raw, from.raw, base::Rounding::half_even);
    ASSERT(out && *out >= INT64_MIN && *out <= INT64_MAX);
    return static_cast<std::int64_t>(*out);
}

/// A split restates what was filled in the old units: the same share of the order.
void restate(Order& order, std::vector<Fill>& trades, const OrderTerms& terms) {
    const Qty old = order.terms.qty;
    order.filled.raw = rescaled(order.filled.raw, terms.qty, old);
    for (Fill& fill : trades) {
        fill.qty.raw = rescaled(fill.qty.raw, terms.qty, old);
        fill.price.raw = rescaled(fill.price.raw, old, terms.qty);
    }
    PendingChanges& pending = order.pending;
    pending.most.raw = rescaled(pending.most.raw, terms.qty, old);
    if (pending.has_price()) {
        pending.lowest.raw = rescaled(pending.lowest.raw, old, terms.qty);
        pending.highest.raw = rescaled(pending.highest.raw, old, terms.qty);
    }
    if (auto& trigger = pending.highest_trigger)
        trigger->raw = rescaled(trigger->raw, old, terms.qty);
    order.terms = terms;
}

/// Of a change.
bool is_answer(OrderEventKind kind) {
    return kind == OrderEventKind::replaced || kind == OrderEventKind::replace_rejected;
}

bool needs_terms(OrderEventKind kind) {
    return kind == OrderEventKind::replaced || kind == OrderEventKind::adjusted;
}

}  // namespace

void PendingChanges::add(const OrderChange& change) {
    ++count;
    most = std::max(most, change.qty.value_or(Qty{}));
    if (change.trigger_price) {
        highest_trigger =
            std::max(highest_trigger.value_or(*change.trigger_price), *change.trigger_price);
    }
    if (!change.limit_price) return;
    lowest = std::min(lowest, *change.limit_price);
    highest = std::max(highest, *change.limit_price);
}

void PendingChanges::answer() {
    if (count <= 1) {
        *this = {};
    } else {
        --count;
    }
}

std::string_view to_string(Anomaly value) { return kAnomalies.of(value); }

Orders::Orders(OrdersSettings settings)
    : settings_(settings),
      rows_(settings.instruments),
      working_(settings.instruments * settings.strategies),
      changed_(settings.instruments) {
    ASSERT(settings.closed_kept > 0);
    closed_.reserve(settings.closed_kept);
}

// --- storage
// -----------------------------------------------------------------------------------------

std::uint32_t Orders::take_slot() {
    if (free_.empty()) {
        slots_.emplace_back();
        return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
}

const Order& Orders::add(const OrderIntent& intent, Timestamp ts) {
    ASSERT(!by_id_.find(intent.id.packed));
    static_cast<void>(cell(intent.id.strategy(), intent.spec.instrument));  // within the settings
    const std::uint32_t index = take_slot();
    Slot& slot = slots_[index];
    Order& order = *std::construct_at(&slot.order);
    base::copy_by_words(order.intent, intent);
    order.terms.qty = intent.spec.qty;
    order.terms.limit_price = intent.spec.limit_price;
    order.terms.trigger_price = intent.spec.trigger_price;
    order.created = order.last = ts;
    slot.trades.clear();
    slot.working = slot.exposure = 0;
    // A parent that is unknown by now has closed long ago: the child is taken for live.
    const Order* parent = intent.links.parent ? find(*intent.links.parent) : nullptr;
    slot.is_awaiting_parent = parent != nullptr && parent->filled.raw <= 0;
    by_id_.set(intent.id.packed, index);
    link(index);
    insert_sorted(open_, &slot.order);
    insert_sorted(rows_[intent.spec.instrument.value].open, &slot.order);
    ++added_;
    return slot.order;
}

/// A closed order takes the ring's oldest place, whose order is forgotten.
void Orders::retire(std::uint32_t index) {
    const Order& order = slots_[index].order;
    erase_sorted(open_, &order);
    erase_sorted(rows_[order.instrument().value].open, &order);
    if (closed_.size() < settings_.closed_kept) {
        closed_.push_back({.id = order.id(), .slot = index});
        return;
    }
    forget(closed_[closed_next_].slot);
    closed_[closed_next_] = {.id = order.id(), .slot = index};
    if (++closed_next_ == closed_.size()) closed_next_ = 0;
    expect(closed_[closed_next_]);
}

/// The oldest closed order's place is the next to be used again, and has not been looked at for
/// thousands of orders: it is on its way into the cache by then.
void Orders::expect(const Closed& closed) const {
    constexpr std::size_t kCacheLine = 64;
    by_id_.expect(closed.id.packed);
    const auto* bytes = reinterpret_cast<const char*>(&slots_[closed.slot]);
    for (std::size_t at = 0; at < sizeof(Slot); at += kCacheLine) __builtin_prefetch(bytes + at, 1);
}

void Orders::forget(std::uint32_t index) {
    unlink(index);
    by_id_.erase(slots_[index].order.id().packed);
    free_.push_back(index);
}

// --- lists
// -------------------------------------------------------------------------------------------

void Orders::link(std::uint32_t index) {
    Slot& slot = slots_[index];
    slot.next_in_list = kNone;
    if (!slot.order.intent.links.list) return;
    const OrderId list = *slot.order.intent.links.list;
    slot.next_in_list = lists_.find(list.packed).value_or(kNone);
    lists_.set(list.packed, index);
}

/// Lists are short (a bracket has three), so the walk is too.
void Orders::unlink(std::uint32_t index) {
    Slot& slot = slots_[index];
    if (!slot.order.intent.links.list) return;
    const OrderId list = *slot.order.intent.links.list;
    const auto head = lists_.find(list.packed);
    ASSERT(head.has_value());
    if (*head == index) {
        if (slot.next_in_list == kNone) {
            lists_.erase(list.packed);
        } else {
            lists_.set(list.packed, slot.next_in_list);
        }
        return;
    }
    std::uint32_t before = *head;
    while (slots_[before].next_in_list != index) before = slots_[before].next_in_list;
    slots_[before].next_in_list = slot.next_in_list;
}

template <typename Keep>
std::vector<const Order*> Orders::listed(OrderId list, Keep keep) const {
    std::vector<const Order*> out;
    for (std::uint32_t i = lists_.find(list.packed).value_or(kNone); i != kNone;
         i = slots_[i].next_in_list) {
        const Order& order = slots_[i].order;
        if (order.is_open() && keep(order)) insert_sorted(out, &order);
    }
    return out;
}

std::vector<const Order*> Orders::siblings(OrderId id) const {
    const Order* self = find(id);
    if (self == nullptr || !self->intent.links.list) return {};
    const OrderLinks& links = self->intent.links;
    return listed(*links.list, [&](const Order& other) {
        return other.id() != id && other.intent.links.parent == links.parent;
    });
}

std::vector<const Order*> Orders::children(OrderId id) const {
    const Order* self = find(id);
    if (self == nullptr || !self->intent.links.list) return {};
    return listed(*self->intent.links.list,
                  [&](const Order& other) { return other.intent.links.parent == id; });
}

// --- what is working
// -----------------------------------------------------------------------------------

bool Orders::is_live(const Order& order) const {
    return order.is_open() && order.status != OrderStatus::initialized;
}

/// Brings the sums in line with one order as it now stands.
void Orders::recount(Slot& slot) {
    const Order& order = slot.order;
    const OrderLinks& links = order.intent.links;
    const std::int64_t leaves = is_live(order) ? order.leaves().raw : 0;

    const std::int64_t working = links.parent ? 0 : signed_qty(order.side(), {leaves}).raw;
    std::int64_t& sum = working_[cell(order.strategy(), order.instrument())];
    sum += working - slot.working;
    slot.working = working;

    const bool may_open = !only_closes(order.intent.spec) && !slot.is_awaiting_parent;
    const std::int64_t exposure = may_open && is_live(order) ? order.most_leaves().raw : 0;
    Row& row = rows_[order.instrument().value];
    if (exposure != slot.exposure) changed_.add(order.instrument().value);
    (order.side() == Side::buy ? row.buy : row.sell) += exposure - slot.exposure;
    slot.exposure = exposure;
}

void Orders::recount_children(const Order& parent) {
    if (!parent.intent.links.list) return;
    for (const Order* child : children(parent.id())) {
        Slot& slot = slots_[*by_id_.find(child->id().packed)];
        slot.is_awaiting_parent = parent.filled.raw <= 0;
        recount(slot);
    }
}

// --- events
// --------------------------------------------------------------------------------------------

const Order* Orders::find(OrderId id) const {
    const auto index = by_id_.find(id.packed);
    return index ? &slots_[*index].order : nullptr;
}

std::span<const Order* const> Orders::open_of(InstrumentId instrument) const {
    return row(instrument).open;
}

Applied Orders::apply(const OrderEvent& event, Timestamp ts) {
    const auto index = by_id_.find(event.order.packed);
    if (!index) {
        ++anomalies_[static_cast<std::size_t>(Anomaly::unknown_order)];
        return {.anomaly = Anomaly::unknown_order};
    }
    Slot& slot = slots_[*index];
    const OrderStatus before = slot.order.status;
    booked_.reset();
    switch (event.kind) {
        case OrderEventKind::partially_filled:
        case OrderEventKind::filled: return finish(*index, before, apply_fill(slot, event, ts));
        case OrderEventKind::busted: return finish(*index, before, apply_bust(slot, event, ts));
        default: return finish(*index, before, apply_other(slot, event, ts));
    }
}

void Orders::note(const Order& order, OrderEventKind kind, Timestamp ts) {
    const auto index = by_id_.find(order.id().packed);
    ASSERT(index.has_value());
    note(*index, kind, ts);
}

void Orders::note_change(const Order& order, const OrderChange& change, Timestamp ts) {
    const auto index = by_id_.find(order.id().packed);
    ASSERT(index.has_value());
    slots_[*index].order.pending.add(change);
    note(*index, OrderEventKind::replace_pending, ts);
}

void Orders::note(std::uint32_t index, OrderEventKind kind, Timestamp ts) {
    Order& own = slots_[index].order;
    const OrderStatus before = own.status;
    booked_.reset();
    const auto to = transition(before, kind);
    if (to) {
        stamp(own, kind, ts);
        set_status(own, kind, *to);
    }
    finish(index, before, to ? Anomaly::none : Anomaly::illegal_transition);
}

/// Sums and storage, once the order is as the event leaves it.
Applied Orders::finish(std::uint32_t index, OrderStatus before, Anomaly anomaly) {
    Slot& slot = slots_[index];
    const OrderStatus after = slot.order.status;
    recount(slot);
    if (booked_) recount_children(slot.order);
    if (!is_final(before) && is_final(after)) retire(index);
    ++anomalies_[static_cast<std::size_t>(anomaly)];
    return {.anomaly = anomaly,
            .before = before,
            .after = after,
            .booked = booked_ ? &*booked_ : nullptr,
            .order = &slot.order};
}

Anomaly Orders::apply_fill(Slot& slot, const OrderEvent& event, Timestamp ts) {
    Order& order = slot.order;
    const auto* fill = std::get_if<Fill>(&event.detail);
    if (fill == nullptr) return Anomaly::missing_detail;
    if (fill->trade_number != 0) {
        const auto place = place_of(slot.trades, fill->trade_number);
        if (place != slot.trades.end() && place->trade_number == fill->trade_number) {
            return Anomaly::duplicate_fill;
        }
        slot.trades.insert(place, *fill);
    }
    stamp(order, event.kind, ts);
    if (!event.venue_order.empty()) order.venue_order = VenueOrderId{event.venue_order};
    order.filled += fill->qty;
    order.filled_notional += multiply(fill->price, fill->qty);
    order.fees += fill->fee;
    order.fee_currency = fill->fee_currency;
    ++order.fills;
    booked_ = *fill;

    Anomaly anomaly = Anomaly::none;
    const OrderEventKind kind = fill_kind(order, order.filled);
    if (const auto to = transition(order.status, kind)) {
        set_status(order, kind, *to);
    } else {
        anomaly = Anomaly::illegal_transition;
    }
    return order.filled > order.terms.qty ? Anomaly::overfill : anomaly;
}

Anomaly Orders::apply_bust(Slot& slot, const OrderEvent& event, Timestamp ts) {
    Order& order = slot.order;
    const auto* named = std::get_if<Fill>(&event.detail);
    if (named == nullptr) return Anomaly::missing_detail;
    const auto booked = place_of(slot.trades, named->trade_number);
    if (booked == slot.trades.end() || booked->trade_number != named->trade_number) {
        return Anomaly::unknown_fill;
    }
    // The number names the trade; what is taken back is what was booked.
    const Fill fill = *booked;
    slot.trades.erase(booked);
    stamp(order, event.kind, ts);
    order.filled -= fill.qty;
    order.filled_notional -= multiply(fill.price, fill.qty);
    order.fees -= fill.fee;
    --order.fills;
    booked_ = reversed(fill);

    const auto to = transition(order.status, event.kind);
    if (!to) return Anomaly::illegal_transition;
    set_status(order, event.kind, *to);
    return Anomaly::none;
}

Anomaly Orders::apply_other(Slot& slot, const OrderEvent& event, Timestamp ts) {
    Order& order = slot.order;
    const auto to = transition(order.status, event.kind);
    if (!to) return Anomaly::illegal_transition;
    const auto* terms = std::get_if<OrderTerms>(&event.detail);
    if (needs_terms(event.kind) && (terms == nullptr || terms->qty.raw <= 0)) {
        return Anomaly::missing_detail;
    }
    stamp(order, event.kind, ts);
    if (!event.venue_order.empty()) order.venue_order = VenueOrderId{event.venue_order};
    if (event.kind == OrderEventKind::replaced) order.terms = *terms;
    if (is_answer(event.kind)) order.pending.answer();
    if (event.kind == OrderEventKind::adjusted) restate(order, slot.trades, *terms);
    set_status(order, event.kind, *to);
    return Anomaly::none;
}

void Orders::stamp(Order& order, OrderEventKind kind, Timestamp ts) {
    order.last = ts;
    if (kind == OrderEventKind::submitted || kind == OrderEventKind::released) {
        order.submitted = ts;
    }
    if (kind == OrderEventKind::accepted && !order.accepted) order.accepted = ts;
}

}  // namespace tradewind::orders
