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
#include "feature/panel.hpp"
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
    [[nodiscard]] feature::BarRows view(std::size_t from, std::size_t end) const;
    /// Keeps the first rows only.
    void cut(std::size_t rows);
};

/// All bars of a series that were known before `to`. A series that the history does not have is
/// made of its ticks (ticks_for_bars).
[[nodiscard]] std::expected<FeatureBars, std::string> read_feature_bars(
    const ports::History& history, const Instrument& instrument, const ports::SeriesKey& key,
    Timestamp to = kTimestampMax);

/// A graph and the instruments that it works on.
struct PanelPlan {
    std::shared_ptr<const feature::Graph> graph;
    std::vector<feature::Panel::Member> members;

    [[nodiscard]] feature::Panel make(std::size_t block = feature::Panel::kBlock) const {
        return {graph, members, block};
    }
};

/// All that a panel reads, in the order of its feeds: the members' own bars are the first.
struct FeatureData {
    std::vector<FeatureBars> bars;
    std::vector<std::vector<feature::Fact>> facts;
};

/// A panel over all of its data from the first on, in portions: `each` gets the rows of one member,
/// which come in their order. A value never hangs on where a portion ends.
using EachPortion =
    std::function<std::expected<void, std::string>(std::size_t member, const ports::FeatureRows&)>;
[[nodiscard]] std::expected<void, std::string> compute_features(const PanelPlan& plan,
                                                                const FeatureData& data,
                                                                const EachPortion& each);

/// What a store keeps of a graph beside its values.
[[nodiscard]] ports::FeatureSchema schema_of(const feature::Graph& graph, std::string label);

}  // namespace tradewind::research
