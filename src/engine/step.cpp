// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "engine/engine.hpp"
#include "engine/slot.hpp"
#include "risk/statistics.hpp"

/// The order of the pipeline: books first, then brakes that a price fires, then the strategies, and
/// their wishes through the risk gate (decide.cpp) before the next strategy is told. Then the
/// account is marked, and brakes hear of the rest.
namespace tradewind::engine {

std::expected<std::span<const Decision>, StepError> Engine::step(const Event& event) {
    decisions_.clear();
    if (!admit(event)) return std::unexpected(*error_);
    if (watches_days_ && now_ > risk_day_end_) [[unlikely]]
        end_risk_day();
    if (const auto* bar = std::get_if<Bar>(&event.payload)) [[likely]] {
        on(*bar);
    } else if (const auto* order = std::get_if<OrderEvent>(&event.payload)) {
        on(*order);
    } else {
        std::visit([this](const auto& payload) { on(payload); }, event.payload);
    }
    if (has_stops_) [[unlikely]]
        keep_stops(event);
    if (!brakes_.empty() || gate_.has_states()) [[unlikely]]
        brake(event);
    if (error_) return std::unexpected(*error_);
    return std::span<const Decision>{decisions_};
}

/// Brakes see the event once all stages have; what they stop is in the same step's decisions.
[[gnu::noinline]] void Engine::brake(const Event& event) {
    brakes_.on_event(now_);
    trades_.take_fresh([this](const monitor::ClosedTrade& trade) {
        brakes_.on_trade(trade.strategy, trade.instrument, now_, trade.net_pnl);
    });
    apply_brakes();
    // not at once where an order was refused: it would be again
    const auto about = instrument_of(event.payload);
    const bool is_market = about && !std::holds_alternative<OrderEvent>(event.payload);
    if (is_market && !error_ && gate_.has_states()) flatten_rest(*about);
}

/// Whether the event is about an instrument of this run, or about none. Bars first and without an
/// optional, which is written in parts and read back whole: the wait for that was a fifth of a
/// bar's time.
bool Engine::is_about_known(const Payload& payload) const {
    if (const auto* bar = std::get_if<Bar>(&payload)) [[likely]] {
        return bar->instrument.value < known_;
    }
    const auto about = instrument_of(payload);
    return !about || about->value < known_;
}

bool Engine::admit(const Event& event) {
    const bool is_known = is_about_known(event.payload);
    if (error_ || event.seq != seq_ + 1 || event.ts < now_ || !is_known) [[unlikely]] {
        reject(event, is_known);
        return false;
    }
    seq_ = event.seq;
    now_ = event.ts;
    happened_ = event.ts_event;
    if (!started_ && !std::holds_alternative<CashFlow>(event.payload)) [[unlikely]] {
        start_strategies();
    }
    return !error_;
}

/// Says why an event cannot be taken. An engine that has failed stays failed.
void Engine::reject(const Event& event, bool is_known) {
    if (error_) return;
    const bool in_sequence = event.seq == seq_ + 1;
    if (in_sequence) seq_ = event.seq;
    if (!in_sequence) {
        fault(StepFault::out_of_sequence,
              fmt::format("event {} came where {} is due", event.seq, seq_ + 1));
    } else if (event.ts < now_) {
        fault(StepFault::time_went_back,
              fmt::format("event {} at {} is earlier than the one before it at {}", event.seq,
                          to_string(event.ts), to_string(now_)));
    } else if (!is_known) {
        fault(StepFault::unknown_instrument,
              fmt::format("event {} is about instrument {}, this run has {}", event.seq,
                          instrument_of(event.payload)->value, instruments_.size()));
    }
}

/// The first event that is not a deposit opens the run: what is in the account then is the start
/// capital.
void Engine::start_strategies() {
    started_ = true;
    open_account();
    for (const auto& slot : slots_) {
        tell(*slot, [](signal::Strategy& s, signal::Context& c) { s.on_start(c); });
    }
}

// --- market -------------------------------------------------------------------------------------

inline void Engine::on(const Bar& bar) {
    market_.apply(now_, bar);
    const bool is_mark =
        bar.spec.source == PriceSource::last || bar.spec.source == PriceSource::mid;
    if (is_mark) [[likely]] {
        mark(bar.instrument, bar.close);
    } else if (const auto price = market_.mark(bar.instrument)) {
        mark(bar.instrument, *price);
    }
    trades_.on_bar(bar);
    if (statistics_) [[unlikely]]
        statistics_->on_volume(bar);
    brake_first();
    for (const std::size_t i : aggregators_of_[bar.instrument.value]) {
        for (const auto& closed : aggregators_[i].on_bar(now_, bar))
            on_closed_bar(closed.bar, closed.ts);
    }
    on_closed_bar(bar, now_);
    sample(now_);
}

[[gnu::always_inline]] inline void Engine::on_closed_bar(const Bar& bar, Timestamp closed) {
    for (Slot* slot : slots_of_[bar.instrument.value]) {
        if (!slot->wants(bar.spec)) continue;
        if (slot->stops) [[unlikely]]
            slot->stops->watch.on_bar(bar);
        if (has_sizers_) [[unlikely]]
            slot->context.read(bar);
        tell(*slot, [&](signal::Strategy& s, signal::Context& c) { s.on_bar(c, bar); });
    }
    if (!tapped_.empty()) [[unlikely]]
        tap(bar, closed);
}

/// Features of one's own bars are there with the bar. Others wait for the rest of the instant: a
/// timer that is due now comes after all bars that close now.
[[gnu::noinline]] void Engine::tap(const Bar& bar, Timestamp closed) {
    for (Slot* slot : tapped_) {
        if (!slot->features->take(closed, bar)) continue;
        if (!slot->features->waits()) {
            tell_features(*slot);
        } else if (!std::exchange(slot->awaits_instant, true)) {
            const Timer timer{.strategy = slot->id, .timer = kInstantEnds};
            decisions_.emplace_back(Command{SetTimer{.timer = timer, .at = now_}});
        }
    }
}

void Engine::tell_features(Slot& slot) {
    slot.awaits_instant = false;
    slot.features->run([&](const signal::FeatureRow& row) {
        tell(slot, [&](signal::Strategy& s, signal::Context& c) { s.on_features(c, row); });
        if (slot.models) predict(slot, row);
    });
}

void Engine::predict(Slot& slot, const signal::FeatureRow& row) {
    const auto price = market_.mark(row.instrument);
    const Prediction& prediction = slot.models->take({.instrument = row.instrument,
                                                      .known_at = row.known_at,
                                                      .values = row.values,
                                                      .close = price ? to_double(*price) : 0.0});
    tell(slot, [&](signal::Strategy& s, signal::Context& c) { s.on_prediction(c, prediction); });
}

void Engine::on(const Quote& quote) {
    market_.apply(now_, quote);
    const Price price = market::Market::middle(quote.bid, quote.ask);
    mark(quote.instrument, price);
    trades_.on_mark(quote.instrument, price);
    brake_first();
    for (const std::size_t i : aggregators_of_[quote.instrument.value]) {
        for (const auto& closed : aggregators_[i].on_quote(now_, quote))
            on_closed_bar(closed.bar, closed.ts);
    }
    tell_all(quote.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_quote(c, quote); });
    sample(now_);
}

