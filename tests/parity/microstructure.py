# SPDX-License-Identifier: Apache-2.0
"""What ticks and books tell of a bar, once more: by numpy and pandas over whole columns, from the recorded files themselves.

Whole numbers of 1e-9 are kept whole (int64, or Python's where products do not fit), so that nothing is lost in sums."""
import bisect
import gzip
import os
import pathlib
from decimal import Decimal

import numpy as np
import pandas as pd

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", ROOT.parent / "shared" / "data"))
LEVELS = 10
SILENCE = 300 * 10**9
REALISED = 5 * 10**9
UNIT = 10**9


def read(path):
    with gzip.open(DATA / path, "rt") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def units(column):
    return np.array([int(Decimal(x) * UNIT) if x else 0 for x in column], dtype=np.int64)


class Trades:
    def __init__(self, ts, price, size, side):
        self.ts, self.price, self.size, self.side = ts, price, size, side  # side: 1 buyer, -1 seller, 0 not told

    @staticmethod
    def load(path):
        table = read(path)
        side = table["side"].map({"buy": 1, "sell": -1}).fillna(0).to_numpy(int)
        return Trades(table["ts"].to_numpy(np.int64), units(table["price"]), units(table["size"]), side)


class States:
    """States of a touch or a book, each from its instant on. `shown`: it can be used; `lost`: nothing is known from here on."""

    def __init__(self, ts, prices, sizes, shown, lost):
        # prices, sizes: [state][side][level], bids first; an absent level has size 0 and the worst price
        self.ts, self.prices, self.sizes, self.shown, self.lost = ts, prices, sizes, shown, lost

    def touch(self):
        return States(self.ts, self.prices[:, :, :1], self.sizes[:, :, :1], self.shown, self.lost)

    @staticmethod
    def quotes(path):
        table = read(path)
        columns = [units(table[name]) for name in ("bid", "ask", "bid_size", "ask_size")]
        prices = np.stack(columns[:2], axis=1)[:, :, None]
        return States(table["ts"].to_numpy(np.int64), prices, np.stack(columns[2:], axis=1)[:, :, None],
                      columns[0] <= columns[1], np.zeros(len(table), bool))


class Side:
    """Sizes by price, the best first by `sign`."""

    def __init__(self, sign):
        self.sign, self.sizes, self.keys = sign, {}, []

    def set(self, price, size):
        if price in self.sizes:
            if size:
                self.sizes[price] = size
            else:
                del self.sizes[price]
                self.keys.pop(bisect.bisect_left(self.keys, self.sign * price))
        elif size:
            self.sizes[price] = size
            bisect.insort(self.keys, self.sign * price)

    def best(self):
        prices = [self.sign * key for key in self.keys[:LEVELS]]
        worst = np.iinfo(np.int64).max * self.sign
        pad = LEVELS - len(prices)
        return prices + [worst] * pad, [self.sizes[p] for p in prices] + [0] * pad


class Recorder:
    def __init__(self):
        self.rows = []

    def state(self, ts, bids, asks):
        (bp, bs), (ap, as_) = bids.best(), asks.best()
        shown = bs[0] > 0 and as_[0] > 0 and bp[0] < ap[0]
        self.rows.append((ts, (bp, ap), (bs, as_), shown, False))

    def lose(self, ts):
        empty = ([0] * LEVELS,) * 2
        self.rows.append((ts, empty, empty, False, True))

    def states(self):
        ts, prices, sizes, shown, lost = zip(*self.rows)
        return States(np.array(ts, np.int64), np.array(prices, np.int64), np.array(sizes, np.int64), np.array(shown), np.array(lost))


