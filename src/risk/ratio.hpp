// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/numbers.hpp"

namespace tradewind::risk {

/// part / whole in units of 1e-18, rounded up. Of nothing, or of a debt, any part is more than any
/// share.
[[nodiscard]] inline Money ratio_of(Money part, Money whole) {
    constexpr Money kMoreThanAny{base::Int128{INT64_MAX} * base::kDecimalOne};
    if (part.raw <= 0) return {};
    if (whole.raw <= 0) return kMoreThanAny;
    const auto out = base::mul_div(part.raw, kMoneyOne, whole.raw, base::Rounding::ceil);
    return {out.value_or(kMoreThanAny.raw)};
}

/// amount x share, with the share in units of 1e-18.
[[nodiscard]] inline Money share_of(Money amount, Money share, base::Rounding rounding) {
    const auto out = base::mul_div(amount.raw, share.raw, kMoneyOne, rounding);
    ASSERT(out.has_value());
    return {*out};
}

}  // namespace tradewind::risk
