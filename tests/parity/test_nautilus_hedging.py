# SPDX-License-Identifier: Apache-2.0
"""Hedged positions against NautilusTrader with OmsType.HEDGING: the same random orders of several strategies, each
with a long and a short leg, the same fills, and leg by leg the same quantity, average price and realised profit.

There an order names its position by an id: one for each leg of each strategy. What closes a leg is reduce-only, and a
market order: a resting one is cut there as the position shrinks, and here as it fills. Every bar has more volume than an
order asks for: there, what a reduce-only order fills beyond the size on display may flip its position. And one order
rests all the time and never fills: where nothing rests any more, 1.221 leaves the market at the limit that filled last.
"""
import random

import pytest
from scenarios import FIELDS
from test_nautilus_orders import BARS, PEERS, ROOT, WORLD, by_bar, cents, normal_ours, random_bars, run

pytestmark = [pytest.mark.skipif(not WORLD.exists(), reason=f"{WORLD} is not built"),
              pytest.mark.skipif(not PEERS.exists(), reason=f"{PEERS} is not installed")]

ALL_FIELDS = [*FIELDS, "strategy", "leg", "reduce"]
SEEDS = 10


def row_of(rng, bars, bar, number, strategy):
    leg = rng.choice(["long", "short"])
    opens = rng.random() < 0.55
    side = "buy" if (leg == "long") == opens else "sell"
    row = dict.fromkeys(ALL_FIELDS, "")
    row.update(after=bar, action="submit", id=number, side=side, qty=rng.randint(1, 40), type="market",
               strategy=strategy, leg=leg)
    if not opens:
        row["reduce"] = 1
    elif rng.random() < 0.5:
        sign = -1 if side == "buy" else 1
        row.update(type="limit", limit=cents(bars[bar][3] + sign * rng.uniform(0.01, 2)), tif="gtd",
                   gtd_bar=bar + rng.randint(1, 6))
    return row


def random_run(seed):
    rng = random.Random(f"hedging {seed}")
    bars = [(*bar[:4], 4000) for bar in random_bars(rng, gaps=False)]
    rows = [dict.fromkeys(ALL_FIELDS, "") | dict(after=0, action="submit", id=1, side="buy", qty=1, type="limit",
                                                 limit=0.01, strategy=0, leg="long")]
    for bar in range(BARS - 1):
        for strategy in range(1 + seed % 3):
            if rng.random() < 0.6:
                rows.append(row_of(rng, bars, bar, len(rows) + 1, strategy))
    return bars, rows


def write(folder, bars, rows):
    folder.mkdir()
    (folder / "bars").write_text("".join(",".join(map(str, bar)) + "\n" for bar in bars))
    (folder / "orders").write_text(
        "".join(",".join(str(row[field]) for field in ALL_FIELDS) + "\n" for row in rows))
    return ["0.01", folder / "bars", folder / "orders"]


def parts_of(lines):
    """(reports, positions by strategy and leg)."""
    reports = [line for line in lines if not line.startswith("position,")]
    positions = {}
    for line in lines:
        if line.startswith("position,"):
            _, strategy, leg, *numbers = line.split(",")
            positions[strategy, leg] = [float(number) for number in numbers]
    return reports, positions


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hedging")
    return {seed: write(folder / str(seed), *random_run(seed)) for seed in range(SEEDS)}


@pytest.fixture(scope="module")
def theirs(files, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs") / "list"
    runs.write_text("".join("\t".join(map(str, words)) + "\n" for words in files.values()))
    text = run(PEERS, ROOT / "tests" / "parity" / "nautilus_orders.py", runs)
    return {seed: parts_of(part.splitlines())
            for seed, part in zip(files, text.removesuffix("end\n").split("end\n"), strict=True)}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_orders_of_legs(files, theirs, seed):
    _, bars, orders = files[seed]
    ours, positions = parts_of(run(WORLD, bars, orders, "mode=nautilus", "cash=1000000000", "tick=0.01",
                                   "positions=hedging").splitlines())
    reports, their_positions = theirs[seed]
    expected = [(int(bar), int(order), kind, float(qty), float(price))
                for bar, order, kind, qty, price in (line.split(",") for line in reports if line)]
    assert sum(line[2] == "fill" for line in expected) > 30
    assert by_bar(normal_ours("\n".join(ours))) == by_bar(expected)
    both_open = 0
    for key, (qty, average, realised) in their_positions.items():
        assert positions[key][0] == qty
        assert positions[key][1] == pytest.approx(average, rel=1e-8)
        # There, each profit is rounded to the cent.
        assert positions[key][2] == pytest.approx(realised, abs=0.005 * BARS)
        both_open += qty != 0
    assert both_open > 1
