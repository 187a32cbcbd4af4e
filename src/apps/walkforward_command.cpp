// SPDX-License-Identifier: Apache-2.0
#include "apps/walkforward_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/backtest_output.hpp"
#include "apps/model_config.hpp"
#include "apps/model_walk.hpp"
#include "apps/search_progress.hpp"
#include "apps/search_setup.hpp"
#include "apps/trial_counting.hpp"
#include "base/try.hpp"
#include "research/metrics_json.hpp"
#include "research/report.hpp"
#include "research/sweep/figures.hpp"
#include "research/sweep/summary.hpp"
#include "research/sweep/walk_forward.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::Fold;
using research::TrialResult;

struct Options {
    RunArguments run;
    SearchArguments search;
    LedgerChoice ledger;
    std::string train;
    std::string test;
    std::string embargo;
    std::string report;
    bool anchored = false;
    bool json = false;
};

std::expected<research::CalendarSpan, std::string> span_of(std::string_view flag,
                                                           const std::string& text) {
    const auto span = research::parse_calendar_span(text);
    if (span) return *span;
    return std::unexpected(fmt::format(
        "{} {}: is no length of time; say for example 2y, 6m (months), 3w or 10d", flag, text));
}

std::expected<research::WalkSettings, std::string> walk_of(const Options& options) {
    research::WalkSettings out{.train = TRY(span_of("--train", options.train)),
                               .test = TRY(span_of("--test", options.test)),
                               .anchored = options.anchored};
    if (!options.embargo.empty()) out.embargo = TRY(span_of("--embargo", options.embargo));
    return out;
}

/// One window's choice and what became of it.
struct Step {
    Fold fold{};
    research::Point point;
    std::uint64_t trials = 0;
    std::uint64_t pruned = 0;
    double in_sample = 0;                 ///< objective of the choice
    std::optional<double> out_of_sample;  ///< the same figure of the test window
    std::optional<double> cagr_in_sample;
    research::TestPart test;
    std::uint64_t trades = 0;
};

/// The whole walk.
struct Walk {
    std::vector<Step> steps;
    std::vector<monitor::EquityPoint> equity;  ///< of the test windows, one after the other
    std::vector<monitor::ClosedTrade> trades;
    monitor::Metrics metrics;
    std::uint64_t trials = 0;
    bool is_fast = true;
    std::string why_not_fast;
    std::optional<CountedTrials> counted;
    double wall_s = 0;
};

/// What every window needs.
struct Ground {
    const RunConfig& config;
    const catalog::Catalog& catalog;
    const SearchPlan& plan;
    trials::TrialFile* ledger;
    std::string name;  ///< of this walk-forward in the ledger
};

/// Everything that a walk-forward's trials depend on, as a name.
std::string name_of(const RunSettings& settings, const SearchPlan& plan, const Options& options,
                    const catalog::Catalog& catalog) {
    Json search{{"params", options.search.params},
                {"method", research::to_string(plan.search.sampler)},
                {"trials", options.search.trials.value_or(0)},
                {"seed", plan.search.seed},
                {"objective", plan.aims.objective.text()},
                {"constraints", options.search.constraints},
                {"prune", plan.prune ? prune_json(*plan.prune) : Json(nullptr)}};
    return hash_of(Json{{"settings", Json::parse(to_json(settings))},
                        {"data", data_hash(settings, catalog)},
                        {"search", std::move(search)},
                        {"train", options.train},
                        {"test", options.test},
                        {"embargo", options.embargo},
                        {"anchored", options.anchored}}
                       .dump());
}

double figure_named(const std::vector<double>& figures, std::string_view name) {
    const auto names = research::figure_names();
    const auto at = std::ranges::find(names, name) - names.begin();
    return figures[static_cast<std::size_t>(at)];
}

std::optional<double> defined(double value) {
    return std::isfinite(value) ? std::optional{value} : std::nullopt;
}

