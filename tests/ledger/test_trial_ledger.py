# SPDX-License-Identifier: Apache-2.0
"""Every run of the program is counted, and the deflated Sharpe ratio is what scipy makes of the count."""

import json
import os
import struct
import subprocess

import numpy as np
import pytest
import scipy.stats

PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")
DAYS = 600


def run(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stderr
    return done


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "C"
    run("data", "generate", "--catalog", folder, "--instrument", "X.NYSE", "--asset-class", "equity",
        "--interval", "1d", "--count", DAYS, "--from", "2020-01-02")
    return folder


def arguments(catalog, fast, *more):
    return ["backtest", "--catalog", catalog, "--instrument", "X.NYSE", "--strategy", "sma-cross",
            "--param", f"fast={fast}", "--param", "slow=40", "--json", *more]


def backtest(catalog, fast, *more):
    return json.loads(run(*arguments(catalog, fast, *more)).stdout)


def test_the_deflated_ratio_counts_every_run_and_equals_scipy(catalog):
    sharpes = []
    for fast in (3, 8, 21):
        out = backtest(catalog, fast)
        sharpes.append(out["metrics"]["sharpe"] / np.sqrt(out["metrics"]["sharpe_annualization"]))
    assert out["metrics"]["trials"] == 3
    variance = np.var(sharpes, ddof=1)
    assert out["ledger"]["sharpe_variance"] == pytest.approx(variance, rel=1e-9)
    z = scipy.stats.norm.ppf
    best = np.sqrt(variance) * (
        (1 - np.euler_gamma) * z(1 - 1 / 3) + np.euler_gamma * z(1 - 1 / (3 * np.e))
    )
    skew, kurtosis, sharpe = out["metrics"]["skew"], out["metrics"]["kurtosis"], sharpes[-1]
    returns = out["metrics"]["samples"] - 1
    deviation = np.sqrt((1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2) / (returns - 1))
    assert out["metrics"]["dsr"] == pytest.approx(scipy.stats.norm.cdf((sharpe - best) / deviation), abs=1e-9)


def test_the_same_run_again_is_entered_but_is_no_new_trial(catalog):
    backtest(catalog, 5)
    ledger = backtest(catalog, 5)["ledger"]
    assert (ledger["runs"], ledger["trials"]) == (2, 1)


def test_another_strategy_or_instrument_is_a_family_of_its_own(catalog):
    backtest(catalog, 5)
    run("backtest", "--catalog", catalog, "--instrument", "X.NYSE", "--strategy", "buy-and-hold", "--json")
    assert backtest(catalog, 6)["ledger"]["trials"] == 2


def test_a_run_that_is_not_counted_says_so(catalog):
    out = backtest(catalog, 5, "--no-ledger")
    assert out["ledger"] is None and out["metrics"]["dsr"] is None
    assert any("was not counted" in line for line in out["warnings"])
    assert not (catalog / "TRIALS").exists()


def test_runs_at_the_same_time_are_all_entered(catalog):
    running = [subprocess.Popen([PROGRAM, *map(str, arguments(catalog, fast))], stdout=subprocess.DEVNULL)
               for fast in range(3, 11)]
    assert [one.wait() for one in running] == [0] * 8
    assert backtest(catalog, 30)["ledger"]["trials"] == 9


def test_a_torn_tail_is_passed_over_and_another_version_refused(catalog):
    backtest(catalog, 5)
    ledger = catalog / "TRIALS"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + whole[16:60])
    assert backtest(catalog, 6)["ledger"]["trials"] == 2

    other = bytearray(ledger.read_bytes())
    other[8:12] = struct.pack("<I", 9)
    other[12:16] = struct.pack("<I", crc32c(bytes(other[:12])))
    ledger.write_bytes(other)
    done = run(*arguments(catalog, 7), expect=2)
    assert "has version 9, this program reads up to version 2" in done.stderr
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert ledger.read_bytes() == other


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF
