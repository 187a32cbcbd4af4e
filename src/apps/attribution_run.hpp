// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "ml/model.hpp"

namespace tradewind::apps {

/// What each value of a window [W, columns] adds to a class's score.
struct Attribution {
    std::string method;          ///< "tree_shap", "integrated_gradients"
    std::vector<double> values;  ///< [W, inputs]
    double base = 0;             ///< the score where nothing is known (trees: expected; nets: of
                                 ///< median features)
    double error = 0;            ///< sum of values less (score - base)
};

/// Of one window; research/models/attribution.hpp does many. `folder`: for files on the way.
[[nodiscard]] std::expected<Attribution, std::string> attribute(const ml::Model& model,
                                                                std::span<const float> window,
                                                                std::size_t score,
                                                                const std::string& folder);

}  // namespace tradewind::apps
