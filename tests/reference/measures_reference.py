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
import scipy.cluster.hierarchy
import scipy.spatial.distance
import scipy.special
import scipy.stats
import statsmodels.api as sm
from arch import arch_model
from arch.univariate import EWMAVariance, ZeroMean
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
        x[:, : columns // 2] *= -1  # correlations of both signs, far from their mean
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


def chi_square():
    for degrees in [1, 2, 3, 4, 7, 10]:
        for x in [0.01, 0.5, 3.841, 6.635, 25.0]:
            yield {"x": x, "degrees": degrees, "survival": scipy.stats.chi2.sf(x, degrees)}


def binomial():
    for n, p in [(250, 0.01), (250, 0.05), (1000, 0.025), (7, 0.5)]:
        for k in [0, 1, 4, 5, 9]:
            yield {"k": k, "n": n, "p": p, "cdf": scipy.stats.binom.cdf(k, n, p)}


def portfolio():
    """VaR by numpy's quantile, ES by Acerbi and Tasche's definition 2.6, contributions by what each position lost in
    the same scenarios."""
    for seed, rows, columns, tail in [(11, 100, 4, 0.05), (12, 57, 3, 0.1), (13, 250, 6, 0.01)]:
        x = returns_of(seed, rows, columns)
        e = np.round(np.random.default_rng(seed + 1).normal(0, 1e5, columns))
        pnl = x @ e
        order = np.argsort(pnl, kind="stable")
        n = len(pnl)
        whole = int(np.floor(n * tail))
        weights = np.zeros(n)
        weights[order[:whole]] = 1
        if n * tail > whole:
            weights[order[whole]] = n * tail - whole
        weights /= n * tail
        covariance = np.cov(x.T)
        deviation = np.sqrt(e @ covariance @ e)
        normal_var = -scipy.stats.norm.ppf(tail) * deviation
        normal_es = scipy.stats.norm.pdf(scipy.stats.norm.ppf(tail)) / tail * deviation
        share = e * (covariance @ e) / deviation**2
        position = tail * (n - 1)
        below, part = int(position), position - int(position)
        quantile = (1 - part) * x[order[below]] + part * x[order[below + 1]]
        yield {
            "returns": x,
            "exposures": e,
            "tail": tail,
            "var": -np.quantile(pnl, tail),
            "es": -weights @ pnl,
            "component_var": -quantile * e,
            "component_es": -(weights @ x) * e,
            "covariance": covariance,
            "normal_var": normal_var,
            "normal_es": normal_es,
            "normal_component_var": share * normal_var,
            "normal_component_es": share * normal_es,
        }


def garch():
    """arch 8, with mean 0 of returns less their mean, in hundredths; as many digits as its optimiser settles."""
    digits = np.vectorize(lambda value: float(f"{value:.5g}"))

    for seed, rows, omega, alpha, beta in [(21, 1500, 2e-6, 0.08, 0.9), (22, 600, 1e-5, 0.15, 0.7)]:
        random = np.random.default_rng(seed)
        z = random.standard_normal(rows)
        variance, x = omega / (1 - alpha - beta), np.empty(rows)
        for i in range(rows):
            x[i] = np.sqrt(variance) * z[i]
            variance = omega + alpha * x[i] ** 2 + beta * variance
        x = np.round(x + 0.0004, 6)
        centred = 100 * (x - x.mean())
        fit = arch_model(centred, mean="Zero", vol="GARCH", p=1, q=1, rescale=False).fit(
            disp="off", tol=1e-12, options={"maxiter": 1000})
        model = ZeroMean(centred, volatility=EWMAVariance(0.94))
        ewma = model.fit(disp="off")
        yield {
            "returns": x,
            "omega": digits(fit.params["omega"] / 1e4),
            "alpha": digits(fit.params["alpha[1]"]),
            "beta": digits(fit.params["beta[1]"]),
            # of returns in units, not in hundredths
            "log_likelihood": round(fit.loglikelihood + rows * np.log(100), 5),
            "variances": digits((fit.conditional_volatility[::100] / 100) ** 2),
            "next_variance": digits(fit.forecast(horizon=1).variance.iloc[-1, 0] / 1e4),
            "ewma_variances": (ewma.conditional_volatility[::100] / 100) ** 2,
            "ewma_next_variance": ewma.forecast(horizon=1).variance.iloc[-1, 0] / 1e4,
        }


def likelihood(hits, misses, p):
    return scipy.special.xlogy(hits, p) + scipy.special.xlog1py(misses, -p)


def backtest():
    """Kupiec (1995), Christoffersen (1998), Acerbi and Szekely (2014) as their papers tell them; p-values by scipy."""
    for seed, rows, tail, scale in [(31, 250, 0.01, 1.0), (32, 500, 0.05, 0.8), (33, 400, 0.025, 1.3), (34, 250, 0.01, 2.0)]:
        random = np.random.default_rng(seed)
        deviation = 0.01 * np.exp(0.5 * np.sin(np.arange(rows) / 20))
        pnl = np.round(deviation * random.standard_t(5, rows) / np.sqrt(5 / 3), 8)
        var = np.round(-scale * 0.01 * scipy.stats.norm.ppf(tail) * np.ones(rows), 8)
        es = np.round(scale * 0.01 * scipy.stats.norm.pdf(scipy.stats.norm.ppf(tail)) / tail * np.ones(rows), 8)
        hit = pnl < -var
        x = int(hit.sum())
        pof = -2 * (likelihood(x, rows - x, tail) - likelihood(x, rows - x, x / rows))
        n = [[int(np.sum((hit[:-1] == a) & (hit[1:] == b))) for b in (False, True)] for a in (False, True)]
        out = {
            "pnl": pnl, "var": var, "es": es, "tail": tail, "exceedances": np.flatnonzero(hit),
            "kupiec": pof, "kupiec_p": scipy.stats.chi2.sf(pof, 1),
            "light": int(scipy.stats.binom.cdf(x, rows, tail) >= 0.95) + int(scipy.stats.binom.cdf(x, rows, tail) >= 0.9999),
            "es_unconditional": np.sum(pnl[hit] / es[hit]) / (rows * tail) + 1,
        }
        if x > 0:
            p01, p11 = n[0][1] / sum(n[0]), n[1][1] / sum(n[1])
            p = (n[0][1] + n[1][1]) / (rows - 1)
            independence = -2 * (likelihood(n[0][1] + n[1][1], n[0][0] + n[1][0], p)
                                 - likelihood(n[0][1], n[0][0], p01) - likelihood(n[1][1], n[1][0], p11))
            out |= {
                "independence": independence, "independence_p": scipy.stats.chi2.sf(independence, 1),
                "conditional": pof + independence, "conditional_p": scipy.stats.chi2.sf(pof + independence, 2),
                "es_given_exceedance": np.mean(pnl[hit] / es[hit]) + 1,
            }
        yield out


def regression():
    for seed, rows, factors in [(41, 60, 1), (42, 120, 3)]:
        x = returns_of(seed, rows, factors)
        random = np.random.default_rng(seed)
        y = np.round(0.0005 + x @ random.normal(0.5, 1, factors) + 0.01 * random.standard_normal(rows), 8)
        holes = y.copy()
        holes[[3, 17]] = np.nan
        fit = sm.OLS(holes, sm.add_constant(x), missing="drop").fit()
        yield {
            "returns": [None if np.isnan(v) else v for v in holes], "factors": x, "alpha": fit.params[0],
            "betas": fit.params[1:], "errors": fit.bse[1:], "r2": fit.rsquared,
            "residual_deviation": np.sqrt(fit.scale), "rows": int(fit.nobs),
        }


def clusters():
    """scipy's average linkage on 1 - |correlation|, cut at 1 - correlated; clusters named by their first column."""
    x = returns_of(51, 150, 12)
    x[:, 6:] += 0.02 * np.random.default_rng(52).standard_normal((150, 1))
    x[:, 11] = -x[:, 6] + 0.002 * np.random.default_rng(53).standard_normal(150)
    rho = np.round(np.corrcoef(x.T), 12)
    distance = 1 - np.abs(rho)
    np.fill_diagonal(distance, 0)
    tree = scipy.cluster.hierarchy.linkage(scipy.spatial.distance.squareform(distance), "average")
    for correlated in [0.3, 0.5, 0.6, 0.8, 0.95]:
        labels = scipy.cluster.hierarchy.fcluster(tree, 1 - correlated, "distance")
        names = {}
        yield {"correlations": rho, "correlated": correlated,
               "of": [names.setdefault(label, len(names)) for label in labels.tolist()],
               "mean": (rho.sum() - 12) / (12 * 11),
               "absorption": np.sort(np.linalg.eigvalsh(rho))[::-1][:2].sum() / 12}


def cases():
    return {
        "covariance": list(covariance()),
        "chi_square": list(chi_square()),
        "binomial": list(binomial()),
        "portfolio": list(portfolio()),
        "garch": list(garch()),
        "backtest": list(backtest()),
        "regression": list(regression()),
        "clusters": list(clusters()),
    }


def plain(value):
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


if __name__ == "__main__":
    json.dump(cases(), sys.stdout, default=plain)
    print()
