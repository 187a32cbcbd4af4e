// SPDX-License-Identifier: Apache-2.0
#include "apps/optimize_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/backtest_output.hpp"
#include "apps/search_progress.hpp"
#include "apps/search_setup.hpp"
#include "apps/search_state.hpp"
#include "apps/trial_counting.hpp"
#include "base/try.hpp"
#include "research/metrics_json.hpp"
#include "research/report.hpp"
#include "research/sweep/figures.hpp"
#include "research/sweep/summary.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::TrialResult;
using Trials = std::vector<TrialResult>;

constexpr std::size_t kTop = 10;
constexpr std::size_t kRegions = 5;
/// So many pruned trials are listed one by one.
constexpr std::size_t kPrunedListed = 10'000;

struct Options {
    RunArguments run;
    SearchArguments search;
    LedgerChoice ledger;
    std::string resume;
    std::string report;
    std::size_t blocks = 16;
    bool json = false;
};

/// Everything that a search's trials depend on.
std::string identity_of(const TrialDesk& desk, const SearchPlan& plan, const Options& options,
                        const catalog::Catalog& catalog) {
    Json out{{"settings", Json::parse(to_json(desk.settings()))},
             {"data", data_hash(desk.settings(), catalog)},
             {"params", options.search.params},
             {"method", research::to_string(plan.search.sampler)},
             {"trials", options.search.trials.value_or(0)},
             {"seed", plan.search.seed},
             {"objective", plan.aims.objective.text()},
             {"constraints", options.search.constraints},
             {"stop_drawdown", plan.stop_drawdown.value_or(0.0)}};
    if (plan.prune) out["prune"] = prune_json(*plan.prune);
    return out.dump();
}

/// A search that was run.
struct Searched {
    const Options& options;
    const SearchPlan& plan;
    const TrialDesk& desk;
    Trials trials;
    std::uint64_t resumed = 0;
    double wall_s = 0;  ///< of the trials
    std::uint64_t ran = 0;
};

std::expected<Searched, RunFailure> search(const Options& options, const SearchPlan& plan,
                                           const TrialDesk& desk, const catalog::Catalog& catalog) {
    std::optional<SearchState> state;
    std::map<std::uint64_t, TrialResult> none;
    if (!options.resume.empty()) {
        state = TRY(or_bad_input(
            SearchState::open(options.resume, identity_of(desk, plan, options, catalog))));
    }
    auto all = TRY(or_bad_input(research::Search::create(plan.search)));
    std::map<std::uint64_t, TrialResult>& known = state ? state->known() : none;
    Searched out{.options = options, .plan = plan, .desk = desk, .trials = {}};
    out.resumed = known.size();
    SearchProgress progress{all.total() - std::min<std::uint64_t>(all.total(), known.size())};
    std::string write_error;
    out.trials =
        TRY(or_failed(research::run_search(all, {.sweep = desk.sweep(),
                                                 .jobs = plan.jobs,
                                                 .known = known,
                                                 .on_trial = [&](const TrialResult& result) {
                                                     progress.step();
                                                     if (!state || !write_error.empty()) return;
                                                     if (auto done = state->append(result); !done)
                                                         write_error = done.error();
                                                 }})));
    if (!write_error.empty()) return std::unexpected(RunFailure{kExitFailed, write_error});
    out.wall_s = progress.seconds();
    out.ran = progress.ran();
    return out;
}

/// What the best trial is worth, run again bar by bar and counted among all trials.
struct Judged {
    const TrialResult* best = nullptr;
    RunSettings settings;
    research::BacktestResult result;
    bool equal = true;  ///< to what the search had
    std::optional<CountedTrials> counted;
    std::optional<double> deflated;
    std::optional<double> track_record;  ///< returns that it would take
    std::optional<monitor::Overfitting> overfitting;
    std::optional<monitor::RealityCheck> reality;
};

