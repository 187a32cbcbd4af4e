// SPDX-License-Identifier: Apache-2.0
// Moments of made-up markets against closed forms. Seeds are fixed, and the bounds are five
// standard errors.
#include "sim/generate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "sim/memory_history.hpp"

namespace tradewind::sim {
namespace {

constexpr double kDay = 1.0 / 252.0;

struct Moments {
    double mean = 0.0, variance = 0.0, skewness = 0.0, kurtosis = 0.0;
};

Moments moments_of(const std::vector<double>& x) {
    Moments out;
    const auto n = static_cast<double>(x.size());
    out.mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double m2 = 0, m3 = 0, m4 = 0;
    for (const double v : x) {
        const double d = v - out.mean;
        m2 += d * d;
        m3 += d * d * d;
        m4 += d * d * d * d;
    }
    out.variance = m2 / n;
    out.skewness = m3 / n / std::pow(out.variance, 1.5);
    out.kurtosis = m4 / n / (out.variance * out.variance);
    return out;
}

double autocorrelation(const std::vector<double>& x, std::size_t lag) {
    const Moments m = moments_of(x);
    double sum = 0.0;
    for (std::size_t i = lag; i < x.size(); ++i) sum += (x[i] - m.mean) * (x[i - lag] - m.mean);
    return sum / static_cast<double>(x.size()) / m.variance;
}

/// Log returns of steps, each walked in `parts`.
std::vector<double> returns_of(const MarketModel& model, double step_years, std::size_t count,
                               int parts) {
    LogPrice path{model, step_years, 20240102};
    std::vector<double> out;
    for (std::size_t i = 0; i < count; ++i) {
        const double before = path.value();
        path.step(parts, [](double) {});
        out.push_back(path.value() - before);
    }
    return out;
}

TEST(Gbm, has_the_moments_of_a_lognormal_price) {
    // Hull, Options, Futures and Other Derivatives, ch. 14: ln(S_t/S_0) ~ N((mu - s^2/2) t, s^2 t)
    const Gbm model{.drift = 0.1, .volatility = 0.3};
    constexpr std::size_t kCount = 400'000;
    for (const int parts : {1, 16}) {
        const Moments m = moments_of(returns_of(model, kDay, kCount, parts));
        const double variance = 0.09 * kDay, mean = (0.1 - 0.045) * kDay;
        const auto n = static_cast<double>(kCount);
        EXPECT_NEAR(m.mean, mean, 5 * std::sqrt(variance / n));
        EXPECT_NEAR(m.variance, variance, 5 * variance * std::sqrt(2 / n));
        EXPECT_NEAR(m.skewness, 0.0, 5 * std::sqrt(6 / n));
        EXPECT_NEAR(m.kurtosis, 3.0, 5 * std::sqrt(24 / n));
    }
}

TEST(Garch, has_the_moments_that_bollerslev_derives) {
    // Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity": variance in
    // (6), kurtosis and the autocorrelation of squares in section 3 and 4
    const Garch model{.drift = 0.0, .volatility = 0.2, .alpha = 0.08, .beta = 0.85};
    constexpr std::size_t kCount = 2'000'000;
    std::vector<double> r = returns_of(model, kDay, kCount, 4);
    const double variance = 0.04 * kDay;
    const double a = model.alpha, b = model.beta;
    const double kurtosis = 3 * (1 - (a + b) * (a + b)) / (1 - (a + b) * (a + b) - 2 * a * a);
    const double rho1 = a * (1 - a * b - b * b) / (1 - 2 * a * b - b * b);
    const Moments m = moments_of(r);
    EXPECT_NEAR(m.variance / variance, 1.0, 0.01);
    EXPECT_NEAR(m.kurtosis, kurtosis, 0.06);
    for (double& x : r) x = (x - m.mean) * (x - m.mean);
    EXPECT_NEAR(autocorrelation(r, 1), rho1, 0.01);
    EXPECT_NEAR(autocorrelation(r, 2) / autocorrelation(r, 1), a + b, 0.03);
}

TEST(JumpDiffusion, has_mertons_cumulants) {
    // Merton (1976), "Option pricing when underlying stock returns are discontinuous": the log
    // return is a diffusion plus a compound Poisson sum, whose k-th cumulant is lambda t E[Y^k]
    const JumpDiffusion model{.drift = 0.08,
                              .volatility = 0.15,
                              .jumps_per_year = 50.0,
                              .jump_mean = -0.01,
                              .jump_deviation = 0.02};
    constexpr std::size_t kCount = 2'000'000;
    const Moments m = moments_of(returns_of(model, kDay, kCount, 4));
    const double l = model.jumps_per_year * kDay, j = model.jump_mean, d = model.jump_deviation;
    const double expected_jump = std::exp(j + d * d / 2) - 1;
    const double c1 =
        (0.08 - model.jumps_per_year * expected_jump - 0.15 * 0.15 / 2) * kDay + l * j;
    const double c2 = 0.15 * 0.15 * kDay + l * (j * j + d * d);
    const double c3 = l * (j * j * j + 3 * j * d * d);
    const double c4 = l * (j * j * j * j + 6 * j * j * d * d + 3 * d * d * d * d);
    EXPECT_NEAR(m.mean, c1, 5 * std::sqrt(c2 / kCount));
    EXPECT_NEAR(m.variance / c2, 1.0, 0.01);
    EXPECT_NEAR(m.skewness, c3 / std::pow(c2, 1.5), 0.03);
    EXPECT_NEAR(m.kurtosis, 3 + c4 / (c2 * c2), 0.15);
}

TEST(MarkovRegimes, spends_its_time_as_the_stationary_law_says) {
    // Hamilton (1994), Time Series Analysis, section 22.2: pi_i in proportion to the mean stay
    MarkovRegimes model;
    model.regimes = {{{.drift = 0.0, .volatility = 0.1, .mean_years = 0.2},
                      {.drift = 0.0, .volatility = 0.4, .mean_years = 0.05}}};
    LogPrice path{model, kDay, 5};
    constexpr int kCount = 1'000'000;
    int rough = 0;
    int changes = 0;
    double squares = 0.0;
    for (int i = 0; i < kCount; ++i) {
        const double before = path.value();
        const std::size_t was = path.regime();
        path.step(8, [](double) {});
        changes += path.regime() != was ? 1 : 0;
        rough += path.regime() == 1 ? 1 : 0;
        squares += (path.value() - before) * (path.value() - before);
    }
    const double share = static_cast<double>(rough) / kCount;
    EXPECT_NEAR(share, 0.05 / 0.25, 0.01);
    EXPECT_NEAR(squares / kCount / kDay, 0.8 * 0.01 + 0.2 * 0.16, 0.002);
    // a day sees another state at its end with 2 pi_0 pi_1 (1 - e^{-(1/t0 + 1/t1) dt})
    const double expected = 2 * 0.8 * 0.2 * -std::expm1(-(1 / 0.2 + 1 / 0.05) * kDay);
    EXPECT_NEAR(static_cast<double>(changes) / kCount, expected, 0.03 * expected);
}

TEST(OrnsteinUhlenbeck, has_the_stationary_law_that_uhlenbeck_and_ornstein_found) {
    // Uhlenbeck and Ornstein (1930), "On the theory of the Brownian motion": variance s^2 / 2k,
    // autocorrelation e^{-k t}
    const OrnsteinUhlenbeck model{.speed = 25.0, .volatility = 0.3};
    for (const int parts : {1, 7}) {
        LogPrice path{model, kDay, 9};
        std::vector<double> x;
        for (int i = 0; i < 500'000; ++i) {
            path.step(parts, [](double) {});
            x.push_back(path.value());
        }
        const Moments m = moments_of(x);
        EXPECT_NEAR(m.mean, 0.0, 0.003);
        EXPECT_NEAR(m.variance, 0.09 / 50.0, 0.02 * 0.09 / 50.0);
        for (const std::size_t lag : {1U, 5U, 20U}) {
            EXPECT_NEAR(autocorrelation(x, lag), std::exp(-25.0 * kDay * static_cast<double>(lag)),
                        0.02);
        }
    }
}

GenerateSettings settings(const char* symbol, Duration interval) {
    GenerateSettings out;
    out.model = JumpDiffusion{};
    out.instrument = default_instrument(symbol).value();
    out.start = parse_timestamp("2024-06-28T18:00:00Z").value();  // a Friday
    out.interval = interval;
    return out;
}

TEST(BarGenerator, makes_bars_that_could_be_real) {
    for (const char* symbol : {"SPY.ARCA", "EURUSD.OANDA", "BTCUSDT.BINANCE"}) {
        const GenerateSettings s = settings(symbol, minutes(5));
        ports::Columns bars{ports::SeriesKind::bar};
        BarGenerator{s}.append(bars, 20'000);
        const auto& c = bars.columns;
        for (std::size_t i = 0; i < bars.rows(); ++i) {
            ASSERT_TRUE(i == 0 || c[0][i] > c[0][i - 1]);
            ASSERT_LE(c[3][i], std::min(c[1][i], c[4][i]));
            ASSERT_GE(c[2][i], std::max(c[1][i], c[4][i]));
            ASSERT_GT(c[3][i], 0);
            ASSERT_GT(c[5][i], 0);
            for (std::size_t k = 1; k <= 4; ++k) ASSERT_EQ(c[k][i] % s.instrument.tick.raw, 0);
            ASSERT_EQ(c[5][i] % s.instrument.lot.raw, 0);
            ASSERT_TRUE(session_at(s.instrument.calendar, Timestamp{c[0][i]}).has_value());
        }
    }
}

TEST(BarGenerator, labels_daily_shares_by_the_dates_of_sessions) {
    ports::Columns bars{ports::SeriesKind::bar};
    BarGenerator{settings("SPY.ARCA", days(1))}.append(bars, 7);
    const auto date = [&](std::size_t i) { return to_string(Timestamp{bars.columns[0][i]}); };
    // 2024-06-28 is a Friday, 2024-07-04 Independence Day: the exchange's own calendar
    EXPECT_EQ(date(0), "2024-06-28T00:00:00Z");
    EXPECT_EQ(date(1), "2024-07-01T00:00:00Z");
    EXPECT_EQ(date(3), "2024-07-03T00:00:00Z");
    EXPECT_EQ(date(4), "2024-07-05T00:00:00Z");
}

TEST(BarGenerator, makes_the_same_market_from_the_same_seed_in_any_portions) {
    ports::Columns whole{ports::SeriesKind::bar}, parts{ports::SeriesKind::bar},
        other{ports::SeriesKind::bar};
    GenerateSettings s = settings("SPY.ARCA", minutes(1));
    BarGenerator{s}.append(whole, 1000);
    BarGenerator twice{s};
    twice.append(parts, 300);
    twice.append(parts, 700);
    EXPECT_EQ(whole.columns, parts.columns);
    s.seed = 2;
    BarGenerator{s}.append(other, 1000);
    EXPECT_NE(whole.columns, other.columns);
}

TEST(TickGenerator, makes_quotes_and_trades_of_one_market) {
    const GenerateSettings s = settings("SPY.ARCA", seconds(1));
    ports::Columns quotes{ports::SeriesKind::quote}, trades{ports::SeriesKind::trade};
    TickGenerator{s}.append_quotes(quotes, &trades, 50'000);
    const auto &q = quotes.columns, &t = trades.columns;
    std::size_t at = 0;
    for (std::size_t i = 0; i < trades.rows(); ++i) {
        ASSERT_TRUE(i == 0 || t[0][i] >= t[0][i - 1]);
        while (q[0][at] < t[0][i]) ++at;
        // at the bid or the ask that stands; several quotes may share the instant
        bool stands = false;
        for (std::size_t k = at; k < quotes.rows() && q[0][k] == t[0][i]; ++k) {
            const bool buys = t[3][i] == static_cast<std::int64_t>(Aggressor::buyer);
            stands = stands || (t[1][i] == (buys ? q[2][k] : q[1][k]) &&
                                t[2][i] <= (buys ? q[4][k] : q[3][k]));
        }
        ASSERT_TRUE(stands);
    }
    for (std::size_t i = 0; i < quotes.rows(); ++i) {
        ASSERT_TRUE(i == 0 || q[0][i] >= q[0][i - 1]);
        ASSERT_LT(q[1][i], q[2][i]);
        ASSERT_GT(q[1][i], 0);
        ASSERT_GT(q[3][i], 0);
        ASSERT_GT(q[4][i], 0);
        ASSERT_TRUE(session_at(CalendarKind::us_equity, Timestamp{q[0][i]}).has_value());
    }
    EXPECT_NEAR(static_cast<double>(trades.rows()) / 50'000, 0.3, 0.02);
}

TEST(MemoryHistory, gives_back_series_in_order_and_by_span) {
    MemoryHistory history;
    history.add_instrument(default_instrument("SPY.ARCA").value());
    const GenerateSettings s = settings("SPY.ARCA", minutes(1));
    ports::Columns bars{ports::SeriesKind::bar}, quotes{ports::SeriesKind::quote};
    BarGenerator{s}.append(bars, 100);
    TickGenerator{s}.append_quotes(quotes, nullptr, 100);
    const ports::SeriesKey bar_key{
        .symbol = "SPY.ARCA", .kind = ports::SeriesKind::bar, .spec = time_bars(minutes(1))};
    const ports::SeriesKey quote_key{
        .symbol = "SPY.ARCA", .kind = ports::SeriesKind::quote, .spec = {}};
    history.add_series(quote_key, quotes);
    history.add_series(bar_key, bars);
    ASSERT_EQ(history.series().size(), 2U);
    EXPECT_EQ(history.series()[0].key, bar_key);
    EXPECT_EQ(history.find(quote_key)->rows, 100U);
    EXPECT_NE(history.find_instrument("SPY.ARCA"), nullptr);
    EXPECT_EQ(history.find_instrument("QQQ.NASDAQ"), nullptr);
    auto reader = history.read(bar_key, {bars.columns[0][10]}, {bars.columns[0][20]}).value();
    const auto chunk = reader->next().value();
    ASSERT_TRUE(chunk.has_value());
    EXPECT_EQ(chunk->rows, 10U);
    EXPECT_EQ(chunk->column(4)[0], bars.columns[4][10]);
    EXPECT_FALSE(reader->next().value().has_value());
    EXPECT_FALSE(history.read({.symbol = "X.Y", .kind = ports::SeriesKind::bar, .spec = {}}, {}, {})
                     .has_value());
}

}  // namespace
}  // namespace tradewind::sim
