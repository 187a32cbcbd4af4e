# SPDX-License-Identifier: Apache-2.0
"""What expressions have beside the indicators, held to pandas; and alpha158 to Qlib's own formulas in pandas."""
import re

import numpy as np
import pandas as pd
import pytest

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
}


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
