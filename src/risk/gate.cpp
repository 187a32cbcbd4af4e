// SPDX-License-Identifier: Apache-2.0
#include "risk/gate.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::risk {
namespace {

using base::Int128;

/// No sum of a position and its orders goes beyond: the books' 64-bit sums hold it with room.
constexpr Qty kHoldingMax{INT64_MAX / 4};

Denial deny(DenialReason reason) { return {.reason = reason}; }

/// Notional and fee of a buy.
Money cost_of(Price price, Qty qty, const Instrument& instrument) {
    return abs(notional(price, qty, instrument)) + worst_fee(price, qty, instrument);
}

OrderSpec smaller_of(OrderSpec spec, Qty qty) {
    spec.qty = qty;
    if (spec.display_qty) spec.display_qty = std::min(*spec.display_qty, qty);
    return spec;
}

}  // namespace

Gate::Gate(const Books& books, Settings settings, CalendarKind calendar, std::size_t strategies)
    : books_(books),
      settings_(std::move(settings)),
      reader_(books),
      limits_(books, settings_, calendar, strategies),
      is_restricted_(books.instruments.size(), 0),
      last_sent_(settings_.duplicates.ns > 0 ? strategies : 0) {
    for (const std::string& symbol : settings_.restricted) {
        const Instrument* found = books.instruments.find(symbol);
        ASSERT(found != nullptr);
        is_restricted_[found->id.value] = 1;
    }
}

bool Gate::apply(const Override& order) {
    const Scope wanted{.instrument = order.instrument,
                       .strategy = order.strategy,
                       .until = order.until,
                       .state = order.state,
                       .brake = std::nullopt};
    const bool named = !order.who.empty();
    std::erase_if(scopes_, [&](const Scope& scope) {
        if (scope == wanted) return true;
        return named && scope.instrument == order.instrument && scope.strategy == order.strategy;
    });
    scopes_.push_back(wanted);
    // who lets it trade again knows what is lost
    const bool is_of_all = !order.instrument && !order.strategy;
    if (!named || !is_of_all || denies_growth(order.state)) return false;
    limits_.rebase();
    return true;
}

bool Gate::adds(const orders::Order& order, Timestamp now) const {
    const OrderSpec spec = as_it_stands(order);
    return !reader_.only_reduces({.spec = spec,
                                  .instrument = books_.instruments.at(order.instrument()),
                                  .strategy = order.strategy(),
                                  .now = now,
                                  .price = {},
                                  .replaces = &order});
}

void Gate::apply(const StateChange& change) {
    std::erase_if(scopes_, [&](const Scope& scope) {
        return scope.brake == change.brake && scope.instrument == change.instrument &&
               scope.strategy == change.strategy;
    });
    if (change.to == TradingState::active) return;
    scopes_.push_back({.instrument = change.instrument,
                       .strategy = change.strategy,
                       .until = change.until,
                       .state = change.to,
                       .brake = change.brake});
}

bool Gate::holds(const StateChange& change) const {
    const auto found = std::find_if(scopes_.begin(), scopes_.end(), [&](const Scope& scope) {
        return scope.brake == change.brake && scope.instrument == change.instrument &&
               scope.strategy == change.strategy;
    });
    if (found == scopes_.end()) return change.to == TradingState::active;
    return found->state == change.to && found->until == change.until;
}

TradingState Gate::state_of(const std::optional<StrategyId>& strategy,
                            const std::optional<InstrumentId>& instrument, Timestamp now) const {
    TradingState strictest = TradingState::active;
    for (const Scope& scope : scopes_) {
        if (scope.instrument && scope.instrument != instrument) continue;
        if (scope.strategy && scope.strategy != strategy) continue;
        if (scope.until && *scope.until <= now) continue;
        if (severity(scope.state) > severity(strictest)) strictest = scope.state;
    }
    return strictest;
}

