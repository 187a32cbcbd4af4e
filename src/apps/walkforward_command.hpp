// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind walkforward`: chooses parameters on one window and trades them on the next.
void add_walkforward_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
