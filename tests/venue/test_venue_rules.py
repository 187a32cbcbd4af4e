# SPDX-License-Identifier: Apache-2.0
"""Price limits, halts, auctions and settlement as a user meets them: scripted orders on a few bars, through the whole
program, with the answer of every order; and that a replay of the journal decides the same."""

import datetime
import json
import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")
SCRIPTED = os.environ.get("SCRIPTED_ORDERS", "build/release/tests/scripted_orders.so")
SHARE = "AAA.NYSE"


def run(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == expect, (done.returncode, done.stdout[-1000:], done.stderr[-2000:])
    return done


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
