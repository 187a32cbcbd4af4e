# SPDX-License-Identifier: Apache-2.0
"""Models of numbers as a user runs them: returns as a value and as quantiles, and volatility, on planted
markets in which there is something to find, and on a random walk in which there is not."""

import math

import pytest
from program import run_in, told_in

CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 50)"
volume = "log(volume / mean(volume, 50))"
range = "log((high - low) / mean(high - low, 100))"
[models]
label = "forward_return(1)"
families = ["logistic", "xgboost"]
inner_folds = 2
name = "numbers"
[models.logistic]
window = 8
epochs = 30
rate = 0.003
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
QUANTILES = "models.target=quantiles(0.1, 0.5, 0.9)"


def market(folder, *how):
    run_in(folder, "data", "generate", *how, "--catalog", folder / "G")
    (folder / "models.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return market(tmp_path_factory.mktemp("planted"), "--market", "planted-ar", "--bayes-accuracy", 0.65,
                  "--bars", 6000, "--seed", 3)


@pytest.fixture(scope="module")
def regimes(tmp_path_factory):
    """Rough bars have twice the volatility of calm ones, for 40 bars on average."""
    return market(tmp_path_factory.mktemp("regimes"), "--market", "planted-regimes", "--bayes-accuracy", 0.65,
                  "--bars", 6000, "--seed", 4)


def sets(folder, *settings):
    out = ["--config", folder / "models.toml", "--set", f"data.catalog={folder / 'G'}"]
    for one in settings:
        out += ["--set", one]
    return out


@pytest.fixture(scope="module")
def value(planted):
    return told_in(planted, "train", *sets(planted))


@pytest.fixture(scope="module")
def quantiles(planted):
    return told_in(planted, "train", *sets(planted, QUANTILES))


def near(share, nominal, rows, errors=4):
    """Within so many standard errors of a share, and 0.02 for a market that is not the same all the time."""
    return abs(share - nominal) < errors * math.sqrt(nominal * (1 - nominal) / rows) + 0.02


def test_a_return_is_a_value_unless_said_and_its_planted_edge_is_found(value):
    assert value["target"] == {"task": "value", "levels": []}
    for one in value["models"]:
        assert one["rank_ic"] > 0.15, one  # of 1,800 rows: 0 would be known to 0.024
        assert one["edge_ratio"] > 0.6, one
        assert one["accuracy"] > one["base_rate"]
    ensemble = value["ensemble"]
    assert ensemble["r_squared"] > 0.04
    assert ensemble["rmse"] < ensemble["base_rmse"]
    assert ensemble["rank_ic"] > 0.2 and ensemble["ic"] > 0.2
    assert ensemble["edge_ratio"] > 0.7
    assert ensemble["interval_nominal"] == pytest.approx(0.9)
    assert near(ensemble["interval_coverage"], 0.9, ensemble["rows"])
    returns = ensemble["quantile_returns"]
    assert returns[0] < returns[2] < returns[4]
    assert sum(vote["weight"] for vote in ensemble["votes"]) == pytest.approx(1)


def test_quantiles_hold_their_shares_and_beat_those_of_the_training(quantiles):
    assert quantiles["target"]["levels"] == [0.1, 0.5, 0.9]
    ensemble = quantiles["ensemble"]
    assert ensemble["pinball_loss"] < ensemble["base_pinball_loss"]
    assert ensemble["interval_nominal"] == pytest.approx(0.8)
    assert near(ensemble["interval_coverage"], 0.8, ensemble["rows"])
    for one in ensemble["pinball"]:
        assert near(one["below"], one["level"], ensemble["rows"]), one
    assert ensemble["rank_ic"] > 0.2
    assert ensemble["edge_ratio"] > 0.6


def test_importance_finds_the_column_that_carries_the_return(value, quantiles):
    for result in (value, quantiles):
        for family in result["importance"]:
            first = family["features"][0]
            assert first["feature"] == "return" and first["permutation"] > 0, family


def test_the_same_training_gives_the_same_artifacts(planted, quantiles, tmp_path):
    again = told_in(tmp_path, "train", *sets(planted, QUANTILES))
    assert again["succession"] == quantiles["succession"]


@pytest.mark.parametrize("voting", [["voting=equal"], ["voting=weighted"], ["voting=online", "half_life=500"],
                                    ["voting=regimes", "regime=volume", "regime_edges=[0]"]])
@pytest.mark.parametrize("target", ["models.target=value", QUANTILES])
def test_every_way_to_vote_finds_the_edge(planted, voting, target):
    result = told_in(planted, "train", *sets(planted, target, "models.name=other", "models.permutations=0",
                                          *(f"models.{one}" for one in voting)))
    assert result["ensemble"]["rank_ic"] > 0.2
    assert near(result["ensemble"]["interval_coverage"], result["ensemble"]["interval_nominal"], 1800)


