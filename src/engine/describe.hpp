// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"

/// One line for people about what stands in a log.
namespace tradewind::engine {

/// "submit 0-12 buy 100 SPY.ARCA market gtc".
[[nodiscard]] std::string describe(const Decision& decision, const InstrumentTable& instruments);

/// "order 0-12 SPY.ARCA filled buy 100 at 102.81 (before slippage 102.8), fee 0 USD, taker".
[[nodiscard]] std::string describe(const Payload& payload, const InstrumentTable& instruments);

}  // namespace tradewind::engine
