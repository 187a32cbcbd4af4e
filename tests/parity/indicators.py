# SPDX-License-Identifier: Apache-2.0
"""TA-Lib beside our indicators: the same rows, the same parameters, every value compared."""
import dataclasses
import gzip
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import pandas as pd
import talib
from talib import abstract

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(
    os.environ.get("INDICATOR_VALUES", ROOT / "build" / "release" / "tests" / "indicator_values"))
DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", ROOT.parent / "shared" / "data"))

COLUMNS = ("open", "high", "low", "close", "volume", "periods")
# Files of bars, one of each market.
REAL = {
    "spy-daily": "equities/daily_raw/SPY.csv.gz",
    "eth-hourly": "crypto/hour/ETHUSDT.binance.csv.gz",
}


@dataclasses.dataclass(frozen=True)
class Case:
    """A function of TA-Lib with its parameters in order."""
    name: str
    params: tuple


def made_bars(rows, seed, tick):
    """A random walk on a grid of ticks: equal prices, flat bars and doubtful candles are frequent on a coarse one."""
    rng = np.random.default_rng(seed)
    close = np.round(np.maximum(50 + np.cumsum(rng.normal(0, 0.4, rows)), 5) / tick) * tick
    open_ = np.roll(close, 1) + np.round(rng.normal(0, 0.2, rows) / tick) * tick
    open_[0] = close[0]
    high = np.maximum(open_, close) + np.round(rng.exponential(0.2, rows) / tick) * tick
    low = np.minimum(open_, close) - np.round(rng.exponential(0.2, rows) / tick) * tick
    volume = np.round(rng.lognormal(8, 1, rows))
    return with_periods(np.array([open_, high, low, close, volume]), seed)


def with_periods(bars, seed=1):
    rng = np.random.default_rng(seed)
    return np.vstack([bars, rng.integers(2, 31, bars.shape[1]).astype(float)])


def real_bars(name):
    """None where the data are not at hand."""
    path = DATA / REAL[name]
    if not path.exists():
        return None
    with gzip.open(path, "rt") as file:
        frame = pd.read_csv(file)
    columns = ["open", "high", "low", "close", "volume"]
    return with_periods(np.ascontiguousarray(frame[columns].to_numpy(float).T))


def inputs_of(function, bars):
    named = dict(zip(COLUMNS, bars))
    return {key: named[key] for key in COLUMNS} | {"periods": named["periods"]}


def theirs(case, bars):
    """The outputs in order, floats."""
    function = abstract.Function(case.name)
    names = list(function.info["parameters"])
    function.parameters = dict(zip(names, case.params))
    out = function(inputs_of(function, bars))
    columns = out if isinstance(out, (list, tuple)) else [out]
    return [np.asarray(column, float) for column in columns]


def ours(cases, bars):
    """The outputs of each case, in one run of the program."""
    outputs = [len(abstract.Function(case.name).info["output_names"]) for case in cases]
    return of_names([(case.name.lower(), case.params, count) for case, count in zip(cases, outputs)], bars)


def of_names(asked, bars):
    """The outputs of indicators by name, parameters and number of outputs, in one run of the program."""
    rows = bars.shape[1]
    counts = [count for _, _, count in asked]
    with tempfile.TemporaryDirectory() as folder:
        data, out = pathlib.Path(folder, "data"), pathlib.Path(folder, "out")
        np.ascontiguousarray(bars).tofile(data)
        lines = "".join(f"{name} {' '.join(repr(float(p)) for p in params)}\n" for name, params, _ in asked)
        subprocess.run([PROGRAM, data, out], input=lines, text=True, check=True)
        values = np.fromfile(out).reshape(-1, rows)
    assert len(values) == sum(counts), "the program gave another number of columns"
    split = np.split(values, np.cumsum(counts)[:-1])
    return [list(part) for part in split]

def expressions(texts, bars):
    """The values of each expression, in one run of the program."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = pathlib.Path(folder, "data"), pathlib.Path(folder, "out")
        np.ascontiguousarray(bars).tofile(data)
        subprocess.run([PROGRAM, data, out], input="".join(f"={text}\n" for text in texts), text=True, check=True)
        return list(np.fromfile(out).reshape(len(texts), bars.shape[1]))


def feature_set(name, bars):
    """The names of a set's features and the values of each."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = pathlib.Path(folder, "data"), pathlib.Path(folder, "out")
        np.ascontiguousarray(bars).tofile(data)
        told = subprocess.run([PROGRAM, data, out], input=f"set {name}\n", text=True, check=True, stdout=subprocess.PIPE)
        names = told.stdout.split()
        return names, list(np.fromfile(out).reshape(len(names), bars.shape[1]))


def error(ours_, theirs_):
    """The largest difference, relative to the value, or to the column's middle size where the value is smaller than that."""
    known = ~np.isnan(theirs_) & (ours_ != theirs_)
    if not known.any():
        return 0.0
    a, b = ours_[known], theirs_[known]
    size = np.abs(b)
    floor = np.median(np.abs(theirs_[np.isfinite(theirs_)])) or 1.0
    return float(np.max(np.abs(a - b) / np.maximum(size, floor)))


def functions():
    return talib.get_functions()
