// SPDX-License-Identifier: Apache-2.0
// What a bar leaves open, decided for us, against us, and by dice.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

/// Long from the open of minute 0; stop and target both lie in the bar of minute 1, which opens at
/// 100: the stop 5 below it, the target 15 above.
constexpr const char* kBoth = R"(bar 0 100 100 100 100 10000
    bar 1 100 116 94 100 10000
    bar 2 100 101 99 100 10000)";
constexpr const char* kBracket = R"(0 buy 1 100 market list=1 oto
    0 sell 2 100 stop_market 95 list=1 parent=1 oco
    0 sell 3 100 limit 115 list=1 parent=1 oco)";

std::vector<std::string> reports_of(const char* market, const char* orders,
                                    const AmbiguityModel& model) {
    Scenario scenario{.market = market, .orders = orders};
    scenario.settings.account = AccountKind::margin;
    scenario.settings.ambiguity = model;
    auto reports = play(scenario).reports;
    std::erase_if(reports, [](const std::string& line) {
        return line.ends_with(" accepted") || line.ends_with(" triggered");
    });
    return reports;
}

bool target_fills(const char* market, std::uint64_t seed) {
    const auto reports = reports_of(market, kBracket, {.kind = Ambiguity::drawn, .seed = seed});
    return std::ranges::any_of(reports,
                               [](const std::string& line) { return line.contains(" 3 filled"); });
}

TEST(Ambiguity, stop_comes_first_for_the_pessimist) {
    EXPECT_EQ(reports_of(kBoth, kBracket, {}), lines_of(R"(0:00 1 filled 100@100 taker
        2:00 2 filled 100@95 taker ambiguous
        2:00 3 canceled contingency)"));
}

TEST(Ambiguity, target_comes_first_for_the_optimist) {
    EXPECT_EQ(reports_of(kBoth, kBracket, {.kind = Ambiguity::optimistic}),
              lines_of(R"(0:00 1 filled 100@100 taker
        2:00 3 filled 100@115 maker ambiguous
        2:00 2 canceled contingency)"));
}

TEST(Ambiguity, stop_alone_in_the_bar_fills_for_everybody) {
    const char* market = R"(bar 0 100 100 100 100 10000
        bar 1 100 101 94 100 10000)";
    const auto stopped = lines_of(R"(0:00 1 filled 100@100 taker
        2:00 2 filled 100@95 taker
        2:00 3 canceled contingency)");
    for (const Ambiguity kind : {Ambiguity::pessimistic, Ambiguity::optimistic, Ambiguity::drawn}) {
        EXPECT_EQ(reports_of(market, kBracket, {.kind = kind, .seed = 3}), stopped);
    }
}

/// A driftless walk from 100 comes to 115 before 95 with probability 5 / 20 (gambler's ruin); of
/// 2,000 throws 500, give or take four standard deviations of 19.4.
TEST(Ambiguity, nearer_price_is_drawn_as_the_gamblers_ruin_says) {
    int targets = 0;
    for (std::uint64_t seed = 0; seed < 2'000; ++seed) targets += target_fills(kBoth, seed) ? 1 : 0;
    EXPECT_NEAR(targets, 500, 78);
}

TEST(Ambiguity, one_seed_throws_the_same_again) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        EXPECT_EQ(target_fills(kBoth, seed), target_fills(kBoth, seed));
    }
}

// --- exits after an entry inside the bar --------------------------------------------------------

/// The entry is a limit at 98 in the bar of minute 1: the target at 103 may have come before it.
constexpr const char* kEntry = R"(bar 0 100 100 100 100 10000
    bar 1 100 104 97 100 10000
    bar 2 100 101 99 100 10000)";
constexpr const char* kLimitEntry = R"(0 buy 1 100 limit 98 list=1 oto
    0 sell 2 100 stop_market 90 list=1 parent=1 oco
    0 sell 3 100 limit 103 list=1 parent=1 oco)";

TEST(Ambiguity, target_after_an_entry_inside_counts_for_the_optimist_alone) {
    EXPECT_EQ(reports_of(kEntry, kLimitEntry, {}), lines_of(R"(2:00 1 filled 100@98 maker
        3:00 2 canceled end_of_data
        3:00 3 canceled end_of_data)"));
    EXPECT_EQ(reports_of(kEntry, kLimitEntry, {.kind = Ambiguity::optimistic}),
              lines_of(R"(2:00 1 filled 100@98 maker
        2:00 3 filled 100@103 maker ambiguous
        2:00 2 canceled contingency)"));
}

/// The bar closes beyond the stop: whatever came first, the price went through it after the entry.
TEST(Ambiguity, stop_beyond_which_the_bar_closes_fills_for_the_optimist_too) {
    const char* market = R"(bar 0 100 100 100 100 10000
        bar 1 100 104 94 95 10000)";
    const char* orders = R"(0 buy 1 100 stop_market 102 list=1 oto
        0 sell 2 100 stop_market 97 list=1 parent=1 oco)";
    for (const Ambiguity kind : {Ambiguity::pessimistic, Ambiguity::optimistic}) {
        const auto reports = reports_of(market, orders, {.kind = kind});
        EXPECT_TRUE(std::ranges::any_of(
            reports, [](const std::string& line) { return line.contains(" 2 filled 100@97"); }));
    }
}

TEST(Ambiguity, stop_that_may_lie_before_the_entry_is_passed_over_by_the_optimist) {
    const char* market = R"(bar 0 100 100 100 100 10000
        bar 1 100 104 96 103 10000
        bar 2 103 103 103 103 10000)";
    const char* orders = R"(0 buy 1 100 stop_market 102 list=1 oto
        0 sell 2 100 stop_market 97 list=1 parent=1 oco)";
    EXPECT_EQ(reports_of(market, orders, {}), lines_of(R"(2:00 1 filled 100@102 taker
        2:00 2 filled 100@97 taker ambiguous)"));
    EXPECT_EQ(reports_of(market, orders, {.kind = Ambiguity::optimistic}),
              lines_of(R"(2:00 1 filled 100@102 taker
        3:00 2 canceled end_of_data)"));
}

}  // namespace
}  // namespace tradewind::sim
