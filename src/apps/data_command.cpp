// SPDX-License-Identifier: Apache-2.0
#include "apps/data_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "adapters/importers/importer.hpp"
#include "apps/data_options.hpp"
#include "market/quality.hpp"

namespace tradewind::apps {
namespace {

void add_definition(CLI::App& verb, InstrumentOptions& out) {
    const auto* const group = "Instrument, where the catalog does not know it yet";
    verb.add_option("--instrument-file", out.file, "Its definition as JSON")
        ->group(group)
        ->type_name("FILE");
    verb.add_option("--asset-class", out.asset_class,
                    "equity, etf, crypto_spot, crypto_perpetual, future, fx_pair")
        ->group(group);
    verb.add_option("--currency", out.currency, "What prices are in, like USD")->group(group);
    verb.add_option("--tick", out.tick, "Smallest step of a price")->group(group);
    verb.add_option("--lot", out.lot, "Smallest step of a quantity")->group(group);
    verb.add_option("--multiplier", out.multiplier, "Units in one contract")->group(group);
    verb.add_option("--calendar", out.calendar, "always_open, us_equity, fx_week")->group(group);
}

void add_catalog(CLI::App& verb, std::string& out) {
    verb.add_option("--catalog", out, "Directory of the catalog")->required()->type_name("DIR");
}

/// How files are to be read.
void add_reading(CLI::App& verb, DataImportOptions& o) {
    verb.add_option("--format", o.format, importers::format_names())->capture_default_str();
    verb.add_option("--interval", o.interval, "Of bars: 1m, 1h, 1d, 100-ticks, ...");
    verb.add_option("--price-source", o.price_source, "Of bars: last, bid, ask, mid")
        ->capture_default_str();
    verb.add_option("--entry", o.entry, "File inside a zip that holds several");
    verb.add_flag("--round", o.round, "Round numbers with more than nine decimals, half to even");
    verb.add_flag("--allow-negative", o.allow_negative, "Prices may be 0 or less");
    verb.add_flag("--all-trades", o.all_trades, "Also trades that do not count as the last sale");
    verb.add_flag("--skip-null-rows", o.skip_null_rows,
                  "Pass over rows whose prices are empty or null");
    verb.add_flag("--skip-crossed", o.skip_crossed, "Pass over quotes whose bid is above the ask");
    verb.add_flag("--mixed-offsets", o.mixed_offsets, "Rows may name different UTC offsets");
    verb.add_option("--tz", o.zone, "Zone of stamps that name none: UTC, America/New_York, +02:00");
    const auto* const group = "Any table (--format custom)";
    verb.add_option("--map", o.map, "ts=Date+Time,open=Open,... by the header, or numbers from 1")
        ->group(group);
    verb.add_option("--ts-format", o.ts_format,
                    "iso, date, s, ms, us, ns, or like '%d/%m/%Y %H:%M:%S'")
        ->group(group);
    verb.add_option("--delimiter", o.delimiter, "One character, or tab")->group(group);
    verb.add_flag("--decimal-comma", o.decimal_comma, "1,5 is one and a half")->group(group);
    verb.add_flag("--no-header", o.no_header, "The first line holds data already")->group(group);
    verb.add_option("--skip-lines", o.skip_lines, "Lines before the header")->group(group);
    add_definition(verb, o.definition);
}

void add_import(CLI::App& data, int& exit_code) {
    CLI::App* verb =
        data.add_subcommand("import", "Read files into the catalog: all of them, or nothing");
    auto o = std::make_shared<DataImportOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_option("files", o->files, "Plain, gz or zip files, in order of time")
        ->required()
        ->type_name("FILE");
    verb->add_option("--instrument", o->instrument, "Symbol, like SPY.ARCA")->required();
    verb->add_option("--kind", o->kind,
                     "bar, quote, trade, corporate-action, funding, book-level, book-order")
        ->capture_default_str();
    verb->add_flag("--replace", o->replace,
                   "Put the rows in place of all that is stored in their span");
    add_reading(*verb, *o);
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_import(*o); });
}

