// SPDX-License-Identifier: Apache-2.0
#include "sim/nautilus_venue.hpp"

#include <algorithm>

namespace tradewind::sim {
namespace {

bool fills_at_once_or_never(const OrderSpec& spec) {
    return spec.time_in_force == TimeInForce::ioc || spec.time_in_force == TimeInForce::fok;
}

bool is_exclusive(const OrderLinks& links) {
    return links.list &&
           (links.contingency == Contingency::oco || links.contingency == Contingency::ouo);
}

bool is_sibling(const OrderLinks& a, const OrderLinks& b) {
    return is_exclusive(b) && a.list == b.list && a.parent == b.parent;
}

/// Names the siblings of a list: those of a parent carry its list, and are not its siblings.
std::uint64_t key_of(const OrderLinks& links) {
    return links.parent ? ~links.list->packed : links.list->packed;
}

/// Where an order stands among those of its side: at its trigger, and at its limit once that
/// counts. A stop that is being filled stands among them still.
Price sort_key(const VenueOrder& order) {
    const bool at_limit = !order.waits() && order.spec.limit_price;
    return at_limit ? *order.spec.limit_price : order.spec.trigger_price.value_or(Price{});
}

/// Trails lie on the decimals that the tick has, not on the tick.
void round_trail(VenueOrder& order, Price tick) {
    Price unit{1};
    while (unit.raw * 10 <= tick.raw && tick.raw % (unit.raw * 10) == 0) unit.raw *= 10;
    for (std::optional<Price>* price : {&order.spec.trigger_price, &order.spec.limit_price}) {
        if (*price) *price = round_to_tick(**price, unit, TickRounding::nearest);
    }
}

/// A quarter of the volume at every price, what is left of it at the close, at least a lot.
struct PointSizes {
    Qty quarter;
    Qty close;
};
PointSizes sizes_of(Qty volume, Qty lot) {
    const Qty quarter = std::max(Qty{volume.raw / 4 / lot.raw * lot.raw}, lot);
    return {.quarter = quarter, .close = std::max(volume - quarter - quarter - quarter, lot)};
}

}  // namespace

NautilusVenue::NautilusVenue(OrderDesk& desk) : desk_(desk), markets_(desk.table().size()) {}

// --- commands
// ----------------------------------------------------------------------------------------

bool NautilusVenue::waits_for_a_bar(const LatencyModel& latency) const {
    return !latency.is_none() && desk_.now_ts() != last_step_;
}

void NautilusVenue::submit(const OrderIntent& intent) {
    if (waits_for_a_bar(desk_.settings().latencies.insert)) {
        in_flight_.emplace_back(SubmitOrder{.order = intent});
    } else {
        take(SubmitOrder{.order = intent});
    }
}

void NautilusVenue::replace(const ReplaceOrder& command) {
    if (waits_for_a_bar(desk_.settings().latencies.replace)) {
        in_flight_.emplace_back(command);
    } else {
        take(command);
    }
}

void NautilusVenue::cancel(const CancelOrder& command) {
    if (waits_for_a_bar(desk_.settings().latencies.cancel)) {
        in_flight_.emplace_back(command);
    } else {
        take(command);
    }
}

void NautilusVenue::take(const SubmitOrder& command) {
    const OrderIntent& intent = command.order;
    ++desk_.counts().orders;
    VenueReason reason = desk_.fault_of(intent);
    const auto& parent = intent.links.parent;
    const auto parent_slot = parent ? desk_.find(*parent) : std::nullopt;
    const bool sleeps = parent_slot && desk_.at(*parent_slot).filled.raw == 0;
    const bool is_late = is_exclusive(intent.links) && done_lists_.contains(key_of(intent.links));
    const bool is_orphan = parent && !parent_slot && !settled_.contains(parent->packed);
    if (reason == VenueReason::none && is_late && !parent) return take_late(intent);
    if (reason == VenueReason::none && (is_late || is_orphan)) reason = VenueReason::contingency;
    if (reason != VenueReason::none) {
        desk_.report_to(intent.id, intent.spec.instrument, OrderEventKind::rejected, reason);
        return;
    }
    const OrderSlot slot = desk_.add(intent);
    VenueOrder& order = desk_.at(slot);
    order.sleeping = sleeps;
    if (order.spec.expire_at) order.expires = *order.spec.expire_at;
    if (sleeps) {
        sleepers_.push_back(slot);  // it reaches the book, and is acknowledged, with the fill
    } else {
        arrive(slot);
    }
    tidy();
}

/// Its rival filled as it came, a message earlier: there, lists come whole, and it is cancelled
/// with whatever that left of the rival.
void NautilusVenue::take_late(const OrderIntent& intent) {
    desk_.report_to(intent.id, intent.spec.instrument, OrderEventKind::canceled,
                    VenueReason::contingency);
    for (const OrderSlot slot : siblings_of(intent.id, intent.links)) {
        drop_alone(desk_.at(slot), OrderEventKind::canceled, VenueReason::contingency);
    }
    tidy();
}

void NautilusVenue::take(const CancelOrder& command) {
    const auto slot = desk_.find(command.id);
    if (!slot || desk_.at(*slot).sleeping) {  // the matching engine knows it not, or not yet
        desk_.report_to(command.id, command.instrument, OrderEventKind::cancel_rejected,
                        VenueReason::unknown_order);
        return;
    }
    drop(desk_.at(*slot), OrderEventKind::canceled, VenueReason::requested);
    tidy();
}

void NautilusVenue::take(const ReplaceOrder& command) {
    const auto slot = desk_.find(command.id);
    const auto spec = slot ? desk_.changed(desk_.at(*slot), command.change) : std::nullopt;
    const auto refuse = [&](VenueReason reason) {
        desk_.report_to(command.id, command.instrument, OrderEventKind::replace_rejected, reason);
    };
    if (!spec) return refuse(slot ? VenueReason::bad_order : VenueReason::unknown_order);
    VenueOrder& order = desk_.at(*slot);
    const bool rests = has_limit(order.spec.type) && !order.waits();
    const bool takes = !order.sleeping && rests && is_matched(order, *spec->limit_price);
    if (takes && order.spec.post_only) return refuse(VenueReason::would_take);
    if (!order.sleeping && order.waits() && is_reached(order, *spec->trigger_price)) {
        return refuse(VenueReason::bad_order);
    }
    order.spec = *spec;
    desk_.report_terms(OrderEventKind::replaced, order);
    if (takes) fill_as_limit(order, Liquidity::taker);
    tidy();
}

/// `process_order`: what the matching engine says of an order that comes.
VenueReason NautilusVenue::refusal_of(const VenueOrder& order) {
    const OrderSpec& spec = order.spec;
    const Qty closable = desk_.closable(order.id.strategy(), spec);
    const bool on_cash = desk_.settings().account == AccountKind::cash &&
                         desk_.settings().check_funds && !desk_.instrument(order).is_derivative();
    if (on_cash && !order.is_buy() && closable < spec.qty) return VenueReason::insufficient_funds;
    if (only_closes(spec) && closable.raw == 0) return VenueReason::would_not_reduce;
    if (spec.time_in_force == TimeInForce::at_open || spec.time_in_force == TimeInForce::at_close) {
        return VenueReason::bad_order;
    }
    if (spec.type == OrderType::market) {
        return market_of(order).is_known ? VenueReason::none : VenueReason::no_liquidity;
    }
    if (order.waits()) {
        const bool passed = spec.trigger_price && is_reached(order, *spec.trigger_price);
        return passed ? VenueReason::bad_order : VenueReason::none;
    }
    const bool takes = spec.post_only && is_matched(order, *spec.limit_price);
    return takes ? VenueReason::would_take : VenueReason::none;
}

void NautilusVenue::arrive(OrderSlot slot) {
    VenueOrder& order = desk_.at(slot);
    const VenueReason reason = refusal_of(order);
    if (reason != VenueReason::none) return drop(order, OrderEventKind::rejected, reason);
    desk_.start(order);
    desk_.report(OrderEventKind::accepted, order);
    if (order.spec.type == OrderType::market) return fill_as_market(order);
    if (is_trailing(order.spec.type)) {
        const Market& market = market_of(order);
        const auto from = market.is_known ? std::optional{market.core.last} : std::nullopt;
        start_trail(order, from, desk_.instrument(order), false);
        round_trail(order, desk_.instrument(order).tick);
    }
    rest(slot);
    if (order.waits()) return;
    if (is_matched(order, *order.spec.limit_price)) return fill_as_limit(order, Liquidity::taker);
    if (fills_at_once_or_never(order.spec)) {
        drop(order, OrderEventKind::canceled, VenueReason::no_liquidity);
    }
}

/// Orders of a side are tried by price, equal ones as they came. Every order that comes has all of
/// them sorted again by the prices that they have by now.
void NautilusVenue::rest(OrderSlot slot) {
    Market& market = market_of(desk_.at(slot));
    const bool is_buy = desk_.at(slot).is_buy();
    std::vector<OrderSlot>& side = is_buy ? market.buys : market.sells;
    const auto before = [&](OrderSlot a, OrderSlot b) {
        const Price pa = sort_key(desk_.at(a)), pb = sort_key(desk_.at(b));
        return is_buy ? pa > pb : pa < pb;
    };
    side.push_back(slot);
    for (auto it = side.begin(); it != side.end(); ++it) {
        std::rotate(std::upper_bound(side.begin(), it, *it, before), it, it + 1);
    }
}

// --- market data
// -------------------------------------------------------------------------------------

void NautilusVenue::step(std::span<const BarMeeting> bars) {
    last_step_ = desk_.now_ts();
    const BarMeeting* asks = nullptr;
    const BarMeeting* bids = nullptr;
    for (const BarMeeting& meeting : bars) {
        if (meeting.serves == Serves::everyone) sweep(meeting);
        if (meeting.serves == Serves::buyers) asks = &meeting;
        if (meeting.serves == Serves::sellers) bids = &meeting;
    }
    // One side alone is no market.
    if (asks != nullptr && bids != nullptr) sweep(*bids, asks->bar);
    const std::vector<Command> arrived = std::exchange(in_flight_, {});
    for (const Command& command : arrived) {
        if (const auto* order = std::get_if<SubmitOrder>(&command)) take(*order);
        if (const auto* change = std::get_if<ReplaceOrder>(&command)) take(*change);
        if (const auto* end = std::get_if<CancelOrder>(&command)) take(*end);
    }
    tidy();
}

/// `_process_trade_ticks_from_bar`: a price that the one before had already is no event.
void NautilusVenue::sweep(const BarMeeting& meeting) {
    const BarView& bar = meeting.bar;
    Market& market = market_of(meeting.instrument);
    const PointSizes sizes = sizes_of(bar.volume, desk_.table().at(meeting.instrument).lot);
    const auto meet = [&](Price price, Qty size) {
        meet_price(market, {.price = price, .size = size}, {.price = price, .size = size});
        market.core.last = price;
    };
    market.at_market = true;  // a gap since the bar before
    if (!market.is_known || bar.open != market.core.last) meet(bar.open, sizes.quarter);
    market.at_market = false;  // the market moves through the prices between
    if (bar.high > market.core.last) meet(bar.high, sizes.quarter);
    if (bar.low < market.core.last) meet(bar.low, sizes.quarter);
    if (bar.close != market.core.last) meet(bar.close, sizes.close);
    market.at_market = true;
}

/// `_process_quote_ticks_from_bar`: bid and ask bars move together.
void NautilusVenue::sweep(const BarMeeting& bids, const BarView& ask) {
    const BarView& bid = bids.bar;
    Market& market = market_of(bids.instrument);
    const Qty lot = desk_.table().at(bids.instrument).lot;
    const PointSizes of_bid = sizes_of(bid.volume, lot), of_ask = sizes_of(ask.volume, lot);
    const auto meet = [&](Price b, Price a) {
        meet_price(market, {.price = b, .size = of_bid.quarter},
                   {.price = a, .size = of_ask.quarter});
        market.core.last = b;  // trails have nothing else to follow
    };
    market.at_market = true;
    meet(bid.open, ask.open);
    market.at_market = false;
    meet(bid.high, ask.high);
    meet(bid.low, ask.low);
    meet_price(market, {.price = bid.close, .size = of_bid.close},
               {.price = ask.close, .size = of_ask.close});
    market.core.last = bid.close;
    market.at_market = true;
}

void NautilusVenue::meet_price(Market& market, Best bid, Best ask) {
    if (!market.is_known) market.core.last = bid.price;
    market.is_known = true;
    market.bid = bid;
    market.ask = ask;
    market.core.bid = bid.price;
    market.core.ask = ask.price;
    pass(market);
}

/// `iterate`: every order is matched; then the times and trails of those that are left.
void NautilusVenue::pass(Market& market) {
    const auto held = [&] {
        std::vector<OrderSlot> all = market.buys;
        all.insert(all.end(), market.sells.begin(), market.sells.end());
        return all;
    };
    for (const OrderSlot slot : held()) {
        if (!desk_.at(slot).ended) match(desk_.at(slot));
    }
    for (const OrderSlot slot : held()) {
        VenueOrder& order = desk_.at(slot);
        if (order.ended) continue;
        if (order.expires <= desk_.now_ts()) {
            drop(order, OrderEventKind::expired, VenueReason::time_in_force);
            continue;
        }
        if (is_trailing(order.spec.type)) follow(order, market);
        if (market.before_move) market.core = *market.before_move;
        market.before_move.reset();
    }
    market.before_move.reset();
}

/// A trail follows the last price, which is that of the point before; the limit of a stop that was
/// set off goes on trailing.
void NautilusVenue::follow(VenueOrder& order, const Market& market) {
    const Instrument& instrument = desk_.instrument(order);
    VenueOrder moved = order;
    trail(moved, market.core.last, instrument, false);
    round_trail(moved, instrument.tick);
    if (!order.triggered) {
        order.spec = moved.spec;
    } else if (better(order.spec.side, *moved.spec.limit_price, *order.spec.limit_price)) {
        order.spec.limit_price = moved.spec.limit_price;
    }
}

bool NautilusVenue::is_matched(const VenueOrder& order, Price limit) {
    const Market& market = market_of(order);
    if (!market.is_known) return false;
    return at_or_better(order.spec.side, order.is_buy() ? market.core.ask : market.core.bid, limit);
}

bool NautilusVenue::is_reached(const VenueOrder& order, Price trigger) {
    const Market& market = market_of(order);
    if (!market.is_known) return false;
    const Price opposite = order.is_buy() ? market.core.ask : market.core.bid;
    return is_stop(order.spec.type) ? at_or_better(order.spec.side, trigger, opposite)
                                    : at_or_better(order.spec.side, opposite, trigger);
}

void NautilusVenue::match(VenueOrder& order) {
    if (order.waits()) {
        const auto& trigger = order.spec.trigger_price;
        if (trigger && is_reached(order, *trigger)) set_off(order);
    } else if (is_matched(order, *order.spec.limit_price)) {
        fill_as_limit(order, Liquidity::maker);
    }
}

void NautilusVenue::set_off(VenueOrder& order) {
    order.triggered = true;
    desk_.report(OrderEventKind::triggered, order);
    if (!has_limit(order.spec.type)) return fill_as_market(order);
    const Side side = order.spec.side;
    const Price limit = *order.spec.limit_price;
    if (!is_matched(order, limit)) return;
    // A touch order's limit beyond its trigger was passed on the way.
    const Market& market = market_of(order);
    const Price opposite = order.is_buy() ? market.core.ask : market.core.bid;
    if (better(side, limit, *order.spec.trigger_price) && better(side, opposite, limit)) {
        return fill_as_limit(order, Liquidity::maker);
    }
    if (order.spec.post_only) {
        return drop(order, OrderEventKind::canceled, VenueReason::would_take);
    }
    fill_as_limit(order, Liquidity::taker);
}

// --- fills
// -------------------------------------------------------------------------------------------

void NautilusVenue::fill_as_market(VenueOrder& order) {
    const Market& market = market_of(order);
    const Best& opposite = order.is_buy() ? market.ask : market.bid;
    const bool at_trigger = order.triggered && !market.at_market;
    const Price price = at_trigger ? *order.spec.trigger_price : opposite.price;
    apply(order, price, opposite.size, Liquidity::taker);
}

/// `determine_limit_price_and_volume`: a resting order fills at its limit wherever the market is;
/// an order that its trigger set free at that trigger.
void NautilusVenue::fill_as_limit(VenueOrder& order, Liquidity liquidity) {
    const Market& market = market_of(order);
    const Side side = order.spec.side;
    const Best opposite = order.is_buy() ? market.ask : market.bid;
    const Price limit = *order.spec.limit_price;
    if (!at_or_better(side, opposite.price, limit)) return;  // the core was moved, the book was not
    const Price trigger = order.triggered ? *order.spec.trigger_price : limit;
    const Price best = better(side, trigger, limit) ? trigger : limit;
    Price price = opposite.price;
    if (liquidity == Liquidity::taker && order.triggered && better(side, trigger, limit)) {
        price = trigger;
        move_core(order, limit);
    } else if (liquidity == Liquidity::maker && better(side, opposite.price, best)) {
        price = best;
        move_core(order, best);
    }
    apply(order, price, opposite.size, liquidity);
}

void NautilusVenue::move_core(const VenueOrder& order, Price to) {
    Market& market = market_of(order);
    market.before_move = market.core;
    (order.is_buy() ? market.core.ask : market.core.bid) = to;
    market.core.last = to;
}

void NautilusVenue::apply(VenueOrder& order, Price price, Qty size, Liquidity liquidity) {
    const auto leaves = [&] { return order.spec.qty - order.filled; };
    if (order.spec.time_in_force == TimeInForce::fok && leaves() > size) {
        return drop(order, OrderEventKind::canceled, VenueReason::no_liquidity);
    }
    execute(order, price, std::min(size, leaves()), liquidity);
    if (order.ended) return;
    if (order.spec.time_in_force == TimeInForce::ioc) {
        return drop(order, OrderEventKind::canceled, VenueReason::no_liquidity);
    }
    // The size on display is used up: the rest a tick worse, ...
    const PriceDelta tick{desk_.instrument(order).tick.raw};
    const Price next = order.is_buy() ? price + tick : price - tick;
    if (!has_limit(order.spec.type)) return execute(order, next, leaves(), liquidity);
    // ... of a limit nothing where the market only touched it, and all of it where it went through.
    const Market& market = market_of(order);
    const Price limit = *order.spec.limit_price;
    const Price opposite = order.is_buy() ? market.core.ask : market.core.bid;
    if (!market.before_move && limit == opposite) return;
    execute(order, liquidity == Liquidity::maker ? limit : next, leaves(), liquidity);
}

void NautilusVenue::execute(VenueOrder& order, Price reference, Qty qty, Liquidity liquidity) {
    const Instrument& instrument = desk_.instrument(order);
    if (only_closes(order.spec)) {
        const Qty closable = desk_.closable(order.id.strategy(), order.spec);
        if (closable.raw == 0) {
            return drop(order, OrderEventKind::canceled, VenueReason::would_not_reduce);
        }
        qty = std::min(qty, closable);
        if (qty == closable && order.filled + qty < order.spec.qty) {
            order.spec.qty = order.filled + qty;  // nothing is left to close after this
            desk_.report_terms(OrderEventKind::replaced, order);
        }
    }
    Price price = reference;
    if (!has_limit(order.spec.type)) {
        const SlippageQuery query{.side = order.spec.side,
                                  .reference = reference,
                                  .qty = qty,
                                  .volume = {},
                                  .limit = std::nullopt};
        price = slipped(query, desk_.settings().slippage, instrument);
    }
    const Money fee = desk_.fee(order, price, qty, liquidity);
    const Account::Deal deal{.instrument = order.spec.instrument,
                             .side = order.spec.side,
                             .price = price,
                             .qty = qty,
                             .fee = fee,
                             .fee_currency = {},
                             .strategy = order.id.strategy(),
                             .leg = order.spec.leg};
    if (desk_.settings().check_funds && !desk_.account().affords(deal)) {
        ++desk_.counts().denied_for_funds;
        return drop(order, OrderEventKind::canceled, VenueReason::insufficient_funds);
    }
    desk_.execute(order, {.price = price,
                          .qty = qty,
                          .liquidity = liquidity,
                          .fee = fee,
                          .basis = {.reference = reference, .ambiguous = false},
                          .true_at = desk_.now_ts()});
    after_fill(order);
}

// --- links
// -------------------------------------------------------------------------------------------

void NautilusVenue::after_fill(VenueOrder& order) {
    const bool done = order.filled == order.spec.qty;
    if (done) {
        settled_.insert(order.id.packed);
        finish(order);
    }
    wake_children(order);
    if (!is_exclusive(order.links)) return;
    if (done || order.links.contingency == Contingency::oco) return end_siblings(order);
    for (const OrderSlot slot : siblings_of(order.id, order.links)) {
        VenueOrder& other = desk_.at(slot);
        other.spec.qty = other.filled + (order.spec.qty - order.filled);
        desk_.report_terms(OrderEventKind::replaced, other);
    }
}

void NautilusVenue::wake_children(const VenueOrder& parent) {
    const std::vector<OrderSlot> sleepers = sleepers_;
    for (const OrderSlot slot : sleepers) {
        VenueOrder& child = desk_.at(slot);
        if (child.ended || !child.sleeping || child.links.parent != parent.id) continue;
        child.sleeping = false;
        const bool is_late = is_exclusive(child.links) && done_lists_.contains(key_of(child.links));
        if (is_late) {
            drop(child, OrderEventKind::rejected, VenueReason::contingency);
        } else {
            arrive(slot);
        }
    }
}

std::vector<OrderSlot> NautilusVenue::siblings_of(OrderId id, const OrderLinks& links) {
    std::vector<OrderSlot> out;
    for_each_held([&](VenueOrder& other) {
        if (other.ended || other.id == id || !is_sibling(links, other.links)) return;
        out.push_back(*desk_.find(other.id));
    });
    std::sort(out.begin(), out.end(), [&](OrderSlot a, OrderSlot b) {
        return desk_.at(a).id.packed < desk_.at(b).id.packed;
    });
    return out;
}

/// The first sibling is cancelled, and with it all of its own: what is left of the one that filled,
/// too.
void NautilusVenue::end_siblings(VenueOrder& filled) {
    done_lists_.insert(key_of(filled.links));
    const auto siblings = siblings_of(filled.id, filled.links);
    if (!siblings.empty()) {
        drop(desk_.at(siblings.front()), OrderEventKind::canceled, VenueReason::contingency);
    }
}

void NautilusVenue::finish(VenueOrder& order) {
    gone_.push_back(*desk_.find(order.id));
    desk_.end(order);
}

/// The order ends unfilled; its siblings end with it, except that a rejected one leaves those that
/// already work alone, and its children on their own.
void NautilusVenue::drop(VenueOrder& order, OrderEventKind kind, VenueReason reason) {
    drop_alone(order, kind, reason);
    if (kind == OrderEventKind::rejected) settled_.insert(order.id.packed);
    if (!is_exclusive(order.links)) return;
    done_lists_.insert(key_of(order.links));
    if (kind == OrderEventKind::rejected) return;
    for (const OrderSlot slot : siblings_of(order.id, order.links)) {
        drop_alone(desk_.at(slot), OrderEventKind::canceled, VenueReason::contingency);
    }
}

/// With the children that wait for it.
void NautilusVenue::drop_alone(VenueOrder& order, OrderEventKind kind, VenueReason reason) {
    desk_.report(kind, order, reason);
    finish(order);
    for (const OrderSlot slot : sleepers_) {
        VenueOrder& child = desk_.at(slot);
        if (child.ended || !child.sleeping || child.links.parent != order.id) continue;
        desk_.report(OrderEventKind::canceled, child, VenueReason::contingency);
        finish(child);
    }
}

template <typename Visit>
void NautilusVenue::for_each_held(const Visit& visit) {
    for (Market& market : markets_) {
        for (const OrderSlot slot : market.buys) visit(desk_.at(slot));
        for (const OrderSlot slot : market.sells) visit(desk_.at(slot));
    }
    for (const OrderSlot slot : sleepers_) {
        if (desk_.at(slot).sleeping) visit(desk_.at(slot));
    }
}

/// Gives the slots of ended orders back, once nobody walks over them.
void NautilusVenue::tidy() {
    if (gone_.empty()) return;
    const auto has_ended = [&](OrderSlot slot) { return desk_.at(slot).ended; };
    for (const OrderSlot slot : gone_) {
        Market& market = market_of(desk_.at(slot));
        std::erase_if(desk_.at(slot).is_buy() ? market.buys : market.sells, has_ended);
    }
    std::erase_if(sleepers_,
                  [&](OrderSlot slot) { return desk_.at(slot).ended || !desk_.at(slot).sleeping; });
    for (const OrderSlot slot : gone_) desk_.release(slot);
    gone_.clear();
}

// --- what is not prices
// ------------------------------------------------------------------------------

void NautilusVenue::meet(const CorporateAction& action) {
    take_action(
        desk_, action, [&](const auto& visit) { for_each_held(visit); },
        [&](VenueOrder& order, VenueReason reason) {
            drop(order, OrderEventKind::canceled, reason);
        });
    tidy();
}

void NautilusVenue::end_of_data() {
    for_each_held([&](VenueOrder& order) {
        if (order.ended) return;
        ++desk_.counts().open_at_end;
        desk_.report(OrderEventKind::canceled, order, VenueReason::end_of_data);
        finish(order);
    });
    tidy();
}

}  // namespace tradewind::sim
