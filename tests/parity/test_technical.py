# SPDX-License-Identifier: Apache-2.0
"""The ready set `technical` beside the same made of TA-Lib, pandas and plain numpy: that its formulas are what their names say."""
import numpy as np
import pandas as pd
import pytest
import talib

from indicators import REAL, error, feature_set, made_bars, real_bars
from test_memory import hurst_of_variances

TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def markets():
    found = {name: bars for name in REAL if (bars := real_bars(name)) is not None}
    return found | {"made": made_bars(3000, 1, 0.01)}


def streak_of(condition):
    """Rows in a row, by groups of equal values."""
    groups = (~condition).cumsum()
    return condition.astype(float).groupby(groups).cumsum()


def directional(high, low, close, n):
    return (talib.PLUS_DI(high, low, close, n) - talib.MINUS_DI(high, low, close, n)) / 100


def line(close, n):
    """R squared, and the newest residual by the standard error."""
    x = np.arange(n) - (n - 1) / 2
    windows = np.lib.stride_tricks.sliding_window_view(close, n)
    away = windows - windows.mean(axis=1, keepdims=True)
    rise = away @ x / (x @ x)
    rest = away - rise[:, None] * x
    squares = (rest**2).sum(axis=1)
    fill = np.full(n - 1, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 - squares / (away**2).sum(axis=1)
        residual = rest[:, -1] / np.sqrt(squares / (n - 2))
    return rise, np.concatenate([fill, share]), np.concatenate([fill, residual])


def between(x, low, high):
    return (x - low) / (high - low)


def reference(bars):
    o, h, l, c, v = (np.ascontiguousarray(column) for column in bars[:5])
    high, low, close, volume = (pd.Series(x) for x in (h, l, c, v))
    ret = pd.Series(np.log(c)).diff()
    before = close.shift(1)
    macd, _, histogram = talib.MACD(c, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(c, 20, 2, 2)
    stoch = talib.STOCH(h, l, c, 14, 3, 0, 3, 0)
    keltner = talib.KC(h, l, c, 20, 10, 2)
    vortex = talib.VORTEX(h, l, c, 14)
    atr = talib.ATR(h, l, c, 14)
    rise, share, residual = line(c, 20)
    lowest, highest = low.rolling(20).min(), high.rolling(20).max()
    out = {f"ret_{n}": np.log(close / close.shift(n)) for n in (1, 5, 10, 20, 60)}
    out |= {
        "gap": np.log(o / before), "body": talib.BOP(o, h, l, c),
        "bar_position": np.where(h > l, (c - l) / np.where(h > l, h - l, 1), 0.5),
        "streak": (streak_of(close > before) - streak_of(close < before)).where(before.notna()),
    }
    out |= {f"sma_{n}_dist": c / talib.SMA(c, n) - 1 for n in (10, 20, 50, 200)}
    out |= {
        "sma_20_50": talib.SMA(c, 20) / talib.SMA(c, 50) - 1, "ema_12_26": talib.EMA(c, 12) / talib.EMA(c, 26) - 1,
        "kama_10_dist": c / talib.KAMA(c, 10) - 1, "macd": macd / c, "macd_hist": histogram / c, "trix_15": talib.TRIX(c, 15) / 100,
        "adx_14": talib.ADX(h, l, c, 14) / 100, "di_diff_14": directional(h, l, c, 14),
        "aroonosc_25": talib.AROONOSC(h, l, 25) / 100, "vortex_14": vortex[0] - vortex[1],
        "supertrend_dist": c / talib.SUPERTREND(h, l, c, 10, 3)[0] - 1, "sar_dist": c / talib.SAR(h, l, 0.02, 0.2) - 1,
        "slope_20": np.concatenate([np.full(19, np.nan), rise]) / c, "rsquare_20": share, "resi_20": residual,
        "efficiency_10": talib.ER(c, 10), "rsi_2": talib.RSI(c, 2) / 100, "rsi_14": talib.RSI(c, 14) / 100,
        "stoch_k": stoch[0] / 100, "stoch_d": stoch[1] / 100, "cci_20": talib.CCI(h, l, c, 20) / 100,
        "cmo_14": talib.CMO(c, 14) / 100, "mfi_14": talib.MFI(h, l, c, v, 14) / 100, "ultosc": talib.ULTOSC(h, l, c) / 100,
        "tsi": talib.TSI(c, 25, 13) / 100, "bb_position": between(c, lower, upper), "bb_width": (upper - lower) / middle,
        "kc_position": between(c, keltner[2], keltner[0]), "donchian_position": between(close, lowest, highest),
        "zscore_20": score(c, 20), "zscore_60": score(c, 60), "rank_60": close.rolling(60).rank(pct=True),
        "drawdown_60": close / high.rolling(60).max() - 1, "rise_60": close / low.rolling(60).min() - 1,
        "range_pct": (h - l) / c, "range_ratio": talib.TRANGE(h, l, c) / atr, "atr_pct": atr / c,
        "vol_20": deviation(ret, 20), "vol_60": deviation(ret, 60), "vol_ratio": deviation(ret, 5) / deviation(ret, 60),
        "vol_ewm": ret.ewm(halflife=10, min_periods=29).std(),
        "parkinson_20": np.sqrt((np.log(high / low) ** 2).rolling(20).mean() / (4 * np.log(2))),
        "yang_zhang_20": yang_zhang(o, h, l, c, 20), "skew_60": ret.rolling(60).skew(), "kurt_60": ret.rolling(60).kurt(),
        "autocorr_20": ret.rolling(20).corr(ret.shift(1)), "hurst_128": hurst_of_variances(np.log(c), 128),
        "volume_ratio": v / talib.SMA(v, 20), "volume_z": score(v, 20),
        "obv_20": pd.Series(talib.OBV(c, v)).diff(20) / volume.rolling(20).sum(), "cmf_20": talib.CMF(h, l, c, v, 20),
        "efi_13": talib.EFI(c, v, 13) / (c * talib.SMA(v, 13)), "vwma_20_dist": c / talib.VWMA(c, v, 20) - 1,
        "pv_corr_20": ret.rolling(20).corr(volume.diff()),
    }
    return {name: np.array(values, float) for name, values in out.items()}


def deviation(x, n):
    return x.rolling(n).apply(lambda w: w.std(ddof=1), raw=True)


def score(x, n):
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.longdouble), n)
    out = (windows[:, -1] - windows.mean(axis=1)) / windows.std(axis=1, ddof=1)
    return np.concatenate([np.full(n - 1, np.nan), out.astype(float)])


