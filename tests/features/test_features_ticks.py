# SPDX-License-Identifier: Apache-2.0
"""Features of ticks and books as a user runs them: bars made of trades, what is missing, appending, the proof."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from program import run

COIN = "BTCUSDT.BINANCE"
START = 1_700_000_000 * 10**9


def ticks(count=3000, seed=2):
    """Quotes and trades of an hour or so; the price walks by steps of a cent."""
    random = np.random.default_rng(seed)
    ts = START + np.sort(random.integers(0, 3600 * 10**9, count))
    middle = 10_000 + np.cumsum(random.integers(-1, 2, count))
    sizes = random.integers(1, 50, (count, 3))
    quotes = [["ts", "bid", "ask", "bid_size", "ask_size"]]
    trades = [["ts", "price", "size", "side"]]
    for i in range(count):
        quotes.append([ts[i], f"{middle[i] / 100:.2f}", f"{(middle[i] + 1) / 100:.2f}", sizes[i][0], sizes[i][1]])
        if random.random() < 0.7:
            side = ("buy", "sell", "")[random.integers(0, 3)]
            trades.append([ts[i] + 1, f"{(middle[i] + random.integers(0, 2)) / 100:.2f}", sizes[i][2], side])
    return quotes, trades


def put(catalog, kind, rows):
    file = catalog.parent / f"{kind}.csv"
    with open(file, "w", newline="") as out:
        csv.writer(out).writerows(rows)
    run("data", "import", "--catalog", catalog, "--instrument", COIN, "--kind", kind, "--tick", "0.01", file)


def build(catalog, *more, expect=0):
    return run("features", "build", "--catalog", catalog, "--instrument", COIN, *more, expect=expect)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    catalog = tmp_path_factory.mktemp("ticks") / "C"
    quotes, trades = ticks()
    put(catalog, "quote", quotes)
    put(catalog, "trade", trades)
    return catalog


@pytest.mark.parametrize("interval", ["7s", "1m", "25-ticks", "500-volume"])
def test_check_proves_ticks_and_the_bars_that_are_made_of_them(shared, interval):
    told = json.loads(run("features", "check", "--catalog", shared, "--instrument", COIN, "--interval", interval, "--set",
                          "microstructure_ticks", "--cuts", 4, "--json").stdout)
    assert (told["parity"], told["future_corruption"]) == ("identical", "clean")
    assert told["corruptions"] == 24 and told["rows"] > 30


def test_bars_of_trades_are_pandas_bars(shared, tmp_path):
    out = tmp_path / "bars.csv"
    build(shared, "--interval", "20s", *(x for f in ("open", "high", "low", "close", "volume", "trades")
                                         for x in ("--name", f"{f}_", "--expr", f)), "--export", out)
    trades = pd.DataFrame(ticks()[1][1:], columns=["ts", "price", "size", "side"])
    trades.index = pd.to_datetime(trades["ts"].astype("int64"))
    price = trades["price"].astype(float).resample("20s")
    wanted = price.ohlc().assign(volume=trades["size"].astype(float).resample("20s").sum(), trades=price.count())
    wanted = wanted[wanted["trades"] > 0].iloc[:-1]
    table = pd.read_csv(out)
    assert table["ts"].to_list() == (wanted.index.astype("int64") + 20 * 10**9).to_list()
    for name in wanted:
        np.testing.assert_array_equal(table[f"{name}_"], wanted[name])


def test_what_is_missing_is_named_with_its_mend(shared):
    error = build(shared, "--interval", "1m", "--expr", "order_flow_5", expect=2).stderr
    assert error.strip() == (f"tradewind: {COIN}: order_flow_5 is told by an order book, and the catalog has none of it; import "
                             f"some: tradewind data import --kind book-level --instrument {COIN} FILE")
    error = build(shared, "--expr", "bid", expect=2).stderr
    assert "no bars" in error and "--interval 1m" in error
    error = build(shared, "--interval", "1m", "--expr", "bid_sise", expect=2).stderr
    assert "do you mean bid_size" in error


def test_trades_alone_tell_no_touch(tmp_path):
    catalog = tmp_path / "C"
    put(catalog, "trade", ticks()[1])
    for field in ("bid", "order_flow", "effective_spread"):
        error = build(catalog, "--interval", "1m", "--expr", field, expect=2).stderr
        assert f"{field} is told by quotes or an order book" in error and "--kind quote" in error
    build(catalog, "--interval", "1m", "--expr", "buy_volume")  # by the tick rule


def test_sides_hang_on_nothing_else_that_is_asked(shared, tmp_path):
    alone, together = tmp_path / "a.csv", tmp_path / "b.csv"
    build(shared, "--interval", "10s", "--expr", "buy_volume", "--export", alone)
    build(shared, "--interval", "10s", "--name", "value", "--expr", "buy_volume", "--name", "b", "--expr", "bid", "--export",
          together)
    pd.testing.assert_series_equal(pd.read_csv(alone)["value"], pd.read_csv(together)["value"])


def test_more_ticks_append_rows_and_change_none(tmp_path):
    catalog = tmp_path / "C"
    quotes, trades = ticks()
    common = ["--interval", "15s", "--expr", "order_flow", "--expr", "vpin(buy_volume, sell_volume, 5)", "--expr", "volume", "--json"]
    before = 0
    for end in (1000, 1001, 2400, 3000):
        put(catalog, "quote", quotes[:end])
        put(catalog, "trade", [row for row in trades if row[0] == "ts" or row[0] <= quotes[end - 1][0]])
        told = json.loads(build(catalog, *common).stdout)["instruments"][0]
        assert told["rows_identical"] == before
        before = told["rows"]
    assert before > 200


def test_a_span_in_which_nothing_is_known_is_empty(tmp_path):
    """Bars of two hours, ticks of the first alone."""
    catalog = tmp_path / "C"
    quotes, trades = ticks()
    put(catalog, "quote", quotes)
    put(catalog, "trade", trades)
    bars = [["ts", "open", "high", "low", "close", "volume"]]
    for i in range(-10, 120):
        bars.append([START // (60 * 10**9) * 60 * 10**9 + i * 60 * 10**9, 100, 101, 99, 100, 5])
    file = tmp_path / "bars.csv"
    with open(file, "w", newline="") as out:
        csv.writer(out).writerows(bars)
    run("data", "import", "--catalog", catalog, "--instrument", COIN, "--interval", "1m", file)
    out = tmp_path / "out.csv"
    build(catalog, "--interval", "1m", "--name", "n", "--expr", "trades", "--name", "q", "--expr", "bid", "--export", out)
    table = pd.read_csv(out)
    known = table["n"].notna()
    assert not known.iloc[:10].any() and not known.iloc[-50:].any()
    # five minutes of silence are a quiet market, more are none
    silent = table[known & (table["n"] == 0)]
    assert 3 <= len(silent) <= 5 and known[known].index.is_monotonic_increasing
    assert table["q"].notna().sum() in range(known.sum() - 2, known.sum() + 3)
