// SPDX-License-Identifier: Apache-2.0
#include "sim/order_desk.hpp"

#include <algorithm>
#include <memory>

#include "base/assert.hpp"
#include "base/copy_by_words.hpp"
#include "domain/denial.hpp"

namespace tradewind::sim {
namespace {

using base::Rounding;

InstrumentTable with_fees(const InstrumentTable& table, const std::optional<FeeSchedule>& fees) {
    if (!fees) return table;
    InstrumentTable out;
    for (Instrument instrument : table.all()) {
        instrument.fees = *fees;
        out.add(std::move(instrument));
    }
    return out;
}

std::int64_t scaled(std::int64_t value, std::int64_t numerator, std::int64_t denominator,
                    std::int64_t step, Rounding rounding) {
    const auto steps = base::mul_div(value, numerator, base::Int128{denominator} * step, rounding);
    ASSERT(steps.has_value() && *steps <= INT64_MAX / step && *steps >= INT64_MIN / step);
    return static_cast<std::int64_t>(*steps) * step;
}

}  // namespace

OrderDesk::OrderDesk(const InstrumentTable& table, const WorldSettings& settings)
    : table_(with_fees(table, settings.fees)),
      settings_(settings),
      account_(table_, settings.account, settings.positions),
      fees_(table_, account_, settings.fee_terms),
      report_latency_(settings_.latencies.report, settings_.latencies.seed) {
    if (settings_.margin.liquidates == Liquidates::isolated) isolated_.emplace(table_);
}

Report& ReportQueue::insert(Timestamp ts, OrderId order, bool in_order) {
    const auto first = all_.begin() + static_cast<std::ptrdiff_t>(head_);
    if (in_order) {
        const auto end = all_.rend() - static_cast<std::ptrdiff_t>(head_);
        const auto last = std::find_if(all_.rbegin(), end,
                                       [&](const Report& r) { return r.event.order == order; });
        if (last != end) ts = std::max(ts, last->ts);
    }
    const auto place = std::upper_bound(first, all_.end(), ts,
                                        [](Timestamp t, const Report& r) { return t < r.ts; });
    Report& out = *all_.insert(place, Report{});
    out.ts = ts;
    out.event.order = order;
    return out;
}

VenueReason OrderDesk::fault_of(const OrderIntent& order) const {
    const OrderSpec& spec = order.spec;
    if (spec.instrument.value >= table_.size()) return VenueReason::bad_order;
    if (by_id_.find(order.id.packed)) return VenueReason::bad_order;
    if (spec.leg && !settings_.positions.hedges()) return VenueReason::bad_order;
    if (validate(spec, table_.at(spec.instrument))) return VenueReason::bad_order;
    if (spec.expire_at && spec.expire_at->ns <= now_.ts) return VenueReason::time_in_force;
    return VenueReason::none;
}

OrderSlot OrderDesk::add(const OrderIntent& order) {
    OrderSlot slot = static_cast<OrderSlot>(orders_.size());
    if (free_.empty()) {
        orders_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    VenueOrder& out = *std::construct_at(&orders_[slot]);
    out.id = order.id;
    base::copy_by_words(out.spec, order.spec);
    base::copy_by_words(out.links, order.links);
    out.awake = Qty{INT64_MAX};
    start(out);
    by_id_.set(order.id.packed, slot);
    return slot;
}

std::optional<OrderSlot> OrderDesk::find(OrderId id) const { return by_id_.find(id.packed); }

void OrderDesk::end(VenueOrder& order) {
    ASSERT(!order.ended);
    order.ended = true;
    by_id_.erase(order.id.packed);
}

/// The next report, in its place: it is too large to be copied about.
Report& OrderDesk::add_report(Timestamp true_at, OrderId order) {
    Report& out = reports_.add(now_ts() + report_latency_.next(now_ts()), order,
                               settings_.latencies.reports == ReportOrder::by_order);
    out.ts_event = true_at;
    return out;
}

void OrderDesk::report(OrderEventKind kind, const VenueOrder& order, const OrderDetail& detail) {
    report_to(order.id, order.spec.instrument, kind, detail);
}

void OrderDesk::report_to(OrderId id, InstrumentId instrument, OrderEventKind kind,
                          const OrderDetail& detail) {
    Report& out = add_report(now_ts(), id);
    out.event.kind = kind;
    out.event.instrument = instrument;
    out.event.detail = detail;
}

void OrderDesk::report_terms(OrderEventKind kind, const VenueOrder& order) {
    report(kind, order,
           OrderTerms{.qty = order.spec.qty,
                      .limit_price = order.spec.limit_price,
                      .trigger_price = order.spec.trigger_price});
}

Money OrderDesk::fee(const VenueOrder& order, Price price, Qty qty, Liquidity liquidity) {
    return fees_.fee({.price = price,
                      .qty = qty,
                      .is_maker = liquidity == Liquidity::maker,
                      .paid_so_far = order.fees_paid,
                      .notional_so_far = order.notional_filled,
                      .qty_so_far = order.filled},
                     order.spec.instrument, now_ts());
}

Account::Deal OrderDesk::deal_of(const VenueOrder& order, const Execution& e) const {
    const FeeMeter::Charge charge = fees_.charge(e.fee, order.spec.instrument);
    return {.instrument = order.spec.instrument,
            .side = order.spec.side,
            .price = e.price,
            .qty = e.qty,
            .fee = charge.amount,
            .fee_currency = charge.currency,
            .strategy = order.id.strategy(),
            .leg = order.spec.leg};
}

Qty OrderDesk::closable(StrategyId strategy, const OrderSpec& spec) const {
    return account_.closable({.instrument = spec.instrument,
                              .side = spec.side,
                              .price = {},
                              .qty = {},
                              .fee = {},
                              .fee_currency = {},
                              .strategy = strategy,
                              .leg = spec.leg});
}

void OrderDesk::execute(VenueOrder& order, const Execution& e) {
    if (!settings_.positions.hedges()) [[likely]]
        return execute_part(order, e, std::nullopt);
    if (order.spec.leg) return execute_part(order, e, order.spec.leg);
    const Leg closed = leg_closed_by(order.spec.side), opened = leg_opened_by(order.spec.side);
    const Qty closes = std::min(closable(order.id.strategy(), order.spec), e.qty);
    if (closes.raw == 0) return execute_part(order, e, opened);
    if (closes == e.qty) return execute_part(order, e, closed);
    Execution first = e, second = e;
    first.qty = closes;
    first.fee = scale(e.fee, closes.raw, e.qty.raw);
    second.qty = e.qty - closes;
    second.fee = e.fee - first.fee;
    execute_part(order, first, closed);
    execute_part(order, second, opened);
}

void OrderDesk::execute_part(VenueOrder& order, const Execution& e, std::optional<Leg> leg) {
    const Instrument& of = instrument(order);
    ASSERT(e.qty.raw > 0 && e.qty <= order.spec.qty - order.filled);
    Account::Deal deal = deal_of(order, e);
    deal.leg = leg;
    const Money traded = abs(notional(e.price, e.qty, of));
    order.filled += e.qty;
    order.fees_paid += e.fee;
    order.notional_filled += traded;
    if (isolated_) isolated_->apply(deal, account_.holding_of(deal), account_);
    account_.apply(deal);
    fees_.traded(of.id, e.qty, traded, now_ts());
    ++counts_.fills;
    if (e.basis.ambiguous) ++counts_.ambiguous_fills;
    const bool done = order.filled == order.spec.qty;
    Report& out = add_report(e.true_at, order.id);
    out.event.kind = done ? OrderEventKind::filled : OrderEventKind::partially_filled;
    out.event.instrument = of.id;
    out.event.detail.emplace<Fill>(Fill{.price = e.price,
                                        .qty = e.qty,
                                        .side = order.spec.side,
                                        .liquidity = e.liquidity,
                                        .leg = leg,
                                        .fee = deal.fee,
                                        .fee_currency = deal.fee_currency,
                                        .basis = e.basis,
                                        .trade_number = ++trades_});
}

void OrderDesk::close_out(const Holding& holding, const Execution& e) {
    const InstrumentId instrument = holding.instrument;
    const Instrument& of = table_.at(instrument);
    const Qty before = account_.held(holding);
    Money fee = e.fee + fees_.fee({.price = e.price, .qty = e.qty}, instrument, now_ts());
    if (isolated_) {
        const Money left = isolated_->standing(holding, before, e.price).equity;
        fee = std::min(fee, std::max(left, Money{}));
    }
    const FeeMeter::Charge charge = fees_.charge(fee, instrument);
    const Account::Deal deal{.instrument = instrument,
                             .side = before.raw > 0 ? Side::sell : Side::buy,
                             .price = e.price,
                             .qty = e.qty,
                             .fee = charge.amount,
                             .fee_currency = charge.currency,
                             .strategy = holding.strategy,
                             .leg = holding.leg};
    if (isolated_) isolated_->apply(deal, holding, account_);
    account_.apply(deal);
    fees_.traded(instrument, e.qty, abs(notional(e.price, e.qty, of)), now_ts());
    ++counts_.liquidations;
    if (e.basis.ambiguous) ++counts_.ambiguous_fills;
    tell_account(
        Liquidation{.instrument = instrument,
                    .strategy = holding.leg ? std::optional{holding.strategy} : std::nullopt,
                    .fill = {.price = e.price,
                             .qty = e.qty,
                             .side = deal.side,
                             .liquidity = Liquidity::taker,
                             .leg = holding.leg,
                             .fee = deal.fee,
                             .fee_currency = deal.fee_currency,
                             .basis = e.basis,
                             .trade_number = ++trades_}});
}

void OrderDesk::tell_account(const Payload& payload) {
    const Timestamp now = now_ts();
    const Timestamp at = std::max(now + report_latency_.next(now), reports_.last_ts());
    if (at > now) reports_.hold_until(at + nanoseconds(1));
    news_.push_back({.ts = at, .ts_event = now, .payload = payload});
}

std::optional<OrderSpec> OrderDesk::changed(const VenueOrder& order,
                                            const OrderChange& change) const {
    OrderSpec spec = order.spec;
    if (change.limit_price && !spec.limit_price) return std::nullopt;
    if (change.trigger_price && !spec.trigger_price) return std::nullopt;
    // A stop that was set off has no trigger left to move.
    if (change.trigger_price && order.triggered) return std::nullopt;
    if (change.qty) spec.qty = *change.qty;
    if (change.limit_price) spec.limit_price = change.limit_price;
    if (change.trigger_price) spec.trigger_price = change.trigger_price;
    if (spec.qty <= order.filled) return std::nullopt;
    if (spec.display_qty && *spec.display_qty > spec.qty) spec.display_qty = spec.qty;
    if (validate(spec, instrument(order))) return std::nullopt;
    return spec;
}

bool OrderDesk::restate(VenueOrder& order, const CorporateAction& split) const {
    const Instrument& of = instrument(order);
    const auto quantity = [&](Qty q) {
        return Qty{scaled(q.raw, split.new_shares, split.old_shares, of.lot.raw, Rounding::down)};
    };
    const auto price = [&](Price p, Rounding rounding) {
        return Price{scaled(p.raw, split.old_shares, split.new_shares, of.tick.raw, rounding)};
    };
    OrderSpec& spec = order.spec;
    spec.qty = order.filled + quantity(spec.qty - order.filled);
    if (order.awake.raw != INT64_MAX)
        order.awake = order.filled + quantity(order.awake - order.filled);
    if (spec.display_qty) spec.display_qty = std::max(quantity(*spec.display_qty), of.lot);
    // A limit never moves to where it promises more than it did.
    const Rounding kept = order.is_buy() ? Rounding::floor : Rounding::ceil;
    if (spec.limit_price) spec.limit_price = price(*spec.limit_price, kept);
    if (spec.trigger_price) spec.trigger_price = price(*spec.trigger_price, Rounding::half_even);
    if (spec.trailing && spec.trailing->unit == OffsetUnit::price) {
        spec.trailing->value =
            std::max(price({spec.trailing->value}, Rounding::half_even), of.tick).raw;
    }
    if (spec.trailing_limit && spec.trailing_limit->unit == OffsetUnit::price) {
        spec.trailing_limit->value = price({spec.trailing_limit->value}, Rounding::half_even).raw;
    }
    return spec.qty > order.filled;
}

}  // namespace tradewind::sim
