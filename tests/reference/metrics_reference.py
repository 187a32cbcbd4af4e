# SPDX-License-Identifier: Apache-2.0
"""Reference values for monitor::compute, from libraries that we did not write.

    python tests/reference/metrics_reference.py > tests/reference/metrics.json

Each case holds the input (equity, benchmark, trades) and what numpy, pandas, scipy, statsmodels and
empyrical-reloaded make of it. tests/reference/test_metrics_reference.py runs this again and compares;
src/research/metrics_reference_test.cpp holds our own code to the file.
"""

import json
import sys

import empyrical as ep
import numpy as np
import pandas as pd
import scipy.integrate
import scipy.stats
import statsmodels.api as sm
from statsmodels.tsa.stattools import acf

DAY_NS = 86_400_000_000_000


def tail_risk(r, tail, name):
    """VaR and expected shortfall at one level, as positive losses."""
    mu, sd = np.mean(r), np.std(r, ddof=1)
    skew, excess = scipy.stats.skew(r), scipy.stats.kurtosis(r)

    def cornish_fisher(u):
        z = scipy.stats.norm.ppf(u)
        return (
            z
            + (z**2 - 1) * skew / 6
            + (z**3 - 3 * z) * excess / 24
            - (2 * z**3 - 5 * z) * skew**2 / 36
        )

    # The expansion is used where it rises, from -5 to 5 standard deviations.
    low = scipy.stats.norm.ppf(tail)
    grid = cornish_fisher(scipy.stats.norm.cdf(np.linspace(-5, 5, 20_001)))
    increasing = bool(np.all(np.diff(grid) > 0))
    # The mean of the quantile over the tail, by quadrature in z: no closed form is trusted here.
    mean_z, _ = scipy.integrate.quad(
        lambda z: cornish_fisher(scipy.stats.norm.cdf(z)) * scipy.stats.norm.pdf(z) / tail,
        -37,
        low,
        epsabs=1e-13,
        epsrel=1e-12,
        limit=500,
    )
    normal_mean = scipy.stats.norm.expect(lambda z: z, ub=low, conditional=True)
    return {
        f"var_{name}": -ep.value_at_risk(r, cutoff=tail),
        f"es_{name}": -ep.conditional_value_at_risk(r, cutoff=tail),
        f"var_normal_{name}": -scipy.stats.norm(mu, sd).ppf(tail),
        f"es_normal_{name}": -(mu + sd * normal_mean),
        f"var_cornish_fisher_{name}": -(mu + sd * cornish_fisher(tail)) if increasing else None,
        f"es_cornish_fisher_{name}": -(mu + sd * mean_z) if increasing else None,
    }


def sharpe_statistics(e, factor, trials):
    n = len(e)
    sharpe = np.mean(e) / np.std(e, ddof=1)
    out = {"sharpe": ep.sharpe_ratio(e, annualization=factor)}
    half = scipy.stats.norm.ppf(0.975) * np.sqrt((1 + sharpe**2 / 2) / n) * np.sqrt(factor)
    out["sharpe_ci_low"] = out["sharpe"] - half
    out["sharpe_ci_high"] = out["sharpe"] + half

    lags = int(4 * (n / 100) ** (2 / 9))
    rho = acf(e, nlags=lags, adjusted=False, fft=False)[1:]
    k = np.arange(1, lags + 1)
    use = k < factor
    eta = factor / np.sqrt(factor + 2 * np.sum((factor - k[use]) * rho[use]))
    # The long-run standard error of the influence function's mean, by statsmodels' HAC covariance.
    z = (e - np.mean(e)) / np.std(e)
    population = np.mean(e) / np.std(e)
    influence = z - population / 2 * (z**2 - 1)
    fit = sm.OLS(influence, np.ones(n)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}
    )
    half = scipy.stats.norm.ppf(0.975) * fit.bse[0] * eta
    out["sharpe_adjusted"] = sharpe * eta
    out["sharpe_adjusted_factor"] = eta
    out["sharpe_adjusted_ci_low"] = sharpe * eta - half
    out["sharpe_adjusted_ci_high"] = sharpe * eta + half

    skew, kurtosis = scipy.stats.skew(e), scipy.stats.kurtosis(e, fisher=False)
    deviation = np.sqrt((1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2) / (n - 1))
    out["psr"] = scipy.stats.norm.cdf(sharpe / deviation)
    if trials:
        count, variance = trials
        gumbel = np.euler_gamma
        best = np.sqrt(variance) * (
            (1 - gumbel) * scipy.stats.norm.ppf(1 - 1 / count)
            + gumbel * scipy.stats.norm.ppf(1 - 1 / (count * np.e))
        )
        out["dsr"] = scipy.stats.norm.cdf((sharpe - best) / deviation)
    return out


