// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "domain/ids.hpp"
#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/time.hpp"
#include "measures/tail_risk.hpp"
#include "monitor/statistics.hpp"

/// Performance of a marked equity curve and of the trades behind it. Whatever cannot be defined on
/// the data given is nullopt: never 0, 10 or infinity. Rates and returns are fractions (0.01 is one
/// per cent).
namespace tradewind::monitor {

/// Equity at the end of one day. `ts` names the day: 00:00 UTC of its (session) date.
struct EquityPoint {
    Timestamp ts{};
    double equity = 0;

    friend bool operator==(const EquityPoint&, const EquityPoint&) = default;
};

/// A position from flat to flat, or the closed part of one. Amounts are in the account's currency.
struct ClosedTrade {
    InstrumentId instrument{};
    Side side = Side::buy;  ///< of the entry: buy is long
    Qty qty{};              ///< positive
    Timestamp entry_ts{};
    Timestamp exit_ts{};
    Price entry_price{};  ///< average
    Price exit_price{};   ///< average
    Money gross_pnl{};
    Money fees{};      ///< paid; negative is a rebate
    Money slippage{};  ///< cost against the price without it, part of gross_pnl
    Money net_pnl{};   ///< gross_pnl - fees
    Money mae{};       ///< maximum adverse excursion: the lowest open profit, 0 or below
    Money mfe{};       ///< maximum favourable excursion: the highest open profit, 0 or above
    std::uint64_t bars_held = 0;
    Tag tag{};
    bool ambiguous = false;  ///< stop and target lay inside one bar; taken pessimistically
    StrategyId strategy{};

    friend bool operator==(const ClosedTrade&, const ClosedTrade&) = default;
};

/// A yearly risk-free rate, taken each period as (1 + rate)^(1 / annual_factor) - 1.
struct AnnualRate {
    double rate = 0;
};
/// One rate for every period.
struct PeriodRate {
    double rate = 0;
};
/// A rate for each period, [returns = samples - 1].
struct PeriodRates {
    std::span<const double> rates{};
};
using RiskFree = std::variant<AnnualRate, PeriodRate, PeriodRates>;

struct MetricsInput {
    /// ts strictly increasing; the first is the start capital
    std::span<const EquityPoint> equity{};
    std::span<const EquityPoint> benchmark{};  ///< empty: none. Joined on equal ts
    RiskFree risk_free{};
    double annual_factor = 252;              ///< periods a year: 252, 365, 260 or given
    double sharpe_threshold = 0;             ///< annualised; what `psr` tests against
    std::optional<Trials> trials{};          ///< for `dsr`
    std::optional<double> time_in_market{};  ///< share, from EquitySampler
    /// sum of |notional| of all fills, from EquitySampler
    std::optional<double> traded_notional{};
    std::span<const ClosedTrade> trades{};  ///< in order of exit
};

/// One fall from a peak and back. Times are those of samples.
struct Drawdown {
    double depth = 0;   ///< positive fraction of the peak; above 1 where equity fell below 0
    Timestamp start{};  ///< the peak
    Timestamp trough{};
    std::optional<Timestamp> recovery{};    ///< first sample back at the peak
    double duration_days = 0;               ///< peak to recovery, or to the last sample
    std::optional<double> recovery_days{};  ///< trough to recovery

    friend bool operator==(const Drawdown&, const Drawdown&) = default;
};

/// Statistics of closed trades on net profit. A win is above 0, a loss below, break-even neither.
struct TradeStatistics {
    std::size_t count = 0;
    std::size_t wins = 0;
    std::size_t losses = 0;
    std::size_t break_even = 0;
    std::size_t ambiguous = 0;
    std::size_t longest_win_streak = 0;   ///< trades in a row
    std::size_t longest_loss_streak = 0;  ///< break-even ends both
    Money net_pnl{};
    Money gross_pnl{};
    Money fees{};
    Money slippage{};
    std::optional<double> win_rate{};  ///< wins / count
    /// sum of wins / |sum of losses|; nullopt without a loss
    std::optional<double> profit_factor{};
    std::optional<double> expectancy{};  ///< mean net profit, money
    /// Expectancy in units of the average loss (Tharp, "Trade your way to financial freedom",
    /// 1998).
    std::optional<double> expectancy_ratio{};
    /// System quality number, sqrt(n) mean / sd of net profit, sample sd (Tharp, "Definitive guide
    /// to position sizing", 2008). nullopt under two trades or where all are equal.
    std::optional<double> sqn{};
    std::optional<double> average_win{};   ///< money
    std::optional<double> average_loss{};  ///< money, negative
    std::optional<double> payoff_ratio{};  ///< average_win / |average_loss|
    std::optional<double> best{};          ///< money
    std::optional<double> worst{};         ///< money
    std::optional<double> average_mae{};   ///< money, 0 or below
    std::optional<double> average_mfe{};   ///< money
    std::optional<double> average_bars{};
    std::optional<Duration> duration_min{};
    std::optional<Duration> duration_mean{};
    std::optional<Duration> duration_median{};
    std::optional<Duration> duration_max{};
};

/// Symbols: r = return of a period, e = r - risk-free, b = the benchmark's return, n = count of
/// returns, A = annual_factor, sd = sample standard deviation.
struct Metrics {
    double annual_factor = 252;  ///< A, printed beside every ratio
    std::size_t samples = 0;     ///< equity points
    std::optional<Timestamp> first{};
    std::optional<Timestamp> last{};
    std::optional<double> start_equity{};
    std::optional<double> final_equity{};

