// SPDX-License-Identifier: Apache-2.0
// Back-tests of VaR and named crises on real prices, where they are at hand (TRADEWIND_DATA). The
// figures are those of docs/risk.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "domain/time.hpp"
#include "measures/regression.hpp"
#include "measures/scenario_risk.hpp"
#include "measures/scenarios.hpp"
#include "measures/stress.hpp"
#include "measures/tail_risk.hpp"
#include "measures/var_backtest.hpp"

namespace tradewind::measures {
namespace {

constexpr std::size_t kWindow = 500;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::filesystem::path data_folder() {
    const char* given = std::getenv("TRADEWIND_DATA");
    return given != nullptr ? given : "../shared/data";
}

/// The cells of a packed CSV file, without its header.
std::vector<std::vector<std::string>> cells_of(const std::string& name) {
    std::vector<std::vector<std::string>> out;
    const std::string command = "gzip -dc '" + (data_folder() / name).string() + "'";
    std::FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
        std::vector<std::string> row(1);
        for (const char* c = buffer.data(); *c != '\0' && *c != '\n'; ++c) {
            if (*c == ',') {
                row.emplace_back();
            } else {
                row.back() += *c;
            }
        }
        out.push_back(std::move(row));
    }
    pclose(pipe);
    if (!out.empty()) out.erase(out.begin());
    return out;
}

using Prices = std::map<Date, double>;

Date date_of(const std::string& ns) { return utc_date({std::stoll(ns)}); }

/// Closes, adjusted for splits and dividends where there is a table of factors.
Prices adjusted_closes(const std::string& symbol) {
    std::map<Date, double> factors;  // good up to and including the date
    for (const auto& row : cells_of("equities/corporate_actions/factors.csv.gz")) {
        if (row[1] == symbol) factors[date_of(row[0])] = std::stod(row[2]) * std::stod(row[3]);
    }
    Prices out;
    for (const auto& row : cells_of("equities/daily_raw/" + symbol + ".csv.gz")) {
        const Date day = date_of(row[0]);
        out[day] = std::stod(row[4]) * factors.lower_bound(day)->second;
    }
    return out;
}

/// The last price of each UTC day.
Prices bitcoin_closes() {
    Prices out;
    for (const auto& row : cells_of("crypto/hour/BTCUSDT.binance.csv.gz")) {
        out[date_of(row[0])] = std::stod(row[4]);
    }
    return out;
}

struct History {
    std::vector<Date> days{};
    std::vector<double> returns{};  ///< [days, instruments]
    std::size_t instruments = 0;

    [[nodiscard]] ReturnsTable rows(std::size_t first, std::size_t count) const {
        return {.values = std::span(returns).subspan(first * instruments, count * instruments),
                .columns = instruments};
    }
    [[nodiscard]] std::size_t row_at(Date day) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(days, day) - days.begin());
    }
};

/// Returns on the days of the first of them; NaN where another has no price.
History history_of(const std::vector<Prices>& prices) {
    History out{.instruments = prices.size()};
    for (auto at = std::next(prices[0].begin()); at != prices[0].end(); ++at) {
        const Date before = std::prev(at)->first;
        out.days.push_back(at->first);
        for (const Prices& one : prices) {
            const auto now = one.find(at->first);
            const auto then = one.find(before);
            const bool known = now != one.end() && then != one.end();
            out.returns.push_back(known ? now->second / then->second - 1 : kNaN);
        }
    }
    return out;
}

double mean_of(std::span<const double> row) {
    return std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
}

/// P&L of each row of the portfolio that holds the same value of all.
std::vector<double> pnl_of(const ReturnsTable& returns) {
    std::vector<double> out;
    for (std::size_t i = 0; i < returns.rows(); ++i) out.push_back(mean_of(returns.row(i)));
    return out;
}

TailLoss of_scenarios(const ReturnsTable& scenarios, double tail) {
    auto risk = ScenarioRisk::create({.scenarios = scenarios, .tail = tail}).value();
    const double share = 1 / static_cast<double>(scenarios.columns);
    EXPECT_TRUE(risk.set_exposures(std::vector(scenarios.columns, share)));
    return risk.risk();
}

enum class Method : std::uint8_t { historical, parametric, filtered_ewma, filtered_garch };

