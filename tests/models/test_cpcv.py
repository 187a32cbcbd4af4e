# SPDX-License-Identifier: Apache-2.0
"""Combinatorial purged cross-validation of `tradewind train`, as a user asks for it."""

import json
import math
import statistics

import pytest
from program import run_in

BARS = 4000
CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 50)"
volume = "log(volume / mean(volume, 50))"
[models]
label = "direction(1)"
families = ["logistic", "xgboost"]
inner_folds = 2
permutations = 0
embargo = "5h"
[models.logistic]
window = 8
epochs = 6
rate = 0.01
[models.xgboost]
window = 8
trees = 40
depth = 3
"""
SECTION = "[models.cpcv]\n"  # six groups, of which two are tested


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    run_in(folder, "data", "generate", "--market", "planted-ar", "--bayes-accuracy", 0.65, "--bars", BARS, "--seed", 3,
           "--catalog", folder / "G")
    (folder / "models.toml").write_text(CONFIG + SECTION)
    (folder / "plain.toml").write_text(CONFIG)
    return folder


def train(planted, home, *more, expect=0, config="models.toml"):
    return run_in(home, "train", "--config", planted / config, "--set", f"data.catalog={planted / 'G'}", *more,
                  expect=expect)


@pytest.fixture(scope="module")
def trained(planted):
    return train(planted, planted, "--json")


def cpcv_of(done):
    return json.loads(done.stdout)["cpcv"]


def test_every_path_covers_all_rows_and_finds_the_edge(trained):
    found = cpcv_of(trained)
    assert (found["groups"], found["test_groups"], found["splits"], found["paths"]) == (6, 2, 15, 5)
    assert found["trainings"] == 30 and found["ensemble"] == "mean"
    # all but the 50 that features wait for, the last 7 of a window and the newest, which has no label
    assert BARS - 70 < found["rows"] < BARS
    assert [one["family"] for one in found["models"]] == ["logistic", "xgboost", "ensemble"]
    for one in found["models"]:
        assert one["accuracy"]["min"] > 0.6 and one["accuracy"]["max"] < 0.69, one
        assert one["auc"]["mean"] > 0.65
        assert one["log_loss"]["max"] < one["base_log_loss"]["min"]
        # the same rows on each path: what hangs on rows alone is the same, what was trained is not
        assert max(one[figure]["deviation"] for figure in ("base_rate", "base_log_loss")) < 1e-12
        assert one["log_loss"]["deviation"] > 0
        for figure in ("accuracy", "log_loss", "auc", "brier", "rank_ic"):
            paths = one[figure]["paths"]
            assert len(paths) == 5 and len(set(paths)) > 1
            assert math.isclose(one[figure]["mean"], statistics.mean(paths))
            assert math.isclose(one[figure]["deviation"], statistics.stdev(paths))
            assert (one[figure]["min"], one[figure]["max"]) == (min(paths), max(paths))


def test_how_many_trainings_it_takes_is_told_beforehand(trained):
    assert "15 splits, 5 paths, 30 trainings" in trained.stderr


def test_the_same_bits_come_out_again_and_models_are_not_touched(planted, trained, tmp_path):
    assert cpcv_of(train(planted, tmp_path, "--json")) == cpcv_of(trained)
    plain = json.loads(train(planted, tmp_path, "--json", config="plain.toml").stdout)
    assert plain["cpcv"] is None
    assert plain["succession"] == json.loads(trained.stdout)["succession"]


def test_the_table_has_a_line_of_each_family(planted, trained):
    lines = train(planted, planted).stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("Combinatorial purged"))
    assert "5 paths" in lines[at]
    assert [line.split()[0] for line in lines[at + 1:at + 4]] == ["logistic", "xgboost", "ensemble"]
    assert all("accuracy 0.6" in line and "AUC" in line for line in lines[at + 1:at + 4])


def test_one_group_tested_is_one_path(planted, tmp_path):
    found = cpcv_of(train(planted, tmp_path, "--set", "models.cpcv.groups=4", "--set", "models.cpcv.test_groups=1",
                          "--set", 'models.families=["xgboost"]', "--json", config="plain.toml"))
    assert (found["splits"], found["paths"], found["trainings"]) == (4, 1, 4)
    family, ensemble = found["models"]
    assert family["accuracy"]["deviation"] == 0 and len(family["accuracy"]["paths"]) == 1
    assert ensemble["accuracy"] == family["accuracy"]


def test_shuffled_labels_leave_chance_on_every_path(planted, tmp_path):
    found = cpcv_of(train(planted, tmp_path, "--shuffle-labels", 2, "--json"))
    for one in found["models"]:
        # four standard errors of all rows around a half, which both classes are near
        assert all(abs(path - 0.5) < 4 * math.sqrt(0.25 / found["rows"]) + 0.02 for path in
                   one["accuracy"]["paths"]), one


@pytest.mark.parametrize("target", ["value", "quantiles(0.2, 0.5, 0.8)"])
def test_numbers_are_judged_by_their_own_figures(planted, tmp_path, target):
    found = cpcv_of(train(planted, tmp_path, "--set", "models.label=forward_return(1)", "--set", f"models.target={target}",
                          "--set", 'models.families=["xgboost"]', "--set", "models.cpcv.groups=4", "--json"))
    assert found["paths"] == 3
    family = found["models"][0]
    assert family["rmse"]["max"] < family["base_rmse"]["min"] and family["r_squared"]["min"] > 0
    assert family["rank_ic"]["min"] > 0.15 and family["accuracy"]["min"] > 0.57
    assert "log_loss" not in family
    if target == "value":
        assert family["pinball_loss"] is None
    else:
        assert family["pinball_loss"]["max"] < family["base_pinball_loss"]["min"]


@pytest.mark.parametrize("setting,words", [
    ("models.cpcv.groups=1", ["models.cpcv.groups", "2 to"]),
    ("models.cpcv.groups=many", ["models.cpcv.groups", "whole number"]),
    ("models.cpcv.test_groups=0", ["models.cpcv.test_groups", "1 to"]),
    ("models.cpcv.test_groups=6", ["models.cpcv.test_groups", "fewer"]),
    ("models.cpcv.groups=900", ["models.cpcv.groups", "fewer groups"]),
    ("models.cpcv.folds=3", ["models.cpcv.folds", "groups, test_groups"]),
    ("models.cpvc.groups=3", ["models.cpvc.groups", "cpcv"]),
])
def test_bad_settings_are_named(planted, tmp_path, setting, words):
    refused = train(planted, tmp_path, "--set", setting, expect=2).stderr
    assert all(word in refused for word in words), refused
    assert not (tmp_path / "models").exists()


def test_more_groups_than_rows_are_refused(planted, tmp_path):
    refused = train(planted, tmp_path, "--set", "models.cpcv.groups=100", "--set", "models.cpcv.test_groups=1", "--set",
                    "data.to=2024-01-06", expect=2).stderr
    assert "models.cpcv" in refused and "too few for 100 folds" in refused