def level_book(path, futures):
    """The rules of Binance's manual: wait for the snapshot, drop what it holds, then one message after the other."""
    table = read(path)
    ts, kind = table["ts"].to_numpy(np.int64), table["type"].to_numpy()
    first, last = (table[c].replace("", "0").to_numpy(np.int64) for c in ("first_update_id", "last_update_id"))
    previous = table["prev_update_id"].replace("", "0").to_numpy(np.int64) if futures else first - 1
    price, size = units(table["price"]), units(table["size"])
    is_bid = (table["side"] == "bid").to_numpy()
    starts = np.flatnonzero(np.r_[True, (kind[1:] != kind[:-1]) | (last[1:] != last[:-1])])
    ends = np.r_[starts[1:], len(table)]
    out, book, at, fresh, waiting = Recorder(), None, 0, False, []

    def put(a, b):
        for i in range(a, b):
            book[not is_bid[i]].set(int(price[i]), int(size[i]))

    for a, b in zip(starts, ends):
        if kind[a] == "snapshot":
            out.lose(ts[a])
            book = (Side(-1), Side(1))
            put(a, b)
            at, fresh = last[a], True
            for c, d in waiting:
                if last[c] > at:
                    assert previous[c] <= at if fresh else previous[c] == at
                    put(c, d)
                    at, fresh = last[c], False
            waiting = []
        elif book is None:
            waiting.append((a, b))
            out.lose(ts[a])
            continue
        elif last[a] > at:
            if not (previous[a] <= at if fresh else previous[a] == at):
                book, waiting = None, [(a, b)]
                out.lose(ts[a])
                continue
            put(a, b)
            at, fresh = last[a], False
        out.state(ts[b - 1], *book)
    return out.states()


def order_book(path):
    """Orders of a full book and its prints."""
    table = read(path)
    ts, action, side = table["ts"].to_numpy(np.int64), table["action"].to_numpy(), table["side"].to_numpy()
    price, size, flags = units(table["price"]), units(table["size"]), table["flags"].to_numpy(int)
    ids = table["order_id"].to_numpy()
    out, orders, sides, prints = Recorder(), {}, (Side(-1), Side(1)), []

    def add(which, p, change):
        sides[which].set(p, sides[which].sizes.get(p, 0) + change)

    in_snapshot = False
    for i in range(len(table)):
        is_snapshot, is_last = bool(flags[i] & 32), bool(flags[i] & 128)
        if is_snapshot and not in_snapshot:
            orders, sides = {}, (Side(-1), Side(1))
        in_snapshot = is_snapshot and not is_last
        p, s, which = int(price[i]), int(size[i]), side[i] != "bid"
        if action[i] == "R":
            orders, sides = {}, (Side(-1), Side(1))
        elif action[i] == "A":
            orders[ids[i]] = (which, p, s)
            add(which, p, s)
        elif action[i] == "M":
            which, before, old = orders[ids[i]]
            add(which, before, -old)
            orders[ids[i]] = (which, p, s)
            add(which, p, s)
        elif action[i] == "C":
            which, before, old = orders[ids[i]]
            taken = s or old
            add(which, before, -taken)
            if taken == old:
                del orders[ids[i]]
            else:
                orders[ids[i]] = (which, before, old - taken)
        elif action[i] == "T":
            prints.append((ts[i], p, s, 1 if side[i] != "ask" else -1, len(out.rows)))
        if is_snapshot or action[i] == "R":
            out.lose(ts[i])
        if is_last:
            out.state(ts[i], *sides)
    tape = Trades(*(np.array(c, np.int64) for c in list(zip(*prints))[:4]))
    return out.states(), tape, np.array([p[4] for p in prints])


# --- bars and what belongs to them -----------------------------------------------------------------


