// SPDX-License-Identifier: Apache-2.0
#include "sim/backtrader_venue.hpp"

#include <algorithm>

#include "domain/calendar.hpp"

namespace tradewind::sim {
namespace {

/// The price that an order is made with, and checked with when it is accepted.
Price price_of_creation(const VenueOrder& order) {
    if (has_trigger(order.spec.type))
        return order.spec.trigger_price.value_or(order.backtrader.created);
    return order.spec.limit_price.value_or(order.backtrader.created);
}

bool is_rival(const VenueOrder& a, const VenueOrder& b) {
    return a.id != b.id && !a.links.parent && !b.links.parent && a.links.list &&
           a.links.list == b.links.list &&
           (b.links.contingency == Contingency::oco || b.links.contingency == Contingency::ouo);
}

}  // namespace

BacktraderVenue::BacktraderVenue(OrderDesk& desk, const FillRules& rules)
    : desk_(desk), rules_(rules) {}

// --- commands
// ----------------------------------------------------------------------------------------

void BacktraderVenue::submit(const OrderIntent& intent) {
    ++desk_.counts().orders;
    VenueReason reason = desk_.fault_of(intent);
    if (reason == VenueReason::none && intent.links.parent && !desk_.find(*intent.links.parent)) {
        reason = VenueReason::contingency;
    }
    if (reason != VenueReason::none) {
        desk_.report_to(intent.id, intent.spec.instrument, OrderEventKind::rejected, reason);
        return;
    }
    const OrderSlot slot = desk_.add(intent);
    VenueOrder& order = desk_.at(slot);
    const Instrument& instrument = desk_.instrument(order);
    ++held_;
    order.backtrader.created = desk_.account().mark(order.spec.instrument);
    order.backtrader.active = !order.links.parent;
    order.backtrader.session_end = session_from(instrument.calendar, desk_.now_ts()).close;
    if (is_trailing(order.spec.type)) {
        start_trail(order, order.backtrader.created, instrument, false);
    }
    if (order.spec.time_in_force == TimeInForce::day) {
        // backtrader's DAY is the date of the bar on which the order was made.
        const Date made = utc_date(desk_.now_ts() - nanoseconds(1));
        order.expires = start_of(made + std::chrono::days{1});
    } else if (order.spec.expire_at) {
        order.expires = *order.spec.expire_at;
    }
    if (order.links.parent) {
        Family* family = family_of(order);
        if (family == nullptr) {
            families_.push_back({.parent = *order.links.parent, .members = {*order.links.parent}});
            family = &families_.back();
        }
        family->members.push_back(order.id);
    }
    if (desk_.settings().check_funds) {
        submitted_.push_back(slot);
    } else {
        accept(slot);
    }
}

void BacktraderVenue::accept(OrderSlot slot) {
    pending_.push_back(slot);
    desk_.at(slot).backtrader.accepted = true;
    desk_.report(OrderEventKind::accepted, desk_.at(slot));
}

void BacktraderVenue::replace(const ReplaceOrder& command) {
    const auto slot = desk_.find(command.id);
    const auto spec = slot ? desk_.changed(desk_.at(*slot), command.change) : std::nullopt;
    if (!spec) {
        desk_.report_to(command.id, command.instrument, OrderEventKind::replace_rejected,
                        slot ? VenueReason::bad_order : VenueReason::unknown_order);
        return;
    }
    desk_.at(*slot).spec = *spec;
    desk_.report_terms(OrderEventKind::replaced, desk_.at(*slot));
}

void BacktraderVenue::cancel(const CancelOrder& command) {
    const auto slot = desk_.find(command.id);
    // What was not accepted yet it does not find, and does not cancel.
    if (!slot || !desk_.at(*slot).backtrader.accepted) {
        desk_.report_to(command.id, command.instrument, OrderEventKind::cancel_rejected,
                        VenueReason::unknown_order);
        return;
    }
    VenueOrder& order = desk_.at(*slot);
    drop(order, OrderEventKind::canceled, VenueReason::requested);
    cancel_rivals(order);
    dissolve_family(order);
    tidy();
}

// --- one step
// ----------------------------------------------------------------------------------------

void BacktraderVenue::step(std::span<const BarMeeting> bars) {
    for (const OrderId id : to_activate_) {
        if (const auto slot = desk_.find(id)) desk_.at(*slot).backtrader.active = true;
    }
    to_activate_.clear();
    check_submitted();
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        VenueOrder& order = desk_.at(pending_[i]);
        if (order.ended) continue;
        if (const BarMeeting* bar = bar_for(bars, order)) try_order(order, *bar);
    }
    tidy();
}

