// SPDX-License-Identifier: Apache-2.0
#include "apps/model_shelf.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/try.hpp"
#include "ml/succession.hpp"

namespace tradewind::apps {
namespace {

std::expected<std::string, RunFailure> put(models::ModelFolder& registry,
                                           const std::string& artifact) {
    auto address = registry.put(artifact);
    if (!address) return std::unexpected(as_run_failure(address.error()));
    return std::move(*address);
}

}  // namespace

std::expected<ml::EnsembleSettings, std::string> ensemble_settings(
    const ModelConfig& models, std::span<const std::string> columns) {
    ml::EnsembleSettings out;
    out.member_calibration = models.calibration;
    out.final_calibration = models.calibration;
    out.voting.method = models.voting;
    out.voting.half_life = models.half_life;
    out.sets = models.abstain ? std::optional{ml::SetKind::lac} : std::nullopt;
    out.set_miss = models.abstain.value_or(out.set_miss);
    out.missing_max = models.plan.missing_max;
    out.numbers = {.calibrates = models.calibration_word != "none",
                   .voting = out.voting,
                   .fit_share = out.fit_share,
                   .interval_miss = out.interval_miss,
                   .unsure_miss = models.abstain,
                   .sense = research::models::sense_of(models.label),
                   .overlap = std::max<std::size_t>(1, models.label.rows_ahead())};
    if (models.regime.empty()) return out;
    const auto column = std::find(columns.begin(), columns.end(), models.regime);
    if (column == columns.end()) {
        return std::unexpected(fmt::format("models.regime: there is no feature {}; there are {}",
                                           models.regime, fmt::join(columns, ", ")));
    }
    out.regime = {.column = static_cast<std::uint32_t>(column - columns.begin()),
                  .edges = models.regime_edges};
    return out;
}

std::expected<std::string, RunFailure> keep(models::ModelFolder& registry, const ModelData& data,
                                            const Trained& trained) {
    const feature::Graph& graph = *data.work.features.graph;
    ml::SuccessionCard card{.features = {},
                            .schema_hash = graph.schema_hash(),
                            .bars = data.set.meaning().bars,
                            .reigns = {}};
    for (const ports::FeatureColumn& column : research::schema_of(graph, {}).columns) {
        card.features.emplace_back(column.name, column.expression);
    }
    for (std::size_t i = 0; i < trained.folds.size(); ++i) {
        for (const auto& model : trained.folds[i].models) TRY(put(registry, model.bytes));
        if (const auto& meta = trained.ensembles[i]->meta) TRY(put(registry, meta->model.bytes));
        TRY(put(registry, trained.ensembles[i]->bytes));
        card.reigns.push_back(
            {.from = trained.folds[i].window.test.from, .ensemble = trained.ensembles[i]->address});
    }
    return put(registry, ml::to_bytes(card));
}

nlohmann::ordered_json votes_json(const ModelConfig& models,
                                  const research::models::FoldModels& fold,
                                  const research::models::FoldEnsemble& ensemble) {
    auto out = nlohmann::ordered_json::array();
    for (std::size_t m = 0; m < ensemble.members.size(); ++m) {
        const auto& model = fold.models[ensemble.members[m]];
        out.push_back({{"family", ml::to_string(models.plan.families[model.family].family)},
                       {"model", model.address},
                       {"weight", ml::member_weights(ensemble.card)[m]}});
    }
    return out;
}

nlohmann::ordered_json number(const std::optional<double>& value) {
    if (!value || !std::isfinite(*value)) return nullptr;
    return *value;
}

std::string shown(const nlohmann::ordered_json& value) {
    return value.is_number() ? fmt::format("{:.4f}", value.get<double>()) : "-";
}

}  // namespace tradewind::apps