TradingState Gate::state(StrategyId strategy, InstrumentId instrument, Timestamp now) const {
    return state_of(strategy, instrument, now);
}

std::expected<Qty, Denial> Gate::preview(const OrderIntent& intent, Timestamp now) {
    shrunk_.reset();
    if (intent.spec.instrument.value >= books_.instruments.size()) {
        return std::unexpected(deny(DenialReason::unknown_instrument));
    }
    const Instrument& instrument = books_.instruments.at(intent.spec.instrument);
    if (const Refused refused = validate(intent.spec, instrument)) return std::unexpected(*refused);
    if (const Refused refused = check_leg(intent.spec)) return std::unexpected(*refused);
    if (const Refused refused = check_parent(intent)) return std::unexpected(*refused);
    // A child that can only reduce waits for its parent, which was reviewed; it adds no exposure.
    if (intent.links.parent && only_closes(intent.spec)) return intent.spec.qty;
    Proposal proposal{.spec = intent.spec,
                      .instrument = instrument,
                      .strategy = intent.id.strategy(),
                      .now = now};
    const Qty qty = TRY(check(proposal));
    if (qty == intent.spec.qty) return qty;
    // what is left may be less than the instrument's least
    OrderSpec smaller = smaller_of(intent.spec, qty);
    if (validate(smaller, instrument)) return std::unexpected(*std::exchange(shrunk_, {}));
    return qty;
}

std::expected<ApprovedOrder, Denial> Gate::review(const OrderIntent& intent, Timestamp now) {
    const Qty qty = TRY(preview(intent, now));
    const OrderIntent* approved = &intent;
    if (qty != intent.spec.qty) {
        smaller_ = intent;
        smaller_.spec = smaller_of(intent.spec, qty);
        approved = &smaller_;
    }
    on_sent({.spec = approved->spec,
             .instrument = books_.instruments.at(intent.spec.instrument),
             .strategy = intent.id.strategy(),
             .now = now},
            true);
    return ApprovedOrder{*approved};
}

std::expected<ApprovedReplace, Denial> Gate::review(const ReplaceIntent& intent, Timestamp now) {
    shrunk_.reset();
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
    Proposal proposal{.spec = wanted,
                      .instrument = instrument,
                      .strategy = intent.id.strategy(),
                      .now = now,
                      .price = {},
                      .replaces = order};
    // Asking for no more than is filled ends the order, asking for less is a part of a cancel.
    if (!protection && !only_shrinks(wanted, as_it_stands(*order))) {
        const Qty qty = TRY(check(proposal));
        // A change is taken as it is or not at all.
        if (qty != wanted.qty) return std::unexpected(*std::exchange(shrunk_, {}));
    }
    on_sent(proposal, false);
    return ApprovedReplace{intent};
}

void Gate::on_sent(Proposal proposal, bool is_new) {
    if (limits_.counts_orders()) {
        // what only closes may have no price: it counts as none
        proposal.price = reader_.value_price(proposal.spec).value_or(Price{});
        limits_.on_sent(proposal, is_new);
    }
    if (is_new && !last_sent_.empty()) {
        last_sent_[proposal.strategy.value] = {.spec = proposal.spec, .at = proposal.now};
    }
}

std::expected<Qty, Denial> Gate::check(Proposal& proposal) {
    if (const Refused refused = check_expiry(proposal)) return std::unexpected(*refused);
    if (const Refused refused = check_reduce_only(proposal)) return std::unexpected(*refused);
    if (reader_.only_reduces(proposal)) return proposal.spec.qty;
    const Qty reduces = reader_.reducible(proposal);
    auto out = check_growth(proposal);
    // However little may be opened, what is held may be closed.
    if (!out && out.error().would_pass) {
        out.error().would_pass = std::max(*out.error().would_pass, reduces);
    }
    if (out) return std::max(*out, reduces);
    return out;
}

