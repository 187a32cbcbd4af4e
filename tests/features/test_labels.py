# SPDX-License-Identifier: Apache-2.0
"""Labels and their weights against plain loops over pandas, and scipy for t-values: real bars where TRADEWIND_DATA has
them, made ones otherwise."""

import csv
import ctypes
import gzip
import json
import math
import os
import pathlib
import subprocess

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress
from program import run

PEERS = os.environ.get("PEERS_PYTHON", "build/venv-peers/bin/python")
DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))
FOLDER = DATA / "equities" / "daily_split_adjusted"
SYMBOLS = ["AAPL", "XOM"]
DAY = 86_400 * 10**9
ERRORS = []


def made_rows(seed, rows=1500):
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.015 * random.standard_normal(rows)))
    days = pd.bdate_range("2013-01-02", periods=rows)
    for i, day in enumerate(days):
        start = close[max(0, i - 1)] * (1 + 0.003 * random.standard_normal())
        high = max(start, close[i]) * (1 + 0.01 * random.random())
        low = min(start, close[i]) * (1 - 0.01 * random.random())
        yield [int(day.timestamp()) * 10**9, *(f"{x:.4f}" for x in (start, high, low, close[i])), 1000 + i]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    for place, symbol in enumerate(SYMBOLS):
        file = FOLDER / f"{symbol}.csv.gz"
        rows = list(csv.reader(gzip.open(file, "rt"))) if file.exists() else [
            ["ts", "open", "high", "low", "close", "volume"], *made_rows(place)]
        bars = folder / f"{symbol}.csv"
        with open(bars, "w", newline="") as out:
            csv.writer(out).writerows(rows)
        run("data", "import", "--catalog", folder / "C", "--instrument", f"{symbol}.NYSE", "--interval", "1d", bars)
    return folder / "C"


@pytest.fixture(scope="module", params=SYMBOLS)
def bars(request, catalog, tmp_path_factory):
    """Bars with the deviation of returns that pandas gives, and with whom they belong to."""
    out = tmp_path_factory.mktemp("bars") / "bars.csv"
    parts = [part for name in ("open", "high", "low", "close") for part in ("--expr", name, "--name", f"{name}_")]
    run("features", "build", "--catalog", catalog, "--instrument", f"{request.param}.NYSE", *parts, "--export", out)
    table = pd.read_csv(out).rename(columns=lambda name: name.rstrip("_"))
    table.attrs["instrument"] = f"{request.param}.NYSE"
    return table


def labels(catalog, bars, text, *weights, more=()):
    out = catalog.parent / "labels.csv"
    parts = [part for weight in weights for part in ("--weight", weight)]
    run("features", "labels", "--catalog", catalog, "--instrument", bars.attrs["instrument"], "--label", text, *parts,
        *more, "--export", out)
    return pd.read_csv(out)


def compare(got, expected, last, ts, tolerance=1e-12):
    """`expected` and the last row looked at, row by row; NaN: no label, and nothing looked at."""
    expected = np.asarray(expected, float)
    assert len(got) == len(expected)
    np.testing.assert_allclose(got.label, expected, rtol=tolerance, atol=tolerance)
    labelled = ~np.isnan(expected)
    assert labelled.sum() > 300
    ERRORS.append(np.max(np.abs(got.label[labelled] - expected[labelled])))
    last = np.where(labelled, last, np.arange(len(expected)))
    assert (got.label_until.to_numpy() == ts.to_numpy()[last]).all()


def volatility(bars, span):
    return (bars.close / bars.close.shift(1) - 1).ewm(span=span, min_periods=span).std()


def ahead(bars, n):
    return np.minimum(np.arange(len(bars)) + n, len(bars) - 1)


@pytest.mark.parametrize("entry", ["close", "next_open"])
def test_forward_returns(catalog, bars, entry):
    for n in (1, 5, 21):
        base = bars.close if entry == "close" else bars.open.shift(-1)
        ratio = bars.close.shift(-n) / base
        compare(labels(catalog, bars, f"forward_return({n}, entry={entry})"), ratio - 1, ahead(bars, n), bars.ts)
        compare(labels(catalog, bars, f"forward_return({n}, kind=log, entry={entry})"), np.log(ratio), ahead(bars, n),
                bars.ts)


