# SPDX-License-Identifier: Apache-2.0
"""A sweep of EMA lengths, 100 x 100 over 100,000 minute bars, by `tradewind optimize` and by vectorbt.

Tradewind runs all 10,000 combinations, each a backtest with fees, slippage, funds and participation. vectorbt runs a
sample of them, in blocks that fit the memory, without the last two; its speed is per bar and combination.

    python bench/sweep.py [--bars N] [--sample COMBINATIONS] [--block COMBINATIONS] [--program build/bin/tradewind]
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd


def walk(bars):
    random = np.random.default_rng(1)
    close = np.round(np.maximum(100 + np.cumsum(random.normal(0, 0.05, bars)), 1), 2)
    open_ = np.r_[close[0], close[:-1]]
    high, low = np.maximum(open_, close) + 0.01, np.minimum(open_, close) - 0.01
    ts = np.arange(bars, dtype=np.int64) * 60_000_000_000 + 1_577_836_800_000_000_000
    return pd.DataFrame({"ts": ts, "open": open_, "high": high, "low": low, "close": close, "volume": 1_000_000})


def tradewind(program, frame):
    with tempfile.TemporaryDirectory() as folder:
        file, catalog = Path(folder) / "bars.csv", Path(folder) / "C"
        frame.to_csv(file, index=False, float_format="%.2f")
        instrument = ["--catalog", catalog, "--instrument", "XUSD.SIM"]
        subprocess.run([program, "data", "import", *instrument, "--kind", "bar", "--interval", "1m", file],
                       check=True, capture_output=True)
        command = [program, "optimize", *instrument, "--strategy", "ema-cross", "--param", "fast=2:101", "--param",
                   "slow=102:201", "--param", "size=100", "--fee-bps", "1", "--slippage", "bps:1", "--no-ledger",
                   "--benchmark", "none", "--json"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        wall = time.perf_counter() - start
        out = json.loads(done.stdout)
        out["command_s"] = wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        out["cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        out["rss_mb"] = after.ru_maxrss / 1024
        return out


def vectorbt(frame, sample, block):
    import vectorbt as vbt

    close = pd.Series(frame.close.to_numpy(), index=pd.to_datetime(frame.ts))
    pairs = [(fast, slow) for fast in range(2, 102) for slow in range(102, 202)]
    chosen = [pairs[i] for i in np.linspace(0, len(pairs) - 1, sample).astype(int)]

    def run(part):
        ema = {n: close.ewm(span=n, adjust=False).mean().to_numpy() for pair in part for n in pair}
        above = np.column_stack([ema[fast] > ema[slow] for fast, slow in part])
        before = np.vstack([np.zeros((1, len(part)), bool), above[:-1]])
        # Acts on the next bar, as Tradewind does.
        entries = np.vstack([np.zeros((1, len(part)), bool), (above & ~before)[:-1]])
        exits = np.vstack([np.zeros((1, len(part)), bool), (~above & before)[:-1]])
        portfolio = vbt.Portfolio.from_signals(
            close, pd.DataFrame(entries, index=close.index), pd.DataFrame(exits, index=close.index), size=100,
            init_cash=100_000, fees=0.0001, slippage=0.0001, freq="1min")
        return portfolio.total_return().max(), portfolio.sharpe_ratio().max(), portfolio.max_drawdown().max()

    run(chosen[:2])  # compiles
    start, cpu = time.perf_counter(), time.process_time()
    for i in range(0, len(chosen), block):
        run(chosen[i: i + block])
    work = len(chosen) * len(frame)
    return work / (time.perf_counter() - start), work / (time.process_time() - cpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--block", type=int, default=100)
    parser.add_argument("--program", default="build/bin/tradewind")
    arguments = parser.parse_args()
    frame = walk(arguments.bars)
    ours = tradewind(arguments.program, frame)
    print(f"tradewind: {ours['trials']} combinations in {ours['wall_s']:.1f} s (whole command "
          f"{ours['command_s']:.1f} s, {ours['cpu_s']:.1f} s of CPU), {ours['bar_combos_per_s'] / 1e6:.1f} million bar-combinations/s on "
          f"{ours['jobs']} threads, {ours['rss_mb']:.0f} MB, kernel {ours['kernel']}, best equals its backtest: "
          f"{ours['best']['equals_backtest']}", flush=True)
    theirs, theirs_by_cpu = vectorbt(frame, arguments.sample, arguments.block)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"vectorbt: {theirs / 1e6:.2f} million bar-combinations/s, {memory:.0f} MB in blocks of {arguments.block}")
    by_cpu = ours["trials"] * len(frame) / ours["cpu_s"]
    print(f"ratio: {ours['bar_combos_per_s'] / theirs:.1f} by the clock, {by_cpu / theirs_by_cpu:.1f} by CPU time "
          f"(a busy machine lies less there): {by_cpu / 1e6:.1f} and {theirs_by_cpu / 1e6:.2f} million a CPU second")


if __name__ == "__main__":
    main()
