# SPDX-License-Identifier: Apache-2.0
"""The exchange simulator, judged by clients of Binance that we did not write."""

import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get("TRADEWIND", str(ROOT / "build" / "bin" / "tradewind"))
PYTHON = pathlib.Path(os.environ.get("VENUES_PYTHON", ROOT / "build" / "venv-venues" / "bin" / "python"))


class Simulator:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "service", "venue-sim", "--exchange", "binance", "--json", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.start = json.loads(line)
        self.url = self.start["url"]

    def get(self, target):
        with urllib.request.urlopen(self.url + target, timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, error = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, error
        return json.loads(out)


def judged(simulator, judge):
    done = subprocess.run([str(PYTHON), str(HERE / judge), simulator.url], capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def made_up():
    simulator = Simulator("--seed", 7)
    yield simulator
    if simulator.process.poll() is None:
        summary = simulator.stop()
        assert summary["orders"] > 0


@pytest.mark.parametrize("judge", ["judge_ccxt.py", "judge_ccxt_pro.py", "judge_python_binance.py"])
def test_a_client_that_we_did_not_write_finds_what_it_expects(made_up, judge):
    if not PYTHON.exists():
        pytest.skip("build/venv-venues is not there")
    findings = {name: found for name, found in judged(made_up, judge).items() if found != "ok"}
    assert findings == {}


def run(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    return done


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("venue") / "C"
    run("data", "generate", "--catalog", folder, "--instrument", "BTCUSDT.BINANCE", "--interval", "1m",
        "--count", 5000, "--from", "2024-01-01", "--price", 40000)
    return folder


def test_plays_the_bars_of_a_catalog(catalog, tmp_path):
    simulator = Simulator("--catalog", catalog, "--from", "2024-01-03")
    try:
        assert simulator.start["symbols"] == ["BTCUSDT"]
        klines = simulator.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000")
    finally:
        simulator.stop()
    out = tmp_path / "bars.csv"
    run("data", "export", "--catalog", catalog, "--instrument", "BTCUSDT.BINANCE", "--interval", "1m", "--output", out)
    stored = set()
    for line in out.read_text().splitlines()[1:]:
        _, *values = line.split(",")
        stored.add(tuple(float(v) for v in values[:5]))
    assert len(klines) == 1000
    for kline in klines[:-1]:  # the last one is still open
        assert tuple(float(v) for v in kline[1:6]) in stored


def test_is_the_same_market_for_the_same_seed():
    shown = []
    for _ in range(2):
        simulator = Simulator("--seed", 11)
        rows = simulator.get("/api/v3/historicalTrades?symbol=ETHUSDT&fromId=1&limit=100")
        shown.append([(t["id"], t["price"], t["qty"], t["isBuyerMaker"]) for t in rows])
        simulator.stop()
    assert shown[0] == shown[1]


@pytest.mark.parametrize(("arguments", "says"), [
    ([], "give --catalog or --seed, one of the two"),
    (["--seed", "1", "--speed", "0"], "--speed: should be from 0.001 to 10000"),
    (["--seed", "1", "--exchange", "nyse"], "--exchange: 'nyse' is not known; there is: binance"),
    (["--seed", "1", "--tls-cert", "x"], "give --tls-cert and --tls-key together"),
    (["--seed", "1", "--for", "soon"], "--for: 'soon' is none like 120s"),
    (["--seed", "1", "--deposit", "USDT=-1"], "--deposit: '-1' is no amount of USDT with at most eight places"),
    (["--seed", "1", "--accounts", "/nowhere"], "--accounts: /nowhere cannot be read"),
])
def test_refuses_bad_input_in_one_line(arguments, says):
    done = run("service", "venue-sim", *arguments, expect=2)
    assert says in done.stderr and done.stderr.count("\n") == 1


def test_reads_accounts_from_a_file(tmp_path):
    accounts = tmp_path / "accounts.json"
    accounts.write_text(json.dumps([{"name": "a", "api_key": "k", "secret": "s", "balances": {"USDT": 5}}]))
    done = run("service", "venue-sim", "--seed", 1, "--accounts", accounts, expect=2)
    assert "account 1: balances.USDT: should be a text" in done.stderr


def test_stops_by_itself_after_a_while():
    started = time.monotonic()
    done = run("service", "venue-sim", "--seed", 1, "--for", "1s", "--json")
    assert time.monotonic() - started < 10
    assert json.loads(done.stdout.splitlines()[-1])["orders"] == 0
