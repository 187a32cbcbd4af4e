// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "apps/model_space.hpp"
#include "apps/run_config.hpp"
#include "ml/calibration.hpp"
#include "ml/model.hpp"
#include "ml/voting.hpp"
#include "research/labels/definition.hpp"
#include "research/labels/purge.hpp"
#include "research/models/meta.hpp"
#include "research/models/plan.hpp"

namespace tradewind::apps {

/// The section [models.meta]: a second model that says when to believe the ensemble.
struct MetaConfig {
    research::models::MetaSettings settings{};
    std::vector<std::string> features{};  ///< that it reads, beside those of the side; empty: all
    double act = 0.5;                     ///< above it one would act: what it is judged by
};

/// The section [models] of a run's configuration.
struct ModelConfig {
    std::vector<std::string> sets;  ///< ready sets of features, beside [features]
    research::labels::LabelDefinition label;
    /// What models say of the label; of classes without levels. Absent: as the label's values are.
    std::optional<ml::Target> target{};
    std::vector<research::labels::WeightDefinition> weights{};
    research::models::ModelPlan plan{};
    ml::VotingMethod voting = ml::VotingMethod::stacking;
    std::string regime{};                 ///< votes by regime: the feature that tells it
    std::vector<double> regime_edges{0};  ///< ascending: which values of it part regimes
    double half_life = 0;  ///< votes that go on learning: outcomes after which one counts half
    ml::CalibrationMethod calibration = ml::CalibrationMethod::temperature;  ///< of classes
    std::string calibration_word{};  ///< as it was said, "linear" too; empty: it was not
    /// Abstains where no class stands out at this share of wrong class sets, or where the interval
    /// of a return with so many misses holds 0; absent: never.
    std::optional<double> abstain{};
    double test_share = 0.3;    ///< `train`: the newest part of the data, which is only tested on
    std::string name{};         ///< of the ensemble in the registry; empty: the file's
    std::string registry{};     ///< folder; empty: the default one
    std::size_t processes = 0;  ///< trainers at once; 0: one a core
    std::size_t permutations = 3;  ///< rounds behind permutation importance; 0: none
    bool drop_columns = false;     ///< trains again without each column, in the last window
    /// [models.cpcv]: groups as folds; the embargo is the plan's.
    std::optional<research::labels::Combinations> cpcv{};
    /// [models.search]; windows that are searched count for the plan's `window_least`, so that all
    /// candidates have the same rows.
    std::optional<SettingsSearch> search{};
    std::optional<MetaConfig> meta{};
};

/// The error is one line that names the setting, where it stands, and the mend.
[[nodiscard]] std::expected<ModelConfig, std::string> model_config_of(const RunConfig& config);

/// The section [walkforward]: what --train, --test, --embargo and --anchored say, unless those do.
struct WalkConfig {
    std::string train;
    std::string test;
    std::string embargo;
    bool anchored = false;
};
[[nodiscard]] std::expected<WalkConfig, std::string> walk_config_of(const RunConfig& config);

/// Whether the configuration trains models.
[[nodiscard]] bool has_models(const RunConfig& config);

}  // namespace tradewind::apps
