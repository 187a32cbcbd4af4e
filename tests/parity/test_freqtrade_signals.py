# SPDX-License-Identifier: Apache-2.0
"""Fill mode freqtrade against freqtrade's backtesting: the same random signals, entries at custom prices, stops,
targets and trails; the same candles, the same prices."""
import json
import math
import os
import pathlib
import random
import subprocess

import pytest
from scenarios import FIELDS, all_scenarios

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORLD = pathlib.Path(os.environ.get("PARITY_WORLD", ROOT / "build" / "release" / "tests" / "parity_world"))
PYTHON = pathlib.Path(os.environ.get("FREQTRADE_PYTHON", ROOT / "build" / "venv-freqtrade" / "bin" / "python"))
CANDLES = 300
SEEDS = 6
SHARE = 0.04  # of multiples of 1/4: whole cents

pytestmark = [pytest.mark.skipif(not WORLD.exists(), reason=f"{WORLD} is not built"),
              pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is not installed")]


def quarters(price):
    return round(price * 4) / 4


def random_candles(rng, gaps):
    bars, last = [], 100.0
    for _ in range(CANDLES):
        opens = max(40.0, quarters(last + rng.choice([0, 0, rng.uniform(-5, 5)]))) if gaps else last
        closes = max(40.0, quarters(opens + rng.uniform(-2, 2)))
        bars.append((opens, max(opens, closes) + quarters(rng.uniform(0, 2)),
                     min(opens, closes) - quarters(rng.uniform(0, 2)), closes, 1000))
        last = closes
    return bars


def random_run(seed, what):
    rng = random.Random(f"{seed} {what}")
    draw = [rng.choices(["entry", "exit", ""], weights=[3, 1, 4])[0] for _ in range(CANDLES)]
    bars = random_candles(rng, "gaps" in what)
    # An exit signal there counts before the entry is filled; so no signals where entries wait. Below the close, so that the stop and the target can be told before it fills.
    prices = [quarters(bar[3] - rng.uniform(0, 2)) if "priced" in what else None for bar in bars]
    return dict(bars=bars, entries=[d == "entry" for d in draw],
                exits=[d == "exit" and "signals" in what for d in draw], prices=prices,
                sl=SHARE if "stop" in what or "trail" in what else None,
                roi=SHARE if "target" in what else None, trail="trail" in what)


KINDS = ["signals", "stop target", "gaps stop target", "gaps stop target signals", "priced stop target",
         "trail", "gaps trail target", "trail signals", "priced trail"]
RUNS = {f"{what} {seed}": random_run(seed, what) for what in KINDS for seed in range(SEEDS)}


def of_scenario(scenario):
    """Its entry with what protects it, as signals; None where they cannot say it."""
    rows = scenario.rows
    entry, rest = rows[0], rows[1:]
    plain = entry["side"] == "buy" and entry["type"] in ("market", "limit") and not entry["tif"]
    if not plain or not all(r["action"] == "submit" and r["side"] == "sell" for r in rest):
        return None
    if any(r["type"] not in ("stop_market", "stop_limit", "limit") for r in rest):
        return None
    count = len(scenario.bars)
    price = entry["limit"] or scenario.bars[entry["after"] + 1][0]
    share = {r["type"].split("_")[0]: abs((r["trigger"] or r["limit"]) / price - 1) for r in rest}
    signal = [i == entry["after"] for i in range(count)]
    return dict(bars=scenario.bars, entries=signal, exits=[False] * count,
                prices=[entry["limit"] or None if s else None for s in signal],
                sl=share.get("stop"), roi=share.get("limit"), trail=False)


# The end of the data closes what is open there, and the last candle is not entered.
AT_THE_END = {"gap_through_a_limit_in_our_favour", "limit_traded_through_by_one_tick",
              "limit_entry_whose_stop_lies_further_on_the_same_way"}
# Ours, in every mode: a price off the tick is refused; and a stop that is sent late lives from then on.
NOT_THERE = {"stop_price_off_the_tick", "stop_sent_where_the_market_is_already_beyond_it"}
SCENARIOS = {s.name: s for s in all_scenarios() if s.is_plain and "freqtrade" in s.expected
             and s.name not in AT_THE_END | NOT_THERE and of_scenario(s)}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """All runs in one process: importing the package takes longer than playing them."""
    runs = list(RUNS.values()) + [of_scenario(s) for s in SCENARIOS.values()]
    file = tmp_path_factory.mktemp("freqtrade") / "runs.json"
    file.write_text(json.dumps(runs))
    done = subprocess.run([PYTHON, ROOT / "tests" / "parity" / "freqtrade_signals.py", file],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip([*RUNS, *SCENARIOS], json.loads(done.stdout), strict=True))


def rows_of(run, orders):
    """The orders that a strategy with these signals sends: an entry with its stop and target, and the exits."""
    rows = []

    def add(after, **fields):
        row = dict.fromkeys(FIELDS, "")
        row.update(after=after, action="submit", id=1 + sum(r["action"] == "submit" for r in rows), qty=10, **fields)
        rows.append(row)
        return row

    def enter(made, price):
        custom = run["prices"][made - 1]
        entry = add(made - 1, side="buy", type="limit" if custom else "market", limit=custom or "")
        entry.update(list=entry["id"], contingency="oto")
        links = dict(side="sell", parent=entry["id"], list=entry["id"], contingency="oco")
        children = []
        if run["trail"]:
            children.append(add(made - 1, type="trailing_stop_market", trail=run["sl"] * 10_000, trail_unit="bps", **links))
        elif run["sl"]:
            trigger = math.ceil(round(price * (1 - run["sl"]) * 100, 6)) / 100
            children.append(add(made - 1, type="stop_market", trigger=trigger, **links))
        if run["roi"]:
            children.append(add(made - 1, type="limit", limit=round(price * (1 + run["roi"]), 2), **links))
        return children

    for i, (filled, side, price, _, made) in enumerate(orders):
        if side != "buy":
            continue
        children = enter(made, price)
        closed = orders[i + 1][0] if i + 1 < len(orders) else len(run["bars"])
        for bar in range(filled, min(closed, len(run["bars"]) - 1)):
            if run["exits"][bar]:
                for child in children:
                    cancel = dict.fromkeys(FIELDS, "")
                    cancel.update(after=bar, action="cancel", id=child["id"])
                    rows.append(cancel)
                add(bar, side="sell", type="market")
                break
    return rows


def ours(tmp_path, run, rows):
    (tmp_path / "bars").write_text("".join(",".join(map(str, bar)) + "\n" for bar in run["bars"]))
    (tmp_path / "orders").write_text(
        "".join(",".join(str(row[field]) for field in FIELDS) + "\n" for row in rows))
    text = subprocess.run([WORLD, tmp_path / "bars", tmp_path / "orders", "mode=freqtrade", "cash=1000000000", "tick=0.01"],
                          capture_output=True, text=True, check=True).stdout
    side = {str(row["id"]): row["side"] for row in rows if row["action"] == "submit"}
    lines = [line.split(",") for line in text.splitlines()]
    return [(int(bar), side[order], float(price)) for bar, order, kind, _, price, _ in lines if kind == "filled"]


@pytest.mark.parametrize("name", RUNS)
def test_random_signals(tmp_path, theirs, name):
    orders = theirs[name]
    assert sum(side == "sell" for _, side, *_ in orders) > 2
    fills = ours(tmp_path, RUNS[name], rows_of(RUNS[name], orders))
    # The run ends there with an exit of what is open, and does not enter on the last candle.
    fills = [fill for fill in fills if fill[0] < CANDLES - 1]
    assert fills == [(bar, side, pytest.approx(price)) for bar, side, price, *_ in orders if bar < CANDLES - 1]


@pytest.mark.parametrize("name", SCENARIOS)
def test_conformance_scenarios(theirs, name):
    fills = [(bar, price) for bar, _, kind, _, price in SCENARIOS[name].answers("freqtrade") if kind == "fill"]
    assert fills == [(bar, pytest.approx(price)) for bar, _, price, *_ in theirs[name]]
