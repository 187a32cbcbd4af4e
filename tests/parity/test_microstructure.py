# SPDX-License-Identifier: Apache-2.0
"""Fields of ticks and books as the program makes them, held to microstructure.py on recorded markets."""
import os
import subprocess

import numpy as np
import pandas as pd
import pytest

import microstructure as plain

PROGRAM = os.environ.get("TRADEWIND", str(plain.ROOT / "build" / "bin" / "tradewind"))
TOLERANCE = 1e-9
TOUCH = ["bid", "ask", "bid_size", "ask_size", "microprice", "mean_spread", "touch_changes", "order_flow"]
TRADES = ["trades", "buy_trades", "sell_trades", "trade_volume", "buy_volume", "sell_volume", "large_volume", "trade_value"]
SPREADS = ["effective_spread", "realised_spread"]
DEPTH = ["bid_depth_5", "ask_depth_5", "bid_depth_10", "ask_depth_10", "bid_slope", "ask_slope", "order_flow_5", "order_flow_10"]
SPOT, PERP = "book/BTCUSDT.binance", "book/BTCUSDT-PERP.binance"


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


class Market:
    """A recorded instrument in a catalog of its own."""

    def __init__(self, folder, symbol, files, *definition):
        missing = [name for name in files.values() if not (plain.DATA / name).exists()]
        if missing:
            pytest.skip(f"TRADEWIND_DATA has no {missing[0]}")
        self.catalog, self.symbol = folder / "C", symbol
        for kind, name in files.items():
            more = [*definition, *(["--all-trades"] if kind == "trade" else [])]
            run("data", "import", "--catalog", self.catalog, "--instrument", symbol, "--kind", kind, *more, plain.DATA / name)

    def build(self, interval, features):
        """Columns by name; `features` maps names to expressions."""
        out = self.catalog.parent / "out.csv"
        asked = [x for name, text in features.items() for x in ("--name", name, "--expr", text)]
        run("features", "build", "--catalog", self.catalog, "--instrument", self.symbol, "--interval", interval, *asked,
            "--export", out)
        return pd.read_csv(out)


def expect(table, wanted, closes):
    assert table["ts"].to_list() == list(closes)
    for name, values in wanted.items():
        got, values = table[name].to_numpy(float), np.asarray(values, float)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(values), err_msg=f"{name}: missing in other rows")
        scale = np.where(values == 0, 1, np.abs(values))
        worst = np.nanmax(np.abs(got - values) / scale, initial=0)
        assert worst <= TOLERANCE, f"{name}: {worst}"
    assert any(np.isfinite(values).sum() > len(closes) / 2 for values in wanted.values())


def fields(names):
    return {name: name for name in names}


@pytest.fixture(scope="module", params=["spot", "perpetual"])
def coin(request, tmp_path_factory):
    spot = request.param == "spot"
    base, tick = (SPOT, "0.01") if spot else (PERP, "0.1")
    market = Market(tmp_path_factory.mktemp(request.param), "BTCUSDT.BINANCE",
                    {"quote": f"{base}.ticks.csv.gz", "trade": f"{base}.trades.csv.gz", "book-level": f"{base}.l2.csv.gz"},
                    "--tick", tick)
    market.tick = int(float(tick) * plain.UNIT)
    return (market, plain.States.quotes(f"{base}.ticks.csv.gz"), plain.Trades.load(f"{base}.trades.csv.gz"),
            plain.level_book(f"{base}.l2.csv.gz", futures=not spot))


@pytest.mark.parametrize("seconds", [1, 5, 60])
def test_quotes_trades_and_levels_of_a_coin(coin, seconds):
    market, quotes, trades, book = coin
    bars = plain.Bars(*plain.bars_of(trades, seconds * plain.UNIT))
    wanted = (plain.touch_fields(bars, quotes) | plain.trade_fields(bars, trades, quotes, touch_first=True)
              | plain.depth_fields(bars, book))
    table = market.build(f"{seconds}s" if seconds < 60 else "1m", fields(TOUCH + TRADES + SPREADS + DEPTH))
    expect(table, wanted, bars.closes)


def test_without_quotes_the_touch_is_that_of_the_book(tmp_path):
    market = Market(tmp_path, "BTCUSDT.BINANCE", {"trade": f"{SPOT}.trades.csv.gz", "book-level": f"{SPOT}.l2.csv.gz"})
    trades, book = plain.Trades.load(f"{SPOT}.trades.csv.gz"), plain.level_book(f"{SPOT}.l2.csv.gz", futures=False)
    bars = plain.Bars(*plain.bars_of(trades, 2 * plain.UNIT))
    wanted = plain.touch_fields(bars, book) | plain.trade_fields(bars, trades, book, touch_first=False)
    expect(market.build("2s", fields(TOUCH + TRADES + SPREADS)), wanted, bars.closes)


