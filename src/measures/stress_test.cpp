// SPDX-License-Identifier: Apache-2.0
#include "measures/stress.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "measures/reference_for_tests.hpp"

namespace tradewind::measures {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Parts = std::vector<double>;

TEST(Shock, adds_up_what_each_position_loses) {
    const StressLoss out = shock(Parts{100, -50, 0}, Parts{-0.2, -0.1, kNaN}).value();
    EXPECT_DOUBLE_EQ(out.loss, 15);
    EXPECT_EQ(out.parts, (Parts{20, -5, 0}));
    EXPECT_EQ(shock(Parts{100, 1}, Parts{-0.2, kNaN}).error().column, 1U);
    EXPECT_EQ(shock(Parts{100}, Parts{-0.2, 0.1}).error().kind, ErrorKind::wrong_shape);
}

TEST(Shock, of_factors_goes_through_betas) {
    const Parts betas{1.5, 0, 0.5, -1, kNaN, kNaN};
    const StressLoss out =
        shock_factors(Parts{100, 200, 0}, {.values = betas, .columns = 2}, Parts{-0.1, 0.02})
            .value();
    EXPECT_NEAR(out.parts[0], 15, 1e-12);
    EXPECT_NEAR(out.parts[1], 14, 1e-12);
    EXPECT_NEAR(out.loss, 29, 1e-12);
    EXPECT_EQ(
        shock_factors(Parts{1, 1, 1}, {.values = betas, .columns = 2}, Parts{1, 1}).error().column,
        2U);
}

TEST(Crises, are_in_order_and_have_names_of_their_own) {
    const auto crises = named_crises();
    ASSERT_GE(crises.size(), 8U);
    for (std::size_t i = 0; i < crises.size(); ++i) {
        EXPECT_LT(crises[i].first, crises[i].last);
        if (i == 0) continue;
        EXPECT_LT(crises[i - 1].first, crises[i].first);
        EXPECT_EQ(std::ranges::count(crises, crises[i].name, &Crisis::name), 1);
    }
    const auto covid = std::ranges::find(crises, "covid-2020", &Crisis::name);
    EXPECT_EQ(to_string(covid->first), "2020-02-20");
    EXPECT_EQ(to_string(covid->last), "2020-03-23");
}

TEST(WorstLoss, is_of_the_worst_span_with_returns_compounded) {
    // One long, one short; by hand.
    const Parts returns{-0.1, 0.0, -0.1, 0.1, 0.2, 0.0, -0.05, -0.2};
    const auto one_day = worst_loss({.values = returns, .columns = 2}, Parts{100, -50}, 1).value();
    EXPECT_NEAR(one_day.loss, 15, 1e-12);
    EXPECT_EQ(one_day.first, 1U);
    const auto two_days = worst_loss({.values = returns, .columns = 2}, Parts{100, -50}, 2).value();
    EXPECT_NEAR(two_days.loss, 100 * (1 - 0.81) + 50 * 0.1, 1e-12);
    EXPECT_EQ(two_days.first, 0U);
    EXPECT_EQ(two_days.last, 1U);
    EXPECT_NEAR(two_days.parts[0] + two_days.parts[1], two_days.loss, 1e-12);
    EXPECT_EQ(worst_loss({.values = returns, .columns = 2}, Parts{1, 1}, 5).error(),
              (Error{.kind = ErrorKind::too_few_rows, .row = 4, .value = 5}));
    EXPECT_EQ(worst_loss({.values = returns, .columns = 2}, Parts{1, 1}, 0).error().kind,
              ErrorKind::out_of_range);
}

TEST(FillWindow, takes_beta_then_the_class_then_all) {
    const Parts returns{-0.02, -0.05, kNaN, kNaN, kNaN,  //
                        -0.01, 0.03,  kNaN, kNaN, kNaN};
    const std::vector<std::size_t> classes{0, 0, 0, 1, 2};
    const Parts exposures{1, 1, -1, 1, 0};
    const Parts market{-0.04, 0.02};
    const Parts betas{kNaN, kNaN, kNaN, kNaN, kNaN};
    CrisisWindow window{.returns = {.values = returns, .columns = 5},
                        .exposures = exposures,
                        .classes = classes,
                        .market = market,
                        .betas = betas};
    const FilledWindow out = fill_window(window).value();
    // The short one meets the best return of its class; the long one of class 1 the worst of all.
    EXPECT_EQ(out.values, (Parts{-0.02, -0.05, -0.02, -0.05, 0, -0.01, 0.03, 0.03, -0.01, 0}));
    EXPECT_EQ(out.instruments,
              (std::vector{FilledFrom::data, FilledFrom::data, FilledFrom::worst_of_class,
                           FilledFrom::worst_of_all, FilledFrom::data}));

    const Parts known{1, 1, 2, 0.5, 1};
    window.betas = known;
    const FilledWindow by_beta = fill_window(window).value();
    EXPECT_DOUBLE_EQ(by_beta.values[2], -0.08);
    EXPECT_DOUBLE_EQ(by_beta.values[8], 0.01);
    EXPECT_EQ(by_beta.instruments[2], FilledFrom::market);
}

TEST(FillWindow, refuses_a_day_of_which_nothing_is_known) {
    const Parts returns{-0.02, kNaN, kNaN, kNaN};
    const std::vector<std::size_t> classes{0, 0};
    const Parts exposures{1, 1};
    CrisisWindow window{
        .returns = {.values = returns, .columns = 2}, .exposures = exposures, .classes = classes};
    EXPECT_EQ(fill_window(window).error(),
              (Error{.kind = ErrorKind::missing_value, .row = 1, .column = 0}));
    const Parts market{-0.04, -0.06};
    window.market = market;
    EXPECT_EQ(fill_window(window).value().values, (Parts{-0.02, -0.02, -0.06, -0.06}));
    window.classes = std::span(classes).first(1);
    EXPECT_EQ(fill_window(window).error().kind, ErrorKind::wrong_shape);
}

}  // namespace
}  // namespace tradewind::measures
