// SPDX-License-Identifier: Apache-2.0
#include "signal/forecast.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace tradewind::signal {
namespace {

constexpr double kCost = 0.001;

Prediction expecting(double expected_return, double up = 0.6) {
    return {.instrument = {},
            .known_at = {},
            .horizon_rows = 5,
            .up = up,
            .down = 1 - up,
            .expected_return = expected_return,
            .return_low = expected_return - 0.01,
            .return_high = expected_return + 0.01};
}

ForecastRule rule() { return {.cost = kCost, .enter = 2, .leave = 0.5, .full = 4, .shorts = true}; }

TEST(ForecastRule, enters_only_where_the_expected_return_pays_its_cost) {
    EXPECT_EQ(rule().read(expecting(1.9 * kCost), 0).direction, 0);
    EXPECT_EQ(rule().read(expecting(2.1 * kCost), 0).direction, 1);
    EXPECT_EQ(rule().read(expecting(-2.1 * kCost), 0).direction, -1);
    EXPECT_EQ(rule().read(expecting(0), 0).direction, 0);
}

TEST(ForecastRule, keeps_a_position_until_it_is_worth_less_than_leaving_it) {
    EXPECT_EQ(rule().read(expecting(0.6 * kCost), 1).direction, 1);
    EXPECT_EQ(rule().read(expecting(0.4 * kCost), 1).direction, 0);
    EXPECT_EQ(rule().read(expecting(-0.6 * kCost), 1).direction, 0);  // not enough to turn round
    EXPECT_EQ(rule().read(expecting(-2.1 * kCost), 1).direction, -1);
}

TEST(ForecastRule, sizes_by_how_often_the_cost_is_paid) {
    EXPECT_DOUBLE_EQ(rule().read(expecting(3 * kCost), 0).strength, 0.75);
    EXPECT_DOUBLE_EQ(rule().read(expecting(40 * kCost), 0).strength, 1);
    ForecastRule free = rule();
    free.cost = 0;
    EXPECT_DOUBLE_EQ(free.read(expecting(1e-9), 0).strength, 1);
}

TEST(ForecastRule, stays_out_of_shorts_and_of_what_is_not_sure_unless_allowed) {
    ForecastRule strict = rule();
    strict.shorts = false;
    EXPECT_EQ(strict.read(expecting(-9 * kCost), 0).direction, 0);
    strict.confidence = 0.3;  // 0.6 against 0.4 is 0.2
    EXPECT_EQ(strict.read(expecting(9 * kCost), 0).direction, 0);
    EXPECT_EQ(strict.read(expecting(9 * kCost), 1).direction, 1);  // but it keeps what it has
    strict.confidence = 0;
    strict.needs_interval = true;
    EXPECT_EQ(strict.read(expecting(9 * kCost), 0).direction, 0);  // low is below 0
    EXPECT_EQ(strict.read(expecting(0.02), 0).direction, 1);
}

Prediction believed(double expected_return, std::optional<double> meta) {
    Prediction out = expecting(expected_return);
    out.meta = meta;
    return out;
}

TEST(ForecastRule, speaks_only_where_the_meta_model_believes_it) {
    ForecastRule doubting = rule();
    EXPECT_TRUE(doubting.speaks(believed(0.1, std::nullopt)));
    doubting.act = 0.55;
    EXPECT_FALSE(doubting.speaks(believed(0.1, std::nullopt)));
    EXPECT_FALSE(doubting.speaks(believed(0.1, 0.55)));
    EXPECT_TRUE(doubting.speaks(believed(0.1, 0.56)));
    Prediction abstaining = believed(0, 0.9);
    abstaining.abstains = Abstention::unsure;
    EXPECT_FALSE(doubting.speaks(abstaining));
}

TEST(ForecastRule, bets_by_what_the_meta_model_says) {
    ForecastRule betting = rule();
    betting.bet = Bet::meta;
    betting.step = 0;
    // 2 Phi(0.75) - 1
    EXPECT_NEAR(betting.read(believed(9 * kCost, 0.8), 0).strength, 0.5467452952462636, 1e-12);
    EXPECT_EQ(betting.read(believed(-9 * kCost, 0.8), 0).direction, -1);
    EXPECT_EQ(betting.read(believed(9 * kCost, 0.5), 0).direction, 0);
    EXPECT_EQ(betting.read(believed(9 * kCost, std::nullopt), 0).direction, 0);
    EXPECT_EQ(betting.read(believed(kCost, 0.8), 0).direction, 0);  // does not pay its cost
    betting.step = 0.25;
    EXPECT_DOUBLE_EQ(betting.read(believed(9 * kCost, 0.8), 0).strength, 0.5);
    EXPECT_EQ(betting.read(believed(9 * kCost, 0.51), 0).direction, 0);  // rounds to nothing
}

TEST(ForecastRule, bets_by_its_confidence) {
    ForecastRule betting = rule();
    betting.bet = Bet::confidence;
    Prediction row = expecting(9 * kCost);
    row.up = 0.6;
    EXPECT_NEAR(betting.read(row, 0).strength, 0.4, 1e-12);  // of the way from 1/2 to 3/4
    row.up = 0.9;
    EXPECT_EQ(betting.read(row, 0).strength, 1);
    row.up = 0.5;
    EXPECT_EQ(betting.read(row, 0).direction, 0);
}

TEST(ForecastRule, stakes_a_share_of_kellys_fraction_that_its_error_shrinks) {
    ForecastRule betting = rule();
    betting.bet = Bet::kelly;
    betting.kelly_error = 0;
    Prediction row = expecting(9 * kCost);
    constexpr double kDeviation = 0.2;
    row.return_low = row.expected_return - 1.6448536269514722 * kDeviation;
    row.return_high = row.expected_return + 1.6448536269514722 * kDeviation;
    const double edge = 8 * kCost;
    EXPECT_NEAR(betting.read(row, 0).strength, 0.5 * edge / (kDeviation * kDeviation), 1e-12);
    // an edge as large as its error stakes half of that
    betting.kelly_error = edge / kDeviation;
    EXPECT_NEAR(betting.read(row, 0).strength, 0.25 * edge / (kDeviation * kDeviation), 1e-12);
    row.return_low = row.return_high = row.expected_return;
    EXPECT_EQ(betting.read(row, 0).direction, 0);  // how far it goes is not known
}

RC_GTEST_PROP(BetSize, rises_with_the_probability_from_nothing_to_all, (double a, double b)) {
    const auto share = [](double x) { return x - std::floor(x); };
    const double low = std::min(share(a), share(b)), high = std::max(share(a), share(b));
    RC_PRE(std::isfinite(low) && std::isfinite(high));
    for (const double step : {0.0, 0.1, 0.3, 1.0}) {
        RC_ASSERT(bet_size(low, step) <= bet_size(high, step));
        RC_ASSERT(bet_size(low, step) >= 0 && bet_size(high, step) <= 1);
        RC_ASSERT(low > 0.5 || bet_size(low, step) == 0);
    }
    RC_ASSERT(bet_size(1, 0.3) == 1);
}

}  // namespace
}  // namespace tradewind::signal
