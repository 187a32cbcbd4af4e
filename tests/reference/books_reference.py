# SPDX-License-Identifier: Apache-2.0
"""Reference values for base arithmetic, the portfolio and bar aggregation, from Python's own numbers
(int, fractions.Fraction) and from pandas.

    python tests/reference/books_reference.py tests/reference

writes mul_div.csv, portfolio.csv and bars.csv there; test_books_reference.py runs this again and
compares. The rooms' own tests (base/int128_test.cpp, portfolio/portfolio_test.cpp,
market/bar_aggregator_test.cpp) hold our code to the files.
"""

import io
import pathlib
import random
import sys
from fractions import Fraction

import pandas as pd

ONE = 10**9
INT128_MAX = 2**127 - 1


def half_even(value):
    return round(Fraction(value))  # Fraction.__round__ goes to even


# --- base::mul_div -------------------------------------------------------------------------------


def rounded(value, how):
    whole = int(value)  # toward zero
    rest = value - whole
    if rest == 0 or how == "down":
        return whole
    if how == "up":
        return whole + (1 if value > 0 else -1)
    if how == "floor":
        return value.__floor__()
    if how == "ceil":
        return value.__ceil__()
    return half_even(value)


def mul_div_rows():
    rng = random.Random(20260101)
    yield "a,b,c,rounding,result"
    for _ in range(600):
        a, b, c = (rng.randrange(-(2**rng.randrange(1, 128)), 2**rng.randrange(1, 128))
                   for _ in range(3))
        if rng.random() < 0.2:  # quotients with a half
            c = rng.choice([2, 4, -2, 10**9 * 2])
            a, b = rng.randrange(-10**20, 10**20), rng.randrange(-99, 99)
        how = rng.choice(["down", "up", "floor", "ceil", "half_even"])
        result = "none"
        if c != 0:
            exact = rounded(Fraction(a * b, c), how)
            if -INT128_MAX - 1 <= exact <= INT128_MAX:
                result = str(exact)
        yield f"{a},{b},{c},{how},{result}"


# --- portfolio -----------------------------------------------------------------------------------


class Held:
    def __init__(self):
        self.qty = 0  # raw, 1e-9
        self.cost = Fraction(0)  # 1e-18, exact: never rounded
        self.realised = Fraction(0)


class Book:
    """Average cost by the textbook, in fractions, one currency. Spot keeps the value of what it holds;
    a derivative keeps its open profit."""

    def __init__(self, strategies, multiplier, derivative):
        self.held = [Held() for _ in range(strategies)]
        self.multiplier = multiplier
        self.derivative = derivative
        self.cash = Fraction(0)
        self.mark = None

    def fill(self, strategy, side, qty, price, fee):
        held = self.held[strategy]
        sign = 1 if side == "buy" else -1
        closed = 0
        if held.qty * sign < 0:
            closed = min(abs(held.qty), qty)
        taken = held.cost * Fraction(closed, abs(held.qty)) if closed else Fraction(0)
        realised = -Fraction(sign * closed * price * self.multiplier) - taken
        opened = Fraction(sign * (qty - closed) * price * self.multiplier)
        self.move(held, sign * qty, opened - taken, realised if closed else Fraction(0))
        self.cash -= fee
        if self.mark is None:
            self.mark = price

    def move(self, held, qty, cost, realised):
        held.qty += qty
        held.cost += cost
        held.realised += realised
        self.cash += realised - (0 if self.derivative else cost)

    def split(self, new, old, lot):
        self.mark = half_even(Fraction(self.mark * old, new))
        for held in self.held:
            exact = Fraction(held.qty * new, old)
            kept = int(exact / lot) * lot
            rest = exact - kept
            if exact == 0:
                continue
            taken = held.cost * rest / exact
            self.move(held, kept - held.qty, -taken, rest * self.mark * self.multiplier - taken)

    def pay(self, amount_per_unit):
        for held in self.held:
            self.cash += held.qty * amount_per_unit * self.multiplier

    def equity(self):
        total = self.cash
        for held in self.held:
            total += held.qty * (self.mark or 0) * self.multiplier
            if self.derivative:
                total -= held.cost
        return total


SPLITS = [(2, 1), (3, 2), (1, 7), (7, 1), (1, 20), (3, 1), (10, 3)]


def portfolio_rows():
    rng = random.Random(7)
    yield "op,strategy,side,qty,price,fee,new,old,own_qty,own_cost,own_realised,cash,equity"
    for name, multiplier, derivative, lot in [("share", 1, False, ONE), ("coin", 1, False, 10),
                                              ("future", 50, True, ONE)]:
        for _ in range(6):
            book = Book(3, multiplier, derivative)
            book.cash += 1_000_000 * ONE * ONE
            price = rng.randrange(ONE, 900 * ONE)
            yield f"{name},,,,,,,,,,,,"
            for _ in range(60):
                op = rng.choices(["fill", "mark", "split", "pay"], [10, 6, 1, 1])[0]
                s, side = rng.randrange(3), rng.choice(["buy", "sell"])
                qty = rng.randrange(1, 400) * (lot if lot == ONE else rng.randrange(1, 10**7) * lot)
                price = max(ONE // 100, price + rng.randrange(-5 * ONE, 5 * ONE))
                fee = rng.randrange(0, 5 * ONE) * ONE
                new, old = rng.choice(SPLITS)
                if op == "fill":
                    book.fill(s, side, qty, price, fee)
                elif book.mark is None or (op == "split" and derivative):
                    continue
                elif op == "mark":
                    book.mark = price
                elif op == "split":
                    book.split(new, old, lot)
                    price = book.mark
                else:
                    price = rng.randrange(1, ONE)
                    book.pay(price)
                own = book.held[s]
                numbers = [own.cost, own.realised, book.cash, book.equity()]
                exact = ",".join(str(half_even(n)) for n in numbers)
                yield f"{op},{s},{side},{qty},{price},{fee},{new},{old},{own.qty},{exact}"
                if op == "pay":
                    price = book.mark


# --- bars ----------------------------------------------------------------------------------------


def resampled(frame, rule):
    bars = frame["price"].resample(rule, label="left", closed="left", origin="epoch").ohlc()
    bars["volume"] = frame["size"].resample(rule, label="left", closed="left", origin="epoch").sum()
    return bars.dropna()


def bar_rows():
    rng = random.Random(11)
    ts, price, ticks = 1_609_459_200 * ONE, 30_000 * 100, []
    for _ in range(3000):
        ts += int(rng.expovariate(1 / 60.0) * ONE) * (200 if rng.random() < 0.005 else 1)
        price += rng.randrange(-500, 501)
        ticks.append((ts, price, rng.randrange(1, 5000)))
    yield "kind,ts,open,high,low,close,volume"
    for t, p, q in ticks:
        yield f"trade,{t},{p},,,,{q}"
    frame = pd.DataFrame({"price": [p for _, p, _ in ticks], "size": [q for _, _, q in ticks]},
                         index=pd.to_datetime([t for t, _, _ in ticks]))
    for rule in ["1min", "5min", "15min", "1h", "4h", "1D"]:
        for at, bar in resampled(frame, rule).iterrows():
            values = ",".join(str(int(v)) for v in bar)
            yield f"{rule},{at.value},{values}"


FILES = {"mul_div.csv": mul_div_rows, "portfolio.csv": portfolio_rows, "bars.csv": bar_rows}


def text_of(name):
    out = io.StringIO()
    for row in FILES[name]():
        out.write(row + "\n")
    return out.getvalue()


if __name__ == "__main__":
    for name in FILES:
        (pathlib.Path(sys.argv[1]) / name).write_text(text_of(name))
