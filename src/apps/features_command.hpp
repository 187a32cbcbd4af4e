// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind features build|ls|show|check|plot`: work out features, keep them, look at them, prove
/// them.
void add_features_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
