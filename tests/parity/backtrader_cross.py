# SPDX-License-Identifier: Apache-2.0
"""The SMA cross of `tradewind backtest --strategy sma-cross`, run by backtrader itself."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import backtrader as bt


@dataclass(frozen=True)
class Trade:
    entry: datetime
    exit: datetime
    qty: float
    entry_price: float
    exit_price: float
    pnl: float
    fees: float


@dataclass(frozen=True)
class Run:
    final_equity: float
    trades: list[Trade]


class CsvBars(bt.feed.DataBase):
    """Our common CSV (ts in nanoseconds, then OHLCV), straight into backtrader's lines."""

    params = (("path", None),)

    def start(self) -> None:
        super().start()
        opener = gzip.open if str(self.p.path).endswith(".gz") else open
        self._file = opener(self.p.path, "rt", encoding="utf-8", newline="")
        self._rows = csv.DictReader(self._file)

    def stop(self) -> None:
        self._file.close()

    def _load(self) -> bool:
        row = next(self._rows, None)
        if row is None:
            return False
        when = datetime(1970, 1, 1) + timedelta(microseconds=int(row["ts"]) // 1000)
        self.lines.datetime[0] = bt.date2num(when)
        for name in ("open", "high", "low", "close", "volume"):
            getattr(self.lines, name)[0] = float(row[name])
        self.lines.openinterest[0] = 0.0
        return True


class SmaCross(bt.Strategy):
    params = (("fast", 10), ("slow", 30), ("size", 100))

    def __init__(self) -> None:
        self.fast = bt.indicators.SimpleMovingAverage(self.data.close, period=self.p.fast)
        self.slow = bt.indicators.SimpleMovingAverage(self.data.close, period=self.p.slow)
        self.is_long = False
        self.closed: list[Trade] = []
        self.legs: list[bt.Order] = []

    def next(self) -> None:
        above = self.fast[0] > self.slow[0]
        if above and not self.is_long:
            self.is_long = True
            self.buy(size=self.p.size)
        elif not above and self.is_long:
            self.is_long = False
            if self.position.size:
                self.sell(size=self.p.size)

    def notify_order(self, order: bt.Order) -> None:
        if order.status == order.Completed:
            self.legs.append(order)

    def notify_trade(self, trade: bt.Trade) -> None:
        if not trade.isclosed:
            return
        entry, leave = self.legs[-2:]
        self.closed.append(
            Trade(
                entry=bt.num2date(trade.dtopen).replace(tzinfo=timezone.utc),
                exit=bt.num2date(trade.dtclose).replace(tzinfo=timezone.utc),
                qty=float(entry.executed.size),
                entry_price=entry.executed.price,
                exit_price=leave.executed.price,
                pnl=trade.pnlcomm,
                fees=trade.commission,
            )
        )


def run(path: Path, *, fast: int, slow: int, size: float, cash: float, fee: float = 0.0) -> Run:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(CsvBars(path=str(path)))
    cerebro.addstrategy(SmaCross, fast=fast, slow=slow, size=size)
    cerebro.broker.setcash(cash)
    cerebro.broker.setcommission(commission=fee)
    strategy = cerebro.run()[0]
    return Run(final_equity=cerebro.broker.getvalue(), trades=strategy.closed)
