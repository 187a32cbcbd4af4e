# SPDX-License-Identifier: Apache-2.0
"""The programs of bench/construction.cpp by cvxpy with Clarabel and OSQP, equal risk by cvxpy, HRP by PyPortfolioOpt:
milliseconds of the solver and of the whole call, medians of three, one thread.

    build/venv/bin/python bench/construction.py
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import time

import cvxpy as cp
import numpy as np
import pandas as pd
from pypfopt import HRPOpt


def market(n, seed=1, factors=3):
    draw = np.random.default_rng(seed)
    loadings = draw.normal(size=(n, factors))
    loadings[:, 0] += 1.5
    covariance = loadings @ loadings.T + np.diag(0.5 + 2 * draw.random(n))
    size = (0.005 + 0.035 * draw.random(n)) / np.sqrt(np.diag(covariance))
    return covariance * np.outer(size, size), 5e-4 * (1 + draw.normal(size=n))


def measured(name, make, **options):
    spent, whole = [], []
    for _ in range(3):
        start = time.perf_counter()
        problem = make()
        problem.solve(**options)
        whole.append(1e3 * (time.perf_counter() - start))
        spent.append(1e3 * (problem.solver_stats.solve_time or 0))
    print(f"{name}: solver {statistics.median(spent):.1f} ms, whole call {statistics.median(whole):.1f} ms ({problem.status})")


def main():
    for n in (200, 500):
        covariance, expected = market(n)
        current = np.full(n, 1 / n)

        def long_only():
            w = cp.Variable(n)
            return cp.Problem(cp.Minimize(2.5 * cp.quad_form(w, cp.psd_wrap(covariance)) - expected @ w),
                              [cp.sum(w) == 1, w >= 0, w <= 0.05])

        def turnover():
            w = cp.Variable(n)
            return cp.Problem(cp.Minimize(2.5 * cp.quad_form(w, cp.psd_wrap(covariance)) - expected @ w
                                          + 1e-4 * cp.norm1(w - current)),
                              [cp.sum(w) == 1, w >= -0.02, w <= 0.05, cp.norm1(w) <= 1.6, cp.norm1(w - current) <= 1])

        for name, make in (("long only", long_only), ("turnover and gross", turnover)):
            measured(f"{name}, {n}, Clarabel", make, solver=cp.CLARABEL)
            measured(f"{name}, {n}, OSQP at 1e-8", make, solver=cp.OSQP, eps_abs=1e-8, eps_rel=1e-8, max_iter=200000)
    covariance, _ = market(500)

    def equal_risk():
        y = cp.Variable(500)
        return cp.Problem(cp.Minimize(cp.quad_form(y, cp.psd_wrap(1e4 * covariance)) / 2 - cp.sum(cp.log(y)) / 500))

    measured("equal risk, 500, Clarabel", equal_risk, solver=cp.CLARABEL)
    frame = pd.DataFrame(covariance)
    start = time.perf_counter()
    HRPOpt(cov_matrix=frame).optimize()
    print(f"hierarchical, 500, PyPortfolioOpt: {1e3 * (time.perf_counter() - start):.1f} ms")


if __name__ == "__main__":
    main()