def underwater_days(equity):
    """Longest peak-to-recovery span in calendar days, by pandas."""
    at_peak = equity >= equity.cummax()
    longest = 0
    for _, group in equity.groupby(at_peak.cumsum()):
        if len(group) < 2:
            continue
        position = equity.index.get_loc(group.index[-1])
        end = equity.index[min(position + 1, len(equity) - 1)]
        longest = max(longest, (end - group.index[0]).days)
    return longest


def curve_metrics(equity, benchmark, factor, risk_free_annual, trials):
    r = equity.pct_change().dropna()
    b = benchmark.pct_change().dropna()
    rf = (1 + risk_free_annual) ** (1 / factor) - 1
    e, be = r - rf, b - rf
    days = (equity.index[-1] - equity.index[0]).days
    depth = 1 - equity / equity.cummax()
    trough = depth.idxmax()
    start = equity[:trough].idxmax()
    out = {
        "samples": len(equity),
        "total_return": ep.cum_returns_final(r),
        "cagr": (equity.iloc[-1] / equity.iloc[0]) ** (365.25 / days) - 1,
        "volatility": ep.annual_volatility(r, annualization=factor),
        "sharpe_annualization": factor,
        "sortino": ep.sortino_ratio(e, annualization=factor),
        "omega": ep.omega_ratio(e, annualization=1),
        "ulcer": np.sqrt(np.mean(depth.iloc[1:] ** 2)),
        "tail_ratio": ep.tail_ratio(r),
        "skew": scipy.stats.skew(r),
        "kurtosis": scipy.stats.kurtosis(r, fisher=False),
        "best_period": r.max(),
        "worst_period": r.min(),
        "positive_periods": (r > 0).mean(),
        "max_drawdown": -ep.max_drawdown(r),
        "max_drawdown_start": start.strftime("%Y-%m-%dT00:00:00Z"),
        "max_drawdown_trough": trough.strftime("%Y-%m-%dT00:00:00Z"),
        "longest_underwater_days": underwater_days(equity),
        "benchmark_samples": len(benchmark),
        "benchmark_return": ep.cum_returns_final(b),
        "beta": scipy.stats.linregress(be, e).slope,
        "alpha": ep.alpha(r, b, risk_free=rf, annualization=factor),
        "correlation": scipy.stats.pearsonr(e, be).statistic,
        "tracking_error": ep.annual_volatility(r - b, annualization=factor),
        # empyrical's excess Sharpe is the information ratio of one period.
        "information_ratio": ep.excess_sharpe(r, b) * np.sqrt(factor),
        # "yearly" is a factor of 1: the geometric mean of one period, not annualised.
        "up_capture": ep.up_capture(r, b, period="yearly"),
        "down_capture": ep.down_capture(r, b, period="yearly"),
    }
    out["calmar"] = out["cagr"] / out["max_drawdown"]
    out |= sharpe_statistics(e.to_numpy(), factor, trials)
    out |= tail_risk(r.to_numpy(), 0.05, "95") | tail_risk(r.to_numpy(), 0.01, "99")
    return out


