// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apps/features_options.hpp"
#include "base/hash.hpp"
#include "base/try.hpp"
#include "research/features/tape_columns.hpp"
#include "research/features/tick_reader.hpp"

namespace tradewind::apps {
namespace {

using research::FeatureBars;

/// All instruments as one universe.
std::expected<FeatureUnit, std::string> universe_of(FeatureWork& work, std::vector<BarChoice> bars,
                                                    std::string& schema) {
    std::sort(bars.begin(), bars.end(), [](const BarChoice& a, const BarChoice& b) {
        return a.instrument->symbol < b.instrument->symbol;
    });
    FeatureUnit out{.bars = std::move(bars), .plan = {.graph = work.features.graph, .members = {}}};
    std::vector<std::string> symbols;
    for (const BarChoice& choice : out.bars) {
        if (choice.series.key.spec != out.bars.front().series.key.spec) {
            return std::unexpected(fmt::format(
                "features that compare instruments need bars of one kind: {} has {}, {} has {}; "
                "say "
                "which with --interval",
                out.bars.front().instrument->symbol, to_string(out.bars.front().series.key.spec),
                choice.instrument->symbol, to_string(choice.series.key.spec)));
        }
        symbols.push_back(choice.instrument->symbol);
        out.plan.members.push_back({.symbol = symbols.back()});
    }
    for (const GroupChoice& group : work.features.around.groups) {
        const std::vector<std::string> names = TRY(read_group(group, symbols));
        const std::vector<std::uint32_t> numbers = group_numbers(names);
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            out.plan.members[i].groups.push_back(numbers[i]);
            schema += fmt::format("{} {} {}\n", symbols[i], group.name, names[i]);
        }
        const auto without = std::count(names.begin(), names.end(), "");
        if (without == 0) continue;
        work.notes.push_back(
            fmt::format("{} of {} instruments are not in {}: they are a group of "
                        "{} by themselves",
                        without, names.size(), group.file, group.name));
    }
    for (const std::string& symbol : symbols) schema += symbol + "\n";
    return out;
}

std::vector<FeatureUnit> one_by_one(const FeatureWork& work, const std::vector<BarChoice>& bars) {
    std::vector<FeatureUnit> out;
    const std::size_t groups = work.features.around.groups.size();
    for (const BarChoice& choice : bars) {
        out.push_back({.bars = {choice},
                       .plan = {.graph = work.features.graph,
                                .members = {{.symbol = choice.instrument->symbol,
                                             .groups = std::vector<std::uint32_t>(groups)}}}});
    }
    return out;
}

std::expected<void, std::string> divide(FeatureWork& work, std::vector<BarChoice> bars) {
    const feature::Graph& graph = *work.features.graph;
    std::string schema = graph.schema_hash() + "\n" + describe(work.features.around);
    if (graph.acrosses().empty()) {
        work.units = one_by_one(work, bars);
    } else {
        work.units.push_back(TRY(universe_of(work, std::move(bars), schema)));
    }
    work.schema_hash =
        graph.is_lone() ? graph.schema_hash() : fmt::format("{:016x}", base::fnv1a(schema));
    return {};
}

std::expected<void, std::string> read_facts(FeatureWork& work) {
    const auto& sources = work.features.around.sources;
    work.facts.resize(sources.size());
    for (const feature::Graph::FactRead& read : work.features.graph->fact_reads()) {
        if (!work.facts[read.source].empty()) continue;
        work.facts[read.source] = TRY(read_source(sources[read.source]));
    }
    return {};
}

/// Bars of another track: those that are most like a member's own; of ticks, where there are none.
std::expected<ports::SeriesKey, std::string> series_of(const FeatureWork& work,
                                                       const feature::Panel::BarFeed& feed,
                                                       const BarSpec& own) {
    ports::SeriesKey wanted{.symbol = feed.symbol, .kind = ports::SeriesKind::bar, .spec = own};
    if (feed.interval.ns > 0) wanted.spec = time_bars(feed.interval, own.source);
    std::optional<ports::SeriesKey> out;
    for (const ports::Series& series : work.catalog->series()) {
        const auto& [symbol, kind, spec] = series.key;
        if (symbol != wanted.symbol || kind != wanted.kind) continue;
        if (spec.unit != wanted.spec.unit || spec.step != wanted.spec.step) continue;
        if (spec == wanted.spec) return series.key;
        if (!out || spec.source == PriceSource::last) out = series.key;
    }
    if (out) return *out;
    if (research::ticks_for_bars(*work.catalog, wanted) != nullptr) return wanted;
    if (work.catalog->find_instrument(feed.symbol) == nullptr) {
        return std::unexpected(fmt::format(
            "a feature reads {}, and the catalog does not have it; `tradewind data ls` lists what "
            "there is",
            feed.symbol));
    }
    return std::unexpected(
        fmt::format("a feature reads {} bars of {}, and the catalog has none; import them with "
                    "`tradewind data import --interval {}`",
                    to_string(wanted.spec), feed.symbol, to_string(wanted.spec)));
}

std::expected<FeatureBars, RunFailure> read_bars(const FeatureWork& work, const BarSource& source) {
    const feature::Graph& graph = *work.features.graph;
    const auto tape = TRY(tape_plan(work, source));
    auto bars = TRY(or_failed(research::read_feature_bars(
        *work.catalog, *source.instrument, source.key, work.config.to.value_or(kTimestampMax))));
    const auto& known = bars.known_at;
    if (!graph.is_lone() && std::adjacent_find(known.begin(), known.end()) != known.end()) {
        return std::unexpected(RunFailure{
            kExitBadInput,
            fmt::format("{}: two bars end at one instant; features that read more than their own "
                        "bars need them one after another",
                        ports::to_string(source.key))});
    }
    TRY_VOID(or_failed(research::read_tape(*work.catalog, *source.instrument, tape, bars)));
    return bars;
}

BarSource own_source(const BarChoice& choice) {
    return {.instrument = choice.instrument, .key = choice.series.key, .track = 0};
}

/// Of a universe some may have ended by then, or not have begun yet.
std::expected<FeatureBars, RunFailure> read_own_bars(const FeatureWork& work,
                                                     const FeatureUnit& unit, std::size_t member) {
    const BarChoice& choice = unit.bars[member];
    auto bars = TRY(read_bars(work, own_source(choice)));
    if (unit.bars.size() > 1) return bars;
    const Timestamp from = work.config.from.value_or(kTimestampMin);
    if (bars.rows() == 0 || bars.known_at.back() < from.ns) {
        return std::unexpected(
            RunFailure{kExitBadInput,
                       fmt::format("{}: no bar was known between --from and --to; it has {} to {}",
                                   ports::to_string(choice.series.key),
                                   to_string(choice.series.first), to_string(choice.series.last))});
    }
    return bars;
}

}  // namespace

