// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ml/model.hpp"
#include "training/dataset.hpp"
#include "training/job.hpp"
#include "training/samples.hpp"

namespace tradewind::training {

/// A card without metrics.
[[nodiscard]] ml::ModelCard card_of(const TrainJob& job, const Dataset& data,
                                    const Selection& selection, const std::string& code_version);

/// What a checkpoint has to fit to be gone on from.
[[nodiscard]] std::string fingerprint_of(const TrainJob& job, const Dataset& data,
                                         const std::string& code_version);

}  // namespace tradewind::training
