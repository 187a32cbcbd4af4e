# SPDX-License-Identifier: Apache-2.0
"""Random orders of every type that backtrader has, played through backtrader itself.

All prices are multiples of 1/8 and all rates powers of two, so that binary floating point and exact
decimals agree to the last digit, ties included.
"""
import datetime
import random

import backtrader as bt
import pandas as pd

FIELDS = ("after action id side qty type trigger limit trail trail_unit trail_limit "
          "tif gtd_bar parent list contingency").split()
START = datetime.datetime(2000, 1, 1)
FEE_RATE = 1 / 512
TRAIL_RATE = 1 / 64  # 156.25 basis points
SLIP_RATE = 1 / 64


def eighths(price):
    return round(price * 8) / 8


def random_bars(rng, count):
    """Random walk with gaps: open, high, low, close, volume."""
    bars = []
    last = 100.0
    for _ in range(count):
        opens = max(20.0, eighths(last + rng.choice([0, 0, rng.uniform(-4, 4)])))
        closes = max(20.0, eighths(opens + rng.uniform(-3, 3)))
        high = max(opens, closes) + eighths(rng.uniform(0, 2))
        low = max(10.0, min(opens, closes) - eighths(rng.uniform(0, 2)))
        bars.append((opens, high, low, closes, 1000))
        last = closes
    return bars


class OrderMaker:
    """Rows of orders in the format of parity_world.cpp."""

    def __init__(self, rng, bars):
        self.rng = rng
        self.bars = bars
        self.rows = []
        self.next_id = 1

    def near(self, bar, side, away):
        """A price around the close: `away` of it better than the market for a limit of that side."""
        sign = -1 if side == "buy" else 1
        return max(1.0, eighths(self.bars[bar][3] + sign * away * self.rng.uniform(-0.5, 3)))

    def base(self, bar, side):
        row = dict.fromkeys(FIELDS, "")
        row.update(after=bar, action="submit", id=self.next_id, side=side, qty=self.rng.randint(1, 60))
        self.next_id += 1
        return row

    def fill_in(self, row, kind):
        bar, side = row["after"], row["side"]
        row["type"] = kind
        if kind == "limit":
            row["limit"] = self.near(bar, side, 1)
        elif kind == "stop_market":
            row["trigger"] = self.near(bar, side, -1)
        elif kind == "stop_limit":
            row["trigger"] = self.near(bar, side, -1)
            row["limit"] = max(1.0, row["trigger"] + eighths(self.rng.uniform(-2, 2)))
        elif kind == "trailing_stop_market":
            if self.rng.random() < 0.5:
                row["trail"], row["trail_unit"] = eighths(self.rng.uniform(0.25, 4)), "price"
            else:
                row["trail"], row["trail_unit"] = TRAIL_RATE * 10_000, "bps"
        elif kind == "trailing_stop_limit":
            row["trail"], row["trail_unit"] = eighths(self.rng.uniform(0.25, 4)), "price"
            row["trail_limit"] = eighths(self.rng.uniform(0, 2))
        return row

    def single(self, bar):
        side = self.rng.choice(["buy", "sell"])
        row = self.fill_in(self.base(bar, side), self.rng.choice([
            "market", "limit", "stop_market", "stop_limit", "trailing_stop_market",
            "trailing_stop_limit"]))
        life = self.rng.random()
        if row["type"] == "market" and life < 0.2:
            row["tif"] = "at_close"
        elif row["type"] != "market" and life < 0.15:
            row["tif"] = "day"
        elif row["type"] != "market" and life < 0.5:
            row["tif"], row["gtd_bar"] = "gtd", bar + self.rng.randint(1, 8)
        self.rows.append(row)

    def bracket(self, bar):
        side = self.rng.choice(["buy", "sell"])
        other = "sell" if side == "buy" else "buy"
        parent = self.fill_in(self.base(bar, side), self.rng.choice(["market", "limit", "stop_market"]))
        parent.update(list=parent["id"], contingency="oto")
        self.rows.append(parent)
        for kind in ("stop_market", "limit"):
            child = self.fill_in(self.base(bar, other), kind)
            child.update(qty=parent["qty"], parent=parent["id"], list=parent["id"], contingency="oco")
            self.rows.append(child)

    def rivals(self, bar):
        first = None
        for _ in range(self.rng.randint(2, 3)):
            row = self.fill_in(self.base(bar, self.rng.choice(["buy", "sell"])),
                               self.rng.choice(["limit", "stop_market", "stop_limit"]))
            first = first or row["id"]
            row.update(list=first, contingency="oco")
            self.rows.append(row)

    def cancel(self, bar):
        if self.next_id == 1:
            return
        row = dict.fromkeys(FIELDS, "")
        row.update(after=bar, action="cancel", id=self.rng.randrange(max(1, self.next_id - 12), self.next_id))
        self.rows.append(row)


