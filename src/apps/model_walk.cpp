// SPDX-License-Identifier: Apache-2.0
#include "apps/model_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "apps/backtest_output.hpp"
#include "apps/importance_run.hpp"
#include "apps/model_meta.hpp"
#include "apps/model_quality.hpp"
#include "apps/model_run.hpp"
#include "apps/model_search.hpp"
#include "apps/model_shelf.hpp"
#include "apps/model_target.hpp"
#include "apps/run_settings.hpp"
#include "apps/search_setup.hpp"
#include "base/try.hpp"
#include "monitor/overfitting.hpp"
#include "research/backtest.hpp"
#include "research/metrics_json.hpp"
#include "research/models/fold_ensemble.hpp"
#include "research/report.hpp"
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
    Json meta{};               ///< the same of its meta models; null: there are none
    std::vector<Judgement> by_fold{};
    std::optional<research::BacktestResult> run{};
    research::TestPart traded{};
    std::string settings_hash{};
};

struct Walk {
    std::vector<Window> windows;
    std::vector<WindowSearch> searches;  ///< by window
    std::vector<FoldModels> folds;
    std::vector<Candidate> candidates;  ///< the families in their order, the ensemble the last
    std::optional<monitor::Overfitting> overfitting;
    std::optional<std::string> not_traded{};  ///< why nobody trades
    Json importance{};
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
    out.inner_test = fold.inner_test;
    for (std::size_t i = 0; i < fold.models.size(); ++i) {
        if (fold.models[i].family != family) continue;
        out.models.push_back(fold.models[i]);
        out.models.back().family = 0;
        out.tested.push_back(fold.tested[i]);
    }
    return out;
}

std::expected<void, RunFailure> fit(const Ground& ground, const Walk& walk, Candidate& candidate,
                                    std::optional<std::size_t> family) {
    const TrainingSet& set = ground.data.set;
    const auto settings =
        TRY(or_bad_input(ensemble_settings(ground.models, set.meaning().columns)));
    for (const FoldModels& fold : walk.folds) {
        const FoldModels chosen = family ? only(fold, *family) : fold;
        candidate.folds.push_back(
            TRY(or_failed(research::models::fit_fold(set, ground.models.plan, chosen, settings))));
        candidate.by_fold.push_back(
            judge_folds(set, ground.models.plan.target, {&candidate.folds.back(), 1}));
    }
    candidate.judged = judge_folds(set, ground.models.plan.target, candidate.folds);
    return {};
}

/// Trains the meta models of all candidates, the ensemble the last, at once.
std::expected<void, RunFailure> add_metas(const Ground& ground, Walk& walk) {
    if (!ground.models.meta) return {};
    std::deque<FoldModels> alone;
    std::vector<MetaCase> cases;
    for (std::size_t c = 0; c < walk.candidates.size(); ++c) {
        const bool is_family = c + 1 < walk.candidates.size();
        for (std::size_t i = 0; i < walk.folds.size(); ++i) {
            if (is_family) alone.push_back(only(walk.folds[i], c));
            cases.push_back({.fold = is_family ? &alone.back() : &walk.folds[i],
                             .ensemble = &walk.candidates[c].folds[i]});
        }
    }
    TRY_VOID(add_metas(ground.data, ground.models, ground.registry.path(), cases));
    for (Candidate& one : walk.candidates) {
        one.meta = meta_json(ground.data, ground.models, one.folds);
    }
    return {};
}

std::expected<void, RunFailure> shelve(const Ground& ground, const Walk& walk,
                                       Candidate& candidate) {
    std::vector<const FoldEnsemble*> reigns;
    for (const FoldEnsemble& fold : candidate.folds) reigns.push_back(&fold);
    candidate.succession =
        TRY(keep(ground.registry, ground.data, {.folds = walk.folds, .ensembles = reigns}));
    return {};
}

