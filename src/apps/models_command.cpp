// SPDX-License-Identifier: Apache-2.0
#include "apps/models_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "apps/attribution_run.hpp"
#include "apps/decision_trace.hpp"
#include "apps/model_run.hpp"
#include "apps/output.hpp"
#include "base/try.hpp"
#include "ml/ensemble.hpp"
#include "ml/succession.hpp"
#include "research/models/importance.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReasonsShown = 8;

struct Options {
    std::string registry;
    std::string which;
    std::string run;
    std::string order;
    std::size_t top = kReasonsShown;
    bool json = false;
};

Json model_json(const std::string& address, const ml::ModelCard& card) {
    return {{"address", address},
            {"family", ml::to_string(card.family)},
            {"task", ml::to_string(card.target.task)},
            {"levels", card.target.levels},
            {"window", card.window},
            {"inputs", card.inputs.size()},
            {"seed", card.seed},
            {"label", card.origin.label},
            {"horizon_rows", card.origin.horizon_rows},
            {"schema_hash", card.origin.schema_hash},
            {"symbols", card.origin.symbols},
            {"bars", card.origin.bars},
            {"from", to_string(Timestamp{card.origin.from})},
            {"until", to_string(Timestamp{card.origin.until})},
            {"rows", card.origin.rows},
            {"data_hash", card.origin.data_hash},
            {"code_version", card.code_version},
            {"settings", Json::parse(card.settings)},
            {"metrics", Json::parse(card.metrics)}};
}

Json ensemble_json(const std::string& address, const ml::EnsembleCard& card) {
    Json members = Json::array();
    const auto weights = ml::member_weights(card);
    for (std::size_t m = 0; m < card.members.size(); ++m) {
        members.push_back({{"model", card.members[m].address}, {"weight", weights[m]}});
    }
    Json out{{"address", address},
             {"task", ml::to_string(card.target.task)},
             {"levels", card.target.levels},
             {"voting", ml::to_string(ml::voting_method(card))},
             {"members", std::move(members)},
             {"label", card.origin.label},
             {"schema_hash", card.origin.schema_hash},
             {"interval_miss", card.interval_miss}};
    if (card.numbers) {
        out["sense"] = ml::to_string(card.numbers->sense);
        out["numbers"] = Json::parse(ml::to_json(*card.numbers));
    } else {
        out["class_returns"] = card.class_returns;
        out["return_radius"] = card.return_radius;
    }
    if (card.meta) {
        out["meta"] = {{"model", card.meta->address},
                       {"cost_bps", card.meta->cost_bps},
                       {"calibration", Json::parse(ml::to_json(card.meta->calibration))}};
    }
    return out;
}

Json succession_json(const std::string& address, const ml::SuccessionCard& card) {
    Json reigns = Json::array();
    for (const auto& reign : card.reigns) {
        reigns.push_back(
            {{"from", to_string(Timestamp{reign.from})}, {"ensemble", reign.ensemble}});
    }
    return {{"address", address},
            {"schema_hash", card.schema_hash},
            {"bars", card.bars},
            {"features", card.features.size()},
            {"reigns", std::move(reigns)}};
}

/// All that a registry holds, by kind.
struct Shelf {
    Json names = Json::array();
    Json models = Json::array();
    Json ensembles = Json::array();
    Json successions = Json::array();
    Json unreadable = Json::array();
};

void put(Shelf& shelf, const std::string& address, const std::string& bytes) {
    const auto raw = std::as_bytes(std::span{bytes});
    if (const auto model = ml::parse_model(raw)) {
        shelf.models.push_back(model_json(address, model->card));
    } else if (const auto ensemble = ml::parse_ensemble(raw)) {
        shelf.ensembles.push_back(ensemble_json(address, *ensemble));
    } else if (const auto succession = ml::parse_succession(raw)) {
        shelf.successions.push_back(succession_json(address, *succession));
    } else {
        shelf.unreadable.push_back({{"address", address}, {"error", model.error()}});
    }
}

