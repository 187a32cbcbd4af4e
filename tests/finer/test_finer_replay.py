# SPDX-License-Identifier: Apache-2.0
"""Bars whose inside finer data tell, through the whole program: the same fills as a run on the finer data whose strategy
is told the coarse bars, made by us here and not by the program; holes and contradictions are counted and stand for
themselves; nothing happens unasked; a search's trials are its backtests. Real minutes where TRADEWIND_DATA has them."""

import csv
import gzip
import json
import os
import random
from decimal import Decimal
from pathlib import Path

import pytest
from program import run

DATA = os.environ.get("TRADEWIND_DATA")
SYMBOL = "ETHUSDT.BINANCE"
MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
START = 1_700_006_400 * 10**9  # a full hour

# A fixed size: a share of the equity would hang on marks, which are of minutes where these are played.
BRACKET = ["--strategy", "bracket-breakout", "--param", "size=40"]
# Both within an hour's range.
NARROW = ["--param", "entry=3", "--param", "stop=0.004", "--param", "target=0.004"]


def walk(count, seed):
    """Minutes: [ts, open, high, low, close, volume] with prices of two decimals."""
    rng = random.Random(seed)
    rows, last = [], 200_000
    for i in range(count):
        open_ = last + rng.randint(-20, 20)
        close = open_ + int(rng.gauss(0, 120))
        high = max(open_, close) + rng.randint(0, 60)
        low = min(open_, close) - rng.randint(0, 60)
        rows.append([START + i * MINUTE, *(Decimal(p) / 100 for p in (open_, high, low, close)),
                     Decimal(rng.randint(500, 5000))])
        last = close
    return rows


def joined(rows, span):
    out = {}
    for ts, open_, high, low, close, volume in rows:
        bar = out.setdefault(ts // span * span, [open_, high, low, close, Decimal(0)])
        bar[1], bar[2] = max(bar[1], high), min(bar[2], low)
        bar[3] = close
        bar[4] += volume
    return [[ts, *bar] for ts, bar in out.items()]


def write(path, rows):
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ts", "open", "high", "low", "close", "volume"])
        writer.writerows([[ts, *(f"{value:f}" for value in rest)] for ts, *rest in rows])
    return path


def catalog_of(folder, minutes, hours):
    folder.mkdir(exist_ok=True)
    catalog = folder / "C"
    for interval, rows in (("1m", minutes), ("1h", hours)):
        if not rows:
            continue
        path = write(folder / f"{interval}.csv.gz", rows)
        run("data", "import", "--catalog", catalog, "--format", "csv", "--instrument", SYMBOL, "--kind", "bar",
            "--interval", interval, path)
    return catalog


def backtest(catalog, *more, expect=0):
    done = run("backtest", "--catalog", catalog, "--instrument", SYMBOL, *BRACKET, "--no-ledger", "--json", *more,
               expect=expect)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def hours(catalog, *more, **options):
    return backtest(catalog, "--interval", "1h", *more, **options)


def of_minutes(catalog, *more):
    """The same strategy on the same hours, which the engine makes of the minutes that it plays."""
    return backtest(catalog, "--interval", "1m", "--set", "strategy.bars=1h", *more)


def trades(out):
    names = ("side", "qty", "entry_ts", "exit_ts", "entry_price", "exit_price", "pnl", "fees", "ambiguous")
    return [tuple(trade[name] for name in names) for trade in out["trades"]]


def same_fills(a, b):
    return (trades(a) == trades(b) and a["fills"] == b["fills"] and a["final_equity"] == b["final_equity"]
            and a["ambiguous_fills"] == b["ambiguous_fills"] and a["open_positions"] == b["open_positions"])


@pytest.fixture(scope="module")
def minutes():
    return walk(12_000, 7)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory, minutes):
    return catalog_of(tmp_path_factory.mktemp("finer"), minutes, joined(minutes, HOUR))


def cases():
    rng = random.Random(11)

    def case():
        return [
            "--param", f"entry={rng.choice([3, 5, 10, 20])}", "--param", f"stop={rng.choice([0.003, 0.006, 0.01])}",
            "--param", f"target={rng.choice([0.003, 0.008, 0.02])}", "--fee-bps", rng.choice([0, 3]),
            "--slippage", rng.choice(["none", "ticks:2", "bps:1"]), "--latency", rng.choice(["0", "90s", "400ms"]),
            "--participation", rng.choice([0.1, 0.002]),
        ]

    return [case() for _ in range(8)]