void add_download(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand(
        "download",
        "Fetch a venue's past into the catalog, within its limits; asked again it goes on where it "
        "ended");
    auto o = std::make_shared<DataDownloadOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_option("--source", o->source, "binance")->capture_default_str();
    verb->add_option("--market", o->market, "spot, or usd-m for futures")->capture_default_str();
    verb->add_option("--base-url", o->base_url,
                     "Where the venue is, if not at its own address: a simulator, a proxy");
    verb->add_option("--instrument", o->instrument, "The venue's symbol, like BTCUSDT")->required();
    verb->add_option("--kind", o->kind, "bar, or trade (aggregated as the venue numbers them)")
        ->capture_default_str();
    verb->add_option("--interval", o->interval, "Of bars: 1m, 5m, 1h, 1d, ...")
        ->capture_default_str();
    verb->add_option("--from", o->from,
                     "First instant; default: where the catalog ends, or of bars the venue begins");
    verb->add_option("--to", o->to, "First instant not wanted; default: now");
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_download(*o); });
}

std::string threshold_help() {
    const market::QualitySettings defaults;
    std::string out = "Thresholds (--threshold NAME=VALUE), with their defaults:";
    for (const market::Threshold& one : market::quality_thresholds()) {
        out += fmt::format("\n  {:<16} {:>6g}  {}", one.name, defaults.*one.member, one.meaning);
    }
    return out;
}

void add_check(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand(
        "check",
        "Find what is wrong with data, in the catalog or in files before they are imported.\n"
        "Ends with 0 where nothing is an error, with 1 where something is, with 2 on bad usage.");
    auto o = std::make_shared<DataCheckOptions>();
    verb->add_option("--catalog", o->input.catalog, "Directory of the catalog")->type_name("DIR");
    verb->add_option("--file", o->input.files, "Files that are not imported yet, in order of time")
        ->type_name("FILE");
    verb->add_option("--instrument", o->instruments,
                     "Symbols, like SPY.ARCA; default: all of the catalog");
    verb->add_option("--kind", o->kind, "bar, quote, trade; default: all, of files bar");
    verb->add_option("--rule", o->rules, "Rules to apply; default: all");
    verb->add_option("--threshold", o->thresholds, "NAME=VALUE, see below");
    verb->add_option("--max-issues", o->issues_max, "Kept of one rule in one series")
        ->capture_default_str();
    verb->add_option("--show", o->shown, "Lines a rule in the table")->capture_default_str();
    add_reading(*verb, o->input);
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->footer(threshold_help());
    verb->callback([o, &exit_code] { exit_code = run_data_check(*o); });
}

void add_clean(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand(
        "clean",
        "Mend a series by named rules into a new version, or files on their way into the catalog;\n"
        "what stood there before is kept below CATALOG/repairs, and --undo brings it back.");
    auto o = std::make_shared<DataCleanOptions>();
    add_catalog(*verb, o->input.catalog);
    verb->add_option("--file", o->input.files, "Files to import, in order of time")
        ->type_name("FILE");
    verb->add_option("--instrument", o->input.instrument, "Symbol, like SPY.ARCA")->required();
    verb->add_option("--kind", o->input.kind, "bar, quote, trade")->capture_default_str();
    verb->add_option("--rule", o->rules,
                     "What to mend, by the names that `data check` uses; several times");
    verb->add_option("--threshold", o->thresholds, "NAME=VALUE, as `data check` lists them");
    verb->add_flag("--dry-run", o->dry_run, "Say what would change, and write nothing");
    verb->add_flag("--undo", o->undo, "Bring back what the latest version replaced");
    verb->add_flag("--replace", o->input.replace,
                   "Files: put the rows in place of all that is stored in their span");
    verb->add_option("--show", o->shown, "Changes in the table")->capture_default_str();
    add_reading(*verb, o->input);
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_clean(*o); });
}

