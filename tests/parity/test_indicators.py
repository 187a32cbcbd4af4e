# SPDX-License-Identifier: Apache-2.0
"""Every function of TA-Lib beside ours, on real bars and on made ones: warm-up row for row, values to 1e-9."""
import math
import random
import subprocess

import numpy as np
import pytest
import talib
from talib import abstract

from indicators import PROGRAM, REAL, Case, error, functions, made_bars, ours, real_bars, theirs

TOLERANCE = 1e-9

AVERAGES = range(14)  # of MA_Type
MESA = 7


def cases_of(name):
    """The function's own parameters, and some drawn ones."""
    own = abstract.Function(name).info["parameters"]
    yield Case(name, tuple(own.values()))
    if not own:
        return
    draw = random.Random(name)
    for _ in range(4):
        params = {key: drawn(draw, key, value) for key, value in own.items()}
        if "minperiod" in params:
            params["minperiod"], params["maxperiod"] = sorted((params["minperiod"], params["maxperiod"]))
        yield Case(name, tuple(params.values()))


def drawn(draw, key, value):
    if "matype" in key:
        return draw.choice(AVERAGES)
    if key == "vfactor":
        return draw.random()
    if isinstance(value, float):
        return value * draw.choice([0.5, 1.0, 1.5])
    return draw.randrange(2, 40)


@pytest.fixture(scope="module")
def markets():
    found = {name: bars for name in REAL if (bars := real_bars(name)) is not None}
    made = {"made": made_bars(3000, 1, 0.01), "coarse": made_bars(3000, 2, 0.25)}
    made["small"] = 0.01 * made_bars(3000, 3, 0.01)  # where acos and asin are known
    return found | made


def is_known(name):
    asked = subprocess.run([PROGRAM, "/dev/null", "/dev/null"], input=name.lower() + "\n", text=True, check=False,
                           capture_output=True)
    return "no such indicator" not in asked.stderr


def test_every_function_is_here():
    assert [name for name in functions() if not is_known(name)] == []


def averaging():
    """Functions that take averages by their type."""
    return [name for name in functions() if any("matype" in key for key in abstract.Function(name).info["parameters"])]


@pytest.mark.parametrize("name", functions())
def test_equals_talib(name, markets):
    expect_equal(list(cases_of(name)), markets)


@pytest.mark.parametrize("number", AVERAGES)
@pytest.mark.parametrize("name", averaging())
def test_equals_talib_by_every_average(name, number, markets):
    own = abstract.Function(name).info["parameters"]
    expect_equal([Case(name, tuple(number if "matype" in key else value for key, value in own.items()))], markets)


def expect_equal(cases, markets):
    for market, bars in markets.items():
        for case, own in zip(cases, ours(cases, bars)):
            for column, (a, b) in enumerate(zip(own, reference(case, bars), strict=True)):
                where = f"{case} on {market}, output {column}"
                known_b = ~np.isnan(b)
                # TA-Lib fills the rows before its first value of whole numbers with zeros.
                known_a = ~np.isnan(a)
                differ = np.flatnonzero(known_a != known_b)
                assert differ.size == 0 or is_filled_with_zeros(a, b), f"{where}: NaN in other rows, first {differ[:3]}"
                assert error(np.nan_to_num(a, posinf=np.inf, neginf=-np.inf), b) <= TOLERANCE, where


def reference(case, bars):
    """TA-Lib's values, but where its own rounding decides."""
    if case.name == "STOCHRSI":
        return stochastic_of(steady_rsi(bars[3], int(case.params[0])), case.params[1:])
    if case.name in ("STOCH", "STOCHF") and MESA in case.params[2::2]:
        return stochastic_by_mesa(bars[1:4], case.params)
    return theirs(case, bars)


def steady_rsi(close, period):
    """Where a price repeats, TA-Lib's RSI changes by rounding alone, and the stochastic of that is noise: it is held there."""
    rsi = talib.RSI(close, period)
    for row in range(period + 1, len(close)):
        if close[row] == close[row - 1]:
            rsi[row] = rsi[row - 1]
    return rsi


