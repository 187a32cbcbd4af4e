// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "adapters/features/feature_folder.hpp"
#include "apps/data_common.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

/// The vectors of one schema on one kind of bar.
struct Latest {
    const ports::FeatureSeries* series = nullptr;  ///< one of those that have them
    std::vector<ports::FeatureVector> vectors;
};

std::expected<std::vector<Latest>, RunFailure> latest_of(const ports::FeatureStore& store,
                                                         Timestamp at) {
    std::vector<Latest> out;
    std::set<std::pair<std::string, BarSpec>> seen;
    for (const ports::FeatureSeries& series : store.series()) {
        if (!seen.emplace(series.key.schema_hash, series.key.spec).second) continue;
        auto vectors = ports::latest_of_each(store, series.key.schema_hash, series.key.spec, at);
        if (!vectors) return std::unexpected(RunFailure{kExitBadInput, vectors.error().text});
        if (!vectors->empty()) out.push_back({.series = &series, .vectors = std::move(*vectors)});
    }
    return out;
}

Json to_json(const Latest& latest) {
    Json names = Json::array(), rows = Json::array();
    for (const ports::FeatureColumn& column : latest.series->schema.columns) {
        names.push_back(column.name);
    }
    for (const ports::FeatureVector& vector : latest.vectors) {
        Json values = Json::array();
        for (const double value : vector.values) {
            values.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
        }
        rows.push_back({{"instrument", vector.symbol},
                        {"known_at", to_string(vector.known_at)},
                        {"values", std::move(values)}});
    }
    return {{"schema_hash", latest.series->key.schema_hash},
            {"set", latest.series->schema.label},
            {"interval", to_string(latest.series->key.spec)},
            {"features", std::move(names)},
            {"vectors", std::move(rows)}};
}

void print(const Latest& latest) {
    constexpr std::size_t kFeaturesMax = 6;
    const auto& columns = latest.series->schema.columns;
    const std::size_t shown = std::min(kFeaturesMax, columns.size());
    fmt::print("{} {} {}\n{:<20}  {:<20}", latest.series->key.schema_hash,
               to_string(latest.series->key.spec), latest.series->schema.label, "instrument",
               "known at");
    for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>14}", columns[i].name);
    fmt::print("\n");
    for (const ports::FeatureVector& vector : latest.vectors) {
        fmt::print("{:<20}  {:.20}", vector.symbol, to_string(vector.known_at));
        for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>14.8g}", vector.values[i]);
        fmt::print("\n");
    }
    if (shown < columns.size()) {
        fmt::print("and {} features more: --json\n", columns.size() - shown);
    }
}

}  // namespace

std::expected<void, RunFailure> run_features_latest(const FeaturesOptions& options) {
    const RunConfig config = TRY(or_bad_input(gather(options.bars)));
    TRY(open_catalog(config.catalog));
    Timestamp at = kTimestampMax;
    if (!options.at.empty()) {
        const auto given = parse_timestamp(options.at);
        if (!given) {
            return std::unexpected(RunFailure{
                kExitBadInput,
                fmt::format("--at {}: is no instant; write 2014-05-02 or 2014-05-02T12:30:00Z",
                            options.at)});
        }
        at = *given;
    }
    const auto store = features::FeatureFolder::open(store_path(options, config));
    if (!store) return std::unexpected(as_run_failure(store.error()));
    const std::vector<Latest> all = TRY(latest_of(**store, at));
    if (options.json) {
        Json list = Json::array();
        for (const Latest& latest : all) list.push_back(to_json(latest));
        fmt::print("{}\n", Json{{"schemas", std::move(list)}}.dump(2));
        return {};
    }
    for (const Latest& latest : all) print(latest);
    if (all.empty()) fmt::print("(nothing was known then)\n");
    return {};
}

}  // namespace tradewind::apps
