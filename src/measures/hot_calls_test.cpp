// SPDX-License-Identifier: Apache-2.0
// What a trading loop calls asks for no memory.
#include <gtest/gtest.h>

#include "measures/correlation_alarm.hpp"
#include "measures/covariance.hpp"
#include "measures/drawdown.hpp"
#include "measures/reference_for_tests.hpp"
#include "measures/scenario_risk.hpp"
#include "measures/volatility.hpp"
#include "support/counted_new.hpp"

namespace tradewind::measures {
namespace {

template <typename Call>
std::size_t allocations_of(Call call) {
    const std::size_t before = support::allocations;
    EXPECT_TRUE(call());
    return support::allocations - before;
}

TEST(HotCalls, of_covariance_allocate_nothing) {
    EwmaCovariance ewma = EwmaCovariance::create({.instruments = 3}).value();
    const std::vector<double> row{0.01, -0.02, 0.03};
    const std::vector<double> holes{0.01, std::nan(""), 0.03};
    EXPECT_EQ(allocations_of([&] { return ewma.update(row).has_value(); }), 0U);
    EXPECT_EQ(allocations_of([&] { return ewma.update(holes).has_value(); }), 0U);
    EXPECT_EQ(allocations_of([&] { return ewma.variance_of(row).has_value(); }), 0U);
    EXPECT_EQ(allocations_of([&] { return ewma.covariance(0, 1).has_value(); }), 0U);
    EXPECT_GT(allocations_of([&] { return ewma.matrix().has_value(); }), 0U);  // it does count
}

TEST(HotCalls, of_an_order_allocate_nothing) {
    const OwnedTable scenarios = random_returns(1, 200, 4);
    auto risk = ScenarioRisk::create({.scenarios = scenarios.view()}).value();
    const ExposureChange order{.instrument = 2, .exposure = 100};
    EXPECT_EQ(allocations_of([&] { return risk.risk_with({&order, 1}).has_value(); }), 0U);
    EXPECT_EQ(allocations_of([&] { return risk.apply(order).has_value(); }), 0U);
    EXPECT_EQ(allocations_of([&] { return risk.risk().var > 0; }), 0U);
}

TEST(HotCalls, of_trackers_allocate_nothing) {
    TrailingVolatility trailing(2);
    DrawdownTracker drawdown;
    auto alarm = CorrelationAlarm::create({.history = 2}).value();
    for (const double value : {0.1, 0.2, 0.3}) {
        EXPECT_EQ(allocations_of([&] { return trailing.update(value).has_value(); }), 0U);
        EXPECT_EQ(allocations_of([&] { return drawdown.update(value).has_value(); }), 0U);
        EXPECT_EQ(allocations_of([&] { return alarm.update(value).has_value(); }), 0U);
    }
    EXPECT_EQ(allocations_of([&] { return trailing.value().has_value(); }), 0U);
}

}  // namespace
}  // namespace tradewind::measures
