// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind trials ls|show`: what the ledger of trials holds.
void add_trials_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
