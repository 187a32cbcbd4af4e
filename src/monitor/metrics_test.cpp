// SPDX-License-Identifier: Apache-2.0
// Definitions and edges. Values against other libraries stand in
// src/research/metrics_reference_test.cpp.
#include "monitor/metrics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

namespace tradewind::monitor {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<EquityPoint> curve(std::initializer_list<double> equity) {
    std::vector<EquityPoint> points;
    Timestamp ts{};
    for (const double value : equity) {
        points.push_back({ts, value});
        ts = ts + days(1);
    }
    return points;
}

Metrics metrics_of(const std::vector<EquityPoint>& equity) {
    const auto metrics = compute({.equity = equity});
    EXPECT_TRUE(metrics.has_value());
    return *metrics;
}

ClosedTrade trade(std::int64_t net, Duration held = days(1)) {
    return {
        .exit_ts = Timestamp{} + held, .gross_pnl = whole_money(net), .net_pnl = whole_money(net)};
}

void expect_no_ratio(const Metrics& m) {
    EXPECT_FALSE(m.sharpe.has_value());
    EXPECT_FALSE(m.sharpe_ci_low.has_value());
    EXPECT_FALSE(m.sharpe_adjusted.has_value());
    EXPECT_FALSE(m.psr.has_value());
    EXPECT_FALSE(m.dsr.has_value());
    EXPECT_FALSE(m.sortino.has_value());
    EXPECT_FALSE(m.calmar.has_value());
    EXPECT_FALSE(m.omega.has_value());
}

TEST(Metrics, are_undefined_without_samples) {
    const Metrics m = metrics_of({});
    expect_no_ratio(m);
    EXPECT_EQ(m.samples, 0U);
    EXPECT_FALSE(m.total_return.has_value());
    EXPECT_FALSE(m.max_drawdown.has_value());
    EXPECT_FALSE(m.final_equity.has_value());
}

TEST(Metrics, of_one_sample_know_the_equity_and_no_return) {
    const Metrics m = metrics_of(curve({100}));
    expect_no_ratio(m);
    EXPECT_EQ(m.final_equity, 100.0);
    EXPECT_FALSE(m.total_return.has_value());
    EXPECT_FALSE(m.volatility.has_value());
    EXPECT_FALSE(m.max_drawdown.has_value());
    EXPECT_FALSE(m.tail_95.var_historical.has_value());
}

TEST(Metrics, of_two_samples_have_a_return_and_no_deviation) {
    const Metrics m = metrics_of(curve({100, 110}));
    expect_no_ratio(m);
    EXPECT_NEAR(*m.total_return, 0.1, 1e-15);
    EXPECT_EQ(m.max_drawdown, 0.0);
    EXPECT_FALSE(m.volatility.has_value());
    EXPECT_NEAR(*m.tail_95.var_historical, -0.1, 1e-15);
    EXPECT_FALSE(m.tail_95.var_normal.has_value());
}

TEST(Metrics, of_constant_equity_have_no_ratio) {
    const Metrics m = metrics_of(curve({100, 100, 100, 100}));
    expect_no_ratio(m);
    EXPECT_EQ(m.total_return, 0.0);
    EXPECT_EQ(m.cagr, 0.0);
    EXPECT_EQ(m.volatility, 0.0);
    EXPECT_EQ(m.max_drawdown, 0.0);
    EXPECT_EQ(m.ulcer, 0.0);
    EXPECT_FALSE(m.worst_drawdown.has_value());
    EXPECT_FALSE(m.tail_ratio.has_value());
}

TEST(Metrics, of_steady_growth_have_no_sharpe_ratio) {
    std::vector<EquityPoint> equity;
    for (int i = 0; i < 50; ++i)
        equity.push_back({Timestamp{} + days(i), 100 * std::pow(1.001, i)});
    const Metrics m = metrics_of(equity);
    EXPECT_FALSE(m.sharpe.has_value());
    EXPECT_FALSE(m.sortino.has_value());
    EXPECT_FALSE(m.calmar.has_value());
    EXPECT_EQ(m.max_drawdown, 0.0);
}

TEST(Metrics, of_equity_that_ends_at_nothing_lose_all_of_it) {
    const Metrics m = metrics_of(curve({100, 50, 0}));
    EXPECT_EQ(m.total_return, -1.0);
    EXPECT_EQ(m.cagr, -1.0);
    EXPECT_EQ(m.max_drawdown, 1.0);
    EXPECT_TRUE(m.sharpe.has_value());
}

TEST(Metrics, of_equity_that_went_below_nothing_have_no_returns) {
    const Metrics m = metrics_of(curve({100, -20, 60}));
    EXPECT_FALSE(m.sharpe.has_value());
    EXPECT_FALSE(m.sortino.has_value());
    EXPECT_FALSE(m.tail_95.var_historical.has_value());
    EXPECT_FALSE(m.volatility.has_value());
    EXPECT_NEAR(*m.total_return, -0.4, 1e-15);
    EXPECT_NEAR(*m.max_drawdown, 1.2, 1e-15);
}

TEST(Metrics, of_debt_at_the_end_have_no_growth_rate) {
    const Metrics m = metrics_of(curve({100, 90, -10}));
    EXPECT_NEAR(*m.total_return, -1.1, 1e-15);
    EXPECT_FALSE(m.cagr.has_value());
}

TEST(Metrics, refuse_what_is_not_a_number) {
    auto equity = curve({100, 101, 102});
    equity[1].equity = kNan;
    EXPECT_EQ(compute({.equity = equity}).error(),
              (MetricsError{MetricsErrorKind::equity_not_finite, 1}));
    equity[1].equity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(compute({.equity = equity}).error().kind, MetricsErrorKind::equity_not_finite);
    const auto good = curve({100, 101, 102});
    EXPECT_EQ(compute({.equity = good, .benchmark = equity}).error(),
              (MetricsError{MetricsErrorKind::benchmark_not_finite, 1}));
    EXPECT_EQ(compute({.equity = good, .risk_free = PeriodRate{kNan}}).error().kind,
              MetricsErrorKind::risk_free_not_usable);
    EXPECT_EQ(compute({.equity = good, .annual_factor = 0}).error().kind,
              MetricsErrorKind::annual_factor_not_positive);
    EXPECT_EQ(compute({.equity = good, .traded_notional = kNan}).error().kind,
              MetricsErrorKind::input_not_usable);
}

TEST(Metrics, refuse_samples_out_of_order) {
    auto equity = curve({100, 101, 102});
    equity[2].ts = equity[1].ts;
    EXPECT_EQ(compute({.equity = equity}).error(),
              (MetricsError{MetricsErrorKind::equity_not_in_order, 2}));
}

TEST(Metrics, refuse_risk_free_rates_that_do_not_match_the_returns) {
    const auto equity = curve({100, 101, 102});
    const std::vector<double> three{0, 0, 0};
    EXPECT_EQ(compute({.equity = equity, .risk_free = PeriodRates{three}}).error().kind,
              MetricsErrorKind::risk_free_not_usable);
}

TEST(Metrics, take_an_annual_rate_as_the_same_rate_each_period) {
    const auto equity = curve({100, 101, 100, 103, 102});
    const double period = std::pow(1.05, 1.0 / 252) - 1;
    const std::vector<double> each(4, period);
    const auto annual = compute({.equity = equity, .risk_free = AnnualRate{0.05}});
    const auto one = compute({.equity = equity, .risk_free = PeriodRate{period}});
    const auto series = compute({.equity = equity, .risk_free = PeriodRates{each}});
    EXPECT_DOUBLE_EQ(*annual->sharpe, *one->sharpe);
    EXPECT_DOUBLE_EQ(*annual->sharpe, *series->sharpe);
}

TEST(Metrics, join_a_benchmark_on_the_days_that_both_have) {
    const auto equity = curve({100, 101, 103, 99, 105});
    auto benchmark = equity;
    benchmark.erase(benchmark.begin() + 2);
    const auto m = compute({.equity = equity, .benchmark = benchmark});
    EXPECT_EQ(m->benchmark_samples, 4U);
    EXPECT_NEAR(*m->beta, 1, 1e-12);
    EXPECT_NEAR(*m->alpha, 0, 1e-12);
    EXPECT_NEAR(*m->correlation, 1, 1e-12);
    EXPECT_EQ(m->tracking_error, 0.0);
    EXPECT_FALSE(m->information_ratio.has_value());
    EXPECT_NEAR(*m->up_capture, 1, 1e-12);
    EXPECT_NEAR(*m->down_capture, 1, 1e-12);
}

TEST(Metrics, have_no_beta_against_a_benchmark_that_does_not_move) {
    const auto equity = curve({100, 101, 103});
    const auto flat = curve({50, 50, 50});
    const auto m = compute({.equity = equity, .benchmark = flat});
    EXPECT_FALSE(m->beta.has_value());
    EXPECT_FALSE(m->alpha.has_value());
    EXPECT_FALSE(m->correlation.has_value());
    EXPECT_FALSE(m->up_capture.has_value());
}

TEST(Metrics, count_a_portfolio_replaced_once_a_year_as_turnover_of_one) {
    std::vector<EquityPoint> equity{{Timestamp{}, 1000}, {Timestamp{} + hours(24 * 365 + 6), 1000}};
    const auto m = compute({.equity = equity, .traded_notional = 2000});
    EXPECT_NEAR(*m->turnover, 1, 1e-12);
}

TEST(Drawdowns, tell_peak_trough_and_recovery) {
    const auto all = drawdowns_of(curve({100, 120, 90, 60, 119, 120, 130, 125}));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].start, Timestamp{} + days(1));
    EXPECT_EQ(all[0].trough, Timestamp{} + days(3));
    EXPECT_EQ(all[0].recovery, Timestamp{} + days(5));
    EXPECT_EQ(all[0].depth, 0.5);
    EXPECT_EQ(all[0].duration_days, 4);
    EXPECT_EQ(all[0].recovery_days, 2);
    EXPECT_FALSE(all[1].recovery.has_value());
    EXPECT_EQ(all[1].duration_days, 1);
    EXPECT_FALSE(all[1].recovery_days.has_value());
}

