// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "signal/params.hpp"
#include "signal/registry.hpp"
#include "signal/sizing.hpp"
#include "signal/stance.hpp"
#include "signal/strategy.hpp"

namespace tradewind::signal {

/// What a rule reads of a bar.
struct Prices {
    Price high;
    Price low;
    Price close;
};

/// Takes on each instrument the stance that a rule wants after each of its bars. A rule is a class
/// with
///
///     explicit Rule(ParamReader&)
///     State fresh() const                          what it knows of an instrument before its bars
///     Stance read(State&, const Prices&, Stance held) const
///
/// whose `read` looks at nothing else: then bars may be skimmed until it wants another stance.
template <typename Rule>
class StanceTaker final : public Strategy {
public:
    StanceTaker(const StrategySetup& setup, ParamReader& params)
        : sizing_(setup, params),
          rule_(params),
          seats_(setup.instruments.size(), Seat{rule_.fresh()}) {}

    void on_bar(Context& context, const Bar& bar) override {
        Seat& seat = seats_[bar.instrument.value];
        if (!std::exchange(seat.is_ahead, false)) [[likely]]
            seat.wanted = rule_.read(seat.state, {bar.high, bar.low, bar.close}, seat.held);
        take(context, bar.instrument, sizing_, seat.wanted, seat.held);
    }

    [[nodiscard]] bool skims() const override { return true; }
    [[nodiscard]] std::size_t skim(const market::BarTrack& track, market::BarRows rows) override {
        Seat& seat = seats_[track.instrument().value];
        if (seat.is_ahead) return 0;
        const market::BarTrackColumns& bars = track.columns();
        for (std::size_t row = rows.first; row < rows.end; ++row) {
            const Prices prices{{bars.high[row]}, {bars.low[row]}, {bars.close[row]}};
            seat.wanted = rule_.read(seat.state, prices, seat.held);
            seat.is_ahead = seat.wanted != seat.held;
            if (seat.is_ahead) return row - rows.first;
        }
        return rows.count();
    }

private:
    using State = decltype(std::declval<const Rule&>().fresh());
    struct Seat {
        State state;
        Stance held = Stance::flat;
        Stance wanted = Stance::flat;
        bool is_ahead = false;  ///< the rule has read the bar that comes next, and wants `wanted`
    };

    Sizing sizing_;
    Rule rule_;
    std::vector<Seat> seats_;  ///< by instrument id; those that are not traded have one too
};

}  // namespace tradewind::signal
