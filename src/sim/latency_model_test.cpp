// SPDX-License-Identifier: Apache-2.0
#include "sim/latency_model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

LatencyModel model(LatencyKind kind, Duration first, Duration second = {},
                   std::int64_t spread = 0) {
    LatencyModel out;
    out.kind = kind;
    out.first = first;
    out.second = second;
    out.spread = spread;
    return out;
}

/// One a second from the epoch on.
LatencyModel recorded(LatencyKind kind, const std::vector<Duration>& values) {
    LatencyModel out;
    out.kind = kind;
    for (const Duration value : values) {
        const auto at = static_cast<std::int64_t>(out.measured.size());
        out.measured.push_back({.at = Timestamp{} + seconds(at), .latency = value});
    }
    return out;
}

std::vector<double> drawn_ns(const LatencyModel& of, std::uint64_t seed, std::size_t count) {
    LatencySource source{of, seed};
    std::vector<double> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(static_cast<double>(source.next(Timestamp{}).ns));
    }
    return out;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
    const double middle = mean(values);
    double sum = 0.0;
    for (const double value : values) sum += (value - middle) * (value - middle);
    return std::sqrt(sum / static_cast<double>(values.size()));
}

constexpr std::size_t kDraws = 20'000;

// --- what is drawn ------------------------------------------------------------------------------

TEST(LatencyModel, repeats_with_its_seed_and_differs_with_another) {
    const LatencyModel of = model(LatencyKind::normal, milliseconds(5), milliseconds(1));
    EXPECT_EQ(drawn_ns(of, 7, 100), drawn_ns(of, 7, 100));
    EXPECT_NE(drawn_ns(of, 7, 100), drawn_ns(of, 8, 100));
}

/// Mean (a + b) / 2 and deviation (b - a) / sqrt(12) of the uniform distribution.
TEST(LatencyModel, draws_uniformly_between_both_ends) {
    const auto all =
        drawn_ns(model(LatencyKind::uniform, milliseconds(1), milliseconds(5)), 1, kDraws);
    EXPECT_GE(std::ranges::min(all), 1e6);
    EXPECT_LE(std::ranges::max(all), 5e6);
    EXPECT_NEAR(mean(all), 3e6, 0.04e6);
    EXPECT_NEAR(deviation(all), 4e6 / std::sqrt(12.0), 0.04e6);
    const auto narrow = drawn_ns(model(LatencyKind::uniform, {3}, {4}), 1, 100);
    EXPECT_EQ(std::ranges::min(narrow), 3);
    EXPECT_EQ(std::ranges::max(narrow), 4);
}

/// A normal of mean 0 cut below zero is half-normal: mean sigma sqrt(2 / pi).
TEST(LatencyModel, draws_a_normal_that_is_never_below_zero) {
    const auto far =
        drawn_ns(model(LatencyKind::normal, milliseconds(5), milliseconds(1)), 1, kDraws);
    EXPECT_NEAR(mean(far), 5e6, 0.03e6);
    EXPECT_NEAR(deviation(far), 1e6, 0.03e6);
    const auto half = drawn_ns(model(LatencyKind::normal, {}, milliseconds(1)), 1, kDraws);
    EXPECT_GE(std::ranges::min(half), 0.0);
    EXPECT_NEAR(mean(half), 1e6 * std::sqrt(2.0 / 3.14159265358979), 0.02e6);
}

/// Median m and mean m exp(s^2 / 2) of the log-normal distribution.
TEST(LatencyModel, draws_a_log_normal_of_its_median) {
    auto all =
        drawn_ns(model(LatencyKind::log_normal, milliseconds(5), {}, 500'000'000), 1, kDraws);
    EXPECT_NEAR(mean(all), 5e6 * std::exp(0.125), 0.1e6);
    std::ranges::nth_element(all, all.begin() + kDraws / 2);
    EXPECT_NEAR(all[kDraws / 2], 5e6, 0.1e6);
}

TEST(LatencyModel, takes_recorded_values_in_turn_or_by_time) {
    const LatencyModel turn = recorded(LatencyKind::cycled, {{10}, {20}, {30}});
    LatencySource in_turn{turn, 1};
    std::vector<std::int64_t> got;
    for (int i = 0; i < 5; ++i) got.push_back(in_turn.next(Timestamp{}).ns);
    EXPECT_EQ(got, (std::vector<std::int64_t>{10, 20, 30, 10, 20}));

    const LatencyModel timed = recorded(LatencyKind::by_time, {{10}, {20}, {30}});
    LatencySource by_time{timed, 1};
    got.clear();
    for (const int at : {-5, 0, 1, 1, 9}) got.push_back(by_time.next(Timestamp{} + seconds(at)).ns);
    EXPECT_EQ(got, (std::vector<std::int64_t>{10, 10, 20, 20, 30}));
}

