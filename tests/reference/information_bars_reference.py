# SPDX-License-Identifier: Apache-2.0
"""Reference values for imbalance, run, renko and range bars, computed here trade by trade from the definitions
(M. Lopez de Prado, "Advances in Financial Machine Learning", 2018, section 2.3.2, with what it leaves open settled as
src/market/bar_aggregator.hpp says). Written from the text, not from our C++.

    python tests/reference/information_bars_reference.py tests/reference

writes information_bars.csv there; test_information_bars_reference.py runs this again and compares.
market/bar_aggregator_test.cpp holds our code to the file, to the last bit of every expectation.
"""

import io
import math
import pathlib
import random
import sys

ONE = 10**9
SPAN = 20
NAME = "information_bars.csv"


def make_trades():
    """Prices that wander, with spells in which one side pushes; the aggressor is told in the second half."""
    rng = random.Random(2018)
    ts, price, trades, push = 1_609_459_200 * ONE, 30_000_000, [], 0.0
    for i in range(2000):
        ts += rng.randrange(1, 2 * ONE)
        if rng.random() < 0.01:
            push = rng.choice([-0.4, 0.0, 0.0, 0.4])
        up = rng.random() < 0.5 + push
        if rng.random() < 0.7:
            price += rng.randrange(1, 400) * (1 if up else -1)
        if rng.random() < 0.002:
            price += rng.choice([-1, 1]) * 25_000
        side = ("buy" if up else "sell") if i >= 1000 else ""
        trades.append((ts, price, rng.randrange(1, 5000) * 1000, side))
    return trades


def tick_rule(trades):
    """1, -1, or 0 before the first change; where the aggressor is told, that."""
    last_price, last = None, 0
    for _, price, _, side in trades:
        if last_price is not None and price != last_price:
            last = 1 if price > last_price else -1
        last_price = price
        yield {"buy": 1, "sell": -1, "": last}[side]


def amounts(trades, what):
    for _, price, size, _ in trades:
        yield {"tick": 1, "volume": size, "value": price * size // ONE}[what]


def spans_of_information(trades, what, is_run, step):
    """(first, last) index of each bar."""
    weight = 2.0 / (SPAN * step + 1.0)
    mean = {"signed": 0.0, "buys": 0.0, "sells": 0.0, "size": 0.0}
    begin, buys, sells, expected, threshold = 0, 0, 0, 0.0, None
    for i, (side, amount) in enumerate(zip(tick_rule(trades), amounts(trades, what))):
        buys += amount if side > 0 else 0
        sells += amount if side < 0 else 0
        now = {"buys": float(amount if side > 0 else 0), "sells": float(amount if side < 0 else 0),
               "size": float(amount)}
        now["signed"] = now["buys"] - now["sells"]
        w = max(weight, 1.0 / (i + 1))
        for key in mean:
            mean[key] += w * (now[key] - mean[key])
        held = i - begin + 1
        if threshold is None:
            full = held >= step
        else:
            full = float(max(buys, sells) if is_run else abs(buys - sells)) >= threshold
        if not full:
            continue
        yield begin, i
        if threshold is None:
            expected = float(step)
        else:
            expected += 2.0 / (SPAN + 1.0) * (held - expected)
            expected = min(max(expected, step / 10.0), step * 10.0)
        if is_run:
            threshold = expected * max(mean["buys"], mean["sells"])
        else:
            threshold = max(expected * abs(mean["signed"]), mean["size"] * math.sqrt(expected))
        begin, buys, sells = i + 1, 0, 0


def plain_bar(trades):
    prices = [t[1] for t in trades]
    return trades[0][0], prices[0], max(prices), min(prices), prices[-1], sum(t[2] for t in trades)


def information_bars(trades, what, is_run, step):
    for first, last in spans_of_information(trades, what, is_run, step):
        yield trades[last][0], *plain_bar(trades[first:last + 1])


def range_bars(trades, step):
    held = []
    for trade in trades:
        held.append(trade)
        prices = [t[1] for t in held]
        if max(prices) - min(prices) >= step:
            yield trade[0], *plain_bar(held)
            held = []


def renko_bars(trades, step):
    top = bottom = trades[0][1]
    held = []
    for trade in trades:
        held.append(trade)
        price = trade[1]
        if price >= top + step:
            first, close = top, top + (price - top) // step * step
            top, bottom = close, close - step
        elif price <= bottom - step:
            first, close = bottom, bottom - (bottom - price) // step * step
            bottom, top = close, close + step
        else:
            continue
        prices = [t[1] for t in held]
        high = close if close > first else max(first, *prices)
        low = close if close < first else min(first, *prices)
        yield trade[0], held[0][0], first, high, low, close, sum(t[2] for t in held)
        held = []


def csv_rows():
    trades = make_trades()
    yield "kind,ts,open_ts,open,high,low,close,volume"
    for ts, price, size, side in trades:
        yield f"trade,{ts},{side},{price},,,,{size}"
    series = {f"{step}-{what}-{'run' if is_run else 'imbalance'}": information_bars(trades, what, is_run, step)
              for what in ("tick", "volume", "value") for is_run in (False, True) for step in (30, 100)}
    # names as bar intervals: steps of prices are in units of 1e-9
    series["0.000002-renko"] = renko_bars(trades, 2000)
    series["0.00001-renko"] = renko_bars(trades, 10_000)
    series["0.000003-range"] = range_bars(trades, 3000)
    for name, bars in series.items():
        for bar in bars:
            yield f"{name}," + ",".join(str(value) for value in bar)


def text_of():
    out = io.StringIO()
    for row in csv_rows():
        out.write(row + "\n")
    return out.getvalue()


if __name__ == "__main__":
    (pathlib.Path(sys.argv[1]) / NAME).write_text(text_of())