std::expected<Shelf, RunFailure> shelf_of(const models::ModelFolder& registry) {
    Shelf out;
    const auto names = registry.names();
    if (!names) return std::unexpected(as_run_failure(names.error()));
    for (const ports::NamedArtifact& one : *names) {
        out.names.push_back({{"name", one.name}, {"address", one.address}, {"history", one.all}});
    }
    const auto addresses = registry.addresses();
    if (!addresses) return std::unexpected(as_run_failure(addresses.error()));
    for (const std::string& address : *addresses) {
        const auto bytes = registry.get(address);
        if (bytes) {
            put(out, address, *bytes);
        } else {
            out.unreadable.push_back({{"address", address}, {"error", bytes.error().text}});
        }
    }
    return out;
}

std::string shelf_text(const Shelf& shelf) {
    std::string out;
    for (const Json& one : shelf.names) {
        out += fmt::format("{:<24} {}\n", one["name"].get<std::string>(),
                           one["address"].get<std::string>().substr(0, 16));
    }
    if (!shelf.names.empty()) out += "\n";
    for (const Json& one : shelf.models) {
        out += fmt::format("{}  {:<12} {} to {}, {} rows of {} instruments, {}\n",
                           one["address"].get<std::string>().substr(0, 16),
                           one["family"].get<std::string>(),
                           one["from"].get<std::string>().substr(0, 10),
                           one["until"].get<std::string>().substr(0, 10), one["rows"].dump(),
                           one["symbols"].size(), one["label"].get<std::string>());
    }
    for (const auto& [kind, list] :
         {std::pair{"ensemble", &shelf.ensembles}, std::pair{"succession", &shelf.successions}}) {
        for (const Json& one : *list) {
            out += fmt::format("{}  {}\n", one["address"].get<std::string>().substr(0, 16), kind);
        }
    }
    for (const Json& one : shelf.unreadable) {
        out += fmt::format("{}  UNREADABLE: {}\n", one["address"].get<std::string>().substr(0, 16),
                           one["error"].get<std::string>());
    }
    return out.empty() ? "no models yet; `tradewind train` makes some\n" : out;
}

std::expected<void, RunFailure> run_list(const Options& options) {
    const auto registry = TRY(open_registry(options.registry));
    const Shelf shelf = TRY(shelf_of(*registry));
    if (!options.json) {
        fmt::print("{}", shelf_text(shelf));
        return {};
    }
    const Json out{{"registry", registry->path()},     {"names", shelf.names},
                   {"models", shelf.models},           {"ensembles", shelf.ensembles},
                   {"successions", shelf.successions}, {"unreadable", shelf.unreadable}};
    fmt::print("{}\n", out.dump(2));
    return {};
}

std::expected<void, RunFailure> run_show(const Options& options) {
    const auto registry = TRY(open_registry(options.registry));
    const auto address = registry->resolve(options.which);
    if (!address) return std::unexpected(as_run_failure(address.error()));
    const auto bytes = registry->get(*address);
    if (!bytes) return std::unexpected(as_run_failure(bytes.error()));
    Shelf shelf;
    put(shelf, *address, *bytes);
    for (const Json* list : {&shelf.models, &shelf.ensembles, &shelf.successions}) {
        if (!list->empty()) fmt::print("{}\n", list->front().dump(2));
    }
    if (shelf.unreadable.empty()) return {};
    return std::unexpected(RunFailure{
        kExitBadInput,
        fmt::format("{}: {}", *address, shelf.unreadable.front()["error"].get<std::string>())});
}

// --- explain -------------------------------------------------------------------------------------

