// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "research/features/feature_bars.hpp"

namespace tradewind::research {

/// What each feature of a graph is measured in: "price", "volume", "price^2", "price volume^-1",
/// "1" (a pure number, which instruments may be compared by), "mixed" (a sum of different things,
/// or a logarithm of one: it has no unit), "unknown" (made bars gave it no value).
///
/// Found by trying: the graph runs on made bars, then on the same with prices, and with sizes, four
/// times as large. What grows by 4^k in every row is of that dimension. Powers of two change no
/// digit, so that nothing but the feature itself tells them apart. Time is not scaled: minutes are
/// a number.
[[nodiscard]] std::vector<std::string> units_of(const PanelPlan& plan);

}  // namespace tradewind::research
