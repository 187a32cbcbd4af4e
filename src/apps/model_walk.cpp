// SPDX-License-Identifier: Apache-2.0
#include "apps/model_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "apps/backtest_output.hpp"
#include "apps/model_run.hpp"
#include "apps/model_shelf.hpp"
#include "apps/run_settings.hpp"
#include "base/try.hpp"
#include "monitor/overfitting.hpp"
#include "research/backtest.hpp"
#include "research/metrics_json.hpp"
#include "research/models/fold_ensemble.hpp"
#include "research/trials.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::models::FoldEnsemble;
using research::models::FoldModels;
using research::models::Judgement;
using research::models::TrainingSet;
using research::models::Window;

constexpr std::size_t kBlocks = 10;

/// What may trade: one family by itself, or the ensemble.
struct Candidate {
    std::string name;
    std::vector<FoldEnsemble> folds{};
    std::string succession{};  ///< address
    Judgement judged{};        ///< over all test windows
    std::vector<Judgement> by_fold{};
    std::optional<research::BacktestResult> run{};
    research::TestPart traded{};
    std::string settings_hash{};
};

struct Walk {
    std::vector<Window> windows;
    std::vector<FoldModels> folds;
    std::vector<Candidate> candidates;  ///< the families in their order, the ensemble the last
    std::optional<monitor::Overfitting> overfitting;
    std::optional<CountedTrials> counted;
    std::size_t rows = 0;
    double wall_s = 0;

    [[nodiscard]] const Candidate& ensemble() const { return candidates.back(); }
};

/// What every step reads.
struct Ground {
    const ModelWalkRequest& request;
    const ModelConfig& models;
    const ModelData& data;
    models::ModelFolder& registry;
    trials::TrialFile* ledger;
    std::vector<research::Fold> calendar;
};

std::pair<Date, Date> extent_of(const TrainingSet& set, const research::models::Between& span) {
    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
    for (const std::int64_t at : set.all().known_at) {
        if (!span.has(at)) continue;
        first = std::min(first, at);
        last = std::max(last, at);
    }
    return {utc_date({first}), utc_date({last})};
}

std::vector<Window> windows_of(const std::vector<research::Fold>& folds) {
    std::vector<Window> out;
    for (const research::Fold& fold : folds) {
        out.push_back(
            {.train = {.from = start_of(fold.train_from).ns, .to = start_of(fold.train_to).ns},
             .test = {.from = start_of(fold.test_from).ns, .to = start_of(fold.test_to).ns}});
    }
    return out;
}

/// A window's models of one family alone.
FoldModels only(const FoldModels& fold, std::size_t family) {
    FoldModels out;
    out.window = fold.window;
    out.train = fold.train;
    out.test = fold.test;
    out.held_out = {fold.held_out[family]};
    for (std::size_t i = 0; i < fold.models.size(); ++i) {
        if (fold.models[i].family != family) continue;
        out.models.push_back(fold.models[i]);
        out.models.back().family = 0;
        out.tested.push_back(fold.tested[i]);
    }
    return out;
}

/// Joins the test windows and judges them as one.
Judgement judge_all(const TrainingSet& set, const ml::Target& target,
                    std::span<const FoldEnsemble> folds) {
    std::vector<std::size_t> places;
    std::vector<std::uint32_t> classes;
    std::vector<double> probabilities;
    std::vector<std::uint8_t> abstains;
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    for (const FoldEnsemble& fold : folds) {
        append(places, fold.test);
        append(classes, fold.classes);
        append(probabilities, fold.probabilities);
        append(abstains, fold.abstains);
    }
    return research::models::judge({.rows = set.all(),
                                    .target = target,
                                    .places = places,
                                    .classes = classes,
                                    .probabilities = probabilities,
                                    .abstains = abstains});
}

std::expected<void, RunFailure> fit(const Ground& ground, const Walk& walk, Candidate& candidate,
                                    std::optional<std::size_t> family) {
    const TrainingSet& set = ground.data.set;
    for (const FoldModels& fold : walk.folds) {
        const FoldModels chosen = family ? only(fold, *family) : fold;
        candidate.folds.push_back(TRY(or_failed(research::models::fit_fold(
            set, ground.models.plan, chosen, ensemble_settings(ground.models)))));
        candidate.by_fold.push_back(
            judge_all(set, ground.models.plan.target, {&candidate.folds.back(), 1}));
    }
    candidate.judged = judge_all(set, ground.models.plan.target, candidate.folds);
    std::vector<const FoldEnsemble*> reigns;
    for (const FoldEnsemble& fold : candidate.folds) reigns.push_back(&fold);
    candidate.succession =
        TRY(keep(ground.registry, ground.data, {.folds = walk.folds, .ensembles = reigns}));
    return {};
}

