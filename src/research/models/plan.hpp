// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/time.hpp"
#include "ml/model.hpp"

namespace tradewind::research::models {

/// A family of models to train.
struct FamilyPlan {
    ml::Family family{};
    std::uint32_t window = 1;             ///< rows that it reads
    std::string settings = "{}";          ///< JSON, the trainer's, in order of names
    std::vector<std::uint32_t> inputs{};  ///< columns that it reads, ascending; empty: all
};

/// What is trained on each training window, and how it is judged inside of it.
struct ModelPlan {
    std::vector<FamilyPlan> families;
    ml::Target target;
    std::vector<std::uint64_t> seeds{1};
    std::uint32_t window_least = 1;  ///< rows behind a row, whatever families read
    /// Purged parts of the training window, each predicted by models that have not seen it: what
    /// calibration and votes are fitted on. Of the first seed.
    std::size_t inner_folds = 3;
    /// The newest part of what a model is trained on, held out to say when to stop.
    double validation_share = 0.15;
    Duration embargo{};             ///< behind each held-out part
    bool balanced_classes = false;  ///< classes weigh alike, however often each comes
    double missing_max = 0.1;       ///< share of a row's features that may be missing

    [[nodiscard]] std::uint32_t longest_window() const;
};

}  // namespace tradewind::research::models
