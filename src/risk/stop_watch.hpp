// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "market/bar_gauges.hpp"
#include "risk/stop.hpp"

namespace tradewind::risk {

/// Where the stops of one strategy lie, and which of its positions are due to be closed. It sends
/// nothing: the engine keeps an order resting at the level.
///
/// - The level of a position is the tightest that any stop has had since the position was opened:
///   it never moves away from the market. Closing all of it, or turning it, starts anew.
/// - The best price counts what came after the entry alone. Of the bar in which a position was
///   opened that is the close, unless it was opened with the bar.
/// - Ranges are Wilder's: the mean of the first N true ranges, then (N - 1) parts of what was and
///   one of the new. Ranges and deviations are of the bars that there are, where those are fewer;
///   where there are none, the stop has no level yet.
/// - Levels lie on the tick, rounded towards the market.
class StopWatch {
public:
    /// `instruments` outlives it.
    StopWatch(std::vector<Stop> stops, const InstrumentTable& instruments);

    /// What is held, signed as all positions; cost a unit, in price terms.
    struct Held {
        InstrumentId instrument{};
        Leg leg = Leg::long_leg;  ///< by the sign of `qty` where positions are netted
        Qty qty{};
        double average = 0;
        Timestamp since{};  ///< taken where it opens or turns the position
    };
    void on_position(const Held& held);
    /// A bar of the strategy's: ranges, deviations and bars are counted. Of several series of an
    /// instrument the one that came first counts.
    void on_bar(const Bar& bar);
    /// What the market did since `from`; a tick has no length.
    struct Move {
        InstrumentId instrument{};
        Price high{};
        Price low{};
        Price close{};
        Timestamp from{};
    };
    void on_move(const Move& move);
    void on_split(InstrumentId instrument, std::int64_t new_shares, std::int64_t old_shares);

    struct Level {
        Price price{};
        std::size_t stop = 0;  ///< whose it is, by its place
    };
    [[nodiscard]] std::optional<Level> level(InstrumentId instrument, Leg leg) const {
        return watch(instrument, leg).level;
    }
    /// The stop by time whose time has come.
    [[nodiscard]] std::optional<std::size_t> due(InstrumentId instrument, Leg leg,
                                                 Timestamp now) const;
    /// The stop that such a loss of all positions together sets off.
    [[nodiscard]] std::optional<std::size_t> due_at_loss(double share_of_equity) const;
    [[nodiscard]] bool watches_losses() const { return watches_losses_; }

    [[nodiscard]] std::span<const Stop> stops() const { return stops_; }

private:
    /// What a stop counts of an instrument's bars.
    using Gauge = std::variant<std::monostate, market::MeanTrueRange, market::ReturnDeviation>;
    /// A position.
    struct Watch {
        Qty qty{};
        double average = 0;
        double best = 0;
        Timestamp since{};
        std::uint32_t bars = 0;
        std::vector<double> ranges_at_entry{};  ///< by stop; 0: none known yet
        std::optional<Level> level{};
    };
    struct Row {
        std::optional<BarSpec> spec{};
        std::vector<Gauge> gauges{};  ///< by stop
        std::array<Watch, 2> watches{};
    };

    [[nodiscard]] const Watch& watch(InstrumentId instrument, Leg leg) const {
        return rows_[instrument.value].watches[static_cast<std::size_t>(leg)];
    }
    void tighten(InstrumentId instrument, Watch& watch);
    [[nodiscard]] std::optional<double> level_of(std::size_t stop, const Row& row,
                                                 const Watch& watch) const;

    std::vector<Stop> stops_;
    const InstrumentTable& instruments_;
    std::vector<Row> rows_;
    bool watches_losses_ = false;
};

}  // namespace tradewind::risk
