// SPDX-License-Identifier: Apache-2.0
#include "sim/whole_bar_venue.hpp"

#include <algorithm>

#include "domain/calendar.hpp"

namespace tradewind::sim {
namespace {

bool is_rival(const OrderLinks& links, const VenueOrder& other) {
    const Contingency how = other.links.contingency;
    return (how == Contingency::oco || how == Contingency::ouo) && links.list &&
           links.list == other.links.list && links.parent == other.links.parent;
}

}  // namespace

WholeBarVenue::WholeBarVenue(OrderDesk& desk, const WholeBarRules& rules)
    : desk_(desk), rules_(rules), last_deal_(desk.table().size(), kTimestampMin) {}

// --- commands
// ----------------------------------------------------------------------------------------

bool WholeBarVenue::reduces(InstrumentId instrument, Side side) const {
    const Qty held = desk_.account().position(instrument);
    return side == Side::buy ? held.raw < 0 : held.raw > 0;
}

bool WholeBarVenue::fills_on_arrival(const OrderSpec& spec) const {
    const TimeInForce tif = spec.time_in_force;
    const bool waits = tif == TimeInForce::at_open || tif == TimeInForce::at_close;
    if (!rules_.market_at_last_price || spec.type != OrderType::market || waits) return false;
    const CalendarKind calendar = desk_.table().at(spec.instrument).calendar;
    return !rules_.waits_for_session || session_at(calendar, desk_.now_ts()).has_value();
}

VenueReason WholeBarVenue::refusal_of(const OrderIntent& intent) const {
    const VenueReason fault = desk_.fault_of(intent);
    if (fault != VenueReason::none) return fault;
    const OrderSpec& spec = intent.spec;
    const auto& parent = intent.links.parent;
    if (parent && !desk_.find(*parent) && !filled_.contains(parent->packed)) {
        return VenueReason::contingency;
    }
    const bool protects = parent || reduces(spec.instrument, spec.side);
    if (!rules_.knows(spec, protects)) return VenueReason::bad_order;
    if (!fills_on_arrival(spec)) return VenueReason::none;
    if (rules_.one_deal_a_bar && last_deal_[spec.instrument.value] == desk_.now_ts()) {
        return VenueReason::other;
    }
    const bool has_price = desk_.account().mark(spec.instrument).raw != 0;
    return has_price ? VenueReason::none : VenueReason::no_liquidity;
}

void WholeBarVenue::submit(const OrderIntent& intent) {
    ++desk_.counts().orders;
    const VenueReason reason = refusal_of(intent);
    if (reason != VenueReason::none) {
        desk_.report_to(intent.id, intent.spec.instrument, OrderEventKind::rejected, reason);
        return;
    }
    const OrderSlot slot = desk_.add(intent);
    VenueOrder& order = desk_.at(slot);
    const Instrument& instrument = desk_.instrument(order);
    const Price mark = desk_.account().mark(order.spec.instrument);
    ++held_;
    pending_.push_back(slot);
    order.sleeping = order.links.parent && desk_.find(*order.links.parent).has_value();
    order.backtrader.created = mark;
    order.backtrader.session_end = session_from(instrument.calendar, desk_.now_ts()).close;
    if (order.spec.time_in_force == TimeInForce::day) {
        order.expires = order.backtrader.session_end;
    } else if (order.spec.expire_at) {
        order.expires = *order.spec.expire_at;
    }
    if (is_trailing(order.spec.type) && !order.sleeping && mark.raw != 0) {
        start_trail(order, mark, instrument, false);
    }
    desk_.report(OrderEventKind::accepted, order);
    if (order.sleeping || !fills_on_arrival(order.spec)) return;
    const SlippageQuery query{.side = order.spec.side,
                              .reference = mark,
                              .qty = order.spec.qty,
                              .volume = {},
                              .limit = std::nullopt};
    const Price price = slipped(query, desk_.settings().slippage, instrument);
    execute(order, {.fills = true, .price = price, .reference = mark}, desk_.now_ts());
    tidy();
}

void WholeBarVenue::replace(const ReplaceOrder& command) {
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

void WholeBarVenue::cancel(const CancelOrder& command) {
    const auto slot = desk_.find(command.id);
    if (!slot) {
        desk_.report_to(command.id, command.instrument, OrderEventKind::cancel_rejected,
                        VenueReason::unknown_order);
        return;
    }
    drop(desk_.at(*slot), VenueReason::requested);
    tidy();
}

// --- one step
// ----------------------------------------------------------------------------------------

void WholeBarVenue::step(std::span<const BarMeeting> bars) {
    desk_.count_tick();
    entries_.clear();
    winners_.clear();
    for (std::uint32_t turn = 0; turn < rules_.turns; ++turn) take_turn(turn, bars);
    for (const OrderLinks& links : winners_) end_rivals(links);
    tidy();
}

BarLook WholeBarVenue::look_of(const VenueOrder& order, const BarView& bar) const {
    BarLook look{.bar = bar,
                 .instrument = desk_.instrument(order),
                 .settings = desk_.settings(),
                 .reduces = reduces(order.spec.instrument, order.spec.side),
                 .entry = std::nullopt};
    for (const Entry& entry : entries_) {
        if (entry.order == order.links.parent) look.entry = entry.at;
    }
    return look;
}

void WholeBarVenue::take_turn(std::uint32_t turn, std::span<const BarMeeting> bars) {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        VenueOrder& order = desk_.at(pending_[i]);
        if (order.ended || order.sleeping) continue;
        const bool woke_in_this_bar = order.met == desk_.ticks();
        if (woke_in_this_bar && !rules_.children_share_a_bar) continue;
        const BarMeeting* meeting = bar_for(bars, order);
        if (meeting == nullptr) continue;
        if (rules_.turn(order, look_of(order, meeting->bar)) != turn) continue;
        try_order(order, *meeting);
    }
}

void WholeBarVenue::try_order(VenueOrder& order, const BarMeeting& meeting) {
    const BarView& bar = meeting.bar;
    if (bar.close_ts > order.expires) {
        return drop(order, VenueReason::time_in_force, OrderEventKind::expired);
    }
    const Hit hit = rules_.try_order(order, look_of(order, bar));
    if (hit.triggers && !order.triggered) {
        order.triggered = true;
        desk_.report(OrderEventKind::triggered, order);
    }
    if (hit.fills) {
        execute(order, hit, hit.at_open ? bar.open_ts : bar.close_ts);
        const bool came_before_this_bar = order.since.ts >= meeting.before.ns;
        if (came_before_this_bar) entries_.push_back({.order = order.id, .at = hit.price});
    }
    if (order.ended) return;
    const TimeInForce tif = order.spec.time_in_force;
    if (tif == TimeInForce::ioc || tif == TimeInForce::fok) {
        return drop(order, VenueReason::no_liquidity);
    }
    if (bar.close_ts == order.expires) {
        drop(order, VenueReason::time_in_force, OrderEventKind::expired);
    }
}

void WholeBarVenue::execute(VenueOrder& order, const Hit& hit, Timestamp true_at) {
    const InstrumentId instrument = order.spec.instrument;
    Qty qty = order.spec.qty - order.filled;
    if (order.spec.reduce_only) {
        if (!reduces(instrument, order.spec.side)) {
            return drop(order, VenueReason::would_not_reduce);
        }
        qty = std::min(qty, abs(desk_.account().position(instrument)));
    }
    Money fee = desk_.fee(order, hit.price, qty, hit.liquidity);
    if (rules_.pays_the_higher_fee) {
        fee = std::max(desk_.fee(order, hit.price, qty, Liquidity::maker),
                       desk_.fee(order, hit.price, qty, Liquidity::taker));
    }
    const Account::Deal deal{.instrument = instrument,
                             .side = order.spec.side,
                             .price = hit.price,
                             .qty = qty,
                             .fee = fee};
    if (desk_.settings().check_funds && !desk_.account().affords(deal)) {
        ++desk_.counts().denied_for_funds;
        return drop(order, VenueReason::insufficient_funds);
    }
    desk_.execute(order, {.price = hit.price,
                          .qty = qty,
                          .liquidity = hit.liquidity,
                          .fee = fee,
                          .basis = {.reference = hit.reference, .ambiguous = false},
                          .true_at = true_at});
    last_deal_[instrument.value] = desk_.now_ts();
    if (order.filled < order.spec.qty) return drop(order, VenueReason::would_not_reduce);
    filled_.insert(order.id.packed);
    desk_.end(order);
    --held_;
    wake_children(order, hit.price);
    if (rules_.rivals_share_a_bar) {
        winners_.push_back(order.links);
    } else {
        end_rivals(order.links);
    }
}

// --- links
// -------------------------------------------------------------------------------------------

void WholeBarVenue::wake_children(const VenueOrder& parent, Price at) {
    for (const OrderSlot slot : pending_) {
        VenueOrder& child = desk_.at(slot);
        if (child.ended || !child.sleeping || child.links.parent != parent.id) continue;
        child.sleeping = false;
        child.backtrader.created = at;
        desk_.start(child);
        if (is_trailing(child.spec.type)) start_trail(child, at, desk_.instrument(child), false);
    }
}

void WholeBarVenue::end_rivals(const OrderLinks& links) {
    for (const OrderSlot slot : pending_) {
        VenueOrder& other = desk_.at(slot);
        if (!other.ended && is_rival(links, other)) drop(other, VenueReason::contingency);
    }
}

/// The order ends unfilled: so do its rivals, and the children that wait for it.
void WholeBarVenue::drop(VenueOrder& order, VenueReason reason, OrderEventKind kind) {
    desk_.report(kind, order, reason);
    desk_.end(order);
    --held_;
    end_rivals(order.links);
    for (const OrderSlot slot : pending_) {
        VenueOrder& child = desk_.at(slot);
        if (child.ended || !child.sleeping || child.links.parent != order.id) continue;
        drop(child, VenueReason::contingency);
    }
}

void WholeBarVenue::tidy() {
    std::erase_if(pending_, [&](OrderSlot slot) {
        if (!desk_.at(slot).ended) return false;
        desk_.release(slot);
        return true;
    });
}

// --- what is not prices
// ------------------------------------------------------------------------------

void WholeBarVenue::meet(const CorporateAction& action) {
    const auto for_each_order = [&](const auto& visit) {
        for (const OrderSlot slot : pending_) visit(desk_.at(slot));
    };
    take_action(desk_, action, for_each_order,
                [&](VenueOrder& order, VenueReason reason) { drop(order, reason); });
    tidy();
}

void WholeBarVenue::end_of_data() {
    for (const OrderSlot slot : pending_) {
        VenueOrder& order = desk_.at(slot);
        if (order.ended) continue;
        ++desk_.counts().open_at_end;
        desk_.report(OrderEventKind::canceled, order, VenueReason::end_of_data);
        desk_.end(order);
    }
    tidy();
    held_ = 0;
}

}  // namespace tradewind::sim
