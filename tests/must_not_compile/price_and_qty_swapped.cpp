// SPDX-License-Identifier: Apache-2.0
// MUST_NOT_COMPILE: no matching function for call to .*multiply
// A notional is price x quantity, in this order and of nothing else.
#include "domain/numbers.hpp"

constexpr tradewind::Price kPrice{100};
constexpr tradewind::Qty kQty{2};

#ifdef CONTROL
constexpr auto kNotional = tradewind::multiply(kPrice, kQty);
#else
constexpr auto kNotional = tradewind::multiply(kQty, kPrice);
#endif

static_assert(kNotional == tradewind::Money{200});
