// SPDX-License-Identifier: Apache-2.0
// MUST_NOT_COMPILE: ApprovedOrder.* is private within|private constructor of class .*ApprovedOrder
// Only risk::Gate makes an ApprovedOrder, and execution takes nothing else: no order goes round
// risk.
#include "domain/command.hpp"

namespace {

#ifdef CONTROL
// What the gate has approved may be passed on and read by anyone.
[[maybe_unused]] tradewind::OrderIntent approve(const tradewind::ApprovedOrder& approved) {
    return approved.order();
}
#else
[[maybe_unused]] tradewind::ApprovedOrder approve(const tradewind::OrderIntent& order) {
    return tradewind::ApprovedOrder(order);
}
#endif

}  // namespace
