// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/catalog/instrument_json.hpp"
#include "apps/run_settings.hpp"
#include "apps/strategy_features.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json optional_text(const std::optional<T>& value) {
    return value ? Json(to_string(*value)) : Json(nullptr);
}

std::string text_of(portfolio::AccountKind kind) {
    return kind == portfolio::AccountKind::cash ? "cash" : "margin";
}

Json instruments_json(const RunSettings& settings) {
    Json out = Json::array();
    for (const Instrument& instrument : settings.instruments.all()) {
        out.push_back(Json::parse(catalog::instrument_to_json(instrument)));
    }
    return out;
}

Json sources_json(const std::vector<SourceRun>& sources) {
    Json out = Json::array();
    for (const SourceRun& source : sources) {
        const SourceChoice& choice = source.choice;
        out.push_back({{"name", choice.name},
                       {"kind", to_string(*choice.kind)},
                       {"file", choice.file},
                       {"sha256", source.file_hash},
                       {"event", choice.events},
                       {"country", choice.country},
                       {"column", choice.column},
                       {"lag_ns", choice.lag ? Json(choice.lag->ns) : Json(nullptr)},
                       {"announced_ns", choice.announced.ns}});
    }
    return out;
}

template <typename List>
Json texts_json(const List& list) {
    Json out = Json::array();
    for (const auto& one : list) out.push_back(to_string(one));
    return out;
}

Json strategies_json(const RunSettings& settings) {
    Json out = Json::array();
    for (const StrategyRun& run : settings.strategies) {
        Json params = Json::object();
        for (const auto& [name, value] : run.params.entries) params[name] = value;
        Json ids = Json::array();
        for (const InstrumentId id : run.instruments) {
            ids.push_back(settings.instruments.at(id).symbol);
        }
        out.push_back({{"name", run.name},
                       {"library_hash", run.library_hash},
                       {"params", std::move(params)},
                       {"instruments", std::move(ids)},
                       {"bars", optional_text(run.bars)}});
        // settings without groups and sources read as they did before
        if (!run.groups.empty()) {
            Json groups = Json::object();
            for (const GroupRun& group : run.groups) groups[group.name] = group.names;
            out.back()["groups"] = std::move(groups);
        }
        if (!run.sources.empty()) out.back()["sources"] = sources_json(run.sources);
        if (!run.stops.empty()) out.back()["stops"] = texts_json(run.stops);
        if (run.sizing) out.back()["sizing"] = to_string(*run.sizing);
        if (run.models) {
            out.back()["models"] = {{"registry", run.models->registry},
                                    {"succession", run.models->address}};
        }
    }
    return out;
}

Json risk_json(const risk::Settings& risk) {
    Json out{{"limits", texts_json(risk.limits)},
             {"brakes", texts_json(risk.brakes)},
             {"sectors", texts_json(risk.sectors)},
             {"restricted", risk.restricted},
             {"denies_self_trades", risk.denies_self_trades},
             {"duplicates_ns", risk.duplicates.ns},
             {"history", risk.statistics.history},
             {"tail", risk.statistics.tail},
             {"filtered", risk.statistics.method == risk::VarMethod::filtered},
             {"participation", risk.statistics.participation},
             {"correlated", risk.statistics.correlated},
             {"benchmark", risk.statistics.benchmark}};
    // who asks for none has settings that read as they did before there was any
    if (!risk.stress.empty()) out["stress"] = texts_json(risk.stress);
    return out;
}

/// Who sets no risk has settings that read as they did before there was any: the same run stays the
/// same trial.
std::pair<std::string, Json> limits_json(const risk::Settings& risk) {
    if (risk != risk::Settings{}) return {"risk", risk_json(risk)};
    return {"limits",
            {{"max_position", nullptr},
             {"max_order_notional", nullptr},
             {"max_gross_exposure", nullptr},
             {"max_orders_per_second", nullptr}}};
}

Json engine_json(const RunSettings& settings) {
    const engine::EngineSettings& engine = settings.engine;
    Json aggregations = Json::array();
    for (const engine::Aggregation& one : engine.aggregations) {
        aggregations.push_back({{"instrument", settings.instruments.at(one.instrument).symbol},
                                {"bars", to_string(one.spec)}});
    }
    Json out = {{"base", to_string(engine.base)},
                {"account", text_of(engine.account)},
                {"sampling", to_string(engine.sampling)},
                limits_json(engine.risk),
                {"aggregations", std::move(aggregations)}};
    // What is netted says nothing of it: settings older than hedging read the same.
    if (engine.positions.hedges()) {
        out["positions"] = to_string(engine.positions.mode);
        out["hedged_margin"] = to_string(engine.positions.margin);
    }
    return out;
}

