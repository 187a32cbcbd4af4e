// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "monitor/metrics.hpp"
#include "research/report.hpp"

/// A seeded report for tests.
namespace tradewind::research {

/// A section on risk of so many days from a date on: two limits, forecasts with exceedances, a
/// warning that goes, a brake that lapses and one that stays. Every text is `text`.
inline std::string sample_risk(std::size_t samples, std::int64_t first_ms,
                               const std::string& text = "sample") {
    using Json = nlohmann::ordered_json;
    constexpr std::int64_t kDayMs = 86'400'000;
    base::Random random(11);
    Json days = Json::array(), use = Json::array(), var = Json::array(), pnl = Json::array();
    for (std::size_t i = 0; i < samples; ++i) {
        days.push_back(i == 0 ? first_ms : kDayMs);
        use.push_back(i % 50 == 3 ? Json(nullptr) : Json(0.6 + 0.25 * random.normal()));
        var.push_back(i < 60 ? Json(nullptr) : Json(1000 + 2 * static_cast<double>(i)));
        pnl.push_back(i < 60 ? Json(nullptr) : Json(900 * random.normal()));
    }
    const auto at = [&](std::size_t day) {
        return first_ms + static_cast<std::int64_t>(day) * kDayMs;
    };
    const auto change = [&](std::size_t day, const char* from, const char* to, const Json& until,
                            const Json& instrument) {
        return Json{
            {"brake", text},       {"from", from},   {"to", to},     {"instrument", instrument},
            {"strategy", nullptr}, {"until", until}, {"limit", 0.1}, {"actual", 0.1234},
            {"t", at(day)},        {"unit", "share"}};
    };
    const Json view{
        {"as_of", "2018-01-01"},
        {"equity", 100'000.0},
        {"var", 1200.0},
        {"es", 1500.0},
        {"contributions",
         {{{"instrument", text},
           {"exposure", 50'000.0},
           {"component_var", 1400.0},
           {"component_es", 1700.0},
           {"share", 1400.0 / 1200}},
          {{"instrument", "BBB.SIM"},
           {"exposure", -20'000.0},
           {"component_var", -200.0},
           {"component_es", -200.0},
           {"share", -200.0 / 1200}}}},
        {"correlation",
         {{"as_of", "2018-01-01"},
          {"days", 250},
          {"instruments", {text, "BBB.SIM", "CCC.SIM"}},
          {"clusters", {0, 1, 0}},
          {"left_out", 1},
          {"matrix", {{1, -0.3, 0.8}, {-0.3, 1, 0.0}, {0.8, 0.0, 1}}}}},
        {"stress",
         {{{"name", text}, {"kind", "shock"}, {"pnl", -6000.0}, {"share_of_equity", -0.06}},
          {{"name", "lehman-2008"},
           {"kind", "crisis"},
           {"pnl", 500.0},
           {"share_of_equity", 0.005},
           {"from", "2008-09-15"},
           {"to", "2008-11-20"},
           {"worst_day", -900.0},
           {"estimated", {{"BBB.SIM", text}}}},
          {{"name", "covid-2020"},
           {"kind", "crisis"},
           {"pnl", nullptr},
           {"share_of_equity", nullptr},
           {"reason", text}}}}};
    Json flat = view;
    flat["contributions"] = Json::array();
    flat["correlation"] = {{"as_of", "2018-01-01"},
                           {"instruments", Json::array()},
                           {"matrix", nullptr},
                           {"reason", text}};
    const Json page{{"confidence", 0.95},
                    {"limits",
                     {{{"limit", text},
                       {"denied", 3},
                       {"shrunk", 0},
                       {"most", 1.2},
                       {"most_at", at(30)},
                       {"use", use}},
                      {{"limit", "notional of order <= 30%"},
                       {"denied", 0},
                       {"shrunk", 7},
                       {"most", 0.9},
                       {"most_at", at(90)},
                       {"use", nullptr}}}},
                    {"days", days},
                    {"var", {{"t", days}, {"v", var}, {"es", var}, {"pnl", pnl}}},
                    {"tests",
                     {{"days", samples},
                      {"unknown", 60},
                      {"exceedances", 20},
                      {"expected", 27.0},
                      {"kupiec_p", 0.03},
                      {"christoffersen_p", nullptr}}},
                    {"rules", {text, "drawdown > 20% of portfolio: reducing for 30d rearm 16%"}},
                    {"changes",
                     {change(40, "active", "warn", nullptr, nullptr),
                      change(70, "warn", "active", nullptr, nullptr),
                      change(120, "active", "reducing", at(150), "BBB.SIM"),
                      change(200, "active", "halted", nullptr, nullptr)}},
                    {"stops", Json::array({{{"strategy", text}, {"stop", text}, {"closed", 4}}})},
                    {"views", Json::array({flat, view})}};
    return page.dump();
}

struct SampleSize {
    std::size_t samples = 600;
    std::size_t trades = 80;
    std::size_t bars = 600;
};

struct SampleReport {
    std::vector<monitor::EquityPoint> equity;
    std::vector<monitor::EquityPoint> benchmark;
    std::vector<monitor::ExposurePoint> exposures;
    std::vector<monitor::ClosedTrade> trades;
    std::vector<PriceSeries> prices;

    SampleReport() { grow({}); }

    void grow(const SampleSize& size) {
        base::Random random(7);
        equity.clear();
        benchmark.clear();
        exposures.clear();
        trades.clear();
        prices.assign(2, {});
        double own = 100'000;
        double other = 250;
        for (std::size_t i = 0; i < size.samples; ++i) {
            const Timestamp ts = date(i);
            equity.push_back({ts, own});
            benchmark.push_back({ts, other});
            exposures.push_back({ts, random.uniform(), random.uniform() - 0.5});
            own *= 1.0003 + 0.01 * random.normal();
            other *= 1.0002 + 0.012 * random.normal();
        }
        for (std::size_t k = 0; k < prices.size(); ++k)
            add_bars(k, size.bars / prices.size(), random);
        for (std::size_t i = 0; i < size.trades; ++i) add_trade(i, size, random);
    }

    /// In milliseconds since 1970.
    [[nodiscard]] std::int64_t first_ms() const { return equity.front().ts.ns / 1'000'000; }

    [[nodiscard]] ReportInput input() const {
        ReportInput in;
        in.title = "Sample";
        in.subtitle = "A seeded market";
        in.settings_hash = "0123456789abcdef";
        in.journal_hash = "fedcba9876543210";
        in.settings = {{"strategy", "sample"}, {"seed", "7"}};
        in.assumptions = {{"Fill mode", "strict"}, {"Fees", "none"}};
        in.not_modelled = {"Market impact."};
        in.warnings = {"One trade was ambiguous."};
        in.symbols = {"AAA.SIM", "BBB.SIM"};
        in.metrics = *monitor::compute({.equity = equity,
                                        .benchmark = benchmark,
                                        .annual_factor = 365,
                                        .trials = monitor::Trials{10, 0.001},
                                        .time_in_market = 0.7,
                                        .traded_notional = 1e6,
                                        .trades = trades});
        in.equity = equity;
        in.benchmark = benchmark;
        in.benchmark_name = "Market";
        in.exposures = exposures;
        in.trades = trades;
        in.prices = prices;
        return in;
    }

private:
    static Timestamp date(std::size_t i) {
        return start_of(Date{std::chrono::days{17'000 + static_cast<int>(i)}});
    }

    void add_bars(std::size_t k, std::size_t count, base::Random& random) {
        prices[k].instrument = InstrumentId{static_cast<std::uint32_t>(k)};
        double close = 100;
        for (std::size_t i = 0; i < count; ++i) {
            const double open = close;
            close = std::round(open * (1 + 0.01 * random.normal()) * 100) / 100;
            prices[k].bars.push_back(
                {date(i), open, std::max(open, close) + 0.25, std::min(open, close) - 0.25, close});
        }
    }

    void add_trade(std::size_t i, const SampleSize& size, base::Random& random) {
        const std::size_t at = i * (size.samples - 12) / size.trades;
        const auto cents = [&](double spread) {
            return Money{base::Int128{std::llround(spread * random.normal() * 100)} * kMoneyOne /
                         100};
        };
        const Money gross = cents(400);
        const Money fees{kMoneyOne};
        const Money swing = abs(cents(300));
        const auto price = [&] {
            return Price{(9'000 + static_cast<std::int64_t>(random.below(4'000))) * 10'000'000};
        };
        trades.push_back({.instrument = InstrumentId{static_cast<std::uint32_t>(i % 2)},
                          .side = i % 3 == 0 ? Side::sell : Side::buy,
                          .qty = whole_qty(100),
                          .entry_ts = date(at) + hours(14),
                          .exit_ts = date(at + 1 + random.below(10)) + hours(15),
                          .entry_price = price(),
                          .exit_price = price(),
                          .gross_pnl = gross,
                          .fees = fees,
                          .net_pnl = gross - fees,
                          .mae = -swing,
                          .mfe = abs(gross) + swing,
                          .bars_held = 3,
                          .tag = Tag("sample"),
                          .ambiguous = i % 40 == 5});
    }
};

}  // namespace tradewind::research
