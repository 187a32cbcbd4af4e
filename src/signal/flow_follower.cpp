// SPDX-License-Identifier: Apache-2.0
#include "signal/flow_follower.hpp"

#include "market/market.hpp"

namespace tradewind::signal {

FlowFollower::FlowFollower(const StrategySetup& setup, ParamReader& params)
    : sizing_(setup, params),
      enter_(params.real("enter", 5.0, 0.0, 1e9)),
      exit_(params.real("exit", 0.0, -1e9, 1e9)),
      shorts_(params.whole("short", 0, 0, 1) == 1) {
    const Duration window = milliseconds(params.whole("window-ms", 10'000, 1, 86'400'000));
    params.require(exit_ <= enter_, "exit must not be above enter");
    states_.assign(setup.instruments.size(), State{.flow = OrderFlowWindow{window}});
}

void FlowFollower::on_quote(Context& context, const Quote& quote) {
    look(context, quote.instrument);
}

void FlowFollower::on_book(Context& context, InstrumentId instrument) { look(context, instrument); }

void FlowFollower::look(Context& context, InstrumentId instrument) {
    const Quote* touch = context.market().quote(instrument);
    if (touch == nullptr) return;
    State& state = states_[instrument.value];
    state.flow.add(context.now(), *touch);
    if (!state.flow.ready()) return;
    take(context, instrument, sizing_, next(state.flow.relative_flow(), state.held), state.held);
}

Stance FlowFollower::next(double flow, Stance held) const {
    if (flow >= enter_) return Stance::long_side;
    if (flow <= -enter_) return shorts_ ? Stance::short_side : Stance::flat;
    if (held == Stance::long_side && flow < exit_) return Stance::flat;
    if (held == Stance::short_side && flow > -exit_) return Stance::flat;
    return held;
}

}  // namespace tradewind::signal
