// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// Adds the verb `backtest`. When it was called, `exit_code` is what the program ends with.
void add_backtest_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
