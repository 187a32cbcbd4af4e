# SPDX-License-Identifier: Apache-2.0
"""What expressions have beside the indicators, held to pandas; and alpha158 to Qlib's own formulas in pandas."""
import datetime
import re
import zoneinfo

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import statsmodels.api as sm

from indicators import REAL, error, expressions, feature_set, made_bars, real_bars
from qlib_formulas import evaluate, formulas, operators

TOLERANCE = 1e-9
WINDOWS = (2, 5, 20, 61)
# By a feature's letters: Qlib's lines are differences of running sums of squares, and pandas updates its deviations value by
# value, so that both lose digits. Ours are held to long doubles below.
QLIB_TOLERANCE = {"RSQR": 1e-6, "STD": 1e-4, "BETA": 1e-8, "RESI": 1e-8}


@pytest.fixture(scope="module")
def markets():
    found = {name: bars for name in REAL if (bars := real_bars(name)) is not None}
    return found | {"made": made_bars(3000, 1, 0.01), "coarse": made_bars(3000, 2, 0.25)}


def expect_equal(got, wanted, where, tolerance=TOLERANCE):
    wanted = np.asarray(wanted, float)
    wanted = np.where(np.isfinite(wanted), wanted, np.nan)
    differ = np.flatnonzero(np.isnan(got) != np.isnan(wanted))
    assert differ.size == 0, f"{where}: NaN in other rows, first {differ[:3]}: {got[differ[:3]]} {wanted[differ[:3]]}"
    assert error(np.nan_to_num(got), wanted) <= tolerance, where


def rank(x, n):
    return x.rolling(n).rank(pct=True)


ROLLING = {
    "mean(close,{n})": lambda f, n: f.close.rolling(n).mean(),
    "median(close,{n})": lambda f, n: f.close.rolling(n).median(),
    "quantile(close,{n},0.8)": lambda f, n: f.close.rolling(n).quantile(0.8),
    "tsrank(close,{n})": lambda f, n: rank(f.close, n),
    "idxmax(high,{n})": lambda f, n: f.high.rolling(n).apply(lambda w: w.argmax() + 1, raw=True),
    "idxmin(low,{n})": lambda f, n: f.low.rolling(n).apply(lambda w: w.argmin() + 1, raw=True),
    "cov(close,volume,{n})": lambda f, n: f.close.rolling(n).cov(f.volume),
    "ref(close,{n})": lambda f, n: f.close.shift(n),
    "delta(close,{n})": lambda f, n: f.close.diff(n),
    "ret(close,{n})": lambda f, n: f.close.pct_change(n),
    "logret(close,{n})": lambda f, n: np.log(f.close / f.close.shift(n)),
    "sum(close,{n})": lambda f, n: f.close.rolling(n).sum(),
    "max(high,{n})": lambda f, n: f.high.rolling(n).max(),
    "min(low,{n})": lambda f, n: f.low.rolling(n).min(),
    "mad(close,{n})": lambda f, n: f.close.rolling(n).apply(lambda w: np.abs(w - w.mean()).mean(), raw=True),
    "count(close>open,{n})": lambda f, n: (f.close > f.open).rolling(n).sum(),
    "product(close/open,{n})": lambda f, n: (f.close / f.open).rolling(n).apply(np.prod, raw=True),
    "ts_scale(close,{n})": lambda f, n: ((f.close - f.close.rolling(n).min()) / np.ptp(windows_of(f.close, n), axis=1)),
    "decay_linear(close,{n})": lambda f, n: f.close.rolling(n).apply(
        lambda w: np.average(w, weights=np.arange(1, n + 1)), raw=True),
    "ewm_mean(close,{n})": lambda f, n: f.close.ewm(span=n, min_periods=n).mean(),
    "ewm_mean(close,halflife={n})": lambda f, n: half_life(f.close, n).mean(),
    "ewm_cov(close,volume,{n})": lambda f, n: f.close.ewm(span=n, min_periods=n).cov(f.volume),
    "ewm_cov(close,volume,halflife={n})": lambda f, n: half_life(f.close, n).cov(f.volume),
    "since(close>ref(close,{n}))": lambda f, n: rows_since(f.close > f.close.shift(n), n),
}


