# SPDX-License-Identifier: Apache-2.0
"""Reference values for src/measures, by numpy, scipy, pandas, scikit-learn and arch.

    python tests/reference/measures_reference.py > tests/reference/measures.json

tests/reference/test_measures_reference.py runs this again and compares; the tests of src/measures hold our own code
to the file. Where no library has a formula, it is written out here as its paper tells it, element by element and
without any of the shortcuts of our own code.
"""

import json
import sys

import numpy as np
import pandas as pd
from sklearn.covariance import ledoit_wolf


def returns_of(seed, rows, columns):
    """Fat-tailed returns with a market in them."""
    random = np.random.default_rng(seed)
    market = 0.01 * random.standard_t(5, size=(rows, 1))
    own = 0.008 * random.standard_t(4, size=(rows, columns))
    return np.round(0.0003 + market * random.uniform(0.2, 1.6, size=columns) + own, 8)


def constant_correlation(x):
    """Ledoit and Wolf, "Honey, I shrunk the sample covariance matrix", appendices A and B, element by element."""
    t, n = x.shape
    y = x - x.mean(axis=0)
    s = y.T @ y / t
    d = np.sqrt(np.diag(s))
    r = s / np.outer(d, d)
    rbar = 2 / ((n - 1) * n) * sum(r[i, j] for i in range(n - 1) for j in range(i + 1, n))
    f = rbar * np.outer(d, d)
    np.fill_diagonal(f, np.diag(s))
    pi = np.array([[np.mean((y[:, i] * y[:, j] - s[i, j]) ** 2) for j in range(n)] for i in range(n)])

    def theta(k, i, j):
        return np.mean((y[:, k] ** 2 - s[k, k]) * (y[:, i] * y[:, j] - s[i, j]))

    rho = np.trace(pi)
    for i in range(n):
        for j in range(n):
            if i != j:
                ratio = np.sqrt(s[j, j] / s[i, i])
                rho += rbar / 2 * (ratio * theta(i, i, j) + theta(j, i, j) / ratio)
    gamma = np.sum((f - s) ** 2)
    weight = max(0.0, min(1.0, (pi.sum() - rho) / gamma / t))
    return weight * f + (1 - weight) * s, weight


def ewma(x, decay):
    """Weights of pandas' ewm(adjust=True); products around 0."""
    out = np.zeros((x.shape[1], x.shape[1]))
    for i in range(x.shape[1]):
        for j in range(x.shape[1]):
            out[i, j] = pd.Series(x[:, i] * x[:, j]).ewm(alpha=1 - decay, adjust=True).mean().iloc[-1]
    return out


def covariance():
    for seed, rows, columns in [(1, 40, 5), (2, 20, 24), (3, 120, 3)]:
        x = returns_of(seed, rows, columns)
        holes = x.copy()
        holes[np.random.default_rng(seed).random(x.shape) < 0.01] = np.nan
        identity, identity_weight = ledoit_wolf(x)
        constant, constant_weight = constant_correlation(x)
        correlation, correlation_weight = ledoit_wolf((x - x.mean(axis=0)) / x.std(axis=0))
        sample = np.cov(x.T)
        pairs = pd.DataFrame(holes).cov().to_numpy()
        yield {
            "returns": x,
            "with_holes": [[None if np.isnan(v) else v for v in row] for row in holes],
            "sample": sample,
            "complete_rows": np.cov(holes[~np.isnan(holes).any(axis=1)].T),
            "pairwise": pairs,
            "pairwise_eigenvalues": np.linalg.eigvalsh(pairs),
            "eigenvalues": np.linalg.eigvalsh(sample),
            "identity": identity,
            "identity_weight": identity_weight,
            "constant": constant,
            "constant_weight": constant_weight,
            "correlation": np.corrcoef(x.T),
            "shrunk_correlation": correlation,
            "shrunk_correlation_weight": correlation_weight,
            "ewma": ewma(x, 0.94),
        }


def cases():
    return {"covariance": list(covariance())}


def plain(value):
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


if __name__ == "__main__":
    json.dump(cases(), sys.stdout, default=plain)
    print()
