# SPDX-License-Identifier: Apache-2.0
"""The strategy `rule`: conditions over features in a backtest, against pandas and TA-Lib; replayed, optimised, refused."""

import csv
import gzip
import json
import os
import pathlib

import numpy as np
import pandas as pd
import pytest
import talib
from program import run

DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))
SYMBOLS = ["AAPL", "BAC", "CAT", "DIS", "KO", "XOM"]


def rows_of(place, symbol):
    file = DATA / "equities" / "daily_split_adjusted" / f"{symbol}.csv.gz"
    if file.exists():
        return list(csv.reader(gzip.open(file, "rt")))
    random = np.random.default_rng(place)
    close = 100 * np.exp(np.cumsum(0.015 * random.standard_normal(700)))
    rows = [["ts", "open", "high", "low", "close", "volume"]]
    for i, day in enumerate(pd.bdate_range("2013-01-02", periods=700)):
        before = close[max(0, i - 1)] * (1 + 0.002 * random.standard_normal())
        rows.append([int(day.timestamp()) * 10**9, f"{before:.4f}", f"{max(before, close[i]) + 0.5:.4f}",
                     f"{min(before, close[i]) - 0.5:.4f}", f"{close[i]:.4f}", 100_000 + i])
    return rows


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rule")
    for place, symbol in enumerate(SYMBOLS):
        with open(folder / f"{symbol}.csv", "w", newline="") as out:
            csv.writer(out).writerows(rows_of(place, symbol))
        run("data", "import", "--catalog", folder / "C", "--instrument", f"{symbol}.NYSE", "--interval", "1d",
            folder / f"{symbol}.csv")
    return folder


def bars(world, symbol):
    return pd.read_csv(world / f"{symbol}.csv").astype(float)


def backtest(world, symbols, params, *arguments):
    chosen = [part for symbol in symbols for part in ("--instrument", f"{symbol}.NYSE")]
    given = [part for name, value in params.items() for part in ("--param", f"{name}={value}")]
    done = run("backtest", "--catalog", world / "C", *chosen, "--strategy", "rule", *given, "--cash", "10000000", "--json",
               *arguments)
    return json.loads(done.stdout)


def expected_trades(open_, enter, leave):
    """Decided at a close, filled at the next open."""
    trades, held = [], None
    for i in range(len(open_) - 1):
        if held is None and enter[i] and not leave[i]:
            held = open_[i + 1]
        elif held is not None and leave[i]:
            trades.append((held, open_[i + 1]))
            held = None
    return trades


def prices(result, symbol):
    return [(float(t["entry_price"]), float(t["exit_price"])) for t in result["trades"]
            if t["instrument"] == f"{symbol}.NYSE"]


def test_a_rule_trades_where_talib_says(world):
    for symbol in SYMBOLS[:3]:
        table = bars(world, symbol)
        rsi = talib.RSI(table.close.to_numpy(), 5)
        expected = expected_trades(table.open.to_numpy(), rsi < 30, rsi > 60)
        result = backtest(world, [symbol], {"long": "rsi(5) < 30", "exit_long": "rsi(5) > 60"})
        assert len(expected) > 5
        np.testing.assert_allclose(prices(result, symbol), expected)


def test_without_an_exit_it_is_held_while_the_entry_is_true(world):
    table = bars(world, "KO")
    above = (table.close > table.close.rolling(30).mean()).to_numpy()
    known = np.arange(len(table)) >= 29
    expected = expected_trades(table.open.to_numpy(), above & known, ~above & known)
    np.testing.assert_allclose(prices(backtest(world, ["KO"], {"long": "close > sma(30)"}), "KO"), expected)


def test_a_rule_compares_instruments(world):
    closes = pd.DataFrame({s: bars(world, s).set_index("ts").close for s in SYMBOLS})
    assert not closes.isna().any().any()
    rank = closes.pct_change(20).rank(axis=1, pct=True)
    result = backtest(world, SYMBOLS, {"long": "rank(ret(20)) > 0.8", "exit_long": "rank(ret(20)) < 0.5"})
    for symbol in SYMBOLS:
        expected = expected_trades(bars(world, symbol).open.to_numpy(), (rank[symbol] > 0.8).to_numpy(),
                                   (rank[symbol] < 0.5).to_numpy())
        np.testing.assert_allclose(prices(result, symbol), expected, err_msg=symbol)


CONFIG = """
[data]
catalog     = "{world}/C"
instruments = ["AAPL.NYSE", "BAC.NYSE", "KO.NYSE"]
[features]
mom    = "log(close / ref(close, {look}))"
ranked = "rank(ema(mom, 3), sector)"
[groups]
sector = "{world}/sectors.csv"
[strategy]
name      = "rule"
long      = "ranked > 0.6 and corr(ret(1), of('BAC.NYSE', ret(1)), 20) < 2"
exit_long = "ranked < 0.6"
look      = 10
share     = 0.3
"""


