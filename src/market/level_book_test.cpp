// SPDX-License-Identifier: Apache-2.0
#include "market/level_book.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <span>

#include "support/book_files.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"

namespace tradewind::market {
namespace {

using test::price;
using test::qty;

struct Ids {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t previous = 0;
};

struct Row {
    Side side = Side::buy;
    std::string_view price;
    std::string_view size;
};

BookLevel level_row(const Row& row, const Ids& ids, BookFlags flags) {
    return {.instrument = {},
            .side = row.side,
            .flags = flags,
            .price = price(row.price),
            .size = qty(row.size),
            .first_update_id = ids.first,
            .last_update_id = ids.last,
            .previous_update_id = ids.previous};
}

/// The result of the message's last row.
RowResult send(LevelBook& book, bool is_snapshot, const Ids& ids, std::span<const Row> rows) {
    RowResult out = RowResult::applied;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const BookFlags flags{.snapshot = is_snapshot, .last = i + 1 == rows.size()};
        out = book.apply(level_row(rows[i], ids, flags)).result;
    }
    return out;
}
RowResult snapshot(LevelBook& book, std::uint64_t id, std::initializer_list<Row> rows) {
    return send(book, true, {.first = id, .last = id}, std::span(rows.begin(), rows.size()));
}
RowResult delta(LevelBook& book, const Ids& ids, std::initializer_list<Row> rows) {
    return send(book, false, ids, std::span(rows.begin(), rows.size()));
}

/// Bids 99 x 2, 98 x 3, 97 x 5; asks 101 x 1, 102 x 4, 104 x 6; id 100.
LevelBook small_book() {
    LevelBook book;
    snapshot(book, 100,
             {{Side::buy, "99", "2"},
              {Side::sell, "101", "1"},
              {Side::buy, "97", "5"},
              {Side::sell, "104", "6"},
              {Side::buy, "98", "3"},
              {Side::sell, "102", "4"}});
    return book;
}

std::vector<Level> shown(const LevelBook& book, Side side) {
    std::vector<Level> out;
    for (std::size_t i = 0; i < book.depth(side); ++i) out.push_back(book.level(side, i));
    return out;
}

std::vector<Level> levels(std::initializer_list<std::pair<std::string_view, std::string_view>> l) {
    std::vector<Level> out;
    for (const auto& [p, q] : l) out.push_back({.price = price(p), .size = qty(q)});
    return out;
}

// --- what is shown ------------------------------------------------------------------------------

TEST(LevelBook, lists_levels_from_the_touch) {
    const LevelBook book = small_book();
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(shown(book, Side::buy), levels({{"99", "2"}, {"98", "3"}, {"97", "5"}}));
    EXPECT_EQ(shown(book, Side::sell), levels({{"101", "1"}, {"102", "4"}, {"104", "6"}}));
    EXPECT_EQ(book.best(Side::buy), (Level{price("99"), qty("2")}));
    EXPECT_EQ(book.best(Side::sell), (Level{price("101"), qty("1")}));
}

TEST(LevelBook, sets_moves_and_removes_levels_and_tells_what_was_there) {
    LevelBook book = small_book();
    const Ids ids{.first = 101, .last = 103};
    const BookFlags mid{}, last{.snapshot = false, .last = true};
    EXPECT_EQ(book.apply(level_row({Side::buy, "99", "0"}, ids, mid)),
              (RowOutcome{RowResult::applied, qty("2")}));
    EXPECT_FALSE(book.is_ready()) << "in the middle of a message";
    EXPECT_EQ(book.apply(level_row({Side::buy, "98.5", "1"}, ids, mid)),
              (RowOutcome{RowResult::applied, qty("0")}));
    EXPECT_EQ(book.apply(level_row({Side::sell, "104", "7"}, ids, mid)),
              (RowOutcome{RowResult::applied, qty("6")}));
    EXPECT_EQ(book.apply(level_row({Side::sell, "200", "0"}, ids, last)),
              (RowOutcome{RowResult::applied, qty("0")}));
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(shown(book, Side::buy), levels({{"98.5", "1"}, {"98", "3"}, {"97", "5"}}));
    EXPECT_EQ(shown(book, Side::sell), levels({{"101", "1"}, {"102", "4"}, {"104", "7"}}));
}

TEST(LevelBook, answers_about_sizes) {
    const LevelBook book = small_book();
    EXPECT_EQ(book.size_at(Side::buy, price("98")), qty("3"));
    EXPECT_EQ(book.size_at(Side::buy, price("98.5")), qty("0"));
    EXPECT_EQ(book.size_through(Side::buy, price("98")), qty("5"));
    EXPECT_EQ(book.size_through(Side::buy, price("98.5")), qty("2"));
    EXPECT_EQ(book.size_through(Side::sell, price("103")), qty("5"));
    EXPECT_EQ(book.size_through(Side::sell, price("100")), qty("0"));
    EXPECT_EQ(book.size_through(Side::sell, price("1000")), qty("11"));
}

TEST(LevelBook, walks_the_other_side_for_a_quantity) {
    const LevelBook book = small_book();
    const Walk buy = book.walk(Side::buy, qty("3"));
    EXPECT_EQ(buy.qty, qty("3"));
    EXPECT_EQ(buy.worst, price("102"));
    EXPECT_EQ(buy.average(), price("101.666666667"));  // (101 + 2 x 102) / 3
    const Walk sell = book.walk(Side::sell, qty("4"), price("98.5"));
    EXPECT_EQ(sell.qty, qty("2"));
    EXPECT_EQ(sell.average(), price("99"));
    EXPECT_EQ(book.walk(Side::buy, qty("100")).qty, qty("11"));
    EXPECT_EQ(book.walk(Side::buy, qty("1"), price("100")).average(), std::nullopt);
}

TEST(LevelBook, derives_middle_spread_microprice_and_imbalance) {
    const LevelBook book = small_book();
    EXPECT_EQ(book.middle(), price("100"));
    EXPECT_EQ(book.spread(), PriceDelta{2'000'000'000});
    EXPECT_EQ(book.microprice(), price("100.333333333"));  // (99 x 1 + 101 x 2) / 3
    EXPECT_EQ(book.imbalance(), Rate{333'333'333});        // (2 - 1) / 3
    EXPECT_EQ(book.imbalance(2), Rate{0});                 // (5 - 5) / 10
    EXPECT_EQ(book.imbalance(10), Rate{-47'619'048});      // (10 - 11) / 21
    EXPECT_EQ(LevelBook().middle(), std::nullopt);
    EXPECT_EQ(LevelBook().microprice(), std::nullopt);
    EXPECT_EQ(LevelBook().imbalance(), std::nullopt);
}

TEST(LevelBook, survives_the_greatest_numbers) {
    LevelBook book;
    const BookLevel most{.instrument = {},
                         .side = Side::buy,
                         .flags = {.snapshot = true, .last = false},
                         .price = {INT64_MIN},
                         .size = {INT64_MAX}};
    BookLevel row = most;
    book.apply(row);
    row.price = {INT64_MIN + 1};
    book.apply(row);
    row.side = Side::sell;
    row.price = {INT64_MAX};
    row.flags.last = true;
    book.apply(row);
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(book.size_through(Side::buy, {INT64_MIN}), Qty{INT64_MAX});
    EXPECT_EQ(book.middle(), Price{0});
    EXPECT_EQ(book.microprice(), Price{0});
    EXPECT_EQ(book.walk(Side::sell, {INT64_MAX}).worst, Price{INT64_MIN + 1});
}

// --- sequence -----------------------------------------------------------------------------------

TEST(LevelBook, holds_rows_until_the_snapshot_and_applies_those_it_does_not_cover) {
    LevelBook book;
    EXPECT_EQ(delta(book, {90, 95}, {{Side::buy, "90", "9"}}), RowResult::held);
    EXPECT_EQ(delta(book, {96, 103}, {{Side::buy, "99", "7"}, {Side::sell, "101", "8"}}),
              RowResult::held);
    EXPECT_EQ(delta(book, {104, 110}, {{Side::buy, "98", "1"}}), RowResult::held);
    EXPECT_TRUE(book.awaits_snapshot());
    EXPECT_EQ(snapshot(book, 100, {{Side::buy, "99", "2"}, {Side::sell, "101", "3"}}),
              RowResult::applied);
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(shown(book, Side::buy), levels({{"99", "7"}, {"98", "1"}}));
    EXPECT_EQ(shown(book, Side::sell), levels({{"101", "8"}}));
    EXPECT_EQ(book.last_update_id(), 110U);
    EXPECT_EQ(book.counts().stale_rows, 1U);
}

TEST(LevelBook, never_makes_a_book_of_deltas_alone) {
    LevelBook book;
    for (std::uint64_t i = 1; i < 100; ++i) {
        EXPECT_EQ(delta(book, {i, i}, {{Side::buy, "99", "7"}, {Side::sell, "101", "8"}}),
                  RowResult::held);
    }
    EXPECT_TRUE(book.awaits_snapshot());
    EXPECT_EQ(book.depth(Side::buy), 0U);
}

struct Following {
    const char* what;
    std::uint64_t snapshot;
    Ids first;
    Ids second;
    RowResult first_result;
    RowResult second_result;
};

TEST(LevelBook, follows_the_venues_numbers) {
    using enum RowResult;
    const Following cases[] = {
        {"spot: straddles the snapshot, then one by one",
         100,
         {95, 105},
         {106, 109},
         applied,
         applied},
        {"spot: begins right behind the snapshot", 100, {101, 105}, {106, 106}, applied, applied},
        {"spot: the snapshot's successor is missing", 100, {102, 105}, {106, 106}, faulty, held},
        {"spot: a message is missing", 100, {101, 105}, {107, 109}, applied, faulty},
        {"spot: overlaps once the stream runs", 100, {101, 105}, {104, 109}, applied, faulty},
        {"spot: the same again", 100, {101, 105}, {101, 105}, applied, stale},
        {"futures: straddles the snapshot", 100, {95, 105, 90}, {110, 115, 105}, applied, applied},
        {"futures: ends with the snapshot", 100, {95, 100, 90}, {110, 115, 100}, stale, applied},
        {"futures: a message is missing", 100, {95, 105, 90}, {110, 115, 107}, applied, faulty},
        {"futures: all too late", 100, {110, 115, 105}, {120, 125, 115}, faulty, held},
        {"no numbers at all", 0, {}, {}, applied, applied},
    };
    for (const Following& c : cases) {
        LevelBook book;
        snapshot(book, c.snapshot, {{Side::buy, "99", "2"}, {Side::sell, "101", "3"}});
        EXPECT_EQ(delta(book, c.first, {{Side::buy, "98", "1"}}), c.first_result) << c.what;
        EXPECT_EQ(delta(book, c.second, {{Side::buy, "97", "1"}}), c.second_result) << c.what;
    }
}

TEST(LevelBook, names_the_numbers_of_a_gap_and_lives_again_with_the_next_snapshot) {
    LevelBook book = small_book();
    EXPECT_EQ(delta(book, {103, 104}, {{Side::buy, "99", "1"}, {Side::buy, "98", "1"}}),
              RowResult::held);
    EXPECT_EQ(book.defect(), (Defect{DefectKind::update_gap, 100, 102}));
    EXPECT_EQ(describe(*book.defect()), "update_gap: limit 100, actual 102");
    EXPECT_EQ(book.counts().gaps, 1U);
    EXPECT_FALSE(book.is_ready());
    EXPECT_EQ(delta(book, {105, 106}, {{Side::sell, "101", "9"}}), RowResult::held);
    EXPECT_EQ(snapshot(book, 102, {{Side::buy, "99", "5"}, {Side::sell, "101", "5"}}),
              RowResult::applied);
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(shown(book, Side::buy), levels({{"99", "1"}, {"98", "1"}}));
    EXPECT_EQ(shown(book, Side::sell), levels({{"101", "9"}}));
}

TEST(LevelBook, replaces_everything_by_a_snapshot_unless_it_is_older) {
    LevelBook book = small_book();
    EXPECT_EQ(snapshot(book, 99, {{Side::buy, "50", "1"}}), RowResult::stale);
    EXPECT_EQ(book.depth(Side::buy), 3U);
    EXPECT_EQ(delta(book, {101, 101}, {{Side::buy, "99", "4"}}), RowResult::applied);
    EXPECT_EQ(snapshot(book, 150, {{Side::buy, "50", "1"}, {Side::sell, "60", "1"}}),
              RowResult::applied);
    EXPECT_EQ(shown(book, Side::buy), levels({{"50", "1"}}));
    EXPECT_EQ(shown(book, Side::sell), levels({{"60", "1"}}));
    EXPECT_EQ(snapshot(book, 1, {{Side::buy, "40", "1"}}), RowResult::applied)
        << "the venue counts anew";
    EXPECT_EQ(shown(book, Side::sell), levels({}));
    EXPECT_EQ(delta(book, {2, 2}, {{Side::sell, "41", "1"}}), RowResult::applied);
}

// --- faults -------------------------------------------------------------------------------------

TEST(LevelBook, tells_crossed_and_locked_and_mends_with_the_message_that_uncrosses) {
    LevelBook book = small_book();
    EXPECT_EQ(delta(book, {101, 101}, {{Side::buy, "101", "1"}}), RowResult::faulty);
    EXPECT_EQ(book.defect(), (Defect{DefectKind::locked_book, price("101").raw, price("101").raw}));
    EXPECT_FALSE(book.is_ready());
    EXPECT_EQ(delta(book, {102, 102}, {{Side::buy, "101.5", "1"}}), RowResult::faulty);
    EXPECT_EQ(describe(*book.defect()), "crossed_book: limit 101, actual 101.5");
    EXPECT_EQ(delta(book, {103, 103}, {{Side::sell, "101", "0"}}), RowResult::applied);
    EXPECT_TRUE(book.is_ready());
    EXPECT_EQ(book.counts().locked, 1U);
    EXPECT_EQ(book.counts().crossed, 1U);
}

TEST(LevelBook, may_cross_inside_a_message) {
    LevelBook book = small_book();
    EXPECT_EQ(delta(book, {101, 101}, {{Side::buy, "101", "1"}, {Side::sell, "101", "0"}}),
              RowResult::applied);
    EXPECT_TRUE(book.is_ready());
}

TEST(LevelBook, refuses_a_negative_size_with_its_whole_message) {
    LevelBook book = small_book();
    EXPECT_EQ(delta(book, {101, 101},
                    {{Side::buy, "99", "1"}, {Side::buy, "98", "-1"}, {Side::buy, "97", "1"}}),
              RowResult::stale);
    EXPECT_EQ(book.defect(), (Defect{DefectKind::negative_size, 0, qty("-1").raw}));
    EXPECT_TRUE(book.awaits_snapshot());
    EXPECT_EQ(delta(book, {102, 102}, {{Side::buy, "99", "6"}}), RowResult::held);
    EXPECT_EQ(snapshot(book, 100, {{Side::buy, "99", "2"}}), RowResult::faulty)
        << "the bad message is missing behind this one";
    EXPECT_EQ(snapshot(book, 101, {{Side::buy, "99", "2"}}), RowResult::applied);
    EXPECT_EQ(book.size_at(Side::buy, price("99")), qty("6"));
}

TEST(LevelBook, refuses_a_message_after_one_without_its_end) {
    LevelBook book = small_book();
    book.apply(level_row({Side::buy, "99", "1"}, {101, 101}, {}));
    EXPECT_EQ(delta(book, {102, 102}, {{Side::buy, "98", "1"}}), RowResult::faulty);
    EXPECT_EQ(book.defect(), (Defect{DefectKind::unfinished_message, 101, 102}));
    EXPECT_TRUE(book.awaits_snapshot());
    EXPECT_EQ(snapshot(book, 101, {{Side::buy, "99", "2"}}), RowResult::applied);
    EXPECT_EQ(book.size_at(Side::buy, price("98")), qty("1"));
}

// --- properties ---------------------------------------------------------------------------------

using Reference = std::map<std::int64_t, std::int64_t>;

void set(Reference& side, const BookLevel& row) {
    if (row.size.raw == 0) {
        side.erase(row.price.raw);
    } else {
        side[row.price.raw] = row.size.raw;
    }
}

template <typename Levels>
std::vector<Level> listed(const Levels& from) {
    std::vector<Level> out;
    for (const auto& [p, s] : from) out.push_back({.price = {p}, .size = {s}});
    return out;
}

RC_GTEST_PROP(LevelBook, equals_two_sorted_maps, ()) {
    LevelBook book(1);
    Reference bids, asks;
    const std::size_t spread = 1 + test::draw_below(300);
    const std::size_t count = test::draw_below(600);
    BookLevel row;
    row.flags = {.snapshot = true, .last = true};
    book.apply(row);
    row.flags.snapshot = false;
    for (std::size_t i = 0; i < count; ++i) {
        row.side = test::Any<Side>::draw();
        const auto away = static_cast<std::int64_t>(test::draw_below(spread));
        row.price.raw = row.side == Side::buy ? -1 - away : away;
        row.size.raw = static_cast<std::int64_t>(test::draw_below(3));
        Reference& side = row.side == Side::buy ? bids : asks;
        const auto found = side.find(row.price.raw);
        const Qty before{found == side.end() ? 0 : found->second};
        RC_ASSERT(book.apply(row) == (RowOutcome{RowResult::applied, before}));
        set(side, row);
    }
    std::vector<Level> best_first = listed(bids);
    std::ranges::reverse(best_first);
    RC_ASSERT(shown(book, Side::buy) == best_first);
    RC_ASSERT(shown(book, Side::sell) == listed(asks));
}

bool is_uncrossed(const LevelBook& book) {
    return !book.has_both_sides() || book.best(Side::buy)->price < book.best(Side::sell)->price;
}

/// Whatever comes in, the process lives, and a book that says it is ready is not crossed.
RC_GTEST_PROP(LevelBook, survives_any_stream, ()) {
    LevelBook book(1);
    const std::size_t count = test::draw_below(400);
    for (std::size_t i = 0; i < count; ++i) {
        BookLevel row;
        row.side = test::Any<Side>::draw();
        row.flags = {.snapshot = test::draw_below(8) == 0, .last = test::draw_below(3) == 0};
        row.price.raw = static_cast<std::int64_t>(test::draw_below(12)) - 6;
        row.size.raw = static_cast<std::int64_t>(test::draw_below(20)) - 1;
        row.first_update_id = test::draw_below(6);
        row.last_update_id = row.first_update_id + test::draw_below(3);
        row.previous_update_id = test::draw_below(3) == 0 ? test::draw_below(6) : 0;
        const RowOutcome outcome = book.apply(row);
        RC_ASSERT(outcome.result != RowResult::faulty || book.defect());
        RC_ASSERT(is_uncrossed(book) || !book.is_ready());
    }
}

// --- against real data --------------------------------------------------------------------------

struct Replayed {
    LevelBookCounts counts;
    std::size_t compared = 0;
    std::size_t equal = 0;
};

/// After each message the touch is looked for among the quotes of the half second before and the
/// tenth after it: a diff gathers what happened before it was sent, and both streams arrive on
/// their own ways.
Replayed replay(const std::string& rows, const std::string& quotes) {
    LevelBook book;
    Replayed out;
    const auto ticks = test::quote_rows(quotes);
    auto from = ticks.begin();
    for (const auto& [ts, row] : test::level_rows(rows)) {
        book.apply(row);
        if (!row.flags.last || !book.is_ready() || ticks.empty()) continue;
        while (from != ticks.end() && from->ts < ts - milliseconds(500)) ++from;
        if (from == ticks.end() || from == ticks.begin()) continue;
        ++out.compared;
        for (auto tick = from; tick != ticks.end() && tick->ts <= ts + milliseconds(100); ++tick) {
            const Quote touch{.instrument = {},
                              .bid = book.best(Side::buy)->price,
                              .ask = book.best(Side::sell)->price,
                              .bid_size = book.best(Side::buy)->size,
                              .ask_size = book.best(Side::sell)->size};
            if (tick->payload != touch) continue;
            ++out.equal;
            break;
        }
    }
    out.counts = book.counts();
    return out;
}

struct Recording {
    const char* rows;
    const char* quotes;
    std::size_t compared_min;
};

TEST(LevelBook, replays_recorded_books_without_a_gap_and_agrees_with_their_quotes) {
    const Recording files[] = {
        {"book/BTCUSDT.binance.l2.csv.gz", "book/BTCUSDT.binance.ticks.csv.gz", 6000},
        {"book/BTCUSDT-PERP.binance.l2.csv.gz", "book/BTCUSDT-PERP.binance.ticks.csv.gz", 6000},
        {"book/XRPUSDT.bybit.l2.csv.gz", "(none)", 0}};
    for (const Recording& file : files) {
        const Replayed got = replay(file.rows, file.quotes);
        if (got.counts.messages == 0) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
        EXPECT_EQ(got.counts.snapshots, 1U) << file.rows;
        EXPECT_GT(got.counts.messages, 40U) << file.rows;
        EXPECT_EQ(got.counts.gaps, 0U) << file.rows;
        EXPECT_EQ(got.counts.crossed + got.counts.locked, 0U) << file.rows;
        EXPECT_GE(got.compared, file.compared_min) << file.rows;
        EXPECT_GE(got.equal * 1000, got.compared * 998) << file.rows;  // 6,481 of 6,488; all; none
    }
}

/// The recording with one message cut out tells of exactly that gap, and heals by nothing else than
/// a snapshot.
TEST(LevelBook, finds_a_message_cut_out_of_a_recording) {
    const auto rows = test::level_rows("book/BTCUSDT.binance.l2.csv.gz");
    if (rows.empty()) GTEST_SKIP() << "no market data: set TRADEWIND_DATA";
    const std::uint64_t cut = rows[100'000].payload.last_update_id;
    LevelBook book;
    for (const auto& [ts, row] : rows) {
        if (row.last_update_id != cut) book.apply(row);
    }
    EXPECT_EQ(book.counts().gaps, 1U);
    EXPECT_EQ(book.defect()->kind, DefectKind::update_gap);
    EXPECT_EQ(book.defect()->actual, static_cast<std::int64_t>(cut));
    EXPECT_TRUE(book.awaits_snapshot());
}

}  // namespace
}  // namespace tradewind::market
