# SPDX-License-Identifier: Apache-2.0
"""Features that read more than their own bars, against pandas: ranks and neutralised values across instruments,
bars of others, news, calendars and series. Real data where TRADEWIND_DATA has it, made one otherwise."""

import csv
import gzip
import json
import os
import pathlib

import numpy as np
import pandas as pd
import pytest
from program import run

DATA = pathlib.Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))
FOLDER = DATA / "equities" / "daily_split_adjusted"
SYMBOLS = ["AAPL", "BABA", "BAC", "CAT", "DIS", "JPM", "KO", "MA", "MSFT", "PFE", "WMT", "XOM"]
DAY = 86_400 * 10**9
CLOSE = 21 * 3600 * 10**9  # of the made days, near enough to New York's


def made_rows(seed, first, rows):
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(0.01 * random.standard_normal(rows)))
    days = pd.bdate_range("2013-01-02", periods=first + rows)[first:]
    for i, day in enumerate(days):
        before = close[max(0, i - 1)]
        yield [int(day.timestamp()) * 10**9, f"{before:.4f}", f"{max(before, close[i]) + 0.5:.4f}",
               f"{min(before, close[i]) - 0.5:.4f}", f"{close[i]:.4f}", 1000 + i]


def bars_of(place, symbol):
    file = FOLDER / f"{symbol}.csv.gz"
    if file.exists():
        return list(csv.reader(gzip.open(file, "rt")))
    first, rows = (0, 600) if place % 4 else (150, 300)
    return [["ts", "open", "high", "low", "close", "volume"], *made_rows(place, first, rows)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A catalog, and files of sources and groups with holes and oddities."""
    folder = tmp_path_factory.mktemp("panel")
    catalog = folder / "C"
    for place, symbol in enumerate(SYMBOLS):
        bars = folder / f"{symbol}.csv"
        with open(bars, "w", newline="") as out:
            csv.writer(out).writerows(bars_of(place, symbol))
        run("data", "import", "--catalog", catalog, "--instrument", f"{symbol}.NYSE", "--interval", "1d", bars)
    sectors = folder / "sectors.csv"
    with open(sectors, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["Symbol", "Name", "GICS Sector"])
        writer.writerows([s, "a, b", f"sector {i % 3}"] for i, s in enumerate(SYMBOLS[:-1]))
    random = np.random.default_rng(3)
    start = int(pd.Timestamp("2012-08-01").timestamp()) * 10**9
    news = pd.DataFrame({"ts": np.sort(start + random.integers(0, 1200 * DAY, 800)),
                         "symbol": random.choice([*SYMBOLS, "*", "ELSE"], 800),
                         "label": random.choice(["positive", "neutral", "negative", ""], 800),
                         "precision": random.choice(["second", "day", "none"], 800)})
    news.loc[news.precision == "day", "ts"] //= DAY
    news.loc[news.precision == "day", "ts"] *= DAY
    news.to_csv(folder / "news.csv.gz", index=False)
    due = np.sort(start + random.integers(0, 1300 * DAY, 40))
    calendar = pd.DataFrame({"ts": due, "country": "US", "event": random.choice(["CPI m/m", "Other"], 40),
                             "actual": random.random(40).round(3), "forecast": random.random(40).round(3),
                             "previous": "", "currency": "USD", "impact": "high", "precision": "minute"})
    calendar.to_csv(folder / "calendar.csv", index=False)
    series = pd.DataFrame({"ts": start + DAY * np.arange(1200), "value": random.random(1200).round(6)})
    series[series.index % 7 < 5].to_csv(folder / "fear.csv", index=False)
    return folder


def build(world, expressions, *arguments):
    out = world / "out.csv"
    exprs = [part for name, text in expressions.items() for part in ("--expr", text, "--name", name)]
    run("features", "build", "--catalog", world / "C", "--instrument", "*", *exprs, *arguments, "--export", out)
    return pd.read_csv(out)


@pytest.fixture(scope="module")
def closes(world):
    """Closes by instant and instrument."""
    table = build(world, {"c": "close", "m": "ret(20)"})
    return table.pivot(index="ts", columns="instrument", values="c"), table


def compare(got, expected, tolerance=1e-12):
    joined = got.merge(expected, on=["ts", "instrument"], suffixes=("", "_expected"), how="outer")
    assert len(joined) == len(got) == len(expected)
    np.testing.assert_allclose(joined.value, joined.value_expected, rtol=tolerance, atol=tolerance)
    assert joined.value.notna().sum() > 100


def test_ranks_among_those_that_have_a_value(world, closes):
    _, table = closes
    got = build(world, {"value": "rank(ret(20))"})
    expected = table[["ts", "instrument"]].assign(value=table.groupby("ts").m.rank(pct=True))
    compare(got, expected)


def test_neutralizes_by_sector(world, closes):
    _, table = closes
    sector = {f"{s}.NYSE": f"sector {i % 3}" for i, s in enumerate(SYMBOLS[:-1])}
    groups = [table.ts, table.instrument.map(sector).fillna("none")]
    value = table.m - table.m.groupby(groups).transform("mean")
    got = build(world, {"value": "neutralize(ret(20), sector)"}, "--group", f"sector={world}/sectors.csv")
    compare(got, table[["ts", "instrument"]].assign(value=value))


def test_cross_sections_of_pandas(world, closes):
    _, table = closes
    by_ts = table.m.groupby(table.ts)
    base = table[["ts", "instrument"]]
    mean, std = by_ts.transform("mean"), by_ts.transform("std")
    compare(build(world, {"value": "cs_zscore(ret(20))"}), base.assign(value=(table.m - mean) / std), 1e-10)
    compare(build(world, {"value": "cs_std(ret(20)) + 0 * ret(20)"}), base.assign(value=std + 0 * table.m))
    low, high = by_ts.transform(lambda x: x.quantile(0.1)), by_ts.transform(lambda x: x.quantile(0.9))
    compare(build(world, {"value": "cs_winsorize(ret(20), 0.1)"}), base.assign(value=table.m.clip(low, high)))

    def residual(rows):
        known = rows.dropna()
        out = pd.Series(np.nan, rows.index)
        if len(known) > 1:
            slope, level = np.polyfit(known.c, known.m, 1)
            out[known.index] = known.m - slope * known.c - level
        elif len(known) == 1:
            out[known.index] = 0.0
        return out

    value = pd.concat([residual(rows) for _, rows in table.groupby("ts")[["c", "m"]]])
    compare(build(world, {"value": "neutralize(ret(20), close)"}), base.assign(value=value), 1e-9)


def test_bars_of_another_instrument_are_those_known_by_then(world, closes):
    prices, table = closes
    other = table[table.instrument == "BABA.NYSE"][["ts", "c"]].rename(columns={"c": "value"})
    expected = pd.merge_asof(table[["ts", "instrument"]].sort_values("ts", kind="stable"), other, on="ts")
    compare(build(world, {"value": 'of("BABA.NYSE", close)'}), expected)


def read_news(world, symbol):
    news = pd.read_csv(world / "news.csv.gz")
    news = news[(news.precision != "none") & news.symbol.isin([symbol, "*"])]
    known = news.ts + np.where(news.precision == "day", DAY, 0)
    score = news.label.map({"positive": 1.0, "neutral": 0.0, "negative": -1.0})
    return pd.DataFrame({"known": known, "score": score}).sort_values("known", kind="stable")


def test_sentiment_fades_and_news_are_counted(world, closes):
    _, table = closes
    source = ("--source", f"news=news:{world}/news.csv.gz")
    fading, counts = [], []
    for row in table.itertuples():
        news = read_news(world, row.instrument.split(".")[0]) if not fading or row.instrument != last else news
        last = row.instrument
        seen = news[news.known <= row.ts]
        age = (row.ts - seen.known) / 3.6e12
        fading.append(float((seen.score.fillna(0) * 0.5 ** (age / 48)).sum()))
        counts.append(float((row.ts - seen.known < 10 * DAY).sum()))
    base = table[["ts", "instrument"]]
    compare(build(world, {"value": "sentiment_decay(news, 48h)"}, *source), base.assign(value=fading), 1e-9)
    compare(build(world, {"value": "news_count(news, 10d)"}, *source), base.assign(value=counts))


def test_calendars_count_to_what_is_due_and_tell_what_is_out(world, closes):
    _, table = closes
    calendar = pd.read_csv(world / "calendar.csv")
    cpi = calendar[calendar.event == "CPI m/m"]
    due = cpi.ts.to_numpy()
    source = ("--source", f"cpi=calendar:{world}/calendar.csv,announced=30d")

    def to_next(ts):
        coming = due[(due >= ts) & (due - 30 * DAY <= ts)]
        return (coming.min() - ts) / 60e9 if len(coming) else np.nan

    def surprise(ts):
        out = cpi[cpi.ts <= ts]
        return out.actual.iloc[-1] - out.forecast.iloc[-1] if len(out) else np.nan

    base = table[["ts", "instrument"]]
    compare(build(world, {"value": "minutes_to(cpi)"}, *source), base.assign(value=table.ts.map(to_next)))
    compare(build(world, {"value": "cpi.surprise"}, *source), base.assign(value=table.ts.map(surprise)))


def test_a_series_is_known_after_its_lag(world, closes):
    _, table = closes
    series = pd.read_csv(world / "fear.csv")
    series["ts"] += 3 * DAY
    expected = pd.merge_asof(table[["ts", "instrument"]].sort_values("ts", kind="stable"), series, on="ts")
    source = ("--source", f"fear=series:{world}/fear.csv,lag=3d")
    compare(build(world, {"value": "fear"}, *source), expected)


CONFIG = """
[features]
mom     = "log(close / ref(close, 5))"
ranked  = "rank(mom)"
neutral = "neutralize(ema(ranked, 5), sector)"
mood    = "sentiment_decay(news, 6h) * neutral"
event   = "minutes_to(cpi) / 1440"
market  = 'corr(ret(1), of("MSFT.NYSE", ret(1)), 20) + fear'
[sources.news]
kind = "news"
file = "{world}/news.csv.gz"
[sources.cpi]
kind      = "calendar"
file      = "{world}/calendar.csv"
event     = ["CPI m/m", "Other"]
announced = "90d"
[sources.fear]
kind = "series"
file = "{world}/fear.csv"
lag  = "1d"
[groups]
sector = "{world}/sectors.csv:GICS Sector"
"""


@pytest.fixture
def config(world, tmp_path):
    file = tmp_path / "features.toml"
    file.write_text(CONFIG.replace("{world}", str(world)))
    return file


def test_all_of_it_is_checked_and_kept(world, config, tmp_path):
    common = ["--catalog", world / "C", "--instrument", "*", "--config", config, "--json"]
    check = json.loads(run("features", "check", *common, "--cuts", 6).stdout)
    assert (check["parity"], check["future_corruption"], check["features"]) == ("identical", "clean", 6)
    built = json.loads(run("features", "build", *common, "--out", tmp_path / "F").stdout)
    assert built["rows"] == check["rows"]
    assert built["schema_hash"] == check["schema_hash"]
    again = json.loads(run("features", "build", *common, "--out", tmp_path / "F").stdout)
    assert {one["rows_added"] for one in again["instruments"]} == {0}
    fewer = json.loads(run("features", "build", "--catalog", world / "C", "--instrument", "AAPL.NYSE", "--instrument",
                           "MSFT.NYSE", "--config", config, "--json", "--out", tmp_path / "F").stdout)
    assert fewer["schema_hash"] != built["schema_hash"], "another universe is another feature"


def test_a_pattern_names_instruments(world):
    common = ["features", "build", "--catalog", world / "C", "--expr", "rank(close)", "--export", world / "p.csv", "--json"]
    for pattern, symbols in [("B*.NYSE", ["BABA", "BAC"]), ("*", SYMBOLS), ("*S*.N*E", ["DIS", "MSFT"]), ("K*O*", ["KO"])]:
        built = json.loads(run(*common, "--instrument", pattern).stdout)
        assert [one["instrument"] for one in built["instruments"]] == [f"{symbol}.NYSE" for symbol in sorted(symbols)]
    assert "no instrument of such a name" in run(*common, "--instrument", "Q*X", expect=2).stderr


def test_the_latest_vectors_are_those_known_at_an_instant(world, closes, tmp_path):
    _, table = closes
    run("features", "build", "--catalog", world / "C", "--instrument", "*", "--expr", "close", "--out", tmp_path / "F")
    at = table.ts.quantile(0.5, interpolation="nearest")
    instant = pd.Timestamp(at, tz="UTC").strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for given, known in [((), table), (("--at", instant), table[table.ts <= at])]:
        told = json.loads(run("features", "latest", "--catalog", world / "C", "--out", tmp_path / "F", *given,
                              "--json").stdout)
        expected = known.sort_values("ts").groupby("instrument").c.last()
        assert {v["instrument"]: v["values"] for v in told["schemas"][0]["vectors"]} == {
            name: [value] for name, value in expected.items()}
    assert run("features", "latest", "--catalog", world / "C", "--out", tmp_path / "F", "--at", "x", expect=2).stderr
    none = run("features", "latest", "--catalog", world / "C", "--out", tmp_path / "F", "--at", "1990-01-01")
    assert none.stdout == "(nothing was known then)\n"


@pytest.mark.parametrize("arguments, told", [
    (["--expr", "minutes_to(fomc)"],
     "--expr: feature value, column 12: there is no source fomc; name one: --source fomc=calendar:FILE"),
    (["--expr", "rank(close, sector)"],
     "--expr: feature value, column 13: there is no sector; say which instruments it groups: --group sector=FILE"),
    (["--expr", "x", "--source", "x=series:{world}/fear.csv"],
     "--source: source x: say when a value is known: lag=1d (so long after its ts), or give the file a column known_at"),
    (["--expr", "x", "--source", "x=serie:{world}/fear.csv"],
     "--source x=serie:{world}/fear.csv: kind: 'serie' is none of news, calendar, series"),
    (["--expr", "x", "--source", "x=series:{world}/fear.csv,lg=1d"],
     "--source x=series:{world}/fear.csv,lg=1d: a source has no lg; it has kind, file, event, country, column, lag, "
     "announced; do you mean lag?"),
    (["--expr", "x", "--source", "x=series:{world}/fear.csv,lag=106000d"],
     "--source x=series:{world}/fear.csv,lag=106000d: lag: '106000d' is no duration up to 36500d; give one like 1d"),
    (["--expr", "x", "--source", "x=series:{world}/none.csv,lag=1d"], "{world}/none.csv: cannot open: No such file or directory"),
    (["--expr", "minutes_to(x)", "--source", "x=calendar:{world}/calendar.csv,event=CPI y/y"],
     "{world}/calendar.csv: has no event CPI y/y; say event=NAME; do you mean CPI m/m?"),
    (["--expr", "close", "--source", "close=series:{world}/fear.csv,lag=1d"], "--source: close has a meaning already"),
    (["--expr", "news_count(x, 1d)", "--source", "x=news:{world}/fear.csv"],
     "{world}/fear.csv:1: symbol: there is no such column; a source of news has it"),
    (["--expr", "rank(close, firm)", "--group", "firm={world}/sectors.csv"],
     "{world}/sectors.csv:1: no column has a name like firm; say firm={world}/sectors.csv:COLUMN, one of Symbol, Name, "
     "GICS Sector"),
    (["--expr", 'of("NONE.X", close)'],
     "a feature reads NONE.X, and the catalog does not have it; `tradewind data ls` lists what there is"),
    (["--expr", "on(1h, close)"],
     "a feature reads 1h bars of AAPL.NYSE, and the catalog has none; import them with `tradewind data import "
     "--interval 1h`"),
])
def test_bad_input_is_named(world, arguments, told):
    given = [argument.replace("{world}", str(world)) for argument in arguments]
    done = run("features", "build", "--catalog", world / "C", "--instrument", "AAPL.NYSE", *given, expect=2)
    assert told.replace("{world}", str(world)) in done.stderr


def test_a_bad_row_of_a_source_is_named(world, tmp_path):
    file = tmp_path / "bad.csv"
    for text, told in [("1,2\nx,3\n", "bad.csv:3: field 'ts': 'x' is no instant"),
                       ("1,2\n9223372036854775807,3\n", "bad.csv:3: field 'ts': '9223372036854775807' is not between"),
                       ("1,2\n-9223372036854775807,3\n", "bad.csv:3: field 'ts': '-9223372036854775807' is not between"),
                       ("1,2\n2,three\n", "bad.csv:3: field 'value': 'three' is no number")]:
        file.write_text("ts,value\n" + text)
        done = run("features", "build", "--catalog", world / "C", "--instrument", "AAPL.NYSE", "--expr", "x",
                   "--source", f"x=series:{file},lag=1d", expect=2)
        assert told in done.stderr
