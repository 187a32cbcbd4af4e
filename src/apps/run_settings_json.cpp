// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/catalog/instrument_json.hpp"
#include "apps/run_settings.hpp"
#include "base/try.hpp"
#include "wire/sha256.hpp"

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
        if (run.groups.empty()) continue;  // settings without groups read as they did before
        Json groups = Json::object();
        for (const GroupRun& group : run.groups) groups[group.name] = group.names;
        out.back()["groups"] = std::move(groups);
    }
    return out;
}

Json engine_json(const RunSettings& settings) {
    const engine::EngineSettings& engine = settings.engine;
    const risk::Limits& limits = engine.limits;
    Json aggregations = Json::array();
    for (const engine::Aggregation& one : engine.aggregations) {
        aggregations.push_back({{"instrument", settings.instruments.at(one.instrument).symbol},
                                {"bars", to_string(one.spec)}});
    }
    Json out = {
        {"base", to_string(engine.base)},
        {"account", text_of(engine.account)},
        {"sampling", to_string(engine.sampling)},
        {"limits",
         {{"max_position", optional_text(limits.max_position)},
          {"max_order_notional", optional_text(limits.max_order_notional)},
          {"max_gross_exposure", optional_text(limits.max_gross_exposure)},
          {"max_orders_per_second",
           limits.max_orders_per_second ? Json(*limits.max_orders_per_second) : Json(nullptr)}}},
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
        const Json& limits = engine.at("limits");
        out.engine.limits.max_position = TRY(amount<Qty>(limits.at("max_position"), parse_qty));
        out.engine.limits.max_order_notional =
            TRY(amount<Money>(limits.at("max_order_notional"), parse_money));
        out.engine.limits.max_gross_exposure =
            TRY(amount<Money>(limits.at("max_gross_exposure"), parse_money));
        if (const Json& rate = limits.at("max_orders_per_second"); !rate.is_null()) {
            out.engine.limits.max_orders_per_second = rate.get<std::uint32_t>();
        }
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
    static std::expected<std::optional<T>, std::string> amount(const Json& text, Parse parse) {
        if (text.is_null()) return std::nullopt;
        const auto value = parse(text.get<std::string>());
        if (!value) return bad("limit " + text.get<std::string>());
        return *value;
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
        if (!json.contains("groups")) return out;
        for (const auto& [name, names] : json.at("groups").items()) {
            out.groups.push_back({.name = name, .names = names.get<std::vector<std::string>>()});
            if (out.groups.back().names.size() != out.instruments.size()) return bad("groups");
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
    return wire::sha256_hex(std::as_bytes(std::span{json})).substr(0, 16);
}

}  // namespace tradewind::apps
