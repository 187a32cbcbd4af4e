// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instrument.hpp"
#include "feature/graph.hpp"
#include "feature/tape/tape.hpp"
#include "ports/history.hpp"
#include "research/features/feature_bars.hpp"

/// What ticks and books told while each bar was open: the fields of feature::Tape.
namespace tradewind::research {

/// The fields of ticks and books that a track of a graph reads, and what tells them.
struct TapePlan {
    std::vector<feature::Field> fields{};  ///< none: there is nothing to read
    /// In the order in which rows of one instant come, that of sim::World.
    std::vector<ports::SeriesKey> series{};
    feature::TapeSettings settings{};
};

/// The touch comes from quotes where the catalog has any, else from the book; levels from the full
/// book, else from the aggregated one; trades from their own series, else from the prints of the
/// full book. The error is one line that names the field, what is missing, and the mend.
[[nodiscard]] std::expected<TapePlan, std::string> plan_tape(const ports::History& history,
                                                             std::string_view symbol,
                                                             const feature::Graph::Track& track);

/// Fills in the columns of the plan's fields. All rows of the series up to the last bar's close are
/// read once, in memory for one chunk of each beside the columns.
[[nodiscard]] std::expected<void, std::string> read_tape(const ports::History& history,
                                                         const Instrument& instrument,
                                                         const TapePlan& plan, FeatureBars& bars);

}  // namespace tradewind::research
