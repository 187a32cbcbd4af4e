# SPDX-License-Identifier: Apache-2.0
"""Every candlestick pattern beside TA-Lib's, whole number for whole number, on all real bars and on made ones in which even rare
patterns are frequent.

TA-Lib's averages are running sums: where prices fall so far that a sum was rounded, it keeps the error for ever. Ours add up the bars
of the window anew. So where the two differ, TA-Lib has to agree with us when it begins just there, with the window alone."""
import collections
import csv

import numpy as np
import pandas as pd
import pytest
from talib import abstract

from indicators import DATA, Case, functions, ours, theirs, with_periods

NAMES = [name for name in functions() if name.startswith("CDL")]
CASES = [Case(name, tuple(abstract.Function(name).info["parameters"].values())) for name in NAMES]
DEEP = [Case(case.name, (penetration,)) for case in CASES if case.params for penetration in (0.0, 0.1, 0.75, 1.0)]
# Each value that a pattern can have is in the made bars at least so often.
OFTEN = 100
# Of all patterns together, 0 apart.
VALUES = 98


# Open, high, low and close of a mat hold, which drawing does not find.
MAT_HOLD = np.array([[0, 6, 0, 6], [7, 7, 6.5, 6.5], [6.5, 6.5, 5.5, 5.5], [6, 6, 5, 5.25], [5.5, 9, 5.5, 9]])


def drawn_candles(rows, seed, tick, price=100.0):
    """Each candle is drawn from the few kinds that patterns are made of, and laid against the one before: at its open, close, high,
    low or middle, or beyond it by a gap, a tick or nothing."""
    rng = np.random.default_rng(seed)
    unit = 8 * tick

    def choice(options, chances):
        return rng.choice(np.array(options, float) * unit, rows, p=chances)

    body = choice([0, 0.125, 1, 1.5, 4, 6], [0.14, 0.06, 0.3, 0.1, 0.3, 0.1])
    upper = choice([0, 0.125, 0.5, 1.5, 5], [0.5, 0.1, 0.15, 0.15, 0.1])
    lower = choice([0, 0.125, 0.5, 1.5, 5], [0.5, 0.1, 0.15, 0.15, 0.1])
    black = rng.random(rows) < 0.5
    anchor = rng.integers(0, 6, rows)
    away = choice([0, 0.125, -0.125, 1, -1, 3, -3], [0.3, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1])
    bars = np.empty((4, rows))
    last = np.array([price] * 4)
    for row in range(rows):
        open_ = (*last, (last[0] + last[3]) / 2, price)[anchor[row]] + away[row]
        open_ = min(max(open_, price - 60 * unit), price + 60 * unit)
        close = open_ - body[row] if black[row] else open_ + body[row]
        last = (open_, max(open_, close) + upper[row], min(open_, close) - lower[row], close)
        bars[:, row] = last
    for row in range(500, rows - 5, 1000):
        bars[:, row:row + 5] = bars[3, row - 1] + unit * MAT_HOLD.T
    bars = np.round(bars / tick) * tick
    return with_periods(np.vstack([bars, np.ones(rows)]))


def bred(bars, seed, tick, each=400):
    """The places of rare patterns many times over, a price of their last bars moved by a tick here and there: some still are the
    pattern, some are no longer, by one tick."""
    rng = np.random.default_rng(seed)
    parts = []
    for case in CASES:
        (values,) = theirs(case, bars)
        for value in np.unique(values):
            rows = np.flatnonzero(values == value)
            if value == 0 or len(rows) > 5_000:
                continue
            for row in rng.choice(rows[rows >= 16], each):
                part = bars[:4, row - 16:row + 1].copy()
                part[:, -5:] += tick * (rng.integers(-1, 2, (4, 5)) * (rng.random((4, 5)) < 0.15))
                part[1], part[2] = part.max(axis=0), part.min(axis=0)
                parts.append(part)
    joined = np.hstack(parts)
    return with_periods(np.vstack([joined, np.ones(joined.shape[1])]))


