// SPDX-License-Identifier: Apache-2.0
// MUST_NOT_COMPILE: no matching (function|constructor) for .*ApprovedOrder
// There is no empty ApprovedOrder that a later assignment could fill.
#include "domain/command.hpp"

namespace {

#ifdef CONTROL
[[maybe_unused]] tradewind::OrderIntent nothing() { return tradewind::OrderIntent{}; }
#else
[[maybe_unused]] tradewind::ApprovedOrder nothing() { return tradewind::ApprovedOrder{}; }
#endif

}  // namespace