def stochastic_of(values, params):
    warming = int(np.isnan(values).sum())
    known = np.ascontiguousarray(values[warming:])
    bars = np.array([known, known, known])
    if MESA in params[2::2]:
        columns = stochastic_by_mesa(bars, params)
    else:
        columns = talib.STOCHF(*bars, *(int(param) for param in params))
    return [np.concatenate([np.full(warming, np.nan), column]) for column in columns]


def stochastic_by_mesa(bars, params):
    """STOCH and STOCHF with MESA's average as it should be of places in the range, which often stand still at 0 or 100."""
    period, *averages = (int(param) for param in params)
    lines = [talib.STOCHF(*bars, period, 1, 0)[0]]
    for rows, kind in zip(averages[::2], averages[1::2]):
        lines.append(mesa(lines[-1]) if kind == MESA and rows > 1 else talib.MA(lines[-1], rows, kind))
    lines[-2] = np.where(np.isnan(lines[-1]), np.nan, lines[-2])
    return lines[-2:]


def mesa(values, fast=0.5, slow=0.05, start=12, first=32):
    """J. F. Ehlers' formulas (2001), begun as TA-Lib does. What cancels is 0, and gives no phase: TA-Lib smooths prices by a running
    sum, which keeps 1e-14 of earlier prices where they stand still, and takes a phase from that."""
    warming = int(np.isnan(values).sum())
    prices = values[warming:]
    smooth, detrended, in_phase, quadrature = (np.zeros(len(prices) + 7) for _ in range(4))
    i2 = q2 = real = imaginary = period = phase = average = 0.0
    out = np.full(len(values), np.nan)

    def hilbert(series, at):
        return math.fsum([0.0962 * series[at], 0.5769 * series[at - 2], -0.5769 * series[at - 4], -0.0962 * series[at - 6]]) * (
            0.075 * period + 0.54)

    for row in range(start, len(prices)):
        at = row + 7  # zeros before the start
        smooth[at] = (4 * prices[row] + 3 * prices[row - 1] + 2 * prices[row - 2] + prices[row - 3]) / 10
        detrended[at] = hilbert(smooth, at)
        quadrature[at], in_phase[at] = hilbert(detrended, at), detrended[at - 3]
        i2, i2_before = 0.2 * (in_phase[at] - hilbert(quadrature, at)) + 0.8 * i2, i2
        q2, q2_before = 0.2 * (quadrature[at] + hilbert(in_phase, at)) + 0.8 * q2, q2
        real = 0.2 * (i2 * i2_before + q2 * q2_before) + 0.8 * real
        imaginary = 0.2 * (i2 * q2_before - q2 * i2_before) + 0.8 * imaginary
        now = 2 * math.pi / math.atan(imaginary / real) if imaginary and real else period
        now = max(min(now, 1.5 * period), 0.67 * period)
        period = 0.2 * min(max(now, 6), 50) + 0.8 * period
        before = phase
        phase = math.degrees(math.atan(quadrature[at] / in_phase[at])) if in_phase[at] else 0.0
        weight = max(fast / max(before - phase, 1.0), slow)
        average = weight * prices[row] + (1 - weight) * average
        if row >= first:
            out[warming + row] = average
    return out


def test_reference_of_mesa_equals_talib(markets):
    for bars in markets.values():
        assert error(mesa(bars[3])[32:], talib.MAMA(bars[3])[0][32:]) <= TOLERANCE


def is_filled_with_zeros(a, b):
    warming = np.isnan(a)
    return not np.isnan(b).any() and not b[warming].any() and not warming[np.argmin(warming):].any()


def test_real_data_were_there(markets):
    if not set(REAL) <= set(markets):
        pytest.skip("TRADEWIND_DATA has no " + ", ".join(sorted(set(REAL) - set(markets))))
