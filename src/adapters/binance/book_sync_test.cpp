// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/book_sync.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "adapters/binance/decode.hpp"
#include "adapters/binance/recordings_for_tests.hpp"
#include "support/book_files.hpp"
#include "support/must.hpp"

namespace tradewind::binance {
namespace {

using Book = std::map<std::pair<Side, std::int64_t>, std::int64_t>;

/// What a consumer makes of the rows, by the rules that LevelBook's docs give; it notices a gap.
struct Fold {
    Book book;
    bool is_open = true;  ///< no whole snapshot yet
    bool has_gap = false;
    std::uint64_t last = 0;
    bool in_snapshot = false;
    bool after_snapshot = false;

    void apply(const BookLevel& row) {
        if (row.flags.snapshot) {
            if (!in_snapshot || last != row.last_update_id) book.clear();
            in_snapshot = true;
            is_open = true;
            last = row.last_update_id;
        } else if (!in_message) {
            const std::uint64_t told =
                row.previous_update_id != 0 ? row.previous_update_id : row.first_update_id - 1;
            if (is_open || (after_snapshot ? told > last : told != last)) has_gap = true;
        }
        in_message = !row.flags.last;
        if (row.size.raw == 0) {
            book.erase({row.side, row.price.raw});
        } else {
            book[{row.side, row.price.raw}] = row.size.raw;
        }
        if (!row.flags.last) return;
        after_snapshot = in_snapshot;
        in_snapshot = false;
        is_open = false;
        last = row.last_update_id;
    }
    void apply(std::vector<BookLevel>& rows) {
        for (const BookLevel& row : rows) apply(row);
        rows.clear();
    }

private:
    bool in_message = false;
};

constexpr InstrumentId kInstrument{7};

/// A message with levels of its own.
struct Sent {
    bool is_snapshot = false;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t previous = 0;
    std::vector<DepthLevel> bids{};
    std::vector<DepthLevel> asks{};

