// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "research/features/feature_bars.hpp"

/// Whether features are what they claim to be: the same row by row as all at once, and blind to
/// what comes after.
namespace tradewind::research {

/// Something that makes features of bars, new for each run.
class FeatureRun {
public:
    FeatureRun() = default;
    FeatureRun(const FeatureRun&) = delete;
    FeatureRun& operator=(const FeatureRun&) = delete;
    virtual ~FeatureRun() = default;
    /// As Panel::run.
    virtual void run(const feature::Panel::Input& in, const feature::Panel::Sink& sink) = 0;
};

struct FeatureMaker {
    std::size_t features = 0;
    std::size_t members = 1;  ///< whose own bars are the first of the data
    /// `block`: rows worked on at a time.
    std::function<std::unique_ptr<FeatureRun>(std::size_t block)> make;
};
[[nodiscard]] FeatureMaker maker_of(const PanelPlan& plan);

struct CheckSettings {
    std::size_t cuts = 12;   ///< instants after which the future is corrupted
    std::uint64_t seed = 1;  ///< of the instants and of what is put there
};

/// Where two runs part.
struct FeatureDifference {
    std::size_t member = 0;
    std::size_t feature = 0;
    std::size_t row = 0;
    double here = 0;
    double there = 0;
};

/// How the future was corrupted when something before it changed.
enum class Corruption : std::uint8_t { values_changed, rows_added, rows_dropped };
[[nodiscard]] std::string_view to_string(Corruption corruption);

struct FeatureLeak {
    Corruption corruption = Corruption::values_changed;
    std::int64_t cut = 0;  ///< the instant: what was known until then must stand
    FeatureDifference where;
};

struct FeatureCheck {
    std::size_t rows = 0;  ///< of all members
    std::size_t features = 0;
    std::size_t corruptions = 0;
    std::optional<FeatureDifference> parity{};  ///< nullopt: row by row is all at once, to the bit
    std::optional<FeatureLeak> leak{};          ///< nullopt: the future changes nothing
    [[nodiscard]] bool is_clean() const { return !parity && !leak; }
};

/// Members have one row at least together. What is corrupted is all that the panel reads: bars of
/// members and others, facts. `progress` is told how many of how many runs are done.
[[nodiscard]] FeatureCheck check_features(
    const FeatureMaker& maker, const FeatureData& data, const CheckSettings& settings,
    const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace tradewind::research
