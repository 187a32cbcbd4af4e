// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "adapters/catalog/catalog.hpp"
#include "apps/feature_choice.hpp"
#include "apps/run_arguments.hpp"
#include "apps/run_settings.hpp"
#include "disk/error.hpp"
#include "research/features/feature_bars.hpp"
#include "research/features/tape_columns.hpp"

/// What the verbs under `tradewind features` take and share.
namespace tradewind::apps {

struct FeaturesOptions {
    RunArguments bars;
    FeatureArguments features;
    std::string store;  ///< --out: a folder in place of the catalog's own
    std::string exported;
    std::string page;
    std::string at;  ///< an instant; empty: the last there is
    std::vector<std::string> labels;
    std::vector<std::string> weights;
    bool rebuild = false;
    unsigned jobs = 0;
    std::size_t cuts = 12;
    std::uint64_t seed = 1;
    bool json = false;
};

/// Instruments that are worked on together: all of them where features compare instruments, else
/// each by itself.
struct FeatureUnit {
    std::vector<BarChoice> bars;  ///< by symbol
    research::PanelPlan plan;
};

/// The catalog, the features and the bars that a command speaks of.
struct FeatureWork {
    RunConfig config;
    std::unique_ptr<catalog::Catalog> catalog;
    Features features;
    std::vector<FeatureUnit> units;
    std::vector<std::vector<NamedFact>> facts;  ///< by source of the graph, where it is read
    std::string schema_hash;  ///< of the graph, and of all else that its values hang on
    std::vector<std::string> notes;

    [[nodiscard]] std::size_t instruments() const;
};
[[nodiscard]] std::expected<FeatureWork, RunFailure> open_work(const FeaturesOptions& options);
[[nodiscard]] std::expected<FeatureWork, RunFailure> open_work(RunConfig config, Features features);

/// Bars that a unit's panel reads, and the track of its graph that reads them.
struct BarSource {
    const Instrument* instrument = nullptr;  ///< the catalog's
    ports::SeriesKey key;
    std::uint32_t track = 0;
};
/// In the order of the panel's feeds, the members' own bars first.
[[nodiscard]] std::expected<std::vector<BarSource>, RunFailure> bar_sources(
    const FeatureWork& work, const FeatureUnit& unit);
/// What of ticks and books the track reads.
[[nodiscard]] std::expected<research::TapePlan, RunFailure> tape_plan(const FeatureWork& work,
                                                                      const BarSource& source);

/// All that a unit's panel reads. An instrument that is alone in its unit has bars in the span.
[[nodiscard]] std::expected<research::FeatureData, RunFailure> read_data(const FeatureWork& work,
                                                                         const FeatureUnit& unit);
[[nodiscard]] RunFailure as_run_failure(const disk::Error& error);
[[nodiscard]] std::string store_path(const FeaturesOptions& options, const RunConfig& config);

[[nodiscard]] std::expected<void, RunFailure> run_features_build(const FeaturesOptions& options);
[[nodiscard]] std::expected<void, RunFailure> run_features_list(const FeaturesOptions& options);
[[nodiscard]] std::expected<void, RunFailure> run_features_latest(const FeaturesOptions& options);
[[nodiscard]] std::expected<void, RunFailure> run_features_show(const FeaturesOptions& options);
[[nodiscard]] std::expected<void, RunFailure> run_features_check(const FeaturesOptions& options);
[[nodiscard]] std::expected<void, RunFailure> run_features_plot(const FeaturesOptions& options);
[[nodiscard]] std::expected<void, RunFailure> run_features_labels(const FeaturesOptions& options);

}  // namespace tradewind::apps
