// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/copy_by_words.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "market/level_book.hpp"
#include "market/order_book.hpp"

namespace tradewind::market {

struct MarketSettings {
    /// A quote this much older than the latest price no longer stands for what can be traded at.
    Duration quote_fresh_for = minutes(1);
};

/// The book of market events: what is last known of each instrument. A fold; one thread owns it.
///
/// The mark of an instrument is what its latest event says (events come in order of time, and among
/// equals the later in the log wins): the middle of a quote, rounded half to even; the price of a
/// trade; the close of a `last` or `mid` bar. A bid bar and an ask bar are the two sides of a
/// quote: their mark is the middle of the latest closes, or the one side where the other was never
/// seen. A split restates every price that is kept, and drops the books: they come again with their
/// next snapshot.
///
/// An instrument's books appear with the first row of theirs. Where an instrument has no quotes of
/// its own, the touch of its book stands for one from the end of each message on, if the book is
/// ready.
class Market {
public:
    /// Sized for the table's instruments; an event of another one is a broken invariant.
    explicit Market(const InstrumentTable& instruments, MarketSettings settings = {});

    void apply(const Event& event);
    void apply(Timestamp ts, const Bar& bar) {
        Row& row = at(bar.instrument);
        base::copy_by_words(row.bars[static_cast<std::size_t>(bar.spec.source)], bar);
        row.updated = ts;
        if (bar.spec.source == PriceSource::last || bar.spec.source == PriceSource::mid)
            [[likely]] {
            set_mark(row, bar.close);
        } else {
            apply_side(row, ts, bar);
        }
    }
    void apply(Timestamp ts, const Quote& quote) {
        Row& row = at(quote.instrument);
        row.quote = quote;
        row.quote_ts = ts;
        row.updated = ts;
        row.sides = kBothSides;
        row.has_quote = true;
        row.has_own_quotes = true;
        set_mark(row, middle(quote.bid, quote.ask));
    }
    void apply(Timestamp ts, const Trade& trade) {
        Row& row = at(trade.instrument);
        row.trade = trade;
        row.updated = ts;
        row.has_trade = true;
        set_mark(row, trade.price);
    }
    /// Both tell whether the row ends a message after which its book is ready.
    bool apply(Timestamp ts, const BookLevel& row);
    bool apply(Timestamp ts, const BookOrder& row);
    void apply(Timestamp ts, const TradingStatus& status);
    void apply(Timestamp ts, const CorporateAction& action);

    /// What a unit is worth now; nullopt before the first price.
    [[nodiscard]] std::optional<Price> mark(InstrumentId id) const {
        const Row& row = at(id);
        return row.has_mark ? std::optional<Price>{row.mark} : std::nullopt;
    }
    /// What a buy pays or a sell gets: the ask or the bid while the quote is fresh, else the mark.
    [[nodiscard]] std::optional<Price> price_for(InstrumentId id, Side side) const;
    /// Time of the last price; kTimestampMin before the first.
    [[nodiscard]] Timestamp updated(InstrumentId id) const { return at(id).updated; }
    /// No price yet, or none since `limit` before `now`.
    [[nodiscard]] bool is_stale(InstrumentId id, Timestamp now, Duration limit) const {
        const Row& row = at(id);
        return !row.has_mark || now - row.updated > limit;
    }
    /// `open` until the venue says otherwise.
    [[nodiscard]] MarketState state(InstrumentId id) const { return at(id).state; }

    /// nullptr before the first. What is pointed at changes with the next event.
    [[nodiscard]] const Quote* quote(InstrumentId id) const;
    [[nodiscard]] const Trade* trade(InstrumentId id) const;
    [[nodiscard]] const Bar* bar(InstrumentId id, PriceSource source = PriceSource::last) const;

    /// The aggregated and the full book; nullptr before their first row. Ask them whether they are
    /// ready.
    [[nodiscard]] const LevelBook* levels(InstrumentId id) const {
        ASSERT(id.value < books_.size());
        return books_[id.value].levels.get();
    }
    [[nodiscard]] const OrderBook* orders(InstrumentId id) const {
        ASSERT(id.value < books_.size());
        return books_[id.value].orders.get();
    }

    [[nodiscard]] std::size_t size() const { return rows_.size(); }

    /// (a + b) / 2 rounded half to even at 1e-9.
    [[nodiscard]] static constexpr Price middle(Price a, Price b) {
        const base::Int128 sum = base::Int128{a.raw} + base::Int128{b.raw};
        const base::Int128 low = sum >> 1;
        return {static_cast<std::int64_t>(low + ((sum & 1) != 0 && (low & 1) != 0 ? 1 : 0))};
    }

private:
    static constexpr std::uint8_t kBidSide = 1, kAskSide = 2, kBothSides = 3;
    static constexpr std::size_t kSources = 4;

    struct Row {
        Timestamp updated = kTimestampMin;
        Price mark;
        Timestamp quote_ts = kTimestampMin;
        MarketState state = MarketState::open;
        std::uint8_t sides = 0;  ///< which sides of `quote` hold a price
        bool has_mark = false;
        bool has_quote = false;
        bool has_own_quotes = false;  ///< `quote` is no touch of a book
        bool has_trade = false;
        Quote quote;
        Trade trade;
        std::array<Bar, kSources> bars{};  ///< step 0: none yet
    };

    Row& at(InstrumentId id) {
        ASSERT(id.value < known_);
        return rows_[id.value];
    }
    [[nodiscard]] const Row& at(InstrumentId id) const {
        ASSERT(id.value < known_);
        return rows_[id.value];
    }
    static void set_mark(Row& row, Price mark) {
        row.mark = mark;
        row.has_mark = true;
    }
    static void apply_side(Row& row, Timestamp ts, const Bar& bar);
    template <typename Book>
    void apply_touch(Timestamp ts, InstrumentId id, const Book& book);

    /// Apart from the rows: instruments without books pay two pointers.
    struct Books {
        std::unique_ptr<LevelBook> levels;
        std::unique_ptr<OrderBook> orders;
    };

    std::vector<Row> rows_;
    std::size_t known_;         ///< rows; the vector's size takes a division
    std::vector<Books> books_;  ///< by instrument
    MarketSettings settings_;
};

}  // namespace tradewind::market
