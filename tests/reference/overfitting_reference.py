# SPDX-License-Identifier: Apache-2.0
"""Reference values for monitor/overfitting.hpp and monitor/reality_check.hpp, by numpy, scipy and arch.

    python tests/reference/overfitting_reference.py > tests/reference/overfitting.json

tests/reference/test_overfitting_reference.py runs this again and compares;
src/research/overfitting_reference_test.cpp holds our own code to the file. Cross-validation is written
out here as its paper tells it, block by block and without any shortcut.
"""

import itertools
import json
import sys

import numpy as np
import scipy.stats
from arch.bootstrap import SPA, StationaryBootstrap


def sharpe(returns):
    deviation = np.std(returns, ddof=1)
    return np.mean(returns) / deviation if deviation > 1e-15 else 0.0


def cross_validation(returns, blocks):
    """Bailey, Borwein, Lopez de Prado and Zhu (2017), section 3."""
    trials, periods = returns.shape
    size = periods // blocks
    parts = np.split(returns[:, periods - size * blocks:], blocks, axis=1)
    logits, inside, outside = [], [], []
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        j = np.concatenate([parts[b] for b in chosen], axis=1)
        rest = np.concatenate([parts[b] for b in range(blocks) if b not in chosen], axis=1)
        in_sample = np.array([sharpe(row) for row in j])
        out_of_sample = np.array([sharpe(row) for row in rest])
        best = int(np.argmax(in_sample))
        relative = scipy.stats.rankdata(out_of_sample)[best] / (trials + 1)
        logits.append(np.log(relative / (1 - relative)))
        inside.append(in_sample[best])
        outside.append(out_of_sample[best])
    line = scipy.stats.linregress(inside, outside)
    return {
        "combinations": len(logits),
        "pbo": float(np.mean(np.array(logits) <= 1e-12)),
        "probability_of_loss": float(np.mean(np.array(outside) < 0)),
        "degradation_slope": line.slope,
        "degradation_intercept": line.intercept,
        "degradation_r2": line.rvalue**2,
        "mean_in_sample": np.mean(inside),
        "mean_out_of_sample": np.mean(outside),
        "logits_sorted": sorted(logits)[:: max(1, len(logits) // 20)],
    }


def effective(returns):
    """Participation ratio of the eigenvalues, squared correlations adjusted as an R^2 is."""
    rows = returns[np.std(returns, axis=1) > 0]
    m, periods = rows.shape
    correlation = np.corrcoef(rows)
    off = correlation[~np.eye(m, dtype=bool)]
    adjusted = 1 - (1 - off**2) * (periods - 1) / (periods - 2)
    eigenvalues = np.linalg.eigvalsh(correlation)
    # Without the adjustment this is the participation ratio itself.
    assert np.isclose(np.sum(eigenvalues**2), m + np.sum(off**2))
    return {
        "by_eigenvalues": m**2 / (m + max(np.sum(adjusted), 0)),
        "by_mean_correlation": np.mean(off) + (1 - np.mean(off)) * m,
        "mean_correlation": np.mean(off),
    }


def superior_ability(returns, resamples, block, seed):
    """White's reality check is arch's SPA, upper; Hansen's test is of means over their standard errors.

    arch 8.0 takes the maximum of the means themselves and uses the errors for its threshold only. So its
    re-centred draws and its variances are taken, and divided here.
    """
    zeros = np.zeros(returns.shape[1])
    losses = -returns.T
    spa = SPA(zeros, losses, block_size=block, reps=resamples, seed=seed)
    spa.compute()
    moves = spa._loss_diff_var > 0
    errors = np.sqrt(spa._loss_diff_var[moves])
    actual = np.max(np.r_[0, returns.mean(axis=1)[moves] / errors])
    drawn = np.maximum(spa._simulated_vals[moves] / errors[:, None, None], 0).max(axis=0)
    lower, consistent, upper = (drawn > actual).mean(axis=0)
    bootstrap = StationaryBootstrap(block, losses, seed=seed)
    counts = []
    for _ in bootstrap.bootstrap(resamples):
        drawn = np.bincount(bootstrap.index, minlength=returns.shape[1])
        counts.append("".join(chr(ord("0") + c) for c in drawn))
    return {
        "mean_block": block,
        "counts": counts,
        "white": spa.pvalues["upper"],
        "spa_lower": lower,
        "spa_consistent": consistent,
        "spa_upper": upper,
    }


def make_case(name, *, seed, trials, periods, blocks, common=0.0, skill=(), idle=0, copies=0):
    rng = np.random.default_rng(seed)
    market = rng.standard_t(5, periods)
    returns = 0.01 * (common * market + rng.standard_t(6, (trials, periods)))
    for trial, mean in skill:
        returns[trial] += mean
    for i in range(copies):
        returns[trials - 1 - i] = returns[0]
    returns[1:1 + idle] = 0
    returns = np.round(returns, 6)
    return {
        "name": name,
        "blocks": blocks,
        "returns": returns.tolist(),
        "cross_validation": cross_validation(returns, blocks),
        "effective": effective(returns),
        "superior_ability": superior_ability(returns, 200, 8, seed),
    }


def plain(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value))


def cases():
    return [
        make_case("noise", seed=1, trials=12, periods=96, blocks=8),
        make_case("skill among correlated", seed=2, trials=15, periods=120, blocks=10, common=0.8,
                  skill=[(3, 0.004), (9, -0.006), (10, -0.008)]),
        make_case("remainder and copies", seed=3, trials=10, periods=101, blocks=6, copies=2,
                  skill=[(0, 0.001), (4, -0.01)]),
        make_case("one that never trades", seed=4, trials=6, periods=90, blocks=6, idle=1,
                  skill=[(0, -0.01), (2, -0.002), (3, -0.003), (4, -0.002), (5, 0.0005)]),
    ]


if __name__ == "__main__":
    json.dump({"cases": cases()}, sys.stdout, separators=(",", ":"), default=plain)
    sys.stdout.write("\n")
