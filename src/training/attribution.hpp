// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "ml/model.hpp"
#include "training/job.hpp"

namespace tradewind::training {

/// Integrated gradients (Sundararajan, Taly and Yan 2017): what each value of a window adds to a
/// score beside a baseline window. The path is straight in the scaled values that the network
/// reads, its integral taken at the middles of `steps` pieces.
struct Attributions {
    std::vector<double> values;        ///< [N, W, F], F the model's inputs
    std::vector<double> completeness;  ///< [N]: their sum - (score - score of the baseline)
};

struct AttributionInput {
    std::span<const float> windows;   ///< [N, W, columns] raw
    std::span<const float> baseline;  ///< [W, columns]
    std::size_t score = 0;            ///< which: a class's logit, a quantile, the value
    std::size_t steps = 64;
};

/// The error: the model is no network, or has no such score.
[[nodiscard]] std::expected<Attributions, std::string> attribute(const ml::Model& model,
                                                                 const AttributionInput& input);

/// An attribute job from file to file; the address of the attributions.
[[nodiscard]] std::expected<std::string, std::string> run_attribution(const AttributeJob& job);

}  // namespace tradewind::training