TEST(LatencyModel, says_what_is_wrong_with_it) {
    EXPECT_EQ(fault_of(Duration{-1}), "latency -1 ns is negative");
    EXPECT_EQ(fault_of(model(LatencyKind::uniform, {5}, {4})),
              "a uniform latency from 5ns to 4ns: the greatest comes second");
    EXPECT_EQ(fault_of(recorded(LatencyKind::cycled, {})), "a recorded latency has no rows");
    EXPECT_EQ(fault_of(recorded(LatencyKind::cycled, {{1}, {-2}})),
              "recorded latency -2 ns is negative");
    LatencyModel back = recorded(LatencyKind::by_time, {{1}, {2}});
    std::swap(back.measured[0].at, back.measured[1].at);
    EXPECT_EQ(fault_of(back), "recorded latencies go back in time at 1970-01-01T00:00:00Z");
    EXPECT_FALSE(fault_of(recorded(LatencyKind::by_time, {{1}, {2}})));
}

// --- what it does to orders ---------------------------------------------------------------------

constexpr const char* kQuotes = R"(
    quote 0:10 99 101 50 50
    quote 0:20 99 101 50 50
    quote 0:30 97 98 50 50
    quote 0:40 97 98 50 50)";

Scenario on_quotes(const char* orders, Latencies latencies) {
    Scenario out{.market = kQuotes, .orders = orders};
    out.settings.latencies = std::move(latencies);
    return out;
}

void expect_reports(const Scenario& scenario, const char* expected) {
    EXPECT_EQ(play(scenario).reports, lines_of(expected));
}

/// SEMANTICS, scenario 14: a late acknowledgement.
TEST(Latency, fill_overtakes_its_late_acknowledgement_where_reports_may) {
    Latencies latencies{.report = recorded(LatencyKind::cycled, {seconds(15), milliseconds(1)})};
    const char* orders = "0:10 buy 1 10 limit 101";
    expect_reports(on_quotes(orders, latencies),
                   R"(0:25 1 accepted
                      0:25 1 filled 10@101 taker)");
    latencies.reports = ReportOrder::as_they_come;
    expect_reports(on_quotes(orders, latencies),
                   R"(0:10.001000000 1 filled 10@101 taker
                      0:25 1 accepted)");
}

/// SEMANTICS, scenario 15: the cancel is sent in time and arrives too late.
TEST(Latency, cancel_that_takes_50_ms_loses_its_race_with_a_fill) {
    Scenario scenario{.market = R"(
        quote 0:10 99 101 50 50
        quote 0:29.99 99 101 50 50
        quote 0:30 97 98 50 50
        quote 0:40 97 98 50 50)",
                      .orders = R"(
        0:10 buy 1 10 limit 98.5
        0:29.99 cancel 1)"};
    const Duration ms50 = milliseconds(50);
    scenario.settings.latencies = {.insert = ms50, .replace = ms50, .cancel = ms50, .report = ms50};
    expect_reports(scenario,
                   R"(0:10.100000000 1 accepted
                      0:30.050000000 1 filled 10@98.5 maker
                      0:30.090000000 1 cancel_rejected unknown_order)");
    scenario.settings.latencies.cancel = milliseconds(5);
    expect_reports(scenario,
                   R"(0:10.100000000 1 accepted
                      0:30.045000000 1 canceled requested)");
}

TEST(Latency, replace_meets_the_order_as_it_stands_when_it_arrives) {
    const Duration slow = seconds(15);
    const char* orders = R"(
        0:10 buy 1 10 limit 98
        0:20 replace 1 limit=97.5)";
    expect_reports(on_quotes(orders, {.replace = slow}),
                   R"(0:10 1 accepted
                      0:30 1 filled 10@98 maker
                      0:35 1 replace_rejected unknown_order)");
    expect_reports(on_quotes(orders, {.replace = seconds(5)}),
                   R"(0:10 1 accepted
                      0:25 1 replaced qty=10 limit=97.5
                      0:40 1 canceled end_of_data)");
}

TEST(Latency, cancel_overtakes_the_order_that_it_is_for) {
    expect_reports(on_quotes(R"(
        0:10 buy 1 10 limit 90
        0:10 cancel 1)",
                             {.insert = seconds(5), .cancel = seconds(1)}),
                   R"(0:11 1 cancel_rejected unknown_order
                      0:15 1 accepted
                      0:40 1 canceled end_of_data)");
}

// --- market data --------------------------------------------------------------------------------

/// The venue fills on a quote that we have not seen yet, and what we answer arrives later still.
TEST(Latency, venue_meets_the_market_before_we_hear_of_it) {
    const testing::Outcome out = play(on_quotes(R"(
        0:10 buy 1 10 limit 98
        0:15 buy 2 10 limit 98)",
                                                {.market_data = seconds(5)}));
    EXPECT_EQ(out.events, lines_of(R"(0:10 cash_flow
        0:10 order
        0:15 quote
        0:15 order
        0:25 quote
        0:30 order
        0:30 order
        0:35 quote
        0:45 quote
        0:45 end_of_data)"));
}

}  // namespace
}  // namespace tradewind::sim
