// SPDX-License-Identifier: Apache-2.0
#include "risk/proposal.hpp"

#include <algorithm>

namespace tradewind::risk {
namespace {

using base::Int128;

/// The margin that opening this notional asks for.
Money initial_margin(Money amount, const Instrument& instrument) {
    return multiply(abs(amount), instrument.margin.initial);
}

}  // namespace

Qty whole_lots(Qty qty, const Instrument& instrument) {
    return {std::max<std::int64_t>(0, qty.raw - qty.raw % instrument.lot.raw)};
}

OrderSpec as_it_stands(const orders::Order& order) {
    OrderSpec spec = order.intent.spec;
    spec.qty = order.most_leaves();
    spec.limit_price = order.terms.limit_price;
    spec.trigger_price = order.terms.trigger_price;
    if (spec.limit_price && order.pending.has_price()) {
        spec.limit_price = spec.side == Side::buy
                               ? std::max(*spec.limit_price, order.pending.highest)
                               : std::min(*spec.limit_price, order.pending.lowest);
    }
    return spec;
}

bool only_shrinks(const OrderSpec& wanted, const OrderSpec& now) {
    if (wanted.qty > now.qty || wanted.trigger_price != now.trigger_price) return false;
    if (wanted.limit_price == now.limit_price) return true;
    if (!wanted.limit_price || !now.limit_price) return false;
    return wanted.side == Side::buy ? *wanted.limit_price < *now.limit_price
                                    : *wanted.limit_price > *now.limit_price;
}

Money worst_fee(Price price, Qty qty, const Instrument& instrument) {
    return std::max(fee_of({.price = price, .qty = qty, .is_maker = false}, instrument),
                    fee_of({.price = price, .qty = qty, .is_maker = true}, instrument));
}

Qty ProposalReader::reducible(const Proposal& proposal) const {
    const Qty all = closable(proposal);
    return whole_lots(all - std::min(all, closing_before(proposal)), proposal.instrument);
}

Qty ProposalReader::held(const Proposal& proposal) const {
    return books_.portfolio.position(proposal.spec.instrument).qty;
}

Qty ProposalReader::own_closable(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Leg closes = leg_closed_by(spec.side);
    if (spec.leg && *spec.leg != closes) return {};
    const Qty own = hedges()
                        ? books_.portfolio.position(proposal.strategy, spec.instrument, closes).qty
                        : books_.portfolio.position(proposal.strategy, spec.instrument).qty;
    return std::max(spec.side == Side::sell ? own : -own, Qty{});
}

Qty ProposalReader::closable(const Proposal& proposal) const {
    if (hedges()) return own_closable(proposal);
    return std::max(proposal.spec.side == Side::sell ? held(proposal) : -held(proposal), Qty{});
}

/// What works already and may close the same before it.
Qty ProposalReader::closing_before(const Proposal& proposal) const {
    if (!hedges()) {
        const Working others = working(proposal);
        return proposal.spec.side == Side::buy ? others.buys : others.sells;
    }
    Qty sum;
    for (const orders::Order* order : books_.orders.open_of(proposal.spec.instrument)) {
        const bool is_same = order->strategy() == proposal.strategy &&
                             order->side() == proposal.spec.side && !order->intent.spec.leg;
        if (is_same && order != proposal.replaces) sum += counted(books_.orders, *order);
    }
    return sum;
}

Working ProposalReader::working(const Proposal& proposal) const {
    const InstrumentId id = proposal.spec.instrument;
    Working out{.buys = books_.orders.working_buy(id), .sells = books_.orders.working_sell(id)};
    if (proposal.replaces != nullptr) {
        (proposal.spec.side == Side::buy ? out.buys : out.sells) -=
            counted(books_.orders, *proposal.replaces);
    }
    return out;
}

bool ProposalReader::only_reduces(const Proposal& proposal) const {
    const Qty all = closable(proposal);
    if (all.raw == 0) return false;
    if (only_closes(proposal.spec)) return true;
    return Int128{closing_before(proposal).raw} + proposal.spec.qty.raw <= all.raw;
}

std::optional<Price> ProposalReader::value_price(const OrderSpec& spec) const {
    const std::optional<Price> now = books_.market.price_for(spec.instrument, spec.side);
    if (!now) return std::nullopt;
    const std::optional<Price> named = spec.limit_price ? spec.limit_price : spec.trigger_price;
    if (!named) return now;
    // A sell may be filled above its limit, and a touch order elsewhere than now: the worse counts.
    return spec.side == Side::buy && spec.limit_price ? *named : std::max(*named, *now);
}

std::optional<Price> ProposalReader::value_price(const orders::Order& order) const {
    auto price = value_price(as_it_stands(order));
    if (!price) return std::nullopt;
    const orders::PendingChanges& pending = order.pending;
    if (pending.has_price()) *price = std::max(*price, pending.highest);
    if (pending.highest_trigger) *price = std::max(*price, *pending.highest_trigger);
    return price;
}

Qty ProposalReader::counted_position(const Proposal& proposal) const {
    if (!hedges()) return held(proposal);
    const Sides now = books_.portfolio.sides(proposal.spec.instrument);
    const Side side = proposal.spec.side;
    return signed_qty(side, (side == Side::buy ? now.longs : now.shorts) - reducible(proposal));
}

std::optional<Money> ProposalReader::margin_of_working(const Proposal& proposal) const {
    Money sum;
    for (const orders::Order* order : books_.orders.open_orders()) {
        if (only_closes(order->intent.spec) || order == proposal.replaces) continue;
        const Qty leaves = order->most_leaves();
        if (leaves.raw == 0) continue;
        const Instrument& instrument = books_.instruments.at(order->instrument());
        const std::optional<Price> price = value_price(*order);
        if (!price) return std::nullopt;
        const auto amount = books_.portfolio.to_base(
            instrument.quote, initial_margin(notional(*price, leaves, instrument), instrument));
        if (!amount) return std::nullopt;
        sum += *amount;
    }
    return sum;
}

/// How much more of the instrument would ask for margin. A flip frees that of what it closes: only
/// what it opens beyond that asks for more.
Qty ProposalReader::more_margined(const Proposal& proposal, Qty qty) const {
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

std::optional<Money> ProposalReader::margin_needed(const Proposal& proposal, Qty qty) const {
    const Instrument& instrument = proposal.instrument;
    const Qty opened = more_margined(proposal, qty);
    return books_.portfolio.to_base(
        instrument.quote, initial_margin(notional(proposal.price, opened, instrument), instrument) +
                              worst_fee(proposal.price, qty, instrument));
}

std::optional<Stake> ProposalReader::stake(const Exposures& exposures, const Proposal& proposal,
                                           Qty qty, std::optional<StrategyId> strategy) const {
    auto out = exposures.stake_of(proposal.spec.instrument, strategy);
    if (!out) return std::nullopt;
    const bool buys = proposal.spec.side == Side::buy;
    const bool is_counted = !strategy || *strategy == proposal.strategy;
    if (proposal.replaces != nullptr && is_counted) {
        (buys ? out->buys : out->sells) -= counted(books_.orders, *proposal.replaces);
    }
    if (!is_counted) return out;
    // Hedged, what closes a leg first adds to neither side.
    const Qty added = hedges() ? qty - std::min(qty, reducible(proposal)) : qty;
    (buys ? out->buys : out->sells) += added;
    // what works already is worth no less for a cheap order beside it
    const auto size = [](Price price) { return price.raw < 0 ? -price.raw : price.raw; };
    if (size(proposal.price) > size(out->mark)) out->price = proposal.price;
    return out;
}

}  // namespace tradewind::risk