std::expected<void, RunFailure> search_window(const Ground& ground, const std::string& what,
                                              Step& step, Walk& walk) {
    RunConfig config = ground.config;
    config.from = start_of(step.fold.train_from);
    config.to = start_of(step.fold.train_to);
    RunSettings settings = TRY(or_bad_input(resolve(config, ground.catalog)));
    const auto desk = TRY(TrialDesk::create(std::move(settings), ground.catalog, ground.plan));
    auto search = TRY(or_bad_input(research::Search::create(ground.plan.search)));
    SearchProgress progress{search.total(), what};
    std::map<std::uint64_t, TrialResult> known;
    const auto trials = TRY(or_failed(
        research::run_search(search, {.sweep = desk->sweep(),
                                      .jobs = ground.plan.jobs,
                                      .known = known,
                                      .on_trial = [&](const TrialResult&) { progress.step(); }})));
    if (auto usable = check_outcome(trials, *desk, ground.plan); !usable) {
        return std::unexpected(
            RunFailure{kExitBadInput,
                       fmt::format("training window {} to {}: {}", to_string(step.fold.train_from),
                                   to_string(step.fold.train_to), usable.error())});
    }
    if (ground.ledger != nullptr) {
        const auto records = records_of(*desk, ground.plan, trials, ground.catalog,
                                        ports::TrialOrigin::walkforward, ground.name);
        TRY_VOID(or_failed(ground.ledger->append(records)));
    }
    const TrialResult& best = *research::ranking(trials).front();
    step.point = best.point;
    step.trials = trials.size();
    step.pruned = research::tally(trials).pruned;
    step.in_sample = *best.outcome.value;
    step.cagr_in_sample = defined(figure_named(best.figures, "cagr"));
    walk.trials += trials.size();
    walk.is_fast = walk.is_fast && desk->is_fast();
    if (!desk->is_fast()) walk.why_not_fast = desk->why_not_fast();
    return {};
}

/// Trades the choice on the window that it has not seen. The strategy is told the training window
/// too, so that its averages are warm, but trades from the test window on, with the equity that
/// the windows before left.
std::expected<Money, RunFailure> trade_window(const Ground& ground, Money capital, Step& step,
                                              Walk& walk) {
    RunConfig config = ground.config;
    config.from = start_of(step.fold.train_from);
    config.to = start_of(step.fold.test_to);
    config.cash = capital;
    RunSettings settings = TRY(or_bad_input(resolve(config, ground.catalog)));
    const auto desk = TRY(TrialDesk::create(std::move(settings), ground.catalog, ground.plan));
    const RunSettings chosen = desk->settings_with(ground.plan.space().params(step.point));
    auto slots = TRY(or_bad_input(make_slots(chosen)));
    for (engine::StrategySlot& slot : slots) slot.trades_from = start_of(step.fold.test_from);
    const research::BacktestResult run =
        TRY(or_failed(desk->sweep().backtest(std::move(slots), std::nullopt)));
    if (!run.final_equity) {
        return std::unexpected(
            RunFailure{kExitFailed, "a currency has no rate: the equity is unknown"});
    }
    step.test = TRY(or_failed(
        research::test_part(run, step.fold.test_from, chosen.annual_factor, chosen.risk_free)));
    step.trades = run.trades_closed;
    research::BacktestResult seen = run;
    seen.metrics = step.test.metrics;
    step.out_of_sample =
        desk->sweep().value_of(research::figures_of(seen), step.point, ground.plan.space());
    walk.trades.insert(walk.trades.end(), run.trades.begin(), run.trades.end());
    const auto& points = step.test.equity;
    walk.equity.insert(walk.equity.end(), points.begin() + (walk.equity.empty() ? 0 : 1),
                       points.end());
    return *run.final_equity;
}

/// First and last row of what is played.
std::pair<Date, Date> extent_of(const RunConfig& config, const RunSettings& settings) {
    Timestamp first = kTimestampMax, last = kTimestampMin;
    for (const ports::Series& series : settings.data) {
        const bool is_market = series.key.kind == ports::SeriesKind::bar ||
                               series.key.kind == ports::SeriesKind::quote ||
                               series.key.kind == ports::SeriesKind::trade;
        if (!is_market) continue;
        first = std::min(first, series.first);
        last = std::max(last, series.last);
    }
    if (config.from) first = std::max(first, *config.from);
    if (config.to) last = std::min(last, *config.to - nanoseconds(1));
    return {utc_date(first), utc_date(last)};
}

