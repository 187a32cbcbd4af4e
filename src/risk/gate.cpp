// SPDX-License-Identifier: Apache-2.0
#include "risk/gate.hpp"

#include <algorithm>

namespace tradewind::risk {
namespace {

using base::Int128;

/// No sum of a position and its orders goes beyond: the books' 64-bit sums hold it with room.
constexpr Qty kHoldingMax{INT64_MAX / 4};

Denial deny(DenialReason reason) { return {.reason = reason}; }

/// The margin that opening this notional asks for.
Money initial_margin(Money amount, const Instrument& instrument) {
    return multiply(abs(amount), instrument.margin.initial);
}

/// Whichever side of liquidity the fills turn out to be on.
Money worst_fee(Price price, Qty qty, const Instrument& instrument) {
    return std::max(fee_of({.price = price, .qty = qty, .is_maker = false}, instrument),
                    fee_of({.price = price, .qty = qty, .is_maker = true}, instrument));
}

/// Notional and fee of a buy.
Money cost_of(Price price, Qty qty, const Instrument& instrument) {
    return abs(notional(price, qty, instrument)) + worst_fee(price, qty, instrument);
}

/// The largest number of whole lots below `refused` that passes; what passes does so at every
/// smaller quantity too. 63 questions at most, and only where an order is denied.
template <typename Passes>
Qty largest_passing(Qty refused, Qty lot, const Passes& passes) {
    std::int64_t good = 0, bad = (refused.raw + lot.raw - 1) / lot.raw;
    while (bad - good > 1) {
        const std::int64_t middle = good + (bad - good) / 2;
        (passes(Qty{middle * lot.raw}) ? good : bad) = middle;
    }
    return {good * lot.raw};
}

Qty whole_lots(Qty qty, const Instrument& instrument) {
    return {std::max<std::int64_t>(0, qty.raw - qty.raw % instrument.lot.raw)};
}

/// A working order as it stands now, what is left of it.
OrderSpec as_it_stands(const orders::Order& order) {
    OrderSpec spec = order.intent.spec;
    spec.qty = order.leaves();
    spec.limit_price = order.terms.limit_price;
    spec.trigger_price = order.terms.trigger_price;
    return spec;
}

/// The change asks for less of the same, at a price that is no worse for us: a part of a cancel.
bool only_shrinks(const OrderSpec& wanted, const OrderSpec& now) {
    if (wanted.qty > now.qty || wanted.trigger_price != now.trigger_price) return false;
    if (wanted.limit_price == now.limit_price) return true;
    if (!wanted.limit_price || !now.limit_price) return false;
    return wanted.side == Side::buy ? *wanted.limit_price < *now.limit_price
                                    : *wanted.limit_price > *now.limit_price;
}

std::int64_t second_of(Timestamp t) { return t.ns / seconds(1).ns; }

}  // namespace

void Gate::apply(const Override& order) {
    const Scope wanted{.instrument = order.instrument,
                       .strategy = order.strategy,
                       .until = order.until,
                       .state = order.state};
    const bool named = !order.who.empty();
    std::erase_if(scopes_, [&](const Scope& scope) {
        if (scope == wanted) return true;
        return named && scope.instrument == order.instrument && scope.strategy == order.strategy;
    });
    scopes_.push_back(wanted);
}

TradingState Gate::state(StrategyId strategy, InstrumentId instrument, Timestamp now) const {
    TradingState strictest = TradingState::active;
    for (const Scope& scope : scopes_) {
        if (scope.instrument && *scope.instrument != instrument) continue;
        if (scope.strategy && *scope.strategy != strategy) continue;
        if (scope.until && *scope.until <= now) continue;
        strictest = std::max(strictest, scope.state);
    }
    return strictest;
}

std::expected<ApprovedOrder, Denial> Gate::review(const OrderIntent& intent, Timestamp now) {
    if (intent.spec.instrument.value >= books_.instruments.size()) {
        return std::unexpected(deny(DenialReason::unknown_instrument));
    }
    const Instrument& instrument = books_.instruments.at(intent.spec.instrument);
    if (const Refused refused = validate(intent.spec, instrument)) return std::unexpected(*refused);
    if (const Refused refused = check_leg(intent.spec)) return std::unexpected(*refused);
    if (const Refused refused = check_parent(intent)) return std::unexpected(*refused);
    // A child that can only reduce waits for its parent, which was reviewed; it adds no exposure.
    const bool protection = intent.links.parent && only_closes(intent.spec);
    if (!protection) {
        Proposal proposal{.spec = intent.spec,
                          .instrument = instrument,
                          .strategy = intent.id.strategy(),
                          .now = now};
        if (const Refused refused = check(proposal)) return std::unexpected(*refused);
    }
    count_order(now);
    return ApprovedOrder{intent};
}

std::expected<ApprovedReplace, Denial> Gate::review(const ReplaceIntent& intent, Timestamp now) {
    const orders::Order* order = books_.orders.find(intent.id);
    if (order == nullptr || !order->is_open()) {
        return std::unexpected(deny(DenialReason::unknown_order));
    }
    OrderSpec wanted = order->intent.spec;
    const OrderTerms& terms = order->terms;
    wanted.qty = intent.change.qty.value_or(terms.qty);
    wanted.limit_price = intent.change.limit_price ? intent.change.limit_price : terms.limit_price;
    wanted.trigger_price =
        intent.change.trigger_price ? intent.change.trigger_price : terms.trigger_price;
    if (wanted.display_qty) wanted.display_qty = std::min(*wanted.display_qty, wanted.qty);

    const Instrument& instrument = books_.instruments.at(order->instrument());
    if (const Refused refused = validate(wanted, instrument)) return std::unexpected(*refused);
    wanted.qty = wanted.qty - order->filled;
    const bool protection = order->intent.links.parent && only_closes(wanted);
    // Asking for no more than is filled ends the order, asking for less is a part of a cancel.
    if (!protection && !only_shrinks(wanted, as_it_stands(*order))) {
        Proposal proposal{.spec = wanted,
                          .instrument = instrument,
                          .strategy = intent.id.strategy(),
                          .now = now,
                          .price = {},
                          .replaces = order};
        if (const Refused refused = check(proposal)) return std::unexpected(*refused);
    }
    count_order(now);
    return ApprovedReplace{intent};
}

Gate::Refused Gate::check(Proposal& proposal) const {
    if (const Refused refused = check_expiry(proposal)) return refused;
    if (const Refused refused = check_reduce_only(proposal)) return refused;
    if (only_reduces(proposal)) return std::nullopt;
    Refused refused = check_growth(proposal);
    // However little may be opened, what is held may be closed.
    if (refused && refused->would_pass) {
        refused->would_pass = std::max(*refused->would_pass, reducible(proposal));
    }
    return refused;
}

/// The checks of what adds to a position.
Gate::Refused Gate::check_growth(Proposal& proposal) const {
    if (const Refused refused = check_state(proposal)) return refused;
    const std::optional<Price> price = value_price(proposal.spec);
    if (!price) return deny(DenialReason::unknown_price);
    proposal.price = *price;
    if (const Refused refused = check_size(proposal)) return refused;
    if (const Refused refused = check_rate(proposal.now)) return refused;
    if (const Refused refused = check_limits(proposal)) return refused;
    const bool pays_in_full = books_.portfolio.settings().kind == portfolio::AccountKind::cash &&
                              !proposal.instrument.is_derivative();
    return pays_in_full ? check_cash(proposal) : check_margin(proposal);
}

Gate::Refused Gate::check_parent(const OrderIntent& intent) const {
    if (!intent.links.parent) return std::nullopt;
    const orders::Order* parent = books_.orders.find(*intent.links.parent);
    const bool alive = parent != nullptr && (parent->is_open() || parent->filled.raw > 0);
    return alive ? std::nullopt : Refused{deny(DenialReason::unknown_order)};
}

Gate::Refused Gate::check_expiry(const Proposal& proposal) {
    const std::optional<Timestamp>& expire_at = proposal.spec.expire_at;
    if (!expire_at || *expire_at > proposal.now) return std::nullopt;
    return Denial{.reason = DenialReason::expired,
                  .limit = {Int128{proposal.now.ns} * base::kDecimalOne},
                  .actual = {Int128{expire_at->ns} * base::kDecimalOne},
                  .would_pass = std::nullopt};
}

Gate::Refused Gate::check_leg(const OrderSpec& spec) const {
    if (!spec.leg || hedges()) return std::nullopt;
    return deny(DenialReason::unknown_leg);
}

/// What only closes means the strategy's own position.
Gate::Refused Gate::check_reduce_only(const Proposal& proposal) const {
    if (!only_closes(proposal.spec)) return std::nullopt;
    if (own_closable(proposal).raw > 0) return std::nullopt;
    const Qty own = books_.portfolio.position(proposal.strategy, proposal.spec.instrument).qty;
    return Denial{.reason = DenialReason::reduce_only,
                  .limit = as_amount(hedges() ? Qty{} : own),
                  .actual = as_amount(proposal.spec.qty),
                  .would_pass = std::nullopt};
}

Gate::Refused Gate::check_state(const Proposal& proposal) const {
    const InstrumentId id = proposal.spec.instrument;
    if (state(proposal.strategy, id, proposal.now) == TradingState::active) return std::nullopt;
    Denial denial = deny(DenialReason::trading_halted);
    denial.actual = as_amount(proposal.spec.qty);
    if (closable(proposal).raw > 0) {
        denial.would_pass = reducible(proposal);
        denial.limit = as_amount(*denial.would_pass);
    }
    return denial;
}

/// How much of it would only reduce.
Qty Gate::reducible(const Proposal& proposal) const {
    const Qty all = closable(proposal);
    return whole_lots(all - std::min(all, closing_before(proposal)), proposal.instrument);
}

Gate::Refused Gate::check_size(const Proposal& proposal) const {
    const Working others = working(proposal);
    const Qty now = books_.portfolio.sides(proposal.spec.instrument).gross();
    const Int128 all = Int128{now.raw} + others.buys.raw + others.sells.raw + proposal.spec.qty.raw;
    if (all <= kHoldingMax.raw) return std::nullopt;
    return Denial{.reason = DenialReason::above_max_qty,
                  .limit = as_amount(kHoldingMax),
                  .actual = as_amount(proposal.spec.qty),
                  .would_pass = std::nullopt};
}

/// What the whole account holds.
Qty Gate::held(const Proposal& proposal) const {
    return books_.portfolio.position(proposal.spec.instrument).qty;
}

/// What the strategy holds that such an order leads out of: where hedged, of the leg that it
/// closes.
Qty Gate::own_closable(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Leg closes = leg_closed_by(spec.side);
    if (spec.leg && *spec.leg != closes) return {};
    const Qty own = hedges()
                        ? books_.portfolio.position(proposal.strategy, spec.instrument, closes).qty
                        : books_.portfolio.position(proposal.strategy, spec.instrument).qty;
    return std::max(spec.side == Side::sell ? own : -own, Qty{});
}

/// What such an order leads towards none: of the account's position, where hedged of the strategy's
/// leg.
Qty Gate::closable(const Proposal& proposal) const {
    if (hedges()) return own_closable(proposal);
    return std::max(proposal.spec.side == Side::sell ? held(proposal) : -held(proposal), Qty{});
}

/// What works already and may close the same before it.
Qty Gate::closing_before(const Proposal& proposal) const {
    if (!hedges()) {
        const Working others = working(proposal);
        return proposal.spec.side == Side::buy ? others.buys : others.sells;
    }
    Qty sum;
    for (const orders::Order* order : books_.orders.open_of(proposal.spec.instrument)) {
        const bool is_same = order->strategy() == proposal.strategy &&
                             order->side() == proposal.spec.side && !order->intent.spec.leg;
        if (is_same && order != proposal.replaces) sum += counted(*order);
    }
    return sum;
}

/// What of an open order stands in the orders book's sums of what may open exposure.
Qty Gate::counted(const orders::Order& order) const {
    const auto& parent = order.intent.links.parent;
    if (only_closes(order.intent.spec)) return {};
    if (parent && books_.orders.find(*parent) != nullptr &&
        books_.orders.find(*parent)->filled.raw == 0) {
        return {};
    }
    return order.leaves();
}

Gate::Working Gate::working(const Proposal& proposal) const {
    const InstrumentId id = proposal.spec.instrument;
    Working out{.buys = books_.orders.working_buy(id), .sells = books_.orders.working_sell(id)};
    if (proposal.replaces != nullptr) {
        (proposal.spec.side == Side::buy ? out.buys : out.sells) -= counted(*proposal.replaces);
    }
    return out;
}

/// With everything that works before it it does not outgrow what it closes. The venue itself keeps
/// what only closes from outgrowing it.
bool Gate::only_reduces(const Proposal& proposal) const {
    const Qty all = closable(proposal);
    if (all.raw == 0) return false;
    if (only_closes(proposal.spec)) return true;
    return Int128{closing_before(proposal).raw} + proposal.spec.qty.raw <= all.raw;
}

std::optional<Price> Gate::value_price(const OrderSpec& spec) const {
    const std::optional<Price> now = books_.market.price_for(spec.instrument, spec.side);
    if (!now) return std::nullopt;
    const std::optional<Price> named = spec.limit_price ? spec.limit_price : spec.trigger_price;
    if (!named) return now;
    // A sell may be filled above its limit, and a touch order elsewhere than now: the worse counts.
    return spec.side == Side::buy && spec.limit_price ? *named : std::max(*named, *now);
}

Gate::Refused Gate::check_rate(Timestamp now) const {
    if (!limits_.max_orders_per_second || second_of(now) != second_) return std::nullopt;
    if (orders_in_second_ < *limits_.max_orders_per_second) return std::nullopt;
    return Denial{.reason = DenialReason::order_rate,
                  .limit = whole_money(*limits_.max_orders_per_second),
                  .actual = whole_money(orders_in_second_ + std::int64_t{1}),
                  .would_pass = std::nullopt};
}

void Gate::count_order(Timestamp now) {
    if (second_of(now) != second_) {
        second_ = second_of(now);
        orders_in_second_ = 0;
    }
    ++orders_in_second_;
}

Gate::Refused Gate::check_limits(const Proposal& proposal) const {
    if (const Refused refused = check_position_limit(proposal)) return refused;
    if (const Refused refused = check_order_notional(proposal)) return refused;
    return check_gross_exposure(proposal);
}

/// What the position limit counts: the account's, where hedged what it holds on the side of the
/// order that it opens, less what it closes of its strategy's own first.
Qty Gate::counted_position(const Proposal& proposal) const {
    if (!hedges()) return held(proposal);
    const Sides now = books_.portfolio.sides(proposal.spec.instrument);
    const Side side = proposal.spec.side;
    return signed_qty(side, (side == Side::buy ? now.longs : now.shorts) - reducible(proposal));
}

Gate::Refused Gate::check_position_limit(const Proposal& proposal) const {
    if (!limits_.max_position) return std::nullopt;
    const OrderSpec& spec = proposal.spec;
    const Working all = working(proposal);
    const Qty others = spec.side == Side::buy ? all.buys : all.sells;
    const Qty now = counted_position(proposal);
    const Qty after = now + signed_qty(spec.side, others + spec.qty);
    if (abs(after) <= *limits_.max_position) return std::nullopt;
    const Qty room = *limits_.max_position - signed_qty(spec.side, now) - others;
    return Denial{.reason = DenialReason::position_limit,
                  .limit = as_amount(*limits_.max_position),
                  .actual = as_amount(abs(after)),
                  .would_pass = whole_lots(room, proposal.instrument)};
}

Gate::Refused Gate::check_order_notional(const Proposal& proposal) const {
    if (!limits_.max_order_notional) return std::nullopt;
    const Instrument& instrument = proposal.instrument;
    const auto amount = [&](Qty qty) {
        return books_.portfolio.to_base(instrument.quote,
                                        abs(notional(proposal.price, qty, instrument)));
    };
    const std::optional<Money> actual = amount(proposal.spec.qty);
    if (!actual) return deny(DenialReason::unknown_price);
    const Money limit = *limits_.max_order_notional;
    if (*actual <= limit) return std::nullopt;
    return Denial{.reason = DenialReason::notional_limit,
                  .limit = limit,
                  .actual = *actual,
                  .would_pass = largest_passing(proposal.spec.qty, instrument.lot,
                                                [&](Qty qty) { return *amount(qty) <= limit; })};
}

Gate::Refused Gate::check_gross_exposure(const Proposal& proposal) const {
    if (!limits_.max_gross_exposure) return std::nullopt;
    const std::optional<Money> actual = gross_if_all_filled(proposal, proposal.spec.qty);
    if (!actual) return deny(DenialReason::unknown_price);
    const Money limit = *limits_.max_gross_exposure;
    if (*actual <= limit) return std::nullopt;
    const auto passes = [&](Qty qty) { return *gross_if_all_filled(proposal, qty) <= limit; };
    return Denial{
        .reason = DenialReason::notional_limit,
        .limit = limit,
        .actual = *actual,
        .would_pass = largest_passing(proposal.spec.qty, proposal.instrument.lot, passes)};
}

/// Gross exposure if `qty` of the proposal, and of the working orders of each instrument those on
/// the worse side, were filled. nullopt where one of them cannot be valued.
std::optional<Money> Gate::gross_if_all_filled(const Proposal& proposal, Qty qty) const {
    const auto exposure = books_.portfolio.exposure();
    if (!exposure) return std::nullopt;
    Money sum = exposure->gross;
    for (const Instrument& instrument : books_.instruments.all()) {
        const bool own = instrument.id == proposal.spec.instrument;
        Working all = own ? working(proposal)
                          : Working{.buys = books_.orders.working_buy(instrument.id),
                                    .sells = books_.orders.working_sell(instrument.id)};
        if (own) (proposal.spec.side == Side::buy ? all.buys : all.sells) += qty;
        const Qty now = books_.portfolio.position(instrument.id).qty;
        const Qty more = hedges() ? all.buys + all.sells - (own ? reducible(proposal) : Qty{})
                                  : std::max(abs(now + all.buys), abs(now - all.sells)) - abs(now);
        if (more.raw <= 0) continue;
        const auto price = own ? std::optional{proposal.price} : books_.market.mark(instrument.id);
        if (!price) return std::nullopt;
        const auto amount =
            books_.portfolio.to_base(instrument.quote, abs(notional(*price, more, instrument)));
        if (!amount) return std::nullopt;
        sum += *amount;
    }
    return sum;
}

std::optional<Money> Gate::cash_of_working_buys(const Proposal& proposal) const {
    Money sum;
    for (const orders::Order* order : books_.orders.open_orders()) {
        const Instrument& instrument = books_.instruments.at(order->instrument());
        if (instrument.quote != proposal.instrument.quote || instrument.is_derivative()) continue;
        if (order->side() != Side::buy || order == proposal.replaces) continue;
        if (order->leaves().raw == 0) continue;
        const std::optional<Price> price = value_price(as_it_stands(*order));
        if (!price) return std::nullopt;
        sum += cost_of(*price, order->leaves(), instrument);
    }
    return sum;
}

Gate::Refused Gate::check_cash(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Instrument& instrument = proposal.instrument;
    if (spec.side == Side::sell) {
        const Qty free = whole_lots(held(proposal) - working(proposal).sells, instrument);
        return Denial{.reason = DenialReason::short_not_allowed,
                      .limit = as_amount(free),
                      .actual = as_amount(spec.qty),
                      .would_pass = free};
    }
    const std::optional<Money> set_aside = cash_of_working_buys(proposal);
    if (!set_aside) return deny(DenialReason::unknown_price);
    const Money free = books_.portfolio.free_cash(instrument.quote) - *set_aside;
    const auto cost = [&](Qty qty) { return cost_of(proposal.price, qty, instrument); };
    if (cost(spec.qty) <= free) return std::nullopt;
    return Denial{.reason = DenialReason::insufficient_cash,
                  .limit = free,
                  .actual = cost(spec.qty),
                  .would_pass = largest_passing(spec.qty, instrument.lot,
                                                [&](Qty qty) { return cost(qty) <= free; })};
}

std::optional<Money> Gate::margin_of_working(const Proposal& proposal) const {
    Money sum;
    for (const orders::Order* order : books_.orders.open_orders()) {
        if (only_closes(order->intent.spec) || order == proposal.replaces) continue;
        if (order->leaves().raw == 0) continue;
        const Instrument& instrument = books_.instruments.at(order->instrument());
        const std::optional<Price> price = value_price(as_it_stands(*order));
        if (!price) return std::nullopt;
        const auto amount = books_.portfolio.to_base(
            instrument.quote,
            initial_margin(notional(*price, order->leaves(), instrument), instrument));
        if (!amount) return std::nullopt;
        sum += *amount;
    }
    return sum;
}

/// How much more of the instrument would ask for margin. A flip frees that of what it closes: only
/// what it opens beyond that asks for more.
Qty Gate::more_margined(const Proposal& proposal, Qty qty) const {
    const Qty closes = closable(proposal);
    if (!hedges()) return std::max(Qty{}, qty - closes - closes);
    const HedgedMargin rule = books_.portfolio.settings().positions.margin;
    const Sides now = books_.portfolio.sides(proposal.spec.instrument);
    Sides after = now;
    const bool buys = proposal.spec.side == Side::buy;
    const Qty closed = std::min(qty, closes);
    (buys ? after.shorts : after.longs) -= closed;
    (buys ? after.longs : after.shorts) += qty - closed;
    return std::max(Qty{}, margined(after, rule) - margined(now, rule));
}

std::optional<Money> Gate::margin_needed(const Proposal& proposal, Qty qty) const {
    const Instrument& instrument = proposal.instrument;
    const Qty opened = more_margined(proposal, qty);
    return books_.portfolio.to_base(
        instrument.quote, initial_margin(notional(proposal.price, opened, instrument), instrument) +
                              worst_fee(proposal.price, qty, instrument));
}

Gate::Refused Gate::check_margin(const Proposal& proposal) const {
    const Qty qty = proposal.spec.qty;
    const auto needed = margin_needed(proposal, qty);
    const auto set_aside = margin_of_working(proposal);
    const auto free = books_.portfolio.free_margin();
    if (!needed || !set_aside || !free) return deny(DenialReason::unknown_price);
    const Money left = *free - *set_aside;
    if (*needed <= left) return std::nullopt;
    const auto passes = [&](Qty less) { return *margin_needed(proposal, less) <= left; };
    return Denial{.reason = DenialReason::insufficient_margin,
                  .limit = left,
                  .actual = *needed,
                  .would_pass = largest_passing(qty, proposal.instrument.lot, passes)};
}

}  // namespace tradewind::risk
