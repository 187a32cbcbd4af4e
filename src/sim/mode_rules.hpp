// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/fill_rules.hpp"
#include "sim/whole_bar_venue.hpp"

namespace tradewind::sim {

extern const FillRules kStrictRules;
extern const FillRules kBacktraderRules;
extern const WholeBarRules kLeanEquityRules;
extern const WholeBarRules kLeanBaseRules;
extern const WholeBarRules kFreqtradeRules;
extern const WholeBarRules kVectorbtRules;

}  // namespace tradewind::sim
