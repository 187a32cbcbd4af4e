# SPDX-License-Identifier: Apache-2.0
"""What optuna's TPE sampler and the cma package reach on standard functions.

    python tests/reference/search_reference.py > tests/reference/search.json

tests/reference/test_search_reference.py runs this again and compares;
src/research/search/search_reference_test.cpp holds our own samplers to them. Functions are minimised over [-5, 5]
in every dimension, "mixed" over two whole numbers from -20 to 20 and a list of three; their minimum is 0. One seed
says little of TPE: between the quarters of its results on Branin lies a factor of 4.
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
TPE_SEEDS = range(1, 61)
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


def hartmann(x):
    """Of six dimensions, moved from [0, 1] to [-5, 5], plus its minimum: Dixon and Szego (1978)."""
    alpha = [1.0, 1.2, 3.0, 3.2]
    a = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    p = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
         [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]
    inner = [sum(a[i][j] * ((x[j] + 5) / 10 - p[i][j] * 1e-4) ** 2 for j in range(6)) for i in range(4)]
    return 3.32236801141551 - sum(alpha[i] * math.exp(-inner[i]) for i in range(4))


def mixed(x):
    """Each choice of the list moves the best place of the second number and costs something."""
    a, b, choice = x
    shift, cost = [(0, 0.5), (4, 0.0), (-6, 1.0)][int(choice)]
    return (a - 7) ** 2 / 10 + (b + 3 + shift) ** 2 / 10 + cost


FUNCTIONS = {"sphere": sphere, "ellipsoid": ellipsoid, "rosenbrock": rosenbrock, "branin": branin,
             "hartmann": hartmann, "mixed": mixed}
TPE_TASKS = [("branin", 2), ("sphere", 3), ("hartmann", 6), ("rosenbrock", 2), ("mixed", 3)]


def suggested(trial, name, dimensions):
    if name != "mixed":
        return [trial.suggest_float(f"x{i}", -5, 5) for i in range(dimensions)]
    numbers = [trial.suggest_int(f"x{i}", -20, 20) for i in range(2)]
    return [*numbers, trial.suggest_categorical("x2", [0, 1, 2])]


def optuna_best(name, dimensions, seed):
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: FUNCTIONS[name](suggested(trial, name, dimensions)), n_trials=TPE_TRIALS)
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


def tpe_results(seeds):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return [
        {"function": name, "dimensions": d, "trials": TPE_TRIALS,
         "best": [optuna_best(name, d, seed) for seed in seeds]}
        for name, d in TPE_TASKS
    ]


def cma_results():
    np.random.seed(1)
    return [
        {"function": name, "dimensions": d, "target": TARGET,
         "evaluations": [cma_evaluations(name, d, seed) for seed in SEEDS]}
        for name, d in [("sphere", 5), ("sphere", 10), ("ellipsoid", 5), ("ellipsoid", 10),
                        ("rosenbrock", 2), ("rosenbrock", 5)]
    ]


def results():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return {"tpe": tpe_results(TPE_SEEDS), "cma_es": cma_results(), "pruning": [pruning(rule) for rule in PRUNERS]}


if __name__ == "__main__":
    json.dump(results(), sys.stdout, indent=1)
    sys.stdout.write("\n")
