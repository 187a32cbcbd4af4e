# SPDX-License-Identifier: Apache-2.0
"""The set alpha158 by pandas, from Qlib's own formulas as tests/parity/qlib_formulas.py evaluates them: seconds an
instrument of 5,000 days on one core, and what 500 instruments on two would take. Beside bench/features.cpp.

    build/venv/bin/python bench/features.py [instruments]
"""

import importlib.util
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).parent.parent
DAYS, INSTRUMENTS, CORES = 5000, 500, 2


def bars(seed):
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(seed)
    close = 100 * np.cumprod(1 + 0.04 * (draw.random(DAYS) - 0.5))
    opened = np.concatenate([[100], close[:-1]])
    high = np.maximum(opened, close) * (1 + 0.01 * draw.random(DAYS))
    low = np.minimum(opened, close) * (1 - 0.01 * draw.random(DAYS))
    volume = 1e6 * (0.5 + draw.random(DAYS))
    return pd.DataFrame({"open": opened, "high": high, "low": low, "close": close, "vwap": (high + low + close) / 3,
                         "volume": volume})


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    sys.path.insert(0, str(ROOT / "tests" / "parity"))
    from qlib_formulas import evaluate, formulas, operators

    functions, features = operators(), formulas("Alpha158DL")
    markets = [bars(seed) for seed in range(count)]
    start = time.perf_counter()
    for market in markets:
        columns = {name: market[name] for name in market}
        for formula in features.values():
            evaluate(formula, columns, functions)
    seconds = (time.perf_counter() - start) / count
    print(f"alpha158 by pandas: {seconds:.2f} s an instrument of {DAYS} days; {INSTRUMENTS} of them on {CORES} cores, "
          f"scaled: {seconds * INSTRUMENTS / CORES:.0f} s")


if __name__ == "__main__":
    own = ROOT / "build" / "venv" / "bin" / "python"
    if importlib.util.find_spec("qlib") is None and own.exists():  # the benches' packages are without it
        os.execv(own, [str(own), *sys.argv])
    main()
