// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/instrument.hpp"
#include "feature/graph.hpp"
#include "ports/feature_store.hpp"
#include "ports/history.hpp"

namespace tradewind::research {

/// Bars as features read them, each with the instant from which on it was known: its close. A field
/// that nobody reads may have no column.
struct FeatureBars {
    std::vector<std::int64_t> known_at;
    std::vector<std::int64_t> opened_at;  ///< when the span that a bar stands for begins
    /// Of bars that count trades, made of them: how many came up to the last of each. Else empty.
    std::vector<std::uint64_t> trades_end;
    std::array<std::vector<double>, feature::kFieldCount> columns;

    [[nodiscard]] std::size_t rows() const { return known_at.size(); }
    /// Rows [from, end).
    [[nodiscard]] feature::FieldColumns view(std::size_t from, std::size_t end) const;
    /// Keeps the first rows only.
    void cut(std::size_t rows);
};

/// All bars of a series that were known before `to`. A series that the history does not have is
/// made of its ticks (ticks_for_bars).
[[nodiscard]] std::expected<FeatureBars, std::string> read_feature_bars(
    const ports::History& history, const Instrument& instrument, const ports::SeriesKey& key,
    Timestamp to = kTimestampMax);

/// A graph over all bars from the first on, in portions: `each` gets the rows of one, in order. A
/// value never hangs on where a portion ends.
[[nodiscard]] std::expected<void, std::string> compute_features(
    const std::shared_ptr<const feature::Graph>& graph, const FeatureBars& bars,
    const std::function<std::expected<void, std::string>(const ports::FeatureRows&)>& each);

/// What a store keeps of a graph beside its values.
[[nodiscard]] ports::FeatureSchema schema_of(const feature::Graph& graph, std::string label);

}  // namespace tradewind::research