std::size_t FeatureWork::instruments() const {
    std::size_t out = 0;
    for (const FeatureUnit& unit : units) out += unit.bars.size();
    return out;
}

std::expected<FeatureWork, RunFailure> open_work(const FeaturesOptions& options) {
    RunConfig config = TRY(or_bad_input(gather(options.bars)));
    Features features = TRY(or_bad_input(choose_features(options.features)));
    return open_work(std::move(config), std::move(features));
}

std::expected<FeatureWork, RunFailure> open_work(RunConfig config, Features features) {
    FeatureWork out;
    out.config = std::move(config);
    out.features = std::move(features);
    out.catalog = TRY(open_catalog(out.config.catalog));
    auto bars = TRY(or_bad_input(choose_bars(out.config, *out.catalog)));
    for (const BarChoice& choice : bars) TRY(tape_plan(out, own_source(choice)));
    TRY_VOID(or_bad_input(divide(out, std::move(bars))));
    TRY_VOID(or_bad_input(read_facts(out)));
    return out;
}

std::expected<research::TapePlan, RunFailure> tape_plan(const FeatureWork& work,
                                                        const BarSource& source) {
    return or_bad_input(research::plan_tape(*work.catalog, source.instrument->symbol,
                                            work.features.graph->tracks()[source.track]));
}

std::expected<std::vector<BarSource>, RunFailure> bar_sources(const FeatureWork& work,
                                                              const FeatureUnit& unit) {
    std::vector<BarSource> out;
    const feature::Panel panel = unit.plan.make(1);  // for what it is to be fed
    const BarSpec own = unit.bars.front().series.key.spec;
    for (const feature::Panel::BarFeed& feed : panel.bar_feeds()) {
        if (out.size() < unit.bars.size()) {
            out.push_back(own_source(unit.bars[out.size()]));
            continue;
        }
        out.push_back({.instrument = nullptr,
                       .key = TRY(or_bad_input(series_of(work, feed, own))),
                       .track = feed.track});
        out.back().instrument = work.catalog->find_instrument(feed.symbol);
    }
    return out;
}

std::expected<research::FeatureData, RunFailure> read_data(const FeatureWork& work,
                                                           const FeatureUnit& unit) {
    research::FeatureData out;
    for (const BarSource& source : TRY(bar_sources(work, unit))) {
        const std::size_t member = out.bars.size();
        out.bars.push_back(member < unit.bars.size() ? TRY(read_own_bars(work, unit, member))
                                                     : TRY(read_bars(work, source)));
    }
    const feature::Panel panel = unit.plan.make(1);
    const std::int64_t to = work.config.to.value_or(kTimestampMax).ns;
    for (const feature::Panel::FactFeed& feed : panel.fact_feeds()) {
        out.facts.push_back(facts_of(work.facts[feed.source], feed.symbol));
        std::erase_if(out.facts.back(),
                      [to](const feature::Fact& fact) { return fact.known_at >= to; });
    }
    return out;
}

}  // namespace tradewind::apps
