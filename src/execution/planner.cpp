// SPDX-License-Identifier: Apache-2.0
#include "execution/planner.hpp"

#include "base/copy_by_words.hpp"

namespace tradewind::execution {

void plan_submit(const ApprovedOrder& approved, Decision& out) {
    auto* command = std::get_if<Command>(&out);
    if (command == nullptr) command = &out.emplace<Command>();
    auto* submit = std::get_if<SubmitOrder>(command);
    if (submit == nullptr) submit = &command->emplace<SubmitOrder>();
    base::copy_by_words(submit->order, approved.order());
}

Command plan_replace(const ApprovedReplace& approved, const orders::Order& order) {
    return ReplaceOrder{.id = approved.replace().id,
                        .instrument = order.instrument(),
                        .change = approved.replace().change};
}

Command plan_cancel(const orders::Order& order) {
    return CancelOrder{.id = order.id(), .instrument = order.instrument()};
}

}  // namespace tradewind::execution
