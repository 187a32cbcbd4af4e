// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// Adds the verb `data` with its verbs import, ls, export, generate, verify and instruments. What
/// runs sets `exit_code`: 0 done, 1 failed, 2 bad usage or input. `exit_code` must outlive `app`.
void add_data_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
