# SPDX-License-Identifier: Apache-2.0
"""Plays a list of orders on daily bars through NautilusTrader's BacktestEngine.

    nautilus_orders.py LIST      a run a line: tick, bars, orders; the files in the format of parity_world.cpp

prints what its matching engine answered, a line a report: bar,order,kind,qty,price; a line "end" closes each
run. Orders that name a leg are of the strategy that they name, on a venue that hedges, and the leg is a position
of its own; then what each holds is told at the end. Runs in a virtual
environment of its own (tests/requirements-peers.txt): the package wants an older pandas than the other
oracles.
"""
import collections
import csv
import pathlib
import sys

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import (AccountType, ContingencyType, OmsType, OrderSide,
                                         TimeInForce, TrailingOffsetType, TriggerType)
from nautilus_trader.model.events import (OrderCanceled, OrderExpired, OrderFilled, OrderRejected,
                                          OrderUpdated)
from nautilus_trader.model.identifiers import (ClientOrderId, InstrumentId, OrderListId, Symbol,
                                               PositionId, TraderId, Venue)
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.model.orders import (LimitIfTouchedOrder, LimitOrder, MarketIfTouchedOrder,
                                          MarketOrder, OrderList, StopLimitOrder, StopMarketOrder,
                                          TrailingStopLimitOrder, TrailingStopMarketOrder)
from nautilus_trader.trading.strategy import Strategy

FIELDS = ("after action id side qty type trigger limit trail trail_unit trail_limit "
          "tif gtd_bar parent list contingency strategy leg reduce").split()
DAY_NS = 86_400 * 1_000_000_000
SYMBOL = InstrumentId(Symbol("AAA"), Venue("SIM"))
BAR_TYPE = BarType.from_str("AAA.SIM-1-DAY-LAST-EXTERNAL")
TIMES_IN_FORCE = {"": TimeInForce.GTC, "gtd": TimeInForce.GTD, "ioc": TimeInForce.IOC,
                  "fok": TimeInForce.FOK, "day": TimeInForce.DAY, "at_close": TimeInForce.AT_THE_CLOSE}
KINDS = {OrderCanceled: "canceled", OrderExpired: "expired", OrderRejected: "rejected",
         OrderUpdated: "replaced"}


def price(text):
    return Price.from_str(f"{float(text):.2f}")


class PlayerConfig(StrategyConfig, frozen=True):
    pass