@pytest.mark.parametrize("more", cases())
def test_fills_are_those_of_the_minutes(catalog, more):
    resolved, plain = hours(catalog, "--finer", "1m", *more), hours(catalog, *more)
    assert resolved["finer"][0]["resolved"] == resolved["finer"][0]["bars"] == 200
    assert resolved["fills"] > 10
    assert same_fills(resolved, of_minutes(catalog, *more))
    assert not same_fills(resolved, plain)
    # Told are the hours and the venue's reports, and nothing else.
    assert resolved["first_ts"] == plain["first_ts"]
    assert resolved["events"] < 2_000


def test_nothing_happens_unasked(catalog, minutes, tmp_path):
    alone = catalog_of(tmp_path / "alone", [], joined(minutes, HOUR))
    a, b = backtest(alone, *NARROW), hours(catalog, *NARROW)
    assert a["settings_hash"] == b["settings_hash"]
    assert same_fills(a, b)
    assert a["finer"] == b["finer"] == []
    # But a run with open questions says who could answer them.
    assert b["ambiguous_fills"] > 0
    assert any("--finer auto" in warning for warning in b["warnings"])
    assert not any("--finer auto" in warning for warning in a["warnings"])
    # Asked for in a catalog without: it goes on, and finds nothing.
    assert same_fills(backtest(alone, "--finer", "auto", *NARROW), a)


def test_settings_say_what_resolved(catalog):
    plain, resolved = hours(catalog), hours(catalog, "--finer", "auto")
    assert plain["settings_hash"] != resolved["settings_hash"]
    assert any(line.startswith("Finer data: ") and "1m" in line for line in resolved["assumptions"])
    assert hours(catalog, "--finer", "1m")["settings_hash"] == resolved["settings_hash"]


def test_fewer_fills_are_open_and_the_envelope_is_narrower(catalog):
    more = [*NARROW, "--envelope", "--draws", 8]
    plain, resolved = hours(catalog, *more), hours(catalog, "--finer", "1m", *more)
    assert resolved["ambiguous_fills"] < plain["ambiguous_fills"] / 2
    assert resolved["settled_fills"] > 0 == plain["settled_fills"]

    def width(out):
        return out["envelope"]["optimistic"] - out["envelope"]["pessimistic"]

    assert width(resolved) < width(plain) / 2


def test_replay_needs_no_finer_data(catalog, tmp_path):
    journal = tmp_path / "run.journal"
    recorded = hours(catalog, "--finer", "1m", "--journal", journal)
    again = tmp_path / "again.journal"
    assert hours(catalog, "--finer", "1m", "--journal", again)["journal_hash"] == recorded["journal_hash"]
    out = run("replay", journal).stdout
    assert "Decisions equal" in out
    # Fills stand at minutes, bars at hours, and of the minutes there is nothing in it.
    rows = [line.split() for line in run("replay", journal, "--print", "all").stdout.splitlines() if "Z  " in line]
    assert any("filled" in row and not row[1].endswith(":00:00Z") for row in rows)
    bars = [row for row in rows if row[2] == "bar"]
    assert len(bars) == 200 and all(row[4] == "1h" and row[1].endswith(":00:00Z") for row in bars)


