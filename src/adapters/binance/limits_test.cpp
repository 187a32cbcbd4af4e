// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/limits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tradewind::binance {
namespace {

constexpr Timestamp at_ms(std::int64_t n) { return {n * 1'000'000}; }

TEST(BinanceClock, believes_the_shortest_round_trip) {
    ClockOffset clock;
    EXPECT_FALSE(clock.offset());
    EXPECT_EQ(clock.venue_time(at_ms(5)), at_ms(5));
    clock.add({.sent = at_ms(1000), .server = at_ms(2400), .received = at_ms(1400)});
    clock.add({.sent = at_ms(2000), .server = at_ms(3275), .received = at_ms(2010)});
    EXPECT_EQ(clock.offset(), milliseconds(1270));
    EXPECT_EQ(clock.error(), milliseconds(6));
    EXPECT_EQ(clock.venue_time(at_ms(3000)), at_ms(4270));
    clock.add({.sent = at_ms(9000), .server = at_ms(1), .received = at_ms(8000)});
    EXPECT_EQ(clock.offset(), milliseconds(1270)) << "our clock went back: no sample";
}

TEST(BinanceClock, forgets_samples_that_are_old) {
    ClockOffset clock;
    clock.add({.sent = at_ms(0), .server = at_ms(500), .received = at_ms(0)});
    for (std::size_t i = 0; i < ClockOffset::kSamples; ++i) {
        clock.add({.sent = at_ms(100), .server = at_ms(210), .received = at_ms(120)});
    }
    EXPECT_EQ(clock.offset(), milliseconds(100));
}

RC_GTEST_PROP(BinanceClock, the_true_offset_lies_within_the_error, ()) {
    ClockOffset clock;
    const auto truth = *rc::gen::inRange<std::int64_t>(-5000, 5000);
    const int samples = *rc::gen::inRange(1, 20);
    for (int i = 0; i < samples; ++i) {
        const auto out = *rc::gen::inRange<std::int64_t>(0, 300);
        const auto back = *rc::gen::inRange<std::int64_t>(0, 300);
        const std::int64_t sent = 10'000 + 1000 * i;
        clock.add({.sent = at_ms(sent),
                   .server = at_ms(sent + out + truth),
                   .received = at_ms(sent + out + back)});
    }
    const Duration miss = *clock.offset() - milliseconds(truth);
    RC_ASSERT(miss <= *clock.error() && miss * -1 <= *clock.error());
}

constexpr RateBudget::Limit kLimit{.weight = 100, .interval = minutes(1)};

TEST(BinanceBudget, counts_what_is_sent_and_waits_for_the_next_window) {
    RateBudget budget(kLimit);
    const Timestamp now = at_ms(90'000);
    EXPECT_FALSE(budget.blocked_until(100, now));
    budget.on_sent(60, now);
    EXPECT_FALSE(budget.blocked_until(40, now));
    EXPECT_EQ(budget.blocked_until(41, now), at_ms(120'000));
    EXPECT_FALSE(budget.blocked_until(41, at_ms(120'000)));
}

TEST(BinanceBudget, learns_what_others_used_and_never_forgets_what_is_under_way) {
    RateBudget budget(kLimit);
    const Timestamp now = at_ms(61'000);
    budget.on_sent(10, now);
    budget.on_answer({.used = 90}, now);
    EXPECT_EQ(budget.used(now), 90);
    budget.on_sent(5, now);
    budget.on_answer({.used = 91}, now);
    EXPECT_EQ(budget.used(now), 95);
}

TEST(BinanceBudget, pauses_after_429_and_knows_a_ban) {
    RateBudget budget(kLimit);
    budget.on_answer({.status = 429, .used = {}, .retry_after_s = 7}, at_ms(1000));
    EXPECT_EQ(budget.blocked_until(1, at_ms(1000)), at_ms(8000));
    EXPECT_FALSE(budget.is_banned(at_ms(1000)));
    budget.on_answer({.status = 418}, at_ms(2000));
    EXPECT_TRUE(budget.is_banned(at_ms(2000)));
    EXPECT_EQ(budget.blocked_until(1, at_ms(2000)), at_ms(62'000)) << "a minute where none is told";
    EXPECT_FALSE(budget.blocked_until(1, at_ms(62'000)));
}

RC_GTEST_PROP(BinanceBudget, no_window_ever_holds_more_than_the_limit, ()) {
    RateBudget budget(kLimit);
    Timestamp now{};
    std::int64_t window = 0;
    std::int64_t sent = 0;
    for (int i = 0; i < 100; ++i) {
        now = now + milliseconds(*rc::gen::inRange<std::int64_t>(0, 5000));
        const auto weight = *rc::gen::inRange<std::int64_t>(1, 40);
        if (budget.blocked_until(weight, now)) continue;
        budget.on_sent(weight, now);
        if (now.ns / kLimit.interval.ns != window) sent = 0;
        window = now.ns / kLimit.interval.ns;
        sent += weight;
        RC_ASSERT(sent <= kLimit.weight);
    }
}

}  // namespace
}  // namespace tradewind::binance
