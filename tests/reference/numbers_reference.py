# SPDX-License-Identifier: Apache-2.0
"""Reference values for forecasts of numbers, from libraries that we did not write.

    python tests/reference/numbers_reference.py > tests/reference/numbers.json

Each case holds the input and what scikit-learn, scipy and numpy make of it. test_numbers_reference.py
runs this again and compares; src/ml/number_voting_test.cpp, src/ml/number_ensemble_test.cpp and
src/research/models/judge_numbers_test.cpp hold our own code to the file.
"""

import json
import sys

import numpy as np
import scipy.optimize
import scipy.stats
from predictions_reference import plain, rounded
from sklearn import metrics
from sklearn.linear_model import Ridge

LEVELS = np.array([0.1, 0.5, 0.9])


def members_of(seed, rows, members):
    """Values that know different parts of the truth."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(0, 1, (rows, members))
    truth = rounded(parts.sum(axis=1) + rng.normal(0, 2, rows))
    said = rounded(parts * (0.5 + np.arange(members)) + rng.normal(0, 0.5, (rows, members)))
    return truth, said


def value_stacking(seed, rows, members, l2):
    truth, said = members_of(seed, rows, members)
    scale = np.mean((truth - said.mean(axis=1)) ** 2)

    def loss(w):
        return np.sum((truth - said @ w) ** 2) / (2 * scale) + l2 / 2 * np.sum((w - 1 / members) ** 2)

    found = scipy.optimize.minimize(
        loss, np.full(members, 1 / members), method="SLSQP", bounds=[(0, 1)] * members,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-15, "maxiter": 1000},
    )  # fmt: skip
    inverse = 1 / np.mean((truth[:, None] - said) ** 2, axis=0)
    return {
        "members": members,
        "l2": l2,
        "truth": truth,
        "said": said.ravel(),
        "expected": {"weights": np.round(found.x, 6), "weighted": inverse / inverse.sum()},
    }


def quantile_stacking(seed, rows, members):
    """Without a pull: a linear program, solved exactly."""
    rng = np.random.default_rng(seed)
    truth, centres = members_of(seed, rows, members)
    width = rng.uniform(0.5, 3, (rows, members, 1))
    said = rounded(centres[:, :, None] + width * scipy.stats.norm.ppf(LEVELS))
    k = len(LEVELS)
    # variables: weights, then of each row and level the error above and below
    n = rows * k
    cost = np.concatenate([np.zeros(members), np.tile(LEVELS, rows), np.tile(1 - LEVELS, rows)])
    equal = np.zeros((n + 1, members + 2 * n))
    equal[:n, :members] = said.transpose(0, 2, 1).reshape(n, members)
    equal[:n, members : members + n] = np.eye(n)
    equal[:n, members + n :] = -np.eye(n)
    equal[n, :members] = 1
    found = scipy.optimize.linprog(cost, A_eq=equal, b_eq=np.concatenate([np.repeat(truth, k), [1.0]]))
    return {
        "members": members,
        "levels": LEVELS,
        "truth": truth,
        "said": said.ravel(),
        "expected": {"weights": found.x[:members], "loss": found.fun / n},
    }


def line_case(seed, rows, prior_slope, prior_rows):
    """Ridge regression of what the prior line leaves."""
    rng = np.random.default_rng(seed)
    x = rounded(rng.normal(1, 2, rows))
    y = rounded(0.4 * x + rng.normal(0, 1, rows))
    alpha = np.sum((x - x.mean()) ** 2) * prior_rows / rows
    fitted = Ridge(alpha=alpha).fit(x[:, None], y - prior_slope * x)
    return {
        "x": x,
        "y": y,
        "prior_slope": prior_slope,
        "prior_rows": prior_rows,
        "expected": {"slope": fitted.coef_[0] + prior_slope, "offset": fitted.intercept_},
    }


def judge_case(seed, rows):
    rng = np.random.default_rng(seed)
    truth = rounded(np.exp(rng.normal(-4, 0.5, rows)), 9)
    said = rounded(truth ** 0.5 * np.exp(rng.normal(-2, 0.3, rows)), 9)
    trained = rounded(np.exp(rng.normal(-4.2, 0.5, 2 * rows)), 9)
    spread = np.array([0.7, 1.0, 1.5])
    scores = rounded(said[:, None] * spread, 9)
    mean = np.full(rows, trained.mean())
    base = np.quantile(trained, LEVELS)
    ratio = (truth / said) ** 2
    mean_ratio = (truth / mean) ** 2
    pinball = [metrics.mean_pinball_loss(truth, scores[:, k], alpha=LEVELS[k]) for k in range(3)]
    base_pinball = [
        metrics.mean_pinball_loss(truth, np.full(rows, base[k]), alpha=LEVELS[k]) for k in range(3)
    ]
    return {
        "truth": truth,
        "said": said,
        "scores": scores.ravel(),
        "trained": trained,
        "levels": LEVELS,
        "expected": {
            "mae": metrics.mean_absolute_error(truth, said),
            "base_mae": metrics.mean_absolute_error(truth, mean),
            "rmse": metrics.root_mean_squared_error(truth, said),
            "base_rmse": metrics.root_mean_squared_error(truth, mean),
            "r_squared": 1 - np.sum((truth - said) ** 2) / np.sum((truth - mean) ** 2),
            "pinball": pinball,
            "base_pinball": base_pinball,
            "coverage": np.mean((truth >= scores[:, 0]) & (truth <= scores[:, 2])),
            "width": np.mean(scores[:, 2] - scores[:, 0]),
            "below": [np.mean(truth <= scores[:, k]) for k in range(3)],
            "qlike": np.mean(ratio - np.log(ratio) - 1),
            "base_qlike": np.mean(mean_ratio - np.log(mean_ratio) - 1),
            "ic": scipy.stats.pearsonr(said, truth).statistic,
            "rank_ic": scipy.stats.spearmanr(said, truth).statistic,
        },
    }


def cases():
    return {
        "value_stacking": [
            value_stacking(1, 200, 3, 0.0),
            value_stacking(2, 200, 4, 1.0),
            value_stacking(3, 60, 3, 50.0),
        ],
        "quantile_stacking": [quantile_stacking(4, 120, 3), quantile_stacking(5, 80, 2)],
        "lines": [line_case(6, 100, 0, 0), line_case(7, 100, 0, 50), line_case(8, 100, 1, 50)],
        "judged": [judge_case(9, 200)],
    }


if __name__ == "__main__":
    json.dump(cases(), sys.stdout, indent=None, separators=(",", ":"), default=plain)
    sys.stdout.write("\n")