/// The test windows through the engine, after costs. What comes before them is told too, so that
/// windows of rows are full, and not traded.
std::expected<void, RunFailure> trade(const Ground& ground, Candidate& candidate) {
    RunConfig config = ground.request.config;
    config.to = start_of(ground.calendar.back().test_to);
    auto& params = config.strategies.front().params.entries;
    std::erase_if(params, [](const auto& one) { return one.first == "model"; });
    params.emplace_back("model", candidate.succession);
    params.emplace_back("registry", ground.registry.path());
    const catalog::Catalog& catalog = *ground.data.work.catalog;
    const RunSettings settings = TRY(or_bad_input(resolve(config, catalog)));
    auto slots = TRY(or_bad_input(make_slots(settings)));
    const Date from = ground.calendar.front().test_from;
    for (engine::StrategySlot& slot : slots) slot.trades_from = start_of(from);
    research::BacktestResult run =
        TRY(or_failed(research::run_backtest({.instruments = settings.instruments,
                                              .history = catalog,
                                              .world = settings.world,
                                              .engine = settings.engine,
                                              .strategies = std::move(slots),
                                              .benchmark = settings.benchmark,
                                              .annual_factor = settings.annual_factor,
                                              .risk_free = settings.risk_free})));
    candidate.traded =
        TRY(or_failed(research::test_part(run, from, settings.annual_factor, settings.risk_free)));
    const std::string text = to_json(settings);
    candidate.settings_hash = settings_hash(text);
    if (ground.ledger == nullptr) {
        candidate.run = std::move(run);
        return {};
    }
    ports::TrialRecord record =
        trial_of(settings, catalog, candidate.settings_hash, ports::TrialOrigin::walkforward);
    research::describe_returns(
        record, candidate.traded.equity,
        {.annual_rate = settings.risk_free, .annual_factor = settings.annual_factor});
    TRY_VOID(or_failed(ground.ledger->append({&record, 1})));
    const auto count = TRY(or_failed(research::count_trials(*ground.ledger, family_of(settings))));
    research::deflate(candidate.traded.metrics, record, count);
    candidate.run = std::move(run);
    return {};
}

std::vector<double> returns_of(const std::vector<monitor::EquityPoint>& equity) {
    std::vector<double> out;
    for (std::size_t i = 1; i < equity.size(); ++i) {
        out.push_back(equity[i - 1].equity > 0 ? equity[i].equity / equity[i - 1].equity - 1 : 0);
    }
    return out;
}

/// Had one chosen the best of the candidates: how often would it have been worse than most after.
std::optional<monitor::Overfitting> overfitting_of(const std::vector<Candidate>& candidates) {
    const std::size_t periods = candidates.front().traded.equity.size() - 1;
    if (periods < kBlocks) return std::nullopt;
    monitor::CrossValidation validation{periods, kBlocks};
    for (const Candidate& one : candidates) {
        const auto returns = returns_of(one.traded.equity);
        if (returns.size() != periods) return std::nullopt;
        validation.add(returns);
    }
    return validation.evaluate();
}

std::expected<Walk, RunFailure> walk_all(Ground ground, std::int64_t started) {
    Walk out;
    const auto [first, last] = extent_of(ground.data.set, ground.data.span);
    ground.calendar = TRY(or_bad_input(research::folds_of(ground.request.windows, first, last)));
    out.windows = windows_of(ground.calendar);
    out.folds = TRY(train_windows({.data = ground.data,
                                   .models = ground.models,
                                   .windows = out.windows,
                                   .folder = ground.registry.path()}));
    for (const FoldModels& fold : out.folds) out.rows += fold.test.size();
    const auto& families = ground.models.plan.families;
    for (std::size_t f = 0; f <= families.size(); ++f) {
        const bool is_family = f < families.size();
        Candidate candidate{.name = is_family ? std::string{ml::to_string(families[f].family)}
                                              : "ensemble"};
        TRY_VOID(fit(ground, out, candidate, is_family ? std::optional{f} : std::nullopt));
        out.candidates.push_back(std::move(candidate));
    }
    if (!ground.models.name.empty()) {
        const auto named = ground.registry.name(ground.models.name, out.ensemble().succession);
        if (!named) return std::unexpected(as_run_failure(named.error()));
    }
    for (Candidate& candidate : out.candidates) TRY_VOID(trade(ground, candidate));
    out.overfitting = overfitting_of(out.candidates);
    out.wall_s = static_cast<double>(steady_ns() - started) * 1e-9;
    return out;
}

// --- what is told --------------------------------------------------------------------------------

