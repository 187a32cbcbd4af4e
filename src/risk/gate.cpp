// SPDX-License-Identifier: Apache-2.0
#include "risk/gate.hpp"

#include <algorithm>

namespace tradewind::risk {
namespace {

using base::Int128;

Denial deny(DenialReason reason) { return {.reason = reason}; }

/// The margin that opening this notional asks for.
Money initial_margin(Money amount, const Instrument& instrument) {
    return multiply(abs(amount), instrument.margin.initial);
}

/// The order's worst fee: all of it takes liquidity.
Money taker_fee(Price price, Qty qty, const Instrument& instrument) {
    return fee_of({.price = price, .qty = qty}, instrument);
}

/// The largest multiple of the lot at which `unit` each stays within `amount`.
Qty affordable(Money amount, Money unit, Qty lot) {
    if (amount.raw <= 0 || unit.raw <= 0) return {};
    const auto qty = base::mul_div(amount.raw, base::kDecimalOne, unit.raw, base::Rounding::down);
    if (!qty || *qty > INT64_MAX) return {};
    const auto raw = static_cast<std::int64_t>(*qty);
    return {raw - raw % lot.raw};
}

std::int64_t second_of(Timestamp t) { return t.ns / seconds(1).ns; }

}  // namespace

void Gate::apply(const Override& order) {
    std::erase_if(scopes_, [&](const Scope& scope) {
        return scope.instrument == order.instrument && scope.strategy == order.strategy;
    });
    scopes_.push_back({.instrument = order.instrument,
                       .strategy = order.strategy,
                       .until = order.until,
                       .state = order.state});
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
    if (const Refused refused = check_parent(intent)) return std::unexpected(*refused);
    // A child that can only reduce waits for its parent, which was reviewed; it adds no exposure.
    const bool protection = intent.links.parent && intent.spec.reduce_only;
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
    const bool protection = order->intent.links.parent && wanted.reduce_only;
    // Asking for no more than is filled ends the order: that only reduces.
    if (!protection && wanted.qty.raw > 0) {
        Proposal proposal{.spec = wanted,
                          .instrument = instrument,
                          .strategy = intent.id.strategy(),
                          .now = now,
                          .price = {},
                          .replaces = intent.id};
        if (const Refused refused = check(proposal)) return std::unexpected(*refused);
    }
    count_order(now);
    return ApprovedReplace{intent};
}

Gate::Refused Gate::check(Proposal& proposal) {
    const OrderSpec& spec = proposal.spec;
    if (spec.expire_at && *spec.expire_at <= proposal.now) {
        Denial denial = deny(DenialReason::expired);
        denial.limit = {Int128{proposal.now.ns} * base::kDecimalOne};
        denial.actual = {Int128{spec.expire_at->ns} * base::kDecimalOne};
        return denial;
    }
    if (spec.reduce_only) return check_reduce_only(proposal);
    if (only_reduces(proposal)) return std::nullopt;
    if (state(proposal.strategy, spec.instrument, proposal.now) != TradingState::active) {
        return deny(DenialReason::trading_halted);
    }
    const std::optional<Price> price = value_price(spec);
    if (!price) return deny(DenialReason::unknown_price);
    proposal.price = *price;
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

Gate::Refused Gate::check_reduce_only(const Proposal& proposal) const {
    const Qty held = books_.portfolio.position(proposal.strategy, proposal.spec.instrument).qty;
    const bool opposes = proposal.spec.side == Side::sell ? held.raw > 0 : held.raw < 0;
    if (opposes) return std::nullopt;
    return Denial{.reason = DenialReason::reduce_only,
                  .limit = as_amount(held),
                  .actual = as_amount(proposal.spec.qty),
                  .would_pass = std::nullopt};
}

/// What works on one side of the instrument besides the order that this one replaces.
Qty Gate::others_working(const Proposal& proposal, Side side) const {
    const InstrumentId id = proposal.spec.instrument;
    Qty sum = side == Side::buy ? books_.orders.working_buy(id) : books_.orders.working_sell(id);
    if (proposal.replaces && proposal.spec.side == side) {
        sum -= books_.orders.find(*proposal.replaces)->leaves();
    }
    return sum;
}

/// With everything that works on its side it does not outgrow the account's opposite position.
bool Gate::only_reduces(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Qty held = books_.portfolio.position(spec.instrument).qty;
    const bool opposes = spec.side == Side::sell ? held.raw > 0 : held.raw < 0;
    return opposes && others_working(proposal, spec.side) + spec.qty <= abs(held);
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
    const OrderSpec& spec = proposal.spec;
    if (limits_.max_position) {
        const Qty held = books_.portfolio.position(spec.instrument).qty;
        const Qty others = others_working(proposal, spec.side);
        const Qty after = held + signed_qty(spec.side, others + spec.qty);
        if (abs(after) > *limits_.max_position) {
            const Qty room = *limits_.max_position - signed_qty(spec.side, held) - others;
            return Denial{.reason = DenialReason::position_limit,
                          .limit = as_amount(*limits_.max_position),
                          .actual = as_amount(abs(after)),
                          .would_pass = std::max(
                              Qty{}, Qty{room.raw - room.raw % proposal.instrument.lot.raw})};
        }
    }
    if (!limits_.max_order_notional && !limits_.max_gross_exposure) return std::nullopt;
    const auto amount = books_.portfolio.to_base(
        proposal.instrument.quote, abs(notional(proposal.price, spec.qty, proposal.instrument)));
    const auto exposure = books_.portfolio.exposure();
    if (!amount || !exposure) return deny(DenialReason::unknown_price);
    const auto over = [&](const std::optional<Money>& limit, Money actual) -> Refused {
        if (!limit || actual <= *limit) return std::nullopt;
        return Denial{.reason = DenialReason::notional_limit,
                      .limit = *limit,
                      .actual = actual,
                      .would_pass = std::nullopt};
    };
    if (const Refused refused = over(limits_.max_order_notional, *amount)) return refused;
    return over(limits_.max_gross_exposure, exposure->gross + *amount);
}

std::optional<Money> Gate::cash_of_working_buys(const Proposal& proposal) const {
    Money sum;
    for (const orders::Order* order : books_.orders.open_orders()) {
        const Instrument& instrument = books_.instruments.at(order->instrument());
        if (order->side() != Side::buy || instrument.quote != proposal.instrument.quote) continue;
        if (order->intent.spec.reduce_only || order->id() == proposal.replaces) continue;
        if (order->leaves().raw == 0) continue;
        OrderSpec spec = order->intent.spec;
        spec.limit_price = order->terms.limit_price;
        spec.trigger_price = order->terms.trigger_price;
        const std::optional<Price> price = value_price(spec);
        if (!price) return std::nullopt;
        sum += abs(notional(*price, order->leaves(), instrument)) +
               taker_fee(*price, order->leaves(), instrument);
    }
    return sum;
}

Gate::Refused Gate::check_cash(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Instrument& instrument = proposal.instrument;
    if (spec.side == Side::sell) {
        const Qty held = books_.portfolio.position(spec.instrument).qty;
        const Qty free = std::max(Qty{}, held - others_working(proposal, Side::sell));
        return Denial{.reason = DenialReason::short_not_allowed,
                      .limit = as_amount(free),
                      .actual = as_amount(spec.qty),
                      .would_pass = free};
    }
    const std::optional<Money> set_aside = cash_of_working_buys(proposal);
    if (!set_aside) return deny(DenialReason::unknown_price);
    const Money free = books_.portfolio.free_cash(instrument.quote) - *set_aside;
    const Money cost = abs(notional(proposal.price, spec.qty, instrument)) +
                       taker_fee(proposal.price, spec.qty, instrument);
    if (cost <= free) return std::nullopt;
    const Money unit = scale(cost, base::kDecimalOne, spec.qty.raw);
    return Denial{.reason = DenialReason::insufficient_cash,
                  .limit = free,
                  .actual = cost,
                  .would_pass = affordable(free, unit, instrument.lot)};
}

std::optional<Money> Gate::margin_of_working(const Proposal& proposal) const {
    Money sum;
    for (const orders::Order* order : books_.orders.open_orders()) {
        if (order->intent.spec.reduce_only || order->id() == proposal.replaces) continue;
        if (order->leaves().raw == 0) continue;
        const Instrument& instrument = books_.instruments.at(order->instrument());
        const std::optional<Price> price = value_price(order->intent.spec);
        if (!price) return std::nullopt;
        const auto amount = books_.portfolio.to_base(
            instrument.quote,
            initial_margin(notional(*price, order->leaves(), instrument), instrument));
        if (!amount) return std::nullopt;
        sum += *amount;
    }
    return sum;
}

Gate::Refused Gate::check_margin(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Instrument& instrument = proposal.instrument;
    // A flip frees the margin of what it closes: only what it opens asks for more.
    const Qty held = books_.portfolio.position(spec.instrument).qty;
    const bool opposes = spec.side == Side::sell ? held.raw > 0 : held.raw < 0;
    const Qty opened = opposes ? std::max(Qty{}, spec.qty - abs(held) - abs(held)) : spec.qty;
    const auto needed = books_.portfolio.to_base(
        instrument.quote, initial_margin(notional(proposal.price, opened, instrument), instrument) +
                              taker_fee(proposal.price, spec.qty, instrument));
    const auto working = margin_of_working(proposal);
    const auto free = books_.portfolio.free_margin();
    if (!needed || !working || !free) return deny(DenialReason::unknown_price);
    const Money left = *free - *working;
    if (*needed <= left) return std::nullopt;
    return Denial{.reason = DenialReason::insufficient_margin,
                  .limit = left,
                  .actual = *needed,
                  .would_pass = affordable(left, scale(*needed, base::kDecimalOne, spec.qty.raw),
                                           instrument.lot)};
}

}  // namespace tradewind::risk
