// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "ml/model.hpp"
#include "research/models/plan.hpp"
#include "research/search/search.hpp"

/// Which settings of families are searched.
namespace tradewind::apps {

/// A section [models.search.FAMILY].
struct FamilySpace {
    ml::Family family{};
    research::SearchSpace space;
};

/// The section [models.search].
struct SettingsSearch {
    std::uint64_t trials = 12;
    research::SamplerKind sampler = research::SamplerKind::tpe;
    std::uint64_t seed = 1;
    std::vector<FamilySpace> families{};
};

/// Of a family's settings by name, as texts: depth "2:8", rate "0.01:0.3:log". The error is one
/// line that begins with the setting's name.
[[nodiscard]] std::expected<FamilySpace, std::string> parse_family_space(
    ml::Family family, const std::vector<std::pair<std::string, std::string>>& settings);

/// The rows that the longest of the windows in a space has; 0: it searches no window.
[[nodiscard]] std::uint32_t longest_window(const research::SearchSpace& space);

/// A point by the settings' names, as the trainer reads them: numbers, true and false as such, a
/// list as 64x32.
[[nodiscard]] nlohmann::ordered_json settings_json(const research::SearchSpace& space,
                                                   const research::Point& point);
/// A family's plan with a point's settings in place of its own.
[[nodiscard]] research::models::FamilyPlan settings_at(const research::models::FamilyPlan& plan,
                                                       const research::SearchSpace& space,
                                                       const research::Point& point);

}  // namespace tradewind::apps
