# SPDX-License-Identifier: Apache-2.0
"""optimize and walkforward as a user meets them: the same figures as a backtest, a kill that loses nothing,
windows that know nothing of what comes after them, and one line for what cannot be searched."""

import csv
import datetime
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from program import PROGRAM, run

SYMBOL = "X.NYSE"


def generated(folder, count, interval="1d", start="2010-01-04"):
    run("data", "generate", "--catalog", folder, "--instrument", SYMBOL, "--asset-class", "equity",
        "--interval", interval, "--count", count, "--from", start)
    return folder


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return generated(tmp_path_factory.mktemp("search") / "C", 1500)


def common(catalog, *more):
    return ["--catalog", catalog, "--instrument", SYMBOL, "--strategy", "ema-cross", "--fee-bps", "5",
            "--slippage", "bps:2", "--no-ledger", "--json", *more]


def optimize(catalog, *more, expect=0):
    done = run("optimize", *common(catalog, *more), expect=expect)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def steady(out):
    """What does not hang on the clock."""
    return {k: v for k, v in out.items() if not k.endswith("_per_s") and k not in ("wall_s", "resumed", "jobs")}


SPACE = ["--param", "fast=2:11", "--param", "slow=12:60:4", "--param", "size=100"]


def test_every_trial_equals_a_backtest(catalog):
    out = optimize(catalog, *SPACE)
    assert out["kernel"] == "fast"
    assert out["trials"] == 10 * 13
    assert out["best"]["equals_backtest"] is True
    for trial in out["top"]:
        arguments = [a for name, value in trial["params"].items() for a in ("--param", f"{name}={value}")]
        single = json.loads(run("backtest", *common(catalog, *arguments)).stdout)
        assert single["metrics"]["sharpe"] == trial["sharpe"]
        assert single["metrics"]["final_equity"] == trial["final_equity"]
        assert single["metrics"]["trades"]["net_pnl"] == trial["trades.net_pnl"]
        assert single["metrics"]["max_drawdown"] == trial["max_drawdown"]


def test_real_minutes_give_the_same_in_both_ways(tmp_path):
    file = Path(os.environ.get("TRADEWIND_DATA", "../shared/data")) / "crypto/minute/FILUSDT-PERP.binance.csv.gz"
    if not file.exists():
        pytest.skip(f"no {file}; set TRADEWIND_DATA to the folder of real data")
    folder = tmp_path / "C"
    instrument = ["--catalog", folder, "--instrument", "FILUSDT-PERP.BINANCE"]
    run("data", "import", *instrument, "--kind", "bar", "--interval", "1m", file)
    settings = [*instrument, "--strategy", "ema-cross", "--fee-bps", "4", "--slippage", "volume:0.1", "--no-ledger",
                "--json", "--param", "short=1", "--param", "share=0.9"]
    out = json.loads(run("optimize", *settings, "--param", "fast=20:80:20", "--param", "slow=100:200:50").stdout)
    assert out["kernel"] == "fast"
    assert out["rows"] == 131_040
    assert out["best"]["equals_backtest"] is True
    for trial in out["top"][1:]:
        arguments = [a for name in ("fast", "slow") for a in ("--param", f"{name}={trial['params'][name]}")]
        single = json.loads(run("backtest", *settings, *arguments).stdout)
        for name in ("sharpe", "final_equity", "max_drawdown", "exposure", "turnover", "alpha"):
            assert single["metrics"][name] == trial[name], name
        assert single["metrics"]["trades"]["average_mae"] == trial["trades.average_mae"]


def test_threads_and_the_kernel_change_nothing(catalog):
    one = optimize(catalog, *SPACE, "--jobs", 1)
    four = optimize(catalog, *SPACE, "--jobs", 4)
    assert steady(one) == steady(four)
    slow = optimize(catalog, *SPACE, "--fills", "backtrader")
    assert slow["kernel"] == "engine"
    assert "strict" in slow["kernel_why"]


