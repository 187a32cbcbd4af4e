# SPDX-License-Identifier: Apache-2.0
"""Plays signals with stoploss, ROI and custom entry prices through freqtrade's backtesting, on an exchange that knows
one pair and asks nobody.

    freqtrade_signals.py RUNS      a JSON list of runs; prints a list of their orders:
                                   [candle, side, price, why, candle in which it was made]

A run: bars [open, high, low, close, volume], entries and exits (a truth value a candle), prices (of entries, by the
candle of the signal; null: the open), sl and roi (shares of the entry price; null: none), trail. Runs in the virtual
environment of tests/requirements-freqtrade.txt.
"""
import json
import logging
import pathlib
import sys
import tempfile
from copy import deepcopy

import pandas as pd
from freqtrade.enums import CandleType, MarginMode, RunMode, TradingMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.resolvers import ExchangeResolver

PAIR = "AAA/USDT"
HOUR = pd.Timedelta(hours=1)
START = pd.Timestamp("2024-01-01", tz="UTC")
NEVER = 10 ** 6  # minutes
MARKET = dict(id="AAAUSDT", symbol=PAIR, base="AAA", quote="USDT", active=True, spot=True, swap=False, future=False,
              option=False, contract=False, linear=None, type="spot", precision={"amount": 1e-8, "price": 0.01},
              limits={k: {"min": None, "max": None} for k in ("amount", "price", "cost", "leverage")}, info={},
              taker=0.0, maker=0.0, contractSize=None)
STRATEGY = '''
from freqtrade.strategy import IStrategy


class Signals(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1h"
    order_types = {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": False}
    minimal_roi = {"0": 1000.0}
    stoploss = -0.999
    prices = {}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_entry_price(self, pair, trade, current_time, proposed_rate, entry_tag, side, **kwargs):
        return self.prices.get(current_time, proposed_rate)
'''


class PaperExchange(Exchange):
    """Knows one pair."""

    def __init__(self, config):
        self._config = config
        self._ft_has = deepcopy(self._ft_has_default)
        self._leverage_tiers, self._trading_fees = {}, {}
        self.trading_mode, self.margin_mode = TradingMode.SPOT, MarginMode.NONE
        self.required_candle_call_count = 1

    def __del__(self):
        pass

    def close(self):
        pass

    name = property(lambda self: "Paper")
    id = property(lambda self: "paper")
    timeframes = property(lambda self: ["1h"])
    markets = property(lambda self: {PAIR: MARKET})
    precisionMode = property(lambda self: 4)  # steps
    precision_mode_price = property(lambda self: 4)

    def get_fee(self, *_, **__):
        return 0.0

    def validate_required_startup_candles(self, *_, **__):
        return 1

    def get_min_pair_stake_amount(self, *_, **__):
        return 0.01

    def get_max_pair_stake_amount(self, *_, **__):
        return 1e12


def configuration(folder):
    return dict(
        strategy="Signals", strategy_path=folder, timeframe="1h", stake_currency="USDT", stake_amount=1000,
        dry_run=True, dry_run_wallet=1e9, max_open_trades=1, tradable_balance_ratio=0.99, fee=0.0,
        exchange=dict(name="paper", pair_whitelist=[PAIR], pair_blacklist=[], key="", secret=""),
        pairlists=[{"method": "StaticPairList", "allow_inactive": True}], entry_pricing={"price_side": "same"},
        exit_pricing={"price_side": "same"},
        unfilledtimeout=dict(entry=NEVER, exit=NEVER, unit="minutes"), runmode=RunMode.BACKTEST,
        trading_mode=TradingMode.SPOT, margin_mode=MarginMode.NONE, candle_type_def=CandleType.SPOT,
        datadir=pathlib.Path(folder), user_data_dir=pathlib.Path(folder), export="none",
        exportfilename=pathlib.Path(folder) / "none", exportdirectory=pathlib.Path(folder),
        dataformat_ohlcv="feather", position_stacking=False, internals={}, verbosity=0, original_config={},
        initial_state="running", enable_protections=False)


def candle(milliseconds):
    return int((pd.Timestamp(milliseconds, unit="ms", tz="UTC") - START) / HOUR)


def orders_of(trades, count):
    out = []
    for _, trade in trades.iterrows():
        for order in trade["orders"]:
            is_entry = order["ft_is_entry"]
            why = "entry" if is_entry else trade["exit_reason"]
            if why == "force_exit" or order["order_filled_timestamp"] is None:
                continue
            at = trade["open_date"] if is_entry else trade["close_date"]
            filled = candle(order["order_filled_timestamp"])
            out.append([filled, "buy" if is_entry else "sell", float(order["safe_price"]), why,
                        int((at - START) / HOUR)])
    return [order for order in out if order[0] < count]


def play(backtesting, run):
    count = len(run["bars"])
    frame = pd.DataFrame(run["bars"], columns=["open", "high", "low", "close", "volume"], dtype=float)
    frame.insert(0, "date", pd.date_range(START, periods=count, freq="1h"))
    frame["enter_long"] = [int(x) for x in run["entries"]]
    frame["exit_long"] = [int(x) for x in run["exits"]]
    frame["enter_short"] = frame["exit_short"] = 0
    frame["enter_tag"] = frame["exit_tag"] = None
    strategy = backtesting.strategy
    strategy.advise_entry = strategy.advise_exit = lambda dataframe, metadata: dataframe
    strategy.stoploss = -run["sl"] if run["sl"] else -0.999
    strategy.minimal_roi = {0: run["roi"] if run["roi"] else 1000.0}
    strategy.trailing_stop = run["trail"]
    strategy.prices = {(START + (i + 1) * HOUR).to_pydatetime(): price
                       for i, price in enumerate(run["prices"]) if price is not None}
    result = backtesting.backtest(processed={PAIR: frame}, start_date=frame["date"].iloc[0].to_pydatetime(),
                                  end_date=frame["date"].iloc[-1].to_pydatetime())
    return orders_of(result["results"], count)


def main(runs):
    logging.disable(logging.CRITICAL)
    ExchangeResolver.load_exchange = staticmethod(lambda config, **_: PaperExchange(config))
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "signals.py").write_text(STRATEGY)
        backtesting = Backtesting(configuration(folder))
        backtesting._set_strategy(backtesting.strategylist[0])
        return [play(backtesting, run) for run in json.loads(pathlib.Path(runs).read_text())]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