def trade_metrics(pnl, hours):
    """Statistics of net profits in cents and durations in hours."""
    p = pd.Series(pnl) / 100
    wins, losses = p[p > 0], p[p < 0]
    run = (np.sign(p) != np.sign(p).shift()).cumsum()
    streaks = p.groupby(run).agg(["first", "size"])
    seconds = pd.Series(hours) * 3600
    return {
        "count": len(p),
        "wins": len(wins),
        "losses": len(losses),
        "break_even": int((p == 0).sum()),
        "win_rate": len(wins) / len(p),
        "profit_factor": wins.sum() / -losses.sum(),
        "expectancy": p.mean(),
        "expectancy_ratio": p.mean() / -losses.mean(),
        "sqn": np.sqrt(len(p)) * p.mean() / p.std(ddof=1),
        "average_win": wins.mean(),
        "average_loss": losses.mean(),
        "payoff_ratio": wins.mean() / -losses.mean(),
        "best": p.max(),
        "worst": p.min(),
        "longest_win_streak": int(streaks[streaks["first"] > 0]["size"].max()),
        "longest_loss_streak": int(streaks[streaks["first"] < 0]["size"].max()),
        "duration_min": seconds.min(),
        "duration_mean": seconds.mean(),
        "duration_median": seconds.median(),
        "duration_max": seconds.max(),
    }


def make_case(
    name, *, seed, days, factor, risk_free=0.0, drift=0.0004, freq="B", memory=0.0, crash=0.0, trials=None
):
    """A seeded market with fat tails and, where wanted, memory; the equity follows it in part."""
    rng = np.random.default_rng(seed)
    market = 0.0002 + 0.009 * rng.standard_t(5, days)
    own = drift + 0.6 * market + 0.006 * rng.standard_t(6, days)
    own[days // 2] -= crash
    for t in range(1, days):
        own[t] += memory * own[t - 1]
    dates = pd.date_range("2015-01-02", periods=days + 1, freq=freq)
    # Rounded to what JSON shows, so that both sides start from the same numbers.
    equity = pd.Series(100_000 * np.cumprod(np.r_[1, 1 + own]), dates).round(4)
    benchmark = pd.Series(200 * np.cumprod(np.r_[1, 1 + market]), dates).round(6)
    pnl = np.round(rng.normal(800, 9_000, 150)).astype(int)
    pnl[::17] = 0
    hours = rng.integers(1, 300, len(pnl))
    return {
        "name": name,
        "annual_factor": factor,
        "risk_free_annual": risk_free,
        "trials": list(trials) if trials else None,
        "ts": [int(d.value) if d.unit == "ns" else int(d.as_unit("ns").value) for d in dates],
        "equity": equity.tolist(),
        "benchmark": benchmark.tolist(),
        "trade_pnl_cents": pnl.tolist(),
        "trade_hours": hours.tolist(),
        "expected": curve_metrics(equity, benchmark, factor, risk_free, trials),
        "expected_trades": trade_metrics(pnl, hours),
    }


def plain(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value))


def cases():
    return [
        make_case("equity daily", seed=1, days=1000, factor=252, risk_free=0.02, trials=(100, 0.0004)),
        make_case("crypto daily", seed=2, days=500, factor=365, freq="D", memory=0.15),
        make_case("losing", seed=3, days=300, factor=252, drift=-0.001, risk_free=0.01),
        make_case("monthly", seed=4, days=36, factor=12, freq="MS", memory=0.3, trials=(12, 0.01)),
        # One fall so deep that the Cornish-Fisher quantile no longer rises.
        make_case("crash", seed=6, days=250, factor=252, crash=0.3),
        make_case("short", seed=5, days=20, factor=252),
    ]


if __name__ == "__main__":
    json.dump({"cases": cases()}, sys.stdout, indent=None, separators=(",", ":"), default=plain)
    sys.stdout.write("\n")
