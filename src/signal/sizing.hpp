// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <optional>

#include "signal/context.hpp"
#include "signal/params.hpp"
#include "signal/registry.hpp"

namespace tradewind::signal {

/// How large a full position is: by the user's rule where there is one (`sizing`), else `size`
/// units, or `share` of equity (1 = all of it) at the moment of the signal.
class Sizing {
public:
    /// Reads `size` and `share`; one unit where neither is given. An error where both are, or where
    /// a traded instrument cannot be held in that size.
    Sizing(const StrategySetup& setup, ParamReader& params)
        : units_(params.qty("size", whole_qty(1))),
          share_(params.real("share", 0.0, 0.0, 100.0)),
          by_share_(params.has("share")) {
        params.require(!(by_share_ && params.has("size")), "give size or share, not both");
        if (!params.has("size")) return;
        for (const InstrumentId id : setup.traded) {
            const Instrument& instrument = setup.instruments.at(id);
            params.require(
                units_.raw % instrument.lot.raw == 0,
                fmt::format("size {} is no multiple of the lot of {}, {}", to_string(units_),
                            instrument.symbol, to_string(instrument.lot)));
        }
    }

    /// nullopt while a share cannot be valued.
    [[nodiscard]] std::optional<Qty> full(const Context& context, InstrumentId instrument) const {
        if (context.has_sizer()) return context.sized(instrument);
        if (!by_share_) return units_;
        return context.units_for_share(instrument, share_);
    }

private:
    Qty units_;
    double share_;
    bool by_share_;
};

}  // namespace tradewind::signal
