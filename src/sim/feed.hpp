// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/bar_times.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "ports/history.hpp"
#include "sim/finer_cover.hpp"
#include "sim/moment.hpp"
#include "sim/strict_venue.hpp"

namespace tradewind::sim {

[[nodiscard]] constexpr bool is_book(ports::SeriesKind kind) {
    return kind == ports::SeriesKind::book_level || kind == ports::SeriesKind::book_order;
}

/// One series, row by row. The head is the row that comes next.
struct Feed {
    ports::SeriesKey key;
    InstrumentId instrument;
    Serves serves = Serves::nobody;  ///< bars
    bool serves_ticks = false;       ///< quotes and trades
    std::uint32_t rank = 0;          ///< its place among what happens at one instant

    // The fast path reads these and nothing else.
    const std::uint32_t* busy = nullptr;  ///< 0: nobody at the venue waits for this
    const Calm* calm = nullptr;           ///< of bars: what is nothing to those who wait
    Price* ask_mark = nullptr;            ///< and the last ask of quotes
    Price* mark = nullptr;                ///< where the last price goes
    const std::int64_t* columns[ports::kColumnsMax] = {};
    std::size_t row = 0;
    std::size_t rows = 0;
    BarTimes times{kTimestampMin, kTimestampMin};  ///< of the head, never before the row before
    std::int64_t volume_so_far = 0;  ///< bits of every volume seen, the head's included
    bool met_open = false;           ///< the head's open, by the venue
    bool met_close = false;          ///< and its inside and close
    bool opens_first = false;        ///< the head's key in the tree is its open

    bool tells_bars = false;                   ///< its rows are events, and bars
    bool at_venue = false;                     ///< what the venue alone sees: makes no events
    bool is_finer = false;                     ///< of that: it stands in for the bars of another
    std::uint32_t coarse = 0;                  ///< the leaf of that one
    std::optional<std::size_t> exchange_time;  ///< of those: the column that tells when
    Duration clock_set_back;                   ///< off what it tells

    // Where finer data stand in for some of its rows, or some of its rows for those of another.
    std::vector<RowRun> runs;  ///< none: all rows are played alike
    std::size_t run = 0;       ///< the one that the head is of
    std::uint64_t before = 0;  ///< rows of the chunks before
    std::size_t in_chunk = 0;  ///< rows of this chunk; `rows` may stop at the end of a run

    Timestamp previous_close = kTimestampMin;  ///< of the row before
    BarClock clock;
    std::unique_ptr<ports::ChunkReader> reader;

    Feed(ports::SeriesKey series, const Instrument& of)
        : key(std::move(series)), instrument(of.id), clock(of.calendar, key.spec) {}

    [[nodiscard]] std::int64_t cell(std::size_t column) const { return columns[column][row]; }
    [[nodiscard]] bool exhausted() const { return row == rows; }

    /// Nobody has to meet the head.
    [[nodiscard]] bool is_idle() const { return *busy == 0 || (calm != nullptr && is_calm()); }
    [[nodiscard]] bool is_calm() const {
        using C = ports::BarColumns;
        const bool trades = cell(C::volume) != 0 || volume_so_far == 0;
        return trades && calm->holds({cell(C::open)}, {cell(C::low)}, {cell(C::high)});
    }

    /// Reads the head's instant. `row < rows`.
    void look() {
        const Timestamp label{cell(ports::kTs)};
        if (key.kind == ports::SeriesKind::bar) {
            previous_close = times.close;
            const BarTimes told = clock.at(label);
            times.open = told.open < previous_close ? previous_close : told.open;
            times.close = told.close < times.open ? times.open : told.close;
            volume_so_far |= cell(ports::BarColumns::volume);
            met_open = met_close = false;
        } else if (at_venue) {
            times.open = times.close = seen_at_venue(label);
        } else {
            times.open = times.close = label;
            met_close = false;
        }
    }
    /// Never before the row before, nor, where a row does not tell, after it.
    [[nodiscard]] Timestamp seen_at_venue(Timestamp received) const {
        const bool is_told = exchange_time && columns[*exchange_time] != nullptr;
        const std::int64_t told = is_told ? cell(*exchange_time) : 0;
        const bool is_first = times.close == kTimestampMin;
        if (told != 0) return std::max(times.close, Timestamp{told} - clock_set_back);
        return exchange_time && !is_first ? times.close : std::max(times.close, received);
    }
    /// Goes on to rows that are not read yet, or to those of the next run, and looks at the first.
    /// False: there are none.
    [[nodiscard]] std::expected<bool, std::string> load();
    /// Finer data stand in for the head.
    [[nodiscard]] bool is_resolved() const { return !runs.empty() && runs[run].resolved; }

    [[nodiscard]] Moment close_moment() const {
        return {.ts = times.close.ns, .place = kMarketPlace + rank};
    }
    /// A bar without length opens and closes at one place.
    [[nodiscard]] Moment open_moment() const {
        if (times.open == times.close) return close_moment();
        return {.ts = times.open.ns, .place = kOpenPlace + rank};
    }

private:
    [[nodiscard]] std::expected<bool, std::string> load_chunk();
};

}  // namespace tradewind::sim
