# SPDX-License-Identifier: Apache-2.0
"""Fractional differences and Hurst's exponent beside the books' own formulas in plain numpy, and on fractional Brownian motion
whose exponent is known."""
import math

import numpy as np
import pytest
from scipy.special import gammaln

from indicators import REAL, error, expressions, made_bars, of_names, real_bars

TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def markets():
    found = {name: bars for name in REAL if (bars := real_bars(name)) is not None}
    return found | {"made": made_bars(3000, 1, 0.01)}


def of_series(name, params, x):
    return of_names([(name, params, 1)], np.vstack([x] * 6))[0][0]


# --- fractional differences ----------------------------------------------------------------------


def weights_of_book(d, threshold):
    """AFML, snippet 5.3: newest first."""
    weights = [1.0]
    while True:
        weight = -weights[-1] / len(weights) * (d - len(weights) + 1)
        if abs(weight) < threshold:
            return np.array(weights)
        weights.append(weight)


def weights_of_binomials(d, count):
    """(-1)^k binomial(d, k) by gamma functions, whose sign is that of the factors d - k + 1."""
    out = [1.0]
    for k in range(1, count):
        factors = [d - i for i in range(k)]
        if 0.0 in factors:
            out.append(0.0)
            continue
        size = math.exp(sum(math.log(abs(f)) for f in factors) - math.lgamma(k + 1))
        out.append(size * (-1) ** (k + sum(f < 0 for f in factors)))
    return np.array(out)


def expect_differences(got, x, weights, where):
    count = len(weights)
    assert np.isnan(got[:count - 1]).all() and not np.isnan(got[count - 1:]).any(), where
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.longdouble), count)
    wanted = (windows @ weights[::-1].astype(np.longdouble)).astype(float)
    assert error(got[count - 1:], wanted) <= TOLERANCE, where


@pytest.mark.parametrize("d", (0.1, 0.4, 0.75, 1.0, 1.3, 2.0))
@pytest.mark.parametrize("threshold", (1e-2, 1e-4))
def test_fractional_difference_equals_the_books(d, threshold, markets):
    for market, bars in markets.items():
        x = np.log(bars[3])
        got = of_series("fracdiff", (d, 0, threshold), x)
        expect_differences(got, x, weights_of_book(d, threshold), f"fracdiff {d} {threshold} on {market}")


@pytest.mark.parametrize("d", (0.4, 1.0, 2.5))
@pytest.mark.parametrize("window", (1, 2, 7, 8, 9, 100))
def test_fractional_difference_of_a_window_equals_binomials(d, window, markets):
    for market, bars in markets.items():
        got = of_series("fracdiff", (d, window), bars[3])
        expect_differences(got, bars[3], weights_of_binomials(d, window), f"fracdiff {d} {window} on {market}")


def test_whole_orders_are_differences(markets):
    for bars in markets.values():
        same, once, twice = expressions(["fracdiff(close,0)", "fracdiff(close,1)", "fracdiff(close,2)"], bars)
        assert (same == bars[3]).all()
        assert np.allclose(once[1:], np.diff(bars[3]), rtol=0, atol=1e-12 * bars[3].max())
        assert np.allclose(twice[2:], np.diff(bars[3], 2), rtol=0, atol=1e-12 * bars[3].max())


