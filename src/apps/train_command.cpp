// SPDX-License-Identifier: Apache-2.0
#include "apps/train_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/importance_run.hpp"
#include "apps/model_cpcv.hpp"
#include "apps/model_meta.hpp"
#include "apps/model_quality.hpp"
#include "apps/model_run.hpp"
#include "apps/model_search.hpp"
#include "apps/model_shelf.hpp"
#include "apps/model_target.hpp"
#include "apps/planted_file.hpp"
#include "base/try.hpp"
#include "research/models/chance.hpp"
#include "research/models/judge.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::labels::Places;
using research::models::Between;
using research::models::FoldModels;
using research::models::Judgement;
using research::models::TrainingSet;
using research::models::Window;

struct Options {
    RunArguments run;
    std::optional<std::uint64_t> shuffle_labels;  ///< a control, with this seed
    bool json = false;
};

/// The newest `share` of the usable rows is tested on.
Window newest_apart(const TrainingSet& set, const ModelConfig& models, const Between& span) {
    const auto& rows = set.all();
    Places usable = usable_rows(
        rows, set.columns(),
        {.window = models.plan.longest_window(), .missing_max = models.plan.missing_max});
    std::vector<std::int64_t> known;
    for (const std::size_t row : usable) {
        if (span.has(rows.known_at[row])) known.push_back(rows.known_at[row]);
    }
    if (known.empty()) return {.train = span, .test = {.from = span.to, .to = span.to}};
    const auto at = static_cast<std::ptrdiff_t>(
        std::floor((1 - models.test_share) * static_cast<double>(known.size())));
    std::nth_element(known.begin(), known.begin() + at, known.end());
    const std::int64_t border = known[static_cast<std::size_t>(at)];
    return {.train = {.from = span.from, .to = border}, .test = {.from = border, .to = span.to}};
}

/// What the best predictor would reach, where the market is one that was made up; of several
/// instruments their mean.
std::expected<std::optional<double>, std::string> bayes_accuracy(const std::string& catalog,
                                                                 const TrainingSet& set) {
    const auto truths = read_planted(catalog);
    if (!truths) return std::unexpected(truths.error().text);
    double sum = 0;
    for (const auto& series : set.series()) {
        const auto found = truths->find(series.symbol);
        if (found == truths->end()) return std::nullopt;
        sum += found->second.bayes_accuracy;
    }
    return sum / static_cast<double>(set.series().size());
}

/// The share of the edge over chance that was found.
std::optional<double> edge_ratio(std::optional<double> accuracy, std::optional<double> bayes) {
    if (!accuracy || !bayes || *bayes <= 0.5) return std::nullopt;
    return (*accuracy - 0.5) / (*bayes - 0.5);
}

struct Spread {
    double mean = 0;
    double deviation = 0;  ///< of a sample; 0 for one
};
std::optional<Spread> spread_of(const std::vector<double>& values) {
    if (values.empty()) return std::nullopt;
    Spread out;
    for (const double x : values) out.mean += x / static_cast<double>(values.size());
    if (values.size() < 2) return out;
    for (const double x : values) out.deviation += (x - out.mean) * (x - out.mean);
    out.deviation = std::sqrt(out.deviation / static_cast<double>(values.size() - 1));
    return out;
}

/// A family's models, one a seed, and how each was on the test rows.
struct FamilyResult {
    ml::Family family{};
    std::vector<const research::models::TrainedModel*> models{};
    std::vector<Judgement> judged{};

    template <typename Get>
    [[nodiscard]] std::optional<Spread> spread(const Get& get) const {
        std::vector<double> values;
        for (const Judgement& one : judged) {
            if (const std::optional<double> value = get(one)) values.push_back(*value);
        }
        return spread_of(values);
    }
};

std::vector<FamilyResult> results_of(const TrainingSet& set, const ModelConfig& models,
                                     const FoldModels& fold) {
    std::vector<FamilyResult> out(models.plan.families.size());
    for (std::size_t i = 0; i < fold.models.size(); ++i) {
        FamilyResult& result = out[fold.models[i].family];
        result.family = models.plan.families[fold.models[i].family].family;
        result.models.push_back(&fold.models[i]);
        result.judged.push_back(judge_model(set, models.plan.target, fold, i));
    }
    return out;
}

Json mean(const std::optional<Spread>& spread) {
    return spread ? number(spread->mean) : Json(nullptr);
}

/// Mean over the seeds of what is told of numbers.
Json number_means(const FamilyResult& result) {
    using research::models::NumberQuality;
    Json out = Json::object();
    const auto add = [&](const char* name, std::optional<double> NumberQuality::* member) {
        out[name] =
            mean(result.spread([member](const Judgement& one) { return (*one.numbers).*member; }));
    };
    add("mae", &NumberQuality::mae);
    add("base_mae", &NumberQuality::base_mae);
    add("rmse", &NumberQuality::rmse);
    add("base_rmse", &NumberQuality::base_rmse);
    add("r_squared", &NumberQuality::r_squared);
    add("pinball_loss", &NumberQuality::pinball_loss);
    add("base_pinball_loss", &NumberQuality::base_pinball_loss);
    add("qlike", &NumberQuality::qlike);
    add("base_qlike", &NumberQuality::base_qlike);
    return out;
}

