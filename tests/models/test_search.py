# SPDX-License-Identifier: Apache-2.0
"""Search of settings inside training windows: `[models.search]` of `train` and `walkforward`."""

import csv
import json
import os
import shutil
import signal
import subprocess
import time

import pytest
from program import PROGRAM, run_in

BARS = 4000
CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 50)"
volume = "log(volume / mean(volume, 200))"
[models]
label = "direction(1)"
families = ["logistic", "xgboost"]
inner_folds = 2
permutations = 0
[models.logistic]
epochs = 4
[models.xgboost]
columns = 1
trees = 40
"""
# A tree of depth 1 cannot tell a product of two columns, one of depth 3 can.
SEARCH = """
[models.search]
trials = 6
seed = 2
[models.search.xgboost]
depth = "1:4"
rate = "0.05:0.3:log"
"""
WALK = """
[walkforward]
train = "2m"
test = "1m"
[strategy]
name = "forecast"
size = 1
short = 1
cost_bps = 0
[account]
kind = "margin"
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    run_in(folder, "data", "generate", "--market", "planted-interaction", "--bayes-accuracy", 0.7, "--bars", BARS, "--seed", 5,
           "--catalog", folder / "G")
    (folder / "models.toml").write_text(CONFIG + SEARCH + WALK)
    (folder / "plain.toml").write_text(CONFIG + WALK)
    return folder


def arguments(folder, *more, config="models.toml", catalog=None):
    return ["--config", folder / config, "--set", f"data.catalog={catalog or folder / 'G'}", *more]


@pytest.fixture(scope="module")
def trained(planted):
    return run_in(planted, "train", *arguments(planted), "--json")


def search_of(done):
    return json.loads(done.stdout)["search"]


def test_the_search_finds_a_setting_clearly_better_than_a_bad_one(trained):
    told = json.loads(trained.stdout)
    search = told["search"]
    assert {key: search[key] for key in ("sampler", "trials", "seed", "folds")} == {
        "sampler": "tpe", "trials": 6, "seed": 2, "folds": 2}
    [found] = search["families"]
    assert found["family"] == "xgboost" and len(found["trials"]) == 6
    losses = {one["number"]: one["loss"] for one in found["trials"]}
    best = min(losses, key=losses.get)
    assert found["loss"] == losses[best] and found["chosen"] == found["trials"][best]["settings"]
    stumps = [one["loss"] for one in found["trials"] if one["settings"]["depth"] == 1]
    assert stumps and min(stumps) > 0.685, "the bad setting was not tried, or is not bad"
    assert found["chosen"]["depth"] >= 2 and found["loss"] < 0.66
    assert all(1 <= one["settings"]["depth"] <= 4 and 0.05 <= one["settings"]["rate"] <= 0.3 for one in found["trials"])
    # and so out of sample, on rows that no candidate was judged by
    xgboost = told["models"][1]
    assert xgboost["accuracy"] > 0.65


def test_how_many_trainings_it_takes_is_told_beforehand(trained):
    assert "6 trials of xgboost in 1 windows, 12 trainings at most" in trained.stderr


def test_the_chosen_settings_are_those_that_are_trained(planted, trained, tmp_path):
    told = json.loads(trained.stdout)
    [found] = told["search"]["families"]
    sets = [part for name, value in found["chosen"].items() for part in ("--set", f"models.xgboost.{name}={value}")]
    plain = json.loads(run_in(tmp_path, "train", *arguments(planted, *sets, config="plain.toml"), "--json").stdout)
    assert plain["search"] is None
    assert plain["succession"] == told["succession"]


