// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace CLI {
class App;
}

namespace tradewind::apps {

/// `tradewind service venue-sim`: what runs until it is told to stop.
void add_service_command(CLI::App& app, int& exit_code);

}  // namespace tradewind::apps