TEST(Drawdowns, start_at_the_last_of_equal_peaks) {
    const auto all = drawdowns_of(curve({100, 100, 90, 100}));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].start, Timestamp{} + days(1));
}

TEST(TradeStatistics, are_undefined_without_trades) {
    const TradeStatistics s = trade_statistics({});
    EXPECT_EQ(s.count, 0U);
    EXPECT_FALSE(s.win_rate.has_value());
    EXPECT_FALSE(s.expectancy.has_value());
    EXPECT_FALSE(s.duration_mean.has_value());
}

TEST(TradeStatistics, have_no_profit_factor_without_a_loss) {
    const std::vector trades{trade(10), trade(20)};
    const TradeStatistics s = trade_statistics(trades);
    EXPECT_EQ(s.win_rate, 1.0);
    EXPECT_FALSE(s.profit_factor.has_value());
    EXPECT_FALSE(s.payoff_ratio.has_value());
    EXPECT_FALSE(s.expectancy_ratio.has_value());
    EXPECT_EQ(s.expectancy, 15.0);
}

TEST(TradeStatistics, have_no_system_quality_where_all_trades_are_equal) {
    const std::vector trades{trade(-5), trade(-5)};
    const TradeStatistics s = trade_statistics(trades);
    EXPECT_FALSE(s.sqn.has_value());
    EXPECT_EQ(s.profit_factor, 0.0);
    EXPECT_EQ(s.expectancy_ratio, -1.0);
}