TailLoss forecast(Method method, const ReturnsTable& window, double tail) {
    switch (method) {
        case Method::historical: return of_scenarios(window, tail);
        case Method::parametric: {
            const auto risk = parametric_risk(pnl_of(window), tail).value();
            return {.var = risk.var, .es = risk.es};
        }
        case Method::filtered_ewma:
            return of_scenarios(filtered_history(window, {}).value().view(), tail);
        case Method::filtered_garch: {
            const auto pnl = pnl_of(window);
            const Filter garch{.model = VolatilityModel::garch};
            const ReturnsTable table{.values = pnl, .columns = 1};
            return of_scenarios(filtered_history(table, garch).value().view(), tail);
        }
    }
    std::abort();
}

/// Every day of a year forecast from the 500 days before it.
VarBacktest backtest_year(const History& history, int year, Method method, double tail) {
    const std::size_t first = history.row_at(std::chrono::year{year} / 1 / 1);
    const std::size_t last = history.row_at(std::chrono::year{year + 1} / 1 / 1);
    std::vector<double> var;
    std::vector<double> es;
    for (std::size_t i = first; i < last; ++i) {
        const TailLoss loss = forecast(method, history.rows(i - kWindow, kWindow), tail);
        var.push_back(loss.var);
        es.push_back(loss.es);
    }
    const auto pnl = pnl_of(history.rows(first, last - first));
    return backtest_var({.pnl = pnl, .var = var, .es = es, .tail = tail}).value();
}

class VarOnHistory : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(data_folder() / "equities/daily_raw/SPY.csv.gz")) {
            GTEST_SKIP() << "no market data at " << data_folder() << " (TRADEWIND_DATA)";
        }
    }
    static History equities() {
        std::vector<Prices> prices;
        for (const char* symbol : {"SPY", "AAPL", "AIG", "BAC", "IWM"}) {
            prices.push_back(adjusted_closes(symbol));
        }
        return history_of(prices);
    }
};

/// What docs/risk.md tells of one level.
struct Expected {
    double tail = 0.05;
    std::size_t exceedances = 0;
    double kupiec_p = 0;
    double conditional_p = 0;
    TrafficLight light = TrafficLight::green;
};

void expect_year(const History& history, int year, Method method,
                 const std::array<Expected, 2>& levels) {
    for (const Expected& level : levels) {
        const VarBacktest test = backtest_year(history, year, method, level.tail);
        EXPECT_EQ(test.exceedances.size(), level.exceedances);
        EXPECT_NEAR(test.kupiec.p_value, level.kupiec_p, 0.0005);
        EXPECT_NEAR(test.conditional_coverage->p_value, level.conditional_p, 0.0005);
        EXPECT_EQ(test.light, level.light);
    }
}

constexpr auto kGreen = TrafficLight::green;
constexpr auto kYellow = TrafficLight::yellow;
constexpr auto kRed = TrafficLight::red;

TEST_F(VarOnHistory, of_2008_is_far_exceeded_by_plain_history_and_holds_filtered) {
    const History history = equities();
    expect_year(history, 2008, Method::historical,
                {{{0.05, 57, 0, 0, kRed}, {0.01, 22, 0, 0, kRed}}});
    expect_year(history, 2008, Method::parametric,
                {{{0.05, 58, 0, 0, kRed}, {0.01, 20, 0, 0, kRed}}});
    expect_year(history, 2008, Method::filtered_ewma,
                {{{0.05, 15, 0.5096, 0.7990, kGreen}, {0.01, 3, 0.7730, 0.9252, kGreen}}});
    expect_year(history, 2008, Method::filtered_garch,
                {{{0.05, 21, 0.0271, 0.0698, kYellow}, {0.01, 5, 0.1685, 0.3501, kYellow}}});
}

TEST_F(VarOnHistory, of_2015_is_exceeded_in_clusters_at_99_percent) {
    const History history = equities();
    expect_year(history, 2015, Method::historical,
                {{{0.05, 17, 0.2261, 0.1368, kGreen}, {0.01, 7, 0.0199, 0.0023, kYellow}}});
    expect_year(history, 2015, Method::parametric,
                {{{0.05, 17, 0.2261, 0.1368, kGreen}, {0.01, 6, 0.0614, 0.0029, kYellow}}});
    expect_year(history, 2015, Method::filtered_ewma,
                {{{0.05, 16, 0.3446, 0.4144, kGreen}, {0.01, 5, 0.1662, 0.0027, kYellow}}});
    expect_year(history, 2015, Method::filtered_garch,
                {{{0.05, 16, 0.3446, 0.4144, kGreen}, {0.01, 5, 0.1662, 0.0787, kYellow}}});
}

