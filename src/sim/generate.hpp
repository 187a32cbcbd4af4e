// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/random.hpp"
#include "domain/bar_times.hpp"
#include "domain/instrument.hpp"
#include "ports/history.hpp"

/// Markets that are made up: the same settings and seed give the same rows everywhere. All rates
/// are per year and of log prices.
namespace tradewind::sim {

/// Geometric Brownian motion: log returns over dt are normal with mean (drift - volatility^2 / 2)
/// dt and variance volatility^2 dt (Hull, "Options, Futures, and Other Derivatives", ch. 14).
struct Gbm {
    double drift = 0.05;
    double volatility = 0.2;
};

/// GARCH(1,1) over bars or ticks (Bollerslev 1986): h' = omega + alpha e^2 + beta h, with omega
/// such that the mean of h is the long-run variance of a step. alpha + beta < 1.
struct Garch {
    double drift = 0.05;
    double volatility = 0.2;  ///< long-run
    double alpha = 0.08;
    double beta = 0.90;
};

/// Merton's jump diffusion (1976): Gbm's diffusion, and normal jumps of the log price that come as
/// a Poisson stream. The drift is compensated, so that the expected return stays `drift`.
struct JumpDiffusion {
    double drift = 0.05;
    double volatility = 0.15;
    double jumps_per_year = 20.0;
    double jump_mean = -0.01;
    double jump_deviation = 0.03;
};

/// Gbm whose parameters follow a Markov chain of two states in continuous time.
struct MarkovRegimes {
    struct Regime {
        double drift = 0.0;
        double volatility = 0.2;
        double mean_years = 0.25;  ///< how long it lasts
    };
    std::array<Regime, 2> regimes{{{.drift = 0.15, .volatility = 0.12, .mean_years = 0.4},
                                   {.drift = -0.25, .volatility = 0.40, .mean_years = 0.1}}};
};

/// Ornstein-Uhlenbeck: the log price is pulled to the log of the first price. Its stationary
/// variance is volatility^2 / (2 speed), its autocorrelation over dt exp(-speed dt) (Uhlenbeck and
/// Ornstein 1930).
struct OrnsteinUhlenbeck {
    double speed = 12.0;
    double volatility = 0.2;
};

using MarketModel = std::variant<Gbm, Garch, JumpDiffusion, MarkovRegimes, OrnsteinUhlenbeck>;

/// The log price relative to the first one, step by step. Exact for every dt, not an Euler scheme.
class LogPrice {
public:
    LogPrice(const MarketModel& model, double step_years, std::uint64_t seed);

    /// One step in `parts` equal parts; calls `seen(log_price)` after each.
    template <typename Seen>
    void step(int parts, Seen seen) {
        begin_step();
        for (int i = 0; i < parts; ++i) {
            advance(parts);
            seen(log_price_);
        }
    }
    [[nodiscard]] double value() const { return log_price_; }
    [[nodiscard]] base::Random& random() { return random_; }
    /// Index of the regime, 0 for other models.
    [[nodiscard]] std::size_t regime() const { return regime_; }

private:
    void begin_step();
    void advance(int parts);
    [[nodiscard]] double jumps(const JumpDiffusion& model, double dt);

    MarketModel model_;
    double step_years_;
    base::Random random_;
    double log_price_ = 0.0;
    double step_start_ = 0.0;  // log price where the step began
    double variance_ = 0.0;    // GARCH: of this step
    double step_mean_ = 0.0;   // GARCH: of this step's return
    bool is_first_step_ = true;
    std::size_t regime_ = 0;
};

struct GenerateSettings {
    MarketModel model;
    std::uint64_t seed = 1;
    Instrument instrument;  ///< its tick, lot and calendar shape the rows
    double first_price = 100.0;
    Timestamp start;
    Duration interval = minutes(1);  ///< of bars; mean pause between ticks
};

/// Bars inside the calendar's sessions; a daily bar of shares carries its date at 00:00 UTC.
class BarGenerator {
public:
    explicit BarGenerator(const GenerateSettings& settings);
    /// Appends `rows` bars.
    void append(ports::Columns& out, std::size_t rows);

private:
    void advance_label();

    GenerateSettings settings_;
    LogPrice path_;
    Timestamp label_;
    Price last_;
};

/// Quotes, and trades at the bid or the ask that stands.
class TickGenerator {
public:
    explicit TickGenerator(const GenerateSettings& settings);
    /// Goes on until `rows` more quotes, or trades, have come; the other kind's come along. Either
    /// may be nullptr to drop it.
    void append_quotes(ports::Columns& quotes, ports::Columns* trades, std::size_t rows);
    void append_trades(ports::Columns& trades, std::size_t rows);

private:
    void advance();
    void put_quote(ports::Columns& out) const;
    void put_trade(ports::Columns& out);

    GenerateSettings settings_;
    LogPrice path_;
    Timestamp now_;
    std::optional<Session> session_;
    Price bid_, ask_;
    Qty bid_size_, ask_size_;
    bool has_trade_ = false;
};

/// The share of a year of trading that `interval` is: a day counts as one session.
[[nodiscard]] double years_of(CalendarKind calendar, Duration interval);

}  // namespace tradewind::sim
