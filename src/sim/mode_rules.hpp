// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/fill_rules.hpp"

namespace tradewind::sim {

extern const FillRules kStrictRules;
extern const FillRules kBacktraderRules;

}  // namespace tradewind::sim