def repeated(bars, seed):
    """Runs of bars cut out and put one after another, some of them shrunk to one price: zero ranges within everything else."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, bars.shape[1] - 40, bars.shape[1] // 20)
    parts = [bars[:, start:start + rng.integers(1, 40)] for start in starts]
    for place in rng.choice(len(parts), len(parts) // 10, replace=False):
        parts[place] = np.tile(parts[place][3], (parts[place].shape[0], 1))
    return np.ascontiguousarray(np.hstack(parts))


def violent_bars(rows, seed):
    """Prices that fall and rise by powers of ten: no sum of ranges is exact."""
    rng = np.random.default_rng(seed)
    scale = 10 ** np.cumsum(rng.normal(0, 0.3, rows)).clip(-6, 6)
    prices = np.sort(scale * rng.lognormal(0, 0.5, (4, rows)), axis=0)
    flip = rng.random(rows) < 0.5
    open_, close = np.where(flip, prices[1], prices[2]), np.where(flip, prices[2], prices[1])
    return with_periods(np.array([open_, prices[3], prices[0], close, np.ones(rows)]))


def begun_there(case, bars, row):
    """TA-Lib's value of a row with nothing before it but its window."""
    lookback = abstract.Function(case.name, *case.params).lookback
    return theirs(case, np.ascontiguousarray(bars[:, row - lookback:row + 1]))[0][-1]


def differing(cases, bars, counted=None):
    """Compares all rows; how many needed TA-Lib to begin there."""
    total = 0
    for case, (own,) in zip(cases, ours(cases, bars)):
        (other,) = theirs(case, bars)
        lookback = min(abstract.Function(case.name, *case.params).lookback, len(own))
        assert np.isnan(own[:lookback]).all() and not np.isnan(own[lookback:]).any(), case
        rows = np.flatnonzero(np.nan_to_num(own) != other)
        for row in rows:
            assert own[row] == begun_there(case, bars, row), f"{case}, row {row}"
        total += len(rows)
        if counted is not None:
            counted[case.name].update(own[lookback:].astype(int).tolist())
    return total


@pytest.fixture(scope="module")
def drawn():
    return {tick: drawn_candles(400_000, seed, tick) for seed, tick in enumerate([0.25, 0.01])}


@pytest.mark.parametrize("tick", [0.25, 0.01])
def test_equals_talib_on_drawn_candles(drawn, tick):
    counted = collections.defaultdict(collections.Counter)
    assert differing(CASES, drawn[tick], counted) == 0
    assert differing(CASES, bred(drawn[tick], 1, tick), counted) == 0
    assert {name for name, values in counted.items() if min(values.values()) < OFTEN or len(values) < 2} == set()
    assert sum(len(values) - 1 for values in counted.values()) == VALUES


@pytest.mark.parametrize("tick", [0.25, 0.01])
def test_equals_talib_at_other_penetrations(drawn, tick):
    assert differing(DEEP, drawn[tick]) == 0


@pytest.mark.parametrize("seed", range(4))
def test_equals_talib_among_bars_of_one_price(drawn, seed):
    assert differing(CASES, repeated(drawn[[0.25, 0.01][seed % 2]][:, :50_000], seed)) == 0


def test_equals_talib_begun_anew_where_its_sums_are_rounded():
    bars = violent_bars(100_000, 1)
    assert 0 < differing(CASES, bars) < 2000


def test_one_bar_one_price_and_no_pattern():
    bars = with_periods(np.full((5, 50), 7.0))
    assert differing(CASES, bars) == 0


def test_equals_talib_on_all_real_bars():
    if not (DATA / "manifest.csv").exists():
        pytest.skip("TRADEWIND_DATA has no manifest.csv")
    rows = needed = 0
    with open(DATA / "manifest.csv", encoding="utf-8") as file:
        paths = [row["path"] for row in csv.DictReader(file) if row["kind"] == "bars"]
    for path in paths:
        if path.startswith(("original/", "dirty/")):
            continue
        prices = pd.read_csv(DATA / path)[["open", "high", "low", "close"]].to_numpy(float).T
        needed += differing(CASES, with_periods(np.vstack([prices, np.ones(prices.shape[1])])))
        rows += prices.shape[1]
    assert rows > 1_000_000
    assert needed < 100
