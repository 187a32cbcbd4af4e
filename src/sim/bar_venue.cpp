// SPDX-License-Identifier: Apache-2.0
#include "sim/bar_venue.hpp"

#include <algorithm>

#include "sim/backtrader_venue.hpp"
#include "sim/mode_rules.hpp"
#include "sim/nautilus_venue.hpp"
#include "sim/whole_bar_venue.hpp"

namespace tradewind::sim {

std::unique_ptr<BarVenue> make_bar_venue(OrderDesk& desk) {
    switch (desk.settings().fills) {
        case FillMode::strict: return nullptr;
        case FillMode::backtrader:
            return std::make_unique<BacktraderVenue>(desk, rules_of(FillMode::backtrader));
        case FillMode::nautilus: return std::make_unique<NautilusVenue>(desk);
        case FillMode::lean_equity: return std::make_unique<WholeBarVenue>(desk, kLeanEquityRules);
        case FillMode::lean_base: return std::make_unique<WholeBarVenue>(desk, kLeanBaseRules);
        case FillMode::freqtrade: return std::make_unique<WholeBarVenue>(desk, kFreqtradeRules);
        case FillMode::vectorbt: return std::make_unique<WholeBarVenue>(desk, kVectorbtRules);
    }
    __builtin_unreachable();
}

const BarMeeting* bar_for(std::span<const BarMeeting> bars, const VenueOrder& order) {
    const auto fits = [&](const BarMeeting& m) {
        const Serves not_ours = order.is_buy() ? Serves::sellers : Serves::buyers;
        return m.instrument == order.spec.instrument && m.serves != not_ours;
    };
    const auto found = std::find_if(bars.begin(), bars.end(), fits);
    return found == bars.end() ? nullptr : &*found;
}

}  // namespace tradewind::sim
