// SPDX-License-Identifier: Apache-2.0
// A strategy of one's own, as a shared library: docs/strategies.md tells how to build and run it.
//
// Buys after `falls` closes in a row that fell, with a stop `stop` per cent under the close and a
// target `gain` per cent above it. One position at a time in each instrument.
#include <cstdint>
#include <vector>

#include "signal/plugin.hpp"
#include "signal/sizing.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::signal;

class Pullback final : public Strategy {
public:
    Pullback(const StrategySetup& setup, ParamReader& params)
        : sizing_(setup, params),
          falls_(params.whole("falls", 3, 1, 100)),
          stop_(params.real("stop", 3.0, 0.01, 99.0) / 100),
          gain_(params.real("gain", 5.0, 0.01, 1000.0) / 100),
          states_(setup.instruments.size()) {}

    void on_bar(Context& context, const Bar& bar) override {
        State& state = states_[bar.instrument.value];
        state.falls = state.has_close && bar.close < state.close ? state.falls + 1 : 0;
        state.close = bar.close;
        state.has_close = true;

        const bool is_free =
            context.position(bar.instrument).raw == 0 && context.working(bar.instrument).raw == 0;
        if (is_free && state.falls >= falls_) enter(context, bar);
    }

private:
    struct State {
        Price close;
        std::int64_t falls = 0;
        bool has_close = false;
    };

    void enter(Context& context, const Bar& bar) const {
        const auto qty = sizing_.full(context, bar.instrument);
        const Price tick = context.instruments().at(bar.instrument).tick;
        const double close = to_double(bar.close);
        const auto stop = round_to_tick(close * (1 - stop_), tick, TickRounding::down);
        const auto target = round_to_tick(close * (1 + gain_), tick, TickRounding::up);
        if (!qty || qty->raw == 0 || !stop || !target) return;

        OrderSpec entry{.instrument = bar.instrument, .side = Side::buy, .qty = *qty};
        OrderSpec stop_loss = entry;
        stop_loss.side = Side::sell;
        stop_loss.type = OrderType::stop_market;
        stop_loss.trigger_price = *stop;
        stop_loss.tag = Tag{"stop"};
        OrderSpec take_profit = entry;
        take_profit.side = Side::sell;
        take_profit.type = OrderType::limit;
        take_profit.limit_price = *target;
        take_profit.tag = Tag{"target"};
        context.submit_bracket(
            {.entry = entry, .stop_loss = stop_loss, .take_profit = take_profit});
    }

    Sizing sizing_;
    std::int64_t falls_;
    double stop_;
    double gain_;
    std::vector<State> states_;  ///< by instrument
};

}  // namespace

TRADEWIND_STRATEGY(Pullback)
