// SPDX-License-Identifier: Apache-2.0
#include "ports/trial_ledger.hpp"

namespace tradewind::ports {

std::string_view to_string(TrialOrigin origin) {
    switch (origin) {
        case TrialOrigin::backtest: return "backtest";
        case TrialOrigin::optimize: return "optimize";
        case TrialOrigin::walkforward: return "walkforward";
    }
    __builtin_unreachable();
}

}  // namespace tradewind::ports
