# SPDX-License-Identifier: Apache-2.0
"""What optuna's TPE sampler and the cma package reach on standard functions.

    python tests/reference/search_reference.py > tests/reference/search.json

tests/reference/test_search_reference.py runs this again and compares;
src/research/search/search_reference_test.cpp holds our own samplers to the medians. All functions are
minimised over [-5, 5] in every dimension; their minimum is 0.
"""

import json
import math
import sys
import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # cma asks for matplotlib, which it does not need here
    import cma
import optuna

SEEDS = range(1, 12)
TPE_TRIALS = 100
TARGET = 1e-8


def sphere(x):
    return float(sum((v - 1) ** 2 for v in x))


def ellipsoid(x):
    return float(sum(1e6 ** (i / (len(x) - 1)) * (v - 1) ** 2 for i, v in enumerate(x)))


def rosenbrock(x):
    return float(sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:])))


def branin(x):
    """Moved to [-5, 5] x [-5, 5] from its usual [-5, 10] x [0, 15], less its minimum."""
    u, v = 1.5 * (x[0] + 5) - 5, 1.5 * (x[1] + 5)
    quadratic = v - 5.1 / (4 * math.pi**2) * u * u + 5 / math.pi * u - 6
    return quadratic**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(u) + 10 - 0.39788735772973816


FUNCTIONS = {"sphere": sphere, "ellipsoid": ellipsoid, "rosenbrock": rosenbrock, "branin": branin}


def optuna_best(name, dimensions, seed):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(
        lambda trial: FUNCTIONS[name]([trial.suggest_float(f"x{i}", -5, 5) for i in range(dimensions)]),
        n_trials=TPE_TRIALS,
    )
    return study.best_value


def cma_evaluations(name, dimensions, seed):
    """Evaluations until the target is met; None where a run comes to rest elsewhere."""
    # The tolerances would end runs on the ellipsoid before the target.
    options = {"seed": seed, "verbose": -9, "bounds": [-5, 5], "ftarget": TARGET, "tolfun": 0, "tolfunhist": 0}
    strategy = cma.CMAEvolutionStrategy([0.0] * dimensions, 3.0, options)
    strategy.optimize(FUNCTIONS[name])
    return int(strategy.result.evaluations) if strategy.result.fbest < TARGET else None


PRUNERS = {
    "median": lambda: optuna.pruners.MedianPruner(),
    "halving:2": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    "halving:4": lambda: optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=4),
}


def pruning(rule, trials=40, rungs=4):
    """What a pruner of optuna makes of trials one after the other. Values do not fall from rung to rung: its median
    pruner compares the best so far, ours the value at the rung. They are rounded, so that some are equal."""
    factor = int(rule.partition(":")[2] or 2)
    random = np.random.default_rng(7)
    study = optuna.create_study(direction="maximize", pruner=PRUNERS[rule]())
    out = {"rule": rule, "values": [], "pruned_at": []}
    for _ in range(trials):
        trial = study.ask()
        values = np.round(np.maximum.accumulate(random.normal(size=rungs)), 1).tolist()
        pruned_at = None
        for rung, value in enumerate(values):
            trial.report(value, step=factor**rung)
            if trial.should_prune():
                pruned_at = rung
                break
        state = optuna.trial.TrialState.COMPLETE if pruned_at is None else optuna.trial.TrialState.PRUNED
        study.tell(trial, values[-1] if pruned_at is None else None, state=state)
        out["values"].append(values)
        out["pruned_at"].append(pruned_at)
    return out


def results():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    np.random.seed(1)
    tpe = [
        {"function": name, "dimensions": d, "trials": TPE_TRIALS,
         "best": [optuna_best(name, d, seed) for seed in SEEDS]}
        for name, d in [("branin", 2), ("sphere", 3)]
    ]
    cma_es = [
        {"function": name, "dimensions": d, "target": TARGET,
         "evaluations": [cma_evaluations(name, d, seed) for seed in SEEDS]}
        for name, d in [("sphere", 5), ("sphere", 10), ("ellipsoid", 5), ("ellipsoid", 10),
                        ("rosenbrock", 2), ("rosenbrock", 5)]
    ]
    return {"tpe": tpe, "cma_es": cma_es, "pruning": [pruning(rule) for rule in PRUNERS]}


if __name__ == "__main__":
    json.dump(results(), sys.stdout, indent=1)
    sys.stdout.write("\n")
