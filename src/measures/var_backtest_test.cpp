// SPDX-License-Identifier: Apache-2.0
#include "measures/var_backtest.hpp"

#include <gtest/gtest.h>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

/// So many exceedances of a VaR of 1 in a year, evenly spread.
VarBacktest year_with(std::size_t exceedances) {
    std::vector<double> pnl(250, 0.5);
    for (std::size_t i = 0; i < exceedances; ++i) pnl[20 * i + 3] = -2;
    const std::vector<double> var(250, 1.0);
    return backtest_var({.pnl = pnl, .var = var, .tail = 0.01}).value();
}

void expect_ratio(const LikelihoodRatio& ours, double statistic, double p_value) {
    EXPECT_NEAR(ours.statistic, statistic, 1e-9 * (1 + statistic));
    EXPECT_NEAR(ours.p_value, p_value, 1e-9);
}

// The papers' formulas written out in numpy, p-values by scipy.
TEST(VarBacktest, equals_the_papers) {
    const auto cases = reference("backtest");
    ASSERT_EQ(cases.size(), 4U);
    for (const auto& one : cases) {
        const auto pnl = numbers_of(one["pnl"]);
        const auto var = numbers_of(one["var"]);
        const auto es = numbers_of(one["es"]);
        const auto ours =
            backtest_var({.pnl = pnl, .var = var, .es = es, .tail = one["tail"]}).value();
        EXPECT_EQ(ours.exceedances, one["exceedances"].get<std::vector<std::size_t>>());
        expect_ratio(ours.kupiec, one["kupiec"], one["kupiec_p"]);
        EXPECT_EQ(static_cast<int>(ours.light), one["light"].get<int>());
        EXPECT_NEAR(*ours.es_unconditional, one["es_unconditional"], 1e-9);
        ASSERT_EQ(ours.independence.has_value(), one.contains("independence"));
        ASSERT_EQ(ours.es_given_exceedance.has_value(), one.contains("independence"));
        if (!ours.independence) continue;
        expect_ratio(*ours.independence, one["independence"], one["independence_p"]);
        expect_ratio(*ours.conditional_coverage, one["conditional"], one["conditional_p"]);
        EXPECT_NEAR(*ours.es_given_exceedance, one["es_given_exceedance"], 1e-9);
    }
}

// Kupiec (1995) as tabulated by Jorion, "Value at risk" (2006), table 6-2: at 99 % over 252 days up
// to 6 exceedances pass at 5 %, 7 do not.
TEST(VarBacktest, refuses_a_var_from_the_tabulated_number_of_exceedances_on) {
    EXPECT_GT(year_with(6).kupiec.p_value, 0.05);
    EXPECT_LT(year_with(7).kupiec.p_value, 0.05);
}

// Basel Committee (1996), table 2.
TEST(VarBacktest, shows_the_lights_and_multipliers_of_the_basel_table) {
    EXPECT_EQ(year_with(0).light, TrafficLight::green);
    EXPECT_EQ(year_with(4).light, TrafficLight::green);
    EXPECT_EQ(year_with(5).light, TrafficLight::yellow);
    EXPECT_EQ(year_with(9).light, TrafficLight::yellow);
    EXPECT_EQ(year_with(10).light, TrafficLight::red);
    EXPECT_EQ(*year_with(4).capital_multiplier, 3.0);
    EXPECT_EQ(*year_with(7).capital_multiplier, 3.65);
    EXPECT_EQ(*year_with(12).capital_multiplier, 4.0);
}

TEST(VarBacktest, sees_exceedances_that_come_together) {
    std::vector<double> pnl(500, 0.5);
    for (std::size_t i = 100; i < 112; ++i) pnl[i] = -2;
    for (std::size_t i = 300; i < 313; ++i) pnl[i] = -2;
    const std::vector<double> var(500, 1.0);
    const auto out = backtest_var({.pnl = pnl, .var = var, .tail = 0.05}).value();
    EXPECT_GT(out.kupiec.p_value, 0.9);
    EXPECT_LT(out.independence->p_value, 1e-10);
    EXPECT_FALSE(out.capital_multiplier.has_value());
    EXPECT_FALSE(out.es_unconditional.has_value());
}

TEST(VarBacktest, names_the_forecast_that_it_cannot_use) {
    const std::vector<double> pnl{0.1, -2, 0.3};
    const std::vector<double> holes{1, 1, std::numeric_limits<double>::quiet_NaN()};
    const std::vector<double> var{1, 1, 1};
    const std::vector<double> es{1, 0, 1};
    EXPECT_EQ(backtest_var({.pnl = pnl, .var = holes}).error().row, 2U);
    EXPECT_EQ(backtest_var({.pnl = pnl, .var = {}}).error().kind, ErrorKind::wrong_shape);
    EXPECT_EQ(backtest_var({}).error().kind, ErrorKind::empty);
    EXPECT_EQ(backtest_var({.pnl = pnl, .var = var, .tail = 0}).error().kind,
              ErrorKind::out_of_range);
    EXPECT_EQ(backtest_var({.pnl = pnl, .var = var, .es = es}).error(),
              (Error{.kind = ErrorKind::out_of_range, .row = 1, .value = 0}));
}

}  // namespace
}  // namespace tradewind::measures
