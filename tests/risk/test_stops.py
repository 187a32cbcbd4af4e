# SPDX-License-Identifier: Apache-2.0
"""Stops that a configuration puts around a strategy: their levels worked out anew, their fills under gaps, their journal."""

import json

import pytest
from program import said

CONFIG = """
[data]
instruments = "*"
[account]
kind = "margin"
cash = 100000
[strategy]
name = "sma-cross"
fast = 3
slow = 10
share = 0.3
"""


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """A made-up share over four years of days."""
    folder = tmp_path_factory.mktemp("stops")
    said("data", "generate", "--catalog", folder / "catalog", "--instrument", "S1.SIM", "--interval", "1d", "--count", 1400,
         "--seed", 5, "--volatility", 0.4)
    return folder / "catalog"


def backtest(catalog, tmp_path, stops, *more, config=CONFIG):
    file = tmp_path / "run.toml"
    file.write_text(config + f"stops = {json.dumps(stops)}\n")
    return json.loads(said("backtest", "--config", file, "--catalog", catalog, "--no-ledger", "--json", *more))


def closed(told):
    return {one["stop"]: one["closed"] for one in told["stops"]}


@pytest.mark.parametrize("stop", ["fixed 3%", "trailing 4%", "atr 2 x 14", "chandelier 3 x 22", "volatility 2 x 20",
                                  "time 7 bars", "time 9d", "portfolio 1%"])
def test_each_stop_closes_positions_and_a_replay_comes_to_the_same(market, tmp_path, stop):
    free = backtest(market, tmp_path, [])
    told = backtest(market, tmp_path, [stop], "--journal", tmp_path / "run.twj")
    assert closed(told)[stop] > 0
    assert "stops" not in free
    # a stop closes, the strategy's own exit stays: no trade is longer than without
    assert len(told["trades"]) >= len(free["trades"])
    assert json.loads(said("replay", tmp_path / "run.twj", "--json"))["identical"]


def import_bars(folder, rows):
    """Days from (open, high, low, close)."""
    file = folder / "bars.csv"
    first, day = 1704067200 * 10**9, 86400 * 10**9  # 2024-01-01
    lines = [f"{first + i * day},{','.join(map(str, row))},1000000" for i, row in enumerate(rows)]
    file.write_text("ts,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    said("data", "import", "--catalog", folder / "C", "--format", "csv", "--instrument", "X.SIM", "--kind", "bar",
         "--interval", "1d", file)
    return folder / "C"


RISE = [(100, 101, 99, 100), (100, 104, 99.5, 103), (103, 110, 102, 109)]
LONG = CONFIG.split("[strategy]", maxsplit=1)[0] + '[strategy]\nname = "buy-and-hold"\nsize = 100\n'
SHORT = CONFIG.split("[strategy]", maxsplit=1)[0] + '[strategy]\nname = "rule"\nsize = 100\nshort = "close > 0"\n'


@pytest.mark.parametrize("stop, last, exits", [
    ("trailing 5%", (108, 108.5, 103, 105), 104.5),  # 110 less 5%, inside the bar
    ("trailing 5%", (95, 98, 94, 96), 95),           # the gap fills at the open
    ("fixed 3%", (95, 98, 94, 96), 95),
    ("fixed 3%", (108, 108.5, 96.5, 105), 97),
    ("fixed 3%", (108, 108.5, 97.5, 105), None),
])
def test_a_stop_fills_at_its_level_or_where_a_gap_opens(tmp_path, stop, last, exits):
    catalog = import_bars(tmp_path, [*RISE, last, (105, 106, 104, 105)])
    told = backtest(catalog, tmp_path, [stop], config=LONG)
    assert [trade["exit_price"] for trade in told["trades"]] == ([exits] if exits else [])
    assert closed(told) == {stop: 1 if exits else 0}
    if exits:
        # inside the bar is known when it closes
        assert told["trades"][0]["exit_ts"][:10] in ("2024-01-04", "2024-01-05")
        assert told["open_positions"] == []


def test_a_short_position_has_its_stop_above(tmp_path):
    fall = [(100, 101, 99, 100), (100, 100.5, 96, 97), (97, 98, 90, 91), (91, 96, 90.5, 95), (95, 95, 95, 95)]
    told = backtest(import_bars(tmp_path, fall), tmp_path, ["trailing 5%"], config=SHORT)
    assert [trade["exit_price"] for trade in told["trades"]][:1] == [94.5]


def test_a_level_that_the_close_is_beyond_already_goes_out_at_the_market(tmp_path):
    # the high of the day raises the trail above that day's own close
    rows = [*RISE, (109, 130, 108.9, 110), (111, 112, 108, 109)]
    told = backtest(import_bars(tmp_path, rows), tmp_path, ["trailing 10%"], config=LONG)
    assert [trade["exit_price"] for trade in told["trades"]] == [111]


def test_time_is_counted_from_the_entry(tmp_path):
    rows = [*RISE, (109, 110, 108, 109), (110, 111, 109, 110), (112, 113, 111, 112)]
    told = backtest(import_bars(tmp_path, rows), tmp_path, ["time 3 bars"], config=LONG)
    entry, out = told["trades"][0]["entry_ts"], told["trades"][0]["exit_ts"]
    assert int(out[8:10]) - int(entry[8:10]) == 3


@pytest.mark.parametrize("more", [["--fills", "backtrader"], ["--fills", "nautilus"], ["--fills", "lean-base"],
                                  ["--positions", "hedging"], ["--set", "simulation.latency=1h"]])
def test_stops_close_under_every_way_of_filling(market, tmp_path, more):
    told = backtest(market, tmp_path, ["trailing 4%"], *more)
    assert closed(told)["trailing 4%"] > 0
    assert told["limits_exceeded"] == 0


@pytest.mark.parametrize("stops, says", [
    (["fixed 5"], "write a share above 0% and below 100%"),
    (["tight 5%"], "is no stop; there are fixed, trailing, atr"),
    ("fixed 5%", "strategy.stops is a list"),
    ([5], "a stop is a text"),
])
def test_a_stop_that_is_none_is_named_with_its_line(market, tmp_path, stops, says):
    file = tmp_path / "run.toml"
    file.write_text(CONFIG + f"stops = {json.dumps(stops)}\n")
    error = said("backtest", "--config", file, "--catalog", market, "--no-ledger", expect=2)
    assert says in error and f"run.toml:{CONFIG.count(chr(10)) + 1}:" in error and error.count("\n") == 1


def test_stops_may_be_set_from_the_command_line_and_searched_beside(market, tmp_path):
    told = backtest(market, tmp_path, ["fixed 50%"], "--set", "strategy.stops=fixed 3%; time 30 bars")
    assert set(closed(told)) == {"fixed 3%", "time 30 bars"}
    file = tmp_path / "run.toml"
    file.write_text(CONFIG + 'stops = ["fixed 3%"]\n')
    searched = json.loads(said("optimize", "--config", file, "--catalog", market, "--param", "fast=3,4", "--no-ledger",
                               "--json"))
    assert searched["kernel"] == "engine" and "stops" in searched["kernel_why"]
