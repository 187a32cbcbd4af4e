// SPDX-License-Identifier: Apache-2.0
#include "apps/features_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "adapters/features/feature_folder.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"
#include "research/labels/definition.hpp"

namespace tradewind::apps {
namespace {

using Run = std::expected<void, RunFailure> (*)(const FeaturesOptions&);

struct Verb {
    CLI::App* app;
    std::shared_ptr<FeaturesOptions> options;
};

Verb add_verb(CLI::App& features, int& exit_code, const std::string& name, const std::string& help,
              Run run) {
    Verb out{.app = features.add_subcommand(name, help),
             .options = std::make_shared<FeaturesOptions>()};
    add_bar_arguments(*out.app, out.options->bars);
    out.app->callback([options = out.options, run, &exit_code] {
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
    return out;
}

void add_json(const Verb& verb) {
    verb.app->add_flag("--json", verb.options->json, "one JSON document on standard output");
}

void add_build(CLI::App& features, int& exit_code) {
    const Verb verb = add_verb(
        features, exit_code, "build",
        "Work features out and keep them beside the catalog, or write them for others to read.\n"
        "Built again, new bars are appended; a value never hangs on --from, nor on when it was\n"
        "built: every run begins at the first bar.",
        run_features_build);
    add_feature_arguments(*verb.app, verb.options->features);
    verb.app->add_option("--out", verb.options->store,
                         "keep them in this folder (CATALOG/features)");
    verb.app->add_option("--export", verb.options->exported,
                         "write a file: CSV, gzip where it ends in .gz, Parquet where it ends in "
                         ".parquet; kept as well only with --out");
    verb.app->add_flag("--rebuild", verb.options->rebuild,
                       "put them in place of what is stored, where bars before were changed");
    verb.app->add_option("--jobs", verb.options->jobs, "threads (all cores)")
        ->check(CLI::Range(0, 1024));
    add_json(verb);
}

void add_list(CLI::App& features, int& exit_code) {
    const Verb verb =
        add_verb(features, exit_code, "ls", "Which features are stored", run_features_list);
    verb.app->add_option("--out", verb.options->store, "look in this folder (CATALOG/features)");
    add_json(verb);
}

void add_latest(CLI::App& features, int& exit_code) {
    const Verb verb =
        add_verb(features, exit_code, "latest",
                 "What stored features are, or were known to be at an instant: the last vector of "
                 "each\ninstrument",
                 run_features_latest);
    verb.app->add_option("--out", verb.options->store, "look in this folder (CATALOG/features)");
    verb.app->add_option("--at", verb.options->at, "as it was known then, like 2014-05-02 (now)");
    add_json(verb);
}

void add_show(CLI::App& features, int& exit_code) {
    const Verb verb = add_verb(features, exit_code, "show",
                               "Show what an indicator or features are on bars of the catalog",
                               run_features_show);
    add_indicator_arguments(*verb.app, verb.options->features);
    add_feature_arguments(*verb.app, verb.options->features);
    verb.app->add_option("--export", verb.options->exported,
                         "write all rows to a file: CSV, or Parquet where it ends in .parquet");
    add_json(verb);
}

void add_check(CLI::App& features, int& exit_code) {
    const Verb verb =
        add_verb(features, exit_code, "check",
                 "Prove that features are the same bytes row by row as all at once, and that "
                 "nothing\nthat comes after a row (values, rows added or dropped) changes it.\n"
                 "Ends with 1 where one of both does not hold.",
                 run_features_check);
    add_feature_arguments(*verb.app, verb.options->features);
    add_indicator_arguments(*verb.app, verb.options->features);
    verb.app
        ->add_option("--cuts", verb.options->cuts,
                     "instants after which the future is corrupted, three ways each (12)")
        ->check(CLI::Range(1, 100'000));
    verb.app->add_option("--seed", verb.options->seed, "of the instants and of what is put there");
    add_json(verb);
}

void add_plot(CLI::App& features, int& exit_code) {
    const Verb verb = add_verb(features, exit_code, "plot",
                               "Draw features under the price: one HTML page that opens offline",
                               run_features_plot);
    add_feature_arguments(*verb.app, verb.options->features);
    add_indicator_arguments(*verb.app, verb.options->features);
    verb.app->add_option("-o,--output", verb.options->page, "the page's file")
        ->required()
        ->type_name("FILE");
}

void add_labels(CLI::App& features, int& exit_code) {
    const Verb verb = add_verb(
        features, exit_code, "labels",
        "Say of every bar what came of it, for a model to learn, and how far that looked ahead.\n"
        "A label is a call: 'triple_barrier(up=2, down=2, horizon=20)'.",
        run_features_labels);
    CLI::App& app = *verb.app;
    FeaturesOptions& options = *verb.options;
    app.add_option("--label", options.labels,
                   fmt::format("a label: {}", fmt::join(research::labels::label_names(), ", ")))
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--name", options.features.names, "its name, one for each --label (label)")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--config", options.features.config,
                   "TOML file with a section [labels]: name = \"call\"");
    app.add_option("--weight", options.weights,
                   fmt::format("a column of weights for each label, as 'recency(250d)': {}",
                               fmt::join(research::labels::weight_names(), ", ")))
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--export", options.exported,
                   "write a file: CSV, gzip where it ends in .gz, Parquet where it ends in "
                   ".parquet");
    add_json(verb);
}

}  // namespace

RunFailure as_run_failure(const disk::Error& error) {
    // a damaged store is mended by building it again
    const bool failed = error.kind == disk::ErrorKind::failed;
    return {.code = failed ? kExitFailed : kExitBadInput, .text = error.text};
}

std::string store_path(const FeaturesOptions& options, const RunConfig& config) {
    return options.store.empty() ? features::default_path(config.catalog) : options.store;
}

void add_features_command(CLI::App& app, int& exit_code) {
    CLI::App* features = app.add_subcommand(
        "features", "work out features, keep them, look at them, prove that nothing looks ahead");
    features->require_subcommand(1);
    add_build(*features, exit_code);
    add_list(*features, exit_code);
    add_latest(*features, exit_code);
    add_show(*features, exit_code);
    add_check(*features, exit_code);
    add_plot(*features, exit_code);
    add_labels(*features, exit_code);
}

}  // namespace tradewind::apps
