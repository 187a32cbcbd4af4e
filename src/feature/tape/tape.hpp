// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "domain/event.hpp"
#include "feature/graph.hpp"
#include "feature/tape/depth_fold.hpp"
#include "feature/tape/tape_row.hpp"
#include "feature/tape/touch_fold.hpp"
#include "feature/tape/trade_fold.hpp"
#include "market/level_book.hpp"
#include "market/order_book.hpp"

namespace tradewind::feature {

/// What a field is told by.
struct TapeNeeds {
    bool touch = false;  ///< quotes, or a book
    bool trades = false;
    bool book = false;
    bool sides = false;  ///< of trades: with the touch where there is one

    friend bool operator==(const TapeNeeds&, const TapeNeeds&) = default;
};
[[nodiscard]] TapeNeeds needs_of(Field field);

struct TapeSettings {
    bool touch_of_book = false;   ///< there are no quotes: the touch is that of the book
    bool trades_of_book = false;  ///< nor trades: they are the prints of a full book
    std::optional<Price> tick{};  ///< Stoikov's price is wanted: the smallest step of prices
    bool depth = true;            ///< levels of the book are wanted
    bool realised = true;         ///< so is the realised spread, which keeps trades for a while
};

/// Ticks and books of one instrument, folded to a row of fields a bar. Events come in the order in
/// which they were known (ports: receive time), and between them the instants at which a bar's span
/// opens and closes: `open(o)`, the events with o <= ts < c, `close(c)`. An event at the close is
/// the next bar's, as in market::BarAggregator; where bars are counted, the trade that fills one is
/// its last: fed before `close`. Nothing that comes after `close` changes its row.
///
/// A field has no value (NaN):
/// - before its series begins, and where the series has been silent for five minutes before the
///   close, or the whole bar where that is longer: a recorder that stopped is no quiet market;
/// - of the touch and of levels as they stand at the close: while the book is crossed, locked,
///   awaits its snapshot or has an empty side, or the quote is crossed;
/// - order flow: of a bar in which the book was lost or put up anew, for it began from nothing, or
///   in which a quote did not tell its sizes. States while crossed are passed over;
/// - means of what there was none of.
/// Counts and volumes of a bar without a trade are 0, between two of which no such silence lies.
///
/// Sums are of whole numbers, exact, and made doubles once. Each event costs O(1), amortised,
/// beside the book's own cost. One thread.
class Tape {
public:
    explicit Tape(const TapeSettings& settings)
        : settings_(settings),
          touch_({.of_book = settings.touch_of_book, .tick = settings.tick}),
          trades_(settings.realised) {}

    /// Passed over where the touch is that of the book.
    void on(Timestamp ts, const Quote& quote);
    /// One of nothing is passed over.
    void on(Timestamp ts, const Trade& trade);
    void on(Timestamp ts, const BookLevel& row);
    void on(Timestamp ts, const BookOrder& row);

    /// A bar's span begins: what was counted before belongs to none.
    void open(Timestamp ts);
    [[nodiscard]] TapeRow close(Timestamp ts);

private:
    template <typename Book, typename Row>
    void on_book(Timestamp ts, std::optional<Book>& book, const Row& row);
    template <typename Book>
    void take(Timestamp ts, const Book& book);
    void lose(Timestamp ts);
    void realise(Timestamp ts);

    TapeSettings settings_;
    TouchFold touch_;
    TradeFold trades_;
    DepthFold depth_;
    std::optional<market::LevelBook> levels_;
    std::optional<market::OrderBook> orders_;
    Timestamp open_ = kTimestampMin;
};

}  // namespace tradewind::feature
