#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole commands of Tradewind beside backtrader, backtesting.py and vectorbt on the same bars.

A seeded random walk of minute bars is written as CSV, imported, backtested with a journal and without, and replayed;
the peers run the same SMA cross. Rates are medians; peers that are slow see fewer bars, and the table says how many.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build" / "bin" / "tradewind"
FAST, SLOW, SIZE, CASH = 10, 30, 100, 1_000_000.0
SYMBOL = "BENCH.BINANCE"


def make_bars(rows: int) -> pd.DataFrame:
    """OHLCV in cents around 100, pulled back so that prices stay positive."""
    random = np.random.default_rng(1)
    cents = 10_000 + np.cumsum(random.integers(-10, 11, rows)) % 4_000
    close = cents.astype(np.int64)
    open_ = np.concatenate(([close[0]], close[:-1]))
    high = np.maximum(open_, close) + random.integers(0, 5, rows)
    low = np.minimum(open_, close) - random.integers(0, 5, rows)
    index = pd.date_range("2000-01-03", periods=rows, freq="min")
    frame = {name: values / 100.0 for name, values in
             {"open": open_, "high": high, "low": low, "close": close}.items()}
    return pd.DataFrame({**frame, "volume": random.integers(1, 1000, rows) * 1000}, index=index)


def write_csv(bars: pd.DataFrame, path: Path) -> None:
    stamped = bars.copy()
    stamped.insert(0, "ts", bars.index.astype("datetime64[ns]").astype("int64"))
    stamped.to_csv(path, index=False)


def tradewind(*args: object) -> tuple[dict, float]:
    started = time.perf_counter()
    done = subprocess.run([PROGRAM, *map(str, args), "--json"], capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout), wall


def median_of(times: int, call) -> float:
    return statistics.median(call() for _ in range(times))


def ours(bars: pd.DataFrame, times: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        csv, catalog, journal = Path(folder, "bars.csv"), Path(folder, "catalog"), Path(folder, "run.journal")
        write_csv(bars, csv)
        rows = len(bars)

        def import_once() -> float:
            subprocess.run(["rm", "-rf", catalog], check=True)
            csv.read_bytes()  # into the page cache
            return rows / tradewind("data", "import", "--catalog", catalog, "--format", "csv", "--instrument",
                                    SYMBOL, "--kind", "bar", "--interval", "1m", csv)[1]

        run = ("backtest", "--catalog", catalog, "--instrument", SYMBOL, "--strategy", "sma-cross",
               "--param", f"fast={FAST}", "--param", f"slow={SLOW}", "--param", f"size={SIZE}",
               "--cash", CASH, "--benchmark", "none")
        out = {"import, whole command (rows/s)": median_of(times, import_once)}
        out["backtest, strict, engine (bars/s)"] = median_of(
            times, lambda: tradewind(*run)[0]["events_per_s"])
        out["backtest, strict, whole command (bars/s)"] = median_of(times, lambda: rows / tradewind(*run)[1])
        out["backtest with journal, engine (bars/s)"] = median_of(
            times, lambda: tradewind(*run, "--journal", journal)[0]["events_per_s"])
        out["replay (events/s)"] = median_of(times, lambda: tradewind("replay", journal)[0]["events_per_s"])
        return out


def backtrader_rate(bars: pd.DataFrame) -> float:
    import backtrader as bt

    class Cross(bt.Strategy):
        def __init__(self):
            self.fast = bt.indicators.SMA(period=FAST)
            self.slow = bt.indicators.SMA(period=SLOW)

        def next(self):
            if self.fast[0] > self.slow[0] and not self.position:
                self.buy(size=SIZE)
            elif self.fast[0] <= self.slow[0] and self.position:
                self.sell(size=SIZE)

    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars))
    cerebro.addstrategy(Cross)
    cerebro.broker.setcash(CASH)
    started = time.perf_counter()
    cerebro.run()
    return len(bars) / (time.perf_counter() - started)


def backtesting_rate(bars: pd.DataFrame) -> float:
    from backtesting import Backtest, Strategy

    class Cross(Strategy):
        def init(self):
            mean = lambda values, n: pd.Series(values).rolling(n).mean()  # noqa: E731
            self.fast = self.I(mean, self.data.Close, FAST)
            self.slow = self.I(mean, self.data.Close, SLOW)

        def next(self):
            if self.fast[-1] > self.slow[-1] and not self.position:
                self.buy(size=SIZE)
            elif self.fast[-1] <= self.slow[-1] and self.position:
                self.position.close()

    run = Backtest(bars.rename(columns=str.capitalize), Cross, cash=CASH, finalize_trades=True)
    started = time.perf_counter()
    run.run()
    return len(bars) / (time.perf_counter() - started)


def vectorbt_rate(bars: pd.DataFrame) -> float:
    import vectorbt as vbt

    def once() -> float:
        started = time.perf_counter()
        fast = vbt.MA.run(bars["close"], FAST).ma
        slow = vbt.MA.run(bars["close"], SLOW).ma
        portfolio = vbt.Portfolio.from_signals(bars["close"], fast > slow, fast <= slow, size=SIZE,
                                               init_cash=CASH, freq="1min")
        portfolio.total_return()
        portfolio.sharpe_ratio()
        return len(bars) / (time.perf_counter() - started)

    once()  # compiles
    return statistics.median(once() for _ in range(3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()

    bars = make_bars(options.bars)
    mine = ours(bars, options.times)
    for name, rate in mine.items():
        print(f"  {name:<44} {rate:>14,.0f}")
    reference = mine["backtest, strict, whole command (bars/s)"]
    print(f"\n  {'peer, SMA cross':<22} {'bars':>12} {'bars/s':>14} {'Tradewind x':>12}")
    for name, rate_of, rows in (("backtrader", backtrader_rate, 100_000),
                                ("backtesting.py", backtesting_rate, 300_000),
                                ("vectorbt, whole run", vectorbt_rate, len(bars))):
        sample = bars.iloc[:rows]
        rate = rate_of(sample)
        print(f"  {name:<22} {len(sample):>12,} {rate:>14,.0f} {reference / rate:>12.1f}")


if __name__ == "__main__":
    main()
