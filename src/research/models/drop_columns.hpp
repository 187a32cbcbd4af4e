// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "measures/clusters.hpp"
#include "research/models/fold_models.hpp"

namespace tradewind::research::models {

/// Trainings of a plan's families without some of the columns, to see whether the others make up
/// for them. Of the families that are cheap to train: logistic and xgboost.
struct DropPlan {
    struct Dropped {
        std::size_t family = 0;  ///< its place in the plan that it is of
        std::vector<std::size_t> columns;
    };
    ModelPlan plan;                ///< to be trained: a family a drop, the first seed alone
    std::vector<Dropped> dropped;  ///< by family of `plan`
};

/// Each column by itself; where there are more than 30, each cluster. What would leave a family
/// without columns is left out, and so is what a monotone setting says of a dropped column.
[[nodiscard]] DropPlan drop_plan(const ModelPlan& plan, std::span<const std::string> columns,
                                 const measures::Clusters& clusters);

/// What became of the loss (`loss_of`) of test rows.
struct DropRise {
    std::size_t family = 0;
    std::vector<std::size_t> columns;
    double rise = 0;  ///< above 0: the model is worse without them
};
/// `full` has a window's models as they are, `without` those of the plan of drops. Empty where
/// there are no test rows.
[[nodiscard]] std::vector<DropRise> drop_rises(const TrainingSet& set, const DropPlan& plan,
                                               const FoldModels& full, const FoldModels& without);

}  // namespace tradewind::research::models
