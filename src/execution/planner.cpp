// SPDX-License-Identifier: Apache-2.0
#include "execution/planner.hpp"

namespace tradewind::execution {

Command plan_submit(const ApprovedOrder& approved) { return SubmitOrder{approved.order()}; }

Command plan_replace(const ApprovedReplace& approved, const orders::Order& order) {
    return ReplaceOrder{.id = approved.replace().id,
                        .instrument = order.instrument(),
                        .change = approved.replace().change};
}

Command plan_cancel(const orders::Order& order) {
    return CancelOrder{.id = order.id(), .instrument = order.instrument()};
}

}  // namespace tradewind::execution
