// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "feature/bar_row.hpp"
#include "feature/panel.hpp"
#include "signal/strategy.hpp"

namespace tradewind::engine {

/// Facts of a source, for one instrument or (empty) for all, in the order in which they were known.
struct SourceFacts {
    std::uint32_t source = 0;
    std::string symbol{};
    std::vector<feature::Fact> facts{};
};

/// Features that a strategy is told: a graph, the group of each of the strategy's instruments in
/// each of the graph's, and the facts of every source that it reads. Each counts from when it was
/// known.
struct FeaturePlan {
    std::shared_ptr<const feature::Graph> graph;
    std::vector<std::vector<std::uint32_t>> groups{};  ///< by instrument of the strategy
    std::vector<SourceFacts> facts{};
};

/// The features of one strategy, bar by bar: the same panel as works them out over history.
///
/// Bars of an instant come one after another. Where a row hangs on its own bar alone it is ready
/// with that; else the instant has to end first, and whoever owns the tap has to say so.
class FeatureTap {
public:
    /// `traded`: the strategy's instruments. `bars`: which bars are rows.
    FeatureTap(const FeaturePlan& plan, const InstrumentTable& instruments,
               std::vector<InstrumentId> traded, const BarSpec& bars);

    /// Whether it waits for the end of each instant.
    [[nodiscard]] bool waits() const { return !panel_.graph().is_lone(); }
    /// Takes a bar and the instant at which it closed, if it reads such; says whether it did.
    bool take(Timestamp closed, const Bar& bar);
    /// Works out what came since the call before; `each` gets a signal::FeatureRow.
    template <typename Each>
    void run(const Each& each) {
        run_panel([&](const feature::Panel::Rows& rows) {
            for (std::size_t i = 0; i < rows.rows; ++i) {
                for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = rows.columns[k][i];
                each(signal::FeatureRow{.instrument = traded_[rows.member],
                                        .known_at = {feeds_[rows.member].known_at[rows.first + i]},
                                        .values = values_});
            }
            return true;
        });
    }

private:
    /// Rows of a feed that the panel has not seen.
    struct Feed {
        InstrumentId instrument;
        BarSpec bars;
        feature::BarRowMaker maker;
        std::vector<std::int64_t> known_at{};
        std::array<std::vector<double>, feature::kBarFieldCount> columns{};
    };

    /// Facts that became known by an instant, and were not brought before.
    void bring_facts(std::int64_t now);
    void run_panel(const feature::Panel::Sink& sink);

    std::vector<InstrumentId> traded_;
    feature::Panel panel_;
    std::vector<Feed> feeds_;  ///< as the panel's
    std::vector<feature::BarRows> rows_;
    std::vector<std::vector<feature::Fact>> facts_;  ///< by the panel's feeds
    std::vector<std::size_t> facts_at_;              ///< how many of them were brought
    std::vector<std::span<const feature::Fact>> told_;
    std::vector<double> values_;
};

}  // namespace tradewind::engine
