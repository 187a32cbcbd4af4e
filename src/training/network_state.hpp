// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "training/adam.hpp"

namespace tradewind::training {

/// All that the training of a network remembers from one batch to the next. Orders and dropout
/// follow from seed, epoch and batch, so no generator's state is among it.
struct NetworkState {
    std::size_t epoch = 0;  ///< whole epochs done
    std::size_t batch = 0;  ///< batches done of the epoch after these
    double loss = 0.0;      ///< of that epoch so far, and the weights of its rows
    double weight = 0.0;
    std::vector<float> weights;
    Adam::State adam;
    std::size_t best_epoch = 0;  ///< 0: none yet
    double best_loss = std::numeric_limits<double>::infinity();
    std::vector<float> best;  ///< the weights then
    std::vector<double> train_losses;
    std::vector<double> validation_losses;
};

[[nodiscard]] std::string to_checkpoint(const NetworkState& state, const std::string& fingerprint);
/// nullopt where there is no file, or it belongs to another training. The error: it is damaged.
[[nodiscard]] std::expected<std::optional<NetworkState>, std::string> read_checkpoint(
    const std::string& path, const std::string& fingerprint, std::size_t weights);

}  // namespace tradewind::training
