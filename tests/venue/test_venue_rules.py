# SPDX-License-Identifier: Apache-2.0
"""Price limits, halts, auctions and settlement as a user meets them: scripted orders on a few bars, through the whole
program, with the answer of every order; and that a replay of the journal decides the same."""

import datetime
import json
import os

import pytest
from program import run

SCRIPTED = os.environ.get("SCRIPTED_ORDERS", "build/release/tests/scripted_orders.so")
SHARE = "AAA.NYSE"


def stamped(row):
    """A row with its instant in nanoseconds, as the catalog's own CSV has it."""
    instant, rest = row.split(",", 1)
    at = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00"))
    since = at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return f"{since // datetime.timedelta(microseconds=1) * 1000},{rest}"


class Market:
    """A catalog of one share, and what its venue answers."""

    def __init__(self, folder):
        self.folder, self.catalog = folder, folder / "C"

    def bars(self, interval, rows):
        file = self.folder / "bars.csv"
        file.write_text("ts,open,high,low,close,volume\n" + "\n".join(map(stamped, rows)) + "\n")
        run("data", "import", "--catalog", self.catalog, "--instrument", SHARE, "--kind", "bar", "--interval", interval,
            file)

    def trades(self, rows):
        file = self.folder / "trades.csv"
        file.write_text("ts,price,size\n" + "\n".join(map(stamped, rows)) + "\n")
        run("data", "import", "--catalog", self.catalog, "--instrument", SHARE, "--kind", "trade", file)

    def arguments(self, script, *settings):
        return ["backtest", "--catalog", self.catalog, "--instrument", SHARE, "--strategy", SCRIPTED, "--param",
                "script=" + ";".join(script), "--no-ledger", "--json", *settings]

    def play(self, script, *settings):
        """The result, and "TIME NUMBER WHAT" of every report and refusal. The journal is replayed."""
        journal = self.folder / "run.journal"
        journal.unlink(missing_ok=True)
        result = json.loads(run(*self.arguments(script, *settings), "--journal", journal).stdout)
        told = []
        for line in run("replay", journal, "--print", "orders").stdout.splitlines():
            words = line.split()
            if len(words) > 3 and words[2] == "order":
                told.append(" ".join([words[1], words[3].removeprefix("0-"), *words[5:]]))
            elif "refuse" in line:
                told.append(line.strip())
        return result, told

    def refusal(self, *settings, script=()):
        """The one line with which the program refuses settings."""
        done = run(*self.arguments(script, *settings), expect=2)
        assert done.stdout == "" and done.stderr.count("\n") == 1
        return done.stderr


@pytest.fixture
def market(tmp_path):
    return Market(tmp_path)


def assumptions(result):
    return "\n".join(result["assumptions"])


# --- price limits


DAYS = ["2024-01-02T14:30:00Z,100,101,99,100,10000",
        "2024-01-03T14:30:00Z,100,101,99,100,10000",
        "2024-01-04T14:30:00Z,110,110,110,110,10000",
        "2024-01-05T14:30:00Z,118,119,117,118,10000"]


def test_a_daily_limit_refuses_what_lies_beyond_and_holds_buyers_at_the_lock(market):
    market.bars("1d", DAYS)
    script = ["2024-01-03T22:00Z buy 10 limit 110.01", "2024-01-03T22:00Z buy 10 market",
              "2024-01-03T22:00Z sell 10 limit 90"]
    settings = ["--price-limit", "*:10%", "--account", "margin"]
    result, told = market.play(script, *settings)
    assert told == ["2024-01-03T22:00:00Z 1 rejected (price_limit)",
                    "2024-01-03T22:00:00Z 2 accepted",
                    "2024-01-03T22:00:00Z 3 accepted",
                    "2024-01-04T14:30:00Z 3 filled sell 10 at 110, fee 0 USD, taker",
                    "2024-01-05T14:30:00Z 2 filled buy 10 at 118, fee 0 USD, taker"]
    assert "any instrument trades no more than 10 % above and 10 % below" in assumptions(result)
    assert any(warning.startswith("2 times a price limit") for warning in result["warnings"])
    without, told = market.play(script, "--account", "margin")
    assert "2024-01-04T14:30:00Z 2 filled buy 10 at 110, fee 0 USD, taker" in told
    assert without["settings_hash"] != result["settings_hash"]
    wider, _ = market.play(script, "--price-limit", "*:11%", "--account", "margin")
    assert wider["settings_hash"] != result["settings_hash"]


