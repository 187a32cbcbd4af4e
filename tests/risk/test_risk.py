# SPDX-License-Identifier: Apache-2.0
"""Limits and brakes of a backtest, `risk check`, and what the journal says of them, as a user runs them."""

import json
import math
import os
import pathlib

import pytest
from program import said

DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))
CONFIG = """
[data]
instruments = "*"
[account]
kind = "margin"
cash = 100000
[strategy]
name = "sma-cross"
fast = 5
slow = 30
share = 0.4
[risk]
"""
RISK = """
limits = ["leverage <= 1.2", "concentration <= 60%", "soft concentration <= 30%", "var <= 3%", "loss <= 5%",
          "gross of sector:odd <= 45%"]
brakes = ["drawdown > 2%: warn", "drawdown > 40%: flatten", "losing_trades > 3 per 30d of instrument: reducing for 5d"]
sectors = ["odd: S1.SIM S3.SIM"]
"""


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Three made-up shares over two years of days."""
    catalog = tmp_path_factory.mktemp("risk") / "catalog"
    for i in range(1, 4):
        said("data", "generate", "--catalog", catalog, "--instrument", f"S{i}.SIM", "--interval", "1d", "--count", 700,
             "--seed", i, "--volatility", 0.35)
    return catalog


def backtest(market, tmp_path, risk, *more):
    config = tmp_path / "run.toml"
    config.write_text(CONFIG + risk)
    return json.loads(said("backtest", "--config", config, "--catalog", market, "--no-ledger", "--json", *more))


def test_a_run_tells_what_each_limit_and_brake_did(market, tmp_path):
    told = backtest(market, tmp_path, RISK, "--journal", tmp_path / "run.twj")
    assert told["limits_exceeded"] == 0
    by_text = {one["limit"]: one for one in told["limits"]}
    assert by_text["soft gross of instrument <= 30%"]["shrunk"] > 0
    for one in told["limits"]:
        assert one["denied"] + one["shrunk"] == 0 or one in [
            {**x, "use": one["use"], "use_by_day": one["use_by_day"]} for x in told["denials"]]
        assert one["use"]["exceeded"] == 0
    risk = told["risk"]
    assert risk["days"] > 300 and risk["var95"] is not None
    assert 0.2 < risk["exceedances"] / risk["expected_exceedances"] < 3
    assert 0 <= risk["kupiec_p"] <= 1
    exceeded = [row[0] for row in risk["by_day"] if None not in (row[1], row[4]) and row[3] > 0 and row[4] < -row[1]]
    assert exceeded == risk["exceeded_on"] and len(exceeded) == risk["exceedances"]
    states = [one["to"] for one in told["brakes"]]
    assert "warn" in states
    # what the brakes did stands in the journal, and a replay comes to the same
    assert json.loads(said("replay", tmp_path / "run.twj", "--json"))["identical"]


def test_a_flatten_leaves_nothing_and_nothing_is_opened_after_it(market, tmp_path):
    told = backtest(market, tmp_path, 'brakes = ["drawdown > 3%: flatten"]\n')
    assert [one["to"] for one in told["brakes"]] == ["flatten"]
    assert told["open_positions"] == []
    assert all(trade["entry_ts"] <= told["brakes"][0]["ts"] for trade in told["trades"])
    assert told["denied"]["trading_halted"] > 0
    free = backtest(market, tmp_path, "")
    assert free["metrics"]["max_drawdown"] > told["metrics"]["max_drawdown"]


def test_limits_that_nobody_meets_change_nothing(market, tmp_path):
    free = backtest(market, tmp_path, "")
    wide = backtest(market, tmp_path, 'limits = ["leverage <= 50", "notional <= 5000%", "loss <= 90%"]\ndefaults = true\n')
    assert wide["trades"] == free["trades"] and wide["final_equity"] == free["final_equity"]


def check(market, tmp_path, risk, order, *more, expect=0):
    config = tmp_path / "run.toml"
    config.write_text(CONFIG + risk)
    return said("risk", "check", "--config", config, "--catalog", market, "--order", order, "--json", *more,
                expect=expect)


def test_check_says_which_limit_and_what_would_pass(market, tmp_path):
    risk = 'limits = ["notional <= 5000", "gross <= 100000000"]\n'
    told = json.loads(check(market, tmp_path, risk, "buy 100000 S1.SIM market"))
    assert told["verdict"] == "denied" and told["limit"] == "notional of order <= 5000"
    assert told["value"] == 5000 and told["actual"] > 5000
    passing = json.loads(check(market, tmp_path, risk, f"buy {told['would_pass']:.9f} S1.SIM market"))
    assert passing["verdict"] == "approved" and passing["qty"] == told["would_pass"]
    more = json.loads(check(market, tmp_path, risk, f"buy {told['would_pass'] + 1:.9f} S1.SIM market"))
    assert more["verdict"] == "denied"
    price = told["actual"] / 100000
    assert math.isclose(told["would_pass"], 5000 / price, rel_tol=1e-6)


@pytest.mark.parametrize("order, words", [
    ("buy 10", "too short"),
    ("hold 10 S1.SIM market", "neither buy nor sell"),
    ("buy x S1.SIM market", "no quantity"),
    ("buy 10 NONE.SIM market", "no instrument of the run"),
    ("buy 10 S1.SIM limit", "needs a price"),
    ("buy 10 S1.SIM market now", "not expected"),
])
def test_an_order_that_cannot_be_read_is_refused_in_a_line(market, tmp_path, order, words):
    refused = check(market, tmp_path, "", order, expect=2)
    assert words in refused and refused.count("\n") == 1


@pytest.mark.parametrize("risk, words", [
    ('limits = ["gross <= 100%", "leverage <= 2"]', "limit the same"),
    ('limits = ["gross <= 100%", "soft gross <= 120%"]', "never bites"),
    ('limits = ["gross <= -5"]', "above zero"),
    ('limits = ["position <= 5%"]', "not in percent"),
    ('limits = ["gross of sector:none <= 5%"]', "sector"),
    ('limits = ["gross of instrument:NONE.SIM <= 5%"]', "no instrument NONE.SIM"),
    ('limits = ["beta <= 1"]', "risk.benchmark"),
    ('restricted = ["NONE.SIM"]', "no instrument NONE.SIM"),
    ('sectors = ["odd: NONE.SIM"]', "no instrument NONE.SIM"),
    ('brakes = ["drawdown > 5%: stop"]', "warn, reducing, close_only"),
])
def test_settings_that_make_no_sense_are_refused_in_a_line(market, tmp_path, risk, words):
    config = tmp_path / "run.toml"
    config.write_text(CONFIG + risk + "\n")
    refused = said("backtest", "--config", config, "--catalog", market, "--no-ledger", expect=2)
    assert words in refused and refused.count("\n") == 1


def test_the_example_runs_on_real_shares(tmp_path):
    shares = DATA / "equities" / "daily_raw"
    if not shares.is_dir():
        pytest.skip(f"no market data in {DATA}: set TRADEWIND_DATA")
    catalog = tmp_path / "C"
    venues = {"AAPL": "NASDAQ", "QQQ": "NASDAQ", "AIG": "NYSE", "BAC": "NYSE", "WMI": "NYSE", "SPY": "ARCA"}
    for ticker, venue in venues.items():
        said("data", "import", "--catalog", catalog, "--instrument", f"{ticker}.{venue}", "--interval", "1d",
             shares / f"{ticker}.csv.gz")
        said("data", "import", "--catalog", catalog, "--instrument", f"{ticker}.{venue}", "--kind", "corporate-action",
             DATA / "equities" / "corporate_actions" / "events.csv.gz")
    told = json.loads(said("backtest", "--config", "examples/risk.toml", "--catalog", catalog, "--no-ledger", "--report",
                           tmp_path / "R.html", "--json"))
    assert told["limits_exceeded"] == 0 and told["brakes"] and told["denials"]
    assert told["risk"]["days"] > 2000
    # seventeen years with 2008 in them: filtered VaR holds
    assert 0.7 < told["risk"]["exceedances"] / told["risk"]["expected_exceedances"] < 1.4


def test_a_beta_may_be_limited_to_any_instrument_as_a_factor(market, tmp_path):
    limits = 'limits = ["beta to S2.SIM <= {}", "beta to S1.SIM <= 3"]\n'
    told = backtest(market, tmp_path, limits.format("0.05"))
    assert told["limits_exceeded"] == 0
    tight = {one["limit"]: one for one in told["limits"]}["beta to S2.SIM <= 0.05"]
    assert tight["denied"] > 0 and tight["use"]["exceeded"] == 0
    wide = backtest(market, tmp_path, limits.format("5"))
    assert {one["limit"]: one for one in wide["limits"]}["beta to S2.SIM <= 5"]["denied"] < tight["denied"]
    config = tmp_path / "run.toml"
    config.write_text(CONFIG + 'limits = ["beta to NONE.SIM <= 1"]\n')
    refused = said("backtest", "--config", config, "--catalog", market, "--no-ledger", expect=2)
    assert "NONE.SIM" in refused and refused.count("\n") == 1
