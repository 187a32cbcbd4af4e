// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instrument.hpp"
#include "ports/history.hpp"
#include "sim/feed.hpp"

namespace tradewind::research {

/// Which ticks of an instrument a history has. Of two that tell the same the one is taken that a
/// backtest takes.
class TickSeries {
public:
    TickSeries(const ports::History& history, std::string_view symbol)
        : history_(history), symbol_(symbol) {}

    [[nodiscard]] ports::SeriesKey key(ports::SeriesKind kind) const {
        return {.symbol = symbol_, .kind = kind, .spec = {}};
    }
    [[nodiscard]] const ports::Series* find(ports::SeriesKind kind) const {
        return history_.find(key(kind));
    }
    /// The full book, else the aggregated one.
    [[nodiscard]] std::optional<ports::SeriesKind> book() const;
    /// Quotes, else a book.
    [[nodiscard]] std::optional<ports::SeriesKind> touch() const;
    /// Trades, else the full book, which tells its prints.
    [[nodiscard]] std::optional<ports::SeriesKind> trades() const;

private:
    const ports::History& history_;
    std::string symbol_;
};

/// The ticks that bars which the history does not have can be made of: trades, or quotes for the
/// prices of quotes, which make bars of time alone. nullptr: there are none.
[[nodiscard]] const ports::Series* ticks_for_bars(const ports::History& history,
                                                  const ports::SeriesKey& bars);

/// The trade that a row tells: of trades each, of a full book the prints.
[[nodiscard]] std::optional<Trade> trade_in(const sim::Feed& row);

/// The rows of several series of ticks of one instrument, merged: those of one instant in the order
/// of the keys. Holds a chunk of each.
class TickReader {
public:
    [[nodiscard]] static std::expected<TickReader, std::string> open(
        const ports::History& history, const Instrument& instrument,
        std::span<const ports::SeriesKey> keys, Timestamp to);

    /// The series whose row comes next; nullptr at the end. sim/book_rows.hpp reads the row.
    [[nodiscard]] const sim::Feed* head() const { return head_; }
    [[nodiscard]] std::expected<void, std::string> step();

private:
    void choose();

    std::vector<sim::Feed> feeds_;
    sim::Feed* head_ = nullptr;
};

}  // namespace tradewind::research