/// What the best predictor would reach, and whether the labels were dealt out.
struct Known {
    std::optional<double> bayes;
    bool is_of_next_bar = false;  ///< whether it is the best of these labels too
    bool is_control = false;
};

/// What only a control has, and what only a market that was made up has.
void add_controls(const Judgement& judged, const Known& known, Json& out) {
    if (known.is_control) {
        out["chance"] = to_json(research::models::verdict_of(judged));
    } else if (known.bayes && known.is_of_next_bar) {
        out["beyond_bayes"] = research::models::is_beyond(judged, *known.bayes);
    }
}

Json family_json(const FamilyResult& result, const Known& known) {
    const std::optional<double>& bayes = known.bayes;
    const auto accuracy = result.spread(research::models::accuracy_of);
    Json seeds = Json::array();
    for (std::size_t i = 0; i < result.models.size(); ++i) {
        Json one{{"seed", result.models[i]->seed}, {"model", result.models[i]->address}};
        one.update(research::models::to_json(result.judged[i]));
        add_controls(result.judged[i], known, one);
        seeds.push_back(std::move(one));
    }
    const auto mean_of = [&](std::optional<double> Judgement::* member) {
        return mean(result.spread([member](const Judgement& one) { return one.*member; }));
    };
    Json out{{"family", ml::to_string(result.family)},
             {"accuracy", mean(accuracy)},
             {"accuracy_deviation", accuracy ? number(accuracy->deviation) : Json(nullptr)},
             {"base_rate", mean(result.spread(research::models::base_rate_of))},
             {"bayes_accuracy", number(bayes)},
             {"edge_ratio",
              number(edge_ratio(accuracy ? std::optional{accuracy->mean} : std::nullopt, bayes))}};
    if (!result.judged.empty() && result.judged.front().numbers) {
        out.update(number_means(result));
    } else {
        out.update(Json{{"log_loss", mean_of(&Judgement::log_loss)},
                        {"base_log_loss", mean_of(&Judgement::base_log_loss)},
                        {"brier", mean_of(&Judgement::brier)},
                        {"auc", mean_of(&Judgement::auc)}});
    }
    out["rank_ic"] = mean_of(&Judgement::rank_ic);
    out["seeds"] = std::move(seeds);
    return out;
}

Json ensemble_json(const TrainingSet& set, const ModelConfig& models, const FoldModels& fold,
                   const research::models::FoldEnsemble& ensemble, const Known& known) {
    const Judgement judged = judge_folds(set, models.plan.target, {&ensemble, 1});
    Json out{
        {"voting", ml::to_string(models.voting)},
        {"votes", votes_json(models, fold, ensemble)},
        {"address", ensemble.address},
        {"bayes_accuracy", number(known.bayes)},
        {"edge_ratio", number(edge_ratio(research::models::accuracy_of(judged), known.bayes))}};
    out.update(research::models::to_json(judged));
    add_controls(judged, known, out);
    return out;
}

/// What a control came to: whether every model, of every seed, and the ensemble were at chance.
Json control_json(std::uint64_t seed, const Json& families, const Json& ensemble) {
    bool within = ensemble["chance"]["within"].get<bool>();
    for (const Json& family : families) {
        for (const Json& one : family["seeds"]) {
            within = within && one["chance"]["within"].get<bool>();
        }
    }
    return {{"kind", "shuffled_labels"},
            {"seed", seed},
            {"chance_miss", research::models::kChanceMiss},
            {"within_chance", within}};
}

std::string chance_text(const Json& chance) {
    return fmt::format("{} {} of {} to {} by chance: {}",
                       chance["measure"] == "accuracy" ? "accuracy" : "rank IC",
                       shown(chance["found"]), shown(chance["low"]), shown(chance["high"]),
                       chance["within"].get<bool>() ? "nothing found, as it should be"
                                                    : "found what is not there: rows leak");
}

void add_control_rows(const Json& one, Table& table) {
    if (one.contains("chance")) table.row("  labels shuffled", chance_text(one["chance"]));
    if (one.value("beyond_bayes", false)) {
        table.row("  better than can be", "a feature or the data look ahead");
    }
}

std::string table_of(const Json& told) {
    Table table;
    const auto row = [&](const std::string& name, const Json& one) {
        table.row(name, quality_text(one));
        if (one["edge_ratio"].is_number()) {
            table.row("  share of the edge there is", shown(one["edge_ratio"]));
        }
    };
    for (const Json& one : told["models"]) {
        row(one["family"].get<std::string>(), one);
        for (const Json& seed : one["seeds"]) add_control_rows(seed, table);
    }
    row("ensemble", told["ensemble"]);
    add_control_rows(told["ensemble"], table);
    add_meta_row(told["meta"], table);
    table.gap();
    if (told["control"].is_object()) {
        table.row("Control", told["control"]["within_chance"].get<bool>()
                                 ? "passed: with shuffled labels nothing is found"
                                 : "failed: something is found in shuffled labels");
    }
    if (told["search"].is_object()) add_search_rows(told["search"]["families"], table);
    table.row("Rows trained on", told["train_rows"].dump());
    table.row("Rows tested on", told["test_rows"].dump());
    table.row("Tested from", told["test_from"].get<std::string>());
    table.row("Kept as", told["name"].is_string()         ? told["name"].get<std::string>()
                         : told["succession"].is_string() ? told["succession"].get<std::string>()
                                                          : "nothing: a control");
    add_cpcv_rows(told["cpcv"], table);
    return table.text();
}

