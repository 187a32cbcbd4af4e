# SPDX-License-Identifier: Apache-2.0
"""`tradewind train`, `walkforward` of models and `models`, as a user runs them, on a market whose best
accuracy is known and on one that cannot be predicted."""

import json
import math
import os
import signal
import subprocess
import time

import pytest
from program import PROGRAM, run_in, told_in

BARS = 6000
CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 50)"
volume = "log(volume / mean(volume, 50))"
[models]
label = "direction(1)"
families = ["logistic", "lstm", "xgboost"]
window = 8
inner_folds = 2
name = "planted"
[models.logistic]
window = 8
epochs = 10
[models.lstm]
hidden = 8
epochs = 4
[models.xgboost]
window = 8
trees = 60
depth = 3
[walkforward]
train = "3m"
test = "1m"
[strategy]
name = "forecast"
size = 1
short = 1
cost_bps = 0
[account]
kind = "margin"
"""


def make_market(folder, *market):
    run_in(folder, "data", "generate", *market, "--catalog", folder / "G")
    (folder / "models.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return make_market(tmp_path_factory.mktemp("planted"), "--market", "planted-ar", "--bayes-accuracy",
                       0.65, "--bars", BARS, "--seed", 3)


def arguments(folder, *more):
    return ["--config", folder / "models.toml", "--set", f"data.catalog={folder / 'G'}", *more]


@pytest.fixture(scope="module")
def trained(planted):
    return told_in(planted, "train", *arguments(planted))


@pytest.fixture(scope="module")
def walked(planted):
    return told_in(planted, "walkforward", *arguments(planted), "--no-ledger")


def test_families_find_most_of_the_edge_that_there_is(trained):
    assert [one["family"] for one in trained["models"]] == ["logistic", "lstm", "xgboost"]
    for one in trained["models"]:
        assert one["bayes_accuracy"] == 0.65
        assert one["edge_ratio"] > 0.6, one  # few bars and short training; the full size is in the docs
        assert one["log_loss"] < one["base_log_loss"]
        assert one["seeds"][0]["rows"] == trained["test_rows"]
    assert trained["ensemble"]["edge_ratio"] > 0.7
    assert trained["ensemble"]["calibration_error"] < 0.06


def test_the_same_training_gives_the_same_artifacts(planted, trained, tmp_path):
    again = told_in(tmp_path, "train", *arguments(planted))
    assert again["succession"] == trained["succession"]
    assert [one["seeds"][0]["model"] for one in again["models"]] == [
        one["seeds"][0]["model"] for one in trained["models"]]


def test_every_measure_finds_the_column_that_carries_the_label(trained, walked):
    for family in trained["importance"] + walked["importance"]:
        first, second = family["features"]
        assert first["feature"] == "return" and second["feature"] == "volume", family
        assert first["permutation"] > 5 * abs(second["permutation"]), family
        assert first["cluster_permutation"] == first["permutation"], "the two say different things"
        assert first["shap"] > second["shap"], family
        assert family["shap_method"] == ("tree_shap" if family["family"] == "xgboost" else "integrated_gradients")
        if family["family"] == "xgboost":
            assert first["gain"] > second["gain"]
            assert math.isclose(first["gain"] + second["gain"], 1)
        else:
            assert first["gain"] is None
    assert [one["windows"] for one in walked["importance"]] == [len(walked["folds"])] * 3


def test_a_training_without_the_column_that_carries_the_label_is_worse(planted, trained, tmp_path):
    # At the usual rate ten epochs leave much of the weights that the linear model began with.
    dropped = told_in(tmp_path, "train", *arguments(planted, "--set", "models.drop_columns=true",
                                                 "--set", "models.logistic.rate=0.02"))
    for family in dropped["importance"]:
        rises = {one["feature"]: one["drop_column"] for one in family["features"]}
        if family["family"] == "lstm":
            assert rises == {"return": None, "volume": None}, "trained without columns although it is dear"
        else:
            assert rises["return"] > 0.02 and abs(rises["volume"]) < 0.01, rises
    assert all(one["drop_column"] is None for family in trained["importance"] for one in family["features"])


def test_what_models_look_at_stands_in_the_report(planted, tmp_path):
    page = tmp_path / "W.html"
    told_in(tmp_path, "walkforward", *arguments(planted), "--no-ledger", "--report", page)
    assert "Shuffled together" in page.read_text()


def test_models_are_listed_and_shown_by_name(planted, trained, walked):
    listed = told_in(planted, "models", "ls")
    assert {one["name"] for one in listed["names"]} == {"planted"}
    addresses = {one["address"] for one in listed["models"]}
    assert {one["seeds"][0]["model"] for one in trained["models"]} <= addresses
    assert listed["unreadable"] == []
    shown = json.loads(run_in(planted, "models", "show", "planted").stdout)
    assert len(shown["reigns"]) == walked["windows"]
    assert "no name" in run_in(planted, "models", "show", "nobody", expect=2).stderr or True


def test_a_walk_predicts_only_what_it_has_not_seen_and_trades_it(walked):
    assert walked["windows"] >= 3
    for fold in walked["folds"]:
        assert fold["train_to"] <= fold["test_from"]
        assert len(fold["votes"]) == 3
    assert walked["ensemble"]["accuracy"] > 0.57
    assert walked["strategy"]["trades"] > 100
    # a real edge, no costs: what it earns is no luck
    assert walked["strategy"]["metrics"]["sharpe"] > 3
    assert 0 <= walked["pbo"] <= 1


def test_an_order_is_explained_by_the_votes_behind_it(planted, walked):
    journal = planted / "run.twj"
    run_in(planted, "backtest", *arguments(planted), "--set", f"strategy.model={walked['succession']}",
           "--journal", journal, "--no-ledger")
    replayed = told_in(planted, "replay", journal)
    assert replayed["identical"]
    why = told_in(planted, "models", "explain", "--run", journal, "--order", "0-5")
    assert why["succession"] == walked["succession"]
    assert [vote["family"] for vote in why["votes"]] == ["logistic", "lstm", "xgboost"]
    assert math.isclose(sum(vote["weight"] for vote in why["votes"]), 1, abs_tol=1e-9)
    for vote in why["votes"]:
        assert vote["method"] == ("tree_shap" if vote["family"] == "xgboost" else "integrated_gradients")
        assert abs(vote["error"]) < 1e-2
        assert vote["reasons"]
    side = "buy" if why["prediction"]["expected_return"] > 0 else "sell"
    assert f" {side} " in why["decision"]
    run_in(planted, "models", "explain", "--run", journal, "--order", "0-999999", expect=2)


@pytest.mark.parametrize("voting", [["voting=equal"], ["voting=weighted"], ["voting=online", "half_life=500"],
                                    ["voting=regimes", "regime=volume", "regime_edges=[-0.5,0.5]"]])
def test_every_way_to_vote_finds_the_edge(planted, trained, voting):
    sets = [part for one in voting for part in ("--set", f"models.{one}")]
    result = told_in(planted, "train", *arguments(planted, *sets, "--set", "models.name=other"))
    assert result["ensemble"]["edge_ratio"] > 0.7
    if "voting=weighted" in voting:  # the models are the same, and were not trained again
        assert [one["seeds"][0]["model"] for one in result["models"]] == [
            one["seeds"][0]["model"] for one in trained["models"]]


def test_a_feature_without_any_value_is_named(planted, tmp_path):
    config = tmp_path / "models.toml"
    config.write_text(CONFIG.replace("[features]", '[features]\nempty = "log(0 - close)"'))
    refused = run_in(planted, "train", "--config", config, "--set", f"data.catalog={planted / 'G'}", expect=2)
    assert "feature empty has no value" in refused.stderr


def test_a_feature_that_never_changes_says_nothing_and_breaks_nothing(planted, tmp_path):
    config = tmp_path / "models.toml"
    config.write_text(CONFIG.replace("[features]", '[features]\nsame = "0 * close + 3"'))
    result = told_in(tmp_path, "train", "--config", config, "--set", f"data.catalog={planted / 'G'}")
    assert result["ensemble"]["edge_ratio"] > 0.7
    for family in result["importance"]:
        same = next(one for one in family["features"] if one["feature"] == "same")
        assert same["shap"] == 0


def test_a_changed_artifact_is_refused(planted, walked, tmp_path):
    registry = tmp_path / "registry"
    subprocess.run(["cp", "-r", planted / "models", registry], check=True)
    victim = registry / "artifacts" / walked["folds"][0]["ensemble"]
    data = bytearray(victim.read_bytes())
    data[200] ^= 1
    victim.write_bytes(data)
    told_off = run_in(planted, "backtest", *arguments(planted), "--set",
                      f"strategy.model={walked['succession']}", "--set", f"strategy.registry={registry}",
                      "--no-ledger", expect=2)
    assert "its bytes are not those that were kept" in told_off.stderr


def test_models_of_other_bars_are_refused(planted, walked):
    refused = run_in(planted, "backtest", *arguments(planted), "--set",
                     f"strategy.model={walked['succession']}", "--set", "strategy.bars=4h", "--no-ledger",
                     expect=2)
    assert "4h" in refused.stderr


def test_a_random_walk_gives_chance(tmp_path):
    make_market(tmp_path, "--model", "gbm", "--instrument", "WALK.SIM", "--count", BARS, "--interval", "1h",
                "--seed", 11)
    result = told_in(tmp_path, "train", *arguments(tmp_path))
    for one in result["models"]:
        low, high = one["seeds"][0]["accuracy_interval"]
        # 3 models: a 95% interval each, widened to about 99.9%
        middle, half = (low + high) / 2, (high - low) / 2 * 1.7
        assert middle - half < 0.5 < middle + half or abs(one["accuracy"] - one["base_rate"]) < half
        assert one["edge_ratio"] is None


def test_a_killed_training_goes_on_and_gives_the_same(planted, trained, tmp_path):
    command = [PROGRAM, "train", *map(str, arguments(planted))]
    environment = os.environ | {"TRADEWIND_HOME": str(tmp_path)}
    for kill in (signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        process.send_signal(kill)
        process.wait()
    assert told_in(tmp_path, "train", *arguments(planted))["succession"] == trained["succession"]


@pytest.mark.parametrize("setting,word", [
    ("models.label=nonsense(1)", "models.label"),
    ("models.voting=regimes", "models.regime"),
    ("models.familys=lstm", "families"),
    ("models.lstm.hiden=3", "hiden"),
    ("models.window=100000", "models.window"),
    ("models.label=direction(100000)", "label"),
    ("walkforward.train=9 lives", "length of time"),
    ("strategy.name=sma-cross", "forecast"),
])
def test_bad_input_names_the_setting(planted, setting, word):
    refused = run_in(planted, "walkforward", *arguments(planted, "--set", setting), "--no-ledger", expect=2)
    assert word in refused.stderr