def bars_of(trades, step, within=None):
    """[open, close) of the spans in which something traded and behind which something did."""
    ts = trades.ts if within is None else trades.ts[(trades.ts >= within[0]) & (trades.ts < within[1])]
    spans = np.unique(ts // step)[:-1]
    return spans * step, (spans + 1) * step


class Bars:
    def __init__(self, opens, closes):
        self.opens, self.closes = opens, closes

    def of(self, ts):
        """The bar of each instant, -1 where there is none."""
        at = np.searchsorted(self.opens, ts, side="right") - 1
        return np.where((at >= 0) & (ts < self.closes[np.maximum(at, 0)]), at, -1)

    def sums(self, ts, values):
        out = np.zeros(len(self.opens), object)
        at = self.of(ts)
        np.add.at(out, at[at >= 0], values[at >= 0])
        return out

    def alive(self, ts):
        """Whether a series with rows at these instants still speaks at the close."""
        before = np.searchsorted(ts, self.closes, side="left") - 1
        last = ts[np.maximum(before, 0)]
        return (before >= 0) & ((last >= self.opens) | (self.closes - last <= SILENCE))

    def state(self, ts):
        """The last one before the close."""
        return np.searchsorted(ts, self.closes, side="left") - 1


def floats(values, scale=UNIT):
    return np.array([float(v) / scale for v in values])


def blank(values, keep):
    return np.where(keep, np.asarray(values, float), np.nan)


def flows(states, levels):
    """Order flow of the first levels into each state, and whether it is known: 0 into one that begins anew."""
    usable = np.flatnonzero(states.shown | states.lost)  # what is crossed is passed over
    flow = np.zeros(len(states.ts), np.int64)
    before, now = usable[:-1], usable[1:]
    both = ~states.lost[before] & ~states.lost[now]
    before, now = before[both], now[both]
    for side, sign in ((0, 1), (1, -1)):
        p, q = states.prices[before, side, :levels], states.prices[now, side, :levels]
        a, b = states.sizes[before, side, :levels], states.sizes[now, side, :levels]
        came = np.where(sign * q >= sign * p, b, 0) - np.where(sign * q <= sign * p, a, 0)
        flow[now] += sign * came.sum(axis=1)
    return flow


def unbroken(bars, states):
    """Bars through which nothing was lost."""
    out = np.ones(len(bars.opens), bool)
    lost_in = bars.of(states.ts[states.lost])
    out[lost_in[lost_in >= 0]] = False
    at_open = np.searchsorted(states.ts, bars.opens, side="left") - 1
    return out & ~((at_open >= 0) & states.lost[np.maximum(at_open, 0)]) & ((at_open >= 0) | ~states.lost[0])


def touch_fields(bars, states):
    states = states.touch()
    at = bars.state(states.ts)
    known = bars.alive(states.ts) & (at >= 0) & states.shown[np.maximum(at, 0)]
    bid, ask = states.prices[at, 0, 0], states.prices[at, 1, 0]
    bid_size, ask_size = states.sizes[at, 0, 0], states.sizes[at, 1, 0]
    alive = bars.alive(states.ts)
    out = {"bid": blank(bid / UNIT, known), "ask": blank(ask / UNIT, known),
           "bid_size": blank(bid_size / UNIT, known), "ask_size": blank(ask_size / UNIT, known)}
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = [(int(a) * int(y) + int(b) * int(x)) / (int(x) + int(y)) / UNIT if x + y else np.nan
                  for a, b, x, y in zip(bid, ask, bid_size, ask_size)]
    out["microprice"] = blank(middle, known)
    out["order_flow"] = blank(floats(bars.sums(states.ts, flows(states, 1))), alive & unbroken(bars, states))
    out["touch_changes"] = blank(changes(bars, states), alive)
    out["mean_spread"] = mean_spread(bars, states, alive)
    return out


def changes(bars, states):
    usable = np.flatnonzero(states.shown | states.lost)
    same = np.zeros(len(states.ts), bool)
    before, now = usable[:-1], usable[1:]
    same[now] = (~states.lost[before] & ~states.lost[now] & (states.prices[before] == states.prices[now]).all(axis=(1, 2))
                 & (states.sizes[before] == states.sizes[now]).all(axis=(1, 2)))
    return bars.sums(states.ts, (states.shown & ~same).astype(int)).astype(float)


def mean_spread(bars, states, alive):
    spread = (states.prices[:, 1, 0] - states.prices[:, 0, 0]) / UNIT
    ends = np.r_[states.ts[1:], np.iinfo(np.int64).max]
    ends = np.minimum(ends, states.ts + SILENCE)
    out = np.full(len(bars.opens), np.nan)
    for i, (a, b) in enumerate(zip(bars.opens, bars.closes)):
        lo, hi = max(0, np.searchsorted(states.ts, a, side="right") - 1), np.searchsorted(states.ts, b, side="left")
        some = slice(lo, hi)
        weight = np.where(states.shown[some], np.minimum(ends[some], b) - np.maximum(states.ts[some], a), 0).clip(min=0)
        if alive[i] and weight.sum() > 0:
            out[i] = (spread[some] * weight).sum() / weight.sum()
    return out


def touch_at(states, ts, side):
    """(twice the middle, known) of the last state at or before each instant: before it with side `left`."""
    at = np.searchsorted(states.ts, ts, side=side) - 1
    safe = np.maximum(at, 0)
    known = (at >= 0) & states.shown[safe] & (ts - states.ts[safe] <= SILENCE)
    return states.prices[safe, 0, 0] + states.prices[safe, 1, 0], known


def directions(trades, twice, known):
    """Lee and Ready's, where the aggressor is not told."""
    change = np.sign(np.diff(trades.price, prepend=trades.price[:1]))
    last = pd.Series(np.where(change == 0, np.nan, change)).ffill().fillna(0).to_numpy(int)
    by_middle = np.sign(2 * trades.price - twice)
    guessed = np.where(known & (by_middle != 0), by_middle, last)
    return np.where(trades.side != 0, trades.side, guessed)


def trade_fields(bars, trades, states, touch_first, before=None):
    """`touch_first`: of one instant the touch comes before the trade. `before`: which states came before each trade."""
    alive = bars.alive(trades.ts)
    if before is None:
        twice, known = touch_at(states, trades.ts, "right" if touch_first else "left")
    else:
        at = np.maximum(before - 1, 0)
        known = (before > 0) & states.shown[at] & (trades.ts - states.ts[at] <= SILENCE)
        twice = states.prices[at, 0, 0] + states.prices[at, 1, 0]
    side = directions(trades, twice, known)
    size = trades.size.astype(object)
    total = lambda mask: bars.sums(trades.ts, np.where(mask, size, 0))
    count = lambda mask: bars.sums(trades.ts, mask.astype(int)).astype(float)
    out = {"trades": count(side == side), "buy_trades": count(side > 0), "sell_trades": count(side < 0),
           "trade_volume": floats(total(side == side)), "buy_volume": floats(total(side > 0)),
           "sell_volume": floats(total(side < 0)),
           "trade_value": floats(bars.sums(trades.ts, trades.price.astype(object) * size), UNIT * UNIT)}
    large, tells = large_trades(trades.size)
    untold = bars.sums(trades.ts, (~tells).astype(int)).astype(int) > 0
    out["large_volume"] = blank(floats(total(large)), ~untold)
    paid = side.astype(object) * (2 * trades.price - twice).astype(object)
    out["effective_spread"] = ratio(bars.sums(trades.ts, np.where(known, paid * size, 0)), total(known & (side != 0)))
    due = trades.ts + REALISED
    twice_due, known_due = touch_at(states, due, "right")
    came_back = side.astype(object) * (2 * trades.price - twice_due).astype(object)
    # realised once an instant behind its due one has come: what falls on a close is the next bar's
    counts = known_due & (side != 0)
    out["realised_spread"] = ratio(bars.sums(due, np.where(counts, came_back * size, 0)),
                                   bars.sums(due, np.where(counts, size, 0)))
    return {name: blank(values, alive) for name, values in out.items()}


def ratio(sums, sizes):
    return np.array([float(a) / float(b) / UNIT if b else np.nan for a, b in zip(sums, sizes)])


def large_trades(size):
    """Five times the mean of the thousand before; not known before a hundred."""
    total = np.r_[0, np.cumsum(size.astype(object))]
    seen = np.arange(len(size))
    count = np.minimum(seen, 1000)
    mean_sum = total[seen] - total[seen - count]
    tells = seen >= 100
    return tells & (size.astype(object) * count >= 5 * mean_sum).astype(bool), tells


def depth_fields(bars, states):
    alive, at = bars.alive(states.ts), bars.state(states.ts)
    safe = np.maximum(at, 0)
    known = alive & (at >= 0) & states.shown[safe]
    whole = alive & unbroken(bars, states)
    out = {}
    middle = (states.prices[safe, 0, 0].astype(object) + states.prices[safe, 1, 0].astype(object))
    for side, name in ((0, "bid"), (1, "ask")):
        sizes = states.sizes[safe, side]
        out[f"{name}_depth_5"] = blank(sizes[:, :5].sum(axis=1) / UNIT, known)
        out[f"{name}_depth_10"] = blank(sizes.sum(axis=1) / UNIT, known)
        slopes = []
        for row in range(len(safe)):
            there = sizes[row] > 0
            away = np.array([abs(2 * int(p) - middle[row]) / 2 / UNIT for p in states.prices[safe[row], side][there]])
            slopes.append((away * np.cumsum(sizes[row][there]) / UNIT).sum() / (away * away).sum() if there.any() else np.nan)
        out[f"{name}_slope"] = blank(slopes, known)
    for levels in (5, 10):
        out[f"order_flow_{levels}"] = blank(floats(bars.sums(states.ts, flows(states, levels))), whole)
    return out


# --- functions of what bars tell -------------------------------------------------------------------


def vpin_of_equal_buckets(buys, sells, buckets, size):
    """By the cumulative imbalance at the volumes at which buckets end, linear within a row."""
    volume = np.r_[0, np.cumsum(buys + sells)]
    imbalance = np.r_[0, np.cumsum(buys - sells)]
    full = np.floor(volume * (1 + 1e-13) / size).astype(int)
    edges = np.interp(np.arange(full[-1] + 1) * size, volume, imbalance)
    sides = np.abs(np.diff(edges))
    out = np.full(len(buys), np.nan)
    for row in range(buckets, len(buys)):
        some = sides[max(0, full[row + 1] - buckets):full[row + 1]]
        out[row] = some.sum() / (len(some) * size) if len(some) else np.nan
    return out


def vpin_of_mean_buckets(buys, sells, buckets, rows):
    """Bucket by bucket, each of the mean volume of the rows up to the one in which it is begun."""
    done, out, size, filled, imbalance = [], np.full(len(buys), np.nan), None, 0.0, 0.0
    for row, (bought, sold) in enumerate(zip(buys, sells)):
        left = bought + sold
        rate = (bought - sold) / left if left else 0.0
        while left > 0:
            if size is None:
                size, filled, imbalance = (buys + sells)[max(0, row - rows + 1):row + 1].mean(), 0.0, 0.0
            part = min(left, size - filled)
            filled, imbalance, left = filled + part, imbalance + rate * part, left - part
            if left > 0 or np.isclose(filled, size, rtol=1e-13, atol=0):
                done.append((abs(imbalance), size))
                size = None
        if row >= buckets:
            some = np.array(done[-buckets:])
            out[row] = some[:, 0].sum() / some[:, 1].sum()
    return out


def bulk_volume(close, volume, rows):
    """Easley, Lopez de Prado and O'Hara's classification."""
    from scipy.stats import norm

    change = pd.Series(close).diff()
    deviation = np.r_[np.full(rows, np.nan), [np.std(change[i - rows + 1:i + 1], ddof=1) for i in range(rows, len(close))]]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(deviation > 0, norm.cdf(change / deviation), np.where(change > 0, 1.0, np.where(change < 0, 0.0, 0.5)))
    bought = np.where(np.isnan(deviation), np.nan, volume * share)
    return bought, volume - bought


def stoikov_adjustment(bars, states, tick, parts=11, spreads=3):
    """G* as the paper has it, on all states: transitions without and with a move of the middle apart, and the sum of B^i G1."""
    states = states.touch()
    usable = np.flatnonzero(states.shown | states.lost)
    before, now = usable[:-1], usable[1:]
    moved = ((states.prices[before] != states.prices[now]) | (states.sizes[before] != states.sizes[now])).any(axis=(1, 2))
    both = ~states.lost[before] & ~states.lost[now] & moved
    before, now = before[both], now[both]
    bid, ask = states.prices[:, 0, 0], states.prices[:, 1, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.minimum(parts * states.sizes[:, 0, 0] // (states.sizes[:, 0, 0] + states.sizes[:, 1, 0]), parts - 1)
    wide = np.clip(np.rint((ask - bid) / tick), 1, spreads).astype(int) - 1
    state, mirror = wide * parts + part, wide * parts + parts - 1 - part
    move = (bid[now] + ask[now] - bid[before] - ask[before]) / 2 / UNIT
    count = parts * spreads
    still, went, drift = np.zeros((count, count)), np.zeros((count, count)), np.zeros(count)
    at, out, done = bars.state(states.ts), np.full(len(bars.opens), np.nan), 0
    ends = np.searchsorted(states.ts[now], bars.closes, side="left")
    for bar, end in enumerate(ends):
        some = slice(done, end)
        for a, b, sign in ((state[before[some]], state[now[some]], 1), (mirror[before[some]], mirror[now[some]], -1)):
            np.add.at(went, (a, b), move[some] != 0)
            np.add.at(still, (a, b), move[some] == 0)
            np.add.at(drift, a, sign * move[some])
        done = end
        left = (still + went).sum(axis=1)
        scale = np.where(left > 0, 1 / np.maximum(left, 1), 0)
        here = state[at[bar]]
        if end < 1000 or at[bar] < 0 or (left[here] == 0 and part[at[bar]] != parts // 2):
            continue
        q, t, r = still * scale[:, None], went * scale[:, None], drift * scale
        first = np.linalg.solve(np.eye(count) - q, np.column_stack([r, t]))
        term, total = first[:, 0], first[:, 0].copy()
        while np.abs(term).max() > 1e-15:
            term = first[:, 1:] @ term
            term = (term - term.reshape(spreads, parts)[:, ::-1].ravel()) / 2  # what is not opposite is rounding
            total += term
        out[bar] = total[here]
    return out