class Player(Strategy):
    def __init__(self, rows, number=0):
        super().__init__(PlayerConfig(order_id_tag=f"{number:03d}"))
        self.rows = rows
        self.number = number
        self.sent = 0
        self.lines = []
        self.realised = collections.Counter()

    def on_start(self):
        self.subscribe_bars(BAR_TYPE)

    def on_bar(self, bar):
        number = bar.ts_event // DAY_NS - 1
        while self.sent < len(self.rows) and int(self.rows[self.sent]["after"]) <= number:
            rows = [self.rows[self.sent]]
            self.sent += 1
            while rows[0]["list"] and self.sent < len(self.rows) and \
                    self.rows[self.sent]["list"] == rows[0]["list"]:
                rows.append(self.rows[self.sent])
                self.sent += 1
            self.send(rows)

    def send(self, rows):
        if rows[0]["action"] == "cancel":
            order = self.cache.order(ClientOrderId(rows[0]["id"]))
            if order is not None and not order.is_closed:
                self.cancel_order(order)
        elif len(rows) == 1:
            leg = rows[0]["leg"]
            self.submit_order(self.order_of(rows[0], rows),
                              position_id=PositionId(f"{self.number}-{leg}") if leg else None)
        else:
            orders = [self.order_of(row, rows) for row in rows]
            self.submit_order_list(OrderList(OrderListId(rows[0]["list"]), orders))

    def order_of(self, row, rows):
        args = dict(
            trader_id=self.trader_id, strategy_id=self.id, instrument_id=SYMBOL,
            client_order_id=ClientOrderId(row["id"]),
            order_side=OrderSide.BUY if row["side"] == "buy" else OrderSide.SELL,
            quantity=Quantity.from_int(int(row["qty"])), init_id=UUID4(),
            ts_init=self.clock.timestamp_ns(), time_in_force=TIMES_IN_FORCE[row["tif"]])
        if row["list"]:
            args.update(self.links_of(row, rows))
        if row["reduce"]:
            args["reduce_only"] = True
        kind = row["type"]
        if kind == "market":
            return MarketOrder(**args)
        if row["gtd_bar"]:
            args["expire_time_ns"] = (int(row["gtd_bar"]) + 1) * DAY_NS
        if kind == "limit":
            return LimitOrder(price=price(row["limit"]), **args)
        args["trigger_type"] = TriggerType.DEFAULT
        if kind.startswith("trailing"):
            return self.trailing(row, args)
        args["trigger_price"] = price(row["trigger"])
        if row["limit"]:
            args["price"] = price(row["limit"])
        return {"stop_market": StopMarketOrder, "stop_limit": StopLimitOrder,
                "market_if_touched": MarketIfTouchedOrder,
                "limit_if_touched": LimitIfTouchedOrder}[kind](**args)

    def trailing(self, row, args):
        from decimal import Decimal
        basis = row["trail_unit"] == "bps"
        args.update(trigger_price=None, trailing_offset=Decimal(row["trail"]),
                    trailing_offset_type=TrailingOffsetType.BASIS_POINTS if basis
                    else TrailingOffsetType.PRICE)
        if row["type"] == "trailing_stop_market":
            return TrailingStopMarketOrder(**args)
        # Their limit lies at an offset from the market, ours from the trigger.
        offset = Decimal(row["trail"]) + Decimal(row["trail_limit"])
        return TrailingStopLimitOrder(price=None, limit_offset=offset, **args)

    @staticmethod
    def links_of(row, rows):
        if row["contingency"] == "oto":
            linked = [r["id"] for r in rows if r["parent"] == row["id"]]
        else:
            linked = [r["id"] for r in rows if r["id"] != row["id"] and r["parent"] == row["parent"]]
        out = dict(contingency_type=ContingencyType[(row["contingency"] or "no_contingency").upper()],
                   order_list_id=OrderListId(row["list"]),
                   linked_order_ids=[ClientOrderId(i) for i in linked])
        if row["parent"]:
            out["parent_order_id"] = ClientOrderId(row["parent"])
        return out

    def on_order_event(self, event):
        bar = event.ts_event // DAY_NS - 1
        number = event.client_order_id.value
        if isinstance(event, OrderFilled):
            self.lines.append(f"{bar},{number},fill,{event.last_qty},{event.last_px}")
        elif type(event) in KINDS:
            # A trail that moves is told as a change of the order.
            trails = self.cache.order(event.client_order_id).order_type.name.startswith("TRAILING")
            if not (isinstance(event, OrderUpdated) and trails):
                self.lines.append(f"{bar},{number},{KINDS[type(event)]},0,0")


    def on_position_closed(self, event):
        self.realised[event.position_id.value] += float(event.realized_pnl)

    def positions(self):
        """What each leg holds, and the profit of what was closed of it."""
        for leg in ("long", "short"):
            position = self.cache.position(PositionId(f"{self.number}-{leg}"))
            qty, average, realised = 0.0, 0.0, self.realised[f"{self.number}-{leg}"]
            if position is not None and position.is_open:
                qty, average = position.signed_qty, position.avg_px_open
                realised += float(position.realized_pnl)
            yield f"position,{self.number},{leg},{qty},{average},{realised}"


def play(tick, bars, rows):
    engine = BacktestEngine(BacktestEngineConfig(
        trader_id=TraderId("T-1"), logging=LoggingConfig(bypass_logging=True),
        risk_engine=RiskEngineConfig(bypass=True)))
    hedges = any(row["leg"] for row in rows)
    engine.add_venue(Venue("SIM"), OmsType.HEDGING if hedges else OmsType.NETTING, AccountType.MARGIN,
                     [Money(1_000_000_000, USD)], base_currency=USD)
    engine.add_instrument(Equity(
        instrument_id=SYMBOL, raw_symbol=Symbol("AAA"), currency=USD, price_precision=2,
        price_increment=Price.from_str(tick), lot_size=Quantity.from_int(1), ts_event=0, ts_init=0))
    engine.add_data([
        Bar(BAR_TYPE, *(price(x) for x in bar[:4]), Quantity.from_int(int(bar[4])),
            (i + 1) * DAY_NS, (i + 1) * DAY_NS) for i, bar in enumerate(bars)])
    numbers = sorted({int(row["strategy"]) for row in rows}) if hedges else [0]
    players = [Player([row for row in rows if int(row["strategy"] or 0) == number], number)
               for number in numbers]
    for player in players:
        engine.add_strategy(player)
    engine.run()
    lines = [line for player in players for line in player.lines]
    if hedges:
        lines += [line for player in players for line in player.positions()]
    engine.dispose()
    return lines


def read(text, fields=None):
    lines = pathlib.Path(text).read_text().splitlines()
    return list(csv.DictReader(lines, fields) if fields else csv.reader(lines))


def main(runs):
    for line in pathlib.Path(runs).read_text().splitlines():
        tick, bars, orders = line.split("\t")
        print(*play(tick, read(bars), read(orders, FIELDS)), "end", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