def test_directions(catalog, bars):
    gain = bars.close.shift(-5) / bars.close - 1
    for text, least in (("threshold=0.01", 0.01), ("threshold=0.7, span=30", 0.7 * volatility(bars, 30)),
                        ("threshold=0.5, volatility='std(ret(1), 20)'",
                         0.5 * (bars.close / bars.close.shift(1) - 1).rolling(20).std())):
        expected = np.where(gain > least, 1.0, np.where(gain < -least, -1.0, 0.0))
        expected[gain.isna() | np.isnan(least)] = np.nan
        compare(labels(catalog, bars, f"direction(5, {text})"), expected, ahead(bars, 5), bars.ts)


def test_forward_volatility(catalog, bars):
    returns = np.log(bars.close / bars.close.shift(1))
    compare(labels(catalog, bars, "forward_volatility(10)"), returns.rolling(10).std().shift(-10), ahead(bars, 10),
            bars.ts, 1e-10)


@pytest.mark.parametrize("window", [None, 120])
def test_quantile_classes_of_what_was_known(catalog, bars, window):
    n, k = 5, 4
    gain = (bars.close.shift(-n) / bars.close - 1).to_numpy()
    expected = np.full(len(gain), np.nan)
    for row in range(len(gain) - n):
        known = gain[: row - n + 1] if row >= n else gain[:0]
        if window:
            known = known[-window:]
        if len(known) < (window or 80):
            continue
        edges = np.quantile(known, np.arange(1, k) / k)
        expected[row] = np.sum(gain[row] > edges)
    text = f"quantile_class({n}, {k}, " + (f"window={window})" if window else "least=80)")
    compare(labels(catalog, bars, text), expected, ahead(bars, n), bars.ts)


def walk(bars, width, up, down, horizon, closes, sign, side=None):
    """Label and last row of each row, and how often both barriers were touched in one bar."""
    out, last, both = [], [], 0
    high = bars.close if closes else bars.high
    low = bars.close if closes else bars.low
    high, low, close, width = (x.to_numpy() for x in (high, low, bars.close, width))
    for i in range(len(close)):
        label, end = math.nan, i
        direction = 1 if side is None else np.sign(side[i])
        if width[i] > 0 and direction in (-1, 1):
            profit, loss = close[i] * (1 + direction * up * width[i]), close[i] * (1 - direction * down * width[i])
            for t in range(i + 1, min(i + horizon, len(close) - 1) + 1):
                gained = high[t] >= profit if direction > 0 else low[t] <= profit
                lost = low[t] <= loss if direction > 0 else high[t] >= loss
                if gained or lost:
                    both += gained and lost
                    label, end = (-1 if lost else 1), t
                    break
                if t == i + horizon:
                    label, end = (np.sign(close[t] - close[i]) * direction if sign else 0), t
        if side is not None and not math.isnan(label):
            label = float(label > 0)
        out.append(label)
        last.append(end)
    return out, last, both


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("sign", [False, True])
@pytest.mark.parametrize("meta", [False, True])
def test_triple_barriers(catalog, bars, closes, sign, meta):
    text = "triple_barrier(up=1.5, down=1, horizon=10, span=40"
    text += ", touch=close" if closes else ""
    text += ", at_horizon=sign" if sign else ""
    side = None
    if meta:
        text += ", side='sign(ret(5))'"
        side = np.sign(bars.close / bars.close.shift(5) - 1).to_numpy()
    expected, last, both = walk(bars, volatility(bars, 40), 1.5, 1, 10, closes, sign, side)
    compare(labels(catalog, bars, text + ")"), expected, last, bars.ts)
    told = json.loads(run("features", "labels", "--catalog", catalog, "--instrument", bars.attrs["instrument"],
                          "--label", text + ")", "--json").stdout)["labels"][0]
    assert told["both_touched"] == both
    assert told["labelled"] == np.sum(~np.isnan(expected))
    values, times = np.unique([x for x in expected if not math.isnan(x)], return_counts=True)
    assert told["classes"] == {f"{value:g}": count for value, count in zip(values, times.tolist(), strict=True)}