def test_a_price_limit_that_cannot_be_kept_is_one_line(market):
    market.bars("1d", DAYS)
    assert "--price-limit: 'X' is not a price limit" in market.refusal("--price-limit", "X")
    assert "price limit of X: the run has no such instrument" in market.refusal("--price-limit", "X:5%")
    assert "fill mode nautilus knows no price limits; say strict" in market.refusal(
        "--price-limit", "*:5%", "--fills", "nautilus")


# --- halts


def new_york(day, hour, minute=0):
    """An instant of a winter's day by New York's clock."""
    return f"2024-01-{day:02}T{hour + 5:02}:{minute:02}:00Z"


def minutes_of(day, prices, hour=10):
    """Minute bars from an hour on, without a range."""
    return [f"{new_york(day, hour, i)},{p},{p},{p},{p},10000" for i, p in enumerate(prices)]


def statuses(folder, *rows):
    file = folder / "statuses.csv"
    file.write_text("\n".join(["ts,instrument,status", *rows]) + "\n")
    return file


def test_orders_wait_for_the_end_of_a_halt_or_are_rejected_in_it(market):
    market.bars("1m", minutes_of(2, [100, 101, 101, 101, 95, 96]))
    file = statuses(market.folder, f"{new_york(2, 10, 1)},{SHARE},halted", f"{new_york(2, 10, 4)},{SHARE},open")
    script = [f"{new_york(2, 10, 1)} buy 10 market", f"{new_york(2, 10, 2)} buy 10 limit 97 day",
              f"{new_york(2, 10, 2)} buy 10 market ioc"]
    result, told = market.play(script, "--statuses", file)
    assert told == [f"{new_york(2, 10, 1)} 1 accepted",
                    f"{new_york(2, 10, 2)} 2 accepted",
                    f"{new_york(2, 10, 2)} 3 accepted",
                    f"{new_york(2, 10, 2)} 3 canceled (no_liquidity)",
                    f"{new_york(2, 10, 4)} 1 filled buy 10 at 95, fee 0 USD, taker",
                    f"{new_york(2, 10, 4)} 2 filled buy 10 at 95, fee 0 USD, taker"]
    assert "the 2 changes of status told beside the data" in assumptions(result)
    shut, told = market.play(script, "--statuses", file, "--halted-orders", "rejected")
    assert [line.split(" ", 1)[1] for line in told] == [
        "1 rejected (market_closed)", "2 rejected (market_closed)", "3 rejected (market_closed)"]
    free, told = market.play(script)
    assert f"{new_york(2, 10, 1)} 1 filled buy 10 at 101, fee 0 USD, taker" in told
    later = statuses(market.folder, f"{new_york(2, 10, 1)},{SHARE},halted", f"{new_york(2, 10, 5)},{SHARE},open")
    moved, told = market.play(script, "--statuses", later)
    assert f"{new_york(2, 10, 5)} 1 filled buy 10 at 96, fee 0 USD, taker" in told
    assert len({r["settings_hash"] for r in (result, shut, free, moved)}) == 4


def test_a_halt_from_before_the_data_holds_from_the_first_bar_on(market):
    market.bars("1m", minutes_of(2, [100, 101, 102, 103]))
    file = statuses(market.folder, f"2024-01-01T00:00:00Z,{SHARE},halted", f"{new_york(2, 10, 3)},{SHARE},open")
    _, told = market.play([f"{new_york(2, 10, 1)} buy 10 market"], "--statuses", file)
    assert told[-1] == f"{new_york(2, 10, 3)} 1 filled buy 10 at 103, fee 0 USD, taker"