def test_the_same_seed_chooses_the_same_after_a_kill_too(planted, trained, tmp_path):
    command = [PROGRAM, "train", *map(str, arguments(planted))]
    process = subprocess.Popen(command, env=os.environ | {"TRADEWIND_HOME": str(tmp_path)}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(0.7)
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = run_in(tmp_path, "train", *arguments(planted), "--json")
    assert search_of(again) == search_of(trained)
    assert json.loads(again.stdout)["succession"] == json.loads(trained.stdout)["succession"]
    other = search_of(run_in(tmp_path, "train", *arguments(planted, "--set", "models.search.seed=3"), "--json"))
    assert other["families"][0]["trials"] != search_of(trained)["families"][0]["trials"]


def test_corrupting_the_test_rows_changes_no_choice(planted, trained, tmp_path):
    told = json.loads(trained.stdout)
    catalog = tmp_path / "G"
    shutil.copytree(planted / "G", catalog)
    run_in(tmp_path, "data", "export", "--catalog", catalog, "--instrument", "PLANTED.SIM", "--interval", "1h", "--output",
           tmp_path / "bars.csv")
    with open(tmp_path / "bars.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    at = len(rows) - told["test_rows"] + 1  # bars behind the first of the test
    for row in rows[at:]:
        for name in ("open", "high", "low", "close"):
            row[name] = f"{float(row[name]) * (1.5 + 0.01 * (int(row['ts']) // 3_600_000_000_000 % 7)):.6f}"
    for row in rows[at:]:
        prices = [float(row[name]) for name in ("open", "high", "low", "close")]
        row["high"], row["low"] = f"{max(prices):.6f}", f"{min(prices):.6f}"
    with open(tmp_path / "worse.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    run_in(tmp_path, "data", "import", "--catalog", catalog, "--instrument", "PLANTED.SIM", "--interval", "1h", "--replace",
           tmp_path / "worse.csv")
    worse = json.loads(run_in(tmp_path, "train", *arguments(planted, catalog=catalog), "--json").stdout)
    assert worse["test_from"] == told["test_from"]
    assert worse["search"] == told["search"]
    assert [one["seeds"][0]["model"] for one in worse["models"]] == [one["seeds"][0]["model"] for one in told["models"]]
    assert worse["models"][1]["accuracy"] != told["models"][1]["accuracy"], "the test rows are the same"


def test_a_walk_searches_each_window_anew_and_counts_what_it_tried(planted, tmp_path):
    fast = ("--set", 'models.families=["xgboost"]', "--set", "models.search.trials=4", "--set",
            "models.search.sampler=random", "--ledger", tmp_path / "trials")
    page = tmp_path / "W.html"
    walked = json.loads(run_in(tmp_path, "walkforward", *arguments(planted, *fast), "--report", page, "--json").stdout)
    assert walked["windows"] >= 3 and walked["search"]["sampler"] == "random"
    searches = [fold["search"][0] for fold in walked["folds"]]
    assert all(len(one["trials"]) == 4 for one in searches)
    assert all(one["loss"] == min(trial["loss"] for trial in one["trials"]) for one in searches)
    # the same candidates, judged by other rows
    assert len({json.dumps([trial["settings"] for trial in one["trials"]]) for one in searches}) == 1
    assert len({one["loss"] for one in searches}) == len(searches)
    # the candidates, and what is traded: xgboost, and the ensemble of it alone, which is the same
    assert walked["trials"] == 4 * walked["windows"] + 1
    assert "Settings chosen" in page.read_text()
    again = json.loads(run_in(tmp_path, "walkforward", *arguments(planted, *fast), "--json").stdout)
    assert again["trials"] == walked["trials"], "the same candidates were counted twice"
    table = run_in(tmp_path, "walkforward", *arguments(planted, *fast)).stdout
    assert table.count("Settings tested from") == walked["windows"] and "xgboost depth=" in table


def test_a_candidate_that_cannot_be_trained_is_told_and_never_chosen(planted, tmp_path):
    done = run_in(tmp_path, "train", *arguments(planted, "--set", "models.search.xgboost.rate=0.1,7", "--set",
                                             "models.search.xgboost.depth=3", "--set", "models.search.sampler=random"),
               "--json")
    [found] = search_of(done)["families"]
    failed = [one for one in found["trials"] if one["settings"]["rate"] == 7]
    assert failed and all(one["loss"] is None and "rate" in one["failure"] for one in failed)
    assert found["chosen"] == {"depth": 3, "rate": 0.1}
    assert "could not be trained" in run_in(
        tmp_path, "train", *arguments(planted, "--set", "models.search.xgboost.rate=0.1,7", "--set",
                                      "models.search.xgboost.depth=3", "--set", "models.search.sampler=random")).stdout


def test_windows_and_lists_of_widths_are_searched(planted, tmp_path):
    done = run_in(tmp_path, "train", *arguments(
        planted, "--set", 'models.families=["mlp", "xgboost"]', "--set", "models.search.mlp.hidden=8,8x4", "--set",
        "models.search.mlp.window=1,4", "--set", "models.mlp.epochs=2", "--set", "models.search.trials=4"), "--json")
    mlp = search_of(done)["families"][0]
    assert mlp["family"] == "mlp"
    assert {json.dumps(one["settings"]["hidden"]) for one in mlp["trials"]} == {"8", "[8, 4]"}
    assert {one["settings"]["window"] for one in mlp["trials"]} == {1, 4}
    assert all(one["loss"] is not None for one in mlp["trials"])


@pytest.mark.parametrize("setting,words", [
    ("models.search.forest.depth=1:3", ["models.search.forest.depth", "no family"]),
    ("models.search.lstm.hidden=4:8", ["models.search.lstm", "models.families"]),
    ("models.search.xgboost.deph=1:3", ["models.search.xgboost.deph", "unknown"]),
    ("models.search.xgboost.depth=8:2", ["models.search.xgboost.depth", "2:8"]),
    ("models.search.xgboost.depth=0:0", ["models.search.xgboost.depth"]),
    ("models.search.xgboost.rate=0:1:log", ["models.search.xgboost.rate", "above 0"]),
    ("models.search.xgboost.rate=", ["models.search.xgboost.rate", "no value"]),
    ("models.search.xgboost.window=0:4", ["models.search.xgboost.window", "1 to 4096"]),
    ("models.search.trials=0", ["models.search.trials", "1 to"]),
    ("models.search.sampler=grid", ["models.search.sampler", "tpe, random"]),
    ("models.search.tries=3", ["models.search.tries", "trials, sampler, seed"]),
    ("models.cpcv.groups=4", ["models.cpcv", "models.search"]),
])
def test_bad_settings_are_named(planted, tmp_path, setting, words):
    refused = subprocess.run([PROGRAM, "train", *map(str, arguments(planted, "--set", setting))], capture_output=True,
                             text=True, check=False, env=os.environ | {"TRADEWIND_HOME": str(tmp_path)})
    assert refused.returncode == 2 and refused.stdout == ""
    # what only the trainer knows is told after the number of trainings
    last = refused.stderr.strip().splitlines()
    assert all(word in last[-1] for word in words), refused.stderr
    assert len(last) == (2 if last[0].startswith("search of settings") else 1)


def test_a_search_of_nothing_is_refused(planted, tmp_path):
    config = tmp_path / "nothing.toml"
    for section in ("[models.search]\n", "[models.search]\ntrials = 3\n", "[models.search.xgboost]\n"):
        config.write_text(CONFIG + section)
        refused = run_in(tmp_path, "train", "--config", config, "--set", f"data.catalog={planted / 'G'}", expect=2)
        assert "models.search" in refused.stderr and "write" in refused.stderr