def test_narrow_barriers_are_both_touched_now_and_then(catalog, bars):
    expected, last, both = walk(bars, volatility(bars, 50), 0.4, 0.4, 3, False, False)
    assert both > 5
    compare(labels(catalog, bars, "triple_barrier(0.4, 0.4, 3)"), expected, last, bars.ts)


def test_trend_scanning(catalog, bars):
    least, most = 4, 15
    close = bars.close.to_numpy()
    expected, weight = np.full(len(close), np.nan), np.full(len(close), np.nan)
    for row in range(len(close) - most + 1):
        values = []
        for length in range(least, most + 1):
            line = linregress(np.arange(length), close[row:row + length])
            values.append(line.slope / line.stderr)
        best = values[int(np.argmax(np.abs(values)))]
        expected[row], weight[row] = np.sign(best), abs(best)
    got = labels(catalog, bars, f"trend_scanning({least}, {most})", "own")
    compare(got, expected, ahead(bars, most - 1), bars.ts)
    np.testing.assert_allclose(got.label_own, weight, rtol=1e-8)
    ERRORS.append(np.nanmax(np.abs(got.label_own / weight - 1)))


def test_weights(catalog, bars):
    got = labels(catalog, bars, "triple_barrier(2, 2, 12)", "uniqueness", "return_attribution", "time_decay(0.3)",
                 "recency(100d)")
    rows = {ts: i for i, ts in enumerate(bars.ts)}
    spans = {i: rows[until] for i, until in enumerate(got.label_until) if not math.isnan(got.label[i])}
    together = np.zeros(len(bars))
    for first, last in spans.items():
        together[first + 1:last + 1] += 1
    returns = np.log(bars.close / bars.close.shift(1)).to_numpy()
    unique = pd.Series({i: np.mean(1 / together[i + 1:last + 1]) for i, last in spans.items()})
    attributed = pd.Series({i: abs(np.sum(returns[i + 1:last + 1] / together[i + 1:last + 1]))
                            for i, last in spans.items()})
    passed = unique.cumsum()
    slope = (1 - 0.3) / passed.iloc[-1]
    decay = 1 - slope * passed.iloc[-1] + slope * passed
    age = (bars.ts[max(spans)] - bars.ts[list(spans)]) / (100 * DAY)
    for name, expected in (("uniqueness", unique), ("return_attribution", attributed * len(unique) / attributed.sum()),
                           ("time_decay", decay), ("recency", pd.Series(0.5**age, index=list(spans)))):
        column = got[f"label_{name}"]
        assert (column.notna() == got.label.notna()).all()
        np.testing.assert_allclose(column[expected.index], expected, rtol=1e-9, atol=1e-12)
        ERRORS.append(np.max(np.abs(column[expected.index] - expected)))


def test_a_file_has_all_instruments_and_labels(catalog, tmp_path):
    config, out = tmp_path / "mine.toml", tmp_path / "out.csv"
    config.write_text('[features]\nmom = "ret(5)"\n[labels]\nfate = "triple_barrier(2, 2, horizon=10)"\n'
                      'next = "forward_return(1)"\n')
    told = json.loads(run("features", "labels", "--catalog", catalog, "--instrument", "*", "--config", config,
                          "--weight", "uniqueness", "--export", out, "--json").stdout)
    assert [label["name"] for label in told["labels"]] == ["fate", "next"]
    assert told["labels"][0]["definition"].startswith("triple_barrier(up=2, down=2, horizon=10, span=50")
    assert len(told["labels"][0]["hash"]) == 16
    table = pd.read_csv(out)
    assert list(table) == ["ts", "instrument", "fate", "fate_uniqueness", "next", "next_uniqueness", "fate_until",
                           "next_until"]
    assert set(table.instrument) == {f"{symbol}.NYSE" for symbol in SYMBOLS}
    assert len(table) == told["rows"]
    # features of the same file stand beside them
    run("features", "build", "--catalog", catalog, "--instrument", "*", "--config", config, "--export", out)
    assert (pd.read_csv(out)[["ts", "instrument"]] == table[["ts", "instrument"]]).all().all()