Json world_json(const sim::WorldSettings& world) {
    Json deposits = Json::array();
    for (const CashFlow& flow : world.deposits) {
        deposits.push_back(
            {{"currency", to_string(flow.currency)}, {"amount", to_string(flow.amount)}});
    }
    return {{"assumptions", sim::describe(world)},
            {"deposits", std::move(deposits)},
            {"from", optional_text(world.from)},
            {"to", optional_text(world.to)}};
}

Json data_json(const std::vector<ports::Series>& data) {
    Json out = Json::array();
    for (const ports::Series& series : data) {
        out.push_back({{"series", ports::to_string(series.key)},
                       {"rows", series.rows},
                       {"first", to_string(series.first)},
                       {"last", to_string(series.last)}});
    }
    return out;
}

/// Reads a journal's settings; any surprise in them is one error.
class Parser {
public:
    explicit Parser(const Json& root) : root_(root) {}

    std::expected<RunSettings, std::string> parse() {
        RunSettings out;
        for (const Json& one : root_.at("instruments")) {
            for (Instrument& instrument : TRY(catalog::instruments_from_json(one.dump()))) {
                out.instruments.add(std::move(instrument));
            }
        }
        TRY_VOID(parse_engine(out));
        for (const Json& one : root_.at("strategies")) {
            out.strategies.push_back(TRY(parse_strategy(one, out)));
        }
        return out;
    }

private:
    static std::unexpected<std::string> bad(std::string_view what) {
        return std::unexpected(fmt::format("the run's settings: {} cannot be read", what));
    }

    static std::expected<InstrumentId, std::string> id_of(const Json& symbol,
                                                          const RunSettings& settings) {
        const Instrument* found = settings.instruments.find(symbol.get<std::string>());
        if (found == nullptr) return bad("instrument " + symbol.get<std::string>());
        return found->id;
    }

    static std::expected<std::optional<BarSpec>, std::string> bars_of(const Json& text) {
        if (text.is_null()) return std::nullopt;
        const auto spec = parse_bar_spec(text.get<std::string>());
        if (!spec) return bad("bars " + text.get<std::string>());
        return spec;
    }

    std::expected<void, std::string> parse_engine(RunSettings& out) {
        const Json& engine = root_.at("engine");
        const auto base = Currency::parse(engine.at("base").get<std::string>());
        const auto sampling = parse_calendar_kind(engine.at("sampling").get<std::string>());
        if (!base || !sampling) return bad("engine");
        out.engine.base = *base;
        out.engine.sampling = *sampling;
        const auto account = sim::parse_account_kind(engine.at("account").get<std::string>());
        if (!account) return bad("account");
        out.engine.account = *account == sim::AccountKind::cash ? portfolio::AccountKind::cash
                                                                : portfolio::AccountKind::margin;
        if (engine.contains("positions")) out.engine.positions = TRY(positions_of(engine));
        out.engine.risk = engine.contains("risk") ? TRY(risk_of(engine.at("risk")))
                                                  : TRY(old_limits_of(engine.at("limits")));
        for (const Json& one : engine.at("aggregations")) {
            const auto spec = TRY(bars_of(one.at("bars")));
            if (!spec) return bad("aggregations");
            out.engine.aggregations.push_back(
                {.instrument = TRY(id_of(one.at("instrument"), out)), .spec = *spec});
        }
        return {};
    }

    static std::expected<PositionSettings, std::string> positions_of(const Json& engine) {
        const auto mode = parse_position_mode(engine.at("positions").get<std::string>());
        const auto margin = parse_hedged_margin(engine.at("hedged_margin").get<std::string>());
        if (!mode || !margin) return bad("positions");
        return PositionSettings{.mode = *mode, .margin = *margin};
    }

    template <typename T, typename Parse>
    static std::expected<void, std::string> parse_texts(const Json& texts, std::vector<T>& out,
                                                        const Parse& parse) {
        for (const Json& text : texts) {
            auto one = parse(text.get<std::string>());
            if (!one) return bad("risk: " + one.error());
            out.push_back(std::move(*one));
        }
        return {};
    }

    static std::expected<risk::Settings, std::string> risk_of(const Json& json) {
        risk::Settings out;
        TRY_VOID(parse_texts(json.at("limits"), out.limits, risk::parse_limit));
        TRY_VOID(parse_texts(json.at("brakes"), out.brakes, risk::parse_brake));
        TRY_VOID(parse_texts(json.at("sectors"), out.sectors, risk::parse_sector));
        TRY_VOID(parse_texts(json.value("stress", Json::array()), out.stress, risk::parse_shock));
        out.restricted = json.at("restricted").get<std::vector<std::string>>();
        out.denies_self_trades = json.at("denies_self_trades").get<bool>();
        out.duplicates = {json.at("duplicates_ns").get<std::int64_t>()};
        out.statistics = {.history = json.at("history").get<std::size_t>(),
                          .tail = json.at("tail").get<double>(),
                          .method = json.at("filtered").get<bool>() ? risk::VarMethod::filtered
                                                                    : risk::VarMethod::historical,
                          .participation = json.at("participation").get<double>(),
                          .correlated = json.at("correlated").get<double>(),
                          .benchmark = json.at("benchmark").get<std::string>()};
        return out;
    }

