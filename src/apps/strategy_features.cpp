// SPDX-License-Identifier: Apache-2.0
#include "apps/strategy_features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "apps/strategy_loader.hpp"
#include "base/try.hpp"
#include "signal/registry.hpp"

namespace tradewind::apps {
namespace {

using feature::Graph;

std::span<const std::string_view> expressions_of(const std::string& strategy) {
    const signal::BuiltIn* built_in = signal::find_built_in(strategy);
    return built_in == nullptr ? std::span<const std::string_view>{} : built_in->expressions;
}

const std::string* find_param(const signal::Params& params, std::string_view name) {
    const auto found = std::find_if(params.entries.begin(), params.entries.end(),
                                    [name](const auto& entry) { return entry.first == name; });
    return found == params.entries.end() ? nullptr : &found->second;
}

/// "{fast}" becomes the value of the parameter fast.
std::expected<std::string, std::string> filled_in(const std::string& name, const std::string& text,
                                                  const signal::Params& params,
                                                  std::set<std::string>& used) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '{') {
            out += text[at++];
            continue;
        }
        const std::size_t end = std::min(text.find('}', at), text.size());
        const std::string wanted = text.substr(at + 1, end - at - 1);
        const std::string* value = end == text.size() ? nullptr : find_param(params, wanted);
        if (value == nullptr) {
            return std::unexpected(fmt::format(
                "strategy.{}: column {}: '{{{}}}' names no parameter; give --param {}=VALUE", name,
                at + 1, wanted, wanted));
        }
        out += *value;
        used.insert(wanted);
        at = end + 1;
    }
    return out;
}

std::unexpected<std::string> fail(const StrategyRun& run, const std::string& text) {
    return std::unexpected(fmt::format("strategy {}: {}", run.name, text));
}

/// What history gives to `tradewind features` and a run does not give to a strategy yet.
std::expected<void, std::string> check_readable(const RunSettings& settings, const StrategyRun& run,
                                                const Graph& graph) {
    for (const Graph::Track& track : graph.tracks()) {
        for (std::size_t i = feature::kBarFieldCount; i < feature::kFieldCount; ++i) {
            if (!track.reads[i]) continue;
            return fail(run, fmt::format("{} is told by ticks, which features are not told inside "
                                         "of a run yet",
                                         feature::to_string(static_cast<feature::Field>(i))));
        }
        if (track.instrument.empty()) continue;
        if (settings.instruments.find(track.instrument) == nullptr) {
            return fail(run, fmt::format("a feature reads {}, which is not in the run; say "
                                         "--instrument {} too",
                                         track.instrument, track.instrument));
        }
    }
    if (!run.bars) return fail(run, "features are of bars; say which, strategy.bars=1m");
    return {};
}

/// What the graph reads of sources, for whom.
std::vector<engine::SourceFacts> facts_for(const RunSettings& settings, const StrategyRun& run,
                                           const Graph& graph) {
    std::vector<engine::SourceFacts> out;
    std::set<std::uint32_t> read;
    for (const Graph::FactRead& one : graph.fact_reads()) {
        if (!read.insert(one.source).second) continue;
        const auto& facts = *run.sources[one.source].facts;
        const auto add = [&](const std::string& symbol) {
            out.push_back(
                {.source = one.source, .symbol = symbol, .facts = facts_of(facts, symbol)});
        };
        if (!graph.surroundings().sources[one.source].is_by_instrument) {
            add({});
            continue;
        }
        for (const InstrumentId id : run.instruments) add(settings.instruments.at(id).symbol);
    }
    return out;
}

}  // namespace

std::expected<SourceRun, std::string> open_source(const SourceChoice& choice) {
    TRY(surroundings_of({.sources = {choice}, .groups = {}}));
    SourceRun out{.choice = choice, .file_hash = TRY(file_hash(choice.file)), .facts = {}};
    out.facts = std::make_shared<const std::vector<NamedFact>>(TRY(read_source(choice)));
    return out;
}

bool takes_features(const std::string& strategy) {
    return is_library(strategy) || !expressions_of(strategy).empty();
}

