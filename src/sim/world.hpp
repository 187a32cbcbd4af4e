// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "domain/instrument.hpp"
#include "domain/time.hpp"
#include "ports/event_source.hpp"
#include "ports/history.hpp"
#include "ports/venue.hpp"
#include "sim/finer_cover.hpp"
#include "sim/settings.hpp"

namespace tradewind::sim {

/// What happened in a world that a reader of its results should know.
struct WorldCounts {
    std::uint64_t market_events = 0;
    std::uint64_t orders = 0;  ///< that reached the venue
    std::uint64_t fills = 0;
    std::uint64_t ambiguous_fills = 0;   ///< the bar does not say which of two orders came first
    std::uint64_t settled_fills = 0;     ///< that only finer data made unambiguous
    std::uint64_t capped_fills = 0;      ///< cut by participation or displayed size
    std::uint64_t denied_for_funds = 0;  ///< orders refused or ended for want of cash or margin
    std::uint64_t beyond_limits =
        0;  ///< refused, or not filled when it would have been, by a price band
    std::uint64_t halted_bars = 0;  ///< bars without a trade while an order was working
    std::uint64_t margin_calls = 0;
    std::uint64_t liquidations = 0;   ///< positions that the venue closed
    std::uint64_t open_at_end = 0;    ///< orders that the end of the data cancelled
    std::uint64_t book_gaps = 0;      ///< messages of a book whose predecessor is missing
    std::uint64_t book_faults = 0;    ///< negative sizes, messages cut short, unknown orders
    std::uint64_t crossed_books = 0;  ///< messages after which a book was crossed or locked
    std::uint64_t blind_books = 0;    ///< streams of books without their snapshot: never met
    Duration clock_set_back{};        ///< the most that an exchange's clock was set back

    friend bool operator==(const WorldCounts&, const WorldCounts&) = default;
};

/// History and a simulated venue as one source of events, in the order in which they could be
/// known. The same history, settings and commands give the same events, byte for byte.
///
/// Finer data (`WorldSettings::finer`) are met by the venue and make no events. What they fill is
/// reported when they tell it, inside the bar, and an answer to it meets what comes later in it.
///
/// Of several events at one instant the venue's reports come first, then halts, bars that close,
/// corporate actions, funding, quotes and trades, each in the order of instruments and series, then
/// timers, expiries, commands that arrive, and the opens of bars that begin. The
/// deposits come first of all, at the instant at which the first bar opens or the first tick is
/// made; EndOfData last, after the orders still open were cancelled.
///
/// One thread. The table and the history must outlive it.
class World final : public ports::EventSource, public ports::Venue {
public:
    /// The error is one line that names the series or the setting.
    [[nodiscard]] static std::expected<std::unique_ptr<World>, std::string> create(
        const InstrumentTable& table, const ports::History& history, WorldSettings settings);
    ~World() override;

    Next next(Event& out) override;
    /// Bars of the only series that come next one after another, with nothing between them and
    /// nobody at the venue waiting: none where there are several series or something is under way.
    struct QuietBars {
        std::uint64_t row = 0;   ///< of the first of them, counted from the run's first
        std::uint64_t bars = 0;  ///< at least so many
    };
    [[nodiscard]] QuietBars quiet_bars() const;
    /// As if `next` had been called for so many of them. They may not overlap: each opens no
    /// earlier than the one before closes.
    void pass_over(std::uint64_t bars);
    [[nodiscard]] std::string error() const override;
    void send(const Command& command, Timestamp now) override;

    [[nodiscard]] WorldCounts counts() const;
    /// What `WorldSettings::finer` came to over the run's span, a series each.
    [[nodiscard]] std::span<const FinerUse> finer() const;
    [[nodiscard]] const WorldSettings& settings() const;

private:
    class Body;
    explicit World(std::unique_ptr<Body> body);
    std::unique_ptr<Body> body_;
};

}  // namespace tradewind::sim
