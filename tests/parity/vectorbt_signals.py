# SPDX-License-Identifier: Apache-2.0
"""Plays signals with stops through vectorbt's Portfolio.from_signals.

    vectorbt_signals.py RUNS      a JSON list of runs; prints a list of their orders: [bar, side, size, price]

A run: bars [open, high, low, close, volume], entries and exits (a truth value a bar), direction longonly or
shortonly, sl, tp (shares of the entry price, or null), trail, size, slippage. Runs in the virtual environment of
tests/requirements-peers.txt.
"""
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import vectorbt as vbt


def play(run):
    frame = pd.DataFrame(run["bars"], columns=["open", "high", "low", "close", "volume"], dtype=float)
    portfolio = vbt.Portfolio.from_signals(
        frame["close"], np.array(run["entries"]), np.array(run["exits"]), open=frame["open"],
        high=frame["high"], low=frame["low"], direction=run["direction"], size=run["size"],
        sl_stop=run["sl"], tp_stop=run["tp"], sl_trail=run["trail"], slippage=run["slippage"],
        init_cash=1e9)
    return [[int(record["idx"]), "sell" if record["side"] else "buy", float(record["size"]),
             float(record["price"])] for record in portfolio.orders.records.to_dict("records")]


if __name__ == "__main__":
    print(json.dumps([play(run) for run in json.loads(pathlib.Path(sys.argv[1]).read_text())]))