void add_list(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand("ls", "What the catalog holds");
    auto o = std::make_shared<DataListOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_list(*o); });
}

void add_export(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand("export", "Write a series as CSV");
    auto o = std::make_shared<DataExportOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_option("--instrument", o->instrument, "Symbol, like SPY.ARCA")->required();
    verb->add_option("--kind", o->kind,
                     "bar, quote, trade, corporate-action, funding, book-level, book-order")
        ->capture_default_str();
    verb->add_option("--interval", o->interval, "Of bars: 1m, 1h, 1d, 1m/bid, ...");
    verb->add_option("--from", o->from, "First instant, like 2014-05-02");
    verb->add_option("--to", o->to, "Instant after the last");
    verb->add_option("-o,--output", o->output,
                     "File, gzip where it ends in .gz; default: standard output")
        ->type_name("FILE");
    verb->callback([o, &exit_code] { exit_code = run_data_export(*o); });
}

void add_generate(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand("generate", "Make up a market by a seed and store it");
    auto o = std::make_shared<DataGenerateOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_option("--instrument", o->instrument, "Symbol [DEMO.SIM; PLANTED.SIM with --market]");
    verb->add_option("--model", o->model, "gbm, garch, jump, regimes, ou [gbm]");
    verb->add_option("--market", o->market,
                     "Whose best accuracy is known: planted-ar, planted-regimes, "
                     "planted-interaction, planted-memory, planted-gate");
    verb->add_option("--bayes-accuracy", o->bayes_accuracy,
                     "Of --market: how often the best rule tells the next bar's direction [0.6]");
    verb->add_option("--instruments", o->instruments,
                     "Of --market: how many, PLANTED1.SIM and so on")
        ->capture_default_str();
    verb->add_option("--kind", o->kind, "bar, quote, trade")->capture_default_str();
    verb->add_option("--interval", o->interval,
                     "Of bars; mean pause of quotes and trades [1m; 1h with --market]");
    verb->add_option("--from", o->from, "First instant")->capture_default_str();
    verb->add_option("--count,--bars", o->count, "Rows")->capture_default_str();
    verb->add_option("--seed", o->seed, "The same seed makes the same market")
        ->capture_default_str();
    verb->add_option("--price", o->price, "First price")->capture_default_str();
    verb->add_option("--drift", o->drift, "Expected return a year [0.05]");
    verb->add_option("--volatility", o->volatility, "Standard deviation of returns a year")
        ->capture_default_str();
    verb->add_flag("--replace", o->replace,
                   "Put the rows in place of all that is stored in their span");
    add_definition(*verb, o->definition);
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_generate(*o); });
}

void add_verify(CLI::App& data, int& exit_code) {
    CLI::App* verb = data.add_subcommand("verify", "Check every byte of the catalog");
    auto o = std::make_shared<DataListOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_verify(*o); });
}

void add_instruments(CLI::App& data, int& exit_code) {
    CLI::App* verb =
        data.add_subcommand("instruments", "Show or change the definitions of instruments");
    auto o = std::make_shared<DataInstrumentsOptions>();
    add_catalog(*verb, o->catalog);
    verb->add_option("--instrument-file", o->file,
                     "JSON: an object or a list of them, as --json prints")
        ->type_name("FILE");
    verb->add_flag("--json", o->json, "Print one JSON document");
    verb->callback([o, &exit_code] { exit_code = run_data_instruments(*o); });
}

}  // namespace

void add_data_command(CLI::App& app, int& exit_code) {
    CLI::App* data = app.add_subcommand(
        "data", "Market data: import, check, clean, list, export, generate, verify");
    data->require_subcommand(1);
    add_import(*data, exit_code);
    add_download(*data, exit_code);
    add_check(*data, exit_code);
    add_clean(*data, exit_code);
    add_list(*data, exit_code);
    add_export(*data, exit_code);
    add_generate(*data, exit_code);
    add_verify(*data, exit_code);
    add_instruments(*data, exit_code);
}

}  // namespace tradewind::apps
