// SPDX-License-Identifier: Apache-2.0
#include "apps/replay_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/journal/journal_reader.hpp"
#include "apps/output.hpp"
#include "apps/run_settings.hpp"
#include "engine/describe.hpp"
#include "engine/replay.hpp"

namespace tradewind::apps {
namespace {

struct Options {
    std::string journal;
    std::string print;
    bool json = false;
};

nlohmann::ordered_json to_json(const engine::ReplaySummary& summary, double wall_s,
                               const std::string& hash) {
    nlohmann::ordered_json out{
        {"identical", !summary.difference.has_value()},
        {"events", summary.events},
        {"decisions", summary.decisions},
        {"torn_tail", summary.torn},
        {"wall_s", wall_s},
        {"events_per_s", wall_s > 0.0 ? static_cast<double>(summary.events) / wall_s : 0.0},
        {"journal_hash", hash},
        {"first_difference", nullptr}};
    if (summary.difference) {
        out["first_difference"] = {{"event", summary.difference->seq},
                                   {"recorded", summary.difference->recorded},
                                   {"derived", summary.difference->derived}};
    }
    return out;
}

void print_table(const engine::ReplaySummary& summary, double wall_s) {
    Table table;
    table.row("Identical", summary.difference ? "NO" : "yes");
    table.row("Events replayed", fmt::format("{}", summary.events));
    table.row("Decisions equal", fmt::format("{}", summary.decisions));
    table.row("Events a second",
              fmt::format("{:.0f}", wall_s > 0 ? static_cast<double>(summary.events) / wall_s : 0));
    fmt::print("{}", table.text());
    if (summary.torn) {
        fmt::print("\nThe journal was never closed: its writer stopped after event {}.\n",
                   summary.events);
    }
    if (summary.difference) {
        fmt::print("\nFirst difference at event {}:\n  recorded: {}\n  derived:  {}\n",
                   summary.difference->seq, summary.difference->recorded,
                   summary.difference->derived);
    }
}

/// Prints records as they are replayed: orders and decisions, or everything.
engine::ReplayObserver printer(const Options& options, const InstrumentTable& instruments) {
    if (options.print.empty()) return {};
    const bool all = options.print == "all";
    const auto event = [all, &instruments](const Event& e) {
        if (!all && !std::holds_alternative<OrderEvent>(e.payload)) return;
        fmt::print("{:>10}  {}  {}\n", e.seq, to_string(e.ts),
                   engine::describe(e.payload, instruments));
    };
    const auto decisions = [&instruments](std::span<const Decision> made) {
        for (const Decision& decision : made) {
            fmt::print("{:>10}  -> {}\n", "", engine::describe(decision, instruments));
        }
    };
    return {.event = event, .decisions = decisions};
}

int run_replay(const Options& options) {
    if (options.json && !options.print.empty()) {
        return complain(kExitBadInput, "replay: say --json or --print, not both");
    }
    const auto reader = journal::JournalReader::open(options.journal);
    if (!reader) return complain(kExitBadInput, reader.error());
    const auto settings = settings_from_json((*reader)->settings());
    if (!settings) {
        return complain(kExitBadInput,
                        fmt::format("journal {}: {}", options.journal, settings.error()));
    }
    auto slots = make_slots(*settings);
    if (!slots) return complain(kExitBadInput, slots.error());
    engine::Engine engine{settings->instruments, settings->engine, std::move(*slots)};

    const std::int64_t started = steady_ns();
    const auto summary = engine::replay(engine, **reader, printer(options, settings->instruments));
    const double wall_s = static_cast<double>(steady_ns() - started) * 1e-9;
    if (!summary) return complain(kExitFailed, summary.error());
    if (options.json) {
        fmt::print("{}\n", to_json(*summary, wall_s, (*reader)->hash()).dump(2));
    } else {
        print_table(*summary, wall_s);
    }
    return summary->difference ? kExitFailed : kExitOk;
}

}  // namespace

void add_replay_command(CLI::App& app, int& exit_code) {
    CLI::App* verb =
        app.add_subcommand("replay", "derive every decision of a run again and compare");
    const auto options = std::make_shared<Options>();
    verb->add_option("journal", options->journal, "the run's journal")->required();
    verb->add_option("--print", options->print, "show the records: orders, or all")
        ->check(CLI::IsMember({"orders", "all"}));
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] { exit_code = run_replay(*options); });
}

}  // namespace tradewind::apps