def test_a_killed_search_goes_on_where_it_was(catalog, tmp_path):
    arguments = ["--param", "fast=2:40", "--param", "slow=41:200", "--param", "size=100", "--jobs", 1]
    whole = optimize(catalog, *arguments)
    state = tmp_path / "search"
    process = subprocess.Popen([PROGRAM, *map(str, ["optimize", *common(catalog, *arguments, "--resume", state)])],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (state.exists() and state.stat().st_size > 200_000):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the search ended before it was killed; make it longer"
    # A torn last trial, as a crash in the middle of a write leaves it.
    with open(state, "r+b") as file:
        file.truncate(state.stat().st_size - 3)
    resumed = optimize(catalog, *arguments, "--resume", state)
    assert 0 < resumed["resumed"] < whole["trials"]
    assert steady(resumed) == steady(whole)
    # All of it is known now.
    again = optimize(catalog, *arguments, "--resume", state)
    assert again["resumed"] == whole["trials"]
    assert steady(again) == steady(whole)
    other = optimize(catalog, *arguments, "--resume", state, "--objective", "calmar", expect=2)
    assert "another search" in other
    old = bytearray(state.read_bytes())
    old[8] = 1
    state.write_bytes(old)
    assert "another version" in optimize(catalog, *arguments, "--resume", state, expect=2)
    assert state.read_bytes() == old


def test_constraints_and_expressions_choose(catalog):
    out = optimize(catalog, *SPACE, "--objective", "total_return - 0.5*max_drawdown", "--constraint",
                   "fast*4 <= slow", "--constraint", "trades.count >= 10")
    best = out["best"]
    assert best["params"]["fast"] * 4 <= best["params"]["slow"]
    assert best["trades.count"] >= 10
    assert best["objective"] == pytest.approx(best["total_return"] - 0.5 * best["max_drawdown"], rel=1e-12)


def test_random_search_repeats_with_its_seed(catalog):
    arguments = [*SPACE, "--method", "random", "--trials", 40]
    first = optimize(catalog, *arguments, "--seed", 5)
    assert first["trials"] == 40
    assert steady(first) == steady(optimize(catalog, *arguments, "--seed", 5))
    assert steady(first) != steady(optimize(catalog, *arguments, "--seed", 6))


def test_hopeless_trials_are_stopped(catalog):
    free = optimize(catalog, *SPACE)
    assert free["stopped"] == 0
    limit = free["best"]["max_drawdown_of_marks"] * 1.01
    out = optimize(catalog, *SPACE, "--stop-drawdown", limit)
    assert 0 < out["stopped"] < out["trials"]
    for name in ("number", "params", "objective", "metrics"):
        assert out["best"][name] == free["best"][name]
    for trial in out["top"]:
        assert trial["max_drawdown_of_marks"] < limit


PRUNED = ["--param", "fast=2:21", "--param", "slow=22:60:2", "--param", "size=100"]


@pytest.mark.parametrize("rule", ["median", "halving:3"])
@pytest.mark.parametrize("method", [["--method", "random", "--trials", 120], ["--method", "tpe", "--trials", 90]])
def test_what_is_pruned_hangs_on_nothing_but_the_seed(catalog, tmp_path, rule, method):
    arguments = [*PRUNED, *method, "--prune", rule, "--prune-at", "0.2,0.5"]
    one = optimize(catalog, *arguments, "--jobs", 1)
    assert 20 < one["pruned"] < one["trials"] - 5
    assert one["best"]["equals_backtest"] is True
    assert steady(optimize(catalog, *arguments, "--jobs", 5)) == steady(one)
    pruning = one["pruning"]
    assert sum(rung["pruned"] for rung in pruning["rungs"]) == one["pruned"] == len(pruning["trials"])
    assert pruning["rungs"][0]["came"] - pruning["rungs"][0]["pruned"] == pruning["rungs"][1]["came"]
    assert 0.2 < pruning["share_run"] < 1
    # Interrupted anywhere, it goes on to the same end.
    state = tmp_path / "search"
    optimize(catalog, *arguments, "--resume", state)
    whole = state.read_bytes()
    for share in (0.1, 0.5, 0.93):
        state.write_bytes(whole[: int(len(whole) * share)])
        resumed = optimize(catalog, *arguments, "--resume", state)
        assert resumed["resumed"] < one["trials"]
        assert steady(resumed) == steady(one)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--param"]),
        (["--param", "fast=2:5", "--prune", "mean"], ["--prune", "mean", "median and halving"]),
        (["--param", "fast=2:5", "--prune", "halving:1"], ["--prune", "halving:1"]),
        (["--param", "fast=2:5", "--prune", "median", "--prune-at", "0.5,0.25"], ["--prune", "0.5,0.25"]),
        (["--param", "fast=2:5", "--prune-at", "0.5"], ["--prune-at", "--prune median"]),
        (["--param", "fast=2:5", "--round", "4"], ["--round", "--prune median"]),
        (["--param", "fast=9:2"], ["fast"]),
        (["--param", "fast=1:100000", "--param", "slow=1:100000"], ["10,000,000,000", "points"]),
        (["--param", "fast=2:5", "--param", "slow=6:9", "--param", "quick=1:3"], ["quick"]),
        (["--param", "fast=2:5", "--param", "slow=60000:60001"], ["sharpe", "undefined"]),
        (["--param", "fast=2:5", "--objective", "sharp"], ["--objective", "sharpe"]),
        (["--param", "fast=2:5", "--constraint", "fast > 100"], ["fast > 100"]),
        (["--param", "fast=2:5", "--method", "guess"], ["--method", "guess"]),
        (["--param", "fast=2:5", "--method", "random"], ["--trials"]),
        (["--param", "fast=2:5", "--blocks", "7"], ["--blocks"]),
    ],
)
def test_what_cannot_be_searched_is_one_line(catalog, arguments, words):
    error = optimize(catalog, *arguments, expect=2)
    assert error.count("\n") == 1, error
    for word in words:
        assert word in error


