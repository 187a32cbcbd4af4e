// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/numbers.hpp"

namespace tradewind::portfolio {

/// The account as it stands after an event, marked to market, in base currency.
struct AccountValue {
    Money equity{};
    Money gross{};  ///< exposure: sum of |position value|
    Money net{};    ///< exposure: sum of position values, shorts negative
};

}  // namespace tradewind::portfolio