void Engine::on(const Trade& trade) {
    market_.apply(now_, trade);
    mark(trade.instrument, trade.price);
    trades_.on_mark(trade.instrument, trade.price);
    if (statistics_) statistics_->on_volume(trade);
    brake_first();
    for (const std::size_t i : aggregators_of_[trade.instrument.value]) {
        for (const auto& closed : aggregators_[i].on_trade(now_, trade))
            on_closed_bar(closed.bar, closed.ts);
    }
    tell_all(trade.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_trade(c, trade); });
    sample(now_);
}

void Engine::on(const BookLevel& level) {
    const bool is_whole = market_.apply(now_, level);
    tell_all(level.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_book_level(c, level); });
    if (is_whole) on_whole_book(level.instrument);
}

void Engine::on(const BookOrder& order) {
    const bool is_whole = market_.apply(now_, order);
    tell_all(order.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_book_order(c, order); });
    if (is_whole) on_whole_book(order.instrument);
}

/// Once a message: between its rows a book is not what anybody could have traded on.
void Engine::on_whole_book(InstrumentId instrument) {
    if (const auto price = market_.mark(instrument)) {
        mark(instrument, *price);
        trades_.on_mark(instrument, *price);
        brake_first();
    }
    tell_all(instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_book(c, instrument); });
    sample(now_);
}

