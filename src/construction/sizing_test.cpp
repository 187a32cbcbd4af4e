// SPDX-License-Identifier: Apache-2.0
#include "construction/sizing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace tradewind::construction {
namespace {

constexpr ContractTerms kShare{.point_value = 1, .lot = 1};

TEST(FixedFraction, is_notional_over_price_rounded_down_to_the_lot) {
    EXPECT_EQ(size_of(FixedFraction{100'000, 33, 0.1, kShare}), 303);
    EXPECT_EQ(size_of(FixedFraction{100'000, 33, 0.1, {.point_value = 1, .lot = 100}}), 300);
    EXPECT_EQ(size_of(FixedFraction{100'000, 33, 0.1, {1, 100, 400}}), 0);  // below the minimum
    EXPECT_DOUBLE_EQ(*size_of(FixedFraction{100'000, 32, 0.1, {.point_value = 1}}), 312.5);
}

TEST(FixedFraction, counts_the_value_of_a_point) {
    // A future of 50 a point at 4,000 is worth 200,000.
    EXPECT_EQ(size_of(FixedFraction{1'000'000, 4000, 1, {.point_value = 50, .lot = 1}}), 5);
}

TEST(FixedRisk, loses_the_risk_at_the_stop) {
    // 1 % of 50,000 over 2.5 ATR of 4 points of 50: 500 / 500.
    const auto distance = atr_stop(4, 2.5);
    ASSERT_EQ(distance, 10);
    EXPECT_EQ(size_of(FixedRisk{50'000, 0.01, *distance, {.point_value = 50, .lot = 1}}), 1);
    EXPECT_EQ(size_of(FixedRisk{49'999, 0.01, *distance, {.point_value = 50, .lot = 1}}), 0);
}

TEST(VolatilityTarget, has_the_deviation_asked_for_up_to_its_largest_size) {
    const double daily = 0.01, annual = daily * std::sqrt(252.0);
    const VolatilityTarget rule{100'000, 50, 0.10, daily, 252, 2, {.point_value = 1}};
    EXPECT_NEAR(*size_of(rule) * 50 / 100'000 * annual, 0.10, 1e-12);
    VolatilityTarget calm = rule;
    calm.volatility = 1e-6;
    EXPECT_DOUBLE_EQ(*size_of(calm), 4000);
    calm.fraction_max.reset();
    EXPECT_EQ(size_of(calm).error().subject, "fraction_max");
}

TEST(Sizing, names_the_input_that_is_not_known_or_not_usable) {
    const auto subject = [](const FixedFraction& rule) { return size_of(rule).error().subject; };
    EXPECT_EQ(subject({std::nullopt, 33, 0.1, kShare}), "equity");
    EXPECT_EQ(subject({1000, std::nullopt, 0.1, kShare}), "price");
    EXPECT_EQ(subject({1000, 33, std::nullopt, kShare}), "fraction");
    EXPECT_EQ(subject({1000, 33, 0.1, {}}), "point_value");
    EXPECT_EQ(subject({1000, 0, 0.1, kShare}), "price");
    EXPECT_EQ(subject({-1, 33, 0.1, kShare}), "equity");
    EXPECT_EQ(subject({NAN, 33, 0.1, kShare}), "equity");
    EXPECT_EQ(size_of(FixedRisk{1000, 0.01, std::nullopt, kShare}).error().subject,
              "stop_distance");
    EXPECT_EQ(size_of(FixedRisk{1000, 1.5, 1, kShare}).error().subject, "risk");
    EXPECT_EQ(size_of(VolatilityTarget{1000, 1, 0.1, 0, 252, 1, kShare}).error().subject,
              "volatility");
    EXPECT_EQ(kelly(BinaryEdge{0.6, 1, std::nullopt}, 1).error().subject, "probability_error");
    EXPECT_EQ(kelly(ContinuousEdge{0.1, std::nullopt, 0}, 1).error().subject, "variance");
    EXPECT_EQ(scale_by_drawdown(std::nullopt, 0.2).error().subject, "drawdown");
    EXPECT_EQ(scale_by_confidence(std::nullopt, {}).error().subject, "confidence");
}

// Kelly 1956: p - q at even odds. Thorp 2006, "The Kelly criterion in blackjack, sports betting and
// the stock market", section 7.1: m = 11 %, r = 6 %, s = 15 % make 2.22.
TEST(Kelly, equals_the_examples_of_kelly_and_thorp) {
    EXPECT_NEAR(*kelly(BinaryEdge{0.53, 1, 0}, 1), 0.06, 1e-15);
    EXPECT_NEAR(*kelly(BinaryEdge{0.5, 2, 0}, 0.5), 0.125, 1e-15);
    EXPECT_EQ(*kelly(BinaryEdge{0.4, 1, 0}, 1), 0);
    EXPECT_NEAR(*kelly(ContinuousEdge{0.11 - 0.06, 0.15 * 0.15, 0}, 1), 2.2222, 1e-4);
    EXPECT_NEAR(*kelly(ContinuousEdge{-0.05, 0.0225, 0}, 1), -2.2222, 1e-4);
}

TEST(Kelly, halves_where_the_edge_is_as_large_as_its_error) {
    EXPECT_NEAR(*kelly(ContinuousEdge{0.05, 0.04, 0.05}, 1), 0.625, 1e-15);
    EXPECT_NEAR(*kelly(BinaryEdge{0.6, 1, 0.1}, 1), 0.1, 1e-15);  // edge 0.2, error 2 * 0.1
}

// The shrunk stake grows fastest on average over edges that scatter by their error.
TEST(Kelly, shrinkage_is_best_among_multiples_of_the_estimate) {
    base::Random random(7);
    const double mean = 0.03, error = 0.04, variance = 0.04;
    const auto growth = [&](double factor) {
        random = base::Random(7);
        double sum = 0;
        for (int i = 0; i < 200'000; ++i) {
            const double stake = factor * (mean + error * random.normal()) / variance;
            sum += stake * mean - stake * stake * variance / 2;
        }
        return sum;
    };
    const double ours = mean * mean / (mean * mean + error * error);
    EXPECT_GT(growth(ours), growth(ours * 1.15));
    EXPECT_GT(growth(ours), growth(ours * 0.85));
}

TEST(Scales, fall_from_1_to_0) {
    EXPECT_EQ(scale_by_confidence(0.5, {}), 0);
    EXPECT_EQ(scale_by_confidence(0.75, {}), 0.5);
    EXPECT_EQ(scale_by_confidence(0.7, {.none = 0.5, .full = 0.6}), 1);
    EXPECT_EQ(scale_by_drawdown(0, 0.2), 1);
    EXPECT_EQ(scale_by_drawdown(0.2, 0.2), 0);
    EXPECT_EQ(scale_by_drawdown(0.3, 0.2), 0);
    EXPECT_NEAR(*scale_by_drawdown(0.1, 0.2), 0.1 / (0.9 * 0.2), 1e-15);
    EXPECT_FALSE(scale_by_drawdown(0.1, 0));
}

RC_GTEST_PROP(SizingProperty, a_stopped_trade_never_loses_more_than_its_risk, ()) {
    base::Random random(*rc::gen::arbitrary<std::uint64_t>());
    const double equity = 1e6 * random.uniform(), risk = 0.05 * random.uniform();
    const double distance = 1e-3 + random.exponential(), point = 1e-2 + random.exponential();
    const double lot = random.uniform() < 0.5 ? 0 : random.uniform();
    const double size = *size_of(FixedRisk{equity, risk, distance, {point, lot}});
    RC_ASSERT(size * distance * point <=
              equity * risk * (1 + 1e-8) + 1e-9 * lot * distance * point);
    RC_ASSERT((size + (lot > 0 ? lot : 1)) * distance * point >= equity * risk * (1 - 1e-9));
}

}  // namespace
}  // namespace tradewind::construction
