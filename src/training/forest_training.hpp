// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/control.hpp"
#include "training/dataset.hpp"
#include "training/job.hpp"
#include "training/samples.hpp"

namespace tradewind::training {

/// Trains gradient-boosted trees: XGBoost grows them, of gradients of `Loss` and of rows and
/// columns drawn here, because what it draws itself hangs on generators that a saved booster does
/// not hold. Several bags are the mean of boosters of several seeds. Goes on from the job's
/// checkpoint as train_network does.
[[nodiscard]] Trained train_forest(const TrainJob& job, const Dataset& data,
                                   const Selection& selection, const Control& control);

}  // namespace tradewind::training