/// A run that trades what a candidate predicts.
std::expected<RunSettings, RunFailure> settings_of(const Ground& ground,
                                                   const Candidate& candidate) {
    RunConfig config = ground.request.config;
    config.to = start_of(ground.calendar.back().test_to);
    auto& params = config.strategies.front().params.entries;
    std::erase_if(params, [](const auto& one) { return one.first == "model"; });
    params.emplace_back("model", candidate.succession);
    params.emplace_back("registry", ground.registry.path());
    return or_bad_input(resolve(config, *ground.data.work.catalog));
}

/// A candidate of a search as the ledger has it: the same one of the same window is one trial,
/// whichever search came upon it.
ports::TrialRecord record_of(const SettingsTrial& trial, const Window& window, const Json& about,
                             ports::TrialRecord blank) {
    Json all = about;
    all["train"] = {window.train.from, window.train.to};
    all["family"] = ml::to_string(trial.plan.family);
    all["window"] = trial.plan.window;
    all["settings"] = trial.plan.settings;
    blank.settings_hash = hash_of(all.dump());
    blank.params =
        fmt::format("{} {}", ml::to_string(trial.plan.family), settings_text(trial.settings));
    blank.from = Timestamp{window.train.from};
    blank.to = Timestamp{window.train.to};
    if (trial.loss) blank.objective = -*trial.loss;
    return blank;
}

/// Enters what searches of settings tried, before anything is traded: each candidate is a trial
/// that a result was chosen among, though it was not traded by itself.
std::expected<void, RunFailure> enter_searches(const Ground& ground, const Walk& walk) {
    if (ground.ledger == nullptr || !ground.models.search) return {};
    const auto settings = TRY(settings_of(ground, walk.ensemble()));
    const Json about{{"label", ground.data.set.meaning().label.text()},
                     {"features", ground.data.set.meaning().schema_hash},
                     {"target", target_json(ground.models.plan.target)}};
    ports::TrialRecord blank =
        trial_of(settings, *ground.data.work.catalog, {}, ports::TrialOrigin::walkforward);
    blank.search = hash_of(about.dump() + search_json(ground.models).dump());
    std::vector<ports::TrialRecord> records;
    for (std::size_t w = 0; w < walk.windows.size(); ++w) {
        for (const FamilySearch& search : walk.searches[w].families) {
            for (const SettingsTrial& trial : search.trials) {
                records.push_back(record_of(trial, walk.windows[w], about, blank));
            }
        }
    }
    return or_failed(ground.ledger->append(records));
}