    [[nodiscard]] DepthUpdate diff() const {
        DepthUpdate out;
        out.first_update_id = first;
        out.last_update_id = last;
        out.previous_update_id = previous;
        out.bids = bids;
        out.asks = asks;
        return out;
    }
    [[nodiscard]] DepthSnapshot snapshot() const {
        DepthSnapshot out;
        out.last_update_id = last;
        out.bids = bids;
        out.asks = asks;
        return out;
    }
};

SyncResult give(BookSync& sync, const Sent& sent, std::vector<BookLevel>& rows) {
    return sent.is_snapshot ? sync.on_snapshot(sent.snapshot(), rows)
                            : sync.on_diff(sent.diff(), rows);
}

Sent bid(std::uint64_t first, std::uint64_t last, std::uint64_t previous, std::int64_t price,
         std::int64_t size) {
    return {.first = first,
            .last = last,
            .previous = previous,
            .bids = {{.price = {price}, .size = {size}}}};
}
Sent snapshot(std::uint64_t id, std::vector<DepthLevel> bids) {
    return {.is_snapshot = true, .last = id, .bids = std::move(bids)};
}

TEST(BinanceBookSync, holds_diffs_until_a_snapshot_and_drops_what_it_covers) {
    BookSync sync(Segment::spot, kInstrument);
    std::vector<BookLevel> rows;
    EXPECT_FALSE(sync.wants_snapshot()) << "a snapshot could be older than the stream";
    EXPECT_EQ(give(sync, bid(10, 12, 0, 100, 1), rows), SyncResult::held);
    EXPECT_EQ(give(sync, bid(13, 15, 0, 101, 2), rows), SyncResult::held);
    EXPECT_TRUE(rows.empty());
    EXPECT_TRUE(sync.wants_snapshot());
    EXPECT_EQ(give(sync, snapshot(13, {{{100}, {5}}}), rows), SyncResult::applied);
    EXPECT_TRUE(sync.is_synced());
    EXPECT_EQ(sync.last_id(), 15U);
    const std::vector<BookLevel> expected{
        {.instrument = kInstrument,
         .flags = {.snapshot = true, .last = true},
         .price = {100},
         .size = {5},
         .first_update_id = 13,
         .last_update_id = 13},
        {.instrument = kInstrument,
         .flags = {.last = true},
         .price = {101},
         .size = {2},
         .first_update_id = 14,
         .last_update_id = 15},
    };
    EXPECT_EQ(rows, expected);
    EXPECT_EQ(sync.counts(), (SyncCounts{.diffs = 2, .applied = 1, .stale = 1}));
}

TEST(BinanceBookSync, asks_again_where_the_snapshot_is_older_than_the_stream) {
    BookSync sync(Segment::spot, kInstrument);
    std::vector<BookLevel> rows;
    give(sync, bid(10, 12, 0, 100, 1), rows);
    EXPECT_EQ(give(sync, snapshot(8, {{{99}, {5}}}), rows), SyncResult::too_old);
    EXPECT_TRUE(rows.empty());
    EXPECT_TRUE(sync.wants_snapshot());
    EXPECT_EQ(give(sync, snapshot(9, {{{99}, {5}}}), rows), SyncResult::applied)
        << "the diff begins right behind it";
    EXPECT_EQ(sync.last_id(), 12U);
}

TEST(BinanceBookSync, futures_go_on_by_pu_and_not_by_first_id) {
    BookSync sync(Segment::usd_m, kInstrument);
    std::vector<BookLevel> rows;
    give(sync, bid(10, 12, 8, 100, 1), rows);
    EXPECT_EQ(give(sync, snapshot(11, {{{99}, {5}}}), rows), SyncResult::applied);
    EXPECT_EQ(give(sync, bid(20, 22, 12, 100, 2), rows), SyncResult::applied)
        << "other symbols took the ids between";
    EXPECT_EQ(give(sync, bid(25, 26, 24, 100, 3), rows), SyncResult::lost);
}

TEST(BinanceBookSync, a_gap_invalidates_the_book_and_a_snapshot_repairs_it) {
    BookSync sync(Segment::spot, kInstrument);
    Fold fold;
    std::vector<BookLevel> rows;
    give(sync, snapshot(9, {{{99}, {5}}}), rows);
    give(sync, bid(10, 12, 0, 100, 1), rows);
    fold.apply(rows);
    EXPECT_FALSE(fold.is_open);
    EXPECT_EQ(give(sync, bid(15, 16, 0, 101, 1), rows), SyncResult::lost);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(rows[0].flags.snapshot);
    EXPECT_FALSE(rows[0].flags.last);
    fold.apply(rows);
    EXPECT_TRUE(fold.is_open);
    EXPECT_TRUE(fold.book.empty());
    EXPECT_FALSE(sync.is_synced());
    EXPECT_EQ(give(sync, snapshot(14, {{{90}, {1}}}), rows), SyncResult::applied);
    fold.apply(rows);
    EXPECT_FALSE(fold.has_gap);
    EXPECT_EQ(fold.book, (Book{{{Side::buy, 90}, 1}, {{Side::buy, 101}, 1}}));
    EXPECT_EQ(sync.counts().gaps, 1U);
    EXPECT_EQ(sync.counts().repairs, 1U);
}

TEST(BinanceBookSync, a_diff_without_levels_leaves_no_gap_in_the_rows) {
    for (const Segment segment : {Segment::spot, Segment::usd_m}) {
        BookSync sync(segment, kInstrument);
        Fold fold;
        std::vector<BookLevel> rows;
        give(sync, snapshot(9, {{{99}, {5}}}), rows);
        EXPECT_EQ(give(sync, {.first = 10, .last = 12, .previous = 9}, rows), SyncResult::applied);
        EXPECT_EQ(give(sync, bid(13, 14, 12, 100, 1), rows), SyncResult::applied);
        fold.apply(rows);
        EXPECT_FALSE(fold.has_gap);
        EXPECT_EQ(fold.last, 14U);
    }
}

TEST(BinanceBookSync, refuses_ids_that_cannot_be) {
    BookSync sync(Segment::usd_m, kInstrument);
    std::vector<BookLevel> rows;
    EXPECT_EQ(give(sync, bid(12, 10, 9, 100, 1), rows), SyncResult::unfit);
    EXPECT_EQ(give(sync, bid(10, 12, 12, 100, 1), rows), SyncResult::unfit);
    EXPECT_EQ(give(sync, snapshot(0, {}), rows), SyncResult::unfit);
    EXPECT_EQ(sync.counts().unfit, 3U);
}

TEST(BinanceBookSync, drops_what_it_holds_when_it_is_too_much_and_says_so) {
    BookSync sync(Segment::spot, kInstrument);
    std::vector<BookLevel> rows;
    for (std::uint64_t i = 1; i <= kHeldDiffsMax + 1; ++i) {
        EXPECT_EQ(give(sync, bid(i, i, 0, 100, 1), rows), SyncResult::held);
    }
    EXPECT_EQ(sync.counts().overflow, 1U);
    EXPECT_EQ(give(sync, snapshot(5, {}), rows), SyncResult::too_old);
}

// --- properties -------------------------------------------------------------------------------

/// A venue's whole history: updates of single levels with rising ids, and the diffs that tell them.
struct History {
    struct Update {
        std::uint64_t id;
        Side side;
        std::int64_t price;
        std::int64_t size;  ///< < 0: changes nothing that we see
    };
    std::vector<Update> updates;
    std::vector<Sent> diffs;

