// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "research/labels/label.hpp"

namespace tradewind::research::labels {

/// How many closes, the row's own the first: from least, which is 3 or more, to most.
struct TrendSpans {
    std::size_t least = 5;
    std::size_t most = 20;
};

/// The sign of the strongest trend that begins at the row (Lopez de Prado, Machine Learning for
/// Asset Managers, 5.4 and snippets 5.1, 5.2): a line through the next L closes by least squares,
/// for each L of the spans, and of those the one whose slope has the greatest t-value by amount,
/// the shortest of several. The label is the sign of the slope, its weight the amount of the
/// t-value. All spans are looked at, so the label's last row is that of the longest; a row without
/// that many closes has none. A span whose closes lie on a line (what is left is rounding) has no
/// t-value and is passed over, as there.
[[nodiscard]] Labels trend_scanning(const Bars& bars, const TrendSpans& spans);

}  // namespace tradewind::research::labels
