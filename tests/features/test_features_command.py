# SPDX-License-Identifier: Apache-2.0
"""`tradewind features` as a user runs it: build, append, ls, show, check, and what bad input is told.

Real bars where TRADEWIND_DATA has them, made ones otherwise."""

import csv
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pandas as pd
import pytest
import talib
from program import PROGRAM, run

DATA = os.environ.get("TRADEWIND_DATA", "../shared/data")
MOMENTUM = "zscore(log(close/ref(close,5)),60)"


def features(*arguments, expect=0):
    done = run("features", *arguments, expect=expect)
    return json.loads(done.stdout) if "--json" in arguments and done.stdout else done


def spy_rows():
    file = pathlib.Path(DATA) / "equities" / "daily_raw" / "SPY.csv.gz"
    if not file.exists():
        return None
    with gzip.open(file, "rt") as text:
        return list(csv.reader(text))


def made_rows():
    random = np.random.default_rng(4)
    close = 100 * np.exp(np.cumsum(0.01 * random.standard_normal(1500)))
    days = pd.bdate_range("2010-01-04", periods=1500)
    out = [["ts", "open", "high", "low", "close", "volume"]]
    for i, day in enumerate(days):
        before = close[max(0, i - 1)]
        out.append([str(int(day.timestamp()) * 10**9), f"{before:.4f}", f"{max(before, close[i]) * 1.003:.4f}",
                    f"{min(before, close[i]) * 0.997:.4f}", f"{close[i]:.4f}", int(1e6 + 1e5 * random.random())])
    return out


def put(catalog, rows, symbol="SPY.ARCA", name="bars.csv"):
    file = catalog.parent / name
    with open(file, "w", newline="") as out:
        csv.writer(out).writerows(rows)
    run("data", "import", "--catalog", catalog, "--instrument", symbol, "--interval", "1d", file)


@pytest.fixture(scope="module")
def rows():
    return spy_rows() or made_rows()


@pytest.fixture(scope="module")
def shared(tmp_path_factory, rows):
    catalog = tmp_path_factory.mktemp("features") / "C"
    put(catalog, rows)
    return catalog


@pytest.fixture
def catalog(tmp_path):
    return tmp_path / "C"


def bars(rows):
    return pd.DataFrame(rows[1:], columns=rows[0]).astype({c: float for c in rows[0] if c != "ts"})


def same(got, expected, rel=1e-9):
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_allclose(got, expected, rtol=rel, atol=1e-12)


def test_show_writes_an_indicator_as_talib_has_it(shared, rows, tmp_path):
    out = tmp_path / "rsi.csv"
    run("features", "show", "--indicator", "rsi", "--param", "14", "--catalog", shared, "--instrument",
        "SPY.ARCA", "--export", out)
    table = pd.read_csv(out)
    assert list(table.columns) == ["ts", "value"]
    same(table["value"].to_numpy(), talib.RSI(bars(rows)["close"].to_numpy(), 14))


def test_show_knows_functions_too(shared, rows, tmp_path):
    out = tmp_path / "ewm.csv"
    run("features", "show", "--indicator", "ewm_std", "--param", "halflife=12", "--catalog", shared, "--instrument", "SPY.ARCA",
        "--export", out)
    same(pd.read_csv(out)["value"].to_numpy(), bars(rows)["close"].ewm(halflife=12, min_periods=35).std().to_numpy())


def test_show_names_several_outputs(shared, tmp_path):
    out = tmp_path / "macd.csv"
    run("features", "show", "--indicator", "macd", "--catalog", shared, "--instrument", "SPY.ARCA", "--export", out)
    assert list(pd.read_csv(out).columns) == ["ts", "macd", "signal", "histogram"]
    text = run("features", "show", "--indicator", "macd", "--catalog", shared, "--instrument", "SPY.ARCA").stdout
    assert "histogram" in text and len(text.splitlines()) == 12


