// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "signal/params.hpp"
#include "signal/registry.hpp"
#include "signal/sizing.hpp"
#include "signal/stance.hpp"
#include "signal/strategy.hpp"
#include "signal/touch_models.hpp"

namespace tradewind::signal {

/// Goes with the order flow at the touch (OrderFlowWindow): long at a relative flow of `enter` and
/// more, out below `exit`; with short=1 the mirror. On books, or on quotes that tell sizes.
class FlowFollower final : public Strategy {
public:
    FlowFollower(const StrategySetup& setup, ParamReader& params);

    void on_quote(Context& context, const Quote& quote) override;
    void on_book(Context& context, InstrumentId instrument) override;

private:
    struct State {
        OrderFlowWindow flow;
        Stance held = Stance::flat;
    };
    void look(Context& context, InstrumentId instrument);
    [[nodiscard]] Stance next(double flow, Stance held) const;

    Sizing sizing_;
    double enter_;
    double exit_;
    bool shorts_;
    std::vector<State> states_;  ///< by instrument
};

}  // namespace tradewind::signal
