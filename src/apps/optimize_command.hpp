// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind optimize`: searches the parameters of a strategy.
void add_optimize_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