TEST(TradeStatistics, end_a_streak_at_break_even) {
    const std::vector trades{trade(1),  trade(1),  trade(0), trade(1),
                             trade(-1), trade(-1), trade(-1)};
    const TradeStatistics s = trade_statistics(trades);
    EXPECT_EQ(s.longest_win_streak, 2U);
    EXPECT_EQ(s.longest_loss_streak, 3U);
    EXPECT_EQ(s.break_even, 1U);
    EXPECT_EQ(s.wins + s.losses + s.break_even, s.count);
}

TEST(TradeStatistics, add_money_exactly) {
    std::vector<ClosedTrade> trades(10, ClosedTrade{.fees = {base::Int128{100'000'000'000'000'001}},
                                                    .slippage = {1},
                                                    .net_pnl = {base::Int128{1}},
                                                    .ambiguous = true});
    const TradeStatistics s = trade_statistics(trades);
    EXPECT_EQ(s.fees, (Money{base::Int128{1'000'000'000'000'000'010}}));
    EXPECT_EQ(s.slippage, Money{10});
    EXPECT_EQ(s.ambiguous, 10U);
}

RC_GTEST_PROP(Drawdowns, never_exceed_the_maximum_and_follow_each_other, ()) {
    const auto raw = *rc::gen::container<std::vector<int>>(60, rc::gen::inRange(1, 1000));
    std::vector<EquityPoint> equity;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        equity.push_back({Timestamp{} + days(static_cast<std::int64_t>(i)), double(raw[i])});
    }
    double deepest = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        for (std::size_t j = i; j < raw.size(); ++j) {
            deepest = std::max(deepest, 1 - double(raw[j]) / double(raw[i]));
        }
    }
    const auto m = compute({.equity = equity});
    RC_ASSERT(m->max_drawdown == deepest);
    Timestamp last = kTimestampMin;
    for (const Drawdown& drawdown : drawdowns_of(equity)) {
        RC_ASSERT(drawdown.start >= last);
        RC_ASSERT(drawdown.trough > drawdown.start);
        last = drawdown.recovery.value_or(kTimestampMax);
    }
}

RC_GTEST_PROP(Metrics, do_not_depend_on_the_unit_of_equity, ()) {
    const auto raw = *rc::gen::container<std::vector<int>>(40, rc::gen::inRange(500, 1500));
    std::vector<EquityPoint> small;
    std::vector<EquityPoint> large;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const Timestamp ts = Timestamp{} + days(static_cast<std::int64_t>(i));
        small.push_back({ts, double(raw[i])});
        large.push_back({ts, double(raw[i]) * 1024});
    }
    const Metrics a = metrics_of(small);
    const Metrics b = metrics_of(large);
    RC_ASSERT(a.sharpe == b.sharpe);
    RC_ASSERT(a.max_drawdown == b.max_drawdown);
    RC_ASSERT(a.tail_95.es_historical == b.tail_95.es_historical);
}

}  // namespace
}  // namespace tradewind::monitor
