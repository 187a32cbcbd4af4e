# SPDX-License-Identifier: Apache-2.0
"""Hedged positions as a user meets them: two strategies of opposite opinion in one account, through the whole program,
to the cent; that a replay of the journal decides the same; and what is refused."""

import json

import pytest
from test_venue_rules import SCRIPTED, SHARE, Market, run

DAYS = ["2024-01-02T14:30:00Z,100,101,99,100,10000",
        "2024-01-03T14:30:00Z,101,102,100,101,10000",
        "2024-01-04T14:30:00Z,103,104,102,103,10000",
        "2024-01-05T14:30:00Z,106,107,105,106,10000",
        "2024-01-08T14:30:00Z,104,105,103,104,10000"]
LONG = ["2024-01-02T22:00Z buy 10 market", "2024-01-04T22:00Z sell 10 market reduce"]
SHORT = ["2024-01-03T22:00Z sell 20 market", "2024-01-05T22:00Z buy 5 market reduce"]


@pytest.fixture
def market(tmp_path):
    made = Market(tmp_path)
    made.bars("1d", DAYS)
    return made


def play(market, scripts, *settings):
    """The result of a run in which each script is a strategy, and what a replay of its journal prints."""
    file, journal = market.folder / "run.toml", market.folder / "run.journal"
    journal.unlink(missing_ok=True)
    file.write_text("".join(f'[[strategy]]\nname = "{SCRIPTED}"\nscript = "{"; ".join(script)}"\n'
                            for script in scripts))
    result = json.loads(run("backtest", "--config", file, "--catalog", market.catalog, "--instrument", SHARE,
                            "--fee-bps", 10, "--no-ledger", "--json", "--journal", journal, *settings).stdout)
    return result, run("replay", journal, "--print", "orders").stdout


def test_two_strategies_hold_opposite_legs_to_the_cent(market):
    # Long 10 at 101, closed at 106: +50, fees 1.01 and 1.06. Short 20 at 103, 5 closed at 104: -5, fees 2.06 and 0.52;
    # 15 are open at 104: -15.
    result, printed = play(market, [LONG, SHORT], "--positions", "hedging")
    assert result["final_equity"] == pytest.approx(100_000 + 50 - 5 - 15 - 4.65, abs=1e-9)
    assert result["fees"] == pytest.approx(4.65)
    (trade,) = result["trades"]
    assert (trade["strategy"], trade["side"], trade["pnl"]) == (0, "long", pytest.approx(50 - 2.07))
    (leg,) = result["open_positions"]
    assert (leg["strategy"], leg["leg"], leg["qty"], leg["average_price"]) == (1, "short", -15, 103)
    assert leg["unrealised_pnl"] == -15
    assert "filled sell long 10 at 106" in printed and "filled buy short 5 at 104" in printed
    assert any(line.startswith("Positions: hedging") for line in result["assumptions"])


def test_netted_the_same_orders_take_each_others_position_away(market):
    hedged, _ = play(market, [LONG, SHORT], "--positions", "hedging")
    netted, printed = play(market, [LONG, SHORT], "--account", "margin")
    # The account is short 10 when the first strategy wants to reduce its long: the venue has nothing to reduce.
    assert "0-2 AAA.NYSE rejected (would_not_reduce)" in printed
    assert netted["open_positions"][0]["leg"] is None
    assert netted["settings_hash"] != hedged["settings_hash"]


def test_one_strategy_holds_both_legs(market):
    script = ["2024-01-02T22:00Z buy 10 market long", "2024-01-03T22:00Z sell 20 market short",
              "2024-01-04T22:00Z sell 10 market long", "2024-01-05T22:00Z buy 5 market short"]
    result, _ = play(market, [script], "--positions", "hedging")
    assert result["final_equity"] == pytest.approx(100_000 + 50 - 5 - 15 - 4.65, abs=1e-9)


def test_margin_of_both_legs_is_a_setting_and_in_the_hash(market):
    hashes = {play(market, [LONG, SHORT], "--positions", "hedging", "--set", f"margin.hedged={rule}")[0]["settings_hash"]
              for rule in ("gross", "larger", "net")}
    assert len(hashes) == 3
    # 900 long ask for 45,450 of the 80,000, and as many short for as much again, or for nothing.
    both = ["2024-01-02T22:00Z buy 900 market long", "2024-01-03T22:00Z sell 900 market short"]
    result, _ = play(market, [both], "--positions", "hedging", "--cash", 80_000)
    assert result["denied"] == {"insufficient_margin": 1}
    result, _ = play(market, [both], "--positions", "hedging", "--cash", 80_000, "--set", "margin.hedged=larger")
    assert result["denied"] == {}


def test_a_leg_is_denied_where_positions_are_netted(market):
    result, printed = play(market, [["2024-01-02T22:00Z buy 10 market long", "2024-01-02T22:00Z buy 10 market"]])
    assert result["denied"] == {"unknown_leg": 1}
    assert "refuse order 0-1 unknown_leg" in printed


@pytest.mark.parametrize("settings, line", [
    (["--positions", "both"], "--positions: 'both' is not a way to keep positions: netting or hedging"),
    (["--positions", "hedging", "--account", "cash"],
     "a cash account has no short leg: hedging needs a margin account"),
    (["--positions", "hedging", "--fills", "backtrader"],
     "fill mode backtrader keeps one position of an instrument; hedging needs strict or nautilus"),
    (["--set", "margin.hedged=larger"],
     "margin.hedged: 'larger' is of hedged legs, and positions are netted; say --positions hedging"),
    (["--positions", "hedging", "--set", "margin.hedged=half"],
     "margin.hedged: 'half' is not what of hedged legs asks for margin: gross, larger or net")])
def test_what_cannot_be_hedged_is_one_line(market, settings, line):
    assert line in market.refusal(*settings, script=LONG)
