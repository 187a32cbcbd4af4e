// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "apps/data_common.hpp"
#include "sim/planted.hpp"

/// What a catalog knows of the planted markets in it: `planted.json` beside its manifest.
namespace tradewind::apps {

/// Empty where there is none.
[[nodiscard]] std::expected<sim::PlantedTruths, Failure> read_planted(const std::string& catalog);
/// In one step; takes the file away where there is nothing to say.
[[nodiscard]] std::expected<void, Failure> write_planted(const std::string& catalog,
                                                         const sim::PlantedTruths& truths);

}  // namespace tradewind::apps