    std::optional<double> total_return{};  ///< last / first - 1
    std::optional<double> cagr{};          ///< (last / first)^(365.25 / calendar days) - 1
    std::optional<double> volatility{};    ///< sd(r) sqrt(A)
    /// mean(e) / sd(e) sqrt(A): Sharpe, J. Portfolio Management 21 (1994)
    std::optional<double> sharpe{};
    std::optional<double> sharpe_ci_low{};  ///< 95 %, independent returns: Lo (2002)
    std::optional<double> sharpe_ci_high{};
    /// A again, by the name that readers look for; sqrt(A) multiplies
    double sharpe_annualization = 252;
    /// mean(e) / sd(e) eta(A): Lo (2002), lags by `newey_west_lags`
    std::optional<double> sharpe_adjusted{};
    std::optional<double> sharpe_adjusted_factor{};  ///< eta(A); sqrt(A) for independent returns
    std::optional<double> sharpe_adjusted_ci_low{};  ///< 95 %, autocorrelation-consistent
    std::optional<double> sharpe_adjusted_ci_high{};
    /// probability that Sharpe > sharpe_threshold: `probabilistic_sharpe`
    std::optional<double> psr{};
    std::optional<double> dsr{};  ///< the same against `expected_maximum_sharpe` of the trials
    std::optional<std::uint64_t> trials{};
    /// mean(e) / sqrt(mean(min(e, 0)^2)) sqrt(A): Sortino and Price (1994)
    std::optional<double> sortino{};
    std::optional<double> calmar{};  ///< cagr / max_drawdown (Young 1991), over the whole span
    std::optional<double> omega{};  ///< sum max(e, 0) / sum max(-e, 0): Keating and Shadwick (2002)
    /// root mean square drawdown over the n periods: Martin and McCann (1989)
    std::optional<double> ulcer{};
    /// |95th percentile| / |5th percentile| of r (as empyrical)
    std::optional<double> tail_ratio{};
    std::optional<double> skew{};      ///< of r
    std::optional<double> kurtosis{};  ///< of r, raw: 3 for a normal
    std::optional<double> best_period{};
    std::optional<double> worst_period{};
    std::optional<double> positive_periods{};  ///< share of r > 0

    std::optional<double> max_drawdown{};      ///< positive fraction, 0 where equity never fell
    std::optional<Drawdown> worst_drawdown{};  ///< nullopt where equity never fell
    std::optional<double> longest_underwater_days{};
    measures::TailRisk tail_95{};
    measures::TailRisk tail_99{};

    std::optional<double> exposure{};  ///< share of time with a position
    std::optional<double> turnover{};  ///< traded notional / 2 / mean equity / years

    std::size_t benchmark_samples = 0;  ///< points joined
    std::optional<double> benchmark_return{};
    std::optional<double> beta{};  ///< cov(e, b - rf) / var(b - rf)
    /// annualised: (1 + mean(e - beta (b - rf)))^A - 1, Jensen (1968) as empyrical
    std::optional<double> alpha{};
    std::optional<double> correlation{};
    std::optional<double> tracking_error{};     ///< sd(r - b) sqrt(A)
    std::optional<double> information_ratio{};  ///< mean(r - b) A / tracking_error
    /// geometric mean of r over that of b, periods with b > 0 (Morningstar)
    std::optional<double> up_capture{};
    std::optional<double> down_capture{};  ///< the same with b < 0

    TradeStatistics trades{};
};

enum class MetricsErrorKind : std::uint8_t {
    equity_not_finite,
    benchmark_not_finite,
    equity_not_in_order,
    benchmark_not_in_order,
    risk_free_not_usable,  ///< not finite, at or below -1, or not one for each return
    annual_factor_not_positive,
    input_not_usable,  ///< another number that is not finite or below 0
};

struct MetricsError {
    MetricsErrorKind kind = MetricsErrorKind::equity_not_finite;
    std::size_t index = 0;  ///< of the first offending sample

    friend bool operator==(const MetricsError&, const MetricsError&) = default;
};

[[nodiscard]] std::string describe(const MetricsError& error);

/// All metrics of one run. Pure; any thread. Checked against scipy, statsmodels, empyrical-reloaded
/// and quantstats in tests/reference/metrics_reference.py, and against the papers' own examples in
/// statistics_test.cpp.
[[nodiscard]] std::expected<Metrics, MetricsError> compute(const MetricsInput& input);

[[nodiscard]] TradeStatistics trade_statistics(std::span<const ClosedTrade> trades);

/// r_t = equity_t / equity_{t-1} - 1; nullopt where an equity that a return would stand on is not
/// above 0.
[[nodiscard]] std::optional<std::vector<double>> returns_of(std::span<const EquityPoint> equity);

/// Every drawdown, in time; the last may be open. Empty where equity never fell, or starts at or
/// below 0.
[[nodiscard]] std::vector<Drawdown> drawdowns_of(std::span<const EquityPoint> equity);

}  // namespace tradewind::monitor
