# SPDX-License-Identifier: Apache-2.0
"""In mode `backtrader` our SMA cross equals backtrader's own on the same file, trade for trade and to the cent."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("TRADEWIND", ROOT / "build" / "bin" / "tradewind"))
DATA = Path(os.environ.get("TRADEWIND_DATA", ROOT.parent / "shared" / "data"))
CENT = 0.01

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")

#         file, symbol, interval, parameters
CASES = [
    ("equities/daily_raw/SPY.csv.gz", "SPY.ARCA", "1d", {"fast": 10, "slow": 30, "size": 100}),
    ("equities/daily_raw/AAPL.csv.gz", "AAPL.NASDAQ", "1d", {"fast": 5, "slow": 20, "size": 50}),
    ("equities/daily_raw/AIG.csv.gz", "AIG.NYSE", "1d", {"fast": 20, "slow": 50, "size": 40}),
    ("equities/daily_split_adjusted/KO.csv.gz", "KO.NYSE", "1d", {"fast": 3, "slow": 8, "size": 100}),
    ("equities/hour_raw/SPY.csv.gz", "SPY.ARCA", "1h", {"fast": 10, "slow": 30, "size": 100}),
    ("crypto/hour/ETHUSDT.binance.csv.gz", "ETHUSDT.BINANCE", "1h", {"fast": 12, "slow": 48, "size": 2}),
]


def tradewind(*args: str, code: int = 0) -> dict:
    done = subprocess.run([PROGRAM, *args, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def ours(tmp_path: Path, file: Path, symbol: str, interval: str, params: dict, fee_bps: float,
         code: int = 0) -> dict:
    catalog = str(tmp_path / "catalog")
    tradewind("data", "import", "--catalog", catalog, "--format", "csv", "--instrument", symbol,
              "--kind", "bar", "--interval", interval, str(file))
    named = [part for name, value in params.items() for part in ("--param", f"{name}={value}")]
    return tradewind("backtest", "--catalog", catalog, "--instrument", symbol, "--strategy", "sma-cross",
                     *named, "--cash", "100000", "--fee-bps", str(fee_bps), "--fills", "backtrader", code=code)


@pytest.mark.parametrize("fee_bps", [0, 10])
@pytest.mark.parametrize(("name", "symbol", "interval", "params"), CASES)
def test_trades_and_equity_equal_backtraders(tmp_path, name, symbol, interval, params, fee_bps):
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{file} is not there; TRADEWIND_DATA names the folder of market data")
    from backtrader_cross import run

    theirs = run(file, cash=100_000.0, fee=fee_bps / 10_000, **params)
    mine = ours(tmp_path, file, symbol, interval, params, fee_bps)

    assert len(theirs.trades) > 20, "the case must trade"
    assert len(mine["trades"]) == len(theirs.trades)
    for trade, other in zip(mine["trades"], theirs.trades, strict=True):
        assert trade["side"] == "long"
        for mine_ts, label in ((trade["entry_ts"], other.entry), (trade["exit_ts"], other.exit)):
            # backtrader names the bar by its label; a day's fill is at the open of that session.
            when = datetime.fromisoformat(mine_ts)
            assert when.date() == label.date() if interval == "1d" else when == label
        assert trade["qty"] == other.qty
        assert trade["entry_price"] == pytest.approx(other.entry_price, abs=1e-9)
        assert trade["exit_price"] == pytest.approx(other.exit_price, abs=1e-9)
        assert trade["pnl"] == pytest.approx(other.pnl, abs=CENT / 2)
        assert trade["fees"] == pytest.approx(other.fees, abs=CENT / 2)
    assert mine["final_equity"] == pytest.approx(theirs.final_equity, abs=CENT / 2)


def test_a_buy_beyond_the_cash_trades_in_neither(tmp_path):
    file = DATA / "equities/daily_raw/SPY.csv.gz"
    if not file.exists():
        pytest.skip(f"{file} is not there; TRADEWIND_DATA names the folder of market data")
    from backtrader_cross import run

    params = {"fast": 10, "slow": 30, "size": 100_000}
    theirs = run(file, cash=100_000.0, **params)
    mine = ours(tmp_path, file, "SPY.ARCA", "1d", params, 0, code=1)
    assert theirs.trades == [] and mine["trades"] == []
    assert mine["final_equity"] == theirs.final_equity == 100_000.0
    assert mine["denied"]["insufficient_cash"] > 0
