# SPDX-License-Identifier: Apache-2.0
"""Every function of TA-Lib beside ours, on real bars and on made ones: warm-up row for row, values to 1e-9."""
import random
import subprocess

import numpy as np
import pytest
import talib
from talib import abstract

from indicators import PROGRAM, REAL, Case, error, functions, made_bars, ours, real_bars, theirs

TOLERANCE = 1e-9

# The averages of MA_Type, without MESA's (7), which is not here yet.
AVERAGES = [number for number in range(14) if number != 7]


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


@pytest.mark.parametrize("name", functions())
def test_equals_talib(name, markets):
    cases = list(cases_of(name))
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
    """TA-Lib's values. Where a price repeats, its RSI changes by rounding alone, and the stochastic of that is noise: the
    RSI is held there."""
    if case.name != "STOCHRSI":
        return theirs(case, bars)
    close = bars[3]
    rsi = talib.RSI(close, int(case.params[0]))
    for row in range(int(case.params[0]) + 1, len(close)):
        if close[row] == close[row - 1]:
            rsi[row] = rsi[row - 1]
    return stochastic_of(rsi, case.params[1:])


def stochastic_of(values, params):
    warming = int(np.isnan(values).sum())
    known = np.ascontiguousarray(values[warming:])
    period, average, kind = (int(param) for param in params)
    return [np.concatenate([np.full(warming, np.nan), column])
            for column in talib.STOCHF(known, known, known, period, average, kind)]


def is_filled_with_zeros(a, b):
    warming = np.isnan(a)
    return not np.isnan(b).any() and not b[warming].any() and not warming[np.argmin(warming):].any()


def test_real_data_were_there(markets):
    if not set(REAL) <= set(markets):
        pytest.skip("TRADEWIND_DATA has no " + ", ".join(sorted(set(REAL) - set(markets))))
