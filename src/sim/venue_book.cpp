// SPDX-License-Identifier: Apache-2.0
#include "sim/venue_book.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "sim/venue_order.hpp"

namespace tradewind::sim {
namespace {

/// An order that rests at `p` is met before one at `q`: the better price to who comes.
bool has_priority(Side resting, Price p, Price q) { return better(opposite(resting), p, q); }

Qty in_lots(Qty qty, Qty lot) { return {qty.raw - qty.raw % lot.raw}; }

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - (rest < 0 ? rest + step : rest);
}

}  // namespace

VenueBook::VenueBook(const Instrument& instrument, const BookSettings& settings)
    : tick_(instrument.tick), lot_(instrument.lot), settings_(settings) {}

// --- the stream
// --------------------------------------------------------------------------------------

bool VenueBook::apply(const BookLevel& row, Timestamp now) {
    static_cast<void>(levels_.apply(row));
    return row.flags.last && end_message(now);
}

bool VenueBook::apply(const BookOrder& row, Timestamp now) {
    by_order_ = true;
    const bool watches = !resting_[0].empty() || !resting_[1].empty();
    const bool changes = row.action == BookAction::remove || row.action == BookAction::modify ||
                         row.action == BookAction::set;
    if (watches && changes) {
        const auto before = orders_.find(row.order);
        const auto arrival = orders_.arrival(row.order);
        static_cast<void>(orders_.apply(row));
        pass_orders(row, before, arrival.value_or(UINT64_MAX));
    } else {
        static_cast<void>(orders_.apply(row));
    }
    if (row.action == BookAction::clear) {
        for (auto& side : resting_) {
            for (Resting& r : side) r.is_known = false;
        }
    }
    return row.flags.last && end_message(now);
}

/// What an order of the stream gave up ahead of ours.
void VenueBook::pass_orders(const BookOrder& row, const std::optional<market::RestingOrder>& before,
                            std::uint64_t arrival) {
    if (!before) return;
    const auto after = orders_.find(row.order);
    const bool keeps = after && after->price == before->price &&
                       orders_.arrival(row.order) == std::optional{arrival};
    const Qty lost = keeps ? before->leaves - after->leaves : before->leaves;
    for (Resting& r : resting_[index(before->side)]) {
        if (r.price != before->price || arrival >= r.arrival || !r.is_known) continue;
        r.place.ahead = std::max(r.place.ahead - lost, Qty{});
    }
}

bool VenueBook::end_message(Timestamp now) {
    last_message_ = now;
    if (!is_ready()) return false;
    was_ready_ = true;
    renew_taken();
    renew_places();
    return true;
}

/// With more shown a level has grown by as much; with less shown, it has at most that.
void VenueBook::renew_taken() {
    for (const Side side : {Side::buy, Side::sell}) {
        auto& taken = taken_[index(side)];
        if (taken.empty()) continue;
        for (Taken& t : taken) {
            const Qty shown = size_at(side, t.price);
            if (shown > t.shown) t.left += shown - t.shown;
            t.left = std::min(t.left, shown);
            t.shown = shown;
        }
        std::erase_if(taken, [](const Taken& t) { return t.left == t.shown; });
    }
}

void VenueBook::renew_places() {
    for (const Side side : {Side::buy, Side::sell}) {
        for (Resting& r : resting_[index(side)]) {
            const Qty shown = size_at(side, r.price);
            if (!r.is_known) {
                if (!shows(side, r.price)) continue;
                r.is_known = true;  // until now we knew of no place: the last
                r.place = {.ahead = shown, .printed = {}};
                r.arrival = orders_.next_arrival();
            } else if (!by_order_) {
                level_changed(r.place, settings_.queue, r.shown, shown);
            }
            r.shown = shown;
        }
    }
}

Quote VenueBook::quote() const {
    const auto best = [&](Side side) {
        return depth(side) == 0 ? market::Level{} : level(side, 0);
    };
    const market::Level bid = best(Side::buy), ask = best(Side::sell);
    return {.instrument = {},
            .bid = bid.price,
            .ask = ask.price,
            .bid_size = bid.size,
            .ask_size = ask.size};
}

// --- what is shown
// -----------------------------------------------------------------------------------

std::size_t VenueBook::depth(Side side) const {
    return by_order_ ? orders_.queues().depth(side) : levels_.depth(side);
}

market::Level VenueBook::level(Side side, std::size_t i) const {
    if (!by_order_) return levels_.level(side, i);
    const market::QueueLevel at = orders_.queues().level(side, i);
    return {.price = at.price, .size = at.total};
}

Qty VenueBook::size_at(Side side, Price price) const {
    if (!by_order_) return levels_.size_at(side, price);
    const auto at = orders_.queues().level_at(side, price);
    return at ? at->total : Qty{};
}

/// The stream tells what rests at a price: at the worst one that it shows, or better. One that
/// tells every order tells everything.
bool VenueBook::shows(Side side, Price price) const {
    if (!is_ready()) return false;
    const std::size_t levels = depth(side);
    return by_order_ || levels == 0 || !has_priority(side, level(side, levels - 1).price, price);
}

Qty VenueBook::left_of(Side side, const market::Level& level) const {
    for (const Taken& t : taken_[index(side)]) {
        if (t.price == level.price) return std::min(t.left, level.size);
    }
    return level.size;
}

// --- taking
// ------------------------------------------------------------------------------------------

