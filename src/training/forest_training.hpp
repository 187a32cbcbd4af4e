// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/control.hpp"
#include "training/dataset.hpp"
#include "training/job.hpp"
#include "training/samples.hpp"

namespace tradewind::training {

/// Trains gradient-boosted trees by XGBoost: classes by its own objectives; a value by Huber's and
/// quantiles by the pinball loss, whose gradients are ours. Several bags are the mean of boosters
/// of several seeds. Goes on from the job's checkpoint as train_network does.
[[nodiscard]] Trained train_forest(const TrainJob& job, const Dataset& data,
                                   const Selection& selection, const Control& control);

}  // namespace tradewind::training
