// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/command.hpp"
#include "orders/order.hpp"

/// From what was approved to what a venue is told. Takes nothing but what the risk gate let
/// through; cancels need no approval, since they only reduce.
namespace tradewind::execution {

/// Written in its place: an order is too large to be copied about.
void plan_submit(const ApprovedOrder& approved, Decision& out);
[[nodiscard]] Command plan_replace(const ApprovedReplace& approved, const orders::Order& order);
[[nodiscard]] Command plan_cancel(const orders::Order& order);

}  // namespace tradewind::execution