/// The test windows through the engine, after costs. What comes before them is told too, so that
/// windows of rows are full, and not traded.
std::expected<void, RunFailure> trade(const Ground& ground, Candidate& candidate) {
    const catalog::Catalog& catalog = *ground.data.work.catalog;
    const RunSettings settings = TRY(settings_of(ground, candidate));
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

std::expected<Walk, RunFailure> walk_all(Ground& ground, std::int64_t started) {
    Walk out;
    const auto [first, last] = extent_of(ground.data.set, ground.data.span);
    ground.calendar = TRY(or_bad_input(research::folds_of(ground.request.windows, first, last)));
    out.windows = windows_of(ground.calendar);
    out.searches = TRY(search_settings({.data = ground.data,
                                        .models = ground.models,
                                        .windows = out.windows,
                                        .folder = ground.registry.path()}));
    std::vector<research::models::ModelPlan> plans;
    for (const WindowSearch& search : out.searches) plans.push_back(search.plan);
    out.folds = TRY(train_windows({.data = ground.data,
                                   .models = ground.models,
                                   .windows = out.windows,
                                   .folder = ground.registry.path(),
                                   .plans = std::move(plans)}));
    for (const FoldModels& fold : out.folds) out.rows += fold.test.size();
    const auto& families = ground.models.plan.families;
    for (std::size_t f = 0; f <= families.size(); ++f) {
        const bool is_family = f < families.size();
        Candidate candidate{.name = is_family ? std::string{ml::to_string(families[f].family)}
                                              : "ensemble"};
        TRY_VOID(fit(ground, out, candidate, is_family ? std::optional{f} : std::nullopt));
        out.candidates.push_back(std::move(candidate));
    }
    TRY_VOID(add_metas(ground, out));
    for (Candidate& candidate : out.candidates) TRY_VOID(shelve(ground, out, candidate));
    if (!ground.models.name.empty()) {
        const auto named = ground.registry.name(ground.models.name, out.ensemble().succession);
        if (!named) return std::unexpected(as_run_failure(named.error()));
    }
    out.not_traded = reason_not_to_trade(ground.models);
    if (!out.not_traded) {
        TRY_VOID(enter_searches(ground, out));
        for (Candidate& candidate : out.candidates) TRY_VOID(trade(ground, candidate));
        out.overfitting = overfitting_of(out.candidates);
    }
    ModelConfig newest = ground.models;  // of the window that is trained again without columns
    newest.plan = out.searches.back().plan;
    out.importance = TRY(importance_json(ground.data, newest, out.folds, ground.registry.path()));
    out.wall_s = static_cast<double>(steady_ns() - started) * 1e-9;
    return out;
}

// --- what is told --------------------------------------------------------------------------------

/// null: not traded.
Json strategy_json(const Candidate& candidate) {
    if (!candidate.run) return nullptr;
    return {{"metrics", research::metrics_json(candidate.traded.metrics)},
            {"start_equity", number(candidate.traded.equity.front().equity)},
            {"final_equity", number(candidate.traded.equity.back().equity)},
            {"fees", to_string(candidate.run->fees)},
            {"slippage", to_string(candidate.run->slippage)},
            {"fills", candidate.run->fills},
            {"trades", candidate.run->trades_closed}};
}

Json fold_json(const Walk& walk, const Ground& ground, std::size_t fold) {
    const ModelConfig& models = ground.models;
    const research::Fold& calendar = ground.calendar[fold];
    Json by_model = Json::array();
    for (const Candidate& candidate : walk.candidates) {
        const Judgement& judged = candidate.by_fold[fold];
        Json one{{"family", candidate.name}};
        one.update(quality_summary(judged));
        by_model.push_back(std::move(one));
    }
    return {{"train_from", to_string(calendar.train_from)},
            {"train_to", to_string(calendar.train_to)},
            {"test_from", to_string(calendar.test_from)},
            {"test_to", to_string(calendar.test_to)},
            {"train_rows", walk.folds[fold].train.size()},
            {"test_rows", walk.folds[fold].test.size()},
            {"models", std::move(by_model)},
            {"votes", votes_json(models, walk.folds[fold], walk.ensemble().folds[fold])},
            {"ensemble", walk.ensemble().folds[fold].address},
            {"meta", meta_json(ground.data, models, {&walk.ensemble().folds[fold], 1})},
            {"search",
             models.search ? window_search_json(models, walk.searches[fold]) : Json(nullptr)}};
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

Json json_of(const Walk& walk, const Ground& ground) {
    Json folds = Json::array(), members = Json::array(), equity = Json::array();
    for (std::size_t i = 0; i < walk.folds.size(); ++i) {
        folds.push_back(fold_json(walk, ground, i));
    }
    for (const Candidate& candidate : walk.candidates) {
        Json one{{"family", candidate.name}, {"succession", candidate.succession}};
        one.update(research::models::to_json(candidate.judged));
        one["meta"] = candidate.meta;
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
            {"succession", walk.ensemble().succession},
            {"label", ground.models.label.text()},
            {"target", target_json(ground.models.plan.target)},
            {"voting", ml::to_string(ground.models.voting)},
            {"instruments", ground.data.set.series().size()},
            {"columns", ground.data.set.columns()},
            {"windows", walk.windows.size()},
            {"rows", walk.rows},
            {"labels_dropped", ground.data.labels_dropped},
            {"search", search_json(ground.models)},
            {"folds", std::move(folds)},
            {"models", std::move(members)},
            {"ensemble", ensemble},
            {"meta", ensemble["meta"]},
            {"strategy", ensemble["strategy"]},
            {"not_traded", walk.not_traded ? Json(*walk.not_traded) : Json(nullptr)},
            {"deflated_sharpe", number(metrics.dsr)},
            {"pbo", walk.overfitting ? Json(walk.overfitting->pbo) : Json(nullptr)},
            {"overfitting", overfitting_json(walk)},
            {"trials", metrics.trials ? Json(*metrics.trials) : Json(nullptr)},
            {"equity", std::move(equity)},
            {"importance", walk.importance},
            {"wall_s", walk.wall_s}};
}

// --- the report ----------------------------------------------------------------------------------

/// null: not traded.
Json curves_json(const Walk& walk) {
    if (walk.not_traded) return nullptr;
    Json t = Json::array(), curves = Json::array(), bands = Json::array();
    const auto& longest = walk.ensemble().traded.equity;
    for (const monitor::EquityPoint& point : longest) t.push_back(to_string(utc_date(point.ts)));
    for (const Candidate& candidate : walk.candidates) {
        Json v = Json::array();
        for (const monitor::EquityPoint& point : candidate.traded.equity) v.push_back(point.equity);
        curves.push_back(std::move(v));
    }
    for (const Window& window : walk.windows) {
        const auto place = [&](std::int64_t at) {
            const auto found = std::lower_bound(
                longest.begin(), longest.end(), at,
                [](const monitor::EquityPoint& p, std::int64_t x) { return p.ts.ns < x; });
            return std::min<std::ptrdiff_t>(found - longest.begin(),
                                            static_cast<std::ptrdiff_t>(longest.size()) - 1);
        };
        bands.push_back({place(window.test.from), place(window.test.to)});
    }
    return {{"t", t}, {"v", curves}, {"bands", bands}};
}

std::vector<NamedJudgement> judgements_of(const Walk& walk) {
    std::vector<NamedJudgement> out;
    for (const Candidate& candidate : walk.candidates) {
        out.push_back({candidate.name, &candidate.judged});
    }
    return out;
}

/// Figures of each window, by candidate.
Json window_charts(const Walk& walk) {
    Json out = Json::array();
    for (const WindowFigure& figure : window_figures(walk.ensemble().judged)) {
        Json lines = Json::array();
        for (const Candidate& candidate : walk.candidates) {
            Json values = Json::array();
            for (const Judgement& one : candidate.by_fold)
                values.push_back(number(figure.get(one)));
            lines.push_back(std::move(values));
        }
        out.push_back({{"title", figure.title}, {"lines", std::move(lines)}});
    }
    return out;
}

/// null: not traded.
Json traded_rows(const Walk& walk) {
    if (walk.not_traded) return nullptr;
    Json rows = Json::array();
    for (const Candidate& candidate : walk.candidates) {
        const monitor::Metrics& m = candidate.traded.metrics;
        rows.push_back({candidate.name, number(m.sharpe), number(m.total_return), number(m.cagr),
                        number(m.max_drawdown), fmt::format("{}", candidate.run->trades_closed),
                        fmt::format("{:.2f}", to_double(candidate.run->fees)), number(m.dsr)});
    }
    return {{"head",
             {"Model", "Sharpe", "Total return", "Yearly", "Max drawdown", "Trades", "Fees",
              "Deflated Sharpe"}},
            {"rows", std::move(rows)}};
}

Json fold_rows(const Walk& walk, const Ground& ground) {
    Json rows = Json::array();
    for (std::size_t i = 0; i < walk.folds.size(); ++i) {
        const research::Fold& fold = ground.calendar[i];
        std::string votes;
        for (const Json& vote :
             votes_json(ground.models, walk.folds[i], walk.ensemble().folds[i])) {
            votes += fmt::format("{}{} {:.2f}", votes.empty() ? "" : ", ",
                                 vote["family"].get<std::string>(), vote["weight"].get<double>());
        }
        rows.push_back(
            {fmt::format("{} to {}", to_string(fold.train_from), to_string(fold.train_to)),
             fmt::format("{} to {}", to_string(fold.test_from), to_string(fold.test_to)),
             fmt::format("{}", walk.folds[i].train.size()),
             fmt::format("{}", walk.folds[i].test.size()), votes});
        if (!ground.models.search) continue;
        rows.back().push_back(chosen_text(window_search_json(ground.models, walk.searches[i])));
    }
    Json head{"Trained on", "Tested on", "Rows", "Rows tested", "Weights of votes"};
    if (ground.models.search) head.push_back("Settings chosen");
    return {{"head", std::move(head)}, {"rows", std::move(rows)}};
}

std::vector<std::string> meaning_of(const Walk& walk) {
    std::vector<std::string> out{
        "Each window's models were trained on what was known before its test began: labels that "
        "look into it were left out. Votes and calibrations were fitted on parts of the training "
        "window that the models behind them had not seen."};
    out.push_back(walk.not_traded ? fmt::format("Nothing was traded: {}.", *walk.not_traded)
                                  : "The strategy was told the past too, so that windows of rows "
                                    "were full, and traded the test windows alone.");
    for (std::string& doubt : quality_doubts(walk.ensemble().judged)) {
        out.push_back(std::move(doubt));
    }
    for (std::string& doubt : meta_doubts(walk.ensemble().meta)) out.push_back(std::move(doubt));
    if (walk.overfitting) {
        out.push_back(fmt::format(
            "Probability of backtest overfitting {:.2f}: had one chosen the best of these {} "
            "candidates on half of the time, how often it would have been worse than most on the "
            "other half.",
            walk.overfitting->pbo, walk.overfitting->trials));
    }
    return out;
}

Json cards_of(const Walk& walk) {
    Json out = quality_cards(walk.ensemble().judged);
    if (walk.not_traded) return out;
    const monitor::Metrics& metrics = walk.ensemble().traded.metrics;
    out.push_back({"Sharpe ratio", number(metrics.sharpe), "yearly, after costs"});
    out.push_back({"Deflated Sharpe", number(metrics.dsr), "probability that it is above 0"});
    out.push_back({"Overfitting", walk.overfitting ? Json(walk.overfitting->pbo) : Json(nullptr),
                   "probability, among the candidates"});
    return out;
}

std::string calibration_name(const ModelConfig& models) {
    if (models.plan.target.task == ml::Task::classes) {
        return std::string{ml::to_string(models.calibration)};
    }
    return models.calibration_word == "none" ? "none" : "linear";
}

std::string page_of(const Walk& walk, const Ground& ground) {
    const Candidate& ensemble = walk.ensemble();
    const std::vector<NamedJudgement> judgements = judgements_of(walk);
    Json names = Json::array(), from = Json::array();
    std::vector<NamedMeta> metas;
    for (const Candidate& one : walk.candidates) metas.push_back({one.name, &one.meta});
    for (const Candidate& candidate : walk.candidates) names.push_back(candidate.name);
    for (const research::Fold& fold : ground.calendar) from.push_back(to_string(fold.test_from));
    const Json data{
        {"kind", "models"},
        {"subtitle", fmt::format("{}, {} instruments, {} features", ground.models.label.text(),
                                 ground.data.set.series().size(), ground.data.set.columns())},
        {"span", fmt::format("{} windows, {} rows predicted", walk.windows.size(), walk.rows)},
        {"notices", Json::array()},
        {"cards", cards_of(walk)},
        {"meaning", meaning_of(walk)},
        {"names", std::move(names)},
        {"equity", curves_json(walk)},
        {"quality", quality_table(judgements)},
        {"meta", meta_table(metas)},
        {"traded", traded_rows(walk)},
        {"windows", {{"from", from}, {"charts", window_charts(walk)}}},
        {"folds", fold_rows(walk, ground)},
        {"calibration", calibration_charts(judgements)},
        {"quantiles", quantile_chart(judgements)},
        {"importance", importance_table(walk.importance)},
        {"settings",
         {{"Label", ground.models.label.text()},
          {"Votes", ml::to_string(ground.models.voting)},
          {"Calibration", calibration_name(ground.models)},
          {"Inner folds", fmt::format("{}", ground.models.plan.inner_folds)},
          {"Succession", ensemble.succession}}}};
    return research::render_search_page("Walk-forward of models", data.dump());
}

// --- what is printed -----------------------------------------------------------------------------

std::string table_of(const Json& told) {
    Table table;
    const auto row = [&](const Json& one) {
        const std::string name = one["family"].get<std::string>();
        table.row(name, quality_text(one));
        if (one["strategy"].is_null()) return;
        const Json& traded = one["strategy"]["metrics"];
        table.row("  traded, after costs",
                  fmt::format("Sharpe {}, return {}, max drawdown {}", shown(traded["sharpe"]),
                              shown(traded["total_return"]), shown(traded["max_drawdown"])));
    };
    for (const Json& one : told["models"]) row(one);
    row(told["ensemble"]);
    add_meta_row(told["meta"], table);
    table.gap();
    if (told["search"].is_object()) {
        for (const Json& fold : told["folds"]) {
            table.row("Settings tested from " + fold["test_from"].get<std::string>(),
                      chosen_text(fold["search"]));
        }
    }
    table.row("Test windows", told["windows"].dump());
    table.row("Rows predicted", told["rows"].dump());
    if (told["not_traded"].is_string()) {
        table.row("Not traded", told["not_traded"].get<std::string>());
        return table.text();
    }
    table.row("Deflated Sharpe ratio of the ensemble", shown(told["deflated_sharpe"]));
    table.row("Probability of backtest overfitting", shown(told["pbo"]));
    table.row("Trials counted", told["trials"].dump());
    return table.text();
}

}  // namespace

std::expected<void, RunFailure> run_model_walk(const ModelWalkRequest& request) {
    const std::int64_t started = steady_ns();
    ModelConfig models = TRY(or_bad_input(model_config_of(request.config)));
    TRY_VOID(or_bad_input(check_writable(request.report)));
    const auto ledger = TRY(ledger_of(request.ledger, request.config.catalog));
    ModelData data = TRY(open_model_data(request.config, models));
    models.plan.target = TRY(or_bad_input(settle_target(data, models)));
    TRY_VOID(or_bad_input(settle_meta(data, models)));
    TRY_VOID(or_bad_input(check_meta_strategy(request.config, models)));
    if (!reason_not_to_trade(models) && (request.config.strategies.size() != 1 ||
                                         request.config.strategies.front().name != "forecast")) {
        return std::unexpected(
            RunFailure{kExitBadInput,
                       "models are walked with one strategy that trades their predictions; "
                       "write [strategy] name = \"forecast\""});
    }
    const auto registry = TRY(open_registry(models.registry));
    Ground ground{.request = request,
                  .models = models,
                  .data = data,
                  .registry = *registry,
                  .ledger = ledger.get(),
                  .calendar = {}};
    const Walk walk = TRY(walk_all(ground, started));
    if (!request.report.empty()) {
        TRY_VOID(or_failed(write_page(page_of(walk, ground), request.report)));
    }
    const Json json = json_of(walk, ground);
    fmt::print("{}", request.json ? json.dump(2) + "\n" : table_of(json));
    return {};
}

}  // namespace tradewind::apps
