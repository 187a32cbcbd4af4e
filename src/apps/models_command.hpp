// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind models ls|show|explain`: which models there are, how good they are, and why they said
/// what they said.
void add_models_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
