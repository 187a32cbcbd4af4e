// SPDX-License-Identifier: Apache-2.0
#include "apps/model_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using research::models::RowsMeaning;
using research::models::SeriesRows;
using research::models::TrainingSet;

/// Puts a portion of columns behind the rows that are there.
void append_rows(SeriesRows& series, const ports::FeatureRows& portion) {
    const std::size_t columns = portion.columns.size();
    const std::size_t first = series.features.size();
    series.features.resize(first + portion.rows() * columns);
    for (std::size_t k = 0; k < columns; ++k) {
        float* out = series.features.data() + first + k;
        for (std::size_t row = 0; row < portion.rows(); ++row, out += columns) {
            *out = static_cast<float>(portion.columns[k][row]);
        }
    }
}

std::expected<std::vector<SeriesRows>, RunFailure> rows_of(const FeatureWork& work,
                                                           const FeatureUnit& unit) {
    research::FeatureData data = TRY(read_data(work, unit));
    std::vector<SeriesRows> out(unit.bars.size());
    TRY_VOID(or_failed(research::compute_features(
        unit.plan, data,
        [&out](std::size_t member,
               const ports::FeatureRows& portion) -> std::expected<void, std::string> {
            append_rows(out[member], portion);
            return {};
        })));
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].symbol = unit.bars[i].instrument->symbol;
        out[i].bars = std::move(data.bars[i]);
    }
    return out;
}

std::vector<std::string> column_names(const feature::Graph& graph) {
    std::vector<std::string> out;
    for (const ports::FeatureColumn& column : research::schema_of(graph, {}).columns) {
        out.push_back(column.name);
    }
    return out;
}

std::expected<std::string, RunFailure> common_bars(const FeatureWork& work) {
    const BarSpec& first = work.units.front().bars.front().series.key.spec;
    for (const FeatureUnit& unit : work.units) {
        for (const BarChoice& choice : unit.bars) {
            if (choice.series.key.spec == first) continue;
            return std::unexpected(RunFailure{
                kExitBadInput,
                fmt::format("models learn from bars of one kind: {} has {}, others {}; say which "
                            "with data.interval",
                            choice.instrument->symbol, to_string(choice.series.key.spec),
                            to_string(first))});
        }
    }
    return to_string(first);
}

}  // namespace

std::expected<ModelData, RunFailure> open_model_data(const RunConfig& config,
                                                     const ModelConfig& models) {
    FeatureWork work =
        TRY(open_work(config, TRY(or_bad_input(features_of_run(config, models.sets)))));
    std::string bars = TRY(common_bars(work));
    std::vector<SeriesRows> series;
    for (const FeatureUnit& unit : work.units) {
        for (SeriesRows& one : TRY(rows_of(work, unit))) series.push_back(std::move(one));
    }
    const feature::Graph& graph = *work.features.graph;
    RowsMeaning meaning{.schema_hash = graph.schema_hash(),
                        .columns = column_names(graph),
                        .bars = std::move(bars),
                        .label = models.label,
                        .weights = models.weights};
    return ModelData{.work = std::move(work),
                     .set = TrainingSet{std::move(meaning), std::move(series)},
                     .span = {.from = config.from.value_or(kTimestampMin).ns,
                              .to = config.to.value_or(kTimestampMax).ns}};
}

}  // namespace tradewind::apps
