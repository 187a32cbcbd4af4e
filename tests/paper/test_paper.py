# SPDX-License-Identifier: Apache-2.0
"""`tradewind data download` and `tradewind paper` against a simulated Binance over its real protocol, killed and cut."""

import datetime
import json
import os
import random
import signal
import subprocess
import time
import urllib.request

import pytest
from program import PROGRAM, run, said
from venue import Venue

CONFIG = """
[data]
instruments = ["BTCUSDT.BINANCE"]
[account]
cash = 100000
[strategy]
name = "sma-cross"
bars = "1s"
fast = 1
slow = 2
share = 0.5
[risk]
limits = ["notional <= 60%", "orders <= 50 per 1m"]
"""


@pytest.fixture(scope="module")
def venue():
    with Venue("--seed", 5, "--speed", 1) as running:
        yield running


def ask(venue, target):
    with urllib.request.urlopen(venue.url + target, timeout=5) as answer:
        return json.load(answer)


def download(venue, catalog, *more, expect=0):
    return said("data", "download", "--base-url", venue.url, "--instrument", "BTCUSDT", "--catalog", catalog, "--json", *more,
                expect=expect)


def test_bars_are_fetched_and_fetched_on(venue, tmp_path):
    first = json.loads(download(venue, tmp_path / "C", "--interval", "1s"))
    assert first["rows_added"] > 1000 and first["instrument"] == "BTCUSDT.BINANCE"
    time.sleep(2.5)
    second = json.loads(download(venue, tmp_path / "C", "--interval", "1s"))
    assert second["resumed_from"] == first["last"] and second["rows_identical"] == 1
    assert second["rows_added"] >= 2
    # page by page and in one go it is the same
    whole = json.loads(download(venue, tmp_path / "D", "--interval", "1s", "--to", second["last"]))
    rows = [said("data", "export", "--catalog", tmp_path / name, "--instrument", "BTCUSDT.BINANCE", "--interval", "1s")
            for name in "CD"]
    assert whole["rows_added"] == first["rows_added"] + second["rows_added"] - 1
    assert rows[0].splitlines()[:-1] == rows[1].splitlines()
    told = json.loads(said("backtest", "--catalog", tmp_path / "C", "--instrument", "BTCUSDT.BINANCE", "--strategy",
                           "buy-and-hold", "--param", "share=0.5", "--no-ledger", "--json"))
    assert told["fills"] > 0


