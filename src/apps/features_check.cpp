// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/features/feature_folder.hpp"
#include "apps/data_common.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"
#include "research/features/feature_check.hpp"
#include "research/features/feature_units.hpp"
#include "research/features/tape_check.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

struct Checked {
    const FeatureUnit* unit = nullptr;
    research::FeatureCheck result;
    std::string difference;  ///< one line; empty: none
};

std::string place_of(const FeatureUnit& unit, const research::FeatureData& data,
                     const research::FeatureDifference& where) {
    return fmt::format("{} {} at {}: {} and {}", unit.bars[where.member].instrument->symbol,
                       unit.plan.graph->outputs()[where.feature].name,
                       to_string(Timestamp{data.bars[where.member].known_at[where.row]}),
                       where.here, where.there);
}

std::string difference_of(const FeatureUnit& unit, const research::FeatureData& data,
                          const research::FeatureCheck& check) {
    if (check.parity) {
        return "row by row and all at once differ: " + place_of(unit, data, *check.parity);
    }
    if (!check.leak) return {};
    return fmt::format("{} after {} changed {}", to_string(check.leak->corruption),
                       to_string(Timestamp{check.leak->cut}),
                       place_of(unit, data, check.leak->where));
}

/// "SPY.ARCA", or "27 instruments".
std::string name_of(const FeatureUnit& unit) {
    return unit.bars.size() == 1 ? unit.bars.front().instrument->symbol
                                 : fmt::format("{} instruments", unit.bars.size());
}

std::string place_of(const BarSource& source, const research::FeatureBars& bars,
                     const research::FieldDifference& where) {
    return fmt::format("{} {} at {}: {} and {}", source.instrument->symbol,
                       feature::to_string(where.field),
                       to_string(Timestamp{bars.known_at[where.row]}), where.here, where.there);
}

/// What comes before the features: fields of ticks, and bars that are made of ticks.
std::expected<void, RunFailure> check_ticks(const FeatureWork& work, const BarSource& source,
                                            const FeaturesOptions& options, Checked& out) {
    const research::TapePlan plan = TRY(tape_plan(work, source));
    const bool is_made = work.catalog->find(source.key) == nullptr;
    if (plan.fields.empty() && !is_made) return {};
    const Timestamp end = work.config.to.value_or(kTimestampMax);
    const research::TapeRead read =
        [&](const ports::History& history,
            Timestamp to) -> std::expected<research::FeatureBars, std::string> {
        auto bars = TRY(research::read_feature_bars(history, *source.instrument, source.key,
                                                    std::min(to, end)));
        TRY_VOID(research::read_tape(history, *source.instrument, plan, bars));
        return bars;
    };
    const auto check = TRY(or_failed(
        research::check_tape(*work.catalog, read, {.cuts = options.cuts, .seed = options.seed})));
    out.result.corruptions += check.corruptions;
    if (check.is_clean()) return {};
    const auto bars = TRY(or_failed(read(*work.catalog, end)));
    if (check.parity) {
        out.result.parity.emplace();
        out.difference =
            "tick by tick and all at once differ: " + place_of(source, bars, *check.parity);
    } else {
        out.result.leak.emplace();
        out.difference =
            fmt::format("{} of ticks after {} changed {}", to_string(check.leak->corruption),
                        to_string(Timestamp{bars.known_at[check.leak->cut]}),
                        place_of(source, bars, check.leak->where));
    }
    return {};
}

std::expected<Checked, RunFailure> check_one(const FeatureWork& work, const FeatureUnit& unit,
                                             const FeaturesOptions& options) {
    const research::FeatureData data = TRY(read_data(work, unit));
    ProgressLine progress;
    Checked out{
        .unit = &unit,
        .result = research::check_features(
            research::maker_of(unit.plan), data, {.cuts = options.cuts, .seed = options.seed},
            [&](std::size_t done, std::size_t all) {
                progress.show(fmt::format("{}: {} of {} runs", name_of(unit), done, all));
            }),
        .difference = {}};
    out.difference = difference_of(unit, data, out.result);
    for (const BarSource& source : TRY(bar_sources(work, unit))) {
        TRY_VOID(check_ticks(work, source, options, out));
    }
    return out;
}

std::string_view parity_text(const research::FeatureCheck& check) {
    return check.parity ? "different" : "identical";
}
std::string_view leak_text(const research::FeatureCheck& check) {
    return check.leak ? "leak" : "clean";
}

Json to_json(const Checked& one) {
    return {{"instrument", name_of(*one.unit)},
            {"interval", to_string(one.unit->bars.front().series.key.spec)},
            {"rows", one.result.rows},
            {"corruptions", one.result.corruptions},
            {"parity", parity_text(one.result)},
            {"future_corruption", leak_text(one.result)},
            {"difference", one.difference.empty() ? Json(nullptr) : Json(one.difference)}};
}

