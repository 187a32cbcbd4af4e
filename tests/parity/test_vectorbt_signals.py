# SPDX-License-Identifier: Apache-2.0
"""Fill mode vectorbt against vectorbt: the same random signals with stops and targets, the same orders."""
import json
import os
import pathlib
import random
import subprocess

import pytest
from scenarios import FIELDS, all_scenarios

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORLD = pathlib.Path(os.environ.get("PARITY_WORLD", ROOT / "build" / "release" / "tests" / "parity_world"))
PEERS = pathlib.Path(os.environ.get("PEERS_PYTHON", ROOT / "build" / "venv-peers" / "bin" / "python"))
BARS = 200
SEEDS = 6
SHARE = 1 / 64  # prices are multiples of 1/8, so that binary and decimal fractions agree to the last digit

pytestmark = [pytest.mark.skipif(not WORLD.exists(), reason=f"{WORLD} is not built"),
              pytest.mark.skipif(not PEERS.exists(), reason=f"{PEERS} is not installed")]


def eighths(price):
    return round(price * 8) / 8


def random_bars(rng):
    bars, last = [], 100.0
    for _ in range(BARS):
        opens = max(40.0, eighths(last + rng.choice([0, 0, rng.uniform(-4, 4)])))
        closes = max(40.0, eighths(opens + rng.uniform(-2, 2)))
        bars.append((opens, max(opens, closes) + eighths(rng.uniform(0, 1.5)),
                     min(opens, closes) - eighths(rng.uniform(0, 1.5)), closes, 1000))
        last = closes
    return bars


def random_run(seed, direction, stops, slippage=0.0):
    rng = random.Random(f"{seed} {direction} {stops} {slippage}")
    draw = [rng.choices(["entry", "exit", ""], weights=[3, 1, 4])[0] for _ in range(BARS)]
    return dict(bars=random_bars(rng), entries=[d == "entry" for d in draw], exits=[d == "exit" for d in draw],
                direction=direction, size=10, slippage=slippage, trail="trail" in stops,
                sl=2 * SHARE if "sl" in stops or "trail" in stops else None,
                tp=SHARE if "tp" in stops else None)


RUNS = {f"{direction} {stops} {seed}": random_run(seed, direction, stops) for seed in range(SEEDS)
        for direction in ("longonly", "shortonly") for stops in ("none", "sl tp", "trail", "trail tp")}
RUNS |= {f"slippage {seed}": random_run(seed, "longonly", "sl tp", SHARE) for seed in range(SEEDS)}


def of_scenario(scenario):
    """Its entry with what protects it, as a signal; None where signals cannot say it."""
    rows = scenario.rows
    entry, rest = rows[0], rows[1:]
    if entry["type"] != "market" or any(r["type"] not in ("stop_market", "limit") for r in rest):
        return None
    if not all(r["side"] != entry["side"] for r in rest):
        return None
    price = scenario.bars[entry["after"]][3]
    share = {r["type"]: abs((r["trigger"] or r["limit"]) / price - 1) for r in rest}
    count = len(scenario.bars)
    return dict(bars=scenario.bars, entries=[i == entry["after"] for i in range(count)],
                exits=[False] * count, direction="longonly" if entry["side"] == "buy" else "shortonly",
                size=entry["qty"], slippage=0.0, trail=False, sl=share.get("stop_market"), tp=share.get("limit"))


# Ours, in every mode: a price off the tick is refused.
NOT_THERE = {"stop_price_off_the_tick", "stop_sent_where_the_market_is_already_beyond_it"}
SCENARIOS = {s.name: s for s in all_scenarios()
             if s.is_plain and "vectorbt" in s.expected and s.name not in NOT_THERE and of_scenario(s)}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """All runs in one process: compiling takes longer than playing them."""
    runs = list(RUNS.values()) + [of_scenario(s) for s in SCENARIOS.values()]
    file = tmp_path_factory.mktemp("vectorbt") / "runs.json"
    file.write_text(json.dumps(runs))
    done = subprocess.run([PEERS, ROOT / "tests" / "parity" / "vectorbt_signals.py", file],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip([*RUNS, *SCENARIOS], json.loads(done.stdout), strict=True))


class Maker:
    """The orders that a strategy with these signals sends. It knows its position from the bars before."""

    def __init__(self, run, orders):
        self.run, self.rows, self.children = run, [], []
        self.side = "buy" if run["direction"] == "longonly" else "sell"
        self.other = "sell" if self.side == "buy" else "buy"
        deals = {bar for bar, *_ in orders}
        is_open = False
        for bar in range(len(run["bars"])):
            was_open = is_open
            is_open ^= bar in deals
            if run["entries"][bar] and not is_open or run["entries"][bar] and not was_open:
                self.enter(bar)
            if run["exits"][bar] and was_open:
                self.leave(bar)

    def add(self, bar, **fields):
        row = dict.fromkeys(FIELDS, "")
        row.update(after=bar, action="submit", id=1 + sum(r["action"] == "submit" for r in self.rows),
                   qty=self.run["size"], **fields)
        self.rows.append(row)
        return row

    def enter(self, bar):
        close, sign = self.run["bars"][bar][3], 1 if self.side == "buy" else -1
        close *= 1 + sign * self.run["slippage"]
        parent = self.add(bar, side=self.side, type="market")
        self.children = []
        links = dict(side=self.other, parent=parent["id"], list=parent["id"], contingency="oco")
        if self.run["sl"] and self.run["trail"]:
            self.children.append(self.add(bar, type="trailing_stop_market", trail=self.run["sl"] * 10_000,
                                          trail_unit="bps", **links))
        elif self.run["sl"]:
            trigger = self.run["bars"][bar][3] * (1 - sign * self.run["sl"])
            self.children.append(self.add(bar, type="stop_market", trigger=trigger, **links))
        if self.run["tp"]:
            limit = self.run["bars"][bar][3] * (1 + sign * self.run["tp"])
            self.children.append(self.add(bar, type="limit", limit=limit, **links))

    def leave(self, bar):
        for child in self.children:
            cancel = dict.fromkeys(FIELDS, "")
            cancel.update(after=bar, action="cancel", id=child["id"])
            self.rows.append(cancel)
        self.add(bar, side=self.other, type="market")


def ours(tmp_path, run, rows):
    (tmp_path / "bars").write_text("".join(",".join(map(str, bar)) + "\n" for bar in run["bars"]))
    (tmp_path / "orders").write_text(
        "".join(",".join(str(row[field]) for field in FIELDS) + "\n" for row in rows))
    options = ["mode=vectorbt", "cash=1000000000"]
    if run["slippage"]:
        options.append(f"slip_bps={run['slippage'] * 10_000}")
    text = subprocess.run([WORLD, tmp_path / "bars", tmp_path / "orders", *options],
                          capture_output=True, text=True, check=True).stdout
    side = {str(row["id"]): row["side"] for row in rows if row["action"] == "submit"}
    lines = [line.split(",") for line in text.splitlines()]
    return [[int(bar), side[order], float(qty), float(price)]
            for bar, order, kind, qty, price, _ in lines if kind == "filled"]


@pytest.mark.parametrize("name", RUNS)
def test_random_signals(tmp_path, theirs, name):
    assert len(theirs[name]) > 10
    assert ours(tmp_path, RUNS[name], Maker(RUNS[name], theirs[name]).rows) == theirs[name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_conformance_scenarios(theirs, name):
    fills = [[bar, price] for bar, _, kind, _, price in SCENARIOS[name].answers("vectorbt") if kind == "fill"]
    assert fills == [[bar, pytest.approx(price)] for bar, _, _, price in theirs[name]]
