// SPDX-License-Identifier: Apache-2.0
#include "measures/liquidity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tradewind::measures {
namespace {

using Values = std::vector<double>;

TEST(DaysToLiquidate, are_quantity_over_what_we_may_trade_a_day) {
    const Values quantities{1000, -5000, 0};
    const Values volumes{100'000, 25'000, std::nan("")};
    const auto days =
        days_to_liquidate(
            {.quantities = quantities, .daily_volumes = volumes, .participation = 0.1})
            .value();
    EXPECT_EQ(days, (Values{0.1, 2, 0}));
    EXPECT_DOUBLE_EQ(share_liquidated(Values{300, -100, 0}, days, 1), 0.875);
    EXPECT_DOUBLE_EQ(share_liquidated(Values{300, -100, 0}, days, 2), 1);
    EXPECT_DOUBLE_EQ(share_liquidated(Values{300, -100, 0}, days, 0), 0);
    EXPECT_DOUBLE_EQ(share_liquidated({}, {}, 1), 1);
}

TEST(DaysToLiquidate, of_a_position_without_known_volume_is_refused) {
    const Values quantities{1000, -5000};
    const Values unknown{100'000, std::nan("")};
    EXPECT_EQ(
        days_to_liquidate({.quantities = quantities, .daily_volumes = unknown}).error().column, 1U);
    const Values none{0, 25'000};
    EXPECT_EQ(days_to_liquidate({.quantities = quantities, .daily_volumes = none}).error(),
              (Error{.kind = ErrorKind::out_of_range, .column = 0, .value = 0}));
    for (const double participation : {0.0, 1.5, std::nan("")}) {
        EXPECT_EQ(days_to_liquidate({.quantities = quantities,
                                     .daily_volumes = quantities,
                                     .participation = participation})
                      .error()
                      .kind,
                  ErrorKind::out_of_range);
    }
    const Values endless{std::numeric_limits<double>::infinity(), 1};
    EXPECT_EQ(days_to_liquidate({.quantities = endless, .daily_volumes = endless}).error().kind,
              ErrorKind::not_finite);
    EXPECT_EQ(days_to_liquidate({.quantities = quantities, .daily_volumes = {}}).error().kind,
              ErrorKind::wrong_shape);
}

}  // namespace
}  // namespace tradewind::measures
