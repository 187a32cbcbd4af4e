// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/continuity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "support/generators.hpp"

namespace tradewind::binance {
namespace {

using Keys = std::vector<std::int64_t>;
using Numbers = Continuity<std::int64_t>;

struct Passed {
    Keys keys{};
    void operator()(std::int64_t key) { keys.push_back(key); }
};

std::vector<std::pair<std::int64_t, std::int64_t>> items_of(const Keys& keys) {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    for (const std::int64_t key : keys) out.emplace_back(key, key);
    return out;
}

/// What a stream of these keys passes on.
struct Desk {
    explicit Desk(std::optional<std::int64_t> next = std::nullopt) : numbers(1, next) {}

    void see(const Keys& keys) {
        for (const std::int64_t key : keys) numbers.on_item(key, key, std::ref(passed));
    }
    void answer(const Keys& keys, bool is_all = false) {
        auto items = items_of(keys);
        numbers.on_answer(items, is_all, std::ref(passed));
    }
    Numbers numbers;
    Passed passed{};
};

TEST(Continuity, passes_on_what_comes_in_order_and_nothing_twice) {
    Desk desk;
    desk.see({5, 6, 6, 5, 7});
    EXPECT_EQ(desk.passed.keys, (Keys{5, 6, 7}));
    EXPECT_EQ(desk.numbers.counts().duplicates, 2U);
    EXPECT_FALSE(desk.numbers.missing_from());
}

TEST(Continuity, holds_what_is_newer_until_the_gap_is_filled) {
    Desk desk;
    desk.see({5, 9, 10, 10});
    EXPECT_EQ(desk.passed.keys, Keys{5});
    EXPECT_EQ(desk.numbers.missing_from(), 6);
    desk.answer({6, 7});  // a page
    EXPECT_EQ(desk.numbers.missing_from(), 8);
    desk.answer({8, 9, 10, 11});
    EXPECT_EQ(desk.passed.keys, (Keys{5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(
        desk.numbers.counts(),
        (ContinuityCounts{
            .items = 6, .duplicates = 1, .gaps = 1, .filled = 1, .refilled = 3, .unfilled = 0}));
    desk.see({11});
    EXPECT_EQ(desk.passed.keys.back(), 11);
}

TEST(Continuity, begins_where_it_is_told) {
    Desk desk{3};
    desk.see({5});
    EXPECT_EQ(desk.numbers.missing_from(), 3);
    desk.answer({3, 4, 5});
    EXPECT_EQ(desk.passed.keys, (Keys{3, 4, 5}));
}

TEST(Continuity, what_comes_late_fills_the_gap_itself) {
    Desk desk;
    desk.see({1, 3, 5, 4, 2});
    EXPECT_EQ(desk.passed.keys, (Keys{1, 2, 3, 4, 5}));
    EXPECT_EQ(desk.numbers.counts().filled, 1U);
}

TEST(Continuity, leaves_open_what_the_venue_does_not_have) {
    Desk desk;
    desk.see({1, 5, 8});
    desk.answer({3}, true);
    EXPECT_EQ(desk.passed.keys, (Keys{1, 3, 5}));
    EXPECT_EQ(desk.numbers.missing_from(), 6);
    desk.answer({});
    EXPECT_EQ(desk.passed.keys, (Keys{1, 3, 5, 8}));
    EXPECT_EQ(desk.numbers.counts().unfilled, 2U);
}

TEST(Continuity, leaves_open_what_it_gets_no_answer_for) {
    Desk desk;
    desk.see({1, 5});
    for (unsigned i = 0; i < Numbers::kTriesMax; ++i) {
        EXPECT_EQ(desk.numbers.missing_from(), 2);
        desk.numbers.on_failure(std::ref(desk.passed));
    }
    EXPECT_EQ(desk.passed.keys, (Keys{1, 5}));
    EXPECT_EQ(desk.numbers.counts().unfilled, 1U);
}

TEST(Continuity, holds_no_more_than_it_may) {
    Desk desk;
    desk.see({1});
    for (std::int64_t key = 3; desk.numbers.missing_from() || key == 3; ++key) desk.see({key});
    EXPECT_EQ(desk.passed.keys.size(), Numbers::kHeldMax + 2);
    EXPECT_EQ(desk.numbers.counts().unfilled, 1U);
}

/// Whatever is lost, doubled and delayed, with answers in pages and answers that fail: keys rise,
/// and nothing that the venue has is left out but for gaps that are counted.
RC_GTEST_PROP(ContinuityProperty, nothing_is_left_out_unseen, ()) {
    std::vector<std::int64_t> venue;
    for (std::int64_t key = 0; key < 120; ++key) {
        if (test::draw_below(20) != 0) venue.push_back(key);  // the venue's own holes
    }
    RC_PRE(!venue.empty());
    std::vector<std::int64_t> stream;
    for (const std::int64_t key : venue) {
        const auto what = test::draw_below(10);
        if (what == 0 && key != venue.front()) continue;
        stream.push_back(key);
        if (what == 1) stream.push_back(key);
        if (what == 2 && stream.size() > 2 && stream.size() % 3 == 0) {
            std::swap(stream.back(), stream[stream.size() - 2]);
        }
    }
    const bool fails = test::Any<bool>::draw();
    Desk desk{venue.front()};
    const auto ask = [&] {
        const auto from = desk.numbers.missing_from();
        if (!from) return;
        if (fails && test::draw_below(3) == 0) {
            desk.numbers.on_failure(std::ref(desk.passed));
            return;
        }
        const auto begin = std::lower_bound(venue.begin(), venue.end(), *from);
        const auto left = static_cast<std::size_t>(venue.end() - begin);
        const std::size_t page = 1 + test::draw_below(6);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(page, left));
        desk.answer({begin, end}, page > left);
    };
    for (const std::int64_t key : stream) {
        desk.see({key});
        if (test::draw_below(4) == 0) ask();
    }
    while (desk.numbers.missing_from()) ask();
    const Keys& passed = desk.passed.keys;
    RC_ASSERT(std::ranges::is_sorted(passed));
    RC_ASSERT(std::ranges::adjacent_find(passed) == passed.end());
    const std::set<std::int64_t> seen(stream.begin(), stream.end());
    std::size_t missing = 0;
    for (const std::int64_t key : venue) {
        if (key > *seen.rbegin()) break;
        const bool is_there = std::ranges::binary_search(passed, key);
        if (!is_there) ++missing;
    }
    if (!fails) RC_ASSERT(missing == 0U);
    if (missing > 0) RC_ASSERT(desk.numbers.counts().unfilled > 0U);
}

}  // namespace
}  // namespace tradewind::binance
