# SPDX-License-Identifier: Apache-2.0
"""Indicators that TA-Lib has not, held to their formulas in pandas on the same bars."""
import numpy as np
import pandas as pd
import pytest

from indicators import REAL, error, made_bars, of_names, real_bars

TOLERANCE = 1e-9
COLUMNS = ("open", "high", "low", "close", "volume", "anchor")


@pytest.fixture(scope="module")
def markets():
    found = {name: bars for name in REAL if (bars := real_bars(name)) is not None}
    found |= {"made": made_bars(3000, 1, 0.01), "coarse": made_bars(3000, 2, 0.25)}
    for bars in found.values():
        bars[5] = np.arange(bars.shape[1]) // 37
    return {name: pd.DataFrame(bars.T, columns=COLUMNS) for name, bars in found.items()}


def ln(ratio):
    return np.log(ratio)


def parkinson(f, n):
    return np.sqrt((ln(f.high / f.low)**2).rolling(n).mean() / (4 * np.log(2)))


def garman_klass(f, n):
    each = 0.5 * ln(f.high / f.low)**2 - (2 * np.log(2) - 1) * ln(f.close / f.open)**2
    return np.sqrt(each.rolling(n).mean().clip(lower=0))


def satchell(f):
    return ln(f.high / f.close) * ln(f.high / f.open) + ln(f.low / f.close) * ln(f.low / f.open)


def rogers_satchell(f, n):
    return np.sqrt(satchell(f).rolling(n).mean().clip(lower=0))


def yang_zhang(f, n):
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    gaps, bodies = ln(f.open / f.close.shift()), ln(f.close / f.open)
    return np.sqrt(gaps.rolling(n).var() + k * bodies.rolling(n).var() + (1 - k) * satchell(f).rolling(n).mean())


def realised_volatility(f, n):
    return np.sqrt((ln(f.close / f.close.shift())**2).rolling(n).sum().clip(lower=0))


def amihud(f, n):
    ratio = (f.close.pct_change().abs() / (f.close * f.volume)).replace(np.inf, np.nan)
    means = ratio.rolling(n, min_periods=1).mean()
    return means.where(np.arange(len(f)) >= n)


def kyle_lambda(f, n):
    """By numpy's least squares, window by window."""
    change = f.close.diff()
    side = np.sign(change).replace(0, np.nan).ffill().fillna(0)
    signed = (side * f.volume).to_numpy()
    out = np.full(len(f), np.nan)
    for row in range(n, len(f)):
        x, y = signed[row - n + 1:row + 1], change.to_numpy()[row - n + 1:row + 1]
        x = x - x.mean()
        out[row] = x @ (y - y.mean()) / (x @ x) if np.ptp(x) else np.nan
    return out


def roll_spread(f, n):
    change = f.close.diff().to_numpy()
    out = np.full(len(f), np.nan)
    for row in range(n + 1, len(f)):
        x, y = change[row - n:row], change[row - n + 1:row + 1]
        out[row] = 2 * np.sqrt(max(-(x - x.mean()) @ (y - y.mean()) / (n - 1), 0))
    return out


def corwin_schultz(f, n):
    beta = ln(f.high / f.low)**2 + ln(f.high.shift() / f.low.shift())**2
    gamma = ln(f.high.rolling(2).max() / f.low.rolling(2).min())**2
    part = 3 - 2 * np.sqrt(2)
    alpha = (np.sqrt(2 * beta) - np.sqrt(beta)) / part - np.sqrt(gamma / part)
    return (2 * (np.exp(alpha) - 1) / (1 + np.exp(alpha))).clip(lower=0).rolling(n).mean()


def abdi_ranaldo(f, n):
    middle, close = (ln(f.high) + ln(f.low)) / 2, ln(f.close)
    product = (close.shift() - middle.shift()) * (close.shift() - middle)
    windows = np.lib.stride_tricks.sliding_window_view(product.to_numpy(), n)
    return 2 * np.sqrt(np.r_[np.full(n - 1, np.nan), windows.mean(axis=1)].clip(min=0))


def anchored_vwap(f):
    value = (f.high + f.low + f.close) / 3 * f.volume
    total = f.volume.groupby(f.anchor).cumsum()
    return (value.groupby(f.anchor).cumsum() / total).where(total > 0, 0)


def ichimoku(f, conversion, base, cloud, shift):
    def middle(n):
        return (f.high.rolling(n).max() + f.low.rolling(n).min()) / 2

    lines = [middle(conversion), middle(base), ((middle(conversion) + middle(base)) / 2).shift(shift),
             middle(cloud).shift(shift)]
    return [line.where(np.arange(len(f)) >= max(conversion, base, cloud) - 1 + shift) for line in lines]


BY_PERIOD = (parkinson, garman_klass, rogers_satchell, yang_zhang, realised_volatility, amihud, kyle_lambda, roll_spread, corwin_schultz,
             abdi_ranaldo)


def expect_equal(got, wanted, where):
    wanted = np.asarray(wanted, float)
    differ = np.flatnonzero(np.isnan(got) != np.isnan(wanted))
    assert differ.size == 0, f"{where}: NaN in other rows, first {differ[:3]}"
    assert error(np.nan_to_num(got), wanted) <= TOLERANCE, where


@pytest.mark.parametrize("formula", BY_PERIOD, ids=lambda formula: formula.__name__)
def test_equals_its_formula(formula, markets):
    for market, frame in markets.items():
        # Of two rows whose volumes are nearly the same a slope keeps few digits, however it is computed.
        periods = (5 if formula is kyle_lambda else 2, 20, 61)
        got = of_names([(formula.__name__, (n,), 1) for n in periods], frame.to_numpy().T)
        for n, (column,) in zip(periods, got):
            # The root of a covariance of nothing shows its rounding: covariances are compared.
            power = 2 if formula is roll_spread else 1
            expect_equal(column**power, formula(frame, n)**power, f"{formula.__name__} {n} on {market}")


def test_vwap_starts_anew_where_the_anchor_changes(markets):
    for market, frame in markets.items():
        (column,), = of_names([("anchored_vwap", (), 1)], frame.to_numpy().T)
        expect_equal(column, anchored_vwap(frame), market)


@pytest.mark.parametrize("params", [(9, 26, 52, 26), (3, 5, 4, 0), (20, 60, 120, 30)])
def test_ichimoku_shows_what_was_known(params, markets):
    for market, frame in markets.items():
        got, = of_names([("ichimoku", params, 4)], frame.to_numpy().T)
        for column, wanted in zip(got, ichimoku(frame, *params), strict=True):
            expect_equal(column, wanted, market)


def test_a_price_of_zero_is_unknown_until_it_has_left(markets):
    frame = markets["made"].copy()
    frame.loc[500, ["open", "high", "low", "close"]] = 0.0
    for formula in (parkinson, garman_klass, rogers_satchell, yang_zhang, realised_volatility, corwin_schultz, abdi_ranaldo):
        (column,), = of_names([(formula.__name__, (20,), 1)], frame.to_numpy().T)
        with np.errstate(all="ignore"):
            plain = np.asarray(formula(markets["made"], 20))
        unknown = np.flatnonzero(np.isnan(column[100:])) + 100
        late = 1 if formula in (yang_zhang, realised_volatility, corwin_schultz, abdi_ranaldo) else 0  # they ask for the close before too
        assert list(unknown) == list(range(500, 520 + late)), formula.__name__
        assert error(column[560:], plain[560:]) <= TOLERANCE