/// The worst of all instruments.
research::FeatureCheck together(const std::vector<Checked>& all) {
    research::FeatureCheck out;
    for (const Checked& one : all) {
        out.rows += one.result.rows;
        out.features = one.result.features;
        out.corruptions += one.result.corruptions;
        if (one.result.parity) out.parity = one.result.parity;
        if (one.result.leak) out.leak = one.result.leak;
    }
    return out;
}

/// Empty where the expressions name sources or groups, which a store does not keep.
std::vector<std::string> units_of_stored(const ports::FeatureSeries& series) {
    std::vector<feature::FeatureText> texts;
    for (const ports::FeatureColumn& column : series.schema.columns) {
        texts.push_back({.name = column.name, .expression = column.expression});
    }
    auto graph = feature::Graph::compile(texts);
    if (!graph) return {};
    return research::units_of({.graph = std::make_shared<const feature::Graph>(std::move(*graph)),
                               .members = {{.symbol = series.key.symbol}}});
}

}  // namespace

std::expected<void, RunFailure> run_features_check(const FeaturesOptions& options) {
    const std::int64_t started = steady_ns();
    const FeatureWork work = TRY(open_work(options));
    std::vector<Checked> all;
    for (const FeatureUnit& unit : work.units) all.push_back(TRY(check_one(work, unit, options)));
    const research::FeatureCheck sum = together(all);
    if (options.json) {
        Json out{{"parity", parity_text(sum)},
                 {"future_corruption", leak_text(sum)},
                 {"features", sum.features},
                 {"rows", sum.rows},
                 {"corruptions", sum.corruptions},
                 {"schema_hash", work.schema_hash},
                 {"wall_s", static_cast<double>(steady_ns() - started) * 1e-9},
                 {"instruments", Json::array()}};
        for (const Checked& one : all) out["instruments"].push_back(to_json(one));
        fmt::print("{}\n", out.dump(2));
    } else {
        Table table;
        table.row("features", with_commas(sum.features));
        table.row("rows", with_commas(sum.rows));
        table.row("row by row against all at once", std::string{parity_text(sum)});
        table.row(fmt::format("future corrupted {} times", sum.corruptions),
                  std::string{leak_text(sum)});
        fmt::print("{}", table.text());
    }
    for (const Checked& one : all) {
        if (one.difference.empty()) continue;
        return std::unexpected(RunFailure{kExitFailed, one.difference});
    }
    return {};
}

std::expected<void, RunFailure> run_features_list(const FeaturesOptions& options) {
    const RunConfig config = TRY(or_bad_input(gather(options.bars)));
    TRY(open_catalog(config.catalog));
    const std::string path = store_path(options, config);
    const auto store = features::FeatureFolder::open(path);
    if (!store) return std::unexpected(as_run_failure(store.error()));
    for (const disk::Error& error : (*store)->verify()) {
        return std::unexpected(as_run_failure(error));
    }
    if (options.json) {
        Json list = Json::array();
        for (const ports::FeatureSeries& s : (*store)->series()) {
            Json columns = Json::array();
            const auto units = units_of_stored(s);
            for (std::size_t i = 0; i < s.schema.columns.size(); ++i) {
                const ports::FeatureColumn& column = s.schema.columns[i];
                columns.push_back({{"name", column.name},
                                   {"expression", column.expression},
                                   {"unit", units.empty() ? Json(nullptr) : Json(units[i])},
                                   {"lookback", column.lookback}});
            }
            list.push_back({{"instrument", s.key.symbol},
                            {"interval", to_string(s.key.spec)},
                            {"schema_hash", s.key.schema_hash},
                            {"set", s.schema.label},
                            {"functions_version", s.schema.functions_version},
                            {"features", s.schema.columns.size()},
                            {"rows", s.rows},
                            {"first", to_string(s.first)},
                            {"last", to_string(s.last)},
                            {"columns", std::move(columns)}});
        }
        fmt::print("{}\n", Json{{"store", path}, {"series", std::move(list)}}.dump(2));
        return {};
    }
    fmt::print("{:<20}  {:<8}  {:<16}  {:<20}  {:>8}  {:>12}  {:<20}  {:<20}\n", "instrument",
               "interval", "schema", "set", "features", "rows", "first", "last");
    for (const ports::FeatureSeries& s : (*store)->series()) {
        fmt::print("{:<20}  {:<8}  {:<16}  {:<20}  {:>8}  {:>12}  {:.19}  {:.19}\n", s.key.symbol,
                   to_string(s.key.spec), s.key.schema_hash,
                   s.schema.label.empty() ? "-" : s.schema.label, s.schema.columns.size(),
                   with_commas(s.rows), to_string(s.first), to_string(s.last));
    }
    if ((*store)->series().empty()) fmt::print("(nothing yet)\n");
    return {};
}

}  // namespace tradewind::apps
