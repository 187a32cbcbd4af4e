// SPDX-License-Identifier: Apache-2.0
#include "apps/search_setup.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/strategy_loader.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"
#include "research/sweep/figures.hpp"
#include "research/sweep/summary.hpp"

namespace tradewind::apps {
namespace {

using research::Expression;
using research::ExpressionType;
using research::Point;
using research::SearchSpace;

/// The names that expressions may use: figures of a run, then searched parameters.
std::vector<std::string> names_for(const SearchSpace& space) {
    const auto figures = research::figure_names();
    std::vector<std::string> out{figures.begin(), figures.end()};
    for (const research::Dimension& one : space.dimensions()) out.push_back(one.name);
    return out;
}

template <typename T>
std::expected<T, std::string> named(std::string_view flag, std::expected<T, std::string> result) {
    if (result) return result;
    return std::unexpected(fmt::format("{}: {}", flag, result.error()));
}

bool is_about_parameters(const Expression& constraint) {
    const std::size_t figures = research::figure_names().size();
    return std::ranges::all_of(constraint.uses(), [=](std::size_t i) { return i >= figures; });
}

/// Whether a point satisfies what parameters alone decide.
research::Allowed allowed_by(std::vector<Expression> constraints, const SearchSpace& space) {
    if (constraints.empty()) return {};
    return [constraints = std::move(constraints), space](const Point& point) {
        std::vector<double> values(research::figure_names().size(), research::kNoFigure);
        for (std::size_t i = 0; i < point.size(); ++i) {
            values.push_back(space.dimensions()[i].number(point[i]).value_or(research::kNoFigure));
        }
        return std::ranges::all_of(constraints, [&](const Expression& one) {
            return one.condition(values).value_or(false);
        });
    };
}

std::expected<std::optional<research::PruneSettings>, std::string> read_prune(
    const SearchArguments& arguments) {
    if (arguments.prune.empty()) {
        if (arguments.prune_at.empty() && !arguments.round) return std::nullopt;
        return std::unexpected(
            fmt::format("{}: nothing is pruned; say --prune median or --prune halving as well",
                        arguments.round ? "--round" : "--prune-at"));
    }
    research::PruneSettings out =
        TRY(named("--prune", research::parse_prune(arguments.prune, arguments.prune_at)));
    if (arguments.round) out.round = *arguments.round;
    return out;
}

}  // namespace

void add_search_arguments(CLI::App& verb, SearchArguments& a) {
    verb.add_option("--param", a.params,
                    "what to search: fast=2:101, stop=0.01:0.1:0.01, side=long,short; or one value")
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--method,--sampler", a.method, "grid, random, tpe or cma-es (grid)");
    verb.add_option("--trials", a.trials, "how many; a grid without it is searched whole");
    verb.add_option("--seed", a.seed, "of the random methods (1)");
    verb.add_option("--objective", a.objective,
                    "what to maximise: a figure, or an expression such as "
                    "\"sharpe - 0.5*max_drawdown\" (sharpe)");
    verb.add_option("--constraint", a.constraints,
                    "what must hold: \"fast < slow\", \"trades.count >= 30\"")
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--jobs", a.jobs, "threads (all cores)")->check(CLI::Range(0, 1024));
    verb.add_option("--stop-drawdown", a.stop_drawdown,
                    "end a trial once it has lost this share of its peak: 0.5")
        ->check(CLI::Range(0.0, 1.0));
    verb.add_option("--prune", a.prune,
                    "end trials that others leave behind: median, or halving:4 (one in four goes "
                    "on)");
    verb.add_option("--prune-at", a.prune_at,
                    "shares of the span at which they are compared (median: 0.25,0.5,0.75; "
                    "halving:4: 0.0625,0.25)")
        ->delimiter(',')
        ->allow_extra_args(false);
    verb.add_option("--round", a.round,
                    "trials that run beside each other before they are compared (16)")
        ->check(CLI::Range(1, 100'000));
}

std::expected<SearchPlan, std::string> read_search(const SearchArguments& arguments) {
    if (arguments.params.empty()) {
        return std::unexpected("nothing to search; say --param NAME=LOW:HIGH");
    }
    const auto method = research::parse_sampler_kind(arguments.method);
    if (!method) {
        return std::unexpected(
            fmt::format("--method {}: there is no such method; there are grid, "
                        "random, tpe and cma-es",
                        arguments.method));
    }
    SearchPlan out{.search = {.space = TRY(named("--param", SearchSpace::parse(arguments.params))),
                              .sampler = *method,
                              .trials = arguments.trials,
                              .seed = arguments.seed},
                   .aims = {.objective = {}},
                   .jobs = arguments.jobs != 0 ? arguments.jobs
                                               : std::max(1U, std::thread::hardware_concurrency()),
                   .stop_drawdown = arguments.stop_drawdown};
    const std::vector<std::string> names = names_for(out.search.space);
    out.aims.objective = TRY(named(
        "--objective", Expression::parse(arguments.objective, names, ExpressionType::number)));
    std::vector<Expression> beforehand;
    for (const std::string& text : arguments.constraints) {
        Expression one =
            TRY(named("--constraint", Expression::parse(text, names, ExpressionType::condition)));
        if (is_about_parameters(one)) {
            out.search.allowed_text += (beforehand.empty() ? "" : " and ") + text;
            beforehand.push_back(std::move(one));
        } else {
            out.aims.constraints.push_back(std::move(one));
        }
    }
    out.search.allowed = allowed_by(std::move(beforehand), out.search.space);
    out.prune = TRY(read_prune(arguments));
    // What cannot be searched at all is told before any data are read.
    TRY_VOID(research::Search::create(out.search));
    return out;
}

RunSettings TrialDesk::settings_with(const research::ParamTexts& searched) const {
    RunSettings out = settings_;
    auto& entries = out.strategies.front().params.entries;
    for (const auto& [name, value] : searched) {
        const auto found =
            std::ranges::find(entries, name, &std::pair<std::string, std::string>::first);
        if (found != entries.end()) {
            found->second = value;
        } else {
            entries.emplace_back(name, value);
        }
    }
    return out;
}

std::expected<std::vector<engine::StrategySlot>, std::string> TrialDesk::make(
    const research::ParamTexts& searched) const {
    StrategyRun run = settings_.strategies.front();
    for (const auto& [name, value] : searched) {
        std::erase_if(run.params.entries, [&](const auto& entry) { return entry.first == name; });
        run.params.entries.emplace_back(name, value);
    }
    std::vector<engine::StrategySlot> out;
    if (kernel_ == nullptr) {
        out.push_back(TRY(make_slot(settings_, run)));
        return out;
    }
    out.push_back({.name = run.name,
                   .strategy = TRY(kernel_->make(run.params)),
                   .instruments = run.instruments,
                   .bars = run.bars});
    return out;
}

std::uint64_t TrialDesk::rows() const {
    if (bars_) return bars_->track().rows();
    std::uint64_t rows = 0;
    for (const ports::Series& series : settings_.data) rows += series.rows;
    return rows;
}

std::expected<std::unique_ptr<TrialDesk>, RunFailure> TrialDesk::create(
    RunSettings settings, const catalog::Catalog& catalog, const SearchPlan& plan) {
    if (settings.strategies.size() != 1) {
        return std::unexpected(
            RunFailure{kExitBadInput, "a search is over the parameters of one strategy; name one"});
    }
    auto out = std::unique_ptr<TrialDesk>(new TrialDesk{std::move(settings)});
    const RunSettings& own = out->settings_;
    out->bars_ = TRY(or_failed(research::SharedBars::create(
        {.instruments = own.instruments, .world = own.world, .engine = own.engine}, catalog,
        out->why_not_)));
    if (out->bars_) {
        const StrategyRun& run = own.strategies.front();
        out->kernel_ = signal::make_kernel(
            run.name, {.instruments = own.instruments, .track = out->bars_->track()});
        const bool gets_bars = !run.bars || *run.bars == out->bars_->track().spec();
        const bool is_watched = !run.stops.empty() || run.sizing;
        if (!gets_bars || is_watched) out->kernel_.reset();
        if (!out->kernel_) {
            out->why_not_ = is_watched ? "it has stops or is sized by bars"
                                       : fmt::format("{} has no kernel", run.name);
        }
    }
    const TrialDesk* desk = out.get();
    out->sweep_.emplace(TRY(or_failed(research::Sweep::create(
        {.instruments = own.instruments,
         .history = catalog,
         .world = own.world,
         .engine = own.engine,
         .benchmark = own.benchmark,
         .annual_factor = own.annual_factor,
         .risk_free = own.risk_free,
         .stop_drawdown = plan.stop_drawdown,
         .prune = plan.prune,
         .bars = out->bars_.get()},
        [desk](const research::ParamTexts& searched) { return desk->make(searched); },
        plan.aims))));
    return out;
}

std::expected<void, std::string> check_outcome(const std::vector<research::TrialResult>& trials,
                                               const TrialDesk& desk, const SearchPlan& plan) {
    const research::TrialTally tally = research::tally(trials);
    if (tally.refused == trials.size()) return std::unexpected(trials.front().refused);
    if (tally.ran == 0) {
        return std::unexpected(fmt::format(
            "no trial ran to its end: {} were stopped by --stop-drawdown, {} pruned, {} refused",
            tally.stopped, tally.pruned, tally.refused));
    }
    if (tally.undefined < tally.ran) return {};
    return std::unexpected(fmt::format(
        "the objective {} is undefined in all {} trials: nothing traded, or too little, on {} rows "
        "of data; shorten the windows, or choose more data",
        plan.aims.objective.text(), tally.ran, desk.rows()));
}

std::string hash_of(const std::string& text) {
    return base::sha256_hex(std::as_bytes(std::span{text})).substr(0, 16);
}

std::vector<ports::TrialRecord> records_of(const TrialDesk& desk, const SearchPlan& plan,
                                           const std::vector<research::TrialResult>& trials,
                                           const catalog::Catalog& catalog,
                                           ports::TrialOrigin origin, const std::string& search) {
    std::vector<ports::TrialRecord> out;
    const std::string data = data_hash(desk.settings(), catalog);
    const research::TrialFamily family = family_of(desk.settings());
    for (const research::TrialResult& trial : trials) {
        if (!trial.refused.empty()) continue;
        const research::ParamTexts params = plan.space().params(trial.point);
        ports::TrialRecord record = trial.record;
        record.origin = origin;
        record.end = trial.pruned    ? ports::TrialEnd::pruned
                     : trial.stopped ? ports::TrialEnd::stopped
                                     : ports::TrialEnd::whole;
        record.strategy = family.strategy;
        record.instruments = family.instruments;
        record.data_hash = data;
        record.settings_hash = settings_hash(to_json(desk.settings_with(params)));
        record.params = plan.space().text(trial.point);
        record.search = search;
        record.objective = trial.outcome.value;
        out.push_back(std::move(record));
    }
    return out;
}

nlohmann::ordered_json prune_json(const research::PruneSettings& prune) {
    return {{"rule", research::to_string(prune)}, {"at", prune.rungs}, {"round", prune.round}};
}

nlohmann::ordered_json params_json(const research::SearchSpace& space,
                                   const research::Point& point) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < point.size(); ++i) {
        const research::Dimension& one = space.dimensions()[i];
        const auto value = one.number(point[i]);
        if (value && one.kind == research::DimensionKind::integer) {
            out[one.name] = static_cast<std::int64_t>(*value);
        } else if (value) {
            out[one.name] = *value;
        } else {
            out[one.name] = one.text(point[i]);
        }
    }
    return out;
}

}  // namespace tradewind::apps