Json number(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json strategy_json(const Candidate& candidate) {
    return {{"metrics", research::metrics_json(candidate.traded.metrics)},
            {"start_equity", number(candidate.traded.equity.front().equity)},
            {"final_equity", number(candidate.traded.equity.back().equity)},
            {"fees", to_string(candidate.run->fees)},
            {"slippage", to_string(candidate.run->slippage)},
            {"fills", candidate.run->fills},
            {"trades", candidate.run->trades_closed}};
}

Json votes_json(const Walk& walk, const ModelConfig& models, std::size_t fold) {
    const FoldEnsemble& ensemble = walk.ensemble().folds[fold];
    Json out = Json::array();
    for (std::size_t m = 0; m < ensemble.members.size(); ++m) {
        const auto& model = walk.folds[fold].models[ensemble.members[m]];
        out.push_back({{"family", ml::to_string(models.plan.families[model.family].family)},
                       {"model", model.address},
                       {"weight", ensemble.card.voting.weights()[m]}});
    }
    return out;
}

Json fold_json(const Walk& walk, const ModelConfig& models, const research::Fold& calendar,
               std::size_t fold) {
    Json by_model = Json::array();
    for (const Candidate& candidate : walk.candidates) {
        const Judgement& judged = candidate.by_fold[fold];
        by_model.push_back(
            {{"family", candidate.name},
             {"accuracy", judged.accuracy ? Json(judged.accuracy->value) : Json(nullptr)},
             {"base_rate", judged.accuracy ? Json(judged.accuracy->base_rate) : Json(nullptr)},
             {"log_loss", number(judged.log_loss)},
             {"base_log_loss", number(judged.base_log_loss)},
             {"auc", number(judged.auc)},
             {"rank_ic", number(judged.rank_ic)}});
    }
    return {{"train_from", to_string(calendar.train_from)},
            {"train_to", to_string(calendar.train_to)},
            {"test_from", to_string(calendar.test_from)},
            {"test_to", to_string(calendar.test_to)},
            {"train_rows", walk.folds[fold].train.size()},
            {"test_rows", walk.folds[fold].test.size()},
            {"models", std::move(by_model)},
            {"votes", votes_json(walk, models, fold)},
            {"ensemble", walk.ensemble().folds[fold].address}};
}

Json overfitting_json(const Walk& walk) {
    if (!walk.overfitting) return nullptr;
    const monitor::Overfitting& one = *walk.overfitting;
    return {{"pbo", one.pbo},
            {"candidates", one.trials},
            {"blocks", one.blocks},
            {"combinations", one.combinations},
            {"probability_of_loss", one.probability_of_loss}};
}

Json json_of(const Walk& walk, const Ground& ground, const std::vector<research::Fold>& calendar) {
    Json folds = Json::array(), members = Json::array(), equity = Json::array();
    for (std::size_t i = 0; i < walk.folds.size(); ++i) {
        folds.push_back(fold_json(walk, ground.models, calendar[i], i));
    }
    for (const Candidate& candidate : walk.candidates) {
        Json one{{"family", candidate.name}, {"succession", candidate.succession}};
        one.update(research::models::to_json(candidate.judged));
        one["strategy"] = strategy_json(candidate);
        members.push_back(std::move(one));
    }
    for (const monitor::EquityPoint& point : walk.ensemble().traded.equity) {
        equity.push_back({to_string(utc_date(point.ts)), point.equity});
    }
    Json ensemble = members.back();
    members.erase(members.size() - 1);
    const monitor::Metrics& metrics = walk.ensemble().traded.metrics;
    return {{"name", ground.models.name.empty() ? Json(nullptr) : Json(ground.models.name)},
            {"registry", ground.registry.path()},
            {"label", ground.models.label.text()},
            {"voting", ml::to_string(ground.models.voting)},
            {"instruments", ground.data.set.series().size()},
            {"columns", ground.data.set.columns()},
            {"windows", walk.windows.size()},
            {"rows", walk.rows},
            {"folds", std::move(folds)},
            {"models", std::move(members)},
            {"ensemble", ensemble},
            {"strategy", ensemble["strategy"]},
            {"deflated_sharpe", number(metrics.dsr)},
            {"pbo", walk.overfitting ? Json(walk.overfitting->pbo) : Json(nullptr)},
            {"overfitting", overfitting_json(walk)},
            {"trials", metrics.trials ? Json(*metrics.trials) : Json(nullptr)},
            {"equity", std::move(equity)},
            {"wall_s", walk.wall_s}};
}

}  // namespace

std::expected<void, RunFailure> run_model_walk(const ModelWalkRequest& request) {
    const std::int64_t started = steady_ns();
    ModelConfig models = TRY(or_bad_input(model_config_of(request.config)));
    if (request.config.strategies.size() != 1 ||
        request.config.strategies.front().name != "forecast") {
        return std::unexpected(
            RunFailure{kExitBadInput,
                       "models are walked with one strategy that trades their predictions; "
                       "write [strategy] name = \"forecast\""});
    }
    TRY_VOID(or_bad_input(check_writable(request.report)));
    const auto ledger = TRY(ledger_of(request.ledger, request.config.catalog));
    const ModelData data = TRY(open_model_data(request.config, models));
    models.plan.target = TRY(or_bad_input(target_of(data.set, data.span)));
    const auto registry = TRY(open_registry(models.registry, request.config.catalog));
    Ground ground{.request = request,
                  .models = models,
                  .data = data,
                  .registry = *registry,
                  .ledger = ledger.get(),
                  .calendar = {}};
    const Walk walk = TRY(walk_all(ground, started));
    const auto [first, last] = extent_of(data.set, data.span);
    const auto calendar = TRY(or_bad_input(research::folds_of(request.windows, first, last)));
    const Json json = json_of(walk, ground, calendar);
    fmt::print("{}\n", json.dump(2));
    return {};
}

}  // namespace tradewind::apps
