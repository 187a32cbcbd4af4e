// SPDX-License-Identifier: Apache-2.0
#include "signal/market_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "market/market.hpp"

namespace tradewind::signal {
namespace {

/// A price moved by whole ticks.
Price moved(Price from, std::int64_t ticks, Price tick) { return {from.raw + ticks * tick.raw}; }

bool is_final(OrderEventKind kind) {
    switch (kind) {
        case OrderEventKind::denied:
        case OrderEventKind::rejected:
        case OrderEventKind::canceled:
        case OrderEventKind::expired:
        case OrderEventKind::filled: return true;
        case OrderEventKind::emulated:
        case OrderEventKind::released:
        case OrderEventKind::submitted:
        case OrderEventKind::accepted:
        case OrderEventKind::triggered:
        case OrderEventKind::replace_pending:
        case OrderEventKind::replaced:
        case OrderEventKind::replace_rejected:
        case OrderEventKind::cancel_pending:
        case OrderEventKind::cancel_rejected:
        case OrderEventKind::partially_filled:
        case OrderEventKind::adjusted:
        case OrderEventKind::busted: return false;
    }
    return false;
}

/// Whether an order was denied for what is held, which no other price changes.
bool is_of_account(DenialReason reason) {
    switch (reason) {
        case DenialReason::insufficient_cash:
        case DenialReason::insufficient_margin:
        case DenialReason::reduce_only:
        case DenialReason::position_limit:
        case DenialReason::notional_limit:
        case DenialReason::risk_limit:
        case DenialReason::restricted:
        case DenialReason::short_not_allowed: return true;
        case DenialReason::malformed:
        case DenialReason::unknown_instrument:
        case DenialReason::unknown_price:
        case DenialReason::unknown_order:
        case DenialReason::off_tick:
        case DenialReason::off_lot:
        case DenialReason::below_min_qty:
        case DenialReason::above_max_qty:
        case DenialReason::below_min_notional:
        case DenialReason::above_max_notional:
        case DenialReason::order_rate:
        case DenialReason::trading_halted:
        case DenialReason::would_cross_post_only:
        case DenialReason::expired:
        case DenialReason::unknown_leg:
        case DenialReason::duplicate:
        case DenialReason::self_trade:
        case DenialReason::unknown_risk: return false;
    }
    return false;
}

}  // namespace

MarketMaker::MarketMaker(const StrategySetup& setup, ParamReader& params)
    : model_{.gamma = params.real("gamma", 0.1, 1e-9, 1e9),
             .kappa = params.real("kappa", 1.5, 1e-9, 1e9),
             .horizon_s = params.real("horizon", 60.0, 0.0, 1e6)},
      size_(params.qty("size", whole_qty(1))),
      limit_(params.qty("limit", Qty{})),
      min_spread_(params.whole("min-spread", 1, 1, 1'000'000)),
      requote_(params.whole("requote", 1, 1, 1'000'000)) {
    const auto window = static_cast<std::size_t>(params.whole("window", 60, 2, 86'400));
    params.require(size_.raw > 0, "size must be above 0");
    params.require(limit_.raw == 0 || limit_ >= size_, "limit must be size or more");
    if (limit_.raw == 0) limit_ = Qty{std::min(size_.raw, INT64_MAX / 10) * 10};
    for (const InstrumentId id : setup.traded) {
        const Instrument& instrument = setup.instruments.at(id);
        params.require(size_.raw % instrument.lot.raw == 0,
                       fmt::format("size {} is no multiple of the lot of {}, {}", to_string(size_),
                                   instrument.symbol, to_string(instrument.lot)));
    }
    states_.assign(setup.instruments.size(), State{.variance = SampledVariance{window}});
}

void MarketMaker::on_quote(Context& context, const Quote& quote) {
    look(context, quote.instrument);
}

void MarketMaker::on_book(Context& context, InstrumentId instrument) { look(context, instrument); }

/// What is quoted on a book that has lost its thread is quoted blindly.
void MarketMaker::on_book_level(Context& context, const BookLevel& row) {
    const market::LevelBook* book = context.market().levels(row.instrument);
    if (book == nullptr || !book->awaits_snapshot()) return;
    State& state = states_[row.instrument.value];
    pull(context, state.buy);
    pull(context, state.sell);
}

void MarketMaker::look(Context& context, InstrumentId instrument) {
    const Quote* touch = context.market().quote(instrument);
    if (touch == nullptr) return;
    State& state = states_[instrument.value];
    state.variance.add(context.now(), to_double(market::Market::middle(touch->bid, touch->ask)));
    if (!state.variance.ready()) return;
    if (state.variance.ended() != state.variance_of) {
        state.variance_of = state.variance.ended();
        state.sigma2 = state.variance.per_second();
    }
    quote(context, instrument);
}

void MarketMaker::quote(Context& context, InstrumentId id) {
    const Quote* touch = context.market().quote(id);
    const State& state = states_[id.value];
    if (touch == nullptr || !state.variance.ready()) return;
    const Instrument& instrument = context.instruments().at(id);
    const Wanted want = wanted(context, instrument, state, *touch);
    pursue(context, instrument, Side::buy, want.bid);
    pursue(context, instrument, Side::sell, want.ask);
}

MarketMaker::Wanted MarketMaker::wanted(const Context& context, const Instrument& instrument,
                                        const State& state, const Quote& touch) const {
    const Qty held = context.position(instrument.id);
    const double middle = to_double(market::Market::middle(touch.bid, touch.ask));
    const double inventory = to_double(held) / to_double(size_);
    const double centre = model_.reservation_price(middle, inventory, state.sigma2);
    const double least = static_cast<double>(min_spread_) * to_double(instrument.tick);
    const double half = std::max(model_.spread(state.sigma2), least) / 2.0;
    auto bid = round_to_tick(centre - half, instrument.tick, TickRounding::down);
    auto ask = round_to_tick(centre + half, instrument.tick, TickRounding::up);
    if (bid) bid = std::min(*bid, moved(touch.ask, -1, instrument.tick));
    if (ask) ask = std::max(*ask, moved(touch.bid, 1, instrument.tick));
    if (held + size_ > limit_ || (bid && bid->raw <= 0)) bid.reset();
    if (held - size_ < -limit_) ask.reset();
    return {.bid = bid, .ask = ask};
}

void MarketMaker::pursue(Context& context, const Instrument& instrument, Side side,
                         std::optional<Price> price) {
    Working& order = side_of(states_[instrument.id.value], side);
    if (!price) return pull(context, order);
    if (!order.id) {
        if (order.is_barred || order.refused == price) return;
        order = {.id = context.submit({.instrument = instrument.id,
                                       .side = side,
                                       .type = OrderType::limit,
                                       .post_only = true,
                                       .qty = size_,
                                       .limit_price = price,
                                       .tag = Tag{"quote"}}),
                 .price = *price,
                 .asked = *price};
        return;
    }
    const std::int64_t away = std::abs(price->raw - order.price.raw);
    if (!order.is_settled || away < requote_ * instrument.tick.raw) return;
    if (order.refused == price) return;
    context.replace(*order.id, {.qty = {}, .limit_price = price, .trigger_price = {}});
    order.asked = *price;
    order.is_settled = false;
}

void MarketMaker::pull(Context& context, Working& order) {
    if (!order.id || !order.is_settled) return;
    context.cancel(*order.id);
    order.is_settled = false;
}

MarketMaker::Working* MarketMaker::find(InstrumentId instrument, OrderId id) {
    State& state = states_[instrument.value];
    if (state.buy.id == id) return &state.buy;
    if (state.sell.id == id) return &state.sell;
    return nullptr;
}

void MarketMaker::on_order(Context& context, const OrderEvent& event) {
    Working* order = find(event.instrument, event.order);
    if (order == nullptr) return;
    if (is_final(event.kind)) {
        order->forget();
    } else if (event.kind == OrderEventKind::replaced) {
        order->price = order->asked;
        order->is_settled = true;
    } else if (event.kind == OrderEventKind::accepted ||
               event.kind == OrderEventKind::replace_rejected ||
               event.kind == OrderEventKind::cancel_rejected) {
        order->is_settled = true;
    }
    const bool is_fill =
        event.kind == OrderEventKind::filled || event.kind == OrderEventKind::partially_filled;
    if (!is_fill) return;
    // With another position another answer may come.
    State& state = states_[event.instrument.value];
    for (Working* side : {&state.buy, &state.sell}) {
        side->refused.reset();
        side->is_barred = false;
    }
    quote(context, event.instrument);
}

/// The same price would be refused again; another may not be, unless the account itself is the
/// reason.
void MarketMaker::on_refusal(Context& /*context*/, const Refusal& refusal) {
    Working* order = find(refusal.instrument, refusal.id);
    if (order == nullptr) return;
    order->refused = order->asked;
    order->is_barred = refusal.new_order && is_of_account(refusal.denial.reason);
    order->is_settled = true;
    if (refusal.new_order) order->forget();
}

}  // namespace tradewind::signal
