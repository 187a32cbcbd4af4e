// SPDX-License-Identifier: Apache-2.0
#include "monitor/metrics.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "measures/moments.hpp"

namespace tradewind::monitor {
namespace {

using Values = std::span<const double>;
using Curve = std::span<const EquityPoint>;

constexpr double kDaysPerYear = 365.25;
constexpr double kNormal975 = 1.959963984540054;  ///< 97.5 % of the standard normal: two-sided 95 %

double days_between(Timestamp from, Timestamp to) {
    return static_cast<double>((to - from).ns) / static_cast<double>(days(1).ns);
}

std::optional<double> ratio(std::optional<double> numerator, std::optional<double> denominator) {
    if (!numerator || !denominator || *denominator == 0) return std::nullopt;
    const double value = *numerator / *denominator;
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// --- what comes in -------------------------------------------------------------------------------

struct CurveErrors {
    MetricsErrorKind not_finite;
    MetricsErrorKind not_in_order;
};

std::expected<void, MetricsError> check_curve(Curve curve, CurveErrors errors) {
    for (std::size_t i = 0; i < curve.size(); ++i) {
        if (!std::isfinite(curve[i].equity))
            return std::unexpected(MetricsError{errors.not_finite, i});
        if (i > 0 && curve[i].ts <= curve[i - 1].ts) {
            return std::unexpected(MetricsError{errors.not_in_order, i});
        }
    }
    return {};
}

bool usable_rate(double rate) { return std::isfinite(rate) && rate > -1; }

std::expected<void, MetricsError> check_risk_free(const MetricsInput& input) {
    const auto bad = [](std::size_t i) {
        return std::unexpected(MetricsError{MetricsErrorKind::risk_free_not_usable, i});
    };
    if (const auto* annual = std::get_if<AnnualRate>(&input.risk_free)) {
        if (!usable_rate(annual->rate)) return bad(0);
    } else if (const auto* period = std::get_if<PeriodRate>(&input.risk_free)) {
        if (!usable_rate(period->rate)) return bad(0);
    } else {
        const Values rates = std::get<PeriodRates>(input.risk_free).rates;
        if (rates.size() + 1 != std::max<std::size_t>(input.equity.size(), 1))
            return bad(rates.size());
        for (std::size_t i = 0; i < rates.size(); ++i) {
            if (!usable_rate(rates[i])) return bad(i);
        }
    }
    return {};
}

bool usable_amount(const std::optional<double>& value) {
    return !value || (std::isfinite(*value) && *value >= 0);
}

std::expected<void, MetricsError> check(const MetricsInput& input) {
    TRY_VOID(check_curve(input.equity, {MetricsErrorKind::equity_not_finite,
                                        MetricsErrorKind::equity_not_in_order}));
    TRY_VOID(check_curve(input.benchmark, {MetricsErrorKind::benchmark_not_finite,
                                           MetricsErrorKind::benchmark_not_in_order}));
    if (!std::isfinite(input.annual_factor) || input.annual_factor <= 0) {
        return std::unexpected(MetricsError{MetricsErrorKind::annual_factor_not_positive, 0});
    }
    TRY_VOID(check_risk_free(input));
    const bool amounts_usable = usable_amount(input.time_in_market) &&
                                usable_amount(input.traded_notional) &&
                                std::isfinite(input.sharpe_threshold) &&
                                (!input.trials || usable_amount(input.trials->sharpe_variance));
    if (!amounts_usable)
        return std::unexpected(MetricsError{MetricsErrorKind::input_not_usable, 0});
    return {};
}

/// The risk-free return of period i (the one that ends at sample i + 1).
class RiskFreeReturns {
public:
    explicit RiskFreeReturns(const MetricsInput& input) {
        if (const auto* annual = std::get_if<AnnualRate>(&input.risk_free)) {
            constant_ = std::pow(1 + annual->rate, 1 / input.annual_factor) - 1;
        } else if (const auto* period = std::get_if<PeriodRate>(&input.risk_free)) {
            constant_ = period->rate;
        } else {
            rates_ = std::get<PeriodRates>(input.risk_free).rates;
        }
    }
    [[nodiscard]] double at(std::size_t i) const { return rates_.empty() ? constant_ : rates_[i]; }
    /// Compounded over the periods [from, to).
    [[nodiscard]] double over(std::size_t from, std::size_t to) const {
        if (to == from + 1) return at(from);
        double growth = 1;
        for (std::size_t i = from; i < to; ++i) growth *= 1 + at(i);
        return growth - 1;
    }

private:
    double constant_ = 0;
    Values rates_;
};

// --- the curve -----------------------------------------------------------------------------------

std::optional<double> growth_of(Curve equity) {
    if (equity.size() < 2 || equity.front().equity <= 0) return std::nullopt;
    return equity.back().equity / equity.front().equity;
}

std::optional<double> annual_growth(Curve equity) {
    const auto growth = growth_of(equity);
    if (!growth || *growth < 0) return std::nullopt;
    const double years = days_between(equity.front().ts, equity.back().ts) / kDaysPerYear;
    const double rate = std::pow(*growth, 1 / years) - 1;
    return std::isfinite(rate) ? std::optional(rate) : std::nullopt;
}

void set_ends(Metrics& m, const MetricsInput& input) {
    m.annual_factor = input.annual_factor;
    m.sharpe_annualization = input.annual_factor;
    m.samples = input.equity.size();
    if (input.equity.empty()) return;
    m.first = input.equity.front().ts;
    m.last = input.equity.back().ts;
    m.start_equity = input.equity.front().equity;
    m.final_equity = input.equity.back().equity;
    if (const auto growth = growth_of(input.equity)) m.total_return = *growth - 1;
    m.cagr = annual_growth(input.equity);
}

void set_drawdowns(Metrics& m, Curve equity) {
    if (equity.size() < 2 || equity.front().equity <= 0) return;
    m.max_drawdown = 0.0;
    m.longest_underwater_days = 0.0;
    for (const Drawdown& drawdown : drawdowns_of(equity)) {
        m.longest_underwater_days = std::max(*m.longest_underwater_days, drawdown.duration_days);
        if (drawdown.depth > *m.max_drawdown) {
            m.max_drawdown = drawdown.depth;
            m.worst_drawdown = drawdown;
        }
    }
    m.calmar = ratio(m.cagr, m.max_drawdown);
    double peak = equity.front().equity;
    double squares = 0;
    for (const EquityPoint& point : equity) {
        peak = std::max(peak, point.equity);
        const double depth = 1 - point.equity / peak;
        squares += depth * depth;
    }
    m.ulcer = std::sqrt(squares / static_cast<double>(equity.size() - 1));
}

void set_activity(Metrics& m, const MetricsInput& input) {
    m.exposure = input.time_in_market;
    if (!input.traded_notional || input.equity.size() < 2) return;
    double sum = 0;
    for (const EquityPoint& point : input.equity) sum += point.equity;
    const double average = sum / static_cast<double>(input.equity.size());
    const double years =
        days_between(input.equity.front().ts, input.equity.back().ts) / kDaysPerYear;
    if (average > 0) m.turnover = *input.traded_notional / 2 / average / years;
}

// --- its returns ---------------------------------------------------------------------------------

void set_sharpe(Metrics& m, const MetricsInput& input, Values excess) {
    const auto average = measures::mean(excess);
    const auto one_period = ratio(average, measures::sample_deviation(excess));
    if (!one_period) return;
    const double root = std::sqrt(input.annual_factor);
    const double margin = kNormal975 * lo_standard_error(*one_period, excess.size()) * root;
    m.sharpe = *one_period * root;
    m.sharpe_ci_low = *m.sharpe - margin;
    m.sharpe_ci_high = *m.sharpe + margin;

    const auto skew = measures::skewness(excess);
    const auto kurtosis = measures::raw_kurtosis(excess);
    if (!skew || !kurtosis) return;
    const SharpeSample sample{*one_period, excess.size(), *skew, *kurtosis};
    m.psr = probabilistic_sharpe(sample, input.sharpe_threshold / root);
    if (!input.trials) return;
    m.trials = input.trials->count;
    if (const auto threshold = expected_maximum_sharpe(*input.trials)) {
        m.dsr = probabilistic_sharpe(sample, *threshold);
    }
}

void set_adjusted_sharpe(Metrics& m, const MetricsInput& input, Values excess) {
    const auto one_period = ratio(measures::mean(excess), measures::sample_deviation(excess));
    const std::size_t lags = newey_west_lags(excess.size());
    // Fewer returns than lags say nothing about autocorrelation.
    if (!one_period || excess.size() < lags + 2) return;
    std::vector<double> rho;
    for (std::size_t lag = 1; lag <= lags; ++lag) {
        const auto at_lag = measures::autocorrelation(excess, lag);
        if (!at_lag) return;
        rho.push_back(*at_lag);
    }
    m.sharpe_adjusted_factor = lo_factor(input.annual_factor, rho);
    const auto error = lo_standard_error_hac(excess, lags);
    if (!m.sharpe_adjusted_factor || !error) return;
    const double margin = kNormal975 * *error * *m.sharpe_adjusted_factor;
    m.sharpe_adjusted = *one_period * *m.sharpe_adjusted_factor;
    m.sharpe_adjusted_ci_low = *m.sharpe_adjusted - margin;
    m.sharpe_adjusted_ci_high = *m.sharpe_adjusted + margin;
}

/// Sums of what lies above and below 0, both positive.
struct Sides {
    double above = 0;
    double below = 0;
    double below_squared = 0;
};

Sides sides_of(Values values) {
    Sides sides;
    for (const double value : values) {
        if (value > 0) sides.above += value;
        if (value < 0) {
            sides.below -= value;
            sides.below_squared += value * value;
        }
    }
    return sides;
}

void set_downside(Metrics& m, const MetricsInput& input, Values excess) {
    const Sides sides = sides_of(excess);
    const auto n = static_cast<double>(excess.size());
    const double deviation = std::sqrt(sides.below_squared / n);
    if (const auto plain = ratio(measures::mean(excess), deviation)) {
        m.sortino = *plain * std::sqrt(input.annual_factor);
    }
    m.omega = ratio(sides.above, sides.below);
}

void set_distribution(Metrics& m, Values returns) {
    std::vector<double> sorted(returns.begin(), returns.end());
    std::ranges::sort(sorted);
    m.best_period = sorted.back();
    m.worst_period = sorted.front();
    m.positive_periods =
        static_cast<double>(std::ranges::count_if(sorted, [](double r) { return r > 0; })) /
        static_cast<double>(sorted.size());
    m.skew = measures::skewness(returns);
    m.kurtosis = measures::raw_kurtosis(returns);
    m.tail_ratio = ratio(std::abs(measures::quantile_of_sorted(sorted, 0.95)),
                         std::abs(measures::quantile_of_sorted(sorted, 0.05)));
    m.tail_95 = measures::tail_risk(returns, sorted, 0.05);
    m.tail_99 = measures::tail_risk(returns, sorted, 0.01);
}

/// Returns come from ratios near 1, each with the rounding error of 1. Growth at one rate is
/// constant: a ratio of that noise would be a Sharpe ratio of 1e12.
void level_noise(std::vector<double>& returns) {
    constexpr double kReturnNoise = 1e-14;
    const auto [low, high] = std::ranges::minmax(returns);
    if (high - low < kReturnNoise) std::ranges::fill(returns, returns.front());
}

void set_returns(Metrics& m, const MetricsInput& input, const RiskFreeReturns& risk_free) {
    auto returns = returns_of(input.equity);
    if (!returns || returns->empty()) return;
    level_noise(*returns);
    std::vector<double> excess = *returns;
    for (std::size_t i = 0; i < excess.size(); ++i) excess[i] -= risk_free.at(i);
    if (const auto deviation = measures::sample_deviation(*returns)) {
        m.volatility = *deviation * std::sqrt(input.annual_factor);
    }
    set_sharpe(m, input, excess);
    set_adjusted_sharpe(m, input, excess);
    set_downside(m, input, excess);
    set_distribution(m, *returns);
}

// --- against a benchmark -------------------------------------------------------------------------

/// Both curves at the instants that they share, and the risk-free return between those.
struct Joined {
    std::vector<EquityPoint> own;
    std::vector<EquityPoint> benchmark;
    std::vector<double> risk_free;
};

Joined join(const MetricsInput& input, const RiskFreeReturns& risk_free) {
    Joined joined;
    std::size_t j = 0;
    std::size_t before = 0;  // index in equity of the last point joined
    for (std::size_t i = 0; i < input.equity.size(); ++i) {
        while (j < input.benchmark.size() && input.benchmark[j].ts < input.equity[i].ts) ++j;
        if (j == input.benchmark.size()) break;
        if (input.benchmark[j].ts != input.equity[i].ts) continue;
        if (!joined.own.empty()) joined.risk_free.push_back(risk_free.over(before, i));
        joined.own.push_back(input.equity[i]);
        joined.benchmark.push_back(input.benchmark[j]);
        before = i;
    }
    return joined;
}

/// Sample covariance.
double covariance(Values a, Values b) {
    const double mean_a = *measures::mean(a);
    const double mean_b = *measures::mean(b);
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
    return sum / static_cast<double>(a.size() - 1);
}

void set_regression(Metrics& m, Values excess, Values benchmark_excess) {
    const auto deviation = measures::sample_deviation(excess);
    const auto benchmark_deviation = measures::sample_deviation(benchmark_excess);
    if (!deviation || !benchmark_deviation || *benchmark_deviation == 0) return;
    const double together = covariance(excess, benchmark_excess);
    m.beta = together / (*benchmark_deviation * *benchmark_deviation);
    m.correlation = ratio(together, *deviation * *benchmark_deviation);
    const double residual = *measures::mean(excess) - *m.beta * *measures::mean(benchmark_excess);
    if (residual > -1) m.alpha = std::pow(1 + residual, m.annual_factor) - 1;
}

void set_tracking(Metrics& m, Values returns, Values benchmark) {
    std::vector<double> active(returns.begin(), returns.end());
    for (std::size_t i = 0; i < active.size(); ++i) active[i] -= benchmark[i];
    const auto deviation = measures::sample_deviation(active);
    if (!deviation) return;
    m.tracking_error = *deviation * std::sqrt(m.annual_factor);
    m.information_ratio = ratio(*measures::mean(active) * m.annual_factor, m.tracking_error);
}

/// Geometric mean of one series over that of the other, in the periods where `in` holds for the
/// second.
template <typename In>
std::optional<double> capture(Values returns, Values benchmark, In in) {
    double log_own = 0;
    double log_benchmark = 0;
    std::size_t n = 0;
    for (std::size_t i = 0; i < returns.size(); ++i) {
        if (!in(benchmark[i])) continue;
        if (returns[i] <= -1 || benchmark[i] <= -1) return std::nullopt;
        log_own += std::log1p(returns[i]);
        log_benchmark += std::log1p(benchmark[i]);
        ++n;
    }
    if (n == 0) return std::nullopt;
    return ratio(std::expm1(log_own / static_cast<double>(n)),
                 std::expm1(log_benchmark / static_cast<double>(n)));
}

void set_benchmark(Metrics& m, const MetricsInput& input, const RiskFreeReturns& risk_free) {
    if (input.benchmark.empty()) return;
    const Joined joined = join(input, risk_free);
    m.benchmark_samples = joined.own.size();
    if (const auto growth = growth_of(joined.benchmark)) m.benchmark_return = *growth - 1;
    auto returns = returns_of(joined.own);
    auto benchmark = returns_of(joined.benchmark);
    if (!returns || !benchmark || returns->empty()) return;
    level_noise(*returns);
    level_noise(*benchmark);
    std::vector<double> excess = *returns;
    std::vector<double> benchmark_excess = *benchmark;
    for (std::size_t i = 0; i < excess.size(); ++i) {
        excess[i] -= joined.risk_free[i];
        benchmark_excess[i] -= joined.risk_free[i];
    }
    set_regression(m, excess, benchmark_excess);
    set_tracking(m, *returns, *benchmark);
    m.up_capture = capture(*returns, *benchmark, [](double b) { return b > 0; });
    m.down_capture = capture(*returns, *benchmark, [](double b) { return b < 0; });
}

}  // namespace

std::string describe(const MetricsError& error) {
    switch (error.kind) {
        case MetricsErrorKind::equity_not_finite:
            return fmt::format("equity sample {} is not a finite number", error.index);
        case MetricsErrorKind::benchmark_not_finite:
            return fmt::format("benchmark sample {} is not a finite number", error.index);
        case MetricsErrorKind::equity_not_in_order:
            return fmt::format("equity sample {} is not later than the one before", error.index);
        case MetricsErrorKind::benchmark_not_in_order:
            return fmt::format("benchmark sample {} is not later than the one before", error.index);
        case MetricsErrorKind::risk_free_not_usable:
            return fmt::format(
                "risk-free rate {}: one finite rate above -1 is needed, or one for each return",
                error.index);
        case MetricsErrorKind::annual_factor_not_positive:
            return "the annual factor is not a finite number above 0";
        case MetricsErrorKind::input_not_usable:
            return "exposure, traded notional, Sharpe threshold or trial variance is not a usable "
                   "number";
    }
    ASSERT(false);
}

std::expected<Metrics, MetricsError> compute(const MetricsInput& input) {
    TRY_VOID(check(input));
    const RiskFreeReturns risk_free(input);
    Metrics metrics;
    set_ends(metrics, input);
    set_drawdowns(metrics, input.equity);
    set_activity(metrics, input);
    set_returns(metrics, input, risk_free);
    set_benchmark(metrics, input, risk_free);
    metrics.trades = trade_statistics(input.trades);
    return metrics;
}

std::optional<std::vector<double>> returns_of(Curve equity) {
    std::vector<double> returns;
    if (equity.size() < 2) return returns;
    returns.reserve(equity.size() - 1);
    for (std::size_t i = 1; i < equity.size(); ++i) {
        if (equity[i - 1].equity <= 0) return std::nullopt;
        returns.push_back(equity[i].equity / equity[i - 1].equity - 1);
    }
    return returns;
}

std::vector<Drawdown> drawdowns_of(Curve equity) {
    std::vector<Drawdown> all;
    if (equity.empty() || equity.front().equity <= 0) return all;
    EquityPoint peak = equity.front();
    std::optional<Drawdown> open;
    for (const EquityPoint& point : equity) {
        if (point.equity >= peak.equity) {
            if (open) {
                open->recovery = point.ts;
                open->duration_days = days_between(open->start, point.ts);
                open->recovery_days = days_between(open->trough, point.ts);
                all.push_back(*open);
                open.reset();
            }
            peak = point;
            continue;
        }
        const double depth = 1 - point.equity / peak.equity;
        if (!open) open = Drawdown{.start = peak.ts, .trough = point.ts};
        if (depth > open->depth) {
            open->depth = depth;
            open->trough = point.ts;
        }
        open->duration_days = days_between(open->start, point.ts);
    }
    if (open) all.push_back(*open);
    return all;
}

}  // namespace tradewind::monitor