std::expected<std::optional<CountedTrials>, std::string> enter_all(
    trials::TrialFile* ledger, const Searched& searched, const catalog::Catalog& catalog) {
    if (ledger == nullptr) return std::nullopt;
    const auto records = records_of(
        searched.desk, searched.plan, searched.trials, catalog, ports::TrialOrigin::optimize,
        hash_of(identity_of(searched.desk, searched.plan, searched.options, catalog)));
    TRY_VOID(ledger->append(records));
    return CountedTrials{
        .ledger = ledger->path().string(),
        .count = TRY(research::count_trials(*ledger, family_of(searched.desk.settings())))};
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::expected<Judged, RunFailure> judge(const Searched& searched, trials::TrialFile* ledger,
                                        const catalog::Catalog& catalog) {
    Judged out;
    out.best = research::ranking(searched.trials).front();
    const research::ParamTexts params = searched.plan.space().params(out.best->point);
    out.settings = searched.desk.settings_with(params);
    auto slots = TRY(or_bad_input(make_slots(out.settings)));
    out.result = TRY(or_failed(searched.desk.sweep().backtest(std::move(slots), std::nullopt)));
    const std::vector<double> again = research::figures_of(out.result);
    for (std::size_t i = 0; i < again.size(); ++i) {
        out.equal = out.equal && same(again[i], out.best->figures[i]);
    }
    out.counted = TRY(or_failed(enter_all(ledger, searched, catalog)));
    const auto trials =
        out.counted ? out.counted->count.for_deflation() : research::trials_of(searched.trials);
    const research::RiskFreeRate rate{.annual_rate = out.settings.risk_free,
                                      .annual_factor = out.settings.annual_factor};
    if (const auto sample = research::sharpe_sample(out.best->returns, rate.period())) {
        if (trials) out.deflated = monitor::deflated_sharpe(*sample, *trials);
        out.track_record = monitor::minimum_track_record(*sample, 0.0, 0.95);
    }
    out.overfitting = research::overfitting_of(searched.trials, searched.options.blocks);
    out.reality = research::reality_of(searched.trials, searched.plan.search.seed);
    return out;
}

// --- what is told --------------------------------------------------------------------------------

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json trial_json(const TrialResult& trial, const research::SearchSpace& space) {
    Json out{{"number", trial.number},
             {"params", params_json(space, trial.point)},
             {"objective", number(trial.outcome.value)}};
    const auto names = research::figure_names();
    for (std::size_t i = 0; i < trial.figures.size(); ++i) {
        out[names[i]] = number(trial.figures[i]);
    }
    return out;
}

Json regions_json(const Searched& searched) {
    Json out = Json::array();
    const research::SearchSpace& space = searched.plan.space();
    for (const research::Region& region :
         research::good_regions(searched.trials, space, kRegions)) {
        out.push_back({{"trials", region.trials},
                       {"best", region.best},
                       {"mean", region.mean},
                       {"low", params_json(space, region.low)},
                       {"high", params_json(space, region.high)}});
    }
    return out;
}

Json overfitting_json(const std::optional<monitor::Overfitting>& found) {
    if (!found) return nullptr;
    return {{"pbo", found->pbo},
            {"probability_of_loss", found->probability_of_loss},
            {"blocks", found->blocks},
            {"combinations", found->combinations},
            {"periods", found->periods},
            {"degradation_slope", number(found->degradation_slope)},
            {"mean_in_sample", found->mean_in_sample},
            {"mean_out_of_sample", found->mean_out_of_sample}};
}

/// What was pruned, where, and how much of the work that spared.
Json pruning_json(const Searched& searched) {
    if (!searched.plan.prune) return nullptr;
    const research::PruneSettings& prune = *searched.plan.prune;
    Json out = prune_json(prune);
    out["share_run"] = research::share_run(searched.trials, prune);
    Json rungs = Json::array(), trials = Json::array();
    for (const research::RungTally& rung : research::tally_rungs(searched.trials, prune)) {
        rungs.push_back({{"share", rung.share}, {"came", rung.came}, {"pruned", rung.pruned}});
    }
    for (const TrialResult& trial : searched.trials) {
        if (!trial.pruned) continue;
        if (trials.size() == kPrunedListed) break;
        trials.push_back({{"number", trial.number},
                          {"params", params_json(searched.plan.space(), trial.point)},
                          {"rung", trial.rungs.size() - 1},
                          {"objective", number(trial.outcome.value)}});
    }
    out["rungs"] = std::move(rungs);
    out["trials"] = std::move(trials);
    return out;
}

Json reality_json(const std::optional<monitor::RealityCheck>& found) {
    if (!found) return nullptr;
    return {{"white", found->white},
            {"spa", found->spa_consistent},
            {"resamples", found->resamples},
            {"mean_block", found->mean_block}};
}

double per_second(std::uint64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

Json json_of(const Searched& searched, const Judged& judged) {
    const research::TrialTally tally = research::tally(searched.trials);
    const research::SearchSpace& space = searched.plan.space();
    Json best = trial_json(*judged.best, space);
    best["metrics"] = research::metrics_json(judged.result.metrics);
    best["settings_hash"] = settings_hash(to_json(judged.settings));
    best["equals_backtest"] = judged.equal;
    best["at_edge"] = research::at_the_edge(space, judged.best->point);
    const auto around = research::neighbourhood(searched.trials, space, *judged.best);
    best["neighbours"] =
        around ? Json{{"trials", around->trials}, {"mean", around->mean}, {"worst", around->worst}}
               : Json(nullptr);
    Json top = Json::array();
    for (const TrialResult* trial : research::ranking(searched.trials)) {
        if (top.size() == kTop) break;
        top.push_back(trial_json(*trial, space));
    }
    const monitor::Overfitting* pbo = judged.overfitting ? &*judged.overfitting : nullptr;
    return {{"strategy", searched.desk.settings().strategies.front().name},
            {"method", research::to_string(searched.plan.search.sampler)},
            {"objective", searched.plan.aims.objective.text()},
            {"constraints", searched.options.search.constraints},
            {"seed", searched.plan.search.seed},
            {"kernel", searched.desk.is_fast() ? "fast" : "engine"},
            {"kernel_why",
             searched.desk.is_fast() ? Json(nullptr) : Json(searched.desk.why_not_fast())},
            {"jobs", searched.plan.jobs},
            {"trials", searched.trials.size()},
            {"resumed", searched.resumed},
            {"refused", tally.refused},
            {"stopped", tally.stopped},
            {"pruned", tally.pruned},
            {"undefined", tally.undefined},
            {"violating", tally.violating},
            {"rows", searched.desk.rows()},
            {"wall_s", searched.wall_s},
            {"combos_per_s", per_second(searched.ran, searched.wall_s)},
            {"bar_combos_per_s", per_second(searched.ran * searched.desk.rows(), searched.wall_s)},
            {"best", best},
            {"deflated_sharpe", number(judged.deflated)},
            {"trials_counted", judged.counted ? Json(judged.counted->count.trials) : Json(nullptr)},
            {"minimum_track_record", number(judged.track_record)},
            {"pbo", pbo != nullptr ? Json(pbo->pbo) : Json(nullptr)},
            {"overfitting", overfitting_json(judged.overfitting)},
            {"reality_check", reality_json(judged.reality)},
            {"regions", regions_json(searched)},
            {"pruning", pruning_json(searched)},
            {"top", top}};
}

std::string plain(const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string table_of(const Searched& searched, const Judged& judged) {
    const research::TrialTally tally = research::tally(searched.trials);
    const research::SearchSpace& space = searched.plan.space();
    Table table;
    table.row("Trials", fmt::format("{}", searched.trials.size()));
    if (searched.resumed > 0) table.row("  of an earlier run", fmt::format("{}", searched.resumed));
    if (tally.refused > 0) table.row("  refused", fmt::format("{}", tally.refused));
    if (tally.stopped > 0) table.row("  stopped early", fmt::format("{}", tally.stopped));
    if (tally.pruned > 0) {
        table.row("  pruned", fmt::format("{}", tally.pruned));
        table.row("  share of the span that was run",
                  plain(research::share_run(searched.trials, *searched.plan.prune)));
    }
    if (tally.violating > 0) table.row("  miss a constraint", fmt::format("{}", tally.violating));
    table.row(
        "Bars x trials a second",
        fmt::format("{:.1f} million ({})",
                    per_second(searched.ran * searched.desk.rows(), searched.wall_s) / 1e6,
                    searched.desk.is_fast() ? "kernel: fast"
                                            : "kernel: engine, " + searched.desk.why_not_fast()));
    table.gap();
    table.row("Best", space.text(judged.best->point));
    table.row("  " + searched.plan.aims.objective.text(), plain(judged.best->outcome.value));
    table.row("  Sharpe", plain(judged.result.metrics.sharpe));
    table.row("  Total return", plain(judged.result.metrics.total_return));
    table.row("  Max drawdown", plain(judged.result.metrics.max_drawdown));
    table.row("  Trades", fmt::format("{}", judged.result.metrics.trades.count));
    if (const auto around = research::neighbourhood(searched.trials, space, *judged.best)) {
        table.row("  its neighbours' mean", plain(around->mean));
    }
    for (const std::string& name : research::at_the_edge(space, judged.best->point)) {
        table.row("  at the edge of its range", name + ": the optimum may lie beyond");
    }
    table.gap();
    table.row("Deflated Sharpe", plain(judged.deflated));
    if (judged.counted) {
        table.row("  trials counted", fmt::format("{}", judged.counted->count.trials));
    }
    table.row("Probability of overfitting",
              plain(judged.overfitting ? std::optional{judged.overfitting->pbo} : std::nullopt));
    if (judged.reality) {
        table.row("Reality check, probability of luck", plain(judged.reality->white));
    }
    table.row("Returns that prove it at 95 %", plain(judged.track_record));
    table.row("Returns that there are", fmt::format("{}", judged.best->returns.size()));
    return table.text();
}

// --- the report ----------------------------------------------------------------------------------

/// So many trials are drawn; of more, the first.
constexpr std::size_t kDrawn = 50'000;

Json dimensions_json(const research::SearchSpace& space) {
    Json out = Json::array();
    for (const research::Dimension& one : space.dimensions()) {
        Json dimension{{"name", one.name}};
        if (one.kind == research::DimensionKind::list) dimension["choices"] = one.choices;
        out.push_back(std::move(dimension));
    }
    return out;
}

Json regions_table(const Searched& searched) {
    const research::SearchSpace& space = searched.plan.space();
    Json rows = Json::array();
    for (const research::Region& region :
         research::good_regions(searched.trials, space, kRegions)) {
        rows.push_back({fmt::format("{}", region.trials), space.text(region.low),
                        space.text(region.high), region.best, region.mean});
    }
    return {{"head", {"Trials", "From", "To", "Best", "Mean"}}, {"rows", rows}};
}

Json pruning_table(const Searched& searched) {
    Json rows = Json::array();
    if (const auto& prune = searched.plan.prune) {
        for (const research::RungTally& rung : research::tally_rungs(searched.trials, *prune)) {
            rows.push_back({rung.share, fmt::format("{}", rung.came),
                            fmt::format("{}", rung.pruned),
                            fmt::format("{}", rung.came - rung.pruned)});
        }
    }
    return {{"head", {"Share of the span", "Came", "Pruned", "Went on"}}, {"rows", rows}};
}

Json top_table(const Searched& searched) {
    const auto names = research::figure_names();
    Json rows = Json::array();
    for (const TrialResult* trial : research::ranking(searched.trials)) {
        if (rows.size() == kTop) break;
        Json row{searched.plan.space().text(trial->point), number(trial->outcome.value)};
        for (const std::string_view wanted :
             {"sharpe", "total_return", "max_drawdown", "trades.count"}) {
            const auto at = std::ranges::find(names, wanted) - names.begin();
            row.push_back(number(trial->figures[static_cast<std::size_t>(at)]));
        }
        rows.push_back(std::move(row));
    }
    return {{"head",
             {"Parameters", searched.plan.aims.objective.text(), "Sharpe", "Total return",
              "Max drawdown", "Trades"}},
            {"rows", rows}};
}

std::vector<std::string> notices_of(const Searched& searched, const Judged& judged) {
    std::vector<std::string> out;
    const research::SearchSpace& space = searched.plan.space();
    for (const std::string& name : research::at_the_edge(space, judged.best->point)) {
        out.push_back(fmt::format(
            "The best {} lies at the edge of its range: the optimum may lie beyond; search wider.",
            name));
    }
    const auto around = research::neighbourhood(searched.trials, space, *judged.best);
    const double best = *judged.best->outcome.value;
    if (around && best > 0 && around->mean < best / 2) {
        out.push_back(
            "The best trial's neighbours are less than half as good: a peak that stands "
            "alone is seldom more than luck.");
    }
    if (const std::uint64_t pruned = research::tally(searched.trials).pruned; pruned > 0) {
        out.push_back(fmt::format(
            "{} trials were pruned before their end. The deflated Sharpe ratio counts them, each "
            "with the part that it ran; the probability of overfitting and the reality check need "
            "whole series and are of the other trials alone, so they see less luck than there was.",
            pruned));
    }
    if (searched.trials.size() > kDrawn) {
        out.push_back(
            fmt::format("Drawn are the first {} of {} trials.", kDrawn, searched.trials.size()));
    }
    return out;
}

std::string prune_text(const SearchPlan& plan) {
    if (!plan.prune) return "nothing";
    return fmt::format("{} at {} of the span, in rounds of {}", research::to_string(*plan.prune),
                       fmt::join(plan.prune->rungs, ", "), plan.prune->round);
}

std::vector<std::string> meaning_of(const Judged& judged) {
    std::vector<std::string> out;
    out.push_back(
        judged.deflated
            ? fmt::format("Deflated Sharpe {:.3f}: the probability that the true Sharpe ratio is "
                          "above 0, given that this is the best of all trials. 0.95 and above is "
                          "what one wants to see.",
                          *judged.deflated)
            : std::string{"The deflated Sharpe ratio is not defined on these trials."});
    if (judged.overfitting) {
        out.push_back(fmt::format(
            "Probability of overfitting {:.3f}: how often the trial that looked best on one half "
            "of "
            "the data is in the worse half of all trials on the other. Chance gives 0.5; near 0 "
            "the choice carries over. On average the choice had a daily Sharpe ratio of {:.4f} "
            "where it was chosen and {:.4f} where it was not seen.",
            judged.overfitting->pbo, judged.overfitting->mean_in_sample,
            judged.overfitting->mean_out_of_sample));
    }
    if (judged.reality) {
        out.push_back(fmt::format(
            "Reality check {:.3f} (White), {:.3f} (Hansen): the probability of a best trial this "
            "good if none were better than not trading, from {} resamples of the days. Under 0.05 "
            "is what one wants to see.",
            judged.reality->white, judged.reality->spa_consistent, judged.reality->resamples));
    }
    if (judged.track_record) {
        out.push_back(
            fmt::format("Minimum track record {:.0f}: so many daily returns like these it takes to "
                        "be 95 % sure "
                        "of a Sharpe ratio above 0, had nothing else been tried. There are {}.",
                        *judged.track_record, judged.best->returns.size()));
    }
    return out;
}

Json cards_of(const Searched& searched, const Judged& judged) {
    const research::TrialTally tally = research::tally(searched.trials);
    const monitor::Metrics& metrics = judged.result.metrics;
    return {{"Best " + searched.plan.aims.objective.text(), number(judged.best->outcome.value),
             searched.plan.space().text(judged.best->point)},
            {"Sharpe ratio", number(metrics.sharpe), "of the best, yearly"},
            {"Total return", number(metrics.total_return), "a share of the start capital"},
            {"Deflated Sharpe", number(judged.deflated),
             judged.counted ? fmt::format("{} trials counted", judged.counted->count.trials)
                            : "this search's trials alone"},
            {"Overfitting", judged.overfitting ? number(judged.overfitting->pbo) : Json(nullptr),
             "probability"},
            {"Trials", fmt::format("{}", searched.trials.size()),
             fmt::format("{} ran, {} refused, {} stopped, {} pruned, {} miss a constraint",
                         tally.ran, tally.refused, tally.stopped, tally.pruned, tally.violating)}};
}

std::string page_of(const Searched& searched, const Judged& judged) {
    const research::SearchSpace& space = searched.plan.space();
    Json points = Json::array(), values = Json::array();
    for (const TrialResult& trial : searched.trials) {
        if (points.size() == kDrawn) break;
        points.push_back(trial.point);
        values.push_back(trial.figures.empty() ? Json(nullptr) : number(trial.outcome.value));
    }
    const RunSettings& settings = judged.settings;
    const std::string name = settings.strategies.front().name;
    std::string symbols;
    for (const Instrument& one : settings.instruments.all()) {
        symbols += (symbols.empty() ? "" : ", ") + one.symbol;
    }
    const Json data{
        {"kind", "search"},
        {"subtitle", fmt::format("{} on {}", name, symbols)},
        {"span", fmt::format("{} to {}, {} rows", to_string(utc_date(judged.result.run.first)),
                             to_string(utc_date(judged.result.run.last)), searched.desk.rows())},
        {"objective", searched.plan.aims.objective.text()},
        {"dimensions", dimensions_json(space)},
        {"points", points},
        {"values", values},
        {"best", judged.best->point},
        {"notices", notices_of(searched, judged)},
        {"cards", cards_of(searched, judged)},
        {"meaning", meaning_of(judged)},
        {"regions", regions_table(searched)},
        {"pruning", pruning_table(searched)},
        {"top", top_table(searched)},
        {"settings",
         {{"Method", research::to_string(searched.plan.search.sampler)},
          {"Objective", searched.plan.aims.objective.text()},
          {"Seed", fmt::format("{}", searched.plan.search.seed)},
          {"Kernel", searched.desk.is_fast() ? "fast" : "engine"},
          {"Pruned by", prune_text(searched.plan)},
          {"Settings of the best", settings_hash(to_json(settings))}}}};
    return research::render_search_page("Search: " + name, data.dump());
}

std::expected<void, RunFailure> run(const Options& options) {
    const RunConfig config = TRY(or_bad_input(gather(options.run)));
    const SearchPlan plan = TRY(or_bad_input(read_search(options.search)));
    TRY_VOID(or_bad_input(check_writable(options.report)));
    const auto catalog = TRY(open_catalog(config.catalog));
    RunSettings settings = TRY(or_bad_input(resolve(config, *catalog)));
    const auto ledger = TRY(ledger_of(options.ledger, config.catalog));
    const auto desk = TRY(TrialDesk::create(std::move(settings), *catalog, plan));
    const Searched searched = TRY(search(options, plan, *desk, *catalog));
    TRY_VOID(or_bad_input(check_outcome(searched.trials, *desk, plan)));
    const Judged judged = TRY(judge(searched, ledger.get(), *catalog));
    if (!options.report.empty()) {
        TRY_VOID(or_failed(write_page(page_of(searched, judged), options.report)));
    }
    if (options.json) {
        fmt::print("{}\n", json_of(searched, judged).dump(2));
    } else {
        fmt::print("{}", table_of(searched, judged));
    }
    if (judged.equal) return {};
    return std::unexpected(
        RunFailure{kExitFailed,
                   "the best trial differs from the backtest of its parameters: a fault of "
                   "this program; please report it with the settings"});
}

}  // namespace

void add_optimize_command(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("optimize", "search the parameters of a strategy");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    add_search_arguments(*verb, options->search);
    add_ledger_options(*verb, options->ledger);
    verb->add_option("--resume", options->resume,
                     "keep finished trials in this file, and go on from it where it exists");
    verb->add_option("--report", options->report, "write an HTML report here");
    verb->add_option("--blocks", options->blocks,
                     "of time, for the probability of overfitting: even, 2 to 24 (16)")
        ->check(CLI::Range(2, 24));
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] {
        if (options->blocks % 2 != 0) {
            exit_code = complain(kExitBadInput, "--blocks: is odd; give an even number");
            return;
        }
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
}

}  // namespace tradewind::apps
