// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measures/clusters.hpp"
#include "ml/metrics.hpp"
#include "research/models/attribution.hpp"
#include "research/models/drop_columns.hpp"
#include "research/models/fold_models.hpp"

/// What models look at.
namespace tradewind::research::models {

struct ImportanceSettings {
    std::size_t permutations = 3;  ///< rounds of shuffling; 0: none
    std::uint64_t seed = 1;
    double correlated = 0.7;  ///< |Spearman| from which on columns are shuffled together
    std::size_t processes = 1;
    AttributionSettings attribution{};
};

struct Rise {
    double mean = 0;       ///< of the loss: in nats of classes, else as the loss is told
    double deviation = 0;  ///< over the rounds, of a sample; 0 for one round
};

/// Of one model, on the rows that it was tested on. Columns that it does not read have 0
/// throughout. Empty: not measured (no rows, no rounds; gain of networks).
struct ModelImportance {
    std::vector<double> gain;     ///< by column: share of the splits' total gain; sums to 1
    std::vector<Rise> alone;      ///< by column, shuffled by itself
    std::vector<Rise> clustered;  ///< by cluster, its columns shuffled together
    /// By column: mean over rows of |what its values in the window add to the score that
    /// `explained_score` says|, in units of the score.
    std::vector<double> attribution;
    std::string method;  ///< of the attribution
};

/// A family's models of the first seed, by window.
struct FamilyImportance {
    std::size_t family = 0;  ///< its place in the plan
    std::vector<ModelImportance> windows;
    /// By column: rise of the loss of the last window's test rows, trained without it, or
    /// without its cluster; absent: not tried.
    std::vector<std::optional<double>> dropped{};
};

struct Importance {
    measures::Clusters clusters;  ///< of the last window's training rows, for all windows
    std::vector<FamilyImportance> families;
};

/// Which score attributions are of: the highest class, the value, the quantile nearest the middle.
[[nodiscard]] std::size_t explained_score(const ml::Target& target);

/// Shares of the splits' gain by column, all rows of the window together; empty where the model is
/// no forest, or one without splits.
[[nodiscard]] std::vector<double> gain_shares(const ml::Model& model);

/// Rows that a model is judged on. `places` have full windows, and a label of the model's target.
struct ShuffledRows {
    const Rows& rows;
    std::span<const std::size_t> places;
};
/// Rise of the loss (`loss_of`) when some columns of whole windows come from other rows than the
/// rest of them: in each round all of `columns`, in every row of the window, from the window that
/// one permutation names. Breiman, "Random Forests", Machine Learning 45 (2001), sec. 10. The same
/// seed gives the same permutations, of any model and columns. nullopt under two rows or no rounds.
[[nodiscard]] std::optional<Rise> permutation_rise(const ml::Model& model, const ShuffledRows& rows,
                                                   std::span<const std::size_t> columns,
                                                   const ImportanceSettings& settings);

/// Mean over neighbouring windows of Spearman's correlation of their importances: 1 where each
/// window ranks the columns as the one before did. nullopt where there are no two.
[[nodiscard]] std::optional<double> stability(std::span<const std::vector<double>> windows);

/// Every measure, of each window's models of the first seed. Of evenly spaced test rows: enough
/// for seconds a model, never more. The error is a line of the trainer.
[[nodiscard]] std::expected<Importance, std::string> importance_of(
    const TrainingSet& set, const ModelPlan& plan, std::span<const FoldModels> folds,
    const ImportanceSettings& settings);

/// Puts rises where they belong.
void add_drops(std::span<const DropRise> rises, Importance& importance);

/// A list of families, each with its columns, the most important cluster first.
[[nodiscard]] nlohmann::ordered_json to_json(const Importance& importance, const TrainingSet& set,
                                             const ModelPlan& plan);

}  // namespace tradewind::research::models
