// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "domain/instrument.hpp"
#include "domain/order.hpp"

namespace CLI {
class App;
}

namespace tradewind::apps {

/// "buy 1000 SPY.ARCA market", "sell 5 SPY.ARCA limit 101.5", "buy 5 SPY.ARCA stop 110", and behind
/// it `reduce_only`. The error is one line.
[[nodiscard]] std::expected<OrderSpec, std::string> parse_order(std::string_view text,
                                                                const InstrumentTable& instruments);

/// `tradewind risk check`: what the gate says to an order.
void add_risk_check(CLI::App& risk, int& exit_code);

}  // namespace tradewind::apps
