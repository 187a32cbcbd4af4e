// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "apps/backtest_command.hpp"
#include "apps/data_command.hpp"
#include "apps/features_command.hpp"
#include "apps/models_command.hpp"
#include "apps/optimize_command.hpp"
#include "apps/output.hpp"
#include "apps/paper_command.hpp"
#include "apps/replay_command.hpp"
#include "apps/risk_command.hpp"
#include "apps/service_command.hpp"
#include "apps/train_command.hpp"
#include "apps/trials_command.hpp"
#include "apps/walkforward_command.hpp"

namespace {

/// 2 for what the command line got wrong, whatever number the parser has for it.
int parse(CLI::App& app, int argc, char** argv, int& exit_code) {
    try {
        app.parse(argc, argv);
        return exit_code;
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        return tradewind::apps::complain(tradewind::apps::kExitBadInput,
                                         std::string{e.what()} + "; --help shows what there is");
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        CLI::App app{"Tradewind: research, simulate and trade with one engine", "tradewind"};
        app.set_version_flag("--version", TRADEWIND_VERSION);
        app.require_subcommand(1);
        int exit_code = 0;
        tradewind::apps::add_backtest_command(app, exit_code);
        tradewind::apps::add_paper_command(app, exit_code);
        tradewind::apps::add_data_command(app, exit_code);
        tradewind::apps::add_features_command(app, exit_code);
        tradewind::apps::add_replay_command(app, exit_code);
        tradewind::apps::add_optimize_command(app, exit_code);
        tradewind::apps::add_walkforward_command(app, exit_code);
        tradewind::apps::add_models_command(app, exit_code);
        tradewind::apps::add_train_command(app, exit_code);
        tradewind::apps::add_risk_command(app, exit_code);
        tradewind::apps::add_trials_command(app, exit_code);
        tradewind::apps::add_service_command(app, exit_code);
        return parse(app, argc, argv, exit_code);
    } catch (const std::exception& e) {
        return tradewind::apps::complain(tradewind::apps::kExitFailed, e.what());
    }
}
