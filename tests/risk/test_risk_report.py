# SPDX-License-Identifier: Apache-2.0
"""The risk report of a backtest, worked out anew from exported prices: correlation, contributions, stress."""

import csv
import io
import json
import pathlib

import numpy
import pytest
from program import said

CONFIG = """
[data]
instruments = "*"
[account]
kind = "margin"
cash = 100000
[strategy]
name = "buy-and-hold"
share = 0.3
[risk]
sectors = ["odd: S1.SIM S3.SIM"]
"""
RISK = """
limits = ["leverage <= 3"]
stress = ["all -20%", "sector:odd -35%", "S1.SIM -50%, all -10%"]
"""
HISTORY = 250


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Three made-up shares from before the crisis of 2008 to after the downgrade of 2011."""
    catalog = tmp_path_factory.mktemp("report") / "catalog"
    for i in range(1, 4):
        said("data", "generate", "--catalog", catalog, "--instrument", f"S{i}.SIM", "--interval", "1d", "--count", 1400,
             "--from", "2008-01-02", "--seed", i, "--volatility", 0.35)
    return catalog


def backtest(catalog, tmp_path, risk, *more, config=CONFIG):
    file = tmp_path / "run.toml"
    file.write_text(config + risk)
    return json.loads(said("backtest", "--config", file, "--catalog", catalog, "--no-ledger", "--json", *more))


def closes(catalog, symbol):
    """By date."""
    rows = csv.DictReader(io.StringIO(said("data", "export", "--catalog", catalog, "--instrument", symbol, "--interval", "1d")))
    out = {}
    for row in rows:
        day = numpy.datetime64(int(row["ts"]), "ns").astype("datetime64[D]") if row["ts"].isdigit() else row["ts"][:10]
        out[str(day)] = float(row["close"])
    return out


@pytest.fixture(scope="module")
def told(market, tmp_path_factory):
    return backtest(market, tmp_path_factory.mktemp("run"), RISK)


@pytest.fixture(scope="module")
def prices(market):
    return {f"S{i}.SIM": closes(market, f"S{i}.SIM") for i in range(1, 4)}


def stress_of(told):
    return {one["name"]: one for one in told["stress"]}


def test_contributions_are_of_what_is_held_and_sum_to_var_and_es(told):
    risk = told["risk"]
    held = {one["instrument"]: one["qty"] * one["mark"] for one in told["open_positions"]}
    assert len(held) == 3
    assert {one["instrument"]: one["exposure"] for one in risk["contributions"]} == pytest.approx(held, rel=1e-12)
    assert risk["var"] == risk["var95"] > 0
    assert sum(one["component_var"] for one in risk["contributions"]) == pytest.approx(risk["var"], rel=1e-9)
    assert sum(one["component_es"] for one in risk["contributions"]) == pytest.approx(risk["es"], rel=1e-9)
    assert sum(one["share"] for one in risk["contributions"]) == pytest.approx(1, rel=1e-9)
    assert risk["equity"] == pytest.approx(told["final_equity"], rel=1e-12)
    most = max(row[1] for row in risk["by_day"] if row[1] is not None)
    worst = risk["at_largest_var"]
    assert worst["var"] == most
    assert worst["as_of"] == next(row[0] for row in risk["by_day"] if row[1] == most)
    assert sum(one["component_var"] for one in worst["contributions"]) == pytest.approx(most, rel=1e-9)


@pytest.mark.parametrize("view", ["last", "riskiest"])
def test_correlation_is_numpys_of_the_exported_returns(told, prices, view):
    risk = told["risk"] if view == "last" else told["risk"]["at_largest_var"]
    table = risk["correlation"]
    matrix = numpy.array(table["matrix"])
    assert table["instruments"] == sorted(prices)
    assert (matrix == matrix.T).all() and (matrix.diagonal() == 1).all()
    days = sorted(prices["S1.SIM"])
    end = days.index(table["as_of"]) + 1
    window = numpy.array([[prices[s][day] for s in table["instruments"]] for day in days[:end]])
    returns = (window[1:] / window[:-1] - 1)[-HISTORY:]
    assert numpy.abs(matrix - numpy.corrcoef(returns.T)).max() < 1e-9


def test_stress_is_what_a_hand_works_out(told, prices):
    risk = told["risk"]
    held = {one["instrument"]: one["exposure"] for one in risk["contributions"]}
    stress = stress_of(risk)
    assert stress["all -20%"]["pnl"] == pytest.approx(-0.2 * sum(held.values()), rel=1e-12)
    assert stress["sector:odd -35%"]["pnl"] == pytest.approx(-0.35 * (held["S1.SIM"] + held["S3.SIM"]), rel=1e-12)
    assert stress["S1.SIM -50%, all -10%"]["pnl"] == pytest.approx(
        -0.5 * held["S1.SIM"] - 0.1 * (held["S2.SIM"] + held["S3.SIM"]), rel=1e-12)
    for one in risk["stress"]:
        if one["pnl"] is not None:
            assert one["share_of_equity"] == pytest.approx(one["pnl"] / risk["equity"], rel=1e-12)

    days = sorted(prices["S1.SIM"])
    for name in ("lehman-2008", "flash-crash-2010", "downgrade-2011"):
        crisis = stress[name]
        before = [day for day in days if day < crisis["from"]][-1]
        last = [day for day in days if day <= crisis["to"]][-1]
        by_hand = sum(held[s] * (prices[s][last] / prices[s][before] - 1) for s in held)
        assert crisis["pnl"] == pytest.approx(by_hand, rel=1e-9), name
        assert "estimated" not in crisis

    table = numpy.array([[prices[s][day] for s in sorted(held)] for day in days])
    exposures = numpy.array([held[s] for s in sorted(held)])
    for name, horizon in (("worst day", 1), ("worst ten days", 10)):
        pnl = (table[horizon:] / table[:-horizon] - 1) @ exposures
        assert stress[name]["pnl"] == pytest.approx(pnl.min(), rel=1e-9)
        assert stress[name]["to"] == days[int(pnl.argmin()) + horizon]


def test_what_is_not_known_is_null_with_its_reason(market, tmp_path, told):
    covid = stress_of(told["risk"])["covid-2020"]
    assert covid["pnl"] is None and covid["share_of_equity"] is None and "do not lie in the run's data" in covid["reason"]
    short = backtest(market, tmp_path, RISK, "--to", "2008-02-01")["risk"]
    assert short["correlation"]["matrix"] is None and "60 days" in short["correlation"]["reason"]
    assert short["contributions"] and short["var"] is None and short["at_largest_var"] is None
    for one in short["contributions"]:
        assert one["component_var"] is None and one["share"] is None and "60 days" in one["reason"]
    assert stress_of(short)["all -20%"]["pnl"] < 0
    assert stress_of(short)["lehman-2008"]["pnl"] is None


def test_stress_alone_is_measured_and_changes_no_trade(market, tmp_path):
    free = backtest(market, tmp_path, "")
    told = backtest(market, tmp_path, 'stress = ["all -20%"]\n', "--journal", tmp_path / "run.twj")
    assert free["risk"] is None
    assert told["risk"]["stress"][0]["name"] == "all -20%"
    assert told["final_equity"] == free["final_equity"]
    assert json.loads(said("replay", tmp_path / "run.twj", "--json"))["identical"]


@pytest.mark.parametrize("stress, words", [
    ("X.SIM -50%", "no instrument X.SIM"),
    ("sector:none -5%", "no sector none"),
    ("all -120%", "nothing falls by more"),
    ("", "names nothing that moves"),
    ("all -0.2", "in percent"),
    ("all -5% now", "nothing is expected from 'now'"),
])
def test_a_shock_that_makes_no_sense_is_refused_in_a_line(market, tmp_path, stress, words):
    file = tmp_path / "run.toml"
    file.write_text(CONFIG + f"stress = [{json.dumps(stress)}]\n")
    report = tmp_path / "R.html"
    refused = said("backtest", "--config", file, "--catalog", market, "--no-ledger", "--report", report, expect=2)
    assert words in refused and "risk.stress" in refused and refused.count("\n") == 1
    assert not pathlib.Path(report).exists()


def page_of(file):
    text = pathlib.Path(file).read_text()
    begin = text.index('id="data">') + len('id="data">')
    return json.loads(text[begin:text.index("</script>", begin)])["risk"]


def test_the_page_says_what_the_document_says(market, tmp_path):
    risk = RISK + 'brakes = ["drawdown > 5%: warn", "drawdown > 25%: reducing for 30d"]\n'
    told = backtest(market, tmp_path, risk, "--report", tmp_path / "R.html")
    page = page_of(tmp_path / "R.html")
    for member in ("as_of", "equity", "var", "es", "contributions", "correlation", "stress"):
        assert page["views"][0][member] == told["risk"][member]
        assert page["views"][1][member] == told["risk"]["at_largest_var"][member]
    assert [one["to"] for one in page["changes"]] == [one["to"] for one in told["brakes"]]
    assert len(page["changes"]) > 1
    assert len(page["days"]) == len(told["limit_days"])
    assert page["limits"][0]["use"] == pytest.approx(told["limits"][0]["use_by_day"], abs=5e-4)
    # each forecast stands on the day that it is of
    rows = told["risk"]["by_day"]
    known = [(row[1], row[4]) for row in rows[:-1]]
    for (var, pnl), shown_var, shown_pnl in zip(known, page["var"]["v"], page["var"]["pnl"], strict=True):
        assert (shown_var is None) == (var is None) and (var is None or abs(shown_var - var) < 0.0051)
        assert (shown_pnl is None) == (pnl is None) and (pnl is None or abs(shown_pnl - pnl) < 0.0051)
    days = numpy.cumsum(page["var"]["t"])
    assert str(numpy.datetime64(int(days[0]) - 1, "ms"))[:10] == rows[1][0]


def test_no_section_where_no_risk_was_set(market, tmp_path):
    backtest(market, tmp_path, "", "--report", tmp_path / "R.html")
    assert page_of(tmp_path / "R.html") is None
