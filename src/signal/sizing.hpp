// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "measures/distributions.hpp"
#include "signal/context.hpp"
#include "signal/params.hpp"
#include "signal/registry.hpp"

namespace tradewind::signal {

/// Share of a full position to bet on a side that is right with probability p: 2 Phi(z) - 1 with
/// z = (p - 1/2) / sqrt(p (1 - p)), 0 where p is 1/2 or less, to the nearest multiple of `step` (0:
/// as it is), at most 1 (Lopez de Prado, Advances in Financial Machine Learning, 10.3 and 10.5).
[[nodiscard]] inline double bet_size(double p, double step) {
    if (!(p > 0.5)) return 0;
    if (p >= 1) return 1;
    const double z = (p - 0.5) / std::sqrt(p * (1 - p));
    const double exact = 2 * measures::normal_cdf(z) - 1;
    return step > 0 ? std::min(1.0, std::round(exact / step) * step) : exact;
}

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
