// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/feature_sources.hpp"
#include "feature/graph.hpp"

namespace CLI {
class App;
}

namespace tradewind::apps {

struct RunConfig;

/// One feature, and where its user wrote it: "mine.toml:3:7"; empty: in a set that we ship.
struct ChosenFeature {
    feature::FeatureText text;
    std::string where;
};

/// The section [features] of a TOML file, name = "expression", in the file's order.
[[nodiscard]] std::expected<std::vector<ChosenFeature>, std::string> load_features(
    const std::string& path);
/// The section [labels], which is written alike.
[[nodiscard]] std::expected<std::vector<ChosenFeature>, std::string> load_labels(
    const std::string& path);
/// The sections [sources.NAME] and [groups] beside it, where there are some.
[[nodiscard]] std::expected<SurroundingsChoice, std::string> load_surroundings(
    const std::string& path);

/// What --set, --expr, --name, --config, --indicator and --param say.
struct FeatureArguments {
    std::vector<std::string> sets;
    std::vector<std::string> expressions;
    std::vector<std::string> names;
    std::string config;
    std::string indicator;
    std::vector<std::string> params;
    std::vector<std::string> sources;
    std::vector<std::string> groups;
};
void add_feature_arguments(CLI::App& verb, FeatureArguments& arguments);
/// --indicator and --param beside them.
void add_indicator_arguments(CLI::App& verb, FeatureArguments& arguments);

/// Features to work out, compiled.
struct Features {
    std::string label;  ///< "alpha158", "mine.toml"; empty: expressions of the command line
    std::shared_ptr<const feature::Graph> graph;
    SurroundingsChoice around;
};
/// The error is one line that names the option or the file, the feature and the column.
[[nodiscard]] std::expected<Features, std::string> choose_features(
    const FeatureArguments& arguments);
/// Ready sets, and behind them the section [features] of a run's configuration, with its sources
/// and groups.
[[nodiscard]] std::expected<Features, std::string> features_of_run(
    const RunConfig& config, const std::vector<std::string>& sets);

}  // namespace tradewind::apps
