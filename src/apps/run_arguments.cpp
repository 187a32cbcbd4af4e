// SPDX-License-Identifier: Apache-2.0
#include "apps/run_arguments.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/try.hpp"

namespace tradewind::apps {
namespace {

std::string_view flag_of(std::string_view key) {
    for (const Option& option : run_options()) {
        if (option.key == key) return option.flag;
    }
    return key;
}

void add_flags(CLI::App& verb, RunArguments& arguments, bool (*is_wanted)(const Option&)) {
    const auto all = run_options();
    arguments.flags.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        arguments.flags[i].first = all[i].key;
        if (all[i].flag.empty() || !is_wanted(all[i])) continue;
        auto* flag = verb.add_option(std::string{all[i].flag}, arguments.flags[i].second,
                                     fmt::format("{}  [{}]", all[i].help, all[i].key));
        flag->take_all()->allow_extra_args(all[i].repeats);
        if (!all[i].repeats) flag->expected(1);
    }
}

}  // namespace

std::expected<RunConfig, std::string> gather_wishes(const RunArguments& arguments) {
    RunConfig config;
    if (!arguments.config.empty()) TRY_VOID(load_config(config, arguments.config));
    for (const std::string& assignment : arguments.assignments) {
        TRY_VOID(apply_assignment(config, assignment));
    }
    for (const auto& [key, values] : arguments.flags) {
        if (!values.empty()) clear_list(config, key);
        for (const std::string& value : values) {
            if (auto done = set_option(config, key, value); !done) {
                return std::unexpected(std::string{flag_of(key)} + done.error().substr(key.size()));
            }
        }
    }
    return config;
}

std::expected<RunConfig, std::string> gather(const RunArguments& arguments) {
    RunConfig config = TRY(gather_wishes(arguments));
    if (config.catalog.empty()) {
        return std::unexpected("no catalog is named; say --catalog FOLDER");
    }
    return config;
}

void add_run_arguments(CLI::App& verb, RunArguments& arguments) {
    verb.add_option("--config", arguments.config, "TOML file with any of the settings below");
    verb.add_option("--set", arguments.assignments, "section.key=value, over the file")
        ->take_all()
        ->allow_extra_args(false);
    add_flags(verb, arguments, [](const Option&) { return true; });
}

void add_bar_arguments(CLI::App& verb, RunArguments& arguments) {
    add_flags(verb, arguments, [](const Option& option) {
        return option.key == "data.catalog" || option.key == "data.instruments" ||
               option.key == "data.interval" || option.key == "data.from" ||
               option.key == "data.to";
    });
}

std::expected<std::unique_ptr<catalog::Catalog>, RunFailure> open_catalog(const std::string& path) {
    auto opened = catalog::Catalog::open(path);
    if (opened) return std::move(*opened);
    const bool bad = opened.error().kind == catalog::ErrorKind::bad_input;
    return std::unexpected(RunFailure{bad ? kExitBadInput : kExitFailed, opened.error().text});
}

std::expected<std::unique_ptr<trials::TrialFile>, RunFailure> ledger_of(
    const LedgerChoice& choice, const std::string& catalog) {
    auto opened = open_ledger(choice, catalog);
    if (opened) return std::move(*opened);
    const bool bad = opened.error().kind == trials::ErrorKind::bad_input;
    return std::unexpected(RunFailure{bad ? kExitBadInput : kExitFailed, opened.error().text});
}

}  // namespace tradewind::apps
