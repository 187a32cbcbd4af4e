// SPDX-License-Identifier: Apache-2.0
// Our metrics against tests/reference/metrics.json, which numpy, pandas, scipy, statsmodels and
// empyrical-reloaded computed (tests/reference/metrics_reference.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "monitor/metrics.hpp"
#include "research/metrics_json.hpp"

namespace tradewind::research {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-9;  ///< relative to 1 or to the value, whichever is larger

json reference_cases() {
    std::ifstream file("tests/reference/metrics.json");
    return json::parse(file)["cases"];
}

std::vector<monitor::EquityPoint> curve_of(const json& one, const char* name) {
    std::vector<monitor::EquityPoint> points;
    for (std::size_t i = 0; i < one["ts"].size(); ++i) {
        points.push_back({{one["ts"][i].get<std::int64_t>()}, one[name][i].get<double>()});
    }
    return points;
}

std::vector<monitor::ClosedTrade> trades_of(const json& one) {
    std::vector<monitor::ClosedTrade> trades;
    for (std::size_t i = 0; i < one["trade_pnl_cents"].size(); ++i) {
        const Money pnl{base::Int128{one["trade_pnl_cents"][i].get<std::int64_t>()} * kMoneyOne /
                        100};
        const Timestamp exit{hours(one["trade_hours"][i].get<std::int64_t>()).ns};
        trades.push_back({.exit_ts = exit, .gross_pnl = pnl, .net_pnl = pnl});
    }
    return trades;
}

json our_metrics(const json& one) {
    const auto equity = curve_of(one, "equity");
    const auto benchmark = curve_of(one, "benchmark");
    const auto trades = trades_of(one);
    std::optional<monitor::Trials> trials;
    if (!one["trials"].is_null()) trials = monitor::Trials{one["trials"][0], one["trials"][1]};
    const auto metrics = monitor::compute({
        .equity = equity,
        .benchmark = benchmark,
        .risk_free = monitor::AnnualRate{one["risk_free_annual"]},
        .annual_factor = one["annual_factor"],
        .trials = trials,
        .trades = trades,
    });
    EXPECT_TRUE(metrics.has_value());
    return metrics_json(*metrics);
}

void expect_equal(const json& ours, const json& expected, const std::string& name) {
    for (const auto& [key, value] : expected.items()) {
        ASSERT_TRUE(ours.contains(key)) << name << ": " << key;
        if (!value.is_number() || !ours[key].is_number()) {
            EXPECT_EQ(ours[key], value) << name << ": " << key;
            continue;
        }
        const double want = value.get<double>();
        EXPECT_NEAR(ours[key].get<double>(), want, kTolerance * std::max(1.0, std::abs(want)))
            << name << ": " << key;
    }
}

TEST(MetricsReference, equals_numpy_scipy_statsmodels_and_empyrical) {
    const json cases = reference_cases();
    ASSERT_GE(cases.size(), 5U);
    for (const json& one : cases) {
        const json ours = our_metrics(one);
        expect_equal(ours, one["expected"], one["name"]);
        expect_equal(ours["trades"], one["expected_trades"], one["name"]);
    }
}

TEST(MetricsJson, names_every_undefined_metric_with_null) {
    const auto metrics = monitor::compute({.equity = {}});
    ASSERT_TRUE(metrics.has_value());
    const auto out = metrics_json(*metrics);
    for (const char* key :
         {"total_return", "cagr", "volatility", "sharpe", "sharpe_ci_low", "sharpe_ci_high", "psr",
          "sortino", "calmar", "max_drawdown", "var_95"}) {
        ASSERT_TRUE(out.contains(key)) << key;
        EXPECT_TRUE(out[key].is_null()) << key;
    }
    EXPECT_EQ(out["sharpe_annualization"], 252.0);
    EXPECT_TRUE(out["trades"]["win_rate"].is_null());
}

}  // namespace
}  // namespace tradewind::research
