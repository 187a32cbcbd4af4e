// SPDX-License-Identifier: Apache-2.0
#include "apps/risk_command.hpp"

#include <CLI/CLI.hpp>

#include "apps/risk_check.hpp"
#include "apps/risk_construct.hpp"
#include "apps/risk_drill.hpp"

namespace tradewind::apps {

void add_risk_command(CLI::App& app, int& exit_code) {
    CLI::App* risk = app.add_subcommand("risk", "portfolios and their risk");
    risk->require_subcommand(1);
    add_risk_check(*risk, exit_code);
    add_risk_construct(*risk, exit_code);
    add_risk_drill(*risk, exit_code);
}

}  // namespace tradewind::apps
