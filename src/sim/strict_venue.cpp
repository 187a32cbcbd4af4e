// SPDX-License-Identifier: Apache-2.0
#include "sim/strict_venue.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "domain/calendar.hpp"

namespace tradewind::sim {
namespace {

Qty whole_lots(base::Int128 raw, Qty lot) {
    const base::Int128 kept = raw - raw % lot.raw;
    return {static_cast<std::int64_t>(kept)};
}

bool serves(Serves who, const VenueOrder& order) {
    switch (who) {
        case Serves::nobody: return false;
        case Serves::everyone: return true;
        case Serves::buyers: return order.is_buy();
        case Serves::sellers: return !order.is_buy();
    }
    __builtin_unreachable();
}

bool is_at_once(TimeInForce tif) { return tif == TimeInForce::ioc || tif == TimeInForce::fok; }

bool excludes_rivals(const OrderLinks& links) {
    return links.contingency == Contingency::oco || links.contingency == Contingency::ouo;
}

bool are_siblings(const VenueOrder& a, const VenueOrder& b) {
    return a.id != b.id && a.links.list && a.links.list == b.links.list &&
           a.links.parent == b.links.parent && excludes_rivals(b.links);
}

bool closes_session(const BarMeeting& meeting, CalendarKind calendar) {
    return session_from(calendar, meeting.bar.open_ts).close == meeting.bar.close_ts;
}

/// Who meets a bar's inside when.
enum class Turn : std::uint8_t { stops, others, late_stops };

/// It leaves at a gain: a limit, or a trigger on the far side.
bool is_target(const VenueOrder& order) {
    return order.waits() ? is_if_touched(order.spec.type) : has_limit(order.spec.type);
}

/// Where a target leaves.
Price price_of(const VenueOrder& target) {
    return target.waits() ? *target.spec.trigger_price : *target.spec.limit_price;
}

std::uint64_t distance(Price a, Price b) {
    const std::uint64_t x = static_cast<std::uint64_t>(a.raw),
                        y = static_cast<std::uint64_t>(b.raw);
    return a > b ? x - y : y - x;
}

/// How much of a bar an order meets between its open and its close.
enum class Part : std::uint8_t { nothing, close, inside_after_open, inside };

Part part_of(const VenueOrder& order, const BarMeeting& meeting) {
    const Timestamp since{order.since.ts};
    if (since >= meeting.ends) return Part::nothing;
    if (order.since < meeting.opens) return Part::inside;
    const bool came_inside = since > meeting.bar.open_ts;
    // What wants to be filled at once or not at all has missed the open: it meets the next price
    // known.
    if (came_inside || is_at_once(order.spec.time_in_force)) return Part::close;
    return Part::inside_after_open;
}

}  // namespace

Qty share_of(Qty volume, Rate share, Qty lot) {
    return whole_lots(base::Int128{volume.raw} * share.raw / base::kDecimalOne, lot);
}

StrictVenue::StrictVenue(OrderDesk& desk, const FillRules& rules)
    : desk_(desk), rules_(rules), liquidator_(desk), markets_(desk.table().size()) {
    watch_bands();
    open_auctions();
}

void StrictVenue::declare(InstrumentId instrument, bool has_quotes) {
    markets_[instrument.value].has_quotes = has_quotes;
}

// --- commands
// ----------------------------------------------------------------------------------------

VenueReason StrictVenue::refusal_of(const OrderIntent& intent) {
    const VenueReason fault = desk_.fault_of(intent);
    if (fault != VenueReason::none) return fault;
    const OrderSpec& spec = intent.spec;
    if (markets_[spec.instrument.value].delisted) return VenueReason::delisted;
    if (refuses_orders(markets_[spec.instrument.value])) return VenueReason::market_closed;
    if (comes_too_late(spec)) return VenueReason::market_closed;
    if (is_beyond_band(spec)) {
        ++desk_.counts().beyond_limits;
        return VenueReason::price_limit;
    }
    if (intent.links.parent) {
        return desk_.find(*intent.links.parent) ? VenueReason::none : VenueReason::contingency;
    }
    if (only_closes(spec) && desk_.closable(intent.id.strategy(), spec).raw == 0) {
        return VenueReason::would_not_reduce;
    }
    if (spec.post_only && would_take(spec)) return VenueReason::would_take;
    if (!has_to_sell(intent)) {
        ++desk_.counts().denied_for_funds;
        return VenueReason::insufficient_funds;
    }
    return VenueReason::none;
}

/// Known before the next quote only where there are quotes.
bool StrictVenue::would_take(const OrderSpec& spec) {
    const Market& market = markets_[spec.instrument.value];
    if (market.book) {
        if (!market.book->is_ready() || has_trigger(spec.type) || !spec.limit_price) return false;
        const auto taking = market.book->begin_taking(spec.side, desk_.now_ts());
        return market.book->offer(taking, spec.limit_price).has_value();
    }
    if (!market.has_quotes || has_trigger(spec.type) || !spec.limit_price) return false;
    // The marks: while nothing worked here, quotes did not pass through the venue.
    const Price opposite =
        spec.side == Side::buy ? market.ask_mark : desk_.account().mark(spec.instrument);
    return opposite.raw != 0 && at_or_better(spec.side, opposite, *spec.limit_price);
}

/// A cash account sells what it has, or what orders at work will have bought.
bool StrictVenue::has_to_sell(const OrderIntent& intent) {
    const OrderSpec& spec = intent.spec;
    const Instrument& of = desk_.table().at(spec.instrument);
    const bool may_sell_short = desk_.settings().account == AccountKind::margin ||
                                of.is_derivative() || !desk_.settings().check_funds;
    if (spec.side == Side::buy || may_sell_short) return true;
    base::Int128 held = desk_.account().position(spec.instrument).raw;
    for_each_working(markets_[spec.instrument.value], [&](const VenueOrder& order) {
        if (order.is_buy()) held += order.leaves().raw;
    });
    if (of.base.known()) held += desk_.account().cash(of.base).raw / base::kDecimalOne;
    return held >= spec.qty.raw;
}

void StrictVenue::submit(const OrderIntent& intent) {
    ++desk_.counts().orders;
    if (const VenueReason reason = refusal_of(intent); reason != VenueReason::none) {
        desk_.report_to(intent.id, intent.spec.instrument, OrderEventKind::rejected, reason);
        return;
    }
    const OrderSlot slot = desk_.add(intent);
    VenueOrder& order = desk_.at(slot);
    Market& market = market_of(order);
    tidy(market);
    market.live.push_back(slot);
    desk_.report(OrderEventKind::accepted, order);
    schedule_expiry(order, slot);
    if (order.links.list || order.links.parent) {
        std::erase_if(linked_, [&](const Linked& l) {
            return desk_.at(l.slot).id != l.id || desk_.at(l.slot).ended;
        });
        linked_.push_back({.slot = slot, .id = order.id});
    }
    if (!order.links.parent) {
        start_working(order, last_price(order));
        if (market.halted && is_at_once(order.spec.time_in_force)) {
            return cancel_order(order, VenueReason::no_liquidity);
        }
        return arrive_at_book(order);
    }
    const VenueOrder& parent = desk_.at(*desk_.find(*order.links.parent));
    order.awake = parent.filled;
    order.sleeping = parent.filled.raw == 0;
    if (order.sleeping) return;
    start_working(order, last_price(order));
    arrive_at_book(order);
}

std::optional<Price> StrictVenue::last_price(const VenueOrder& order) {
    const Price ask = market_of(order).ask_mark;
    const Price mark = desk_.account().mark(order.spec.instrument);
    const Price last = order.is_buy() && ask.raw != 0 ? ask : mark;
    return last.raw == 0 ? std::nullopt : std::optional{last};
}

void StrictVenue::schedule_expiry(VenueOrder& order, OrderSlot slot) {
    const CalendarKind calendar = desk_.instrument(order).calendar;
    switch (order.spec.time_in_force) {
        case TimeInForce::gtc:
        case TimeInForce::ioc:
        case TimeInForce::fok: return;
        case TimeInForce::at_open:
        case TimeInForce::at_close: assign_auction(order); break;
        case TimeInForce::day: order.expires = session_from(calendar, desk_.now_ts()).close; break;
        case TimeInForce::gtd: order.expires = *order.spec.expire_at; break;
    }
    if (expiries_.size() >= expiries_kept_) {
        // Most belong to orders that ended long before their time.
        std::erase_if(expiries_, [&](const Expiry& e) {
            return desk_.at(e.slot).id != e.id || desk_.at(e.slot).ended;
        });
        std::make_heap(expiries_.begin(), expiries_.end(), std::greater<>{});
        expiries_kept_ = std::max(kExpiriesKept, 2 * expiries_.size());
    }
    expiries_.push_back(
        {.at = order.expires, .number = ++scheduled_, .slot = slot, .id = order.id});
    std::push_heap(expiries_.begin(), expiries_.end(), std::greater<>{});
}

void StrictVenue::start_working(VenueOrder& order, std::optional<Price> market) {
    desk_.start(order);
    order.sleeping = false;
    if (is_trailing(order.spec.type)) start_trail(order, market, desk_.instrument(order), true);
    Market& at = market_of(order);
    ++at.working;
    at.calm = {};
    refresh(at);
    woken_.push_back(order.spec.instrument);
}

void StrictVenue::replace(const ReplaceOrder& command) {
    const auto slot = desk_.find(command.id);
    const auto refuse = [&](VenueReason reason) {
        desk_.report_to(command.id, command.instrument, OrderEventKind::replace_rejected, reason);
    };
    if (!slot) return refuse(VenueReason::unknown_order);
    VenueOrder& order = desk_.at(*slot);
    if (refuses_orders(market_of(order)) ||
        is_past_cutoff(order.spec.time_in_force, order.auction)) {
        return refuse(VenueReason::market_closed);
    }
    const auto spec = desk_.changed(order, command.change);
    if (!spec) return refuse(VenueReason::bad_order);
    const bool moves = spec->limit_price != order.spec.limit_price ||
                       spec->trigger_price != order.spec.trigger_price;
    if (moves && is_beyond_band(*spec)) {
        ++desk_.counts().beyond_limits;
        return refuse(VenueReason::price_limit);
    }
    if (moves && spec->post_only && would_take(*spec)) return refuse(VenueReason::would_take);
    const OrderSpec before = order.spec;
    order.spec = *spec;
    market_of(order).calm = {};
    if (moves && !order.sleeping) {
        // At another price it is as good as new: it meets what comes later, and may take there.
        desk_.start(order);
        order.met_market = false;
        woken_.push_back(order.spec.instrument);
    }
    desk_.report_terms(OrderEventKind::replaced, order);
    move_in_book(order, before);
}

void StrictVenue::cancel(const CancelOrder& command) {
    const auto slot = desk_.find(command.id);
    const auto refuse = [&](VenueReason reason) {
        desk_.report_to(command.id, command.instrument, OrderEventKind::cancel_rejected, reason);
    };
    if (!slot) return refuse(VenueReason::unknown_order);
    VenueOrder& order = desk_.at(*slot);
    if (is_past_cutoff(order.spec.time_in_force, order.auction)) {
        return refuse(VenueReason::market_closed);
    }
    cancel_order(order, VenueReason::requested);
}

// --- bars
// --------------------------------------------------------------------------------------------

StrictVenue::Supply StrictVenue::budget(Market& market, const BarMeeting& meeting) {
    if (!meeting.capped) return {};
    if (market.budget_of != meeting.opens) {
        market.budget_of = meeting.opens;
        market.left = share_of(meeting.bar.volume, desk_.settings().participation,
                               desk_.table().at(meeting.instrument).lot);
        market.used = {};
    }
    return {
        .limited = true, .left = market.left, .used = market.used, .volume = meeting.bar.volume};
}

void StrictVenue::keep(Market& market, const Supply& supply) {
    market.left = supply.left;
    market.used = supply.used;
}

void StrictVenue::meet_open(const BarMeeting& meeting) {
    Market& market = markets_[meeting.instrument.value];
    if (market.halted) market.open_missed = meeting.opens;
    if (market.halted || meeting.halted) return;
    hold_band(market, meeting.bar.open_ts);
    if (market.watched) [[unlikely]]
        liquidate_at_open(meeting);
    Supply supply = budget(market, meeting);
    for_each_working(market, [&](VenueOrder& order) {
        if (!serves(meeting.serves, order) || !(order.since < meeting.opens)) return;
        const bool for_open = order.spec.time_in_force == TimeInForce::at_open;
        if (order.spec.time_in_force == TimeInForce::at_close) return;
        if (waits_for_print(market, order)) return;
        if (for_open && meeting.bar.close_ts <= order.auction) return;
        meet_price(order, meeting.bar.open, supply);
        if (for_open && !order.ended) {
            cancel_order(order, VenueReason::time_in_force, OrderEventKind::expired);
        }
    });
    keep(market, supply);
    tidy(market);
}

void StrictVenue::meet_close(const BarMeeting& meeting) {
    Market& market = markets_[meeting.instrument.value];
    const bool halts =
        market.halted_since < meeting.bar.close_ts && market.halted_until >= meeting.bar.close_ts;
    if (meeting.halted || (halts && market.halted_since <= meeting.bar.open_ts)) {
        if (market.working > 0) ++desk_.counts().halted_bars;
        return;
    }
    if (!halts) [[likely]]
        return meet_rest(market, meeting);
    // What it tells happened before the halt.
    BarMeeting until_halt = meeting;
    until_halt.ends = market.halted_since;
    meet_rest(market, until_halt);
}

void StrictVenue::meet_rest(Market& market, const BarMeeting& meeting) {
    hold_band(market, meeting.bar.open_ts);
    Supply supply = budget(market, meeting);
    desk_.count_tick();
    woken_inside_.clear();
    market.turned_at.reset();
    is_inside_ = true;
    // Stops before everything else: of a stop and a target in one bar, the stop came first. Those
    // whose target is said to have come before follow it.
    for (const Turn turn : {Turn::stops, Turn::others, Turn::late_stops}) {
        if (turn == Turn::late_stops && !is_lenient()) break;
        for_each_working(market, [&](VenueOrder& order) {
            const bool is_waiting_stop = order.waits() && is_stop(order.spec.type);
            if (order.met == desk_.ticks()) return;  // set free, or woken, by this very bar
            if (is_waiting_stop == (turn == Turn::others)) return;
            if (!serves(meeting.serves, order) || is_for_auction(order.spec.time_in_force)) return;
            if (turn == Turn::stops && target_comes_first(order, meeting)) return;
            meet_inside(order, meeting, supply);
        });
        // On its way to the liquidation the price passes our stops; what lies the other way comes
        // too late, unless we are lenient.
        if (market.watched && (!is_lenient() || turn == Turn::late_stops)) [[unlikely]]
            liquidate_inside(meeting, turn != Turn::stops);
    }
    meet_woken(meeting, supply);
    if (market.watched) [[unlikely]]
        liquidate_inside(meeting, true);
    is_inside_ = false;
    (meeting.serves == Serves::buyers ? market.ask_mark
                                      : desk_.account().mark(meeting.instrument)) =
        meeting.bar.close;
    for_each_working(market, [&](VenueOrder& order) {
        if (order.spec.time_in_force != TimeInForce::at_close) return;
        if (!serves(meeting.serves, order) || part_of(order, meeting) == Part::nothing) return;
        if (meeting.ends < meeting.bar.close_ts || waits_for_print(market, order)) return;
        if (!closes_session(meeting, desk_.instrument(order).calendar)) return;
        meet_price(order, meeting.bar.close, supply);
    });
    if (market.band && meeting.serves != Serves::buyers) {
        market.band->saw(meeting.bar.close, meeting.bar.close_ts - nanoseconds(1));
    }
    liquidator_.look(meeting.instrument);
    keep(market, supply);
    tidy(market);
    calm_down(market);
}

/// Where every order waits for a price and has met the market, bars between these prices are
/// nothing to them.
void StrictVenue::calm_down(Market& market) {
    Calm calm{.low = {INT64_MIN}, .high = {INT64_MAX}};
    bool is_calm = !market.watched && !market.band;
    for_each_working(market, [&](const VenueOrder& order) {
        const bool waits = order.waits() && !is_trailing(order.spec.type);
        const bool rests = !order.waits() && has_limit(order.spec.type) && order.met_market;
        is_calm &= (waits || rests) && !is_for_auction(order.spec.time_in_force);
        if (!is_calm) return;
        const Price price = waits ? *order.spec.trigger_price : *order.spec.limit_price;
        const bool from_below = order.is_buy() != (waits && is_stop(order.spec.type));
        if (from_below) {
            calm.low = std::max(calm.low, price);
        } else {
            calm.high = std::min(calm.high, price);
        }
    });
    market.calm = is_calm ? calm : Calm{};
}

/// One price that is all that is known.
void StrictVenue::meet_price(VenueOrder& order, Price price, Supply& supply) {
    Hit hit = rules_.at_price(order, price);
    hit.at_close = true;
    follow(order, hit, price);
    act(order, hit, supply);
    if (!order.ended && !order.waits()) order.met_market = true;
}

/// Moves a trailing stop that the market has not set off, or that it set off only after moving it.
void StrictVenue::follow(VenueOrder& order, const Hit& hit, Price market) {
    if (!is_trailing(order.spec.type) || !order.waits()) return;
    if (!hit.triggers || hit.ambiguous) trail(order, market, desk_.instrument(order), true);
}

Hit StrictVenue::look_inside(const VenueOrder& order, const BarMeeting& meeting) const {
    const Instrument& instrument = desk_.instrument(order);
    switch (part_of(order, meeting)) {
        case Part::nothing: return {};
        case Part::close: {
            Hit hit = rules_.at_price(order, meeting.bar.close);
            hit.at_close = true;
            return hit;
        }
        case Part::inside_after_open:
            return rules_.inside(order, meeting.bar, Presence::since_open, instrument);
        case Part::inside:
            if (missed_the_open(order, meeting)) {
                Hit hit = rules_.at_price(order, meeting.bar.close);
                hit.at_close = true;
                return hit;
            }
            return rules_.inside(order, meeting.bar, Presence::since_before, instrument);
    }
    __builtin_unreachable();
}

void StrictVenue::meet_inside(VenueOrder& order, const BarMeeting& meeting, Supply& supply) {
    const Part part = part_of(order, meeting);
    if (part == Part::nothing) return;
    order.met = desk_.ticks();
    Hit hit = look_inside(order, meeting);
    const bool only_close = part == Part::close;
    follow(
        order, hit,
        only_close ? meeting.bar.close : trail_anchor(order, meeting.bar, Presence::since_before));
    const bool hits = hit.fills || hit.triggers;
    if (hits && !hit.at_close && rival_in_range(order, meeting) != nullptr) hit.ambiguous = true;
    act(order, hit, supply);
    if (!order.ended && !order.waits()) order.met_market = true;
}

/// Children of what filled inside the bar: their stops count, their targets do not, unless we are
/// lenient.
void StrictVenue::meet_woken(const BarMeeting& meeting, Supply& supply) {
    const auto for_each_woken = [&](const auto& visit) {
        for (std::size_t i = 0; i < woken_inside_.size(); ++i) {
            const WokenInside woken = woken_inside_[i];
            const VenueOrder& order = desk_.at(woken.slot);
            if (order.ended || order.waits() != has_trigger(order.spec.type)) continue;
            if (!serves(meeting.serves, order) || is_for_auction(order.spec.time_in_force))
                continue;
            visit(woken, is_target(order));
        }
    };
    if (is_lenient()) {
        for_each_woken([&](const WokenInside& woken, bool is_target) {
            if (is_target) meet_woken_target(woken, meeting, supply);
        });
    }
    for_each_woken([&](const WokenInside& woken, bool is_target) {
        if (!is_target) meet_woken_stop(woken, meeting, supply);
    });
    woken_inside_.clear();
}

void StrictVenue::meet_woken_stop(const WokenInside& woken, const BarMeeting& meeting,
                                  Supply& supply) {
    VenueOrder& order = desk_.at(woken.slot);
    Hit hit = rules_.inside(order, meeting.bar, Presence::since_inside, desk_.instrument(order));
    follow(order, hit, trail_anchor(order, meeting.bar, Presence::since_inside));
    if (!hit.fills && !hit.triggers) return;
    // The entry filled as the price went toward the stop: it passed the one before the other.
    const bool is_plain = order.spec.trigger_price && !is_trailing(order.spec.type);
    const bool passed = woken.on_the_way && order.spec.trigger_price &&
                        better(order.spec.side, woken.at, *order.spec.trigger_price);
    // Or the bar closed beyond the stop, where the entry was on its near side.
    const bool ended_beyond =
        is_plain && at_or_better(order.spec.side, *order.spec.trigger_price, meeting.bar.close);
    if (is_lenient() && is_plain && !passed && !ended_beyond && falls_well(order, meeting, {})) {
        return;
    }
    if (order.waits() && !passed) hit.ambiguous = true;
    act(order, hit, supply);
    if (!order.ended && !order.waits()) order.met_market = true;
}

/// A target after an entry inside the bar. An entry by a stop was on the way to it, one by a limit
/// came from its side; a stop between may have come before it.
void StrictVenue::meet_woken_target(const WokenInside& woken, const BarMeeting& meeting,
                                    Supply& supply) {
    VenueOrder& order = desk_.at(woken.slot);
    Hit hit = rules_.inside(order, meeting.bar, Presence::since_before, desk_.instrument(order));
    if (!hit.fills && !hit.triggers) return;
    if (woken.on_the_way && !falls_well(order, meeting, {})) return;
    const VenueOrder* rival = rival_in_range(order, meeting);
    if (rival != nullptr && rival->spec.trigger_price) {
        const Chances chances{.good = distance(woken.at, *rival->spec.trigger_price),
                              .bad = distance(woken.at, price_of(order))};
        if (!falls_well(order, meeting, chances)) return;
    }
    hit.ambiguous = true;
    act(order, hit, supply);
    if (!order.ended && !order.waits()) order.met_market = true;
}

bool StrictVenue::is_lenient() const {
    return desk_.settings().ambiguity.kind != Ambiguity::pessimistic;
}

/// Dice of its own for every order and bar, so that no throw hangs on another.
bool StrictVenue::falls_well(const VenueOrder& order, const BarMeeting& meeting,
                             const Chances& chances) const {
    const AmbiguityModel& model = desk_.settings().ambiguity;
    if (model.kind == Ambiguity::optimistic) return true;
    const std::array words{model.seed, order.id.packed,
                           static_cast<std::uint64_t>(meeting.bar.close_ts.ns), chances.good};
    const std::span<const char> bytes{reinterpret_cast<const char*>(words.data()), sizeof words};
    const std::uint64_t all = chances.good + chances.bad;
    return all == 0 || base::Random{base::fnv1a(bytes)}.below(all) < chances.good;
}

/// Of a stop and a target in one bar.
bool StrictVenue::target_comes_first(const VenueOrder& stop, const BarMeeting& meeting) {
    if (!is_lenient() || is_trailing(stop.spec.type)) return false;
    const VenueOrder* rival = rival_in_range(stop, meeting);
    if (rival == nullptr || !is_target(*rival)) return false;
    const Hit own = look_inside(stop, meeting);
    if (!(own.fills || own.triggers) || own.at_close) return false;
    return falls_well(stop, meeting,
                      {.good = distance(meeting.bar.open, *stop.spec.trigger_price),
                       .bad = distance(meeting.bar.open, price_of(*rival))});
}

const VenueOrder* StrictVenue::rival_in_range(const VenueOrder& order, const BarMeeting& meeting) {
    if (!excludes_rivals(order.links)) return nullptr;
    const VenueOrder* found = nullptr;
    for_each_linked([&](const VenueOrder& other) {
        if (found != nullptr || !are_siblings(order, other) || other.sleeping) return;
        if (other.spec.instrument != order.spec.instrument) return;
        if (!serves(meeting.serves, other) || is_for_auction(other.spec.time_in_force)) return;
        const Hit hit = look_inside(other, meeting);
        if ((hit.fills || hit.triggers) && !hit.at_close) found = &other;
    });
    return found;
}

// --- ticks
// -------------------------------------------------------------------------------------------

namespace {

/// What a new message says about a level: the price it had, with more shown, has grown by as much;
/// with less shown, it has at most that.
template <typename Level>
void renew(Level& level, Price price, Qty shown) {
    if (level.price != price || !level.taken) {
        level = {.price = price, .shown = shown, .left = shown, .taken = false};
        return;
    }
    if (shown > level.shown) level.left += shown - level.shown;
    level.left = std::min(level.left, shown);
    level.shown = shown;
}

}  // namespace

void StrictVenue::meet(const Quote& quote) {
    Market& market = markets_[quote.instrument.value];
    desk_.count_tick();
    market.quote = quote;
    market.quote_tick = desk_.ticks();
    renew(market.bid, quote.bid, quote.bid_size);
    renew(market.ask, quote.ask, quote.ask_size);
    desk_.account().mark(quote.instrument) = quote.bid;
    market.ask_mark = quote.ask;
    hold_band(market, desk_.now_ts());
    if (market.watched && !market.halted) [[unlikely]]
        liquidate_at_once(quote.instrument, quote.bid, quote.ask);
    if (!market.halted) {
        for_each_working(market, [&](VenueOrder& order) {
            if (order.met < market.quote_tick) meet_quote(order, market);
        });
    }
    saw(market, quote, desk_.now_ts());
    tidy(market);
    refresh(market);
}

void StrictVenue::meet_quote(VenueOrder& order, Market& market) {
    const TimeInForce tif = order.spec.time_in_force;
    if (waits_for_print(market, order)) return;
    if (tif == TimeInForce::at_close && desk_.now_ts() < order.expires) return;
    if (tif == TimeInForce::at_open && desk_.now_ts() < order.auction) return;
    const Hit hit = rules_.on_quote(order, *market.quote);
    follow(order, hit, order.is_buy() ? market.quote->ask : market.quote->bid);
    Level& level = order.is_buy() ? market.ask : market.bid;
    const bool known = level.shown.raw > 0;
    Supply supply{.limited = known,
                  .by_level = true,
                  .is_shown = true,
                  .left = whole_lots(level.left.raw, desk_.instrument(order).lot)};
    const Qty before = supply.left;
    act(order, hit, supply);
    if (known && supply.left != before) {
        level.left -= before - supply.left;
        level.taken = true;
    }
    if (order.ended) return;
    if (!order.waits()) order.met_market = true;
    if (is_for_auction(tif))
        cancel_order(order, VenueReason::time_in_force, OrderEventKind::expired);
}

void StrictVenue::meet(const Trade& trade) {
    Market& market = markets_[trade.instrument.value];
    desk_.count_tick();
    market.print = trade;
    market.print_tick = desk_.ticks();
    hold_band(market, desk_.now_ts());
    if (market.band) market.band->saw(trade.price, desk_.now_ts());
    if (market.book) return meet_print_on_book(market, trade);
    if (!market.has_quotes) {
        desk_.account().mark(trade.instrument) = trade.price;
        if (market.watched && !market.halted) [[unlikely]]
            liquidate_at_once(trade.instrument, trade.price, trade.price);
    }
    if (!market.halted) {
        Supply supply{.limited = trade.size.raw > 0,
                      .by_level = true,
                      .left = share_of(trade.size, desk_.settings().participation,
                                       desk_.table().at(trade.instrument).lot),
                      .volume = trade.size};
        for_each_working(market, [&](VenueOrder& order) {
            if (order.met < market.print_tick) meet_print(order, market, supply);
        });
    }
    tidy(market);
}

void StrictVenue::meet_print(VenueOrder& order, const Market& market, Supply& supply) {
    const TimeInForce tif = order.spec.time_in_force;
    if (tif == TimeInForce::at_close || waits_for_print(market, order)) return;
    if (market.has_quotes && (is_at_once(tif) || tif == TimeInForce::at_open)) return;
    if (tif == TimeInForce::at_open && desk_.now_ts() < order.auction) return;
    const Hit hit = rules_.on_trade(order, market.print->price, market.has_quotes);
    if (!market.has_quotes || order.spec.trigger_by == TriggerBy::last) {
        follow(order, hit, market.print->price);
    }
    act(order, hit, supply);
    if (order.ended) return;
    if (!order.waits() && !market.has_quotes) order.met_market = true;
    if (tif == TimeInForce::at_open) {
        cancel_order(order, VenueReason::time_in_force, OrderEventKind::expired);
    }
}

/// The session closes on ticks: the last one before is the close, where the order was there to meet
/// it.
void StrictVenue::last_look(VenueOrder& order) {
    Market& market = market_of(order);
    const bool is_halted = market.halted && market.halted_since < desk_.now_ts();
    if (order.spec.time_in_force != TimeInForce::at_close || is_halted) return;
    if (waits_for_print(market, order)) return;
    if (market.book) {
        if (market.book->is_ready()) meet_book(order, market);
        return;
    }
    if (market.quote && order.met < market.quote_tick) {
        meet_quote(order, market);
    } else if (market.print && order.met < market.print_tick) {
        Supply supply{.limited = market.print->size.raw > 0,
                      .left = share_of(market.print->size, desk_.settings().participation,
                                       desk_.instrument(order).lot),
                      .volume = market.print->size};
        meet_price(order, market.print->price, supply);
    }
}

// --- what is not prices
// ------------------------------------------------------------------------------

void StrictVenue::meet(const CorporateAction& action) {
    Market& market = markets_[action.instrument.value];
    market.calm = {};
    const auto for_each_live = [&](const auto& visit) {
        for (std::size_t i = 0; i < market.live.size(); ++i) {
            VenueOrder& order = desk_.at(market.live[i]);
            if (!order.ended) visit(order);
        }
    };
    switch (action.kind) {
        case CorporateActionKind::split:
            desk_.account().split(action);
            for_each_live([&](VenueOrder& order) {
                if (desk_.restate(order, action)) {
                    desk_.report_terms(OrderEventKind::adjusted, order);
                } else {
                    cancel_order(order, VenueReason::other);
                }
            });
            if (market.band) market.band->restate(action);
            market.ask_mark = {};
            market.quote.reset();
            market.print.reset();
            market.bid = market.ask = {};
            break;
        case CorporateActionKind::cash_dividend:
            desk_.account().pay(action.instrument, action.amount);
            break;
        case CorporateActionKind::symbol_change: break;
        case CorporateActionKind::delisting:
            desk_.account().pay(action.instrument, action.amount);
            desk_.account().close(action.instrument);
            if (auto* isolated = desk_.isolated_margin()) isolated->close(action.instrument);
            watch(action.instrument);
            market.delisted = true;
            for_each_live([&](VenueOrder& order) { cancel_order(order, VenueReason::delisted); });
            break;
    }
    tidy(market);
}

void StrictVenue::expire() {
    while (!expiries_.empty() && expiries_.front().at <= desk_.now_ts()) {
        std::pop_heap(expiries_.begin(), expiries_.end(), std::greater<>{});
        const Expiry due = expiries_.back();
        expiries_.pop_back();
        VenueOrder& order = desk_.at(due.slot);
        if (order.id != due.id || order.ended) continue;
        last_look(order);
        if (!order.ended) {
            cancel_order(order, VenueReason::time_in_force, OrderEventKind::expired);
        }
        tidy(market_of(order));
    }
}

void StrictVenue::end_of_data() {
    for (Market& market : markets_) {
        for (const OrderSlot slot : market.live) {
            VenueOrder& order = desk_.at(slot);
            if (order.ended) continue;
            ++desk_.counts().open_at_end;
            desk_.report(OrderEventKind::canceled, order, VenueReason::end_of_data);
            desk_.end(order);
        }
        market.working = 0;
        market.ragged = true;
        tidy(market);
        refresh(market);
    }
}

// --- liquidation
// -------------------------------------------------------------------------------------

void StrictVenue::watch(InstrumentId instrument) {
    Market& market = markets_[instrument.value];
    market.watched = liquidator_.watches(instrument);
    market.calm = {};
    refresh(market);
    if (market.watched) woken_.push_back(instrument);
}

/// Isolated: each position by itself, on the prices that it meets. Cross: all of them at once.
template <typename PathOf>
void StrictVenue::liquidate(InstrumentId instrument, const PathOf& path_of, bool ambiguous) {
    if (!liquidator_.watches(instrument)) return;
    if (!liquidator_.is_isolated()) {
        const bool by_a_fall = liquidator_.suffers_from_a_fall(instrument);
        const auto path = path_of(by_a_fall);
        const auto at = path ? liquidator_.breach({.instrument = instrument}, *path) : std::nullopt;
        if (at) liquidate_account(liquidator_.loser(instrument, by_a_fall), *at, ambiguous);
        return;
    }
    for (const Holding& of : desk_.account().open_in(instrument)) {
        const auto path = path_of(desk_.account().held(of).raw > 0);
        const auto at = path ? liquidator_.breach(of, *path) : std::nullopt;
        if (!at) continue;
        cancel_for_liquidation(of);
        desk_.account().mark(instrument) = *at;
        liquidator_.close(of, *at, ambiguous);
        watch(instrument);
    }
}

/// Orders go first, so that none of them opens what is being closed.
void StrictVenue::liquidate_account(const Holding& first, Price at, bool ambiguous) {
    for (const Instrument& of : desk_.table().all()) cancel_for_liquidation({.instrument = of.id});
    desk_.account().mark(first.instrument) = at;
    markets_[first.instrument.value].turned_at = at;
    liquidator_.close(first, at, ambiguous);
    watch(first.instrument);
    while (const auto next = liquidator_.next_to_close()) {
        liquidator_.close(*next, desk_.account().mark(next->instrument), false);
        watch(next->instrument);
    }
}

/// The orders that could open what is being closed; of a leg not those of its strategy that name
/// the other one.
void StrictVenue::cancel_for_liquidation(const Holding& of) {
    Market& market = markets_[of.instrument.value];
    for (std::size_t i = 0; i < market.live.size(); ++i) {
        VenueOrder& order = desk_.at(market.live[i]);
        const bool is_anothers = of.leg && order.id.strategy() != of.strategy;
        const bool is_of_other_leg = of.leg && order.spec.leg && *order.spec.leg != *of.leg;
        if (order.ended || is_anothers || is_of_other_leg) continue;
        cancel_order(order, VenueReason::liquidation);
    }
}

/// A series of one side of the quote decides over who would trade with it: its worst price.
void StrictVenue::liquidate_on(const BarMeeting& meeting, Price lowest, Price highest,
                               bool ambiguous) {
    const std::optional<Price> turned_at = markets_[meeting.instrument.value].turned_at;
    const auto path_of = [&](bool is_long) -> std::optional<PricePath> {
        const Serves needed = is_long ? Serves::sellers : Serves::buyers;
        if (meeting.serves != Serves::everyone && meeting.serves != needed) return std::nullopt;
        const Price from = turned_at.value_or(meeting.bar.open);
        return PricePath{.from = from, .worst = is_long ? lowest : highest};
    };
    liquidate(meeting.instrument, path_of, ambiguous);
}

void StrictVenue::liquidate_at_open(const BarMeeting& meeting) {
    markets_[meeting.instrument.value].turned_at.reset();
    liquidate_on(meeting, meeting.bar.open, meeting.bar.open, false);
}

void StrictVenue::liquidate_inside(const BarMeeting& meeting, bool ambiguous) {
    liquidate_on(meeting, meeting.bar.low, meeting.bar.high, ambiguous);
}

/// A price of 0 is a side where nobody stands.
void StrictVenue::liquidate_at_once(InstrumentId instrument, Price to_sell, Price to_buy) {
    const auto path_of = [&](bool is_long) -> std::optional<PricePath> {
        const Price price = is_long ? to_sell : to_buy;
        if (price.raw == 0) return std::nullopt;
        return PricePath{.from = price, .worst = price};
    };
    liquidate(instrument, path_of, false);
    liquidator_.look(instrument);
}

// --- fills
// -------------------------------------------------------------------------------------------

/// The bar that finer data are resolving would not have said by itself whether the order or a rival
/// came first, or what came after its parent's fill.
bool StrictVenue::is_open_question(const VenueOrder& order) {
    if (whole_->opens < order.since) return order.links.parent.has_value();
    const Hit at_open = rules_.at_price(order, whole_->bar.open);
    if (at_open.fills || at_open.triggers) return false;
    return rival_in_range(order, *whole_) != nullptr;
}

void StrictVenue::act(VenueOrder& order, const Hit& hit, Supply& supply) {
    const bool settles =
        whole_ != nullptr && hit.fills && !hit.ambiguous && is_open_question(order);
    const std::uint64_t fills = desk_.counts().fills;
    if (hit.triggers) {
        order.triggered = true;
        desk_.report(OrderEventKind::triggered, order);
    }
    if (hit.refused) return cancel_order(order, VenueReason::would_take);
    if (hit.fills) fill(order, hit, supply);
    if (settles && desk_.counts().fills != fills) ++desk_.counts().settled_fills;
    if (!order.ended && is_at_once(order.spec.time_in_force)) {
        cancel_order(order, VenueReason::no_liquidity);
    }
}

/// How much may fill without opening a position; the whole for orders that may.
Qty StrictVenue::reducible(const VenueOrder& order) {
    const Qty leaves = order.leaves();
    if (!only_closes(order.spec)) return leaves;
    const Qty against = desk_.closable(order.id.strategy(), order.spec);
    return std::min(leaves, whole_lots(against.raw, desk_.instrument(order).lot));
}

void StrictVenue::fill(VenueOrder& order, const Hit& hit, Supply& supply) {
    const Instrument& instrument = desk_.instrument(order);
    const Qty wanted = reducible(order);
    if (wanted.raw <= 0) {
        if (only_closes(order.spec)) cancel_order(order, VenueReason::would_not_reduce);
        return;
    }
    Qty got = wanted;
    if (supply.by_level && order.spec.display_qty) {
        got = std::min(
            got, std::max(whole_lots(order.spec.display_qty->raw, instrument.lot), instrument.lot));
    }
    if (supply.limited && supply.left < got) {
        got = supply.left;
        ++desk_.counts().capped_fills;
    }
    const bool all_or_none = order.spec.time_in_force == TimeInForce::fok;
    if (got.raw <= 0) return;
    Market& market = market_of(order);
    const bool is_own_price = hit.liquidity == Liquidity::maker;
    const bool slips = !is_own_price && !hit.is_auction;
    if (market.range && !allows(market, order, hit.price, supply.is_shown || is_own_price)) {
        ++desk_.counts().beyond_limits;
        return;
    }
    if (all_or_none && !supply.is_enough && got < order.leaves()) return;

    std::optional<Price> limit = has_limit(order.spec.type) ? order.spec.limit_price : std::nullopt;
    if (market.range) {
        const Price end = market.range->lock(order.spec.side);
        limit = limit && better(order.spec.side, *limit, end) ? *limit : end;
    }
    const Price price = !slips ? hit.price
                               : slipped({.side = order.spec.side,
                                          .reference = hit.reference,
                                          .qty = supply.used + got,
                                          .volume = supply.volume,
                                          .limit = limit},
                                         desk_.settings().slippage, instrument);
    const Money fee = desk_.fee(order, price, got, hit.liquidity);
    const OrderDesk::Execution execution{
        .price = price,
        .qty = got,
        .liquidity = hit.liquidity,
        .fee = fee,
        .basis = {.reference = hit.reference, .ambiguous = hit.ambiguous},
        .true_at = desk_.now_ts()};
    if (desk_.settings().check_funds && !desk_.account().affords(desk_.deal_of(order, execution))) {
        ++desk_.counts().denied_for_funds;
        return cancel_order(order, VenueReason::insufficient_funds);
    }
    desk_.execute(order, execution);
    if (liquidator_.is_on()) [[unlikely]]
        watch(order.spec.instrument);
    supply.left -= supply.limited ? got : Qty{};
    supply.used += got;
    settle(order, got, hit);
}

/// What a fill means for the order and those that hang on it.
void StrictVenue::settle(VenueOrder& order, Qty filled, const Hit& hit) {
    wake_children(order, hit);
    const bool done = order.filled == order.spec.qty;
    if (done) finish(order);
    reduce_siblings(order, filled);
    if (done) return;
    if (order.orphan && order.leaves().raw <= 0) {
        cancel_order(order, VenueReason::contingency);
    } else if (only_closes(order.spec) && reducible(order).raw <= 0 && order.leaves().raw > 0) {
        cancel_order(order, VenueReason::would_not_reduce);
    }
}

void StrictVenue::wake_children(const VenueOrder& parent, const Hit& hit) {
    for_each_linked([&](VenueOrder& child) {
        if (child.links.parent != parent.id) return;
        child.awake = parent.filled;
        if (!child.sleeping) return;
        start_working(child, hit.reference);
        const bool same_bar =
            is_inside_ && !hit.at_close && child.spec.instrument == parent.spec.instrument;
        if (!same_bar) return;
        woken_inside_.push_back({.slot = *desk_.find(child.id),
                                 .at = hit.reference,
                                 .on_the_way = !is_stop(parent.spec.type)});
    });
}

void StrictVenue::reduce_siblings(const VenueOrder& order, Qty filled) {
    if (!excludes_rivals(order.links)) return;
    for_each_linked([&](VenueOrder& other) {
        if (!are_siblings(order, other)) return;
        const bool goes = other.links.contingency == Contingency::oco ||
                          order.filled == order.spec.qty || other.spec.qty - filled <= other.filled;
        if (goes) {
            // Not through its own links: the order that filled stays.
            desk_.report(OrderEventKind::canceled, other, VenueReason::contingency);
            finish(other);
            return;
        }
        other.spec.qty -= filled;
        if (other.awake.raw != INT64_MAX) other.awake -= filled;
        desk_.report_terms(OrderEventKind::replaced, other);
    });
}

// --- ends
// --------------------------------------------------------------------------------------------

void StrictVenue::cancel_order(VenueOrder& order, VenueReason reason, OrderEventKind kind) {
    desk_.report(kind, order, reason);
    finish(order);
    if (order.links.contingency == Contingency::oco) cancel_siblings(order);
}

void StrictVenue::cancel_siblings(const VenueOrder& order) {
    for_each_linked([&](VenueOrder& other) {
        if (are_siblings(order, other)) cancel_order(other, VenueReason::contingency);
    });
}

void StrictVenue::finish(VenueOrder& order) {
    desk_.end(order);
    Market& market = market_of(order);
    market.ragged = true;
    if (market.book) market.book->leave(order.id);
    if (!order.sleeping) --market.working;
    refresh(market);
    for_each_linked([&](VenueOrder& child) {
        if (child.links.parent != order.id) return;
        child.orphan = true;
        if (child.sleeping || child.leaves().raw <= 0)
            cancel_order(child, VenueReason::contingency);
    });
}

// --- walking
// -----------------------------------------------------------------------------------------

void StrictVenue::refresh(Market& market) {
    market.busy = (market.watched ? 1U : 0U) + (market.band ? 1U : 0U) + market.working +
                  (market.bid.taken ? 1U : 0U) + (market.ask.taken ? 1U : 0U);
}

void StrictVenue::tidy(Market& market) {
    if (!market.ragged) return;
    market.ragged = false;
    std::erase_if(market.live, [&](OrderSlot slot) {
        if (!desk_.at(slot).ended) return false;
        desk_.release(slot);
        return true;
    });
}

template <typename Visit>
void StrictVenue::for_each_linked(const Visit& visit) {
    for (std::size_t i = 0; i < linked_.size(); ++i) {
        VenueOrder& order = desk_.at(linked_[i].slot);
        if (order.id == linked_[i].id && !order.ended) visit(order);
    }
}

}  // namespace tradewind::sim
