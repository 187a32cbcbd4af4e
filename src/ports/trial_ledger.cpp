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

std::string_view to_string(TrialEnd end) {
    switch (end) {
        case TrialEnd::whole: return "whole";
        case TrialEnd::stopped: return "stopped";
        case TrialEnd::pruned: return "pruned";
    }
    __builtin_unreachable();
}

}  // namespace tradewind::ports
