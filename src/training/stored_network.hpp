// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ml/model.hpp"
#include "training/network.hpp"
#include "training/samples.hpp"

namespace tradewind::training {

/// A network as a model keeps it, at work in libtorch.
struct StoredNetwork {
    NetworkPlan plan;
    Scaling scaling;
    double score_centre = 0.0;  ///< of a value and quantiles
    double score_scale = 1.0;
    std::unique_ptr<Network> network;

    /// `window` [W, columns] raw, `out` [W, F].
    void scale(std::span<const float> window, const ml::ModelCard& card,
               std::span<float> out) const;
};

/// The error: its family is no network, or an array is missing or of another shape.
[[nodiscard]] std::expected<StoredNetwork, std::string> open_network(const ml::Model& model);

}  // namespace tradewind::training
