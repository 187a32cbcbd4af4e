# SPDX-License-Identifier: Apache-2.0
"""Fields of ticks and books as the program makes them, held to microstructure.py on recorded markets."""

import numpy as np
import pandas as pd
import pytest

import microstructure as plain
from program import run

TOLERANCE = 1e-9
TOUCH = ["bid", "ask", "bid_size", "ask_size", "microprice", "mean_spread", "touch_changes", "order_flow"]
TRADES = ["trades", "buy_trades", "sell_trades", "trade_volume", "buy_volume", "sell_volume", "large_volume", "trade_value"]
SPREADS = ["effective_spread", "realised_spread"]
DEPTH = ["bid_depth_5", "ask_depth_5", "bid_depth_10", "ask_depth_10", "bid_slope", "ask_slope", "order_flow_5", "order_flow_10"]
SPOT, PERP = "book/BTCUSDT.binance", "book/BTCUSDT-PERP.binance"


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


def set_by_pandas(f):
    """The set `microstructure` once more, of a frame of fields."""
    mean = lambda x, n: x.rolling(n).mean()
    total = lambda x, n: x.rolling(n).sum()
    score = lambda x, n: (x - mean(x, n)) / x.rolling(n).std()
    slope = lambda x, y, n: x.rolling(n).cov(y) / x.rolling(n).var()
    quoted, sizes = f.bid + f.ask, f.bid_size + f.ask_size
    middle, signed = quoted / 2, f.buy_volume - f.sell_volume
    bulk = plain.bulk_volume(f.close.to_numpy(), f.volume.to_numpy(), 50)
    by_bulk = np.full(len(f), np.nan)
    by_bulk[50:] = plain.vpin_of_mean_buckets(bulk[0][50:], bulk[1][50:], 50, 50)
    out = {
        "spread": (f.ask - f.bid) / middle, "spread_mean": f.mean_spread / middle, "spread_score": score(f.mean_spread, 60),
        "spread_effective": f.effective_spread / middle, "spread_realised": f.realised_spread / middle,
        "micro": f.microprice / middle - 1, "imbalance": (f.bid_size - f.ask_size) / sizes,
        "ofi": f.order_flow / mean(sizes, 20), "ofi_mean": total(f.order_flow, 20) / total(sizes, 20),
        "ofi_score": score(f.order_flow, 60),
        "ofi_impact": slope(f.order_flow, middle.diff(), 60) * mean(sizes, 60) / f.close,
        "touch_rate": f.touch_changes / mean(f.touch_changes, 60), "trade_rate": f.trades / mean(f.trades, 60),
        "trade_size": (f.trade_volume / f.trades) * total(f.trades, 60) / total(f.trade_volume, 60),
        "large_share": f.large_volume / f.trade_volume.where(f.trade_volume > 0, 1),
        "trade_imbalance": (f.buy_trades - f.sell_trades) / f.trades.clip(lower=1),
        "volume_imbalance": signed / f.trade_volume.where(f.trade_volume > 0, 1),
        "volume_imbalance_mean": total(signed, 20) / total(f.trade_volume, 20),
        "signed_volume_score": score(signed, 60),
        "kyle": slope(signed, middle.diff(), 60) * mean(f.trade_volume, 60) / f.close,
        "vpin": plain.vpin_of_mean_buckets(f.buy_volume.to_numpy(), f.sell_volume.to_numpy(), 50, 50), "vpin_bulk": by_bulk,
        "illiquidity": mean(f.close.pct_change().abs() / (f.close * f.volume), 20) * mean(f.close * f.volume, 20),
        "vwap_gap": f.close / (f.trade_value / f.trade_volume) - 1,
        "depth_score": score(np.log(f.bid_depth_10 + f.ask_depth_10), 60),
        "slope_imbalance": (f.bid_slope - f.ask_slope) / (f.bid_slope + f.ask_slope),
        "slope_score": score(np.log(f.bid_slope + f.ask_slope), 60),
    }
    for n in (5, 10):
        bids, asks, flow = f[f"bid_depth_{n}"], f[f"ask_depth_{n}"], f[f"order_flow_{n}"]
        out |= {f"depth_imbalance_{n}": (bids - asks) / (bids + asks), f"ofi_{n}": flow / mean(bids + asks, 20),
                f"ofi_score_{n}": score(flow, 60)}
    return out


def test_the_set_is_what_pandas_makes_of_the_fields(coin, tmp_path):
    market, quotes, trades, book = coin
    bars = plain.Bars(*plain.bars_of(trades, plain.UNIT))
    told = (plain.touch_fields(bars, quotes) | plain.trade_fields(bars, trades, quotes, touch_first=True)
            | plain.depth_fields(bars, book))
    at = bars.of(trades.ts)
    close = [trades.price[at == i][-1] / plain.UNIT for i in range(len(bars.opens))]
    frame = pd.DataFrame(told | {"close": close, "volume": told["trade_volume"]})
    out = tmp_path / "set.csv"
    run("features", "build", "--catalog", market.catalog, "--instrument", market.symbol, "--interval", "1s", "--set",
        "microstructure", "--export", out)
    table = pd.read_csv(out)
    wanted = set_by_pandas(frame) | {"micro_stoikov": plain.stoikov_adjustment(bars, quotes, market.tick) * 2 / (frame.bid + frame.ask)}
    assert set(table.columns[1:]) == set(wanted)
    for name, values in wanted.items():
        got, values = table[name].to_numpy(float), np.asarray(values, float)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(values), err_msg=name)
        # of values that are differences of nearly equal ones, pandas' and ours, nine digits of the larger are left
        scale = np.maximum(np.abs(values), np.nanstd(values))
        assert np.nanmax(np.abs(got - values) / scale) <= 1e-8, name