def test_a_run_from_a_file_is_replayed_and_optimised(world, tmp_path):
    with open(world / "sectors.csv", "w", newline="") as out:
        csv.writer(out).writerows([["symbol", "sector"], ["AAPL", "a"], ["BAC", "b"], ["KO", "a"]])
    config = tmp_path / "rule.toml"
    config.write_text(CONFIG.replace("{world}", str(world)))
    journal = tmp_path / "run.journal"
    result = json.loads(run("backtest", "--config", config, "--journal", journal, "--json").stdout)
    assert len(result["trades"]) > 5
    assert json.loads(run("replay", journal, "--json").stdout)["identical"] is True
    other = json.loads(run("backtest", "--config", config, "--set", "strategy.look=15", "--json").stdout)
    assert other["settings_hash"] != result["settings_hash"]
    assert other["trades"] != result["trades"]
    search = json.loads(run("optimize", "--config", config, "--param", "look=5:15:5", "--method", "grid", "--json").stdout)
    assert search["trials"]


SOURCES = """
[data]
catalog     = "{world}/C"
instruments = ["KO.NYSE"]
[sources.fear]
kind = "series"
file = "{world}/fear.csv"
lag  = "1d"
[sources.news]
kind = "news"
file = "{world}/news.csv"
[strategy]
name      = "rule"
long      = "fear < 30 and sentiment_decay(news, 48h) >= 0"
exit_long = "fear > 60"
"""


def test_a_run_reads_series_and_news_as_they_became_known(world, tmp_path):
    table = bars(world, "KO")
    random = np.random.default_rng(8)
    day = 86_400 * 10**9
    fear = pd.DataFrame({"ts": table.ts.astype("int64") - day // 2, "value": random.integers(0, 100, len(table))})
    fear.to_csv(world / "fear.csv", index=False)
    news = pd.DataFrame({"ts": np.sort(random.choice(fear.ts, 60)) + day // 7, "symbol": random.choice(["KO", "XOM"], 60),
                         "score": random.random(60).round(3) * 2 - 1})
    news.to_csv(world / "news.csv", index=False)
    config = tmp_path / "sources.toml"
    config.write_text(SOURCES.replace("{world}", str(world)))
    known = tmp_path / "known.csv"
    run("features", "build", "--catalog", world / "C", "--instrument", "KO.NYSE", "--expr", "time", "--export", known)
    closes = pd.read_csv(known).ts
    level = pd.merge_asof(pd.DataFrame({"ts": closes}), fear.assign(ts=fear.ts + day), on="ts").value
    own = news[news.symbol == "KO"]
    mood = np.array([(own.score * 0.5 ** ((t - own.ts) / (48 * 3.6e12)))[own.ts <= t].sum() for t in closes])
    expected = expected_trades(table.open.to_numpy(), (level < 30).to_numpy() & (mood >= 0), (level > 60).to_numpy())
    journal = tmp_path / "run.journal"
    result = json.loads(run("backtest", "--config", config, "--cash", "10000000", "--journal", journal, "--json").stdout)
    assert len(expected) > 10
    np.testing.assert_allclose(prices(result, "KO"), expected)
    assert json.loads(run("replay", journal, "--json").stdout)["identical"] is True
    fear.assign(value=1).to_csv(world / "fear.csv", index=False)
    assert "fear.csv: is not the file that the run was made with" in run("replay", journal, expect=2).stderr


@pytest.mark.parametrize("params, told", [
    ({}, "parameters: give long=EXPRESSION or short=EXPRESSION"),
    ({"long": "rsj(14) < 30"}, "strategy rule: feature long, column 1: there is no function rsj; do you mean rsi?"),
    ({"long": "ema({fast}) > close"},
     "strategy.long: column 5: '{fast}' names no parameter; give --param fast=VALUE"),
    ({"long": "close", "spare": "3"}, "parameter spare: this strategy has none of that name; it has size, share"),
    ({"long": "bid > 1"}, "strategy rule: bid is told by ticks, which features are not told inside of a run yet"),
    ({"long": 'of("SPY.ARCA", close) > 1'},
     "strategy rule: a feature reads SPY.ARCA, which is not in the run; say --instrument SPY.ARCA too"),
])
def test_bad_rules_are_named(world, params, told):
    given = [part for name, value in params.items() for part in ("--param", f"{name}={value}")]
    done = run("backtest", "--catalog", world / "C", "--instrument", "KO.NYSE", "--strategy", "rule", *given, expect=2)
    assert told in done.stderr
