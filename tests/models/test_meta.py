# SPDX-License-Identifier: Apache-2.0
"""Meta-labelling, as a user runs it: on a market in which volume tells when the direction is known, and on
one in which there is nothing to know."""

import hashlib
import json
import math
import subprocess

import pytest
from program import run_in, told_in

BARS = 12000
ACT = 0.6
# The directions are told by a linear model of the return alone, which cannot know when to believe itself.
CONFIG = """
[data]
instruments = "*"
[features]
return = "log(close / ref(close, 1)) / std(log(close / ref(close, 1)), 200)"
volume = "log(volume / mean(volume, 200))"
[models]
label = "direction(1)"
families = ["logistic"]
inner_folds = 3
permutations = 0
name = "gated"
[models.logistic]
epochs = 10
rate = 0.005
[models.meta]
family = "xgboost"
trees = 100
depth = 3
[walkforward]
train = "9m"
test = "3m"
[strategy]
name = "forecast"
size = 1
short = 1
cost_bps = 0
[account]
kind = "margin"
"""


def arguments(folder, *more):
    return ["--config", folder / "models.toml", "--set", f"data.catalog={folder / 'G'}", *more]


def make_market(folder, market, accuracy, *, bars=BARS, seed=5):
    run_in(folder, "data", "generate", "--market", market, "--bayes-accuracy", accuracy, "--bars", bars, "--seed",
           seed, "--catalog", folder / "G")
    (folder / "models.toml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def gated(tmp_path_factory):
    return make_market(tmp_path_factory.mktemp("gated"), "planted-gate", 0.68)


@pytest.fixture(scope="module")
def trained(gated):
    return told_in(gated, "train", *arguments(gated, "--set", f"strategy.act={ACT}"))


def error_of(share, rows):
    return math.sqrt(share * (1 - share) / rows)


def test_a_meta_model_knows_when_to_believe_the_direction(trained):
    meta = trained["meta"]
    assert meta["family"] == "xgboost" and meta["act"] == ACT
    assert meta["rows"] > 3000
    # the gate is open for half of the bars; there the rule is right in 0.86, elsewhere in a half
    assert 0.4 < meta["coverage"] < 0.6, meta
    assert meta["precision"] > meta["base_rate"] + 6 * error_of(meta["base_rate"], meta["acted"]), meta
    assert meta["precision"] > 0.86 - 4 * error_of(0.86, meta["acted"]), meta
    rest = meta["rows"] - meta["acted"]
    assert abs(meta["precision_of_rest"] - 0.5) < 4 * error_of(0.5, rest), meta
    assert meta["primary_accuracy_acted"] > meta["primary_accuracy"] + 0.1, meta
    assert abs(meta["primary_accuracy"] - trained["ensemble"]["accuracy"]) < 0.005, meta
    assert meta["auc"] > 0.5 + 10 * meta["auc_deviation_by_chance"], meta
    assert meta["log_loss"] < meta["base_log_loss"] - 0.05, meta
    assert meta["calibration_error"] < 0.05, meta
    assert meta["precision_interval"][0] < meta["precision"] < meta["precision_interval"][1]
    recalled = meta["precision"] * meta["acted"] / (meta["base_rate"] * meta["rows"])
    assert math.isclose(meta["recall"], recalled, rel_tol=1e-9)


def test_in_a_random_walk_a_meta_model_finds_nothing(tmp_path):
    make_market(tmp_path, "planted-ar", 0.5)
    meta = told_in(tmp_path, "train", *arguments(tmp_path))["meta"]
    assert meta["rows"] > 3000
    assert abs(meta["auc"] - 0.5) < 3.5 * meta["auc_deviation_by_chance"], meta
    assert abs(meta["base_rate"] - 0.5) < 4 * error_of(0.5, meta["rows"]), meta
    assert meta["log_loss"] > meta["base_log_loss"] - 0.005, meta


def test_the_same_training_gives_the_same_meta_model(gated, trained, tmp_path):
    again = told_in(tmp_path, "train", *arguments(gated, "--set", f"strategy.act={ACT}"))
    assert again["meta"] == trained["meta"]
    assert again["succession"] == trained["succession"]


def test_meta_reads_the_features_that_it_is_given_alone(gated, tmp_path):
    blind = told_in(tmp_path, "train", *arguments(gated, "--set", "models.meta.features=return"))["meta"]
    assert abs(blind["auc"] - 0.5) < 0.06, "return alone does not tell whether the gate is open"
    shown = json.loads(run_in(tmp_path, "models", "show", blind["models"][0]).stdout)
    assert shown["inputs"] == 5 and shown["label"].startswith("meta(direction(n=1, "), shown


def test_strategy_acts_only_where_meta_says_so_and_replays(gated, trained, tmp_path):
    bars, gains = {}, {}
    for name, more in {"all": [], "acting": [f"strategy.act={ACT}"],
                       "betting": ["strategy.bet=meta", "strategy.share=1", "strategy.step=0.2"]}.items():
        journal = tmp_path / f"{name}.twj"
        sets = [x for one in ["strategy.model=gated", *more] for x in ("--set", one)]
        sized = [x for x in (gated / "models.toml").read_text().splitlines() if x != "size = 1" or name != "betting"]
        (tmp_path / "own.toml").write_text("\n".join(sized))
        traded = told_in(gated, "backtest", "--config", tmp_path / "own.toml", "--set", f"data.catalog={gated / 'G'}",
                         *sets, "--from", trained["test_from"][:10], "--no-ledger", "--journal", journal)
        bars[name] = sum(one["bars_held"] for one in traded["trades"])
        gains[name] = sum(one["pnl"] for one in traded["trades"]) / bars[name]
        replayed = told_in(gated, "replay", journal)
        assert replayed["identical"], replayed
    # half of the bars are traded, which are those that earn: 2 x 0.86 - 1 a step beside 2 x 0.68 - 1
    assert 0.4 < bars["acting"] / bars["all"] < 0.6, bars
    assert gains["acting"] > 1.5 * gains["all"] > 0, gains
    assert bars["betting"] > 0


def test_a_walk_tells_of_meta_models_and_trades_by_them(gated, tmp_path):
    page = tmp_path / "W.html"
    asked = arguments(gated, "--set", f"strategy.act={ACT}", "--set", "models.name=walked")
    walked = told_in(gated, "walkforward", *asked, "--no-ledger", "--report", page)
    meta = walked["meta"]
    assert meta == walked["ensemble"]["meta"] and meta["models"] == [
        one["meta"]["models"][0] for one in walked["folds"]]
    assert meta["rows"] == sum(one["meta"]["rows"] for one in walked["folds"])
    assert meta["precision"] > meta["base_rate"] + 0.08, meta
    assert [one["meta"]["family"] for one in walked["models"]] == ["xgboost"]
    assert walked["strategy"]["trades"] > 0
    assert "Right where acted" in page.read_text()
    table = run_in(gated, "walkforward", *asked, "--no-ledger").stdout
    assert "meta model (xgboost)" in table and f"where above {ACT}" in table


def test_explain_shows_the_meta_model_beside_the_votes(gated, trained, tmp_path):
    journal = tmp_path / "r.twj"
    run_in(gated, "backtest", *arguments(gated, "--set", "strategy.model=gated", "--set", f"strategy.act={ACT}"),
           "--from", trained["test_from"][:10], "--no-ledger", "--journal", journal)
    explained = told_in(gated, "models", "explain", "--run", journal, "--order", "0-1")
    meta = explained["meta"]
    assert meta["model"] == trained["meta"]["models"][0]
    assert meta["right"] == explained["prediction"]["meta"] > ACT
    assert meta["side"] == math.copysign(1, explained["prediction"]["expected_return"])
    assert meta["reasons"][0]["feature"] == "volume", meta
    assert abs(meta["error"]) < 1e-4
    assert "as meta model" in run_in(gated, "models", "explain", "--run", journal, "--order", "0-1").stdout


def artifact(home, address):
    found = [path for path in (home / "models").rglob("*") if path.is_file() and address in path.as_posix().replace("/", "")]
    assert len(found) == 1, found
    return found[0]


def test_a_changed_or_foreign_meta_model_is_refused(gated, trained, tmp_path):
    def backtest(home):
        return run_in(home, "backtest", *arguments(gated, "--set", "strategy.model=gated"), "--no-ledger", expect=2).stderr

    home = tmp_path / "home"
    home.mkdir()
    subprocess.run(["cp", "-r", gated / "models", home / "models"], check=True)
    address = trained["meta"]["models"][0]
    own = artifact(home, address)
    bytes_ = bytearray(own.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    own.chmod(0o644)
    own.write_bytes(bytes(bytes_))
    assert address[:12] in backtest(home)
    own.unlink()
    assert address[:12] in backtest(home)
    # another's, under its name
    other = told_in(tmp_path / "other", "train", *arguments(gated, "--set", "models.logistic.epochs=3"))["meta"]["models"][0]
    assert other != address
    foreign = artifact(tmp_path / "other", other).read_bytes()
    assert hashlib.sha256(foreign[:-32]).hexdigest() == other
    own.write_bytes(foreign)
    assert address[:12] in backtest(home)


def test_wrong_settings_are_refused_in_a_line(gated, trained, tmp_path):
    def refused(*sets, verb="train"):
        more = [x for one in sets for x in ("--set", one)]
        ledger = ["--no-ledger"] if verb != "train" else []
        return run_in(gated, verb, *arguments(gated, *more), *ledger, expect=2).stderr

    assert "models.meta.family" in refused("models.meta.family=lstm")
    assert "models.meta.features: there is no feature nope; there are return, volume" in refused(
        "models.meta.features=nope")
    assert "models.meta.cost_bps" in refused("models.meta.cost_bps=-1")
    assert "reads one row" in refused("models.meta.window=4")
    assert "models.meta.leaves" in refused("models.meta.leaves=4")
    assert "models.meta: a meta model says when" in refused("models.label=forward_return(1)")
    bare = tmp_path / "bare.toml"
    text = CONFIG.replace("[models.meta]\nfamily", "[models.xgboost]\n#").replace('name = "gated"', 'name = "bare"')
    bare.write_text(text)
    said = run_in(gated, "walkforward", "--config", bare, "--set", f"data.catalog={gated / 'G'}", "--set",
                  "strategy.act=0.6", "--no-ledger", expect=2).stderr
    assert "strategy.act: there is no meta model" in said
    run_in(gated, "train", "--config", bare, "--set", f"data.catalog={gated / 'G'}")
    for setting in ["strategy.act=0.6", "strategy.bet=meta"]:
        said = run_in(gated, "backtest", "--config", bare, "--set", f"data.catalog={gated / 'G'}", "--set",
                      "strategy.model=bare", "--set", setting, "--no-ledger", expect=2).stderr
        assert "[models.meta]" in said
