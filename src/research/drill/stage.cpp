// SPDX-License-Identifier: Apache-2.0
#include "research/drill/stage.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "signal/strategy.hpp"

namespace tradewind::research::drill {
namespace {

/// A Tuesday, within the session of every calendar.
constexpr Timestamp kCurtain{1'704'207'600'000'000'000};  // 2024-01-02T15:00:00Z

}  // namespace

/// Asks for what it was given with the next event that is about no instrument.
class Stage::Puppet final : public signal::Strategy {
public:
    void on_economic_release(signal::Context& context, const EconomicRelease&) override {
        if (wish) context.submit(*std::exchange(wish, std::nullopt));
    }
    std::optional<OrderSpec> wish;
};

namespace {

std::vector<engine::StrategySlot> one_slot(std::unique_ptr<signal::Strategy> strategy,
                                           const InstrumentTable& instruments) {
    std::vector<InstrumentId> all;
    for (std::uint32_t i = 0; i < instruments.size(); ++i) all.emplace_back(i);
    std::vector<engine::StrategySlot> out;
    out.push_back({.name = "drill",
                   .strategy = std::move(strategy),
                   .instruments = std::move(all),
                   .bars = std::nullopt});
    return out;
}

}  // namespace

Stage::Stage(const InstrumentTable& instruments, const engine::EngineSettings& settings,
             Money capital)
    : instruments_(instruments),
      engine_(instruments, settings,
              [&] {
                  auto puppet = std::make_unique<Puppet>();
                  puppet_ = puppet.get();
                  return one_slot(std::move(puppet), instruments);
              }()),
      now_(kCurtain),
      between_(seconds(1)),
      prices_(instruments.size()) {
    tell(CashFlow{settings.base, capital, CashReason::deposit});
}

void Stage::price(InstrumentId instrument, double price) {
    const auto on_tick =
        round_to_tick(price, instruments_.at(instrument).tick, TickRounding::nearest);
    if (!on_tick || on_tick->raw <= 0) return;
    prices_[instrument.value] = to_double(*on_tick);
    tell(Trade{
        .instrument = instrument, .price = *on_tick, .size = instruments_.at(instrument).lot});
}

void Stage::pass(Duration time) {
    now_ = now_ + time - between_;
    tell(EconomicRelease{});
}

void Stage::ask(const OrderSpec& spec) {
    denial_.reset();
    puppet_->wish = spec;
    tell(EconomicRelease{});
}

void Stage::person_resumes(const StateChange& stopped) {
    tell(Override{.state = TradingState::active,
                  .instrument = stopped.instrument,
                  .strategy = stopped.strategy,
                  .who = "drill",
                  .why = "the drill is over"});
}

double Stage::price_of(InstrumentId instrument) const { return prices_[instrument.value]; }

double Stage::equity() const {
    const auto equity = engine_.portfolio().equity();
    return equity ? to_double(*equity) : 0;
}

double Stage::gross() const {
    const auto exposure = engine_.portfolio().exposure();
    return exposure ? to_double(exposure->gross) : 0;
}

Qty Stage::units(InstrumentId instrument, double share_of_equity) const {
    const Instrument& definition = instruments_.at(instrument);
    const double unit = price_of(instrument) * to_double(definition.multiplier);
    return round_down_to_lot(share_of_equity * equity() / unit, definition.lot).value_or(Qty{});
}

/// The event, and then what the venue says to what came of it.
void Stage::tell(const Payload& payload) {
    step(payload);
    while (!answers_.empty() && fault_.empty()) {
        const OrderEvent next = answers_.front();
        answers_.pop_front();
        step(next);
    }
}

void Stage::step(const Payload& payload) {
    if (!fault_.empty()) return;
    now_ = now_ + between_;
    const Event event{
        .seq = engine_.last_sequence() + 1, .ts = now_, .ts_event = now_, .payload = payload};
    const auto decisions = engine_.step(event);
    if (!decisions) {
        fault_ = decisions.error().text;
        return;
    }
    for (const Decision& decision : *decisions) {
        if (const auto* command = std::get_if<Command>(&decision)) {
            answer(*command);
        } else if (const auto* refusal = std::get_if<Refusal>(&decision)) {
            denial_ = refusal->denial;
            ++denied_;
        } else if (const auto* change = std::get_if<StateChange>(&decision)) {
            changes_.push_back(
                {.event = event.seq, .ts = now_, .change = *change, .gross = gross()});
        }
    }
    if (const auto* report = std::get_if<OrderEvent>(&payload)) count(*report);
    if (look_) look_();
}

/// What the engine has been told of.
void Stage::count(const OrderEvent& report) {
    if (report.kind == OrderEventKind::rejected) ++rejected_;
    const auto* fill = std::get_if<Fill>(&report.detail);
    if (fill == nullptr) return;
    ++filled_;
    const double units =
        to_double(fill->qty) * to_double(instruments_.at(report.instrument).multiplier);
    slipped_ += std::abs(to_double(fill->price) - to_double(fill->basis.reference)) * units;
    traded_ += to_double(fill->price) * units;
}

void Stage::answer(const Command& command) {
    if (const auto* submit = std::get_if<SubmitOrder>(&command)) {
        if (submit->order.spec.type != OrderType::market) {
            resting_.push_back(submit->order);
            return report(OrderEventKind::accepted, submit->order);
        }
        if (rejects_) {
            return report(OrderEventKind::rejected, submit->order, VenueReason::other);
        }
        return fill(submit->order);
    }
    if (const auto* cancel = std::get_if<CancelOrder>(&command)) {
        const auto found = std::ranges::find(resting_, cancel->id, &OrderIntent::id);
        if (found == resting_.end()) return;
        report(OrderEventKind::canceled, *found, VenueReason::requested);
        resting_.erase(found);
    }
}

void Stage::fill(const OrderIntent& order) {
    const OrderSpec& spec = order.spec;
    const Instrument& instrument = instruments_.at(spec.instrument);
    const double before = price_of(spec.instrument);
    const double worse = before * (spec.side == Side::buy ? 1 + slip_ : 1 - slip_);
    const auto reference = round_to_tick(before, instrument.tick, TickRounding::nearest);
    const auto price = round_to_tick(
        worse, instrument.tick, spec.side == Side::buy ? TickRounding::up : TickRounding::down);
    if (!reference || !price || price->raw <= 0) {
        return report(OrderEventKind::rejected, order, VenueReason::other);
    }
    report(OrderEventKind::filled, order,
           Fill{.price = *price,
                .qty = spec.qty,
                .side = spec.side,
                .leg = spec.leg,
                .fee_currency = instrument.settlement,
                .basis = {.reference = *reference},
                .trade_number = ++trades_});
}

void Stage::report(OrderEventKind kind, const OrderIntent& order, const OrderDetail& detail) {
    answers_.push_back(
        {.kind = kind, .instrument = order.spec.instrument, .order = order.id, .detail = detail});
}

}  // namespace tradewind::research::drill
