// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/reconnect.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace tradewind::net {
namespace {

TEST(Reconnector, doubles_its_ceiling_up_to_the_longest_wait) {
    const Reconnector one{{.first = milliseconds(100), .max = seconds(1)}, 1};
    EXPECT_EQ(one.ceiling(1), milliseconds(100));
    EXPECT_EQ(one.ceiling(2), milliseconds(200));
    EXPECT_EQ(one.ceiling(4), milliseconds(800));
    EXPECT_EQ(one.ceiling(5), seconds(1));
    EXPECT_EQ(one.ceiling(1'000'000), seconds(1));
    const Reconnector longest{{.first = {1}, .max = {INT64_MAX}}, 1};
    EXPECT_EQ(longest.ceiling(63), (Duration{std::int64_t{1} << 62U}));
    EXPECT_EQ(longest.ceiling(64), (Duration{INT64_MAX}));
}

TEST(Reconnector, begins_anew_after_a_success) {
    Reconnector one{{.first = milliseconds(100), .max = seconds(60)}, 7};
    for (int i = 0; i < 10; ++i) (void)one.failed();
    EXPECT_EQ(one.failures(), 10U);
    one.succeeded();
    EXPECT_LE(one.failed(), milliseconds(100));
    EXPECT_EQ(one.failures(), 1U);
}

// The mean of a uniform wait is half its ceiling; 4,000 draws keep it within 3 %, six standard
// errors, and every tenth of the range is met.
TEST(Reconnector, spreads_its_waits_over_the_whole_range) {
    Reconnector one{{.first = seconds(1), .max = seconds(1)}, 42};
    double sum = 0;
    std::array<int, 10> met{};
    for (int i = 0; i < 4'000; ++i) {
        const auto wait = one.failed();
        sum += static_cast<double>(wait.ns);
        ++met.at(static_cast<std::size_t>(std::min<std::int64_t>(wait.ns / 100'000'000, 9)));
    }
    EXPECT_NEAR(sum / 4'000 / 1e9, 0.5, 0.03);
    for (const int n : met) EXPECT_GT(n, 300);
}

RC_GTEST_PROP(Reconnector, repeats_itself_for_a_seed_and_stays_below_its_ceiling,
              (std::uint64_t seed)) {
    const BackoffOptions options{
        .first = {*rc::gen::inRange<std::int64_t>(1, 1'000'000'000)},
        .max = {*rc::gen::inRange<std::int64_t>(1'000'000'000, INT64_MAX)}};
    Reconnector a{options, seed};
    Reconnector b{options, seed};
    for (int i = 0; i < 70; ++i) {
        if (*rc::gen::inRange(0, 10) == 0) {
            a.succeeded();
            b.succeeded();
        }
        const auto wait = a.failed();
        RC_ASSERT(wait == b.failed());
        RC_ASSERT(wait.ns >= 0 && wait <= a.ceiling(a.failures()) && wait <= options.max);
    }
}

}  // namespace
}  // namespace tradewind::net
