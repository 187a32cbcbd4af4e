// SPDX-License-Identifier: Apache-2.0
// MUST_NOT_COMPILE: no match for .operator\+.|invalid operands to binary expression
// The sum of two prices means nothing; a price plus a difference of prices is a price.
#include "domain/numbers.hpp"

constexpr tradewind::Price kPrice{100};

#ifdef CONTROL
constexpr auto kSum = kPrice + tradewind::PriceDelta{1};
#else
constexpr auto kSum = kPrice + kPrice;
#endif

static_assert(kSum.raw > 0);