/// The best accuracy is that of the next bar, and none of shuffled labels.
std::expected<Known, RunFailure> known_of(const std::string& catalog, const TrainingSet& set,
                                          const Options& options) {
    Known out{.bayes = std::nullopt,
              .is_of_next_bar = set.meaning().label.rows_ahead() == 1,
              .is_control = options.shuffle_labels.has_value()};
    if (!out.is_control) out.bayes = TRY(or_failed(bayes_accuracy(catalog, set)));
    return out;
}

std::expected<void, RunFailure> run(const Options& options) {
    const std::int64_t started = steady_ns();
    const RunConfig config = TRY(or_bad_input(gather(options.run)));
    ModelConfig models = TRY(or_bad_input(model_config_of(config)));
    if (models.cpcv && models.search) {
        return std::unexpected(RunFailure{
            kExitBadInput,
            "models.cpcv: its paths go through the rows that models.search would choose settings "
            "by; leave one of the two sections out"});
    }
    ModelData data = TRY(open_model_data(config, models));
    models.plan.target = TRY(or_bad_input(settle_target(data, models)));
    TRY_VOID(or_bad_input(settle_meta(data, models)));
    if (options.shuffle_labels) data.set.shuffle_labels(data.span, *options.shuffle_labels);
    const auto registry = TRY(open_registry(models.registry));
    const Window window = newest_apart(data.set, models, data.span);
    const std::vector<Window> windows{window};
    const auto searches = TRY(search_settings(
        {.data = data, .models = models, .windows = windows, .folder = registry->path()}));
    models.plan = searches.front().plan;
    Json search = search_json(models);
    if (search.is_object()) search["families"] = window_search_json(models, searches.front());
    Json cpcv = TRY(cpcv_json(data, models, registry->path()));
    const auto folds = TRY(train_windows(
        {.data = data, .models = models, .windows = windows, .folder = registry->path()}));
    const Known known = TRY(known_of(config.catalog, data.set, options));
    const std::vector<FamilyResult> results = results_of(data.set, models, folds.front());
    Json families = Json::array();
    for (const FamilyResult& result : results) families.push_back(family_json(result, known));
    const auto settings = TRY(or_bad_input(ensemble_settings(models, data.set.meaning().columns)));
    auto ensemble =
        TRY(or_failed(research::models::fit_fold(data.set, models.plan, folds.front(), settings)));
    const MetaCase meta_case{.fold = &folds.front(), .ensemble = &ensemble};
    TRY_VOID(add_metas(data, models, registry->path(), {&meta_case, 1}));
    const Json told_ensemble = ensemble_json(data.set, models, folds.front(), ensemble, known);
    Json control = nullptr, succession = nullptr, name = nullptr;
    if (known.is_control) {
        control = control_json(*options.shuffle_labels, families, told_ensemble);
    } else {
        succession = TRY(keep(*registry, data, {.folds = folds, .ensembles = {&ensemble}}));
        if (!models.name.empty()) {
            const auto named = registry->name(models.name, succession.get<std::string>());
            if (!named) return std::unexpected(as_run_failure(named.error()));
            name = models.name;
        }
    }
    Json importance = TRY(importance_json(data, models, folds, registry->path()));
    const Json out{{"control", std::move(control)},
                   {"target", target_json(models.plan.target)},
                   {"models", std::move(families)},
                   {"ensemble", told_ensemble},
                   {"meta", meta_json(data, models, {&ensemble, 1})},
                   {"succession", std::move(succession)},
                   {"name", std::move(name)},
                   {"registry", registry->path()},
                   {"train_rows", folds.front().train.size()},
                   {"test_rows", folds.front().test.size()},
                   {"labels_dropped", data.labels_dropped},
                   {"test_from", to_string(Timestamp{window.test.from})},
                   {"importance", std::move(importance)},
                   {"cpcv", std::move(cpcv)},
                   {"search", std::move(search)},
                   {"wall_s", static_cast<double>(steady_ns() - started) * 1e-9}};
    fmt::print("{}", options.json ? out.dump(2) + "\n" : table_of(out));
    return {};
}

}  // namespace

void add_train_command(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("train", "train models and keep their ensemble");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    verb->add_option("--shuffle-labels", options->shuffle_labels,
                     "a control: deal the labels out among the rows by this seed, so that there is "
                     "nothing to find; nothing is kept")
        ->check(CLI::NonNegativeNumber);
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] {
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
}

}  // namespace tradewind::apps