# --- Hurst's exponent ----------------------------------------------------------------------------


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def hurst_of_variances(x, n):
    lags = [2**k for k in range(20) if 2**k <= n // 4]
    out = np.full(len(x), np.nan)
    for row in range(n, len(x)):
        window = x[row - n:row + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            means = [np.mean((window[lag:] - window[:-lag]) ** 2) for lag in lags]
        if min(means) > 0:
            out[row] = slope(lags, means) / 2
    return out


def rescaled_range(changes):
    way = np.cumsum(changes - changes.mean())
    return (max(way.max(), 0) - min(way.min(), 0)) / changes.std()


def range_by_chance(n):
    """Anis and Lloyd (1976), as in Weron (2002), formula 4."""
    ratio = math.exp(gammaln((n - 1) / 2) - gammaln(n / 2)) / math.sqrt(math.pi)
    return (n - 0.5) / n * ratio * sum(math.sqrt((n - i) / i) for i in range(1, n))


def hurst_of_ranges(x, n, corrected):
    sizes = [n // 2**k for k in range(20) if n // 2**k >= 8]
    out = np.full(len(x), np.nan)
    for row in range(n, len(x)):
        changes = np.diff(x[row - n:row + 1])
        means = []
        for size in sizes:
            blocks = [changes[end - size:end] for end in range(n, size - 1, -size)]
            ranges = [rescaled_range(block) for block in blocks if np.ptp(block) > 0]
            means.append(np.mean(ranges) if ranges else np.nan)
        if not np.isnan(means).any():
            out[row] = slope(sizes, means)
            if corrected:
                out[row] = 0.5 + slope(sizes, np.array(means) / [range_by_chance(size) for size in sizes])
    return out


@pytest.mark.parametrize("n", (16, 50, 100, 256))
def test_hurst_equals_the_papers_formulas(n, markets):
    for market, bars in markets.items():
        x = np.log(bars[3][:700])
        for name, params, wanted in (("hurst", (n,), hurst_of_variances(x, n)),
                                     ("hurst_rs", (n, 0), hurst_of_ranges(x, n, False)),
                                     ("hurst_rs", (n, 1), hurst_of_ranges(x, n, True))):
            got = of_series(name, params, x)
            assert (np.isnan(got) == np.isnan(wanted)).all(), f"{name} {params} on {market}"
            assert np.nanmax(np.abs(got - wanted)) <= TOLERANCE, f"{name} {params} on {market}"


def fractional_motion(hurst, count, rng):
    """Exact, by Davies and Harte (1987): the noise's covariances are a circulant matrix's, whose roots the FFT knows."""
    k = np.arange(count + 1)
    covariance = 0.5 * (np.abs(k + 1) ** (2 * hurst) - 2 * np.abs(k) ** (2 * hurst) + np.abs(k - 1) ** (2 * hurst))
    values = np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real
    assert values.min() > -1e-9
    size = len(values)
    normal = rng.normal(size=size) + 1j * rng.normal(size=size)
    noise = np.fft.fft(np.sqrt(np.maximum(values, 0) / size) * normal)
    return np.cumsum(noise.real[:count])


@pytest.mark.parametrize("hurst", (0.25, 0.4, 0.5, 0.6, 0.75))
def test_hurst_finds_the_exponent_of_fractional_motion(hurst):
    rng = np.random.default_rng(int(100 * hurst))
    by_variance, by_range, uncorrected = [], [], []
    for _ in range(40):
        path = fractional_motion(hurst, 1025, rng)
        by_variance.append(of_series("hurst", (1024,), path)[-1])
        by_range.append(of_series("hurst_rs", (1024, 1), path)[-1])
        uncorrected.append(of_series("hurst_rs", (1024, 0), path)[-1])
    # Long memory makes the longest lags vary little within one window: known, and downward.
    assert abs(np.mean(by_variance) - hurst) < (0.03 if hurst <= 0.6 else 0.05)
    # The correction is for chance: what has a memory it draws towards 0.5.
    assert abs(np.mean(by_range) - hurst) < (0.05 if 0.4 <= hurst <= 0.6 else 0.1)
    assert np.sign(np.round(np.mean(by_range) - 0.5, 1)) in (np.sign(hurst - 0.5), 0)
    # As Weron found, and why the correction is the default.
    if hurst <= 0.5:
        assert np.mean(uncorrected) > np.mean(by_range)


def test_what_does_not_vary_has_no_exponent():
    flat, line = np.full(60, 7.1), 100 + 0.25 * np.arange(60.0)
    for x in (flat, line):
        assert np.isnan(of_series("hurst_rs", (16,), x)).all()
    assert np.isnan(of_series("hurst", (16,), flat)).all()
    # A straight way is as persistent as can be.
    assert np.allclose(of_series("hurst", (16,), line)[16:], 1.0)
