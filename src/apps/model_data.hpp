// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "apps/features_options.hpp"
#include "apps/model_config.hpp"
#include "research/models/rows.hpp"

namespace tradewind::apps {

/// A catalog's data as models learn from it.
struct ModelData {
    FeatureWork work;
    research::models::TrainingSet set;
    research::models::Between span;  ///< of the configuration: data.from, data.to
    std::size_t labels_dropped = 0;  ///< of classes that hardly ever come
};

/// Works out features and labels of all instruments of the configuration. Features look at bars
/// before data.from too, labels do not.
[[nodiscard]] std::expected<ModelData, RunFailure> open_model_data(const RunConfig& config,
                                                                   const ModelConfig& models);

}  // namespace tradewind::apps
