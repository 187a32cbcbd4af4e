// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/walk_forward.hpp"

#include <gtest/gtest.h>

#include "support/must.hpp"

namespace tradewind::research {
namespace {

using test::must;

Date date(std::string_view text) { return *parse_date(text); }
CalendarSpan span(std::string_view text) { return *parse_calendar_span(text); }

TEST(CalendarSpan, reads_years_months_weeks_and_days) {
    EXPECT_EQ(span("2y"), (CalendarSpan{.months = 24, .days = 0}));
    EXPECT_EQ(span("6m"), (CalendarSpan{.months = 6, .days = 0}));
    EXPECT_EQ(span("3w"), (CalendarSpan{.months = 0, .days = 21}));
    EXPECT_EQ(span("10d"), (CalendarSpan{.months = 0, .days = 10}));
    for (const char* bad : {"", "6", "m", "0d", "-1m", "6x", "1.5y", "99999999999d"}) {
        EXPECT_FALSE(parse_calendar_span(bad)) << bad;
    }
}

TEST(CalendarSpan, keeps_the_day_of_the_month_where_there_is_one) {
    EXPECT_EQ(later(date("2023-01-31"), span("1m")), date("2023-02-28"));
    EXPECT_EQ(later(date("2024-01-31"), span("1m")), date("2024-02-29"));
    EXPECT_EQ(later(date("2024-02-29"), span("1y")), date("2025-02-28"));
    EXPECT_EQ(later(date("2024-11-15"), span("6m")), date("2025-05-15"));
}

TEST(Folds, roll_through_the_data_and_end_with_it) {
    const auto folds = must(folds_of({.train = span("1y"), .test = span("6m")}, date("2020-01-02"),
                                     date("2022-03-31")));
    ASSERT_EQ(folds.size(), 3U);
    EXPECT_EQ(folds[0], (Fold{.train_from = date("2020-01-02"),
                              .train_to = date("2021-01-02"),
                              .test_from = date("2021-01-02"),
                              .test_to = date("2021-07-02")}));
    EXPECT_EQ(folds[2], (Fold{.train_from = date("2021-01-02"),
                              .train_to = date("2022-01-02"),
                              .test_from = date("2022-01-02"),
                              .test_to = date("2022-04-01")}));
}

TEST(Folds, anchored_ones_begin_with_the_data) {
    const auto folds = must(folds_of({.train = span("1y"), .test = span("6m"), .anchored = true},
                                     date("2020-01-02"), date("2022-03-31")));
    for (const Fold& fold : folds) EXPECT_EQ(fold.train_from, date("2020-01-02"));
    EXPECT_EQ(folds[2].train_to, date("2022-01-02"));
}

TEST(Folds, an_embargo_lies_between_training_and_test) {
    const auto folds =
        must(folds_of({.train = span("1y"), .test = span("6m"), .embargo = span("10d")},
                      date("2020-01-02"), date("2022-03-31")));
    for (const Fold& fold : folds) {
        EXPECT_EQ(fold.test_from, fold.train_to + std::chrono::days{10});
    }
    EXPECT_EQ(folds[1].test_from, folds[0].test_to);
}

TEST(Folds, data_that_are_too_short_are_told) {
    const auto folds =
        folds_of({.train = span("2y"), .test = span("6m")}, date("2020-01-02"), date("2021-03-31"));
    ASSERT_FALSE(folds);
    EXPECT_NE(folds.error().find("2022-01-02"), std::string::npos) << folds.error();
}

TEST(Stability, tells_how_far_choices_wander) {
    const std::vector<std::string> arguments{"fast=0:10", "size=5"};
    const SearchSpace space = must(SearchSpace::parse(arguments));
    const std::vector<Point> chosen{{2, 0}, {4, 0}, {4, 0}, {0, 0}};
    const auto stability = stability_of(space, chosen);
    EXPECT_EQ(stability[0].different, 3U);
    EXPECT_EQ(stability[0].changes, 2U);
    EXPECT_DOUBLE_EQ(*stability[0].share, 1 - (2 + 0 + 4) / 3.0 / 10);
    EXPECT_EQ(stability[1].different, 1U);
    EXPECT_FALSE(stability[1].share);
}

}  // namespace
}  // namespace tradewind::research
