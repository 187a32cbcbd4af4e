// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind train`: trains every family on a catalog's data, judges it on the newest part, and
/// keeps the ensemble.
void add_train_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