def yang_zhang(o, h, l, c, n):
    """Yang and Zhang (2000), formula 8 and the k after it."""
    o, h, l, c = (pd.Series(np.log(x)) for x in (o, h, l, c))
    night, day = o - c.shift(1), c - o
    inside = ((h - c) * (h - o) + (l - c) * (l - o)).rolling(n).mean()
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    inside[night.isna().rolling(n).max() > 0] = np.nan
    return np.sqrt(night.rolling(n).var() + k * day.rolling(n).var() + (1 - k) * inside)


def test_technical_is_what_its_names_say(markets):
    for market, bars in markets.items():
        bars = np.ascontiguousarray(bars[:, :2000])
        names, values = feature_set("technical", bars)
        with np.errstate(all="ignore"):
            wanted = reference(bars)
        assert names == list(wanted)
        for name, got in zip(names, values):
            theirs = wanted[name]
            theirs[~np.isfinite(theirs)] = np.nan
            differ = np.flatnonzero(np.isnan(got) != np.isnan(theirs))
            assert differ.size == 0, f"{name} on {market}: NaN in other rows, {differ[:3]}"
            assert error(np.nan_to_num(got), theirs) <= TOLERANCE, f"{name} on {market}"


def test_technical_does_not_hang_on_the_size_of_prices_and_volumes(markets):
    """Other units, and no value differs: rounding is that of logarithms."""
    for market, bars in markets.items():
        scaled = bars.copy()
        scaled[:4] *= 8
        scaled[4] *= 0.25
        names, values = feature_set("technical", bars)
        for name, a, b in zip(names, values, feature_set("technical", scaled)[1]):
            assert (np.isnan(a) == np.isnan(b)).all(), name
            assert error(np.nan_to_num(a), b) <= TOLERANCE, f"{name} on {market}"


def test_technical_has_values_on_real_bars(markets):
    for market, bars in markets.items():
        for name, values in zip(*feature_set("technical", bars)):
            assert np.isnan(values[260:]).mean() < 0.01, f"{name} on {market}"
