// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "ml/model.hpp"

namespace tradewind::research::models {

/// A model and windows whose score is to be taken apart.
struct AttributionRequest {
    const ml::Model* model = nullptr;
    std::vector<float> windows;  ///< [n, W, columns]
    std::size_t score = 0;       ///< whose
};

/// What each value of each window adds to the score.
struct Attribution {
    std::string method;          ///< "tree_shap", "integrated_gradients"
    std::vector<double> values;  ///< [n, W, inputs]
    double base = 0;             ///< the score where nothing is known (trees: expected; nets: of
                                 ///< median features)
    std::vector<double> errors;  ///< [n] sum of values less (score - base)
};

struct AttributionSettings {
    std::string program;  ///< path of tradewind-trainer
    std::string folder;   ///< for files on the way, which are removed
    std::size_t processes = 1;
};

/// Trees by TreeSHAP, here; networks by integrated gradients, in trainers: one job a model. Answers
/// stand in the order of the requests. The error is one line.
[[nodiscard]] std::expected<std::vector<Attribution>, std::string> attribute(
    std::span<const AttributionRequest> requests, const AttributionSettings& settings);

}  // namespace tradewind::research::models