def test_a_file_of_statuses_that_cannot_be_read_is_one_line(market):
    market.bars("1m", minutes_of(2, [100, 101]))
    bad = statuses(market.folder, f"{new_york(2, 10)},{SHARE},asleep")
    assert f"{bad}:2: field 'status': is no status" in market.refusal("--statuses", bad)
    bad = statuses(market.folder, f"soon,{SHARE},open")
    assert f"{bad}:2: field 'ts': is no instant" in market.refusal("--statuses", bad)
    bad = statuses(market.folder, f"{new_york(2, 10)},BBB.NYSE,open")
    assert f"{bad}:2: field 'instrument': the catalog has no 'BBB.NYSE'" in market.refusal("--statuses", bad)
    bad.write_text("ts,status\n")
    assert f"{bad}:1: field 'instrument': there is no such column" in market.refusal("--statuses", bad)
    assert "no.csv" in market.refusal("--statuses", market.folder / "no.csv")
    good = statuses(market.folder, f"{new_york(2, 10)},{SHARE},halted")
    assert "fill mode backtrader knows no halts; say strict" in market.refusal(
        "--statuses", good, "--fills", "backtrader")


# --- auctions


def auctions(folder, *rows):
    file = folder / "auctions.csv"
    file.write_text("\n".join(["ts,instrument,auction,price,volume", *rows]) + "\n")
    return file


def test_orders_on_open_and_on_close_fill_at_the_prints_of_their_auctions(market):
    market.trades([f"{new_york(2, 9, 20)},99,500", f"{new_york(2, 9, 31)},100,500", f"{new_york(2, 15, 55)},101,500",
                   f"{new_york(2, 15, 59)},102,500", f"{new_york(2, 16, 1)},105,500"])
    file = auctions(market.folder, f"{new_york(2, 9, 30)},{SHARE},open,99.5,1000",
                    f"2024-01-02T21:00:02Z,{SHARE},close,102.5,400")
    script = [f"{new_york(2, 9, 25)} buy 30 market at_open", f"{new_york(2, 15, 56)} sell 30 market at_close",
              f"{new_york(2, 15, 56)} buy 50 limit 103 at_close"]
    result, told = market.play(script, "--kind", "trade", "--auctions", file)
    assert [line for line in told if "accepted" not in line] == [
        f"{new_york(2, 9, 30)} 1 filled buy 30 at 99.5, fee 0 USD, taker",
        "2024-01-02T21:00:02Z 2 filled sell 30 at 102.5, fee 0 USD, taker",
        "2024-01-02T21:00:02Z 3 partially_filled buy 10 at 102.5, fee 0 USD, taker",
        "2024-01-02T21:00:02Z 3 expired (time_in_force)"]
    assert "fill at the 2 prints told beside the data" in assumptions(result)
    late, told = market.play(script, "--kind", "trade", "--auctions", file, "--account", "margin", "--close-cutoff",
                             "5m", "--open-cutoff", "10m")
    assert [line.split(" ", 1)[1] for line in told] == [f"{n} rejected (market_closed)" for n in (1, 2, 3)]
    without, told = market.play(script, "--kind", "trade")
    assert f"{new_york(2, 9, 31)} 1 filled buy 30 at 100, fee 0 USD, taker" in told
    assert len({r["settings_hash"] for r in (result, late, without)}) == 3


def test_a_file_of_auctions_that_cannot_be_read_is_one_line(market):
    market.bars("1m", minutes_of(2, [100, 101]))
    for row, field in [(f"{new_york(2, 16)},{SHARE},noon,1,1", "auction"), (f"{new_york(2, 16)},{SHARE},close,x,1", "price"),
                       (f"{new_york(2, 16)},{SHARE},close,1,-1", "volume"), (f"{new_york(2, 16)},{SHARE},close,1", "volume"),
                       (f"{new_york(2, 16)},BBB.NYSE,close,1,1", "instrument")]:
        bad = auctions(market.folder, row)
        assert f"{bad}:2: field '{field}': " in market.refusal("--auctions", bad)
    good = auctions(market.folder, f"{new_york(2, 16)},{SHARE},close,1,1")
    assert "fill mode lean-equity knows no auctions; say strict" in market.refusal(
        "--auctions", good, "--fills", "lean-equity")