/// Features by what their values of all rows of the window add, the weightiest first.
Json reasons_of(const ml::Model& model, std::span<const float> window, const Attribution& why,
                std::size_t most) {
    const auto& card = model.card;
    const std::size_t inputs = card.inputs.size(), columns = card.origin.columns.size();
    std::vector<double> sums(inputs);
    for (std::size_t i = 0; i < why.values.size(); ++i) sums[i % inputs] += why.values[i];
    std::vector<std::size_t> order(inputs);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const double left = std::abs(sums[a]), right = std::abs(sums[b]);
        return left != right ? left > right : a < b;
    });
    Json out = Json::array();
    const auto newest = window.subspan(window.size() - columns);
    for (std::size_t i = 0; i < std::min(most, inputs); ++i) {
        const std::size_t column = card.inputs[order[i]];
        const float value = newest[column];
        out.push_back({{"feature", card.origin.columns[column]},
                       {"value", std::isnan(value) ? Json(nullptr) : Json(value)},
                       {"adds", sums[order[i]]}});
    }
    return out;
}

/// What each feature of the window added to one of the model's scores, into `out`.
std::expected<void, RunFailure> add_reasons(const DecisionTrace& trace, const ml::Model& model,
                                            std::span<const float> window, const Options& options,
                                            Json& out) {
    const ml::Target& target = model.card.target;
    const std::size_t score = research::models::explained_score(target);
    const Attribution why =
        TRY(or_failed(attribute(model, window, score, trace.models.registry + "/work")));
    out["method"] = why.method;
    out["task"] = ml::to_string(target.task);
    // the class, or the quantile, that the reasons are of
    const char* name = target.task == ml::Task::classes ? "score_of_class" : "score_of_level";
    out[name] = target.levels.empty() ? Json(nullptr) : Json(target.levels[score]);
    out["base"] = why.base;
    out["reasons"] = reasons_of(model, window, why, options.top);
    out["error"] = why.error;
    return {};
}

std::expected<Json, RunFailure> vote_json(const DecisionTrace& trace, const Vote& vote,
                                          const Options& options) {
    const LoadedModels& loaded = *trace.models.loaded;
    const ml::EnsembleCard& ensemble = loaded.ensembles.at(trace.ensemble);
    const std::string& address = ensemble.members[vote.member].address;
    const ml::Model& model = loaded.models.at(address);
    Json out{{"family", ml::to_string(model.card.family)},
             {"model", address},
             {"up", vote.up},
             {"down", vote.down},
             {"weight", vote.weight}};
    const std::span<const float> window =
        std::span{trace.rows}.last(model.card.window * trace.columns);
    TRY_VOID(add_reasons(trace, model, window, options, out));
    return out;
}

/// What the meta model said of the side, and why; null: there is none, or no side.
std::expected<Json, RunFailure> meta_json(const DecisionTrace& trace, const Options& options) {
    if (!trace.prediction.meta) return Json(nullptr);
    const LoadedModels& loaded = *trace.models.loaded;
    const auto& part = loaded.ensembles.at(trace.ensemble).meta;
    const ml::Model& model = loaded.models.at(part->address);
    Prediction prediction = trace.prediction;
    prediction.votes = trace.votes;
    const ml::TakenSide taken = ml::side_of(prediction);
    std::vector<float> row(trace.columns + ml::kSideColumns.size());
    ml::fill_meta_row(std::span{trace.rows}.last(trace.columns), taken, row);
    Json out{{"family", ml::to_string(model.card.family)},
             {"model", part->address},
             {"side", taken.side},
             {"right", *trace.prediction.meta},
             {"cost_bps", part->cost_bps}};
    TRY_VOID(add_reasons(trace, model, row, options, out));
    return out;
}

Json prediction_json(const Prediction& one) {
    return {{"known_at", to_string(one.known_at)},
            {"horizon_rows", one.horizon_rows},
            {"up", one.up},
            {"down", one.down},
            {"expected_return", one.expected_return},
            {"return_low", one.return_low},
            {"return_high", one.return_high},
            {"meta", one.meta ? Json(*one.meta) : Json(nullptr)},
            {"abstains", one.abstains.has_value()}};
}

void print_reasons(const Json& told) {
    for (const Json& reason : told["reasons"]) {
        fmt::print(
            "  {:<24} {:>12}  {:+.4f}\n", reason["feature"].get<std::string>(),
            reason["value"].is_null() ? "-" : fmt::format("{:.4g}", reason["value"].get<double>()),
            reason["adds"].get<double>());
    }
}

