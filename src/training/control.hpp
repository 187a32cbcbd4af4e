// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "ml/model.hpp"

namespace tradewind::training {

/// How far a training is; of trees, a round is what an epoch is of networks.
struct Progress {
    std::size_t epoch = 0;
    std::size_t epochs = 0;
    double train_loss = 0.0;
    std::optional<double> validation_loss;
    bool best = false;  ///< so far, on validation
    double seconds = 0.0;
    double seconds_left = 0.0;  ///< if it goes on to the last epoch
};

/// What a training tells whoever started it, and asks him.
struct Control {
    std::function<void(std::size_t resumed_epoch)> started = [](std::size_t) {};
    std::function<void(const Progress&)> progress = [](const Progress&) {};
    /// Asked after each batch or round; true makes it write its checkpoint and return.
    std::function<bool()> stop = [] { return false; };
    std::string code_version;
};

/// nullopt: it was stopped. The error is a line.
using Trained = std::expected<std::optional<ml::Model>, std::string>;

}  // namespace tradewind::training