def test_rows_are_known_at_the_close_of_their_bar(shared, rows, tmp_path):
    if spy_rows() is None:
        pytest.skip("no TRADEWIND_DATA; made bars lie on holidays too, which have no session to close")
    out = tmp_path / "close.csv"
    features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "close", "--export", out)
    known = pd.to_datetime(pd.read_csv(out)["ts"], utc=True)
    label = bars(rows)["ts"]
    labels = pd.to_datetime(label.astype("int64") if label.iloc[0].isdigit() else label, utc=True)
    assert (known.dt.date == labels.dt.date).all()
    assert known.dt.tz_convert("America/New_York").dt.hour.isin([13, 16]).all()


def test_an_expression_is_what_pandas_makes_of_it(shared, rows, tmp_path):
    out = tmp_path / "out.csv"
    told = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", MOMENTUM, "--name", "mom",
                    "--export", out, "--json")
    table = pd.read_csv(out)
    assert list(table.columns) == ["ts", "mom"]
    assert told["rows"] == len(table) == len(rows) - 1
    assert told["features"] == 1 and len(told["schema_hash"]) == 16 and told["wall_s"] > 0
    assert not (shared / "features").exists()
    change = np.log(bars(rows)["close"] / bars(rows)["close"].shift(5))
    window = change.rolling(60)
    valid = table["mom"].notna()
    assert valid.sum() == len(table) - 64
    for ddof in (0, 1):
        expected = (change - window.mean()) / window.std(ddof=ddof)
        if np.allclose(table["mom"][valid], expected[valid], rtol=1e-7, atol=1e-9):
            return
    raise AssertionError("neither of both deviations gives these values")


def closing_minutes(clock):
    half_days = ["2024-11-29", "2025-07-03", "2025-11-28", "2025-12-24"]
    return [13 * 60 if str(at.date()) in half_days else 16 * 60 for at in clock]


def five_minutes_of_sessions():
    """Real bars of 2025, in which daylight time ends; else made ones round two changes of the clock and a half day."""
    file = pathlib.Path(DATA) / "equities" / "5min_raw" / "SPY_2025.csv.gz"
    if file.exists():
        with gzip.open(file, "rt") as text:
            head, *rows = csv.reader(text)
        clock = pd.to_datetime([int(row[0]) for row in rows], utc=True).tz_convert("America/New_York")
        return [head] + [row for row, at, close in zip(rows, clock, closing_minutes(clock)) if at.hour * 60 + at.minute < close]
    random = np.random.default_rng(6)
    out = [["ts", "open", "high", "low", "close", "volume"]]
    for day in [*pd.bdate_range("2024-03-04", "2024-03-15"), *pd.bdate_range("2024-10-28", "2024-11-08"), pd.Timestamp("2024-11-29")]:
        end = "12:55" if day == pd.Timestamp("2024-11-29") else "15:55"
        for at in pd.date_range(f"{day.date()} 09:30", f"{day.date()} {end}", freq="5min", tz="America/New_York"):
            low, open_, close, high = sorted(np.round(100 + random.normal(0, 1, 4), 2))
            out.append([str(at.value), open_, high, low, close, int(random.integers(1, 9999))])
    return out


