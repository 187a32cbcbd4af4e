# SPDX-License-Identifier: Apache-2.0
"""`tradewind risk drill`: each brake on conditions that are brought about, and on crises that were."""

import json
import os
import pathlib

import pytest
from program import said

DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))
BASE = """
[data]
instruments = "*"
[account]
kind = "margin"
[strategy]
name = "buy-and-hold"
[risk]
"""
CONDITIONS = ["drawdown > 15%", "loss > 5%", "pnl_jump > 10%", "stale > 10m", "clock_jump > 1h",
              "rejects > 5 per 1m of instrument", "denials > 20 per 10m of strategy", "slippage > 1% per 1h",
              "closed_trades > 3 per 1d of instrument", "losing_trades > 3 per 10d of strategy",
              "trade_losses > 10% per 30d of instrument", "correlation > 85%"]
STATES = ["warn", "reducing", "close_only", "flatten", "halted"]


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    catalog = tmp_path_factory.mktemp("drill") / "catalog"
    for i in (1, 2):
        said("data", "generate", "--catalog", catalog, "--instrument", f"S{i}.SIM", "--interval", "1d", "--count", 50,
             "--seed", i)
    return catalog


def drill(catalog, tmp_path, brakes, *more, expect=0):
    config = tmp_path / "drill.toml"
    config.write_text(BASE + f"brakes = {json.dumps(brakes)}\n")
    told = said("risk", "drill", "--config", config, "--catalog", catalog, "--json", *more, expect=expect)
    return json.loads(told) if expect == 0 else told


@pytest.mark.parametrize("state", STATES)
def test_each_brake_fires_on_the_event_that_makes_it_true_and_does_as_it_says(market, tmp_path, state):
    brakes = [f"{condition}: {state}" for condition in CONDITIONS]
    told = drill(market, tmp_path, brakes)
    assert told["holds"] and len(told["brakes"]) == len(brakes)
    for one in told["brakes"]:
        assert one["triggered"] and one["holds"], one
        assert one["latency_events"] == 0 and one["state"] == state
        assert one["actual"] > one["limit"] > 0
        assert one["growth_denied"] == (state != "warn")
        assert one["person_resumes"]
        holds_something = not any(word in one["brake"] for word in ("_trades", "trade_losses"))
        assert (one["exposure_before"] > 500_000) == holds_something, one
        if state == "flatten":
            assert one["exposure_after"] == 0
        elif holds_something:
            assert one["exposure_after"] > 0 and one["reduction_passed"]
        if state in ("close_only", "flatten", "halted"):
            assert one["growth_working"] == 0
        elif holds_something:
            assert one["growth_working"] == 1


def test_what_cannot_be_brought_about_says_why(market, tmp_path):
    told = drill(market, tmp_path, ["drawdown > 95%: halted", "rejects > 5000 per 1d: halted"])
    assert told["holds"]
    assert "can lose" in told["brakes"][0]["untried"] and "counts to more" in told["brakes"][1]["untried"]


def test_without_brakes_there_is_nothing_to_drill(market, tmp_path):
    assert "set risk.brakes" in drill(market, tmp_path, [], expect=2)


def test_brakes_lessen_the_crises_of_real_shares(tmp_path):
    shares = DATA / "equities" / "daily_raw"
    if not shares.is_dir():
        pytest.skip(f"no market data in {DATA}: set TRADEWIND_DATA")
    catalog = tmp_path / "C"
    for ticker, venue in {"AIG": "NYSE", "BAC": "NYSE", "SPY": "ARCA"}.items():
        said("data", "import", "--catalog", catalog, "--instrument", f"{ticker}.{venue}", "--interval", "1d",
             shares / f"{ticker}.csv.gz")
        said("data", "import", "--catalog", catalog, "--instrument", f"{ticker}.{venue}", "--kind", "corporate-action",
             DATA / "equities" / "corporate_actions" / "events.csv.gz")
    told = drill(catalog, tmp_path, ["drawdown > 15%: flatten"])
    crises = {one["name"]: one for one in told["crises"]}
    assert {"russia-ltcm-1998", "lehman-2008", "downgrade-2011"} <= set(crises)
    great = crises["lehman-2008"]
    assert great["triggered"] and len(great["brakes"]) == 1
    assert great["brakes"][0]["exposure_share_before"] > 0.5
    assert great["with_brakes"]["exposure_share_after"] == 0
    assert great["without"]["drawdown"] > 0.35 > great["with_brakes"]["drawdown"] > 0.15
