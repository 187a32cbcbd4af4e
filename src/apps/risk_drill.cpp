// SPDX-License-Identifier: Apache-2.0
#include "apps/risk_drill.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "adapters/catalog/catalog.hpp"
#include "apps/output.hpp"
#include "apps/risk_output.hpp"
#include "apps/run_arguments.hpp"
#include "apps/run_settings.hpp"
#include "base/try.hpp"
#include "measures/stress.hpp"
#include "research/backtest.hpp"
#include "research/drill/brake_drill.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::drill::BrakeOutcome;

struct Options {
    RunArguments run;
    bool json = false;
};

using measures::Crisis;

/// Positions are taken so long before a crisis and held for so long behind it: what falls in it
/// falls from where it stood, and a brake that lapses shows what it does then.
constexpr Duration kAround = days(14);

/// History before a crisis, so that correlations and volatilities are known.
constexpr Duration kBefore = days(250);

/// How all the run's instruments fared in a crisis, held in equal parts, with and without brakes.
struct CrisisRun {
    const Crisis* crisis = nullptr;
    std::vector<std::string> instruments{};
    research::BacktestResult braked{};
    research::BacktestResult free{};
    RunSettings settings{};  ///< of the braked run
};

std::expected<research::BacktestResult, std::string> play(const RunSettings& settings,
                                                          const ports::History& history,
                                                          Timestamp trades_from) {
    auto slots = TRY(make_slots(settings));
    for (engine::StrategySlot& slot : slots) slot.trades_from = trades_from;
    return research::run_backtest({.instruments = settings.instruments,
                                   .history = history,
                                   .world = settings.world,
                                   .engine = settings.engine,
                                   .strategies = std::move(slots),
                                   .annual_factor = settings.annual_factor,
                                   .risk_free = settings.risk_free});
}

/// Instruments whose data begin before the crisis and end behind it, once each.
std::vector<std::string> held_in(const RunSettings& all, Timestamp from, Timestamp to) {
    std::vector<std::string> out;
    for (const ports::Series& series : all.data) {
        const Instrument* instrument = all.instruments.find(series.key.symbol);
        const bool is_there = series.first < from && series.last >= to;
        if (instrument == nullptr || !is_there) continue;
        if (std::ranges::find(out, instrument->symbol) == out.end()) {
            out.push_back(instrument->symbol);
        }
    }
    return out;
}

std::expected<std::optional<CrisisRun>, std::string> run_crisis(const RunConfig& config,
                                                                const RunSettings& all,
                                                                const ports::History& history,
                                                                const Crisis& crisis) {
    const Timestamp from = start_of(crisis.first) - kAround;
    const Timestamp to = start_of(crisis.last) + days(1) + kAround;
    CrisisRun out;
    out.crisis = &crisis;
    out.instruments = held_in(all, from, start_of(crisis.last));
    if (out.instruments.empty()) return std::nullopt;
    RunConfig wish = config;
    wish.instruments = out.instruments;
    wish.from = from - kBefore;
    wish.to = to;
    wish.risk.limits.clear();
    wish.plain_limits.clear();
    wish.default_risk = false;
    wish.risk.sectors.clear();
    wish.risk.restricted.clear();
    wish.risk.stress.clear();
    wish.risk.brakes = all.engine.risk.brakes;
    wish.benchmark.clear();
    if (std::ranges::find(out.instruments, wish.risk.statistics.benchmark) ==
        out.instruments.end()) {
        wish.risk.statistics.benchmark.clear();
    }
    constexpr double kInvested = 0.95;
    const double share = kInvested / static_cast<double>(out.instruments.size());
    wish.strategies.clear();
    StrategyConfig& holder = wish.strategies.emplace_back();
    holder.name = "buy-and-hold";
    holder.params.entries.emplace_back("share", fmt::format("{:.9f}", share));
    wish.features.clear();
    wish.groups.clear();
    wish.sources.clear();
    out.settings = TRY(resolve(wish, history));
    out.braked = TRY(play(out.settings, history, from));
    RunSettings free = out.settings;
    free.engine.risk.brakes.clear();
    out.free = TRY(play(free, history, from));
    return out;
}

// --- what is told -------------------------------------------------------------------------------

Json json_of(const BrakeOutcome& one, const RunSettings& settings) {
    Json out{{"brake", to_string(settings.engine.risk.brakes[one.brake])},
             {"triggered", one.triggered},
             {"holds", one.holds()}};
    if (!one.untried.empty()) {
        out["untried"] = one.untried;
        return out;
    }
    if (!one.fault.empty()) out["fault"] = one.fault;
    out["state"] = to_string(one.state);
    out["limit"] = one.limit;
    out["actual"] = one.actual;
    out["events"] = one.events;
    out["latency_events"] = one.latency_events ? Json(*one.latency_events) : Json(nullptr);
    out["latency_s"] =
        one.latency ? Json(static_cast<double>(one.latency->ns) / 1e9) : Json(nullptr);
    out["exposure_before"] = one.gross_before;
    out["exposure_after"] = one.gross_after;
    out["growth_denied"] = one.growth_denied;
    out["reduction_passed"] = one.reduction_passed ? Json(*one.reduction_passed) : Json(nullptr);
    out["growth_working"] = one.growth_working;
    out["stays"] = one.stays ? Json(*one.stays) : Json(nullptr);
    out["person_resumes"] = one.person_resumes;
    return out;
}

