// SPDX-License-Identifier: Apache-2.0
#include "research/models/drop_columns.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/assert.hpp"
#include "research/models/judge_numbers.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kColumnsByThemselvesMost = 30;

std::vector<std::vector<std::size_t>> groups_of(const measures::Clusters& clusters) {
    if (clusters.of.size() > kColumnsByThemselvesMost) return clusters.members;
    std::vector<std::vector<std::size_t>> out;
    for (std::size_t c = 0; c < clusters.of.size(); ++c) out.push_back({c});
    return out;
}

/// The trainer refuses a direction of a column that is none of the inputs.
std::string settings_without(const std::string& settings, std::span<const std::string> columns,
                             const std::vector<std::size_t>& dropped) {
    Json out = Json::parse(settings);
    if (!out.contains("monotone")) return settings;
    for (const std::size_t c : dropped) out["monotone"].erase(columns[c]);
    return out.dump();
}

std::vector<std::uint32_t> inputs_without(std::size_t columns,
                                          const std::vector<std::size_t>& dropped) {
    std::vector<std::uint32_t> out;
    for (std::size_t c = 0; c < columns; ++c) {
        if (!std::binary_search(dropped.begin(), dropped.end(), c)) {
            out.push_back(static_cast<std::uint32_t>(c));
        }
    }
    return out;
}

std::optional<double> test_loss(const ml::Model& model, const Rows& rows,
                                const labels::Places& places) {
    return loss_of(model.card.target, scores_of(model, rows, places), rows, places);
}

/// The first model of a family.
const ml::Model* model_of(const FoldModels& fold, std::size_t family) {
    for (const TrainedModel& one : fold.models) {
        if (one.family == family) return &one.model;
    }
    return nullptr;
}

}  // namespace

DropPlan drop_plan(const ModelPlan& plan, std::span<const std::string> columns,
                   const measures::Clusters& clusters) {
    ASSERT(clusters.of.size() == columns.size());
    DropPlan out{.plan = plan, .dropped = {}};
    out.plan.families.clear();
    out.plan.window_least = plan.longest_window();
    out.plan.inner_folds = 0;
    out.plan.seeds.resize(1);
    for (std::size_t f = 0; f < plan.families.size(); ++f) {
        const FamilyPlan& family = plan.families[f];
        if (family.family != ml::Family::logistic && family.family != ml::Family::xgboost) continue;
        for (const auto& group : groups_of(clusters)) {
            FamilyPlan without = family;
            without.inputs = inputs_without(columns.size(), group);
            if (without.inputs.empty()) continue;
            without.settings = settings_without(family.settings, columns, group);
            out.plan.families.push_back(std::move(without));
            out.dropped.push_back({.family = f, .columns = group});
        }
    }
    return out;
}

std::vector<DropRise> drop_rises(const TrainingSet& set, const DropPlan& plan,
                                 const FoldModels& full, const FoldModels& without) {
    const labels::Places& places = full.test;
    std::vector<DropRise> out;
    std::optional<std::size_t> measured;
    std::optional<double> before;
    for (std::size_t i = 0; i < plan.dropped.size(); ++i) {
        const std::size_t family = plan.dropped[i].family;
        if (measured != family) {
            before = test_loss(*model_of(full, family), set.all(), places);
            measured = family;
        }
        const auto after = test_loss(*model_of(without, i), set.all(), places);
        if (!before || !after) continue;
        out.push_back(
            {.family = family, .columns = plan.dropped[i].columns, .rise = *after - *before});
    }
    return out;
}

}  // namespace tradewind::research::models
