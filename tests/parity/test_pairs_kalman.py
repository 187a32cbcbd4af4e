# SPDX-License-Identifier: Apache-2.0
"""pairs-kalman over real shares decides as the same rules in Python do, with statsmodels for the test of cointegration
and numpy's matrices for the filter: BHP's two listings, and two oil companies."""

import gzip
import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="needs tests/requirements.txt")
stattools = pytest.importorskip("statsmodels.tsa.stattools", reason="needs tests/requirements.txt")
adfvalues = pytest.importorskip("statsmodels.tsa.adfvalues", reason="needs tests/requirements.txt")

DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", "../shared/data")) / "equities/daily_split_adjusted"
PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")
FORMATION, RETEST, LAGS, LEVEL = 120, 20, 1, 10
ENTRY, EXIT, STOP, DELTA = 1.0, 0.0, 4.0, 1e-4

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not there (TRADEWIND_DATA)")


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bars(symbol):
    with gzip.open(DATA / f"{symbol}.csv.gz", "rt") as file:
        return pd.read_csv(file, index_col="ts")


def stances(y, x):
    """1, -1 or 0 after each pair of closes."""
    held, stopped, last_z, passed, beta = 0, False, 0.0, False, None
    for i in range(len(y)):
        if i + 1 >= FORMATION and (i + 1 - FORMATION) % RETEST == 0:
            window = slice(i + 1 - FORMATION, i + 1)
            t = stattools.coint(y[window], x[window], trend="c", maxlag=LAGS, autolag=None)[0]
            critical = adfvalues.mackinnoncrit(N=2, regression="c", nobs=FORMATION - 1)
            passed = t < critical[{1: 0, 5: 1, 10: 2}[LEVEL]]
            if beta is None:
                beta = np.polyfit(x[window], y[window], 1)
                rest = y[window] - np.polyval(beta, x[window])
                noise, covariance = rest @ rest / (FORMATION - 2), np.zeros((2, 2))
        if beta is None:
            yield 0
            continue
        row = np.array([x[i], 1.0])
        prior = covariance + DELTA / (1 - DELTA) * np.eye(2)
        error, variance = y[i] - row @ beta, row @ prior @ row + noise
        gain = prior @ row / variance
        beta, covariance = beta + gain * error, prior - np.outer(gain, row) @ prior
        z = error / np.sqrt(variance)
        if abs(z) <= EXIT or z * last_z < 0:
            stopped = False
        last_z = z
        if not passed:
            held = 0
        elif held and -z * held >= STOP:
            held, stopped = 0, True
        elif not (held and -z * held > EXIT):
            held = 0 if stopped or abs(z) < ENTRY else (-1 if z > 0 else 1)
        yield held


def expected_trades(dates, held):
    """(side, day of entry, day of exit) of the first leg, filled at the open after the decision."""
    out, entered = [], None
    before = 0
    for i, now in enumerate(held[:-1]):
        if now == before:
            continue
        if before:
            out.append(("long" if before > 0 else "short", entered, dates[i + 1]))
        entered = dates[i + 1]
        before = now
    return out


@pytest.mark.parametrize("first, second", [("BBL", "BHP"), ("XOM", "TOT"), ("KO", "PFE")])
def test_decides_as_the_same_rules_in_python(tmp_path, first, second):
    catalog = str(tmp_path / "catalog")
    for symbol in (first, second):
        run("data", "import", "--catalog", catalog, "--instrument", f"{symbol}.NYSE", "--interval", "1d",
            str(DATA / f"{symbol}.csv.gz"))
    report = json.loads(run(
        "backtest", "--catalog", catalog, "--instrument", f"{first}.NYSE,{second}.NYSE", "--strategy", "pairs-kalman",
        "--param", "size=100", "--param", f"level={LEVEL}", "--cash", "100000", "--set", "account.kind=margin",
        "--set", "simulation.participation=1", "--no-ledger", "--json"))
    both = pd.DataFrame({"close_y": bars(first).close, "close_x": bars(second).close}).dropna()
    held = list(stances(both.close_y.to_numpy(), both.close_x.to_numpy()))
    dates = [str(pd.Timestamp(ts))[:10] for ts in both.index]
    ours = [(t["side"], t["entry_ts"][:10], t["exit_ts"][:10]) for t in report["trades"]
            if t["instrument"] == f"{first}.NYSE"]
    assert ours == expected_trades(dates, held)
    if any(held):
        legs = [t for t in report["trades"] if t["instrument"] == f"{second}.NYSE"]
        assert len(legs) >= len(ours) > 0
    assert report["denied"] in ({}, 0, [])