std::expected<Walk, RunFailure> walk_all(Ground ground, const Options& options) {
    const std::int64_t started = steady_ns();
    const RunSettings settings = TRY(or_bad_input(resolve(ground.config, ground.catalog)));
    const auto [first, last] = extent_of(ground.config, settings);
    ground.name = name_of(settings, ground.plan, options, ground.catalog);
    const auto walk_settings = TRY(or_bad_input(walk_of(options)));
    const auto folds = TRY(or_bad_input(research::folds_of(walk_settings, first, last)));
    Walk out;
    Money capital = ground.config.cash;
    for (std::size_t i = 0; i < folds.size(); ++i) {
        Step step;
        step.fold = folds[i];
        const std::string what = fmt::format("window {} of {}", i + 1, folds.size());
        TRY_VOID(search_window(ground, what, step, out));
        capital = TRY(trade_window(ground, capital, step, out));
        out.steps.push_back(std::move(step));
    }
    const auto metrics = monitor::compute({.equity = out.equity,
                                           .risk_free = monitor::AnnualRate{settings.risk_free},
                                           .annual_factor = settings.annual_factor,
                                           .trades = out.trades});
    if (!metrics) {
        return std::unexpected(RunFailure{kExitFailed, monitor::describe(metrics.error())});
    }
    out.metrics = *metrics;
    if (ground.ledger != nullptr) {
        out.counted = CountedTrials{
            .ledger = ground.ledger->path().string(),
            .count = TRY(or_failed(research::count_trials(*ground.ledger, family_of(settings))))};
    }
    out.wall_s = static_cast<double>(steady_ns() - started) * 1e-9;
    return out;
}

// --- what is told --------------------------------------------------------------------------------

