# SPDX-License-Identifier: Apache-2.0
"""Every run of the program is counted, and the deflated Sharpe ratio is what scipy makes of the count."""

import json
import struct
import subprocess

import numpy as np
import pytest
import scipy.stats
from program import PROGRAM, run

DAYS = 600


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


# --- trials ls, trials show -----------------------------------------------------------------------

SEARCH = ["--param", "fast=2:30", "--param", "slow=31:200", "--method", "random", "--trials", 40, "--round", 4,
          "--prune", "median"]


def searched(catalog):
    return json.loads(run("optimize", "--catalog", catalog, "--instrument", "X.NYSE", "--strategy", "sma-cross", *SEARCH,
                          "--json").stdout)


def listed(catalog, *more):
    return json.loads(run("trials", "ls", "--catalog", catalog, "--json", *more).stdout)["groups"]


def shown(catalog, name, *more):
    return json.loads(run("trials", "show", name, "--catalog", catalog, "--json", *more).stdout)


def test_what_was_tried_is_listed_and_shown(catalog):
    single = backtest(catalog, 5)
    backtest(catalog, 5)
    run("backtest", "--catalog", catalog, "--instrument", "X.NYSE", "--strategy", "buy-and-hold")
    search = searched(catalog)
    walk = json.loads(run("walkforward", "--catalog", catalog, "--instrument", "X.NYSE", "--strategy", "sma-cross",
                          "--param", "fast=3:9:3", "--param", "slow=20:30:10", "--train", "1y", "--test", "6m",
                          "--json").stdout)
    whole = (catalog / "TRIALS").read_bytes()
    groups = listed(catalog)
    assert [g["origin"] for g in groups] == ["backtest", "backtest", "optimize", "walkforward"]
    assert [(g["runs"], g["trials"]) for g in groups[:2]] == [(2, 1), (1, 1)]
    assert groups[0]["id"] == single["settings_hash"]
    assert groups[0]["best"]["params"] == "fast=5 slow=40"
    assert groups[2]["runs"] == search["trials"]
    assert groups[2]["pruned"] == search["pruned"] > 0
    assert groups[2]["best"]["objective"] == pytest.approx(search["best"]["objective"], rel=1e-12)
    assert groups[3]["runs"] == walk["trials"]
    # Filters.
    assert [g["strategy"] for g in listed(catalog, "--strategy", "buy-and-hold")] == ["buy-and-hold"]
    assert len(listed(catalog, "--instrument", "X.NYSE")) == 4
    assert listed(catalog, "--instrument", "X") == listed(catalog, "--since", "2100-01-01") == []
    assert listed(catalog, "--since", "2020-01-01") == groups
    assert listed(catalog, "--last", 1) == groups[3:]
    # One of them, by the beginning of its id.
    one = shown(catalog, groups[2]["id"][:8])
    assert {k: one[k] for k in groups[2]} == groups[2]
    assert len(one["records"]) == search["trials"]
    assert one["records"][0] == one["best"]
    ends = [record["end"] for record in one["records"]]
    assert ends.count("pruned") == search["pruned"] and ends == sorted(ends, reverse=True)
    assert all(record["sharpe_of_one_period"] is not None for record in one["records"] if record["end"] == "pruned")
    table = run("trials", "show", groups[2]["id"], "--catalog", catalog, "--top", 3).stdout
    assert "(37 more" in table and one["best"]["params"] in table
    rows = run("trials", "ls", "--catalog", catalog).stdout.splitlines()
    assert len(rows) == 5 and groups[2]["id"] in rows[3]
    # It only reads.
    assert (catalog / "TRIALS").read_bytes() == whole


def test_what_cannot_be_shown_is_one_line(catalog):
    missing = run("trials", "ls", "--catalog", catalog, expect=2).stderr
    assert "TRIALS" in missing and "--ledger FILE" in missing
    assert not (catalog / "TRIALS").exists()
    assert "--catalog" in run("trials", "ls", expect=2).stderr
    backtest(catalog, 5)
    backtest(catalog, 6)
    ledger = catalog / "TRIALS"
    whole = ledger.read_bytes()
    assert "no search and no run" in run("trials", "show", "zz", "--catalog", catalog, expect=2).stderr
    assert "2 ids begin so" in run("trials", "show", "", "--catalog", catalog, expect=2).stderr
    assert "--since" in run("trials", "ls", "--catalog", catalog, "--since", "soon", expect=2).stderr
    for verb in (["ls"], ["show", "00"]):
        other = bytearray(whole)
        other[8:12] = struct.pack("<I", 9)
        other[12:16] = struct.pack("<I", crc32c(bytes(other[:12])))
        ledger.write_bytes(other)
        done = run("trials", *verb, "--catalog", catalog, expect=2)
        assert "has version 9" in done.stderr and done.stdout == "" and done.stderr.count("\n") == 1
        damaged = bytearray(whole)
        damaged[40] ^= 1
        ledger.write_bytes(damaged)
        done = run("trials", *verb, "--catalog", catalog, expect=1)
        assert "the record at byte 16 is damaged" in done.stderr
        assert done.stdout == "" and done.stderr.count("\n") == 1
        assert ledger.read_bytes() == damaged
        ledger.write_bytes(b"a list of trials\n")
        assert "is no ledger of trials" in run("trials", *verb, "--catalog", catalog, expect=2).stderr