double gross_at_end(const research::BacktestResult& result) {
    return result.exposures.empty() ? 0 : result.exposures.back().gross;
}

/// Market value over equity at the end of the last day before an instant.
double gross_before(const research::BacktestResult& result, Timestamp at) {
    double gross = 0;
    for (const monitor::ExposurePoint& point : result.exposures) {
        if (point.ts >= at) break;
        gross = point.gross;
    }
    return gross;
}

Json json_of(const CrisisRun& run) {
    Json brakes = Json::array();
    for (const engine::BrakeRecord& one : run.braked.risk.brakes) {
        Json change = brake_json(run.settings, one);
        change["exposure_share_before"] = gross_before(run.braked, one.ts);
        brakes.push_back(std::move(change));
    }
    const auto figures = [](const research::BacktestResult& result) {
        return Json{{"drawdown", result.max_drawdown_of_marks},
                    {"final_equity",
                     result.final_equity ? Json(to_double(*result.final_equity)) : Json(nullptr)},
                    {"exposure_share_after", gross_at_end(result)}};
    };
    return {{"name", run.crisis->name},
            {"title", run.crisis->title},
            {"from", to_string(run.crisis->first)},
            {"to", to_string(run.crisis->last)},
            {"instruments", run.instruments},
            {"triggered", !run.braked.risk.brakes.empty()},
            {"brakes", std::move(brakes)},
            {"with_brakes", figures(run.braked)},
            {"without", figures(run.free)}};
}

std::string line_of(const BrakeOutcome& one, const RunSettings& settings) {
    const std::string brake = to_string(settings.engine.risk.brakes[one.brake]);
    if (!one.untried.empty()) return fmt::format("untried  {}: {}\n", brake, one.untried);
    if (!one.holds()) return fmt::format("FAILS    {}: {}\n", brake, one.fault);
    return fmt::format(
        "holds    {}: fired at {:.6g} on the event that made it so, event {}; exposure {:.0f} to "
        "{:.0f}\n",
        brake, one.actual, one.events, one.gross_before, one.gross_after);
}

std::string line_of(const CrisisRun& run) {
    constexpr double kPercent = 100;
    std::string out =
        fmt::format("{} ({} to {}), {} instruments: fell {:.1f}% with brakes, {:.1f}% without\n",
                    run.crisis->title, to_string(run.crisis->first), to_string(run.crisis->last),
                    run.instruments.size(), run.braked.max_drawdown_of_marks * kPercent,
                    run.free.max_drawdown_of_marks * kPercent);
    constexpr std::size_t kShown = 4;
    const auto& brakes = run.braked.risk.brakes;
    for (std::size_t i = 0; i < brakes.size() && i < kShown; ++i) {
        out += fmt::format("    {}: {} by \"{}\"\n", to_string(brakes[i].ts),
                           to_string(brakes[i].change.to),
                           to_string(run.settings.engine.risk.brakes[brakes[i].change.brake]));
    }
    if (brakes.size() > kShown) out += fmt::format("    and {} more\n", brakes.size() - kShown);
    return out;
}

std::expected<bool, RunFailure> run(const Options& options) {
    const RunConfig config = TRY(or_bad_input(gather(options.run)));
    const auto catalog = TRY(open_catalog(config.catalog));
    const RunSettings settings = TRY(or_bad_input(resolve(config, *catalog)));
    if (settings.engine.risk.brakes.empty()) {
        return std::unexpected(RunFailure{
            kExitBadInput, "there are no brakes to drill; set risk.brakes, or risk.defaults=true"});
    }
    const auto outcomes = research::drill::exercise_brakes(settings.instruments, settings.engine);
    std::vector<CrisisRun> crises;
    for (const Crisis& crisis : measures::named_crises()) {
        auto run = TRY(or_failed(run_crisis(config, settings, *catalog, crisis)));
        if (run) crises.push_back(std::move(*run));
    }
    const bool holds = std::ranges::all_of(
        outcomes, [](const BrakeOutcome& one) { return one.holds() || !one.untried.empty(); });
    if (options.json) {
        Json brakes = Json::array(), played = Json::array();
        for (const BrakeOutcome& one : outcomes) brakes.push_back(json_of(one, settings));
        for (const CrisisRun& one : crises) played.push_back(json_of(one));
        fmt::print(
            "{}\n",
            Json{{"holds", holds}, {"brakes", std::move(brakes)}, {"crises", std::move(played)}}
                .dump(2));
        return holds;
    }
    for (const BrakeOutcome& one : outcomes) fmt::print("{}", line_of(one, settings));
    if (crises.empty()) fmt::print("none of the known crises lies in these data\n");
    for (const CrisisRun& one : crises) fmt::print("{}", line_of(one));
    return holds;
}

}  // namespace

void add_risk_drill(CLI::App& risk, int& exit_code) {
    CLI::App* verb = risk.add_subcommand(
        "drill", "brings about what each brake waits for, and plays known crises of the data");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] {
        const auto done = run(*options);
        if (!done) {
            exit_code = complain(done.error().code, done.error().text);
        } else {
            exit_code = *done ? kExitOk : kExitFailed;
        }
    });
}

}  // namespace tradewind::apps