/// The checks of what adds to a position.
std::expected<Qty, Denial> Gate::check_growth(Proposal& proposal) {
    if (const Refused refused = check_state(proposal)) return std::unexpected(*refused);
    if (const Refused refused = check_restricted(proposal)) return std::unexpected(*refused);
    const std::optional<Price> price = reader_.value_price(proposal.spec);
    if (!price) return std::unexpected(deny(DenialReason::unknown_price));
    proposal.price = *price;
    if (const Refused refused = check_size(proposal)) return std::unexpected(*refused);
    if (const Refused refused = check_duplicate(proposal)) return std::unexpected(*refused);
    if (const Refused refused = check_self_trade(proposal)) return std::unexpected(*refused);
    const LimitBook::Verdict verdict = limits_.review(proposal);
    if (verdict.denied) return std::unexpected(*verdict.denied);
    shrunk_ = verdict.shrunk;
    if (verdict.qty == proposal.spec.qty) {
        if (const Refused refused = check_funds(proposal)) return std::unexpected(*refused);
        return verdict.qty;
    }
    OrderSpec smaller = proposal.spec;
    smaller.qty = verdict.qty;
    const Proposal rest{.spec = smaller,
                        .instrument = proposal.instrument,
                        .strategy = proposal.strategy,
                        .now = proposal.now,
                        .price = proposal.price,
                        .replaces = proposal.replaces};
    if (const Refused refused = check_funds(rest)) return std::unexpected(*refused);
    return verdict.qty;
}

Gate::Refused Gate::check_funds(const Proposal& proposal) const {
    const bool pays_in_full = books_.portfolio.settings().kind == portfolio::AccountKind::cash &&
                              !proposal.instrument.is_derivative();
    return pays_in_full ? check_cash(proposal) : check_margin(proposal);
}

Gate::Refused Gate::check_restricted(const Proposal& proposal) const {
    if (is_restricted_[proposal.spec.instrument.value] == 0) return std::nullopt;
    Denial denial = deny(DenialReason::restricted);
    denial.actual = as_amount(proposal.spec.qty);
    denial.would_pass = reader_.reducible(proposal);
    return denial;
}

/// The very same order again, a moment after.
Gate::Refused Gate::check_duplicate(const Proposal& proposal) const {
    if (last_sent_.empty() || proposal.replaces != nullptr) return std::nullopt;
    const Sent& last = last_sent_[proposal.strategy.value];
    if (last.at == kTimestampMin || proposal.now - last.at >= settings_.duplicates) {
        return std::nullopt;
    }
    if (last.spec != proposal.spec) return std::nullopt;
    return Denial{.reason = DenialReason::duplicate,
                  .limit = {Int128{settings_.duplicates.ns} * base::kDecimalOne},
                  .actual = {Int128{(proposal.now - last.at).ns} * base::kDecimalOne},
                  .would_pass = std::nullopt};
}

/// What would trade with an order of the account's own that works at such a price.
Gate::Refused Gate::check_self_trade(const Proposal& proposal) const {
    if (!settings_.denies_self_trades) return std::nullopt;
    const OrderSpec& spec = proposal.spec;
    const bool buys = spec.side == Side::buy;
    for (const orders::Order* order : books_.orders.open_of(spec.instrument)) {
        if (order->side() == spec.side || order == proposal.replaces) continue;
        const OrderSpec other = as_it_stands(*order);
        if (has_trigger(other.type) || has_trigger(spec.type)) continue;
        const bool meets = !spec.limit_price || !other.limit_price ||
                           (buys ? *spec.limit_price >= *other.limit_price
                                 : *spec.limit_price <= *other.limit_price);
        if (!meets) continue;
        return Denial{.reason = DenialReason::self_trade,
                      .limit = as_amount(other.limit_price.value_or(Price{})),
                      .actual = as_amount(spec.limit_price.value_or(proposal.price)),
                      .would_pass = std::nullopt};
    }
    return std::nullopt;
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
    if (!spec.leg || reader_.hedges()) return std::nullopt;
    return deny(DenialReason::unknown_leg);
}

