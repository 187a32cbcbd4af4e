# SPDX-License-Identifier: Apache-2.0
"""Averages that are equal but for their last digit fall for us as they fall for backtrader.

A price that stands still makes the fast and the slow average equal in cents. Which of the two
doubles is larger is then chance, and decides a trade: sma-cross takes the same chance.
"""

import gzip
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from test_sma_cross_backtrader import ours

FIRST_DAY = datetime(2000, 1, 1, tzinfo=timezone.utc)


def price_that_mostly_stands(path: Path, seed: int) -> None:
    random.seed(seed)
    cents, rows = 777, ["ts,open,high,low,close,volume"]
    for day in range(3000):
        if random.random() < 0.25:
            cents += random.choice([-1, 1])
        price = f"{cents / 100:.2f}"
        ts = int((FIRST_DAY + timedelta(days=day)).timestamp()) * 1_000_000_000
        rows.append(f"{ts},{price},{price},{price},{price},1000")
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ties_fall_as_in_backtrader(tmp_path, seed):
    from backtrader_cross import run

    file = tmp_path / "still.csv.gz"
    price_that_mostly_stands(file, seed)
    params = {"fast": 3, "slow": 7, "size": 10}
    theirs = run(file, cash=100_000.0, **params)
    mine = ours(tmp_path, file, "STILL.BINANCE", "1d", params, 0)

    assert len(theirs.trades) > 100, "the case must trade"
    assert [t["entry_ts"][:10] for t in mine["trades"]] == [str(t.entry.date()) for t in theirs.trades]
    assert [t["exit_ts"][:10] for t in mine["trades"]] == [str(t.exit.date()) for t in theirs.trades]
    assert mine["final_equity"] == pytest.approx(theirs.final_equity, abs=0.005)