def test_a_stock_whose_trades_tell_no_aggressor(tmp_path):
    files = {"quote": "equities/ticks/BAC.csv.gz", "trade": "equities/trades/BAC.csv.gz"}
    market = Market(tmp_path, "BAC.NYSE", files)
    trades, quotes = plain.Trades.load(files["trade"]), plain.States.quotes(files["quote"])
    day = pd.Timestamp("2013-10-07 09:30", tz="America/New_York").value
    session = [(day + d * 86400 * plain.UNIT, day + d * 86400 * plain.UNIT + 23400 * plain.UNIT) for d in (0, 1)]
    spans = [np.concatenate(x) for x in zip(*(plain.bars_of(trades, 60 * plain.UNIT, span) for span in session))]
    # a later trade shows that a session's last span is over, in the session or not
    wanted_bars = plain.Bars(*spans)
    wanted = plain.touch_fields(wanted_bars, quotes) | plain.trade_fields(wanted_bars, trades, quotes, touch_first=True)
    table = market.build("1m", fields(TOUCH + TRADES + SPREADS))
    table = table[table["ts"].isin(wanted_bars.closes)].reset_index(drop=True)
    expect(table, wanted, wanted_bars.closes)


def test_a_full_book_tells_its_prints_too(tmp_path):
    file = "book/ES_202403_20231225.l3.csv.gz"
    market = Market(tmp_path, "ES.CME", {"book-order": file})
    book, trades, before = plain.order_book(file)
    bars = plain.Bars(*plain.bars_of(trades, 10 * plain.UNIT))
    wanted = (plain.touch_fields(bars, book) | plain.trade_fields(bars, trades, book, touch_first=False, before=before)
              | plain.depth_fields(bars, book))
    expect(market.build("10s", fields(TOUCH + TRADES + SPREADS + DEPTH)), wanted, bars.closes)


@pytest.mark.parametrize("seconds", [1, 10])
def test_vpin_of_told_and_of_guessed_sides(coin, seconds):
    market, quotes, trades, _ = coin
    bars = plain.Bars(*plain.bars_of(trades, seconds * plain.UNIT))
    told = plain.trade_fields(bars, trades, quotes, touch_first=True)
    at = bars.of(trades.ts)
    close = np.array([trades.price[at == i][-1] / plain.UNIT for i in range(len(bars.opens))])
    buys, sells, volume = told["buy_volume"], told["sell_volume"], told["trade_volume"]
    bulk_buys, bulk_sells = plain.bulk_volume(close, volume, 20)
    size = volume.sum() / len(volume) * 0.83
    guessed = np.full(len(close), np.nan)
    guessed[20:] = plain.vpin_of_mean_buckets(bulk_buys[20:], bulk_sells[20:], 15, 30)
    asked = {"told": "vpin(buy_volume, sell_volume, 15, 0, 30)", "equal": f"vpin(buy_volume, sell_volume, 15, {size:.9f})",
             "bulk_buys": "bulk_volume(close, volume, 20).buy", "bulk_sells": "bulk_volume(close, volume, 20).sell",
             "guessed": "vpin(bulk_volume(close, volume, 20).buy, bulk_volume(close, volume, 20).sell, 15, 0, 30)"}
    wanted = {"told": plain.vpin_of_mean_buckets(buys, sells, 15, 30),
              "equal": plain.vpin_of_equal_buckets(buys, sells, 15, round(size, 9)),
              "bulk_buys": bulk_buys, "bulk_sells": bulk_sells, "guessed": guessed}
    expect(market.build(f"{seconds}s", asked), wanted, bars.closes)


def test_bars_by_volume_take_each_trade_once(coin):
    market, quotes, trades, _ = coin
    told = market.build("200-ticks", fields(["trades", "trade_volume", "volume", "buy_trades", "bid", "order_flow"]))
    assert len(told) == len(trades.ts) // 200
    assert (told["trades"] == 200).all()
    np.testing.assert_array_equal(told["trade_volume"], told["volume"])
    ends = np.arange(200, len(trades.ts) + 1, 200)
    assert told["ts"].to_list() == trades.ts[ends - 1].tolist()
    wanted = [(trades.side[end - 200:end] > 0).sum() for end in ends]
    np.testing.assert_array_equal(told["buy_trades"], wanted)
    # the touch that was known when the last trade was: quotes of its instant come before it
    at = np.searchsorted(quotes.ts, trades.ts[ends - 1], side="right") - 1
    np.testing.assert_array_equal(told["bid"], quotes.prices[at, 0, 0] / plain.UNIT)
    flow = np.cumsum(plain.flows(quotes, 1))[at]
    np.testing.assert_array_equal(told["order_flow"][1:], np.diff(flow) / plain.UNIT)


def test_stoikovs_price_is_the_limit_of_the_papers_sums(coin):
    market, quotes, trades, _ = coin
    bars = plain.Bars(*plain.bars_of(trades, 5 * plain.UNIT))
    table = market.build("5s", {"away": "stoikov_microprice-(bid+ask)/2"})
    wanted = plain.stoikov_adjustment(bars, quotes, market.tick)
    got = table["away"].to_numpy()
    np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))
    assert np.isfinite(wanted).sum() > 0.9 * len(wanted)
    # a middle of 61,000 has eleven decimals
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-10)
    assert np.nanstd(wanted) > 1e-4
