// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "apps/run_settings.hpp"
#include "engine/feature_tap.hpp"
#include "feature/graph.hpp"

/// The features that a strategy of a run is told.
namespace tradewind::apps {

/// A parameter of this name defines a feature: `feature.mom`.
inline constexpr std::string_view kFeaturePrefix = "feature.";

/// A strategy's parameters, parted: what its features are, and what it is made from.
struct StrategyFeatures {
    std::vector<feature::FeatureText> texts;
    signal::Params plain;
};
/// Parameters `feature.NAME`, and those that a built-in strategy calls expressions. "{fast}" inside
/// of one stands for the value of the parameter fast. The error is one line.
[[nodiscard]] std::expected<StrategyFeatures, std::string> features_of(const StrategyRun& run);

/// Whether a strategy of that name can be told features.
[[nodiscard]] bool takes_features(const std::string& strategy);

/// Whether a strategy of that name can be told predictions.
[[nodiscard]] bool takes_predictions(const std::string& strategy);

/// Reads a source's file. The error is one line that names the file.
[[nodiscard]] std::expected<SourceRun, std::string> open_source(const SourceChoice& choice);

/// nullopt: the strategy has no features. The error is one line that names the parameter and the
/// column, or what a run cannot give: ticks, instruments that are not in it.
[[nodiscard]] std::expected<std::optional<engine::FeaturePlan>, std::string> plan_features(
    const RunSettings& settings, const StrategyRun& run);

/// The bars that features read beside the strategy's own, and that the run's data do not have: the
/// engine is to make them.
void add_feature_bars(RunSettings& settings, const StrategyRun& run,
                      const engine::FeaturePlan& plan);

}  // namespace tradewind::apps
