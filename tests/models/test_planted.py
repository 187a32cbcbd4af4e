# SPDX-License-Identifier: Apache-2.0
"""Who finds what in the planted markets: each check fails where a learner misses what is there, or finds
what is not. Small ones for CI; docs/models.md has the full size."""

import json
import os
import subprocess

import pytest

PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")
CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 200)"
volume = "log(volume / mean(volume, 200))"
range = "(high - low) / close / mean((high - low) / close, 200)"
[models]
label = "direction(1)"
inner_folds = 2
"""
LOGISTIC = """
[models.logistic]
window = {window}
epochs = 10
rate = 0.005
"""
TREES = """
[models.xgboost]
window = {window}
columns = 1
depth = 4
trees = 100
"""
# The strongest planted edge that leaves luck no room: 0.7 of 3,000 test rows is known to 0.017
# (two standard errors), and chance to 0.018.
ACCURACY = 0.7
NEAR_CHANCE = 0.035  # four standard errors of 3,000 rows


def train(folder, market, families, settings, *, accuracy=ACCURACY, bars=10000):
    """What `tradewind train` found, by family."""
    environment = os.environ | {"TRADEWIND_HOME": str(folder)}

    def run(*arguments):
        done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False,
                              env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("data", "generate", "--market", market, "--bayes-accuracy", accuracy, "--bars", bars, "--seed", 5,
        "--catalog", folder / "G")
    config = folder / "models.toml"
    config.write_text(CONFIG + f"families = {json.dumps(families)}\ntest = 0.3\n" + settings)
    told = json.loads(run("train", "--config", config, "--set", f"data.catalog={folder / 'G'}", "--json"))
    return {one["family"]: one for one in told["models"]} | {"ensemble": told["ensemble"]}


def test_a_linear_model_finds_the_hidden_sum_of_returns(tmp_path):
    found = train(tmp_path, "planted-ar", ["logistic"], LOGISTIC.format(window=16))
    assert found["logistic"]["edge_ratio"] > 0.9, found["logistic"]


@pytest.mark.parametrize("market", ["planted-interaction", "planted-regimes"])
def test_trees_find_the_product_that_a_linear_model_cannot(tmp_path, market):
    found = train(tmp_path, market, ["logistic", "xgboost"], LOGISTIC.format(window=1) + TREES.format(window=1))
    assert found["xgboost"]["edge_ratio"] > 0.9, found["xgboost"]
    assert abs(found["logistic"]["accuracy"] - 0.5) < NEAR_CHANCE, found["logistic"]
    # a member that knows nothing does not harm the ensemble
    assert found["ensemble"]["accuracy"] > found["xgboost"]["accuracy"] - 0.02


def test_a_model_of_sequences_finds_what_trees_on_recent_rows_do_not(tmp_path):
    settings = TREES.format(window=4) + """
[models.lstm]
window = 40
hidden = 16
rate = 0.005
epochs = 15
patience = 0
pooling = "last"
"""
    found = train(tmp_path, "planted-memory", ["lstm", "xgboost"], settings)
    assert found["lstm"]["edge_ratio"] > 0.8, found["lstm"]
    assert found["lstm"]["accuracy"] > found["xgboost"]["accuracy"] + 0.05, found["xgboost"]


def test_nobody_finds_anything_where_there_is_nothing(tmp_path):
    settings = LOGISTIC.format(window=4) + TREES.format(window=4) + "[models.mlp]\nwindow = 4\nepochs = 8\n"
    found = train(tmp_path, "planted-interaction", ["logistic", "mlp", "xgboost"], settings, accuracy=0.5)
    for name, one in found.items():
        assert abs(one["accuracy"] - 0.5) < NEAR_CHANCE, (name, one["accuracy"])
        assert one["edge_ratio"] is None
