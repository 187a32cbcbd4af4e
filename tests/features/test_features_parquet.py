# SPDX-License-Identifier: Apache-2.0
"""Features as Parquet are what the CSV says, read by pyarrow. Passed over where DuckDB's library is not there."""

import ctypes
import os
import subprocess

import pandas as pd
import pytest

PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")
PEERS = os.environ.get("PEERS_PYTHON", "build/venv-peers/bin/python")
READ = """
import sys
import pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
assert table.schema.names == sys.argv[3].split(","), table.schema
assert str(table.schema.field("ts").type) == "timestamp[ns]", table.schema
frame = table.to_pandas()
frame["ts"] = frame["ts"].astype("int64")
frame.to_pickle(sys.argv[2], protocol=4)
"""


def run(*arguments, expect=0, **more):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, **more})
    assert done.returncode == expect, done.stderr
    return done


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "C"
    for symbol in ("X.NYSE", "Y.NYSE"):
        run("data", "generate", "--catalog", folder, "--instrument", symbol, "--asset-class", "equity",
            "--interval", "1d", "--count", 3000, "--from", "2010-01-04", "--seed", len(symbol))
    return folder


def has_library():
    try:
        ctypes.CDLL(os.environ.get("TRADEWIND_DUCKDB", "libduckdb.so"))
    except OSError:
        return False
    return True


def read(path, names, tmp_path):
    pickle = tmp_path / "table.pickle"
    subprocess.run([PEERS, "-c", READ, path, pickle, names], check=True)
    return pd.read_pickle(pickle)


@pytest.mark.parametrize("symbols", ["X.NYSE", "X.NYSE,Y.NYSE"])
def test_parquet_is_the_csv(catalog, tmp_path, symbols):
    if not has_library():
        pytest.skip("no DuckDB library (TRADEWIND_DUCKDB)")
    if not os.path.exists(PEERS):
        pytest.skip("no interpreter with pyarrow")
    build = ["features", "build", "--catalog", catalog, "--instrument", symbols, "--expr", "ema(close, 9)", "--name",
             "smooth", "--expr", "log(close/ref(close))", "--name", "ret", "--export"]
    run(*build, tmp_path / "a.csv")
    run(*build, tmp_path / "a.parquet")
    names = "ts,instrument,smooth,ret" if "," in symbols else "ts,smooth,ret"
    table = read(tmp_path / "a.parquet", names, tmp_path)
    expected = pd.read_csv(tmp_path / "a.csv", float_precision="round_trip")
    for name in names.split(","):
        pd.testing.assert_series_equal(table[name], expected[name], check_dtype=name != "instrument", rtol=0, atol=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["C", "a.csv", "a.parquet", "table.pickle"]


def test_without_the_library_one_line_says_how_to_get_it(catalog, tmp_path):
    done = run("features", "build", "--catalog", catalog, "--instrument", "X.NYSE", "--expr", "close", "--export",
               tmp_path / "a.parquet", expect=2, TRADEWIND_DUCKDB="/none/libduckdb.so")
    assert len(done.stderr.splitlines()) == 1
    assert "TRADEWIND_DUCKDB" in done.stderr and "CSV" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["C"]