bool takes_predictions(const std::string& strategy) {
    return is_library(strategy) || strategy == "forecast";
}

std::expected<StrategyFeatures, std::string> features_of(const StrategyRun& run) {
    StrategyFeatures out;
    if (run.models) {
        for (const auto& [name, expression] : run.models->loaded->card.features) {
            out.texts.push_back({.name = name, .expression = expression});
        }
        out.plain = run.params;
        return out;
    }
    std::set<std::string> used;
    const auto add = [&](const std::string& param, std::string name,
                         const std::string& text) -> std::expected<void, std::string> {
        out.texts.push_back(
            {.name = std::move(name), .expression = TRY(filled_in(param, text, run.params, used))});
        used.insert(param);
        return {};
    };
    if (takes_features(run.name)) {
        for (const auto& [name, value] : run.params.entries) {
            if (!name.starts_with(kFeaturePrefix)) continue;
            TRY_VOID(add(name, name.substr(kFeaturePrefix.size()), value));
        }
    }
    for (const std::string_view name : expressions_of(run.name)) {
        const std::string* text = find_param(run.params, name);
        if (text != nullptr) TRY_VOID(add(std::string{name}, std::string{name}, *text));
    }
    for (const auto& entry : run.params.entries) {
        if (!used.contains(entry.first)) out.plain.entries.push_back(entry);
    }
    return out;
}

std::expected<std::optional<engine::FeaturePlan>, std::string> plan_features(
    const RunSettings& settings, const StrategyRun& run) {
    const StrategyFeatures features = TRY(features_of(run));
    if (features.texts.empty()) return std::nullopt;
    SurroundingsChoice choice;
    for (const SourceRun& source : run.sources) choice.sources.push_back(source.choice);
    feature::Surroundings around = TRY(surroundings_of(choice));
    for (const GroupRun& group : run.groups) around.groups.push_back(group.name);
    auto graph = Graph::compile(features.texts, around);
    if (!graph) {
        return fail(run, feature::describe(graph.error()));
    }
    if (run.models && graph->schema_hash() != run.models->loaded->card.schema_hash) {
        return fail(run, fmt::format("its models were taught on features of schema {}, and these "
                                     "are {}: features are worked out in another way since, or "
                                     "sources and groups are others; train again",
                                     run.models->loaded->card.schema_hash, graph->schema_hash()));
    }
    TRY_VOID(check_readable(settings, run, *graph));
    engine::FeaturePlan out{.graph = std::make_shared<const Graph>(std::move(*graph))};
    out.facts = facts_for(settings, run, *out.graph);
    out.groups.resize(run.instruments.size());
    for (const GroupRun& group : run.groups) {
        const auto numbers = group_numbers(group.names);
        for (std::size_t i = 0; i < numbers.size(); ++i) out.groups[i].push_back(numbers[i]);
    }
    return out;
}

void add_feature_bars(RunSettings& settings, const StrategyRun& run,
                      const engine::FeaturePlan& plan) {
    const auto need = [&](InstrumentId id, Duration interval) {
        const BarSpec spec = time_bars(interval, run.bars->source);
        const std::string& symbol = settings.instruments.at(id).symbol;
        const bool is_played = std::any_of(
            settings.data.begin(), settings.data.end(), [&](const ports::Series& series) {
                return series.key == ports::SeriesKey{.symbol = symbol,
                                                      .kind = ports::SeriesKind::bar,
                                                      .spec = spec};
            });
        auto& made = settings.engine.aggregations;
        const bool is_made = std::any_of(made.begin(), made.end(), [&](const auto& one) {
            return one.instrument == id && one.spec == spec;
        });
        if (!is_played && !is_made) made.push_back({.instrument = id, .spec = spec});
    };
    for (const Graph::Track& track : plan.graph->tracks()) {
        if (track.interval.ns == 0) continue;
        if (!track.instrument.empty()) {
            need(settings.instruments.find(track.instrument)->id, track.interval);
            continue;
        }
        for (const InstrumentId id : run.instruments) need(id, track.interval);
    }
}

}  // namespace tradewind::apps