void Engine::on(const TradingStatus& status) {
    market_.apply(now_, status);
    tell_all(status.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_trading_status(c, status); });
}

void Engine::on(const Funding& funding) {
    portfolio_.apply(funding, market_.mark(funding.instrument));
    tell_all(funding.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_funding(c, funding); });
    sample(now_);
}

void Engine::on(const CorporateAction& action) {
    market_.apply(now_, action);
    portfolio_.apply(action);
    if (action.kind == CorporateActionKind::split) {
        trades_.on_split(now_, action);
        const double ratio =
            static_cast<double>(action.old_shares) / static_cast<double>(action.new_shares);
        for (const auto& slot : slots_) slot->context.on_split(action.instrument, ratio);
        if (statistics_) {
            statistics_->on_split(action.instrument, action.new_shares, action.old_shares);
        }
    }
    if (action.kind == CorporateActionKind::cash_dividend && statistics_) {
        statistics_->on_dividend(action.instrument, action.amount);
    }
    if (action.kind == CorporateActionKind::delisting) trades_.on_delisting(now_, action);
    if (const auto price = market_.mark(action.instrument)) mark(action.instrument, *price);
    tell_all(action.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_corporate_action(c, action); });
    sample(now_);
}

// --- news and economy ---------------------------------------------------------------------------

void Engine::on(const NewsItem& news) {
    tell_all(news.instrument, [&](signal::Strategy& s, signal::Context& c) { s.on_news(c, news); });
}

void Engine::on(const SentimentScore& score) {
    tell_all(score.instrument,
             [&](signal::Strategy& s, signal::Context& c) { s.on_sentiment(c, score); });
}

void Engine::on(const EconomicRelease& release) {
    tell_all(std::nullopt,
             [&](signal::Strategy& s, signal::Context& c) { s.on_economic_release(c, release); });
}

// --- ourselves ----------------------------------------------------------------------------------

void Engine::on(const Timer& timer) {
    if (timer.strategy.value >= slots_.size()) return;  // of a strategy that this run does not have
    Slot& slot = *slots_[timer.strategy.value];
    if (timer.timer == kInstantEnds && slot.features) return tell_features(slot);
    tell(slot, [&](signal::Strategy& s, signal::Context& c) { s.on_timer(c, timer.timer); });
}

void Engine::on(const CashFlow& flow) {
    portfolio_.apply(flow);
    if (started_) note_flow(flow);
    if (started_) sample(now_);
}

/// What is paid in or out is no profit or loss: peaks move with it.
void Engine::note_flow(const CashFlow& flow) {
    const bool is_capital = flow.reason == CashReason::deposit ||
                            flow.reason == CashReason::withdrawal ||
                            flow.reason == CashReason::correction;
    if (!is_capital || !watches_equity_) return;
    const auto amount = portfolio_.to_base(flow.currency, flow.amount);
    if (!amount) return;
    gate_.limits().on_flow(*amount);
    brakes_.on_flow(*amount, gate_.limits().watch());
}

void Engine::on(const Override& order) {
    if (gate_.apply(order)) brakes_.rebase(gate_.limits().watch());
    enforce(order.strategy, order.instrument, order.state);
}

/// No model is served yet; the event is kept in the log for the run that serves one.
void Engine::on(const ModelPromoted&) {}

void Engine::on(const EndOfData&) {
    for (std::size_t i = 0; i < aggregators_.size(); ++i) {
        if (const auto closed = aggregators_[i].flush()) on_closed_bar(closed->bar, closed->ts);
    }
    for (Slot* slot : tapped_) {
        if (slot->awaits_instant) tell_features(*slot);
    }
    tell_all(std::nullopt, [](signal::Strategy& s, signal::Context& c) { s.on_end(c); });
    sample(now_);
    if (watches_days_) note_risk_day();
}

// --- orders -------------------------------------------------------------------------------------

void Engine::on(const OrderEvent& event) {
    const orders::Applied applied = orders_.apply(event, now_);
    const std::optional<InstrumentId> traded =
        applied.order != nullptr ? std::optional{applied.order->instrument()} : std::nullopt;
    if (applied.booked) book_fill(*applied.order, *applied.booked);
    const StrategyId owner = event.order.strategy();
    if (owner.value >= slots_.size()) return;
    if (event.kind == OrderEventKind::rejected && traded) {
        brakes_.on_reject(owner, *traded, now_);
    }
    Slot& slot = *slots_[owner.value];
    if (event.kind == OrderEventKind::canceled && traded) go_on_closing(slot, *traded);
    tell(slot, [&](signal::Strategy& s, signal::Context& c) { s.on_order(c, event); });
    if (!applied.closed_now()) return;
    tell(slot, [&](signal::Strategy&, signal::Context& c) { c.order_closed(*traded); });
}