/// What only closes means the strategy's own position.
Gate::Refused Gate::check_reduce_only(const Proposal& proposal) const {
    if (!only_closes(proposal.spec)) return std::nullopt;
    if (reader_.own_closable(proposal).raw > 0) return std::nullopt;
    const Qty own = books_.portfolio.position(proposal.strategy, proposal.spec.instrument).qty;
    return Denial{.reason = DenialReason::reduce_only,
                  .limit = as_amount(reader_.hedges() ? Qty{} : own),
                  .actual = as_amount(proposal.spec.qty),
                  .would_pass = std::nullopt};
}

Gate::Refused Gate::check_state(const Proposal& proposal) const {
    const InstrumentId id = proposal.spec.instrument;
    if (!denies_growth(state(proposal.strategy, id, proposal.now))) return std::nullopt;
    Denial denial = deny(DenialReason::trading_halted);
    denial.actual = as_amount(proposal.spec.qty);
    if (reader_.closable(proposal).raw > 0) {
        denial.would_pass = reader_.reducible(proposal);
        denial.limit = as_amount(*denial.would_pass);
    }
    return denial;
}

Gate::Refused Gate::check_size(const Proposal& proposal) const {
    const Working others = reader_.working(proposal);
    const Qty now = books_.portfolio.sides(proposal.spec.instrument).gross();
    const Int128 all = Int128{now.raw} + others.buys.raw + others.sells.raw + proposal.spec.qty.raw;
    if (all <= kHoldingMax.raw) return std::nullopt;
    return Denial{.reason = DenialReason::above_max_qty,
                  .limit = as_amount(kHoldingMax),
                  .actual = as_amount(proposal.spec.qty),
                  .would_pass = std::nullopt};
}

std::optional<Money> Gate::cash_of_working_buys(const Proposal& proposal) const {
    Money sum;
    for (const orders::Order* order : books_.orders.open_orders()) {
        const Instrument& instrument = books_.instruments.at(order->instrument());
        if (instrument.quote != proposal.instrument.quote || instrument.is_derivative()) continue;
        if (order->side() != Side::buy || order == proposal.replaces) continue;
        const Qty leaves = order->most_leaves();
        if (leaves.raw == 0) continue;
        const std::optional<Price> price = reader_.value_price(*order);
        if (!price) return std::nullopt;
        sum += cost_of(*price, leaves, instrument);
    }
    return sum;
}

Gate::Refused Gate::check_cash(const Proposal& proposal) const {
    const OrderSpec& spec = proposal.spec;
    const Instrument& instrument = proposal.instrument;
    if (spec.side == Side::sell) {
        const Qty free =
            whole_lots(reader_.held(proposal) - reader_.working(proposal).sells, instrument);
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
                  .would_pass = largest_passing(Qty{}, spec.qty, instrument.lot,
                                                [&](Qty qty) { return cost(qty) <= free; })};
}

Gate::Refused Gate::check_margin(const Proposal& proposal) const {
    const Qty qty = proposal.spec.qty;
    const auto needed = reader_.margin_needed(proposal, qty);
    const auto set_aside = reader_.margin_of_working(proposal);
    const auto free = books_.portfolio.free_margin();
    if (!needed || !set_aside || !free) return deny(DenialReason::unknown_price);
    const Money left = *free - *set_aside;
    if (*needed <= left) return std::nullopt;
    const auto passes = [&](Qty less) { return *reader_.margin_needed(proposal, less) <= left; };
    return Denial{.reason = DenialReason::insufficient_margin,
                  .limit = left,
                  .actual = *needed,
                  .would_pass = largest_passing(Qty{}, qty, proposal.instrument.lot, passes)};
}

}  // namespace tradewind::risk
