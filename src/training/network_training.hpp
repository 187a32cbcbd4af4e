// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/control.hpp"
#include "training/dataset.hpp"
#include "training/job.hpp"
#include "training/samples.hpp"

namespace tradewind::training {

/// Trains a network: Adam over batches in an order drawn anew each epoch, stopped early on
/// validation, the best epoch's weights kept. Goes on from the job's checkpoint where there is one;
/// the model is then the same to the byte as that of a training that nobody interrupted.
[[nodiscard]] Trained train_network(const TrainJob& job, const Dataset& data,
                                    const Selection& selection, const Control& control);

}  // namespace tradewind::training