def random_orders(rng, bars):
    maker = OrderMaker(rng, bars)
    for bar in range(len(bars) - 1):
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            rng.choices([maker.single, maker.bracket, maker.rivals, maker.cancel],
                        weights=[6, 2, 2, 2])[0](bar)
    return maker.rows


class Player(bt.Strategy):
    params = dict(rows=(), log=None)

    def __init__(self):
        self.orders = {}
        self.numbers = {}
        self.done = {}
        self.sent = 0

    def notify_order(self, order):
        number = self.numbers.get(order.ref)
        if number is None:
            number = self.sending
        # What a cancel of ours ends is told a bar later; the order knows when it was.
        when = bt.num2date(order.executed.dt) if order.executed.dt else None
        bar = (when - START).days if when else len(self) - 1
        status = order.getstatusname()
        if status in ("Completed", "Partial"):
            size = abs(order.executed.size)
            self.p.log.append((bar, number, "fill", size - self.done.get(number, 0),
                               order.executed.price))
            self.done[number] = size
        elif status in ("Canceled", "Expired", "Margin", "Rejected"):
            self.p.log.append((bar, number, status.lower(), 0, 0.0))

    def next(self):
        bar = len(self) - 1
        rows = self.p.rows
        while self.sent < len(rows) and rows[self.sent]["after"] <= bar:
            row = rows[self.sent]
            following = rows[self.sent + 1] if self.sent + 1 < len(rows) else None
            self.sent += 1
            self.sending = row["id"]
            if row["action"] == "cancel":
                if row["id"] in self.orders:
                    self.cancel(self.orders[row["id"]])
                continue
            self.send(row, following)

    def send(self, row, following):
        close = self.data.close[0]
        kind = row["type"]
        args = dict(size=row["qty"])
        if kind == "market":
            args["exectype"] = bt.Order.Close if row["tif"] == "at_close" else bt.Order.Market
        elif kind == "limit":
            args.update(exectype=bt.Order.Limit, price=row["limit"])
        elif kind == "stop_market":
            args.update(exectype=bt.Order.Stop, price=row["trigger"])
        elif kind == "stop_limit":
            args.update(exectype=bt.Order.StopLimit, price=row["trigger"], plimit=row["limit"])
        elif kind == "trailing_stop_market":
            args["exectype"] = bt.Order.StopTrail
        else:
            beyond = row["trail_limit"] if row["side"] == "buy" else -row["trail_limit"]
            args.update(exectype=bt.Order.StopTrailLimit, price=close, plimit=close + beyond)
        if row["trail_unit"] == "price":
            args["trailamount"] = row["trail"]
        elif row["trail_unit"] == "bps":
            args["trailpercent"] = TRAIL_RATE
        if row["tif"] == "day":
            args["valid"] = datetime.timedelta()
        elif row["tif"] == "gtd":
            args["valid"] = START + datetime.timedelta(days=row["gtd_bar"], hours=12)
        if row["parent"]:
            args["parent"] = self.orders[row["parent"]]
        elif row["contingency"] == "oco" and row["list"] != row["id"]:
            args["oco"] = self.orders[row["list"]]
        in_family = row["contingency"] == "oto" or row["parent"]
        args["transmit"] = not (in_family and following and following["parent"])
        order = (self.buy if row["side"] == "buy" else self.sell)(**args)
        self.orders[row["id"]] = order
        self.numbers[order.ref] = row["id"]


def play(bars, rows, cash, fee, slip):
    """What backtrader's broker says: (bar, order, fill|canceled|expired|margin|rejected, qty, price)."""
    index = pd.DatetimeIndex([START + datetime.timedelta(days=i) for i in range(len(bars))])
    frame = pd.DataFrame(bars, columns=["open", "high", "low", "close", "volume"], index=index)
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame))
    log = []
    cerebro.addstrategy(Player, rows=rows, log=log)
    cerebro.broker.setcash(cash)
    cerebro.broker.setcommission(commission=FEE_RATE if fee else 0.0)
    if slip == "rate":
        cerebro.broker.set_slippage_perc(SLIP_RATE)
    elif slip == "fixed":
        cerebro.broker.set_slippage_fixed(0.125)
    cerebro.run()
    return log
