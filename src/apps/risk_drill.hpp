// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind risk drill`: brings about what each brake waits for, and plays known crises of the
/// run's data; exit code 1 where a brake does not do as it says.
void add_risk_drill(CLI::App& risk, int& exit_code);

}  // namespace tradewind::apps
