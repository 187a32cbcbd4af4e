// SPDX-License-Identifier: Apache-2.0
// MUST_NOT_COMPILE: convert .*Qty.* to .*Price|no matching function for call to .limit_of
// Both are one int64 inside; the types keep a swapped argument from becoming an order.
#include "domain/numbers.hpp"

constexpr std::int64_t limit_of(tradewind::Price limit) { return limit.raw; }

#ifdef CONTROL
constexpr tradewind::Price kLimit{100};
#else
constexpr tradewind::Qty kLimit{100};
#endif

static_assert(limit_of(kLimit) == 100);