def test_holes_and_contradictions_stand_for_themselves(minutes, tmp_path):
    whole = joined(minutes, HOUR)
    rng = random.Random(5)
    holed = set(rng.sample(range(len(whole)), 40))
    wrong = set(rng.sample(sorted(set(range(len(whole))) - holed), 30))
    kept = [row for i, row in enumerate(minutes) if not (i // 60 in holed and i % 60 == 30)]
    bent = [[ts, o, h + Decimal("0.5") if i in wrong else h, low, c, v] for i, (ts, o, h, low, c, v) in enumerate(whole)]
    out = hours(catalog_of(tmp_path / "bent", kept, bent), "--finer", "1m")
    use = out["finer"][0]
    assert (use["bars"], use["with_holes"], use["disagreeing"]) == (200, 40, 30)
    assert use["resolved"] == 130
    assert "its high is" in use["first_disagreement"]["what"]
    assert any("stand for themselves" in warning for warning in out["warnings"])


def test_minutes_that_all_disagree_change_nothing(minutes, tmp_path):
    halved = [[ts, *(p / 2 for p in prices), volume] for ts, *prices, volume in minutes]
    catalog = catalog_of(tmp_path / "halved", halved, joined(minutes, HOUR))
    out = hours(catalog, "--finer", "1m")
    assert out["finer"][0]["disagreeing"] == out["finer"][0]["bars"] == 200
    assert same_fills(out, hours(catalog))


def test_trades_resolve_as_well(minutes, tmp_path):
    # Each minute's open, low, high and close as four prints.
    ticks = tmp_path / "ticks.csv.gz"
    with gzip.open(ticks, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ts", "price", "size", "side"])
        for ts, open_, high, low, close, volume in minutes[:3000]:
            for i, price in enumerate((open_, low, high, close)):
                writer.writerow([ts + i * 10**9, f"{price:f}", f"{volume / 4:f}", ""])
    catalog = catalog_of(tmp_path / "ticks", [], joined(minutes[:3000], HOUR))
    run("data", "import", "--catalog", catalog, "--format", "csv", "--instrument", SYMBOL, "--kind", "trade", ticks)
    plain, out = hours(catalog, *NARROW), hours(catalog, "--finer", "trades", *NARROW)
    assert hours(catalog, "--finer", "auto", *NARROW)["settings_hash"] == out["settings_hash"]
    assert out["finer"][0]["resolved"] == 50
    assert out["ambiguous_fills"] == 0 < plain["ambiguous_fills"]


def test_a_search_steps_through_and_equals_its_backtests(catalog):
    common = ["--catalog", catalog, "--instrument", SYMBOL, "--interval", "1h", "--strategy", "ema-cross",
              "--finer", "1m", "--fee-bps", 2, "--no-ledger", "--json"]
    out = json.loads(run("optimize", *common, "--param", "fast=2:6", "--param", "slow=8:20:4",
                         "--param", "share=0.9").stdout)
    assert out["kernel"] == "engine"
    assert out["kernel_why"] == "finer data resolve the bars"
    assert out["best"]["equals_backtest"] is True


def test_refuses_in_one_line(catalog):
    for more, words in ((["--finer", "5m"], "it has 1m that could"), (["--finer", "soon"], "--finer: 'soon'"),
                        (["--finer", "1m", "--fills", "freqtrade"], "use --fills strict"),
                        (["--finer", "1h"], "it has 1m that could")):
        error = hours(catalog, *more, expect=2)
        assert words in error and error.count("\n") == 1, error


# --- real data


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    path = Path(DATA or "") / "crypto/minute/ETHUSDT.binance.csv.gz"
    if not DATA or not path.exists():
        pytest.skip("no market data (TRADEWIND_DATA)")
    with gzip.open(path, "rt", newline="") as file:
        rows = [[int(row["ts"]), *(Decimal(row[name]) for name in ("open", "high", "low", "close", "volume"))]
                for row in csv.DictReader(file)]
    return catalog_of(tmp_path_factory.mktemp("real"), rows, joined(rows, HOUR))


@pytest.mark.parametrize("stop", [0.004, 0.01, 0.02])
@pytest.mark.parametrize("entry", [4, 15])
def test_real_hours_fill_as_their_minutes(real, stop, entry):
    more = ["--param", f"stop={stop}", "--param", "target=0.01", "--param", f"entry={entry}", "--fee-bps", 5]
    resolved = hours(real, "--finer", "auto", *more)
    use = resolved["finer"][0]
    assert use["resolved"] == use["bars"] == 721
    assert same_fills(resolved, of_minutes(real, *more))
    assert resolved["ambiguous_fills"] <= hours(real, *more)["ambiguous_fills"]


def test_real_days_of_spy_by_their_hours(tmp_path):
    """Recorded apart, so that a few of 4,529 days disagree; what fills in the others is an hour's."""
    if not DATA or not (Path(DATA) / "equities/hour_raw/SPY.csv.gz").exists():
        pytest.skip("no market data (TRADEWIND_DATA)")
    for interval, folder in (("1d", "daily_raw"), ("1h", "hour_raw")):
        run("data", "import", "--catalog", tmp_path / "C", "--format", "csv", "--instrument", "SPY.ARCA", "--kind",
            "bar", "--interval", interval, Path(DATA) / f"equities/{folder}/SPY.csv.gz")
    common = ["backtest", "--catalog", tmp_path / "C", "--instrument", "SPY.ARCA", "--interval", "1d", *BRACKET,
              "--param", "stop=0.01", "--param", "target=0.02", "--no-ledger", "--json"]
    plain = json.loads(run(*common).stdout)
    resolved = json.loads(run(*common, "--finer", "1h").stdout)
    use = resolved["finer"][0]
    assert use["bars"] == 4529 and use["resolved"] == 4506 and use["with_holes"] == 0
    assert resolved["ambiguous_fills"] < plain["ambiguous_fills"] / 2
