// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "feature/graph.hpp"

namespace tradewind::feature {

/// Features that come ready:
///
/// - `alpha158`, `alpha360`: those of Qlib (qlib/contrib/data/loader.py), under its names, in its
///   order. A value is missing until its windows are full, where Qlib works with what there is.
/// - `technical`: usual indicators of price and volume, none of which hangs on the size of either.
///
/// nullopt: there is no such set.
[[nodiscard]] std::optional<std::vector<FeatureText>> feature_set(std::string_view name);
[[nodiscard]] std::span<const std::string_view> feature_set_names();

}  // namespace tradewind::feature