def test_from_and_to_choose_rows(catalog, bars):
    whole = labels(catalog, bars, "forward_return(5)")
    part = labels(catalog, bars, "forward_return(5)", more=("--from", "2014-06-01", "--to", "2015-06-01"))
    first = whole.index[whole.ts == part.ts[0]][0]
    same = whole.iloc[first:first + len(part)].reset_index(drop=True)
    assert part.label[:-5].equals(same.label[:-5]) and part.label_until[:-5].equals(same.label_until[:-5])
    assert part.label[-5:].isna().all()  # what came at --to or later is not there
    assert len(part) < 300


def test_parquet_has_the_same(catalog, bars, tmp_path):
    try:
        ctypes.CDLL(os.environ.get("TRADEWIND_DUCKDB", "libduckdb.so"))
    except OSError:
        pytest.skip("no DuckDB library (TRADEWIND_DUCKDB)")
    if not os.path.exists(PEERS):
        pytest.skip("no interpreter with pyarrow")
    expected = labels(catalog, bars, "forward_return(5)", "uniqueness")
    out = tmp_path / "out.parquet"
    run("features", "labels", "--catalog", catalog, "--instrument", bars.attrs["instrument"], "--label",
        "forward_return(5)", "--weight", "uniqueness", "--export", out)
    code = ("import sys, pyarrow.parquet\nframe = pyarrow.parquet.read_table(sys.argv[1]).to_pandas()\n"
            "for name in ('ts', 'label_until'):\n    frame[name] = frame[name].astype('int64')\n"
            "frame.to_pickle(sys.argv[2], protocol=4)")
    subprocess.run([PEERS, "-c", code, out, tmp_path / "pickle"], check=True)
    pd.testing.assert_frame_equal(pd.read_pickle(tmp_path / "pickle"), expected, check_column_type=False)


@pytest.mark.parametrize("arguments, error", [
    (["--label", "triple_barrier(upp=2)"], "--label: label label, column 20: there is no parameter upp"),
    (["--label", "triple_barier()"], "do you mean triple_barrier?"),
    (["--label", "forward_return(5)", "--weight", "recency"], "--weight: recency, column 1: recency is missing half"),
    (["--label", "forward_return(5)", "--label", "forward_return(6)", "--name", "a"], "--name: there are 1 for 2"),
    (["--label", "forward_return(5)", "--weight", "own", "--weight", "own"], "two columns would be called label_own"),
    (["--label", "forward_return(5)", "--name", "close"], "close has a meaning already"),
    ([], "no label is named; say --label CALL or --config FILE"),
    (["--label", "forward_return(5)", "--from", "2090-01-01"], "no bar was known between --from and --to"),
])
def test_errors(catalog, tmp_path, arguments, error):
    out = tmp_path / "out.csv"
    done = run("features", "labels", "--catalog", catalog, "--instrument", "*", *arguments, "--export", out, expect=2)
    assert error in done.stderr
    assert not out.exists()


def test_errors_of_a_file_name_the_place(catalog, tmp_path):
    config = tmp_path / "mine.toml"
    config.write_text('[labels]\na = "forward_return(0)"\n')
    done = run("features", "labels", "--catalog", catalog, "--config", config, expect=2)
    assert "mine.toml:2:5: label a, column 16: n is 1 or more" in done.stderr
    config.write_text("[features]\na = 'ret(1)'\n")
    assert "has no section [labels]" in run("features", "labels", "--catalog", catalog, "--config", config,
                                            expect=2).stderr


def test_a_label_is_no_function_of_expressions(catalog):
    for name in ("forward_return(5)", "triple_barrier(2, 2, 20)", "trend_scanning(5, 20)"):
        done = run("features", "show", "--catalog", catalog, "--instrument", "AAPL.NYSE", "--expr", name, expect=2)
        assert "there is no" in done.stderr


def test_says_how_near_they_are():
    print(f"greatest error {max(ERRORS, default=0):.3g}")
