// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "ml/metrics.hpp"
#include "research/models/rows.hpp"

namespace tradewind::research::models {

/// Scores of rows, and what came of them.
struct RankedRows {
    const Rows& rows;
    std::span<const std::size_t> places;
    std::span<const double> scores;  ///< by place
    std::span<const double> values;  ///< by place
    std::size_t horizon_rows = 1;    ///< bars that the values look ahead
};

/// How scores and values go together.
struct Ranks {
    std::optional<double> ic;
    std::optional<double> rank_ic;
    /// Of rank ICs a period: an instant where there are five instruments at least, else a month. Of
    /// instants one in `horizon_rows` counts, so that no two look at the same bars.
    std::optional<ml::Icir> icir;
    std::vector<ml::QuantileReturn> quantile_returns;  ///< mean value by fifths of the scores
};
[[nodiscard]] Ranks ranks_of(const RankedRows& of);

}  // namespace tradewind::research::models
