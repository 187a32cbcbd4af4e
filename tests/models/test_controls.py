# SPDX-License-Identifier: Apache-2.0
"""Controls: where there is nothing to find nothing is found, and what looks ahead is caught."""

import csv
import json
import shutil

import pytest
from program import run_in

BARS = 6000
FAMILIES = ["logistic", "mlp", "lstm", "transformer", "xgboost"]
CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 100)"
volume = "log(volume / mean(volume, 100))"
[models]
label = "direction(1)"
weights = ["uniqueness"]
inner_folds = 2
permutations = 0
name = "controlled"
window = 8
[models.logistic]
window = 16
epochs = 8
rate = 0.005
[models.mlp]
window = 16
epochs = 5
[models.lstm]
hidden = 8
epochs = 3
rate = 0.005
[models.transformer]
width = 8
heads = 2
layers = 1
feedforward = 16
epochs = 3
rate = 0.005
[models.xgboost]
window = 8
trees = 60
depth = 3
"""


def make_market(folder, accuracy):
    run_in(folder, "data", "generate", "--market", "planted-ar", "--bayes-accuracy", accuracy, "--bars", BARS, "--seed", 7,
           "--catalog", folder / "G")
    (folder / "models.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return make_market(tmp_path_factory.mktemp("planted"), 0.65)


def train(folder, *more, expect=0, catalog="G"):
    return run_in(folder, "train", "--config", folder / "models.toml", "--set", f"data.catalog={folder / catalog}",
                  *more, expect=expect)


def told(folder, *more, **how):
    return json.loads(train(folder, *more, "--json", **how).stdout)


def test_with_shuffled_labels_every_family_is_at_chance(planted):
    found = told(planted, "--set", 'models.families=["logistic"]')
    assert found["control"] is None
    assert found["models"][0]["accuracy"] > 0.6, "there is nothing to shuffle away"
    assert found["models"][0]["seeds"][0]["beyond_bayes"] is False
    listed = run_in(planted, "models", "ls", "--json").stdout

    control = told(planted, "--shuffle-labels", 3)
    assert [one["family"] for one in control["models"]] == FAMILIES
    for one in [*(family["seeds"][0] for family in control["models"]), control["ensemble"]]:
        chance = one["chance"]
        assert chance["measure"] == "accuracy" and chance["found"] == one["accuracy"]
        assert chance["low"] <= one["accuracy"] <= chance["high"], one
        # an interval that held everything would be no check
        assert 0.45 < chance["low"] <= chance["expected"] <= chance["high"] < 0.56
        assert chance["within"]
    assert control["control"] == {"kind": "shuffled_labels", "seed": 3, "chance_miss": 0.001, "within_chance": True}
    assert control["succession"] is None and control["name"] is None
    assert all(one["bayes_accuracy"] is None for one in control["models"])
    assert run_in(planted, "models", "ls", "--json").stdout == listed, "a control was kept"


def test_a_seed_deals_one_way_and_another_another(planted):
    fast = ("--set", 'models.families=["logistic"]')
    first, again, other = (told(planted, *fast, "--shuffle-labels", seed) for seed in (3, 3, 4))
    model = [one["models"][0]["seeds"][0]["model"] for one in (first, again, other)]
    assert model[0] == model[1] != model[2]


@pytest.mark.parametrize("target", ["value", "quantiles(0.1, 0.5, 0.9)"])
def test_numbers_are_at_chance_too(planted, target):
    control = told(planted, "--shuffle-labels", 5, "--set", "models.label=forward_return(1)", "--set",
                   f"models.target={target}", "--set", 'models.families=["logistic", "xgboost"]')
    assert control["control"]["within_chance"], control["models"]
    assert control["models"][0]["seeds"][0]["chance"]["measure"] == "rank_ic"


def test_the_text_says_that_it_is_a_control(planted):
    text = train(planted, "--shuffle-labels", 3, "--set", 'models.families=["logistic"]').stdout
    assert "nothing is found" in text and "nothing: a control" in text


def test_a_random_walk_shows_chance_and_data_that_look_ahead_are_caught(tmp_path):
    folder = make_market(tmp_path, 0.5)
    fast = ("--set", 'models.families=["logistic", "xgboost"]')
    walk = told(folder, *fast)
    for one in [*(family["seeds"][0] for family in walk["models"]), walk["ensemble"]]:
        assert abs(one["accuracy"] - 0.5) < 0.04, one["accuracy"]  # 3.3 standard errors of 1,750 rows
        assert one["beyond_bayes"] is False

    # The same bars, but each one's volume tells where the next one goes.
    run_in(folder, "data", "export", "--catalog", folder / "G", "--instrument", "PLANTED.SIM", "--interval",
           "1h", "--output", folder / "bars.csv")
    with open(folder / "bars.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, after in zip(rows, rows[1:]):
        row["volume"] = 1500 if float(after["close"]) > float(row["close"]) else 500
    with open(folder / "leak.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    shutil.copytree(folder / "G", folder / "L")
    run_in(folder, "data", "import", "--catalog", folder / "L", "--instrument", "PLANTED.SIM", "--interval", "1h",
           "--replace", folder / "leak.csv")
    leak = told(folder, *fast, catalog="L")
    for one in [*(family["seeds"][0] for family in leak["models"]), leak["ensemble"]]:
        assert one["accuracy"] > 0.95
        assert one["beyond_bayes"] is True
    assert "look ahead" in train(folder, *fast, catalog="L").stdout
    # and no dealing of labels finds that: it is about rows that were trained on
    assert told(folder, *fast, "--shuffle-labels", 1, catalog="L")["control"]["within_chance"]


def test_a_feature_cannot_be_written_that_looks_ahead(planted, tmp_path):
    config = tmp_path / "models.toml"
    config.write_text(CONFIG.replace("[features]", '[features]\nnext = "ref(close, -1) / close"'))
    refused = run_in(planted, "train", "--config", config, "--set", f"data.catalog={planted / 'G'}", expect=2)
    assert "next" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("seed", ["-1", "many", "1.5"])
def test_a_seed_that_is_none_is_refused(planted, seed):
    refused = train(planted, "--shuffle-labels", seed, expect=2)
    assert "--shuffle-labels" in refused.stderr and refused.stdout == ""