void print_explanation(const Json& told) {
    fmt::print("order {} of {}: {}\n", told["order"].get<std::string>(),
               told["instrument"].get<std::string>(), told["decision"].get<std::string>());
    const Json& said = told["prediction"];
    fmt::print(
        "known at {}: up {:.3f}, down {:.3f}, expected return {:+.4f} ({:+.4f} to {:+.4f})\n",
        said["known_at"].get<std::string>(), said["up"].get<double>(), said["down"].get<double>(),
        said["expected_return"].get<double>(), said["return_low"].get<double>(),
        said["return_high"].get<double>());
    for (const Json& vote : told["votes"]) {
        fmt::print("\n{} (weight {:.3f}): up {:.3f}, down {:.3f}; by {}\n",
                   vote["family"].get<std::string>(), vote["weight"].get<double>(),
                   vote["up"].get<double>(), vote["down"].get<double>(),
                   vote["method"].get<std::string>());
        print_reasons(vote);
    }
    const Json& meta = told["meta"];
    if (meta.is_null()) return;
    fmt::print("\n{} as meta model: the {} side right {:.3f}; by {}\n",
               meta["family"].get<std::string>(), meta["side"].get<double>() > 0 ? "long" : "short",
               meta["right"].get<double>(), meta["method"].get<std::string>());
    print_reasons(meta);
}

std::expected<void, RunFailure> run_explain(const Options& options) {
    const DecisionTrace trace = TRY(or_bad_input(trace_decision(options.run, options.order)));
    Json votes = Json::array();
    for (const Vote& vote : trace.votes) votes.push_back(TRY(vote_json(trace, vote, options)));
    Json meta = TRY(meta_json(trace, options));
    const Json out{{"run", options.run},         {"order", trace.order},
                   {"decision", trace.decision}, {"instrument", trace.symbol},
                   {"at", to_string(trace.at)},  {"succession", trace.models.address},
                   {"ensemble", trace.ensemble}, {"prediction", prediction_json(trace.prediction)},
                   {"votes", std::move(votes)},  {"meta", std::move(meta)}};
    if (options.json) {
        fmt::print("{}\n", out.dump(2));
    } else {
        print_explanation(out);
    }
    return {};
}

using Run = std::expected<void, RunFailure> (*)(const Options&);

CLI::App* add_verb(CLI::App& under, const std::string& name, const std::string& help,
                   const std::shared_ptr<Options>& options, Run run, int& exit_code) {
    CLI::App* verb = under.add_subcommand(name, help);
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, run, &exit_code] {
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
    return verb;
}

void add_registry_options(CLI::App& verb, const std::shared_ptr<Options>& options) {
    verb.add_option("--registry", options->registry,
                    "folder of models (models in $TRADEWIND_HOME, or in\n"
                    "~/.local/share/tradewind)");
}

}  // namespace

void add_models_command(CLI::App& app, int& exit_code) {
    CLI::App* models = app.add_subcommand("models",
                                          "which models there are, and why they said "
                                          "what they said");
    models->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    CLI::App* list = add_verb(*models, "ls", "list names, models, ensembles and successions",
                              options, run_list, exit_code);
    add_registry_options(*list, options);
    CLI::App* show =
        add_verb(*models, "show", "all about one of them", options, run_show, exit_code);
    add_registry_options(*show, options);
    show->add_option("which", options->which, "a name, an address or its beginning")->required();
    CLI::App* explain =
        add_verb(*models, "explain", "the votes behind an order of a run, and what each model saw",
                 options, run_explain, exit_code);
    explain->add_option("--run", options->run, "the run's journal")->required();
    explain
        ->add_option("--order", options->order,
                     "the order, as `replay --print orders` has it: "
                     "0-12")
        ->required();
    explain->add_option("--top", options->top, "reasons of each model (8)");
}

}  // namespace tradewind::apps
