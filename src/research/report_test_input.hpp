// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/random.hpp"
#include "monitor/metrics.hpp"
#include "research/report.hpp"

/// A seeded report for tests.
namespace tradewind::research {

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