Json number(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

/// A mean over the windows where a figure is defined both in training and in the test: one without
/// a trade has no ratio to compare.
struct PairedMeans {
    double in = 0;
    double out = 0;
    std::size_t windows = 0;

    void add(const std::optional<double>& trained, const std::optional<double>& tested) {
        if (!trained || !tested || !std::isfinite(*trained) || !std::isfinite(*tested)) return;
        in += *trained;
        out += *tested;
        ++windows;
    }
    [[nodiscard]] std::optional<double> trained() const { return mean_of(in); }
    [[nodiscard]] std::optional<double> tested() const { return mean_of(out); }

private:
    [[nodiscard]] std::optional<double> mean_of(double sum) const {
        if (windows == 0) return std::nullopt;
        return sum / static_cast<double>(windows);
    }
};

/// What carries over from the training windows to the test windows.
struct CarryOver {
    std::size_t windows = 0;  ///< in which the objective is defined in training and in the test
    std::optional<double> objective_in;  ///< means over those
    std::optional<double> objective_out;
    std::optional<double> cagr_in;
    std::optional<double> cagr_out;
    std::optional<double> decay;       ///< 1 - out / in of the objective
    std::optional<double> efficiency;  ///< cagr out / cagr in (Pardo 2008)
};

CarryOver carry_over(const Walk& walk) {
    PairedMeans objective, cagr;
    for (const Step& step : walk.steps) {
        objective.add(step.in_sample, step.out_of_sample);
        cagr.add(step.cagr_in_sample, step.test.metrics.cagr);
    }
    CarryOver result{.windows = objective.windows,
                     .objective_in = objective.trained(),
                     .objective_out = objective.tested(),
                     .cagr_in = cagr.trained(),
                     .cagr_out = cagr.tested(),
                     .decay = std::nullopt,
                     .efficiency = std::nullopt};
    const auto ratio = [](std::optional<double> a,
                          std::optional<double> b) -> std::optional<double> {
        if (!a || !b || *b <= 0) return std::nullopt;
        return *a / *b;
    };
    result.efficiency = ratio(result.cagr_out, result.cagr_in);
    if (const auto kept = ratio(result.objective_out, result.objective_in)) {
        result.decay = 1 - *kept;
    }
    return result;
}

std::vector<research::Stability> stability_of(const Walk& walk, const SearchPlan& plan) {
    std::vector<research::Point> chosen;
    for (const Step& step : walk.steps) chosen.push_back(step.point);
    return research::stability_of(plan.space(), chosen);
}

Json step_json(const Step& step, const SearchPlan& plan) {
    return {{"train_from", to_string(step.fold.train_from)},
            {"train_to", to_string(step.fold.train_to)},
            {"test_from", to_string(step.fold.test_from)},
            {"test_to", to_string(step.fold.test_to)},
            {"params", params_json(plan.space(), step.point)},
            {"trials", step.trials},
            {"pruned", step.pruned},
            {"in_sample", number(step.in_sample)},
            {"out_of_sample", number(step.out_of_sample)},
            {"cagr_in_sample", number(step.cagr_in_sample)},
            {"cagr_out_of_sample", number(step.test.metrics.cagr)},
            {"total_return", number(step.test.metrics.total_return)},
            {"sharpe", number(step.test.metrics.sharpe)},
            {"max_drawdown", number(step.test.metrics.max_drawdown)},
            {"trades", step.trades}};
}

Json json_of(const Walk& walk, const SearchPlan& plan, const Options& options) {
    const CarryOver carried = carry_over(walk);
    Json steps = Json::array(), equity = Json::array(), stability = Json::array();
    for (const Step& step : walk.steps) steps.push_back(step_json(step, plan));
    for (const monitor::EquityPoint& point : walk.equity) {
        equity.push_back({to_string(utc_date(point.ts)), point.equity});
    }
    for (const research::Stability& one : stability_of(walk, plan)) {
        stability.push_back({{"parameter", one.name},
                             {"different", one.different},
                             {"changes", one.changes},
                             {"stability", number(one.share)}});
    }
    return {{"method", research::to_string(plan.search.sampler)},
            {"objective", plan.aims.objective.text()},
            {"train", options.train},
            {"test", options.test},
            {"embargo", options.embargo.empty() ? Json(nullptr) : Json(options.embargo)},
            {"anchored", options.anchored},
            {"kernel", walk.is_fast ? "fast" : "engine"},
            {"windows", walk.steps.size()},
            {"trials", walk.trials},
            {"trials_counted", walk.counted ? Json(walk.counted->count.trials) : Json(nullptr)},
            {"wall_s", walk.wall_s},
            {"in_sample_mean", number(carried.objective_in)},
            {"out_of_sample_mean", number(carried.objective_out)},
            {"windows_compared", carried.windows},
            {"decay", number(carried.decay)},
            {"cagr_in_sample_mean", number(carried.cagr_in)},
            {"cagr_out_of_sample_mean", number(carried.cagr_out)},
            {"efficiency", number(carried.efficiency)},
            {"stability", stability},
            {"metrics", research::metrics_json(walk.metrics)},
            {"folds", steps},
            {"equity", equity}};
}

std::string plain(const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string table_of(const Walk& walk, const SearchPlan& plan) {
    Table table;
    for (const Step& step : walk.steps) {
        table.row(fmt::format("{} to {}: {}", to_string(step.fold.test_from),
                              to_string(step.fold.test_to), plan.space().text(step.point)),
                  fmt::format("{} -> {}", plain(step.in_sample), plain(step.out_of_sample)));
    }
    table.gap();
    const CarryOver carried = carry_over(walk);
    table.row(plan.aims.objective.text() + ", trained", plain(carried.objective_in));
    table.row(plan.aims.objective.text() + ", tested", plain(carried.objective_out));
    table.row("Decay", plain(carried.decay));
    table.row("Efficiency (yearly return, tested / trained)", plain(carried.efficiency));
    for (const research::Stability& one : stability_of(walk, plan)) {
        table.row("Stability of " + one.name, plain(one.share));
    }
    table.gap();
    table.row("Sharpe of the test windows", plain(walk.metrics.sharpe));
    table.row("Total return", plain(walk.metrics.total_return));
    table.row("Max drawdown", plain(walk.metrics.max_drawdown));
    table.row("Trades", fmt::format("{}", walk.metrics.trades.count));
    table.row("Trials", fmt::format("{}", walk.trials));
    return table.text();
}

// --- the report ----------------------------------------------------------------------------------

Json curve_json(const Walk& walk) {
    Json t = Json::array(), v = Json::array(), bands = Json::array();
    for (const monitor::EquityPoint& point : walk.equity) {
        t.push_back(to_string(utc_date(point.ts)));
        v.push_back(point.equity);
    }
    std::size_t at = 0;
    for (const Step& step : walk.steps) {
        const std::size_t end = at + step.test.equity.size() - 1;
        bands.push_back({at, end});
        at = end;
    }
    return {{"t", t}, {"v", v}, {"bands", bands}};
}

Json fold_rows(const Walk& walk, const SearchPlan& plan) {
    Json rows = Json::array();
    for (const Step& step : walk.steps) {
        rows.push_back(
            {fmt::format("{} to {}", to_string(step.fold.train_from),
                         to_string(step.fold.train_to)),
             fmt::format("{} to {}", to_string(step.fold.test_from), to_string(step.fold.test_to)),
             plan.space().text(step.point), number(step.in_sample), number(step.out_of_sample),
             number(step.test.metrics.total_return), number(step.test.metrics.max_drawdown),
             fmt::format("{}", step.trades)});
    }
    return {{"head",
             {"Trained on", "Tested on", "Parameters", "Trained", "Tested", "Return",
              "Max drawdown", "Trades"}},
            {"rows", rows}};
}

std::vector<std::string> meaning_of(const CarryOver& carried) {
    std::vector<std::string> out{
        "Each window's parameters were chosen on the training window alone; the test window was "
        "traded afterwards with its own costs. The strategy was told the training window first, so "
        "that its averages were warm, but traded from the test window on. A position that is open "
        "when a window ends is valued at its last price; the next window buys its own."};
    if (carried.decay) {
        out.push_back(fmt::format(
            "Decay {:.3f}: the share of the objective that was lost between training and test, "
            "over "
            "the {} windows in which it is defined in both. 0 carries over whole, 1 loses all.",
            *carried.decay, carried.windows));
    }
    if (carried.efficiency) {
        out.push_back(fmt::format(
            "Efficiency {:.3f}: the yearly return of the test windows over that of the training "
            "windows. Pardo (2008) asks for 0.5 at least.",
            *carried.efficiency));
    }
    return out;
}

std::string page_of(const Walk& walk, const SearchPlan& plan, const Options& options,
                    const std::string& strategy) {
    const CarryOver carried = carry_over(walk);
    Json in = Json::array(), out = Json::array(), from = Json::array(), chosen = Json::array(),
         stable = Json::array();
    for (const Step& step : walk.steps) {
        in.push_back(number(step.in_sample));
        out.push_back(number(step.out_of_sample));
        from.push_back(to_string(step.fold.test_from));
    }
    const auto dimensions = plan.space().dimensions();
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
        Json values = Json::array();
        for (const Step& step : walk.steps) {
            values.push_back(number(dimensions[i].number(step.point[i])));
        }
        chosen.push_back({{"name", dimensions[i].name}, {"values", values}});
    }
    for (const research::Stability& one : stability_of(walk, plan)) {
        stable.push_back({one.name, fmt::format("{}", one.different),
                          fmt::format("{}", one.changes), number(one.share)});
    }
    const Json data{
        {"kind", "walk"},
        {"subtitle", fmt::format("{}: trained on {}, tested on {}{}", strategy, options.train,
                                 options.test, options.anchored ? ", anchored" : "")},
        {"span", fmt::format("{} windows, {} trials", walk.steps.size(), walk.trials)},
        {"objective", plan.aims.objective.text()},
        {"notices", Json::array()},
        {"cards",
         {{"Sharpe ratio", number(walk.metrics.sharpe), "of the test windows, yearly"},
          {"Total return", number(walk.metrics.total_return), "a share of the start capital"},
          {"Max drawdown", number(walk.metrics.max_drawdown), "a share of the peak"},
          {"Decay", number(carried.decay), "of the objective"},
          {"Efficiency", number(carried.efficiency), "yearly return, tested over trained"},
          {"Trades", fmt::format("{}", walk.metrics.trades.count), "in the test windows"}}},
        {"meaning", meaning_of(carried)},
        {"equity", curve_json(walk)},
        {"windows", {{"in", in}, {"out", out}, {"from", from}}},
        {"chosen", chosen},
        {"stability",
         {{"head", {"Parameter", "Different values", "Changes", "Stability"}}, {"rows", stable}}},
        {"folds", fold_rows(walk, plan)},
        {"settings",
         {{"Method", research::to_string(plan.search.sampler)},
          {"Objective", plan.aims.objective.text()},
          {"Embargo", options.embargo.empty() ? "none" : options.embargo},
          {"Seed", fmt::format("{}", plan.search.seed)}}}};
    return research::render_search_page("Walk-forward: " + strategy, data.dump());
}

/// What the command line leaves out is the configuration's.
std::expected<Options, std::string> completed(Options options, const RunConfig& config) {
    const WalkConfig said = TRY(walk_config_of(config));
    if (options.train.empty()) options.train = said.train;
    if (options.test.empty()) options.test = said.test;
    if (options.embargo.empty()) options.embargo = said.embargo;
    options.anchored = options.anchored || said.anchored;
    for (const auto& [text, name] : {std::pair{&options.train, "train"}, {&options.test, "test"}}) {
        if (!text->empty()) continue;
        return std::unexpected(
            fmt::format("say how long a {0}ing window is: --{0} 2y, or walkforward.{0} in the "
                        "configuration",
                        name));
    }
    return options;
}

std::expected<void, RunFailure> run(const Options& given) {
    const RunConfig config = TRY(or_bad_input(gather(given.run)));
    const Options options = TRY(or_bad_input(completed(given, config)));
    const research::WalkSettings windows = TRY(or_bad_input(walk_of(options)));
    if (has_models(config)) {
        return run_model_walk({.config = config,
                               .windows = windows,
                               .ledger = options.ledger,
                               .report = options.report,
                               .json = options.json});
    }
    const SearchPlan plan = TRY(or_bad_input(read_search(options.search)));
    TRY_VOID(or_bad_input(check_writable(options.report)));
    const auto catalog = TRY(open_catalog(config.catalog));
    const auto ledger = TRY(ledger_of(options.ledger, config.catalog));
    const Walk walk = TRY(walk_all(
        {.config = config, .catalog = *catalog, .plan = plan, .ledger = ledger.get(), .name = {}},
        options));
    if (!options.report.empty()) {
        const std::string page = page_of(walk, plan, options, config.strategies.front().name);
        TRY_VOID(or_failed(write_page(page, options.report)));
    }
    if (options.json) {
        fmt::print("{}\n", json_of(walk, plan, options).dump(2));
    } else {
        fmt::print("{}", table_of(walk, plan));
    }
    return {};
}

}  // namespace

void add_walkforward_command(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand(
        "walkforward",
        "search parameters, or train models, on one window, and trade them on the next");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    add_search_arguments(*verb, options->search);
    add_ledger_options(*verb, options->ledger);
    verb->add_option("--train", options->train, "length of a training window: 2y, 6m, 3w, 10d");
    verb->add_option("--test", options->test, "length of a test window, and of each step");
    verb->add_option("--embargo", options->embargo,
                     "left out between training and test window (nothing)");
    verb->add_option("--report", options->report, "write an HTML report here");
    verb->add_flag("--anchored", options->anchored, "every training window begins with the data");
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] {
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
}

}  // namespace tradewind::apps