# --- walk-forward ---------------------------------------------------------------------------------

WALK = ["--param", "fast=3:12:3", "--param", "slow=15:60:15", "--param", "size=100", "--train", "2y", "--test", "6m"]


def walk(catalog, *more, expect=0):
    done = run("walkforward", *common(catalog, *more), expect=expect)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def test_windows_follow_each_other(catalog):
    out = walk(catalog, *WALK)
    folds = out["folds"]
    assert out["windows"] == len(folds) > 4
    for before, after in zip(folds, folds[1:]):
        assert before["train_to"] == before["test_from"]
        assert before["test_to"] == after["test_from"]
        assert before["train_from"] < after["train_from"]
    anchored = walk(catalog, *WALK, "--anchored")
    assert {fold["train_from"] for fold in anchored["folds"]} == {folds[0]["train_from"]}
    gap = walk(catalog, *WALK, "--embargo", "10d")
    for fold in gap["folds"]:
        days = datetime.date.fromisoformat(fold["test_from"]) - datetime.date.fromisoformat(fold["train_to"])
        assert days.days == 10
    # One account: the windows' returns multiply to the whole.
    growth = np.prod([1 + fold["total_return"] for fold in folds])
    assert growth - 1 == pytest.approx(out["metrics"]["total_return"], rel=1e-9)


def test_a_window_chooses_what_a_search_over_it_finds(catalog):
    fold = walk(catalog, *WALK)["folds"][2]
    search = optimize(catalog, *WALK[:6], "--from", fold["train_from"], "--to", fold["train_to"])
    assert search["best"]["params"] == fold["params"]
    assert search["best"]["objective"] == fold["in_sample"]


def test_what_comes_after_changes_nothing_before(catalog, tmp_path):
    file = tmp_path / "bars.csv"
    run("data", "export", "--catalog", catalog, "--instrument", SYMBOL, "--kind", "bar", "--interval", "1d",
        "--output", file)
    with open(file, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    spoilt_from = len(rows) * 2 // 3
    limit = rows[spoilt_from]["ts"]
    for row in rows[spoilt_from:]:
        for name in ("open", "high", "low", "close"):
            row[name] = f"{float(row[name]) * 3:.2f}"
    with open(file, "w", newline="", encoding="utf-8") as sink:
        writer = csv.DictWriter(sink, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    other = tmp_path / "C"
    run("data", "import", "--catalog", other, "--instrument", SYMBOL, "--kind", "bar", "--interval", "1d", file)
    day = limit[:10] if "-" in limit else datetime.datetime.fromtimestamp(
        int(limit) / 1e9, datetime.timezone.utc).date().isoformat()
    plain, spoilt = walk(catalog, *WALK), walk(other, *WALK)
    known = [fold for fold in plain["folds"] if fold["test_to"] <= day]
    assert len(known) >= 2
    assert spoilt["folds"][: len(known)] == known
    curve = [point for point in plain["equity"] if point[0] < day]
    assert spoilt["equity"][: len(curve)] == curve
    assert spoilt["equity"] != plain["equity"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--train", "50y", "--test", "6m"], ["--train", "2010"]),
        (["--train", "2x", "--test", "6m"], ["--train 2x"]),
        (["--train", "2y", "--test", "0d"], ["--test 0d"]),
    ],
)
def test_windows_that_do_not_fit_are_one_line(catalog, arguments, words):
    error = walk(catalog, *WALK[:6], *arguments, expect=2)
    assert error.count("\n") == 1, error
    for word in words:
        assert word in error