    [[nodiscard]] Book book_at(std::uint64_t id) const {
        Book out;
        for (const Update& update : updates) {
            if (update.id > id || update.size < 0) continue;
            if (update.size == 0) {
                out.erase({update.side, update.price});
            } else {
                out[{update.side, update.price}] = update.size;
            }
        }
        return out;
    }
    [[nodiscard]] Sent snapshot_at(std::uint64_t id) const {
        Sent out{.is_snapshot = true, .last = id};
        for (const auto& [level, size] : book_at(id)) {
            (level.first == Side::buy ? out.bids : out.asks)
                .push_back({.price = {level.second}, .size = {size}});
        }
        return out;
    }
};

History any_history(Segment segment) {
    History out;
    std::uint64_t id = 100;
    std::uint64_t previous = 99;
    const int messages = *rc::gen::inRange(1, 25);
    for (int m = 0; m < messages; ++m) {
        if (segment == Segment::usd_m) id += *rc::gen::inRange<std::uint64_t>(0, 3);
        Sent sent{.first = id, .previous = segment == Segment::spot ? 0 : previous};
        std::map<std::pair<Side, std::int64_t>, std::int64_t> changed;
        const int count = *rc::gen::inRange(1, 4);
        for (int i = 0; i < count; ++i) {
            const Side side = *rc::gen::element(Side::buy, Side::sell);
            const std::int64_t price = *rc::gen::inRange<std::int64_t>(1, 4);
            const std::int64_t size = *rc::gen::inRange<std::int64_t>(-1, 4);
            out.updates.push_back({id, side, price, size});
            if (size >= 0) changed[{side, price}] = size;
            ++id;
        }
        sent.last = id - 1;
        previous = sent.last;
        for (const auto& [level, size] : changed) {
            (level.first == Side::buy ? sent.bids : sent.asks)
                .push_back({.price = {level.second}, .size = {size}});
        }
        out.diffs.push_back(std::move(sent));
    }
    return out;
}

/// The diffs as a bad line brings them: lost, doubled, out of order, late, with snapshots of any
/// age between.
std::vector<Sent> any_delivery(const History& history) {
    std::vector<Sent> out;
    for (const Sent& diff : history.diffs) {
        const int fate = *rc::gen::inRange(0, 10);
        if (fate == 0) continue;
        out.push_back(diff);
        if (fate == 1) out.push_back(diff);
        if (fate == 2 && out.size() > 1) std::swap(out.back(), out[out.size() - 2]);
        if (fate == 3) {
            const auto at = *rc::gen::inRange<std::size_t>(0, out.size());
            std::swap(out.back(), out[at]);
        }
        if (*rc::gen::inRange(0, 3) == 0) {
            const auto at = *rc::gen::inRange<std::size_t>(0, history.updates.size());
            out.push_back(history.snapshot_at(history.updates[at].id));
        }
    }
    return out;
}

void check_never_silently_wrong(Segment segment) {
    const History history = any_history(segment);
    BookSync sync(segment, kInstrument);
    Fold fold;
    std::vector<BookLevel> rows;
    for (const Sent& sent : any_delivery(history)) {
        if (*rc::gen::inRange(0, 30) == 0) sync.invalidate(rows);
        give(sync, sent, rows);
        fold.apply(rows);
        RC_ASSERT(!fold.has_gap);
        RC_ASSERT(fold.is_open != sync.is_synced());
        if (!sync.is_synced()) continue;
        RC_ASSERT(fold.book == history.book_at(*sync.last_id()));
    }
}

RC_GTEST_PROP(BinanceBookSync, spot_is_the_venues_book_or_says_that_it_is_not, ()) {
    check_never_silently_wrong(Segment::spot);
}
RC_GTEST_PROP(BinanceBookSync, futures_are_the_venues_book_or_say_that_they_are_not, ()) {
    check_never_silently_wrong(Segment::usd_m);
}

RC_GTEST_PROP(BinanceBookSync, a_snapshot_of_the_newest_id_always_repairs, ()) {
    const auto segment = *rc::gen::element(Segment::spot, Segment::usd_m);
    const History history = any_history(segment);
    BookSync sync(segment, kInstrument);
    Fold fold;
    std::vector<BookLevel> rows;
    for (const Sent& sent : any_delivery(history)) give(sync, sent, rows);
    give(sync, history.snapshot_at(history.updates.back().id), rows);
    fold.apply(rows);
    RC_ASSERT(sync.is_synced());
    RC_ASSERT(fold.book == history.book_at(history.updates.back().id));
}

// --- recorded books ---------------------------------------------------------------------------

/// Messages out of the rows of a recording, with the venue's ids.
std::vector<Sent> messages_of(const std::vector<test::Stamped<BookLevel>>& rows) {
    std::vector<Sent> out;
    bool is_new = true;
    for (const auto& [ts, row] : rows) {
        if (std::exchange(is_new, row.flags.last)) {
            out.push_back({.is_snapshot = row.flags.snapshot,
                           .first = row.first_update_id,
                           .last = row.last_update_id,
                           .previous = row.previous_update_id});
        }
        (row.side == Side::buy ? out.back().bids : out.back().asks)
            .push_back({.price = row.price, .size = row.size});
    }
    return out;
}

/// The book by the plainest reading of the rule: the last snapshot, and every diff that ends later.
Book replayed(const std::vector<Sent>& messages) {
    const auto last = std::find_if(messages.rbegin(), messages.rend(),
                                   [](const Sent& sent) { return sent.is_snapshot; });
    Book out;
    const auto set = [&](const Sent& sent) {
        for (const Side side : {Side::buy, Side::sell}) {
            for (const DepthLevel& level : side == Side::buy ? sent.bids : sent.asks) {
                if (level.size.raw == 0) {
                    out.erase({side, level.price.raw});
                } else {
                    out[{side, level.price.raw}] = level.size.raw;
                }
            }
        }
    };
    set(*last);
    for (const Sent& sent : messages) {
        if (!sent.is_snapshot && sent.last > last->last) set(sent);
    }
    return out;
}

struct Recorded {
    const char* file;
    Segment segment;
};

class RecordedBook : public testing::TestWithParam<Recorded> {};

TEST_P(RecordedBook, is_built_without_a_gap_and_equals_the_plain_replay) {
    const auto rows = test::level_rows(GetParam().file);
    if (rows.empty()) GTEST_SKIP() << "no market data at " << data_folder() << " (TRADEWIND_DATA)";
    const auto messages = messages_of(rows);
    BookSync sync(GetParam().segment, kInstrument);
    Fold fold;
    std::vector<BookLevel> out;
    for (const Sent& sent : messages) {
        give(sync, sent, out);
        fold.apply(out);
    }
    EXPECT_TRUE(sync.is_synced());
    EXPECT_FALSE(fold.has_gap);
    EXPECT_EQ(sync.counts().gaps, 0U);
    EXPECT_EQ(sync.counts().too_old, 0U);
    EXPECT_EQ(sync.counts().unfit, 0U);
    EXPECT_GT(sync.counts().applied, 3000U);
    EXPECT_EQ(fold.book, replayed(messages));
}

INSTANTIATE_TEST_SUITE_P(All, RecordedBook,
                         testing::Values(Recorded{"book/BTCUSDT.binance.l2.csv.gz", Segment::spot},
                                         Recorded{"book/BTCUSDT-PERP.binance.l2.csv.gz",
                                                  Segment::usd_m}),
                         [](const auto& chosen) {
                             return chosen.param.segment == Segment::spot ? "spot" : "perpetual";
                         });

TEST(BinanceBookSync, refuses_a_vendors_snapshot_that_ends_before_its_diffs) {
    const auto lines = [](const char* name) {
        std::vector<Sent> out;
        const auto text = recorded_lines(std::string{"original/binance/"} + name);
        for (std::size_t i = 1; i < text.size(); ++i) {
            std::vector<std::string> f;
            for (std::size_t from = 0; from <= text[i].size();) {
                const std::size_t to = std::min(text[i].find(',', from), text[i].size());
                f.push_back(text[i].substr(from, to - from));
                from = to + 1;
            }
            const std::uint64_t last = std::stoull(f[3]);
            if (out.empty() || out.back().last != last) {
                out.push_back({.is_snapshot = f[5] == "snap",
                               .first = std::stoull(f[2]),
                               .last = last,
                               .previous = f[8] == "-1" ? 0 : std::stoull(f[8])});
            }
            (f[4] == "b" ? out.back().bids : out.back().asks)
                .push_back({.price = test::price(f[6]), .size = test::qty(f[7])});
        }
        return out;
    };
    const auto snapshots = lines("btcusdt-depth-snap.csv");
    const auto diffs = lines("btcusdt-depth-update.csv");
    if (snapshots.empty() || diffs.empty()) {
        GTEST_SKIP() << "no market data at " << data_folder() << " (TRADEWIND_DATA)";
    }
    // The vendor's two samples are ten minutes apart, so that no snapshot reaches the diffs.
    BookSync sync(Segment::usd_m, kInstrument);
    std::vector<BookLevel> rows;
    for (const Sent& diff : diffs) EXPECT_EQ(give(sync, diff, rows), SyncResult::held);
    EXPECT_EQ(give(sync, snapshots.front(), rows), SyncResult::too_old);
    EXPECT_TRUE(rows.empty());
    // From a snapshot at their first predecessor they go on without a gap.
    Sent reaching = snapshots.front();
    reaching.last = diffs.front().previous;
    EXPECT_EQ(give(sync, reaching, rows), SyncResult::applied);
    EXPECT_EQ(sync.last_id(), diffs.back().last);
}

TEST(BinanceBookSync, builds_the_recorded_book_from_the_venues_own_bytes) {
    const auto lines = recorded_lines(kSpotRecording);
    if (lines.empty()) GTEST_SKIP() << "no market data at " << data_folder() << " (TRADEWIND_DATA)";
    Decoder decoder(Segment::spot);
    BookSync sync(Segment::spot, kInstrument);
    Fold fold;
    std::vector<BookLevel> rows;
    std::vector<Sent> messages;
    for (const std::string& line : lines) {
        const auto message = decoder.stream(message_of(line));
        ASSERT_TRUE(message) << describe(message.error()) << " in " << line.substr(0, 200);
        if (const auto* diff = std::get_if<DepthUpdate>(&message->payload)) {
            sync.on_diff(*diff, rows);
            messages.push_back({.first = diff->first_update_id,
                                .last = diff->last_update_id,
                                .bids = {diff->bids.begin(), diff->bids.end()},
                                .asks = {diff->asks.begin(), diff->asks.end()}});
        } else if (const auto* whole = std::get_if<DepthSnapshot>(&message->payload)) {
            sync.on_snapshot(*whole, rows);
            messages.push_back({.is_snapshot = true,
                                .last = whole->last_update_id,
                                .bids = {whole->bids.begin(), whole->bids.end()},
                                .asks = {whole->asks.begin(), whole->asks.end()}});
        }
        fold.apply(rows);
    }
    EXPECT_TRUE(sync.is_synced());
    EXPECT_EQ(sync.counts().gaps, 0U);
    EXPECT_EQ(fold.book, replayed(messages));
}

}  // namespace
}  // namespace tradewind::binance