// The equities at hand end in 2015; of 2020 there is bitcoin.
TEST_F(VarOnHistory, of_2020_holds_on_bitcoin) {
    const History history = history_of({bitcoin_closes()});
    expect_year(history, 2020, Method::historical,
                {{{0.05, 14, 0.2829, 0.3214, kGreen}, {0.01, 2, 0.3400, 0.6274, kGreen}}});
    expect_year(history, 2020, Method::parametric,
                {{{0.05, 9, 0.0137, 0.0382, kGreen}, {0.01, 2, 0.3400, 0.6274, kGreen}}});
    expect_year(history, 2020, Method::filtered_ewma,
                {{{0.05, 16, 0.5733, 0.8020, kGreen}, {0.01, 4, 0.8603, 0.9419, kGreen}}});
    expect_year(history, 2020, Method::filtered_garch,
                {{{0.05, 16, 0.5733, 0.8020, kGreen}, {0.01, 4, 0.8603, 0.9419, kGreen}}});
}

/// Losses of 100 in four equal parts, and how QQQ was told.
struct CrisisLoss {
    std::string_view name;
    double day = 0;
    const char* on = "";
    double ten_days = 0;
    FilledFrom nasdaq = FilledFrom::data;
};

// QQQ's prices at hand begin in 2011: its beta to SPY since then stands in for it.
TEST_F(VarOnHistory, loses_in_named_crises_what_its_positions_lost_then) {
    const History history = history_of({adjusted_closes("SPY"), adjusted_closes("AAPL"),
                                        adjusted_closes("BAC"), adjusted_closes("QQQ")});
    const std::vector exposures(4, 25.0);
    const std::vector<std::size_t> classes{0, 1, 2, 0};
    std::vector<double> market;
    std::vector<double> nasdaq;
    for (std::size_t i = 0; i < history.days.size(); ++i) {
        market.push_back(history.returns[4 * i]);
        nasdaq.push_back(history.returns[4 * i + 3]);
    }
    const double beta = beta_to(nasdaq, market).value().betas[0];
    const std::vector<double> betas{kNaN, kNaN, kNaN, beta};
    constexpr std::array kLosses{
        CrisisLoss{"russia-ltcm-1998", 7.45, "1998-08-31", 17.64, FilledFrom::market},
        CrisisLoss{"dotcom-2000", 4.82, "2000-04-14", 10.67, FilledFrom::market},
        CrisisLoss{"september-2001", 4.52, "2001-09-17", 10.90, FilledFrom::market},
        CrisisLoss{"quant-2007", 3.43, "2007-08-09", 4.46, FilledFrom::market},
        CrisisLoss{"lehman-2008", 11.97, "2008-10-07", 31.08, FilledFrom::market},
        CrisisLoss{"flash-crash-2010", 4.50, "2010-05-06", 6.42, FilledFrom::market},
        CrisisLoss{"downgrade-2011", 9.48, "2011-08-08", 11.37, FilledFrom::data},
        CrisisLoss{"renminbi-2015", 4.32, "2015-08-21", 12.14, FilledFrom::data},
    };
    for (std::size_t k = 0; k < kLosses.size(); ++k) {
        const Crisis& crisis = named_crises()[k];
        ASSERT_EQ(crisis.name, kLosses[k].name);
        const std::size_t first = history.row_at(crisis.first);
        const std::size_t count = history.row_at(crisis.last + std::chrono::days{1}) - first;
        const FilledWindow window = fill_window({.returns = history.rows(first, count),
                                                 .exposures = exposures,
                                                 .classes = classes,
                                                 .market = std::span(market).subspan(first, count),
                                                 .betas = betas})
                                        .value();
        const ReturnsTable filled{.values = window.values, .columns = 4};
        const WorstLoss day = worst_loss(filled, exposures, 1).value();
        const WorstLoss ten =
            worst_loss(filled, exposures, std::min<std::size_t>(count, 10)).value();
        EXPECT_NEAR(day.loss, kLosses[k].day, 0.005) << crisis.name;
        EXPECT_EQ(to_string(history.days[first + day.first]), kLosses[k].on);
        EXPECT_NEAR(ten.loss, kLosses[k].ten_days, 0.005) << crisis.name;
        EXPECT_EQ(window.instruments[3], kLosses[k].nasdaq) << crisis.name;
    }
}

}  // namespace
}  // namespace tradewind::measures
