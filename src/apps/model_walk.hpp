// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "apps/run_arguments.hpp"
#include "apps/trial_counting.hpp"
#include "research/sweep/walk_forward.hpp"

namespace tradewind::apps {

struct ModelWalkRequest {
    RunConfig config;  ///< with [models]; its strategy trades what they predict
    research::WalkSettings windows;
    LedgerChoice ledger;
    std::string report;  ///< HTML file; empty: none
    bool json = false;
};

/// `tradewind walkforward` of models: trains all families on each training window, fits their
/// ensemble on what they say of parts that they had not seen, and trades the test windows with it,
/// through the engine and after costs. Keeps the models, and prints the result.
[[nodiscard]] std::expected<void, RunFailure> run_model_walk(const ModelWalkRequest& request);

}  // namespace tradewind::apps