@pytest.mark.parametrize("target", ["models.target=value", QUANTILES])
def test_a_walk_trades_returns_and_an_order_is_explained(planted, target, tmp_path):
    page = tmp_path / "W.html"
    walked = told_in(tmp_path, "walkforward", *sets(planted, target), "--no-ledger", "--report", page)
    assert walked["windows"] >= 3 and walked["not_traded"] is None
    assert walked["ensemble"]["rank_ic"] > 0.15
    assert walked["strategy"]["trades"] > 100
    assert walked["strategy"]["metrics"]["sharpe"] > 3  # a real edge, no costs
    assert 0 <= walked["pbo"] <= 1
    assert len(walked["folds"]) == walked["windows"]
    assert all("r_squared" in one for fold in walked["folds"] for one in fold["models"])
    text = page.read_text()
    assert "Share in the interval" in text and "Right signs" in text
    journal = tmp_path / "run.twj"
    run_in(tmp_path, "backtest", *sets(planted, f"strategy.model={walked['succession']}"), "--journal", journal,
           "--no-ledger")
    assert told_in(tmp_path, "replay", journal)["identical"]
    why = told_in(tmp_path, "models", "explain", "--run", journal, "--order", "0-5")
    said = why["prediction"]
    assert said["return_low"] < said["return_high"]
    assert math.isclose(said["up"] + said["down"], 1)
    for vote in why["votes"]:
        assert vote["task"] == target.split("=")[1].split("(")[0]
        assert vote["reasons"]
        assert abs(vote["error"]) < 1e-2
    side = "buy" if said["expected_return"] > 0 else "sell"
    assert f" {side} " in why["decision"]
    shown = told_in(tmp_path, "models", "ls")
    assert {one["task"] for one in shown["ensembles"]} == {vote["task"] for vote in why["votes"]}
    assert shown["unreadable"] == []


def test_abstaining_leaves_the_surer_rows(planted, value):
    result = told_in(planted, "train", *sets(planted, "models.abstain=0.7", "models.name=other"))
    assert 0.1 < result["ensemble"]["coverage"] < 0.95
    assert result["ensemble"]["accuracy"] > value["ensemble"]["accuracy"]


def test_log_returns_and_votes_that_go_on_learning_are_traded(planted, tmp_path):
    walked = told_in(tmp_path, "walkforward", *sets(planted, "models.label=forward_return(1, kind=log)",
                                                 "models.voting=online", "models.half_life=300"), "--no-ledger")
    assert walked["ensemble"]["rank_ic"] > 0.15
    assert walked["strategy"]["metrics"]["sharpe"] > 3


@pytest.mark.parametrize("target", ["models.target=value", QUANTILES])
def test_volatility_is_forecast_and_registered_and_not_traded(regimes, target, tmp_path):
    volatility = sets(regimes, "models.label=forward_volatility(5)", target)
    walked = told_in(tmp_path, "walkforward", *volatility, "--no-ledger", "--report", tmp_path / "W.html")
    ensemble = walked["ensemble"]
    assert ensemble["qlike"] < ensemble["base_qlike"]
    assert ensemble["r_squared"] > 0.1
    assert ensemble["rank_ic"] > 0.3
    assert near(ensemble["interval_coverage"], ensemble["interval_nominal"], walked["rows"] / 5)
    assert ensemble["accuracy"] is None and ensemble["quantile_returns"] == []
    labels = ensemble["quantile_labels"]
    assert labels[0] < labels[1] < min(labels[2:])  # the upper three fifths are all of rough bars
    assert labels[4] > 1.7 * labels[0]
    assert walked["strategy"] is None and "forward_volatility" in walked["not_traded"]
    assert ensemble["strategy"] is None and walked["pbo"] is None and walked["equity"] == []
    assert "Nothing was traded" in (tmp_path / "W.html").read_text()
    assert told_in(tmp_path, "models", "show", "numbers")["reigns"]
    table = run_in(tmp_path, "walkforward", *volatility, "--no-ledger").stdout
    assert "Not traded" in table
    assert ("pinball loss" if target == QUANTILES else "QLIKE") in table
    refused = run_in(tmp_path, "backtest", *sets(regimes, f"strategy.model={walked['succession']}"), "--no-ledger",
                     expect=2)
    assert "nothing of up or down" in refused.stderr


def test_nothing_is_found_where_there_is_nothing(tmp_path):
    market(tmp_path, "--market", "planted-ar", "--bayes-accuracy", 0.5, "--bars", 6000, "--seed", 8)
    for target in ("models.target=value", QUANTILES):
        ensemble = told_in(tmp_path, "train", *sets(tmp_path, target))["ensemble"]
        assert ensemble["rank_ic"] is None or abs(ensemble["rank_ic"]) < 4 / math.sqrt(1750)
        assert ensemble["r_squared"] < 0.01
        assert near(ensemble["interval_coverage"], ensemble["interval_nominal"], ensemble["rows"])


@pytest.mark.parametrize("settings,word", [
    (["models.target=classes"], "models.target"),
    (["models.target=median"], "models.target"),
    (["models.target=quantiles(0.9, 0.1)"], "ascend"),
    (["models.target=quantiles(0.5)"], "two"),
    (["models.calibration=platt"], "models.calibration"),
    (["models.class_weights=balanced"], "models.class_weights"),
    (["models.label=forward_volatility(5)", "models.abstain=0.3"], "models.abstain"),
    (["models.label=forward_volatility(5)", "models.voting=online"], "models.voting"),
    (["models.label=forward_return(1, entry=next_open)", "models.voting=online"], "models.voting"),
    (["models.label=direction(1)", "models.calibration=linear"], "models.calibration"),
    (["strategy.name=sma-cross"], "forecast"),
])
def test_bad_input_names_the_setting(planted, settings, word):
    refused = run_in(planted, "walkforward", *sets(planted, *settings), "--no-ledger", expect=2)
    assert word in refused.stderr
