# SPDX-License-Identifier: Apache-2.0
"""Precision and recall of `tradewind data check` over real data, rule by rule.

The truth of `dirty/` comes from its own description (dates and counts in its README) and from pandas, which
looks for what can be decided from a row alone (crossed, outside low..high, without volume, repeated). Nothing of
it is known to the program. Over the clean folders every row that a rule speaks of is counted by severity.

    python tests/quality/measure.py [--json]      TRADEWIND, TRADEWIND_DATA say where program and data are
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

DAY = 86_400 * 10**9


def program() -> str:
    return os.environ.get("TRADEWIND", "build/bin/tradewind")


def data() -> Path:
    return Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))


def check(files: list[Path], *words: str) -> dict:
    """The report of one call; fails where the program says that the call was wrong."""
    command = [program(), "data", "check", "--json", "--max-issues", "1000000"]
    for one in files:
        command += ["--file", str(one)]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{files}: {done.stderr}")
    return json.loads(done.stdout)


def rows_by_rule(report: dict, severities: tuple[str, ...] = ("info", "warning", "error")) -> dict[str, set]:
    """(interval, row) of each rule, runs spelt out."""
    out: dict[str, set] = defaultdict(set)
    for issue in report["issues"]:
        if issue["severity"] in severities:
            for row in range(issue["row"], issue["row"] + issue["rows"]):
                out[issue["rule"]].add((issue["interval"], row))
    return out


@dataclass
class Truth:
    """One dirty file: how to read it, and the rows that a rule has to find in it.

    `asked` are rules whose rows are all known: what else they find is false. Of other rules nothing is said.
    """

    file: str
    words: list[str]
    asked: dict[str, set] = field(default_factory=dict)
    traps: dict[str, set] = field(default_factory=dict)


def frame(name: str) -> pd.DataFrame:
    return pd.read_csv(data() / "dirty" / name)


def ns(date: str) -> int:
    return pd.Timestamp(date, tz="UTC").value


def at_dates(d: pd.DataFrame, *dates: str) -> list[int]:
    """Rows of those days, or of those instants."""
    out = []
    for date in dates:
        found = d.index[d.ts == ns(date)].tolist()
        assert found, date
        out += found
    return out


def rows(interval: str | None, numbers) -> set:
    return {(interval, int(n)) for n in numbers}


def wicks(d: pd.DataFrame, size: float) -> pd.Series:
    body_top, body_bottom = d[["open", "close"]].max(axis=1), d[["open", "close"]].min(axis=1)
    return ((d.high / body_top - 1) > size) | ((1 - d.low / body_bottom) > size)


def holes(d: pd.DataFrame, days: float) -> list[int]:
    return d.index[d.ts.diff() > days * DAY].tolist()


def weekdays_missing(d: pd.DataFrame) -> list[int]:
    """Rows before which a weekday is missing, of days that begin in the evening before; numpy counts them."""
    dates = (pd.to_datetime(d.ts) + pd.Timedelta(hours=3)).to_numpy().astype("datetime64[D]")
    closed = [f"{year}-{day}" for year in range(2010, 2020) for day in ("12-25", "01-01")]
    between = np.busday_count(dates[:-1], dates[1:], holidays=closed)
    return [i + 1 for i, n in enumerate(between) if n > 1]


def truths() -> list[Truth]:
    share = ["--instrument", "X.NYSE"]
    day, hour, minute = (share + ["--interval", i] for i in ("1d", "1h", "1m"))
    out = []

    d = frame("AAPL.daily.bad_lows.csv.gz")
    bad = at_dates(d, "2009-09-21", "2010-08-31", "2011-01-03")
    out.append(Truth("AAPL.daily.bad_lows.csv.gz", day,
                     {"spike": rows("1d", bad), "gap": rows("1d", holes(d, 20)), "ticker-reuse": set(), "split": set()},
                     {"spike": rows("1d", at_dates(d, "2010-05-06"))}))

    d = frame("AAPL.hour.bad_lows.csv.gz")
    # the days that the description names, and of 2001-04-05 and the rest what pandas sees as wicks of 8 % and more
    bad = d.index[wicks(d, 0.077)].tolist()
    out.append(Truth("AAPL.hour.bad_lows.csv.gz", hour, {"spike": rows("1h", bad), "split": set()}))

    d = frame("AIG.daily.2008_2009.csv.gz")
    genuine = d.index[(d.ts >= ns("2008-09-01")) & (d.ts < ns("2008-10-01"))]
    out.append(Truth("AIG.daily.2008_2009.csv.gz", day,
                     {"spike": rows("1d", at_dates(d, "2009-05-05")), "split": rows("1d", at_dates(d, "2009-07-01")),
                      "gap": set(), "ticker-reuse": set()},
                     {"spike": rows("1d", genuine), "split": rows("1d", genuine)}))

    d = frame("SPY.daily.bad_prints.csv.gz")
    out.append(Truth("SPY.daily.bad_prints.csv.gz", day, {
        "spike": rows("1d", at_dates(d, "2002-04-02", "2002-06-06", "2003-09-05", "2002-01-28", "2005-09-06")),
        "gap": rows("1d", holes(d, 20)), "split": set()}))

    d = frame("BAC.daily.bad_prints.csv.gz")
    out.append(Truth("BAC.daily.bad_prints.csv.gz", day, {
        "spike": rows("1d", at_dates(d, "2001-11-12", "2001-12-12", "2000-02-29", "2004-09-14")),
        "split": rows("1d", at_dates(d, "2004-08-30")), "gap": rows("1d", holes(d, 20))}))

    d = frame("QQQ.daily.rename_gap.csv.gz")
    bad = d.index[wicks(d, 0.08) & (d.ts < ns("2005-01-01"))].tolist()
    out.append(Truth("QQQ.daily.rename_gap.csv.gz", day, {
        "spike": rows("1d", bad), "ticker-reuse": rows("1d", holes(d, 400)), "gap": rows("1d", holes(d, 400))}))

    for name, interval, reuse_days in (("WM.daily.ticker_reuse", "1d", 300), ("USO.daily.ticker_reuse", "1d", 2000),
                                       ("EEM.daily.ticker_reuse", "1d", 100), ("SPWR.hour.rename_gap", "1h", 1000)):
        d = frame(name + ".csv.gz")
        out.append(Truth(name + ".csv.gz", share + ["--interval", interval],
                         {"ticker-reuse": rows(interval, holes(d, reuse_days))}))

    d = frame("TAPA.hour.illiquid.csv.gz")
    out.append(Truth("TAPA.hour.illiquid.csv.gz", hour, {"ticker-reuse": set(), "spike": set(), "split": set()}))

    for name in ("PTR", "REX"):
        out.append(Truth(f"{name}.yahoo_null_row.csv", day + ["--format", "yahoo"], {"unreadable": rows("1d", [22])}))

    d = frame("AGFS.daily.zero_volume.csv.gz")
    out.append(Truth("AGFS.daily.zero_volume.csv.gz", day, {"zero-volume": rows("1d", d.index[d.volume == 0])}))

    d = frame("CODI.daily.2015_08_24.csv.gz")
    out.append(Truth("CODI.daily.2015_08_24.csv.gz", day,
                     {"spike": set(), "extreme": rows("1d", at_dates(d, "2015-08-24"))},
                     {"spike": rows("1d", at_dates(d, "2015-08-24"))}))

    fx = ["--instrument", "EURUSD.FXCM"]
    d = frame("EURUSD.fxcm.hour.clock_shift.csv.gz")
    crossed = d.index[(d.bid_open > d.ask_open) | (d.bid_close > d.ask_close)]
    out.append(Truth("EURUSD.fxcm.hour.clock_shift.csv.gz", fx + ["--interval", "1h"], {
        "crossed": rows("1h/bid", crossed)}))

    d = frame("GBPUSD.fxcm.daily.hole.csv.gz")
    sundays = d.index[pd.to_datetime(d.ts).dt.day_of_week == 6]
    out.append(Truth("GBPUSD.fxcm.daily.hole.csv.gz", ["--instrument", "GBPUSD.FXCM", "--interval", "1d"], {
        "outside-session": rows("1d/bid", sundays) | rows("1d/ask", sundays)}))

    d = frame("EURUSD.fxcm.ticks.crossed.csv.gz")
    out.append(Truth("EURUSD.fxcm.ticks.crossed.csv.gz", fx + ["--kind", "quote"], {
        "crossed": rows(None, d.index[d.bid > d.ask]),
        "outside-session": rows(None, d.index[d.ts < ns("2014-05-04 21:00")])}))

    d = frame("EURCHF.mt5.daily.peg_break.csv.gz")
    after = d.index[d.ts > ns("2015-01-10")][:1]
    out.append(Truth("EURCHF.mt5.daily.peg_break.csv.gz", ["--instrument", "EURCHF.FX", "--interval", "1d"], {
        "gap": rows("1d", weekdays_missing(d)), "level-break": rows("1d", after), "spike": set()}, {"spike": rows("1d", after)}))

    coin = ["--instrument", "BTCUSDT.BINANCE"]
    d = frame("BTCUSD.coinbase.daily.csv.gz")
    out.append(Truth("BTCUSD.coinbase.daily.csv.gz", coin + ["--interval", "1d"], {
        "spike": rows("1d", at_dates(d, "2017-04-15")), "gap": rows("1d", holes(d, 1.5))}))

    d = frame("BTCUSDT.binance.1h.outages.csv.gz")
    out.append(Truth("BTCUSDT.binance.1h.outages.csv.gz", coin + ["--interval", "1h"], {
        "zero-volume": rows("1h", d.index[d.volume == 0]), "gap": rows("1h", holes(d, 1.5 / 24)), "spike": set()}))

    name = "BTCUSDT.cryptodatadownload.1h.csv"
    d = pd.read_csv(data() / "dirty" / (name + ".gz"), skiprows=1)
    last = len(d) - 1
    out.append(Truth(name + ".gz", [
        *coin, "--interval", "1h", "--format", "custom", "--skip-lines", "1", "--ts-format", "s", "--round", "--map",
        "ts=Unix Timestamp,open=Open,high=High,low=Low,close=Close,volume=Volume BTC"], {
        "disorder": rows("1h", d.index[d["Unix Timestamp"].diff() < 0]),
        "duplicate": rows("1h", d.index[d["Unix Timestamp"].diff() == 0]), "zero-volume": rows("1h", d.index[d["Volume BTC"] == 0]),
        "spike": rows("1h", [last])}))

    d = frame("ALTCOIN_BTC.1m.no_trade_minutes.csv.gz")
    out.append(Truth("ALTCOIN_BTC.1m.no_trade_minutes.csv.gz", ["--instrument", "ALTBTC.BINANCE", "--interval", "1m"], {
        "gap": rows("1m", holes(d, 1.5 / 1440)), "spike": set()}))

    d = frame("BCHEUR.kraken.trades.csv.gz")
    out.append(Truth("BCHEUR.kraken.trades.csv.gz", ["--instrument", "BCHEUR.KRAKEN", "--kind", "trade"], {
        "duplicate": rows(None, d.index[d.duplicated()]), "coarse-stamps": rows(None, [0])}))

    d = frame("SPY.trades.20131010.off_market.csv.gz")
    off = d.index[(d.price - 165.59).abs() < 0.005]
    out.append(Truth("SPY.trades.20131010.off_market.csv.gz", share + ["--kind", "trade", "--all-trades"], {
        "spike": rows(None, off)}))

    d = frame("BAC.trades.after_close.csv.gz")
    out.append(Truth("BAC.trades.after_close.csv.gz", share + ["--kind", "trade", "--all-trades"], {
        "spike": rows(None, d.index[d.price > 14.0])}))

    d = frame("FOXA.minute.empty_side.csv.gz")
    no_ask = d[d.bid_open.notna()].reset_index(drop=True)
    no_bid = d[d.ask_open.notna()].reset_index(drop=True)
    out.append(Truth("FOXA.minute.empty_side.csv.gz", minute, {
        "one-sided": rows("1m/bid", no_ask.index[no_ask.ask_open.isna()])
        | rows("1m/bid", no_bid.index[no_bid.bid_open.isna()])}))

    d = frame("VIX.daily.open_outside_range.csv.gz")
    out.append(Truth("VIX.daily.open_outside_range.csv.gz", day, {
        "ohlc": rows("1d", d.index[(d.open > d.high) | (d.open < d.low)])}))

    d = frame("USDJPY.ticks.float_stamps.csv.gz")
    out.append(Truth("USDJPY.ticks.float_stamps.csv.gz", ["--instrument", "USDJPY.FX", "--kind", "quote"], {
        "stamp-noise": rows(None, d.index[d.ts % 10**6 != 0][:1])}))

    d = frame("QQQ.minute.volume_feed_change.csv.gz")
    stamps = pd.to_datetime(d.ts)
    first_of = [d.index[stamps.dt.strftime("%Y-%m-%d") == x][0] for x in ("2026-01-22", "2026-03-09", "2026-03-12")
                if (stamps.dt.strftime("%Y-%m-%d") == x).any()]
    out.append(Truth("QQQ.minute.volume_feed_change.csv.gz", minute, {"volume-shift": rows("1m", first_of)}))
    return out


@dataclass
class Score:
    labelled: int = 0
    found: int = 0
    right: int = 0
    trapped: int = 0
    traps: int = 0

    def add(self, want: set, got: set) -> None:
        self.labelled += len(want)
        self.found += len(got)
        self.right += len(want & got)

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.right / self.labelled if self.labelled else None


def measure_dirty(verbose: bool = False) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for truth in truths():
        got = rows_by_rule(check([data() / "dirty" / truth.file], *truth.words))
        for rule, want in truth.asked.items():
            scores[rule].add(want, got[rule])
            if verbose and want != got[rule]:
                print(f"{truth.file} {rule}: missed {sorted(want - got[rule])[:12]} false "
                      f"{sorted(got[rule] - want)[:12]}", file=sys.stderr)
        for rule, rows_of in truth.traps.items():
            scores[rule].traps += len(rows_of)
            scores[rule].trapped += len(rows_of & got[rule])
    return dict(scores)


INTERVALS = {"1d", "1h", "1m", "5m", "4h"}
VENUES = {"equities": "NYSE", "fx": "FX", "crypto": "BINANCE", "futures": "CME"}
KINDS = {"bars": "bar", "ticks": "quote", "trades": "trade"}


def clean_calls() -> list[tuple[str, Path, list[str]]]:
    """Folder, file and words of every bar, quote and trade file that is called clean."""
    out = []
    with open(data() / "manifest.csv", newline="") as file:
        for one in csv.DictReader(file):
            folder = one["path"].split("/")[0]
            if folder not in VENUES or one["kind"] not in KINDS:
                continue
            ticker = one["symbol"].replace(" ", "").replace("/", "").replace("-", "")
            words = ["--instrument", f"{ticker}.{VENUES[folder]}", "--kind", KINDS[one["kind"]]]
            if folder == "futures":
                words += ["--asset-class", "future", "--currency", "USD"]
            if one["symbol"].endswith("-PERP"):
                words += ["--asset-class", "crypto_perpetual", "--currency", "USDT"]
            if one["kind"] == "bars":
                words += ["--interval", one["granularity"]]
                side = [s for s in ("bid", "ask") if f".{s}." in one["path"]]
                words += ["--price-source", *side] if side else []
            out.append((folder, data() / one["path"], words))
    return out


def measure_clean(verbose: bool = False) -> tuple[dict[str, int], dict[tuple[str, str], dict[str, int]]]:
    """Rows by folder, and rows spoken of by (rule, severity) and folder."""
    total: dict[str, int] = defaultdict(int)
    spoken: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for folder, path, words in clean_calls():
        report = check([path], *words)
        total[folder] += report["rows"]
        for issue in report["issues"]:
            spoken[issue["rule"], issue["severity"]][folder] += issue["rows"]
        if verbose:
            for issue in report["issues"]:
                if issue["severity"] != "info":
                    print(path.relative_to(data()), issue["rule"], issue["severity"], issue["row"], issue["rows"],
                          issue["time"], issue["detail"], file=sys.stderr)
    return dict(total), {k: dict(v) for k, v in spoken.items()}


def gzip_text(path: Path):
    return gzip.open(path, "rt", newline="")


def span(path: Path) -> tuple[int, int]:
    """First and last stamp of a file."""
    stamps = pd.read_csv(path, usecols=["ts"]).ts
    return int(stamps.iloc[0]), int(stamps.iloc[-1])


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def main() -> None:
    verbose = "--verbose" in sys.argv
    print("| rule | labelled rows | found | right | precision | recall | traps avoided |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for rule, s in sorted(measure_dirty(verbose).items()):
        traps = f"{s.traps - s.trapped} of {s.traps}" if s.traps else ""
        print(f"| `{rule}` | {s.labelled:,} | {s.found:,} | {s.right:,} | {percent(s.precision)} | "
              f"{percent(s.recall)} | {traps} |")
    print()
    total, spoken = measure_clean(verbose)
    folders = sorted(total)
    print("| rule | severity | " + " | ".join(folders) + " |")
    print("|---|---|" + "---:|" * len(folders))
    print("| rows checked | | " + " | ".join(f"{total[f]:,}" for f in folders) + " |")
    for (rule, severity), counts in sorted(spoken.items()):
        print(f"| `{rule}` | {severity} | " + " | ".join(f"{counts.get(f, 0):,}" for f in folders) + " |")


if __name__ == "__main__":
    main()