def test_sessions_and_new_yorks_clock_are_what_pandas_makes_of_them(catalog, tmp_path):
    rows = five_minutes_of_sessions()
    file, out = tmp_path / "five.csv", tmp_path / "out.csv"
    with open(file, "w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows(rows)
    run("data", "import", "--catalog", catalog, "--instrument", "SPY.ARCA", "--interval", "5m", file)
    expressions = {"since_open": "(time-session_open)/60", "to_close": "(session_close-time)/60",
                   "hour": "hour(new_york_time(time))", "minute": "minute(new_york_time(time))",
                   "day": "day_of_week(new_york_time(time))", "high": "anchored_max(high,session_open)",
                   "low": "anchored_min(low,session_open)", "move": "close/anchored_first(open,session_open)-1",
                   "bar": "anchored_count(close,session_open)", "bought": "anchored_sum(volume,session_open)",
                   "mean": "anchored_mean(close,session_open)"}
    asked = [part for name, text in expressions.items() for part in ("--expr", text, "--name", name)]
    features("build", "--catalog", catalog, "--instrument", "SPY.ARCA", *asked, "--export", out)
    table, frame = pd.read_csv(out), bars(rows)
    assert len(table) == len(frame)
    clock = pd.to_datetime(table["ts"], utc=True).dt.tz_convert("America/New_York")
    minutes = clock.dt.hour * 60 + clock.dt.minute
    sessions = frame.groupby(clock.dt.date.to_numpy())
    expected = {"since_open": minutes - 570, "to_close": closing_minutes(clock) - minutes, "hour": clock.dt.hour, "minute": clock.dt.minute,
                "day": clock.dt.day_of_week, "high": sessions["high"].cummax(), "low": sessions["low"].cummin(),
                "move": frame["close"] / sessions["open"].transform("first") - 1, "bar": sessions.cumcount() + 1,
                "bought": sessions["volume"].cumsum(), "mean": sessions["close"].cumsum() / (sessions.cumcount() + 1)}
    assert clock.map(lambda at: at.utcoffset()).nunique() == 2
    for name, wanted in expected.items():
        same(table[name].to_numpy(float), wanted.to_numpy(float))


def test_from_and_to_cut_what_is_written_and_change_no_value(shared, tmp_path):
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv.gz"
    common = ["--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "ema(close, 50)"]
    features("build", *common, "--export", whole)
    features("build", *common, "--from", "2012-03-01", "--to", "2013-03-01", "--export", part)
    full, cut = pd.read_csv(whole), pd.read_csv(part)
    low, high = pd.Timestamp("2012-03-01").value, pd.Timestamp("2013-03-01").value
    pd.testing.assert_frame_equal(full[(full.ts >= low) & (full.ts < high)].reset_index(drop=True), cut)
    assert len(cut) > 200


def stored_file(catalog):
    files = list((catalog / "features").glob("*/*/*.twf"))
    assert len(files) == 1
    return files[0]


def test_appending_gives_the_bytes_of_a_full_rebuild(catalog, rows):
    build = ["build", "--catalog", catalog, "--instrument", "SPY.ARCA", "--expr", "ema(close, 30)", "--expr",
             "obv()", "--expr", MOMENTUM, "--expr", "sma(volume, 20)", "--json"]
    before = 0
    for end in (2, 700, 701, 1400, len(rows)):
        put(catalog, rows[:end])
        told = features(*build)
        assert told["instruments"][0]["rows_added"] == end - 1 - before
        assert told["instruments"][0]["rows_identical"] == before
        assert told["rows"] == end - 1
        before = end - 1
    appended = stored_file(catalog).read_bytes()
    shutil.rmtree(catalog / "features")
    features(*build)
    assert stored_file(catalog).read_bytes() == appended
    assert features(*build)["instruments"][0]["rows_added"] == 0


def test_bars_that_were_changed_are_told_and_mended_by_a_rebuild(catalog, rows):
    rows = [list(row) for row in rows[:900]]
    put(catalog, rows)
    build = ["build", "--catalog", catalog, "--instrument", "SPY.ARCA", "--expr", "sma(close, 5)"]
    features(*build)
    file = stored_file(catalog)
    before = file.read_bytes()
    rows[500][4] = rows[500][3]
    path = catalog.parent / "changed.csv"
    with open(path, "w", newline="") as out:
        csv.writer(out).writerows(rows)
    run("data", "import", "--catalog", catalog, "--instrument", "SPY.ARCA", "--interval", "1d", "--replace", path)
    error = features(*build, expect=2).stderr
    assert "value at " in error and "--rebuild" in error
    assert file.read_bytes() == before
    features(*build, "--rebuild")
    assert file.read_bytes() != before


@pytest.mark.parametrize("name", ["alpha158", "technical"])
def test_check_proves_a_set(shared, name):
    told = features("check", "--catalog", shared, "--instrument", "SPY.ARCA", "--set", name, "--cuts", 3, "--json")
    assert told["parity"] == "identical"
    assert told["future_corruption"] == "clean"
    assert told["features"] > 40


def test_a_set_is_kept_and_listed(catalog, rows, tmp_path):
    put(catalog, rows)
    folder = tmp_path / "F"
    told = features("build", "--catalog", catalog, "--instrument", "SPY.ARCA", "--set", "alpha158", "--out", folder,
                    "--json")
    assert told["features"] == 158 and told["rows"] == len(rows) - 1
    (one,) = features("ls", "--catalog", catalog, "--out", folder, "--json")["series"]
    assert one["instrument"] == "SPY.ARCA" and one["interval"] == "1d" and one["set"] == "alpha158"
    assert one["schema_hash"] == told["schema_hash"] and one["features"] == 158
    assert one["columns"][0]["name"] == "KMID"
    assert "alpha158" in features("ls", "--catalog", catalog, "--out", folder).stdout
    assert "nothing yet" in features("ls", "--catalog", catalog).stdout


def test_several_instruments_at_once(catalog, rows, tmp_path):
    put(catalog, rows[:400])
    put(catalog, [rows[0], *rows[200:700]], "AAPL.NASDAQ")
    told = features("build", "--catalog", catalog, "--instrument", "*", "--expr", "rsi(14)", "--json")
    assert [one["rows"] for one in told["instruments"]] == [500, 399]
    out = tmp_path / "all.csv"
    features("build", "--catalog", catalog, "--instrument", "SPY.ARCA,AAPL.NASDAQ", "--expr", "rsi(14)", "--export", out)
    table = pd.read_csv(out)
    assert list(table.columns) == ["ts", "instrument", "value"]
    assert table.groupby("instrument").size().to_dict() == {"AAPL.NASDAQ": 500, "SPY.ARCA": 399}


def test_a_set_of_ones_own(shared, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[features]\nmom = "log(close / ref(close, 5))"\nsmooth = "ema(mom, 10)"\n')
    out = tmp_path / "out.csv"
    told = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--config", mine, "--export", out, "--json")
    assert told["set"] == "mine.toml"
    assert list(pd.read_csv(out).columns) == ["ts", "mom", "smooth"]
    mine.write_text('[features]\nmom = "log(clsoe)"\n')
    error = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--config", mine, expect=2).stderr
    assert f"{mine}:2:7: feature mom, column 5: there is no clsoe" in error and "do you mean close" in error
    mine.write_text("[features]\nmom = 3\n")
    assert "mine.toml:2:7" in features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--config", mine,
                                       expect=2).stderr


@pytest.mark.parametrize(("arguments", "words"), [
    (["--set", "alpha15"], ["--set alpha15", "alpha158"]),
    (["--expr", "rsj(14)"], ["--expr", "column 1", "rsi"]),
    (["--expr", "close + clsoe"], ["column 9", "close"]),
    (["--expr", "close", "--name", "a", "--name", "b"], ["--name"]),
    (["--expr", "close", "--expr", "open", "--name", "a", "--name", "a"], ["there is a feature of this name"]),
    ([], ["no feature is named"]),
    (["--expr", "close", "--from", "2030-01-01", "--export", "none.csv"], ["between --from and --to"]),
    (["--expr", "close", "--from", "2012-01-01"], ["--from belongs to --export"]),
    (["--expr", "close", "--interval", "5m"], ["has no bars of 5m"]),
    (["--config", "none.toml"], ["none.toml: there is no such file"]),
    (["--expr", "close", "--export", "no/such/folder.csv"], ["no/such/folder.csv"]),
])
def test_bad_input_is_one_line_and_leaves_nothing(shared, tmp_path, arguments, words):
    arguments = [str(tmp_path / a) if a.endswith(".csv") and "/" not in a else a for a in arguments]
    error = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", *arguments, expect=2).stderr
    for word in words:
        assert word in error
    assert not (shared / "features").exists()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_instrument_or_indicator_is_named(shared):
    common = ["--catalog", shared, "--expr", "close"]
    assert "NONE.X" in features("build", *common, "--instrument", "NONE.X", expect=2).stderr
    error = features("show", "--catalog", shared, "--instrument", "SPY.ARCA", "--indicator", "rsj", expect=2).stderr
    assert "rsj" in error and "rsi" in error
    error = features("show", "--catalog", shared, "--instrument", "SPY.ARCA", "--indicator", "zscor", expect=2).stderr
    assert "zscore" in error
    assert "no catalog" in features("build", "--expr", "close", expect=2).stderr


def test_a_damaged_store_is_refused_by_name(catalog, rows):
    put(catalog, rows[:600])
    build = ["build", "--catalog", catalog, "--instrument", "SPY.ARCA", "--expr", "sma(close, 5)"]
    features(*build)
    file = stored_file(catalog)
    whole = file.read_bytes()
    for at, words in ((8, "version"), (50, "checksum of the header"), (4096 + 10, "number of rows"),
                      (2 * 4096 + 100, "checksum of rows 0 to 598")):
        data = bytearray(whole)
        data[at] ^= 4
        file.write_bytes(data)
        for verb in (build, ["ls", "--catalog", catalog]):
            error = features(*verb, expect=2).stderr
            assert str(file) in error and words in error
        assert file.read_bytes() == bytes(data)
    file.write_bytes(whole[:-100])
    assert "cut off" in features(*build, expect=2).stderr
    features(*build, "--rebuild")
    assert file.read_bytes() == whole


def test_killed_while_it_builds_nothing_is_half_there(catalog, rows):
    put(catalog, rows[:700])
    build = [PROGRAM, "features", "build", "--catalog", str(catalog), "--instrument", "SPY.ARCA", "--set", "alpha158"]
    subprocess.run(build, check=True, capture_output=True)
    put(catalog, rows)
    counts = set()
    for pause in np.linspace(0.005, 0.4, 12):
        process = subprocess.Popen(build, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        (one,) = features("ls", "--catalog", catalog, "--json")["series"]
        assert one["rows"] in (699, len(rows) - 1)
        counts.add(one["rows"])
    assert 699 in counts
    subprocess.run(build, check=True, capture_output=True)
    assert features("ls", "--catalog", catalog, "--json")["series"][0]["rows"] == len(rows) - 1


def test_a_feature_that_looks_back_further_than_there_are_bars_is_named(shared, rows, tmp_path):
    told = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "ref(close,100000)",
                    "--export", tmp_path / "none.csv", "--json")
    bars_there = f"{len(rows) - 1:,}"
    assert told["warnings"] == ["SPY.ARCA: 1 of 1 features have no value: value needs 100,000 rows before its first, and "
                                f"there are {bars_there}"]
    known = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "ref(close,1)",
                     "--export", tmp_path / "some.csv", "--json")
    assert known["warnings"] == []


def test_columns_are_listed_with_their_units(shared, tmp_path):
    built = features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "close", "--expr", "rsi(14)",
                     "--expr", "log(close)", "--out", tmp_path / "F", "--json")
    assert [c["unit"] for c in built["columns"]] == ["price", "1", "mixed"]
    assert [c["lookback"] for c in built["columns"]] == [0, 14, 0]
    listed = features("ls", "--catalog", shared, "--out", tmp_path / "F", "--json")
    assert listed["series"][0]["columns"] == built["columns"]


def test_a_page_draws_each_feature_and_needs_no_network(shared, tmp_path):
    page = tmp_path / "features.html"
    features("plot", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "rsi(14)", "--name", "strength", "--expr",
             "close - sma(20)", "--name", "gap", "--from", "2014-01-01", "-o", page)
    text = page.read_text()
    data = json.loads(re.search(r"<script[^>]*application/json[^>]*>(.*?)</script>", text, re.S).group(1))
    assert [f["name"] for f in data["features"]] == ["strength", "gap"]
    out = tmp_path / "x.csv"
    features("build", "--catalog", shared, "--instrument", "SPY.ARCA", "--expr", "rsi(14)", "--from", "2014-01-01",
             "--export", out)
    np.testing.assert_allclose(data["features"][0]["v"], pd.read_csv(out).value, rtol=1e-12)
    assert not re.search(r"(src|href)=[\"']?https?:", text)
