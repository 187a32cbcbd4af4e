// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "signal/context.hpp"
#include "signal/params.hpp"

namespace tradewind::signal {

/// How large a full position is: `size` units, or `share` of equity (1 = all of it) at the moment
/// of the signal.
class Sizing {
public:
    /// Reads `size` and `share`; one unit where neither is given, an error where both are.
    explicit Sizing(ParamReader& params)
        : units_(params.qty("size", whole_qty(1))),
          share_(params.real("share", 0.0, 0.0, 100.0)),
          by_share_(params.has("share")) {
        params.require(!(by_share_ && params.has("size")), "give size or share, not both");
    }

    /// nullopt while a share cannot be valued.
    [[nodiscard]] std::optional<Qty> full(const Context& context, InstrumentId instrument) const {
        if (!by_share_) return units_;
        return context.units_for_share(instrument, share_);
    }

private:
    Qty units_;
    double share_;
    bool by_share_;
};

}  // namespace tradewind::signal
