// SPDX-License-Identifier: Apache-2.0
#include "apps/backtest_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/journal/journal_writer.hpp"
#include "apps/backtest_output.hpp"
#include "apps/output.hpp"
#include "apps/run_arguments.hpp"
#include "apps/run_config.hpp"
#include "apps/run_settings.hpp"
#include "apps/trial_counting.hpp"
#include "base/try.hpp"
#include "research/backtest.hpp"

namespace tradewind::apps {
namespace {

struct Options {
    RunArguments run;
    std::vector<std::string> params;
    std::string journal;
    std::string report;
    LedgerChoice ledger;
    bool envelope = false;
    std::size_t draws = research::EnvelopeSettings{}.draws;
    bool json = false;
    bool list = false;
};

/// What the arguments say, and the strategy's parameters over it.
std::expected<RunConfig, std::string> config_of(const Options& options) {
    RunConfig config = TRY(gather(options.run));
    const signal::Params params = TRY(signal::parse_params(options.params));
    for (const auto& [name, value] : params.entries) {
        TRY_VOID(set_option(config, "strategy." + name, value));
    }
    return config;
}

/// Enters the run into the ledger, then counts it among all of its family.
std::expected<std::optional<CountedTrials>, std::string> count_run(
    trials::TrialFile* ledger, const RunSettings& settings, ports::TrialRecord record,
    research::BacktestResult& result) {
    if (ledger == nullptr) return std::nullopt;
    research::describe_returns(
        record, result.equity,
        {.annual_rate = settings.risk_free, .annual_factor = settings.annual_factor});
    TRY_VOID(ledger->append({&record, 1}));
    CountedTrials out{.ledger = ledger->path().string(),
                      .count = TRY(research::count_trials(*ledger, family_of(settings)))};
    research::deflate(result.metrics, record, out.count);
    return out;
}

/// The same run as optimists and dice would have it.
std::expected<std::optional<research::Envelope>, std::string> envelope_for(
    const Options& options, const RunSettings& settings, const ports::History& history,
    const research::BacktestResult& result) {
    if (!options.envelope) return std::nullopt;
    const auto make_run = [&](const sim::AmbiguityModel& model)
        -> std::expected<research::BacktestInput, std::string> {
        research::BacktestInput input{.instruments = settings.instruments,
                                      .history = history,
                                      .world = settings.world,
                                      .engine = settings.engine,
                                      .strategies = TRY(make_slots(settings)),
                                      .annual_factor = settings.annual_factor,
                                      .risk_free = settings.risk_free};
        input.world.ambiguity = model;
        return input;
    };
    return TRY(research::envelope_of(result, make_run, {.draws = options.draws}));
}

std::uint64_t rows_of(const RunSettings& settings) {
    std::uint64_t rows = 0;
    for (const ports::Series& series : settings.data) rows += series.rows;
    return rows;
}

std::expected<void, RunFailure> run(const Options& options) {
    const RunConfig config = TRY(or_bad_input(config_of(options)));
    const auto catalog = TRY(open_catalog(config.catalog));
    RunSettings settings = TRY(or_bad_input(resolve(config, *catalog)));
    const risk::Settings& limits = settings.engine.risk;
    settings.engine.watches_limits = settings.engine.measures_risk =
        !limits.limits.empty() || !limits.brakes.empty() || !limits.stress.empty();
    if (options.envelope && settings.world.fills != sim::FillMode::strict) {
        return std::unexpected(RunFailure{
            kExitBadInput,
            fmt::format("--envelope: fill mode {} leaves nothing open; use --fills strict",
                        to_string(settings.world.fills))});
    }
    auto slots = TRY(or_bad_input(make_slots(settings)));
    const std::string settings_text = to_json(settings);
    // The report's file is tried first: an hour's run must not end at a folder that is not there.
    TRY_VOID(or_bad_input(check_writable(options.report)));
    const auto ledger = TRY(ledger_of(options.ledger, config.catalog));
    std::unique_ptr<journal::JournalWriter> journal;
    if (!options.journal.empty()) {
        journal = TRY(or_bad_input(journal::JournalWriter::create(options.journal, settings_text)));
    }

    ProgressLine progress;
    const std::uint64_t rows = rows_of(settings);
    const std::int64_t started = steady_ns();
    research::BacktestResult result =
        TRY(or_failed(research::run_backtest({.instruments = settings.instruments,
                                              .history = *catalog,
                                              .world = settings.world,
                                              .engine = settings.engine,
                                              .strategies = std::move(slots),
                                              .log = journal.get(),
                                              .progress =
                                                  [&](Sequence events, Timestamp now) {
                                                      progress.show(fmt::format(
                                                          "{} of about {} events, at {}", events,
                                                          rows, to_string(utc_date(now))));
                                                  },
                                              .benchmark = settings.benchmark,
                                              .annual_factor = settings.annual_factor,
                                              .risk_free = settings.risk_free})));
    if (journal) TRY_VOID(or_failed(journal->close()));
    const std::string hash = settings_hash(settings_text);
    auto counted = TRY(or_failed(
        count_run(ledger.get(), settings,
                  trial_of(settings, *catalog, hash, ports::TrialOrigin::backtest), result)));
    const auto envelope = TRY(or_failed(envelope_for(options, settings, *catalog, result)));
    const BacktestOutput output{
        .settings = settings,
        .result = result,
        .settings_hash = hash,
        .journal_hash = journal ? std::optional{journal->hash()} : std::nullopt,
        .trials = std::move(counted),
        .envelope = envelope,
        .wall_s = static_cast<double>(steady_ns() - started) * 1e-9};
    if (!options.report.empty()) {
        TRY_VOID(or_failed(write_report(output, *catalog, options.report)));
    }
    fmt::print("{}", options.json ? json_text(output) : table_text(output, options.report));
    if (std::string line = denial_line(output); !line.empty()) {
        return std::unexpected(RunFailure{kExitFailed, std::move(line)});
    }
    return {};
}

int run_command(const Options& options) {
    if (options.list) {
        fmt::print("{}", strategies_text());
        return kExitOk;
    }
    const auto done = run(options);
    return done ? kExitOk : complain(done.error().code, done.error().text);
}

}  // namespace

void add_backtest_command(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("backtest", "run strategies over the catalog's data");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    verb->add_option("--param", options->params, "the strategy's: name=value")
        ->take_all()
        ->allow_extra_args(false);
    verb->add_option("--journal", options->journal, "record every event and decision here");
    verb->add_option("--report", options->report, "write an HTML report here");
    verb->add_flag("--envelope", options->envelope,
                   "also say what the result would be if all that bars leave open (stop and target "
                   "inside one bar) had gone well, and on average");
    verb->add_option("--draws", options->draws, "runs behind that average (32)")
        ->check(CLI::Range(0, 100'000));
    add_ledger_options(*verb, options->ledger);
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->add_flag("--strategies", options->list, "list the built-in strategies and end");
    verb->callback([options, &exit_code] { exit_code = run_command(*options); });
}

}  // namespace tradewind::apps
