# SPDX-License-Identifier: Apache-2.0
"""Fill mode backtrader against backtrader: the same random orders, the same answers, line by line."""
import os
import pathlib
import random
import subprocess

import backtrader_orders as oracle
import pytest
from scenarios import all_scenarios

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORLD = pathlib.Path(os.environ.get("PARITY_WORLD", ROOT / "build" / "release" / "tests" / "parity_world"))
SETTINGS = [
    # cash, fee, slippage; little cash makes both of the broker's checks refuse
    (1e6, False, None), (1e6, True, None), (5000.0, True, None), (1000.0, False, None),
    (1e6, False, "rate"), (20000.0, True, "fixed"),
]
BARS = 120
SEEDS = 25

pytestmark = pytest.mark.skipif(not WORLD.exists(), reason=f"{WORLD} is not built")

MARGIN = {"insufficient_funds"}
IGNORED = {"accepted", "triggered", "cancel_rejected"}


def normal(line):
    bar, order, kind, qty, price, reason = line.split(",")
    if kind in IGNORED or reason == "end_of_data":
        return None
    if kind in ("filled", "partially_filled"):
        return int(bar), int(order), "fill", float(qty), float(price)
    if reason in MARGIN:
        kind = "margin"
    return int(bar), int(order), kind, 0, 0.0


def play_ours(tmp_path, bars, rows, cash, fee, slip):
    (tmp_path / "bars").write_text("\n".join(",".join(map(str, bar)) for bar in bars) + "\n")
    lines = [",".join(str(row[field]) for field in oracle.FIELDS) for row in rows]
    (tmp_path / "orders").write_text("\n".join(lines) + "\n")
    options = ["mode=backtrader", f"cash={cash:.0f}"]
    if fee:
        options.append(f"fee_rate={oracle.FEE_RATE:.9f}")
    if slip == "rate":
        options.append(f"slip_bps={oracle.SLIP_RATE * 10_000}")
    elif slip == "fixed":
        options.append(f"slip_ticks={0.125 * 512}")
    out = subprocess.run([WORLD, tmp_path / "bars", tmp_path / "orders", *options],
                         capture_output=True, text=True, check=True)
    return [entry for entry in map(normal, out.stdout.splitlines()) if entry]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("cash,fee,slip", SETTINGS)
def test_answers_as_backtrader_does(tmp_path, seed, cash, fee, slip):
    rng = random.Random(f"{seed} {cash} {fee} {slip}")
    bars = oracle.random_bars(rng, BARS)
    rows = oracle.random_orders(rng, bars)
    theirs = oracle.play(bars, rows, cash, fee, slip)
    ours = play_ours(tmp_path, bars, rows, cash, fee, slip)
    # Of several orders that one cause ends in one bar, the sequence of the notices says nothing.
    theirs.sort(key=lambda entry: entry[:2])
    ours.sort(key=lambda entry: entry[:2])
    assert len(theirs) > 10
    for mine, other in zip(ours, theirs):
        assert mine[:4] == pytest.approx(other[:4]), (mine, other)
        assert mine[4] == pytest.approx(other[4], rel=1e-9, abs=2e-9), (mine, other)
    assert len(ours) == len(theirs)


# Lives of orders hang on the clock: the scenarios' bars are minutes, these are days.
TYPES = {"market", "limit", "stop_market", "stop_limit", "trailing_stop_market"}


def can_play(scenario):
    """Of backtrader's own order types, with offsets in price."""
    return scenario.is_plain and all(
        row["action"] == "submit" and row["type"] in TYPES and not row["tif"]
        and row["trail_unit"] != "bps" for row in scenario.rows)


# Ours, in every mode: a price off the tick is refused.
SCENARIOS = {s.name: s for s in all_scenarios()
             if "backtrader" in s.expected and can_play(s) and s.name != "stop_price_off_the_tick"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_conformance_scenarios(name):
    scenario = SCENARIOS[name]
    log = oracle.play(scenario.bars, scenario.rows, 1e6, False, None)
    theirs = sorted(((bar, int(order), kind, size, price) for bar, order, kind, size, price in log),
                    key=lambda entry: entry[:2])
    ours = scenario.answers("backtrader")
    assert [line[:4] for line in ours] == [line[:4] for line in theirs]
    assert [line[4] for line in ours] == pytest.approx([line[4] for line in theirs])
