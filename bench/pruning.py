# SPDX-License-Identifier: Apache-2.0
"""What pruning spares, and what it costs: real searches with and without it.

    TRADEWIND_DATA=../shared/data python bench/pruning.py [--program build/bin/tradewind]

For each search and rule: the share of the span that was run, the processor time, the best objective that was found,
and how many trials of the whole search are better than it.
"""

import argparse
import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path

DATA = Path(os.environ.get("TRADEWIND_DATA", "../shared/data"))
BREAKOUT = ["--strategy", "bracket-breakout", "--param", "entry=5:100:5", "--param", "stop=0.005:0.05:0.005", "--param",
            "target=0.01:0.1:0.01", "--param", "share=0.95"]
DONCHIAN = ["--strategy", "donchian-breakout", "--param", "entry=5:200:5", "--param", "exit=5:100:5", "--param",
            "share=0.95"]
SEARCHES = {
    "BTCUSDT hours, bracket-breakout": ("BTCUSDT.BINANCE", "1h", "crypto/hour/BTCUSDT.binance.csv.gz", BREAKOUT),
    "FILUSDT-PERP minutes, bracket-breakout": ("FILUSDT-PERP.BINANCE", "1m",
                                               "crypto/minute/FILUSDT-PERP.binance.csv.gz", BREAKOUT),
    "AAPL days, donchian-breakout": ("AAPL.NASDAQ", "1d", "equities/daily_split_adjusted/AAPL.csv.gz", DONCHIAN),
}
RULES = [[], ["--prune", "median"], ["--prune", "median", "--prune-at", "0.5"], ["--prune", "halving:4"],
         ["--prune", "halving:2", "--prune-at", "0.25,0.5,0.75"]]


def measure(program, catalog, symbol, search, rule):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "optimize", "--catalog", catalog, "--instrument", symbol, *search, "--method",
                           "random", "--trials", "400", "--seed", "1", "--fee-bps", "4", "--slippage", "bps:1",
                           "--no-ledger", "--json", *rule], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(done.stdout), after.ru_utime - before.ru_utime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/bin/tradewind")
    arguments = parser.parse_args()
    for name, (symbol, interval, file, search) in SEARCHES.items():
        with tempfile.TemporaryDirectory() as folder:
            catalog = Path(folder) / "C"
            subprocess.run([arguments.program, "data", "import", "--catalog", catalog, "--instrument", symbol, "--kind",
                            "bar", "--interval", interval, DATA / file], check=True, capture_output=True)
            for rule in RULES:
                out, cpu = measure(arguments.program, catalog, symbol, search, rule)
                share = out["pruning"]["share_run"] if rule else 1
                deflated = out["deflated_sharpe"]
                print(f"{name} | {' '.join(rule) or 'nothing'} | pruned {out['pruned']} of {out['trials']} | "
                      f"run {share:.2f} | {cpu:.2f} s | best {out['best']['objective']:.3f} | "
                      f"dsr {deflated if deflated is None else round(deflated, 3)} | pbo {out['pbo']:.2f}", flush=True)


if __name__ == "__main__":
    main()
