// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `construct`, a verb of `risk`.
void add_risk_construct(CLI::App& risk, int& exit_code);

}  // namespace tradewind::apps