    /// Of journals from before limits were a list: four settings, each one limit.
    static std::expected<risk::Settings, std::string> old_limits_of(const Json& json) {
        risk::Settings out;
        const auto add = [&](const char* name,
                             std::string_view form) -> std::expected<void, std::string> {
            const Json& value = json.at(name);
            if (value.is_null()) return {};
            const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
            auto limit = risk::parse_limit(fmt::format(fmt::runtime(form), text));
            if (!limit) return bad("limit " + text);
            out.limits.push_back(std::move(*limit));
            return {};
        };
        TRY_VOID(add("max_position", "position <= {}"));
        TRY_VOID(add("max_order_notional", "notional <= {}"));
        TRY_VOID(add("max_gross_exposure", "gross <= {}"));
        TRY_VOID(add("max_orders_per_second", "orders <= {} per 1s"));
        return out;
    }

    /// Its file has to be the one that the run read.
    static std::expected<SourceRun, std::string> parse_source_run(const Json& json) {
        SourceChoice choice{.name = json.at("name").get<std::string>(), .where = "the journal"};
        choice.kind = feature::parse_source_kind(json.at("kind").get<std::string>());
        if (!choice.kind) return bad("source " + choice.name);
        choice.file = json.at("file").get<std::string>();
        choice.events = json.at("event").get<std::vector<std::string>>();
        choice.country = json.at("country").get<std::string>();
        choice.column = json.at("column").get<std::string>();
        const Json& lag = json.at("lag_ns");
        if (!lag.is_null()) choice.lag = Duration{lag.get<std::int64_t>()};
        choice.announced = Duration{json.at("announced_ns").get<std::int64_t>()};
        SourceRun out = TRY(open_source(choice));
        if (out.file_hash != json.at("sha256").get<std::string>()) {
            return std::unexpected(
                fmt::format("{}: is not the file that the run was made with", choice.file));
        }
        return out;
    }

    static std::expected<StrategyRun, std::string> parse_strategy(const Json& json,
                                                                  const RunSettings& settings) {
        StrategyRun out{.name = json.at("name").get<std::string>(),
                        .library_hash = json.at("library_hash").get<std::string>(),
                        .params = {},
                        .instruments = {},
                        .bars = TRY(bars_of(json.at("bars")))};
        for (const auto& [name, value] : json.at("params").items()) {
            out.params.entries.emplace_back(name, value.get<std::string>());
        }
        for (const Json& symbol : json.at("instruments")) {
            out.instruments.push_back(TRY(id_of(symbol, settings)));
        }
        const Json groups = json.value("groups", Json::object());
        for (const auto& [name, names] : groups.items()) {
            out.groups.push_back({.name = name, .names = names.get<std::vector<std::string>>()});
            if (out.groups.back().names.size() != out.instruments.size()) return bad("groups");
        }
        const Json sources = json.value("sources", Json::array());
        for (const Json& source : sources) {
            out.sources.push_back(TRY(parse_source_run(source)));
        }
        TRY_VOID(parse_texts(json.value("stops", Json::array()), out.stops, risk::parse_stop));
        if (json.contains("sizing")) {
            auto sizing = signal::parse_sizing(json.at("sizing").get<std::string>());
            if (!sizing) return bad("sizing: " + sizing.error());
            out.sizing = *sizing;
        }
        if (json.contains("models")) {
            const Json& models = json.at("models");
            out.models = TRY(load_models(models.at("registry").get<std::string>(),
                                         models.at("succession").get<std::string>()));
        }
        return out;
    }

    const Json& root_;
};

}  // namespace

std::string to_json(const RunSettings& settings) {
    Json root = {{"program", "tradewind"},
                 {"settings_version", 1},
                 {"mode", "backtest"},
                 {"instruments", instruments_json(settings)},
                 {"strategies", strategies_json(settings)},
                 {"engine", engine_json(settings)},
                 {"simulation", world_json(settings.world)},
                 {"data", data_json(settings.data)},
                 {"metrics",
                  {{"benchmark", settings.benchmark ? Json(ports::to_string(*settings.benchmark))
                                                    : Json(nullptr)},
                   {"annual_factor", settings.annual_factor},
                   {"risk_free", settings.risk_free}}}};
    if (!settings.finer.empty()) root["finer"] = data_json(settings.finer);
    return root.dump();
}

std::expected<RunSettings, std::string> settings_from_json(std::string_view text) {
    try {
        const Json root = Json::parse(text);
        return Parser{root}.parse();
    } catch (const nlohmann::json::exception& e) {
        return std::unexpected(fmt::format("the run's settings cannot be read: {}", e.what()));
    }
}

std::string settings_hash(std::string_view json) {
    return base::sha256_hex(std::as_bytes(std::span{json})).substr(0, 16);
}

}  // namespace tradewind::apps
