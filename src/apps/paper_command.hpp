// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind paper`.
void add_paper_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
