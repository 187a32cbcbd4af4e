// SPDX-License-Identifier: Apache-2.0
#include "feature/tape/tape.hpp"

namespace tradewind::feature {
namespace {

bool is_lost(const market::LevelBook& book) { return book.awaits_snapshot(); }
bool is_lost(const market::OrderBook& book) { return book.has_missed(); }

/// Of rows that put the book up anew.
bool begins_anew(const BookLevel& row) { return row.flags.snapshot; }
bool begins_anew(const BookOrder& row) {
    return row.flags.snapshot || row.action == BookAction::clear;
}

void note(DepthFold& depth, const BookLevel& row) { depth.note(row.side, row.price); }
/// The order may have stood elsewhere.
void note(DepthFold& depth, const BookOrder& /*row*/) { depth.note_any(); }

market::RowResult result_of(market::RowResult result) { return result; }
market::RowResult result_of(const market::RowOutcome& outcome) { return outcome.result; }

}  // namespace

TapeNeeds needs_of(Field field) {
    if (!is_of_tape(field)) return {};
    if (field >= Field::bid_depth_5) return {.book = true};
    if (field < Field::trades) return {.touch = true};
    switch (field) {
        case Field::effective_spread:
        case Field::realised_spread: return {.touch = true, .trades = true};
        case Field::buy_trades:
        case Field::sell_trades:
        case Field::buy_volume:
        case Field::sell_volume: return {.trades = true, .sides = true};
        default: return {.trades = true};
    }
}

void Tape::on(Timestamp ts, const Quote& quote) {
    if (settings_.touch_of_book) return;
    realise(ts);
    if (quote.bid > quote.ask) {
        touch_.hide(ts);
    } else {
        touch_.set(ts, quote);
    }
}

void Tape::on(Timestamp ts, const Trade& trade) {
    if (trade.size.raw > 0) trades_.add(ts, trade, touch_.at(ts));
}

void Tape::on(Timestamp ts, const BookLevel& row) { on_book(ts, levels_, row); }
void Tape::on(Timestamp ts, const BookOrder& row) {
    if (settings_.trades_of_book && row.action == BookAction::trade) {
        on(ts, market::print_of(row));
    }
    on_book(ts, orders_, row);
}

template <typename Book, typename Row>
void Tape::on_book(Timestamp ts, std::optional<Book>& book, const Row& row) {
    if (!book) book.emplace();
    note(depth_, row);
    const market::RowResult result = result_of(book->apply(row));
    const bool is_anew = begins_anew(row) && result != market::RowResult::stale;
    if (is_anew || is_lost(*book)) lose(ts);
    if (row.flags.last && !is_lost(*book)) take(ts, *book);
}

template <typename Book>
void Tape::take(Timestamp ts, const Book& book) {
    const auto bid = book.best(Side::buy), ask = book.best(Side::sell);
    const bool is_usable = book.is_ready() && bid && ask;
    if (settings_.depth) {
        if (is_usable) {
            depth_.read(ts, book);
        } else {
            depth_.hide(ts);
        }
    }
    if (!settings_.touch_of_book) return;
    realise(ts);
    if (!is_usable) return touch_.hide(ts);
    touch_.set(ts, {.instrument = {},
                    .bid = bid->price,
                    .ask = ask->price,
                    .bid_size = bid->size,
                    .ask_size = ask->size});
}

void Tape::lose(Timestamp ts) {
    depth_.lose(ts);
    if (!settings_.touch_of_book) return;
    realise(ts);
    touch_.lose(ts);
}

/// Before the touch changes.
void Tape::realise(Timestamp ts) {
    trades_.realise(ts, [this](Timestamp due) { return touch_.at(due); });
}

void Tape::open(Timestamp ts) {
    realise(ts);
    open_ = ts;
    touch_.open(ts);
    trades_.open();
    depth_.open();
}

TapeRow Tape::close(Timestamp ts) {
    realise(ts);
    TapeRow out;
    touch_.close(open_, ts, out);
    trades_.close(open_, ts, out);
    depth_.close(open_, ts, out);
    return out;
}

}  // namespace tradewind::feature