def test_trades_are_fetched_by_their_numbers(venue, tmp_path):
    now = ask(venue, "/api/v3/time")["serverTime"] / 1000
    begin = datetime.datetime.fromtimestamp(now - 600, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = json.loads(download(venue, tmp_path / "C", "--kind", "trade", "--from", begin))
    lines = said("data", "export", "--catalog", tmp_path / "C", "--instrument", "BTCUSDT.BINANCE", "--kind",
                 "trade").splitlines()[1:]
    assert len(lines) == told["rows_added"] > 100
    last = ask(venue, "/api/v3/aggTrades?symbol=BTCUSDT&limit=1000")
    prices = {(one["T"] * 10**6, float(one["p"]), float(one["q"])) for one in last}
    ours = [line.split(",") for line in lines[-20:]]
    assert sum((int(row[0]), float(row[1]), float(row[2])) in prices for row in ours) == len(ours)


@pytest.mark.parametrize("arguments, words", [
    (["--interval", "7m"], "refuses"),
    (["--interval", "minute"], "--interval 'minute'"),
    (["--source", "kraken"], "binance"),
    (["--from", "yesterday"], "--from 'yesterday'"),
    (["--base-url", "ftp://x"], "--base-url"),
])
def test_what_cannot_be_fetched_is_refused_in_a_line(venue, tmp_path, arguments, words):
    assert words in download(venue, tmp_path / "C", *arguments, expect=2)
    assert not (tmp_path / "C").exists()


def test_what_the_venue_does_not_have_is_refused_in_its_words(venue, tmp_path):
    refused = said("data", "download", "--base-url", venue.url, "--instrument", "NOPE", "--catalog", tmp_path / "C", expect=2)
    assert "NOPE" in refused and "-1121" in refused
    config = tmp_path / "paper.toml"
    config.write_text(CONFIG.replace("BTCUSDT", "NOPE"))
    assert "-1121" in said("paper", "--config", config, "--base-url", venue.url, "--for", "1s", expect=2)


def test_where_nobody_listens_it_says_so_soon(tmp_path):
    begun = time.monotonic()
    refused = said("data", "download", "--base-url", "http://127.0.0.1:9", "--instrument", "BTCUSDT", "--catalog",
                   tmp_path / "C", expect=1)
    assert "127.0.0.1:9" in refused and time.monotonic() - begun < 10


def paper(venue, tmp_path, *more, length="12s", expect=0):
    config = tmp_path / "paper.toml"
    config.write_text(CONFIG)
    return run("paper", "--config", config, "--base-url", venue.url, "--journal", tmp_path / "J", "--for", length, "--json",
               *more, expect=expect)


def test_it_trades_and_its_journal_replays(venue, tmp_path):
    told = json.loads(paper(venue, tmp_path).stdout)
    assert told["orders"] > 0 and told["fills"] > 0 and told["reconciled"]
    assert told["feed"]["whole"] and told["feed"]["gaps_left_open"] == 0
    assert told["latency"]["samples"] > 0
    assert json.loads(said("replay", tmp_path / "J", "--json"))["identical"]
    again = json.loads(paper(venue, tmp_path, length="2s").stdout)
    assert again["recovery"]["events"] == told["events"] and again["recovery"]["events_cut"] == 0
    assert again["reconciled"]
    assert json.loads(said("replay", tmp_path / "J", "--json"))["identical"]


def test_killed_at_any_instant_it_goes_on(venue, tmp_path):
    config = tmp_path / "paper.toml"
    config.write_text(CONFIG)
    draw = random.Random(4)
    for _ in range(6):
        process = subprocess.Popen([PROGRAM, "paper", "--config", config, "--base-url", venue.url, "--journal", tmp_path / "J"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(0.4 + draw.random())
        assert process.poll() is None, process.stderr.read()
        process.kill()
        process.wait()
        process.stderr.close()
    told = json.loads(paper(venue, tmp_path, length="2s").stdout)
    assert told["reconciled"] and told["recovery"]["events"] > 0
    assert json.loads(said("replay", tmp_path / "J", "--json"))["identical"]


def test_asked_to_stop_it_closes_its_journal(venue, tmp_path):
    config = tmp_path / "paper.toml"
    config.write_text(CONFIG)
    process = subprocess.Popen([PROGRAM, "paper", "--config", config, "--base-url", venue.url, "--journal", tmp_path / "J",
                                "--json"], stdout=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0 and json.loads(out)["reconciled"]
    assert not json.loads(said("replay", tmp_path / "J", "--json")).get("torn_tail")


def test_a_venue_that_goes_and_comes_back_leaves_no_hole(tmp_path):
    with Venue("--seed", 9, "--speed", 1) as venue:
        config = tmp_path / "paper.toml"
        config.write_text(CONFIG)
        process = subprocess.Popen([PROGRAM, "paper", "--config", config, "--base-url", venue.url, "--for", "9s", "--json"],
                                   stdout=subprocess.PIPE, text=True)
        time.sleep(3)
        os.kill(venue.process.pid, signal.SIGSTOP)
        time.sleep(1)
        os.kill(venue.process.pid, signal.SIGCONT)
        out, _ = process.communicate(timeout=40)
    told = json.loads(out)
    assert process.returncode == 0 and told["reconciled"] and told["feed"]["gaps_left_open"] == 0


def test_a_journal_of_another_run_is_refused(venue, tmp_path):
    paper(venue, tmp_path, length="1s")
    before = (tmp_path / "J").read_bytes()
    refused = paper(venue, tmp_path, "--set", "account.cash=5", length="1s", expect=1)
    assert "other settings" in refused.stderr
    assert (tmp_path / "J").read_bytes() == before