VenueBook::Taking VenueBook::begin_taking(Side taker, Timestamp now) const {
    const Side side = opposite(taker);
    Taking out{.taker = taker,
               .shift = shift_[index(side)].at(settings_.impact, now),
               .shown = {},
               .taken = {},
               .last = {}};
    if (settings_.impact.kind == ImpactKind::none) return out;
    const std::size_t levels = std::min(depth(side), kImpactLevels);
    for (std::size_t i = 0; i < levels; ++i) out.shown += level(side, i).size;
    return out;
}

/// Away from the taker, onto the tick.
Price VenueBook::shifted(Side taker, Price price, PriceDelta shift) const {
    if (shift.raw == 0) return price;
    if (taker == Side::sell) return {floor_to((price - shift).raw, tick_.raw)};
    const std::int64_t up = (price + shift).raw;
    return {-floor_to(-up, tick_.raw)};
}

std::optional<VenueBook::Offer> VenueBook::offer(const Taking& taking,
                                                 std::optional<Price> limit) const {
    const Side side = opposite(taking.taker);
    const std::size_t levels = depth(side);
    for (std::size_t i = 0; i < levels; ++i) {
        const market::Level at = level(side, i);
        const Price price = shifted(taking.taker, at.price, taking.shift);
        if (limit && !at_or_better(taking.taker, price, *limit)) return std::nullopt;
        const Qty left = in_lots(left_of(side, at), lot_);
        if (left.raw > 0) return Offer{.price = price, .recorded = at.price, .left = left};
    }
    return std::nullopt;
}

void VenueBook::take(Taking& taking, const Offer& offer, Qty qty) {
    const Side side = opposite(taking.taker);
    auto& taken = taken_[index(side)];
    auto at = std::find_if(taken.begin(), taken.end(),
                           [&](const Taken& t) { return t.price == offer.recorded; });
    if (at == taken.end()) {
        const Qty shown = size_at(side, offer.recorded);
        taken.push_back({.price = offer.recorded, .shown = shown, .left = shown});
        at = std::prev(taken.end());
    }
    ASSERT(qty.raw > 0 && qty <= at->left);
    at->left -= qty;
    taking.taken += qty;
    taking.last = offer.recorded;
}

void VenueBook::end_taking(const Taking& taking, Timestamp now) {
    if (taking.taken.raw == 0 || taking.shown.raw == 0) return;
    shift_[index(opposite(taking.taker))].take(
        settings_.impact, {.price = taking.last, .taken = taking.taken, .shown = taking.shown},
        now);
}

bool VenueBook::has(Side taker, Qty qty, std::optional<Price> limit, Timestamp now) const {
    const Taking taking = begin_taking(taker, now);
    const Side side = opposite(taker);
    const std::size_t levels = depth(side);
    for (std::size_t i = 0; i < levels && qty.raw > 0; ++i) {
        const market::Level at = level(side, i);
        const Price price = shifted(taker, at.price, taking.shift);
        if (limit && !at_or_better(taker, price, *limit)) return false;
        qty -= std::min(in_lots(left_of(side, at), lot_), qty);
    }
    return qty.raw == 0;
}

// --- resting
// -----------------------------------------------------------------------------------------

void VenueBook::join(OrderId order, Side side, Price price) {
    auto& all = resting_[index(side)];
    Resting joined{.order = order,
                   .price = price,
                   .place = {},
                   .shown = size_at(side, price),
                   .arrival = orders_.next_arrival(),
                   .is_known = shows(side, price)};
    joined.place.ahead = joined.shown;
    const auto behind = std::find_if(all.begin(), all.end(), [&](const Resting& r) {
        return has_priority(side, price, r.price);
    });
    all.insert(behind, joined);
}

void VenueBook::leave(OrderId order) {
    for (auto& side : resting_) {
        std::erase_if(side, [&](const Resting& r) { return r.order == order; });
    }
}

VenueBook::Resting* VenueBook::find(OrderId order, Side side) {
    auto& all = resting_[index(side)];
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const Resting& r) { return r.order == order; });
    return at == all.end() ? nullptr : &*at;
}

bool VenueBook::rests(OrderId order) const {
    return std::any_of(std::begin(resting_), std::end(resting_), [&](const auto& side) {
        return std::any_of(side.begin(), side.end(),
                           [&](const Resting& r) { return r.order == order; });
    });
}

std::vector<OrderId> VenueBook::resting(Side side) const {
    std::vector<OrderId> out;
    for (const Resting& r : resting_[index(side)]) out.push_back(r.order);
    return out;
}

std::optional<Qty> VenueBook::print_reaches(OrderId order, Side side, Price price, Qty size) {
    Resting* r = find(order, side);
    if (r == nullptr) return Qty{};
    if (has_priority(side, r->price, price)) return size;  // it passed us on the way
    if (r->price != price) return std::nullopt;
    if (!r->is_known) return Qty{};
    if (!by_order_) return printed_at(r->place, size);
    // What it took ahead of us is told order by order.
    return std::max(size - r->place.ahead, Qty{});
}

std::optional<Qty> VenueBook::ahead(OrderId order) const {
    for (const auto& side : resting_) {
        for (const Resting& r : side) {
            if (r.order == order && r.is_known) return r.place.ahead;
        }
    }
    return std::nullopt;
}

}  // namespace tradewind::sim