BacktraderVenue::Parts BacktraderVenue::parts_of(Qty position, Side side, Qty qty) {
    const bool against = side == Side::buy ? position.raw < 0 : position.raw > 0;
    const Qty closed = against ? std::min(abs(position), qty) : Qty{};
    return {.closed = closed, .opened = qty - closed};
}

Currency BacktraderVenue::currency_of(const VenueOrder& order) const {
    const Instrument& of = desk_.instrument(order);
    return of.settlement.known() ? of.settlement : of.quote;
}

Money BacktraderVenue::cash_after(const VenueOrder& order, Money cash, Qty qty, Price price) const {
    if (qty.raw == 0) return cash;
    const Money value = notional(price, signed_qty(order.spec.side, qty), desk_.instrument(order));
    return cash - value - desk_.fee(order, price, qty, Liquidity::taker);
}

void BacktraderVenue::check_submitted() {
    struct Cash {
        Currency currency;
        Money left;
    };
    std::vector<Cash> cash;
    std::vector<BatchPosition> positions;
    for (const OrderSlot slot : submitted_) {
        VenueOrder& order = desk_.at(slot);
        if (order.ended) continue;
        if (order.links.parent && family_of(order) == nullptr) {
            drop(order, OrderEventKind::rejected, VenueReason::contingency);
            continue;
        }
        const Currency currency = currency_of(order);
        auto money = std::find_if(cash.begin(), cash.end(),
                                  [&](const Cash& c) { return c.currency == currency; });
        if (money == cash.end()) {
            cash.push_back({.currency = currency, .left = desk_.account().cash(currency)});
            money = cash.end() - 1;
        }
        auto held = std::find_if(positions.begin(), positions.end(), [&](const BatchPosition& p) {
            return p.instrument == order.spec.instrument;
        });
        if (held == positions.end()) {
            positions.push_back({.instrument = order.spec.instrument,
                                 .qty = desk_.account().position(order.spec.instrument)});
            held = positions.end() - 1;
        }
        // As if each filled at once at the price it was made with; what fails keeps its debt, and
        // the rest of the batch starts from there.
        const Qty qty = order.spec.qty - order.filled;
        const Parts parts = parts_of(held->qty, order.spec.side, qty);
        const Price price = price_of_creation(order);
        money->left = cash_after(order, money->left, parts.closed, price);
        money->left = cash_after(order, money->left, parts.opened, price);
        held->qty += signed_qty(order.spec.side, qty);
        if (money->left.raw >= 0) {
            accept(slot);
            continue;
        }
        ++desk_.counts().denied_for_funds;
        drop(order, OrderEventKind::rejected, VenueReason::insufficient_funds);
        cancel_rivals(order);
        dissolve_family(order);
    }
    for (const OrderSlot slot : submitted_) {
        const VenueOrder& order = desk_.at(slot);
        if (order.ended && !order.backtrader.accepted) desk_.release(slot);
    }
    submitted_.clear();
}

void BacktraderVenue::try_order(VenueOrder& order, const BarMeeting& meeting) {
    const bool is_market = order.spec.type == OrderType::market;
    if (!is_market && meeting.bar.close_ts > order.expires) {
        drop(order, OrderEventKind::expired, VenueReason::time_in_force);
        cancel_rivals(order);
        dissolve_family(order);
        return;
    }
    if (!order.backtrader.active) return;
    const Hit hit = rules_.whole_bar(order, meeting.bar, desk_.instrument(order), desk_.settings());
    if (hit.triggers) {
        order.triggered = true;
        desk_.report(OrderEventKind::triggered, order);
    }
    if (hit.fills) execute(order, hit, meeting);
    if (order.ended) return;
    const TimeInForce tif = order.spec.time_in_force;
    const bool at_once = tif == TimeInForce::ioc || tif == TimeInForce::fok;
    if (!at_once && tif != TimeInForce::at_open) return;
    drop(order, at_once ? OrderEventKind::canceled : OrderEventKind::expired,
         at_once ? VenueReason::no_liquidity : VenueReason::time_in_force);
    cancel_rivals(order);
    dissolve_family(order);
}

