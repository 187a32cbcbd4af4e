# SPDX-License-Identifier: Apache-2.0
"""Reference values for what strategies compute from the touch of a book, by numpy from the papers'
formulas.

    python tests/reference/touch_reference.py tests/reference

writes touch.csv there; test_touch_reference.py runs this again and compares. signal/touch_models_test.cpp
holds our code to the file.
"""

import pathlib
import sys

import numpy as np

WINDOW_NS = 1_000_000_000
PARTS = 100  # of an order-flow window
SAMPLES = 10  # of a variance


def quote_cases(random):
    """Avellaneda and Stoikov (2008), section 3.2."""
    n = 60
    middle = random.uniform(1, 70_000, n)
    inventory = random.integers(-12, 13, n).astype(float)
    variance = 10 ** random.uniform(-6, 2, n)
    gamma = 10 ** random.uniform(-4, 1, n)
    kappa = 10 ** random.uniform(-2, 2, n)
    horizon = random.uniform(0, 600, n)
    reservation = middle - inventory * gamma * variance * horizon
    spread = gamma * variance * horizon + 2 / gamma * np.log(1 + gamma / kappa)
    columns = [middle, inventory, variance, gamma, kappa, horizon, reservation, spread]
    return np.column_stack(columns).tolist()


def walk(random, n, gap_ns):
    """A touch that wanders: times in ns, bid, ask in ticks and sizes in lots."""
    ts = np.cumsum(random.integers(0, gap_ns, n)) + 1_700_000_000_000_000_000
    bid = 10_000 + np.cumsum(random.integers(-1, 2, n))
    ask = bid + random.integers(1, 4, n)
    sizes = random.integers(1, 500, (2, n))
    return ts, bid, ask, sizes[0], sizes[1]


def flow_cases(random):
    """Cont, Kukanov and Stoikov (2014), section 2: the sums of e_n over windows of a second."""
    ts, bid, ask, bid_size, ask_size = walk(random, 600, 20_000_000)
    e = np.zeros(len(ts))
    e[1:] = (
        np.where(bid[1:] >= bid[:-1], bid_size[1:], 0)
        - np.where(bid[1:] <= bid[:-1], bid_size[:-1], 0)
        - np.where(ask[1:] <= ask[:-1], ask_size[1:], 0)
        + np.where(ask[1:] >= ask[:-1], ask_size[:-1], 0)
    )
    part = ts // (WINDOW_NS // PARTS)
    rows = []
    for i in range(len(ts)):
        inside = (part > part[i] - PARTS) & (np.arange(len(ts)) <= i)
        depth = np.mean((bid_size[inside] + ask_size[inside]) / 2)
        flow = e[inside].sum()
        state = [ts[i], bid[i], ask[i], bid_size[i], ask_size[i]]
        rows.append([int(x) for x in state] + [float(flow), float(flow / depth)])
    return rows


def variance_cases(random):
    """The mean of squared changes from one whole second to the next."""
    ts, bid, ask, _, _ = walk(random, 500, 900_000_000)
    middle = (bid + ask) / 2
    seconds = (ts - ts[0]) // 1_000_000_000
    rows = []
    for i in range(len(ts)):
        # The middle that ends each second: the first at or after its end, as far as has been seen.
        ends = np.arange(0, seconds[i] + 1)
        at = np.searchsorted(seconds[: i + 1], ends)
        changes = np.diff(middle[at])
        # A gap of several seconds ends them all with one middle: its change is in the last of them.
        if len(changes):
            groups = np.flatnonzero(np.diff(at) == 0)
            for g in groups:
                changes[g], changes[g - 1] = changes[g - 1], 0.0
        value = float(np.mean(np.square(changes[-SAMPLES:]))) if len(changes) >= SAMPLES else None
        rows.append([int(ts[i]), float(middle[i]), value])
    return rows


def text():
    """A line a case: quotes, flow or variance, then the numbers; an empty field is no value yet."""
    random = np.random.default_rng(20080424)
    out = []
    for name, cases in (("quotes", quote_cases), ("flow", flow_cases), ("variance", variance_cases)):
        for row in cases(random):
            out.append(",".join([name, *("" if x is None else repr(x) for x in row)]))
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    (pathlib.Path(sys.argv[1]) / "touch.csv").write_text(text())