def windows_of(x, n):
    """The last n values of each row, NaN before there are as many."""
    padded = np.concatenate([np.full(n - 1, np.nan), np.asarray(x, float)])
    return np.lib.stride_tricks.sliding_window_view(padded, n)


def half_life(x, rows):
    """A value is there from as many rows on as the span has that falls as fast."""
    span = 2 / (1 - 2 ** (-1 / rows)) - 1
    return x.ewm(halflife=rows, min_periods=int(np.ceil(span)))


def rows_since(condition, warming):
    """From the row on from which the condition is known."""
    rows = np.arange(len(condition))
    last = pd.Series(np.where(condition, rows, np.nan)).ffill()
    out = rows - last
    out[:warming] = np.nan
    return out


@pytest.mark.parametrize("text", ROLLING)
def test_equals_pandas(text, markets):
    for market, bars in markets.items():
        frame = pd.DataFrame(bars[:5].T, columns=["open", "high", "low", "close", "volume"])
        texts = [text.format(n=n) for n in WINDOWS]
        for n, asked, got in zip(WINDOWS, texts, expressions(texts, bars)):
            expect_equal(got, ROLLING[text](frame, n), f"{asked} on {market}")


@pytest.mark.parametrize("n", WINDOWS)
def test_deviations_equal_long_doubles(n, markets):
    """pandas updates its variance value by value, and leaves 1e-7 where two prices are equal."""
    for market, bars in markets.items():
        got = expressions([f"std(close,{n})", f"variance(close,{n})", f"zscore(close,{n})"], bars)
        windows = np.lib.stride_tricks.sliding_window_view(bars[3].astype(np.longdouble), n)
        wanted = windows.std(axis=1, ddof=1)
        fill = np.full(n - 1, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.where(np.ptp(windows, axis=1) > 0, (windows[:, -1] - windows.mean(axis=1)) / wanted, np.nan)
        for name, a, b in zip(("std", "variance", "zscore"), got, (wanted, wanted**2, score)):
            # Of two prices that differ by a cent after a leap of many, the sums keep nine digits.
            tolerance = TOLERANCE if n > 2 else 1e-8
            expect_equal(a, np.concatenate([fill, b.astype(float)]), f"{name} {n} on {market}", tolerance)


def wide(x, n):
    """The full windows of a series in long doubles."""
    return np.lib.stride_tricks.sliding_window_view(np.asarray(x).astype(np.longdouble), n)


def expect_windows(got, wanted, n, where, tolerance=TOLERANCE):
    expect_equal(got, np.concatenate([np.full(n - 1, np.nan), wanted.astype(float)]), where, tolerance)


@pytest.mark.parametrize("n", (4, 5, 20, 61, 250))
@pytest.mark.parametrize("series", ("close", "volume"))
def test_shape_equals_long_doubles(n, series, markets):
    """scipy's formulas of a sample in long doubles: pandas' sums in doubles keep less of them."""
    for market, bars in markets.items():
        windows = wide(bars[3 if series == "close" else 4], n)
        away = windows - windows.mean(axis=1, keepdims=True)
        m2, m3, m4 = ((away**k).mean(axis=1) for k in (2, 3, 4))
        with np.errstate(invalid="ignore", divide="ignore"):
            skew = np.sqrt(np.longdouble(n * (n - 1))) / (n - 2) * m3 / m2**1.5
            kurt = ((n + 1) * m4 / m2**2 - 3 * (n - 1)) * (n - 1) / ((n - 2) * (n - 3))
        flat = np.ptp(windows, axis=1) == 0
        skew[flat], kurt[flat] = np.nan, np.nan
        row = np.flatnonzero(~flat)[-1]
        assert np.isclose(float(skew[row]), scipy.stats.skew(windows[row].astype(float), bias=False))
        assert np.isclose(float(kurt[row]), scipy.stats.kurtosis(windows[row].astype(float), bias=False))
        got = expressions([f"skew({series},{n})", f"kurt({series},{n})"], bars)
        expect_windows(got[0], skew, n, f"skew({series},{n}) on {market}")
        expect_windows(got[1], kurt, n, f"kurt({series},{n}) on {market}")


FORGETFUL = ("std(close,20)", "variance(close,20)", "zscore(close,20)", "slope(close,20)", "rsquare(close,20)", "resi(close,20)",
             "resi_std(close,20)", "corr(close,volume,20)", "cov(close,volume,20)", "regbeta(close,volume,20)",
             "regalpha(close,volume,20)", "regresi_std(close,volume,20)", "skew(close,20)", "kurt(close,20)", "product(close/100,20)", "ts_scale(close,20)", "entropy(close,20)", "median(close,20)",
             "quantile(close,20,0.3)", "tsrank(close,20)", "idxmax(close,20)", "mad(close,20)", "count(close>100,20)",
             "fracdiff(close,0.4,20)", "hurst(close,20)", "hurst_rs(close,20)")


@pytest.mark.parametrize("leap", (1e6, 1e9, 1e15, 1e200, 1e308))
def test_windows_forget_what_has_left(leap):
    """A window that a leap has left gives what it gives where there never was one."""
    rng = np.random.default_rng(5)
    x, volume = 100 + np.cumsum(rng.normal(0, 1, 400)), rng.lognormal(8, 1, 400)
    x[100] = leap
    unknown = x.copy()
    unknown[:101] = np.nan
    ours = expressions(FORGETFUL, np.vstack([x, x, x, x, volume, volume]))
    wanted = expressions(FORGETFUL, np.vstack([unknown, unknown, unknown, unknown, volume, volume]))
    for text, a, b in zip(FORGETFUL, ours, wanted):
        expect_equal(a[122:], b[122:], f"{text} after {leap}")


@pytest.mark.parametrize("n, bins", ((2, 2), (20, 10), (61, 7), (250, 32)))
def test_entropy_equals_scipys_of_numpys_histograms(n, bins, markets):
    for market, bars in markets.items():
        got = expressions([f"entropy(logret(close)*volume,{n},{bins})"], bars)[0]
        x = np.diff(np.log(bars[3])) * bars[4][1:]
        windows = np.lib.stride_tricks.sliding_window_view(x, n)[:800]
        wanted = [scipy.stats.entropy(np.histogram(window, bins)[0]) / np.log(bins) if np.ptp(window) > 0 else np.nan
                  for window in windows]
        expect_equal(got[n:n + len(wanted)], wanted, f"entropy {n} {bins} on {market}")
        assert np.isnan(got[:n]).all()


def weighted(x, y, keep):
    """Total and squares of the weights, distances from the means and their products' sums, row by row: West's recurrence in long
    doubles, which have three digits more than doubles."""
    keep = np.longdouble(keep)
    total, squares, x_mean, y_mean, xx, yy, xy = (np.longdouble(0) for _ in range(7))
    out = np.empty((6, len(x)), np.longdouble)
    for row, (a, b) in enumerate(zip(x.astype(np.longdouble), y.astype(np.longdouble))):
        total, squares = keep * total + 1, keep * keep * squares + 1
        da, db = a - x_mean, b - y_mean
        x_mean, y_mean = x_mean + da / total, y_mean + db / total
        xx, yy, xy = keep * xx + da * (a - x_mean), keep * yy + db * (b - y_mean), keep * xy + da * (b - y_mean)
        out[:, row] = total, squares, a - x_mean, xx, yy, xy
    return out


DECAYS = [(f"{n}", 1 - np.longdouble(2) / (n + 1), n, {"span": n}) for n in WINDOWS] + [
    (f"halflife={n}", np.longdouble(2) ** (-1 / np.longdouble(n)), int(np.ceil(2 / (1 - 2 ** (-1 / n)) - 1)), {"halflife": n})
    for n in WINDOWS]


@pytest.mark.parametrize("decay", DECAYS, ids=[decay[0] for decay in DECAYS])
def test_weighted_moments_equal_long_doubles_and_pandas(decay, markets):
    """Where prices stand still pandas' moments are what rounding left: long doubles say what is right, where they know."""
    text, keep, first, own = decay
    for market, bars in markets.items():
        close, volume = bars[3], bars[4]
        total, squares, off, xx, yy, xy = weighted(close, volume, keep)
        with np.errstate(invalid="ignore", divide="ignore"):
            sample = 1 / (total - squares / total)
            wanted = {"var": xx * sample, "std": np.sqrt(xx * sample), "zscore": off / np.sqrt(xx * sample),
                      "corr": xy / np.sqrt(xx * yy), "cov": xy * sample}
        texts = [f"ewm_{name}(close,{'volume,' if name in ('corr', 'cov') else ''}{text})" for name in wanted]
        # The reference's own rounding beside what still varies.
        known = np.sqrt((xx / total).astype(float)) > 1e-8 * close
        for name, a, b in zip(wanted, expressions(texts, bars), wanted.values()):
            b = b.astype(float)
            b[:first - 1] = np.nan
            assert (np.isnan(a) == np.isnan(b)).all(), name
            expect_equal(a[known], b[known], f"ewm_{name} {text} on {market}")
        theirs = pd.Series(close).ewm(**own)
        var, cov, corr = (expressions([f"ewm_{t},{text})"], bars)[0][first:][known[first:]] for t in
                          ("var(close", "cov(close,volume", "corr(close,volume"))
        expect_equal(var, theirs.var()[first:][known[first:]], f"ewm_var {text} on {market}, pandas")
        expect_equal(cov, theirs.cov(pd.Series(volume))[first:][known[first:]], f"ewm_cov {text} on {market}, pandas")
        expect_equal(corr, theirs.corr(pd.Series(volume))[first:][known[first:]], f"ewm_corr {text} on {market}, pandas", 1e-8)


def test_weighted_moments_of_prices_that_stand_still():
    """After a step of 1 nothing moves: by mathematics the squares fall by the same factor each row."""
    x = np.concatenate([np.full(50, 100.0), np.full(300, 101.0)])
    std, score = expressions(["ewm_std(close,9)", "ewm_zscore(close,9)"], np.vstack([x] * 6))
    keep = np.longdouble(0.8)
    age = np.arange(1, 301, dtype=np.longdouble)
    total = (1 - keep ** (50 + age)) / (1 - keep)
    old = (keep**age - keep ** (50 + age)) / (1 - keep) / total
    squares = (1 - keep ** (2 * (50 + age))) / (1 - keep**2)
    wanted = np.sqrt(old * (1 - old) / (1 - squares / total**2))
    assert np.abs(std[50:] / wanted.astype(float) - 1).max() < 1e-12
    assert np.abs(score[50:] / (old / wanted).astype(float) - 1).max() < 1e-12
    assert (std[8:50] == 0).all() and np.isnan(score[:50]).all()


@pytest.mark.parametrize("n", (3, 5, 20, 61))
@pytest.mark.parametrize("lag", (1, 3, 10))
def test_autocorrelation_equals_long_doubles(n, lag, markets):
    for market, bars in markets.items():
        returns = np.diff(np.log(bars[3]), prepend=np.nan)
        got = expressions([f"autocorr(logret(close),{lag},{n})"], bars)[0]
        known = got[1 + lag:]
        expect_equal(known, exact_correlation(returns[1:-lag], returns[1 + lag:], n), f"autocorr {lag} {n} on {market}")
        assert np.isnan(got[:1 + lag]).all()


@pytest.mark.parametrize("n", (4, 5, 20, 61))
def test_regressions_equal_least_squares(n, markets):
    for market, bars in markets.items():
        x, y = wide(bars[0], n), wide(bars[3], n)
        dx, dy = (w - w.mean(axis=1, keepdims=True) for w in (x, y))
        steps = np.arange(1, n + 1, dtype=np.longdouble)
        steps -= steps.mean()
        rise = dy @ steps / (steps @ steps)
        rest = np.sqrt(((dy - rise[:, None] * steps) ** 2).sum(axis=1) / (n - 2))
        got = expressions([f"resi_std(close,{n})"] + [f"{f}(open,close,{n})" for f in
                                                      ("regbeta", "regalpha", "regresi", "regresi_std")], bars)
        expect_windows(got[0], rest, n, f"resi_std {n} on {market}")
        flat = np.ptp(x, axis=1) == 0
        with np.errstate(invalid="ignore", divide="ignore"):
            beta = np.where(flat, np.nan, (dx * dy).sum(axis=1) / (dx * dx).sum(axis=1))
        alpha = y.mean(axis=1) - beta * x.mean(axis=1)
        off = dy - beta[:, None] * dx
        wanted = (beta, alpha, off[:, -1], np.sqrt((off**2).sum(axis=1) / (n - 2)))
        for name, a, b in zip(("regbeta", "regalpha", "regresi", "regresi_std"), got[1:], wanted):
            expect_windows(a, b, n, f"{name} {n} on {market}")
        row = bars.shape[1] - 1
        fit = sm.OLS(bars[3][row - n + 1:], sm.add_constant(bars[0][row - n + 1:])).fit()
        assert np.allclose([got[2][row], got[1][row], got[4][row]], [*fit.params, np.sqrt(fit.mse_resid)])


def test_standard_error_of_a_straight_line_is_that_of_its_rounding():
    """sums of squares that cancel to nothing are added up one by one."""
    x = 1000 + 0.25 * np.arange(300.0) + 1e-9 * np.random.default_rng(3).normal(size=300)
    bars = np.vstack([x] * 6)
    got = expressions(["resi_std(close,50)"], bars)[0]
    for row in (60, 123, 299):
        window = x[row - 49:row + 1].astype(np.longdouble)
        steps = np.arange(50, dtype=np.longdouble) - np.longdouble(24.5)
        away = window - window.mean()
        rest = away - steps * (away @ steps) / (steps @ steps)
        assert abs(got[row] / float(np.sqrt((rest @ rest) / 48)) - 1) < 1e-3


CALENDAR = {
    "hour": lambda t: t.hour,
    "minute": lambda t: t.minute,
    "minute_of_day": lambda t: t.hour * 60 + t.minute,
    "second_of_day": lambda t: t.hour * 3600 + t.minute * 60 + t.second,
    "day_of_week": lambda t: t.weekday(),
    "day_of_month": lambda t: t.day,
    "day_of_year": lambda t: t.timetuple().tm_yday,
    "week": lambda t: t.isocalendar().week,
    "month": lambda t: t.month,
    "quarter": lambda t: (t.month + 2) // 3,
    "year": lambda t: t.year,
}


def at(times):
    """Rows that end at these instants; nothing else of them matters."""
    return np.vstack([np.ones((5, len(times))), times])


def test_calendar_equals_pythons():
    rng = np.random.default_rng(7)
    first, end = -62135596800, 253402300799
    edges = [0, -1, -0.5, 59, 60, 86399, 86400, first, end, 951782400, 951868800, 1230768000, 1609459199]
    times = np.concatenate([edges, rng.integers(first, end, 20000), rng.uniform(-3e9, 5e9, 20000)])
    epoch = datetime.datetime(1970, 1, 1)
    clocks = [epoch + datetime.timedelta(seconds=int(np.floor(t))) for t in times]
    for got, (name, wanted) in zip(expressions([f"{name}(time)" for name in CALENDAR], at(times)), CALENDAR.items()):
        assert (got == [wanted(clock) for clock in clocks]).all(), name
    outside = expressions([f"{name}(time)" for name in CALENDAR], at(np.array([first - 1.0, end + 1.0, 1e300, -1e300])))
    assert np.isnan(outside).all()


def test_new_yorks_clock_equals_the_database_of_zones():
    """Every half hour of the weeks in which clocks change, and drawn instants."""
    zone = zoneinfo.ZoneInfo("America/New_York")
    rng = np.random.default_rng(9)
    start = 536457600  # 1987
    times = [rng.integers(start, 4102444800, 20000).astype(float)]
    for year in range(1987, 2038):
        for month in (3, 4, 10, 11):
            begin = datetime.datetime(year, month, 1, tzinfo=datetime.timezone.utc).timestamp()
            times.append(begin + 1800.0 * np.arange(48 * 30) - rng.integers(0, 2))
    times = np.concatenate(times)
    got = expressions(["new_york_time(time)", "hour(new_york_time(time))"], at(times))
    clocks = [datetime.datetime.fromtimestamp(t, zone) for t in times]
    offsets = np.array([clock.utcoffset().total_seconds() for clock in clocks])
    assert (got[0] == times + offsets).all()
    assert (got[1] == [clock.hour for clock in clocks]).all()
    assert np.isnan(expressions(["new_york_time(time)"], at(np.array([0.0, start - 1.0, 8e9])))[0]).all()


@pytest.mark.parametrize("period", (86400, 604800, 7, 3600.5))
def test_cycles_equal_numpys(period):
    times = np.random.default_rng(1).integers(0, 2 * 10**9, 5000).astype(float)
    got = expressions([f"time_sin(time,{period})", f"time_cos(time,{period})"], at(times))
    angle = 2 * np.pi * np.fmod(times, period) / period
    for ours, wanted in zip(got, (np.sin(angle), np.cos(angle))):
        assert np.abs(ours - wanted).max() < 1e-12


def lines(values, n):
    """Slope, r squared and residual by numpy's least squares, in long doubles."""
    windows = np.lib.stride_tricks.sliding_window_view(values.astype(np.longdouble), n)
    x = np.arange(1, n + 1, dtype=np.longdouble)
    dx, dy = x - x.mean(), windows - windows.mean(axis=1, keepdims=True)
    slope = dy @ dx / (dx @ dx)
    varies = (dy * dy).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = np.where(varies > 0, slope * slope * (dx @ dx) / varies, np.nan)
    residual = dy[:, -1] - slope * dx[-1]
    fill = np.full(n - 1, np.nan)
    return [np.concatenate([fill, column.astype(float)]) for column in (slope, squared, residual)]


@pytest.mark.parametrize("n", (3, 5, 20, 61))
def test_lines_equal_least_squares(n, markets):
    for market, bars in markets.items():
        got = expressions([f"slope(close,{n})", f"rsquare(close,{n})", f"resi(close,{n})"], bars)
        for name, a, b in zip(("slope", "rsquare", "resi"), got, lines(bars[3], n)):
            expect_equal(a, b, f"{name} {n} on {market}")


def exact_correlation(x, y, n):
    a = np.lib.stride_tricks.sliding_window_view(x.astype(np.longdouble), n)
    b = np.lib.stride_tricks.sliding_window_view(y.astype(np.longdouble), n)
    da, db = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    aa, bb = (da * da).sum(axis=1), (db * db).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.where((np.ptp(a, axis=1) > 0) & (np.ptp(b, axis=1) > 0), (da * db).sum(axis=1) / np.sqrt(aa * bb), np.nan)
    return np.concatenate([np.full(n - 1, np.nan), out.astype(float)])


@pytest.mark.parametrize("n", (3, 5, 20, 61))
def test_correlation_equals_long_doubles(n, markets):
    for market, bars in markets.items():
        got = expressions([f"corr(close,volume,{n})"], bars)[0]
        expect_equal(got, exact_correlation(bars[3], bars[4], n), f"corr {n} on {market}")


# WorldQuant's alphas that look at one instrument alone (Z. Kakushadze, 101 Formulaic Alphas, 2016), a ? b : c as if(a, b, c).
ALPHAS = {
    "if(sma(volume,20) < volume, -1 * ts_rank(abs(delta(close, 7)), 60) * sign(delta(close, 7)), -1)":
        lambda f: pick(f.volume.rolling(20).mean() < f.volume,
                       -rank(f.close.diff(7).abs(), 60) * np.sign(f.close.diff(7)), -1.0, f.volume.rolling(20).mean()),
    "if(0 < ts_min(delta(close, 1), 5), delta(close, 1), if(ts_max(delta(close, 1), 5) < 0, delta(close, 1), -1 * delta(close, 1)))":
        lambda f: pick((f.close.diff().rolling(5).min() > 0) | (f.close.diff().rolling(5).max() < 0), f.close.diff(),
                       -f.close.diff(), f.close.diff().rolling(5).min()),
    "sign(delta(volume, 1)) * (-1 * delta(close, 1))": lambda f: -np.sign(f.volume.diff()) * f.close.diff(),
    "if(sum(high, 20) / 20 < high, -1 * delta(high, 2), 0)":
        lambda f: pick(f.high.rolling(20).mean() < f.high, -f.high.diff(2), 0.0, f.high.rolling(20).mean()),
    "if((delay(close, 20) - delay(close, 10)) / 10 - (delay(close, 10) - close) / 10 < -0.1, 1, -1 * (close - delay(close, 1)))":
        lambda f: pick((f.close.shift(20) - f.close.shift(10)) / 10 - (f.close.shift(10) - f.close) / 10 < -0.1, 1.0,
                       -f.close.diff(), f.close.shift(20)),
    "-1 * delta(((close - low) - (high - close)) / (close - low), 9)":
        lambda f: fresh(((f.close - f.low) - (f.high - f.close)) / (f.close - f.low), 9),
    "-1 * ((low - close) * open^5) / ((low - high) * close^5)":
        lambda f: -(f.low - f.close) * f.open**5 / ((f.low - f.high) * f.close**5),
    "(close - open) / ((high - low) + 0.001)": lambda f: (f.close - f.open) / ((f.high - f.low) + 0.001),
    "decay_linear(returns(close), 8) / stddev(returns(close), 20)":
        lambda f: decayed(f.close.pct_change(), 8) / f.close.pct_change().rolling(20).std(ddof=0),
}


def pick(condition, yes, no, known):
    """Missing where the condition is."""
    return np.where(np.isnan(known), np.nan, np.where(condition, yes, no))


def fresh(x, rows):
    """Its change over rows none of which is missing: a window begins anew after one that is."""
    x = x.where(np.isfinite(x))
    return -x.diff(rows).where(x.rolling(rows + 1).count() == rows + 1)


def decayed(x, n):
    return x.rolling(n).apply(lambda w: np.average(w, weights=np.arange(1, n + 1)), raw=True)


@pytest.mark.parametrize("text", ALPHAS)
def test_formulaic_alphas_are_what_pandas_makes_of_them(text, markets):
    for market, bars in markets.items():
        frame = pd.DataFrame(bars[:5].T, columns=["open", "high", "low", "close", "volume"])
        with np.errstate(all="ignore"):
            expect_equal(expressions([text], bars)[0], ALPHAS[text](frame), f"{text} on {market}", 1e-8)


def qlib_fields(bars):
    frame = pd.DataFrame(bars[:5].T, columns=["open", "high", "low", "close", "volume"])
    return {name: frame[name] for name in frame} | {"vwap": (frame.high + frame.low + frame.close) / 3}


def warm_up(formula):
    """Rows before all windows of a formula are full; within them Qlib works with the rows that there are."""
    windows = [int(n) for n in re.findall(r", (\d+)(?:, [\d.]+)?\)", formula)]
    return max(windows, default=0) + 1


@pytest.mark.parametrize("loader, name", [("Alpha158DL", "alpha158"), ("Alpha360DL", "alpha360")])
def test_sets_equal_qlibs_own_formulas(loader, name, markets):
    asked = formulas(loader)
    functions = operators()
    for market, bars in markets.items():
        rows = slice(0, 2500)
        bars = np.ascontiguousarray(bars[:, rows])
        names, values = feature_set(name, bars)
        assert names == list(asked)
        fields = qlib_fields(bars)
        with np.errstate(all="ignore"):
            for feature, got in zip(names, values):
                wanted = np.array(evaluate(asked[feature], fields, functions), float)
                wanted[~np.isfinite(wanted)] = np.nan
                start = warm_up(asked[feature])
                tolerance = QLIB_TOLERANCE.get(feature.rstrip("0123456789"), TOLERANCE)
                expect_equal(got[start:], wanted[start:], f"{feature} on {market}", tolerance)