/// `_execute`: what closes is always done, what opens only where the cash is there for it.
void BacktraderVenue::execute(VenueOrder& order, const Hit& hit, const BarMeeting& meeting) {
    const Parts parts = parts_of(desk_.account().position(order.spec.instrument), order.spec.side,
                                 order.spec.qty - order.filled);
    Money cash = desk_.account().cash(currency_of(order));
    cash = cash_after(order, cash, parts.closed, hit.price);
    cash = cash_after(order, cash, parts.opened, hit.price);
    const bool short_of_cash = parts.opened.raw > 0 && desk_.settings().check_funds && cash.raw < 0;
    const bool opens = parts.opened.raw > 0 && !short_of_cash && !order.spec.reduce_only;
    const Qty qty = opens ? parts.closed + parts.opened : parts.closed;
    if (qty.raw > 0) {
        desk_.execute(order, {.price = hit.price,
                              .qty = qty,
                              .liquidity = hit.liquidity,
                              .fee = desk_.fee(order, hit.price, qty, hit.liquidity),
                              .basis = {.reference = hit.reference, .ambiguous = false},
                              .true_at = hit.at_open ? meeting.bar.open_ts : meeting.bar.close_ts});
        cancel_rivals(order);
    }
    if (order.filled == order.spec.qty) {
        desk_.end(order);
        --held_;
        finish_family_member(order);
        return;
    }
    if (short_of_cash) ++desk_.counts().denied_for_funds;
    drop(order, OrderEventKind::canceled,
         short_of_cash ? VenueReason::insufficient_funds : VenueReason::would_not_reduce);
    cancel_rivals(order);
    dissolve_family(order);
}

// --- links
// -------------------------------------------------------------------------------------------

BacktraderVenue::Family* BacktraderVenue::family_of(const VenueOrder& order) {
    const OrderId parent = order.links.parent.value_or(order.id);
    const auto found = std::find_if(families_.begin(), families_.end(),
                                    [&](const Family& f) { return f.parent == parent; });
    return found == families_.end() ? nullptr : &*found;
}

void BacktraderVenue::drop(VenueOrder& order, OrderEventKind kind, VenueReason reason) {
    desk_.report(kind, order, reason);
    desk_.end(order);
    --held_;
}

void BacktraderVenue::cancel_pending(OrderId id) {
    const auto slot = desk_.find(id);
    if (!slot || !desk_.at(*slot).backtrader.accepted) return;
    VenueOrder& order = desk_.at(*slot);
    drop(order, OrderEventKind::canceled, VenueReason::contingency);
    cancel_rivals(order);
}

/// `_bracketize` with cancel: whoever is left of the family goes.
void BacktraderVenue::dissolve_family(const VenueOrder& order) {
    Family* family = family_of(order);
    if (family == nullptr) return;
    const Family gone = std::move(*family);
    families_.erase(families_.begin() + (family - families_.data()));
    for (const OrderId member : gone.members) cancel_pending(member);
}

/// `_bracketize` of an order that was filled: a parent's children go live in the next step, a
/// child's siblings go.
void BacktraderVenue::finish_family_member(const VenueOrder& order) {
    Family* family = family_of(order);
    if (family == nullptr) return;
    if (order.links.parent) return dissolve_family(order);
    std::erase(family->members, order.id);
    to_activate_.insert(to_activate_.end(), family->members.begin(), family->members.end());
}

/// `_ococheck`: a group is called up once. Members that are not accepted by then are on their own.
void BacktraderVenue::cancel_rivals(const VenueOrder& order) {
    if (!order.links.list || order.links.parent) return;
    for (const OrderSlot slot : submitted_) {
        VenueOrder& other = desk_.at(slot);
        if (!other.backtrader.accepted && is_rival(order, other))
            other.backtrader.has_rivals = false;
    }
    for (const OrderSlot slot : pending_) {
        VenueOrder& other = desk_.at(slot);
        if (other.ended || !is_rival(order, other) || !other.backtrader.has_rivals) continue;
        drop(other, OrderEventKind::canceled, VenueReason::contingency);
    }
}

void BacktraderVenue::tidy() {
    std::erase_if(pending_, [&](OrderSlot slot) {
        if (!desk_.at(slot).ended) return false;
        desk_.release(slot);
        return true;
    });
}

// --- what is not prices
// ------------------------------------------------------------------------------

void BacktraderVenue::meet(const CorporateAction& action) {
    const auto for_each_order = [&](const auto& visit) {
        for (const auto* list : {&submitted_, &pending_}) {
            for (const OrderSlot slot : *list) visit(desk_.at(slot));
        }
    };
    take_action(desk_, action, for_each_order, [&](VenueOrder& order, VenueReason reason) {
        drop(order, OrderEventKind::canceled, reason);
    });
    tidy();
}

void BacktraderVenue::end_of_data() {
    for (const auto* list : {&pending_, &submitted_}) {
        for (const OrderSlot slot : *list) {
            VenueOrder& order = desk_.at(slot);
            if (order.ended) continue;
            ++desk_.counts().open_at_end;
            drop(order, OrderEventKind::canceled, VenueReason::end_of_data);
        }
    }
    submitted_.clear();
    pending_.clear();
}

}  // namespace tradewind::sim