/// A fill of an order; of its leg, where the report names none.
void Engine::book_fill(const orders::Order& order, const Fill& fill) {
    const std::optional<Leg>& leg = order.intent.spec.leg;
    const auto book = [&](const Fill& booked) {
        book_fill({.strategy = order.strategy(),
                   .instrument = order.instrument(),
                   .fill = booked,
                   .tag = order.intent.spec.tag});
    };
    if (fill.leg || !leg) [[likely]]
        return book(fill);
    Fill of_leg = fill;
    of_leg.leg = leg;
    book(of_leg);
}

/// What was traded is what the order says, whatever the report calls it.
void Engine::book_fill(const Booking& booking) {
    const Fill& fill = booking.fill;
    const Instrument& instrument = instruments_.at(booking.instrument);
    const portfolio::FillOutcome outcome =
        portfolio_.apply_fill(booking.strategy, instrument.id, fill);
    const std::optional<Price> rate = portfolio_.rate(instrument.quote);
    if (!rate) ++unvalued_fills_;
    trades_.on_fill({.ts = happened_,
                     .strategy = booking.strategy,
                     .instrument = instrument.id,
                     .fill = fill,
                     .fee = outcome.fee.value_or(Money{}),
                     .tag = booking.tag,
                     .rate = rate.value_or(Price{base::kDecimalOne})});
    ++fills_;
    if (outcome.fee && outcome.fee->raw != 0) {
        fees_ += portfolio_.to_base(instrument.quote, *outcome.fee).value_or(*outcome.fee);
    }
    if (fill.basis.ambiguous) ++ambiguous_fills_;
    // A venue that names no price before slippage counts as one without.
    const Price reference = fill.basis.reference.raw != 0 ? fill.basis.reference : fill.price;
    const PriceDelta worse =
        fill.side == Side::buy ? fill.price - reference : reference - fill.price;
    const Money cost =
        scale(multiply(worse, fill.qty), instrument.multiplier.raw, base::kDecimalOne);
    const Money cost_in_base = portfolio_.to_base(instrument.quote, cost).value_or(cost);
    slippage_ += cost_in_base;
    const Money amount = abs(notional(fill.price, fill.qty, instrument));
    if (!brakes_.empty()) [[unlikely]]
        brakes_.on_fill(
            booking.strategy, instrument.id, now_,
            {.cost = cost_in_base,
             .notional = portfolio_.to_base(instrument.quote, amount).value_or(amount)});
    if (sampler_) {
        sampler_->traded(to_double(portfolio_.to_base(instrument.quote, amount).value_or(amount)));
    }
    // The venue traded there: until the market speaks again that is the latest price.
    mark(instrument.id, reference);
    sample(now_);
}

void Engine::on(const MarginCall& call) {
    ++margin_calls_;
    const auto tell_of_it = [&](signal::Strategy& s, signal::Context& c) {
        s.on_margin_call(c, call);
    };
    if (call.instrument) return tell_owner(call.strategy, *call.instrument, tell_of_it);
    tell_all(std::nullopt, tell_of_it);
}

void Engine::on(const Liquidation& liquidation) {
    ++liquidations_;
    for (const portfolio::StrategyFill& part : portfolio_.shares_of(liquidation)) {
        book_fill({.strategy = part.strategy,
                   .instrument = liquidation.instrument,
                   .fill = part.fill,
                   .tag = Tag{"liquidation"}});
    }
    tell_owner(liquidation.strategy, liquidation.instrument,
               [&](signal::Strategy& s, signal::Context& c) { s.on_liquidation(c, liquidation); });
}

// --- the account --------------------------------------------------------------------------------

/// The equity curve begins where the account can be valued: deposits of several currencies wait for
/// their rates.
void Engine::open_account() {
    const std::optional<Money> equity = portfolio_.equity();
    if (!equity) return;
    start_equity_ = *equity;
    sampler_.emplace(sampling_, start_equity_);
}

}  // namespace tradewind::engine
