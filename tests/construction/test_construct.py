# SPDX-License-Identifier: Apache-2.0
"""`tradewind risk construct` against cvxpy with Clarabel, PyPortfolioOpt, scipy and the example of the paper on
hierarchical risk parity; and one line for what cannot be answered."""

import json
import os
import subprocess

import cvxpy as cp
import numpy as np
import pytest
from pypfopt import HRPOpt, black_litterman

PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")


def run(tmp_path, request, expect=0):
    path = tmp_path / "input.json"
    path.write_text(json.dumps(request))
    done = subprocess.run([PROGRAM, "risk", "construct", "--input", str(path), "--json"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == expect, (done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return json.loads(done.stdout) if expect == 0 else done.stderr


def market(seed, n, factors=3):
    """Covariance and expected returns of n assets, as of days."""
    draw = np.random.default_rng(seed)
    loadings = draw.normal(size=(n, factors))
    loadings[:, 0] += 1.5
    covariance = loadings @ loadings.T + np.diag(0.5 + 2 * draw.random(n))
    size = (0.005 + 0.035 * draw.random(n)) / np.sqrt(np.diag(covariance))
    return covariance * np.outer(size, size), 5e-4 * (1 + draw.normal(size=n)), draw


def names(n):
    return [f"A{i}" for i in range(n)]


def base(seed, n):
    covariance, expected, draw = market(seed, n)
    return {"assets": names(n), "covariance": covariance.tolist(), "expected": expected.tolist()}, draw


def solve(objective, constraints):
    """cvxpy's answer to eight digits."""
    problem = cp.Problem(cp.Minimize(objective), constraints)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    assert problem.status == "optimal"
    return problem.value


def constrained(request, draw):
    """Long and short with every kind of constraint; the same for cvxpy."""
    n = len(request["assets"])
    current = draw.dirichlet(np.ones(n))
    betas = draw.normal(size=n)
    request["current"] = current.tolist()
    request["costs"] = {"linear": 2e-4, "quadratic": (1e-3 * draw.random(n)).tolist()}
    request["constraints"] = {
        "lower": -0.1, "upper": 0.3, "net": [0.9, 1.0], "gross": 1.3, "turnover": 0.8,
        "groups": [{"name": "first", "assets": request["assets"][: n // 2], "lower": 0.3, "upper": 0.55}],
        "factors": [{"name": "beta", "loadings": betas.tolist(), "lower": -0.2, "upper": 0.2}]}
    w = cp.Variable(n)
    rules = [w >= -0.1, w <= 0.3, cp.sum(w) >= 0.9, cp.sum(w) <= 1, cp.norm1(w) <= 1.3, cp.norm1(w - current) <= 0.8,
             cp.sum(w[: n // 2]) >= 0.3, cp.sum(w[: n // 2]) <= 0.55, betas @ w >= -0.2, betas @ w <= 0.2]
    costs = 2e-4 * cp.norm1(w - current) + cp.sum(cp.multiply(request["costs"]["quadratic"], (w - current) ** 2))
    return w, rules, costs


@pytest.mark.parametrize("seed,n", [(1, 5), (2, 12), (3, 40), (4, 100)])
def test_mean_variance_under_every_constraint_is_as_good_as_clarabels(tmp_path, seed, n):
    request, draw = base(seed, n)
    w, rules, costs = constrained(request, draw)
    covariance, expected = np.array(request["covariance"]), np.array(request["expected"])
    for aversion in (1.0, 10.0):
        out = run(tmp_path, request | {"method": "mean_variance", "risk_aversion": aversion})
        theirs = solve(aversion / 2 * cp.quad_form(w, cp.psd_wrap(covariance)) - expected @ w + costs, rules)
        x = np.array(out["weights"])
        ours = aversion / 2 * x @ covariance @ x - expected @ x + out["costs"]
        assert ours == pytest.approx(theirs, abs=2e-9)
        assert np.abs(x - w.value).max() < 2e-4
        assert max(out["residuals"].values()) < 1e-7
        assert -1e-9 <= out["net"] - 0.9 and out["net"] <= 1 + 1e-9
        assert out["gross"] <= 1.3 + 1e-8 and out["turnover"] <= 0.8 + 1e-8


@pytest.mark.parametrize("seed,n", [(5, 4), (6, 30), (7, 120)])
def test_minimum_variance_and_target_return_equal_clarabels(tmp_path, seed, n):
    request, _ = base(seed, n)
    covariance, expected = np.array(request["covariance"]), np.array(request["expected"])
    w = cp.Variable(n)
    variance = 1e4 * cp.quad_form(w, cp.psd_wrap(covariance))
    out = run(tmp_path, request | {"method": "minimum_variance"})
    theirs = solve(variance, [cp.sum(w) == 1, w >= 0])
    assert 1e4 * out["volatility"] ** 2 == pytest.approx(theirs, rel=1e-9)
    assert np.abs(np.array(out["weights"]) - w.value).max() < 1e-5
    target = float(np.quantile(expected, 0.9))
    out = run(tmp_path, request | {"method": "target_return", "target_return": target})
    earned = [expected @ w >= target]
    theirs = solve(variance, [cp.sum(w) == 1, w >= 0, *earned])
    assert 1e4 * out["volatility"] ** 2 == pytest.approx(theirs, rel=1e-8)
    # Our objective is half the variance; cvxpy's dual is above 0, ours below 0 on a lower side.
    assert out["duals"]["expected return"] == pytest.approx(-earned[0].dual_value / 2e4, rel=1e-4)


@pytest.mark.parametrize("seed,n", [(8, 6), (9, 50)])
def test_maximum_sharpe_equals_the_second_order_cone(tmp_path, seed, n):
    request, _ = base(seed, n)
    covariance, expected = np.array(request["covariance"]), np.array(request["expected"])
    out = run(tmp_path, request | {"method": "maximum_sharpe", "risk_free": 1e-4,
                                   "constraints": {"lower": -0.05, "upper": 0.4, "gross": 1.5}})
    y, kappa = cp.Variable(n), cp.Variable()
    rules = [(expected - 1e-4) @ y == 1, cp.sum(y) == kappa, y >= -0.05 * kappa, y <= 0.4 * kappa,
             cp.norm1(y) <= 1.5 * kappa, kappa >= 0]
    theirs = solve(cp.quad_form(y, cp.psd_wrap(covariance)), rules)
    sharpe = (out["expected_return"] - 1e-4) / out["volatility"]
    assert sharpe == pytest.approx(1 / np.sqrt(theirs), rel=1e-7)
    assert np.abs(np.array(out["weights"]) - y.value / kappa.value).max() < 1e-4


@pytest.mark.parametrize("seed,n", [(10, 5), (11, 60)])
def test_equal_risk_equals_the_convex_program(tmp_path, seed, n):
    request, draw = base(seed, n)
    covariance, budgets = np.array(request["covariance"]), draw.dirichlet(np.ones(n) * 5)
    out = run(tmp_path, request | {"method": "equal_risk", "budgets": budgets.tolist()})
    assert np.abs(np.array(out["risk_contributions"]) - budgets).max() < 1e-9
    y = cp.Variable(n)
    solve(cp.quad_form(y, cp.psd_wrap(1e4 * covariance)) / 2 - budgets @ cp.log(y), [])
    assert np.abs(np.array(out["weights"]) - y.value / y.value.sum()).max() < 1e-5


def test_hierarchical_equals_the_papers_example(tmp_path):
    """Lopez de Prado 2016, exhibits 5 and 6: its generator, its order and its weights."""
    draw = np.random.RandomState(12345)
    first = draw.normal(0, 1, size=(10000, 5))
    returns = np.append(first, first[:, [2, 0, 4, 1, 1]] + draw.normal(0, 0.25, size=(10000, 5)), axis=1)
    out = run(tmp_path, {"assets": [str(i) for i in range(1, 11)], "returns": returns.tolist(), "method": "hierarchical"})
    assert out["order"] == ["9", "2", "10", "1", "7", "3", "6", "4", "5", "8"]
    published = [7.00, 7.59, 10.84, 19.03, 9.72, 10.19, 6.62, 9.10, 7.12, 12.79]
    assert 100 * np.array(out["weights"]) == pytest.approx(published, abs=0.0051)


@pytest.mark.parametrize("seed,n", [(12, 7), (13, 45)])
def test_hierarchical_by_direct_distance_equals_pyportfolioopt(tmp_path, seed, n):
    import pandas as pd

    request, _ = base(seed, n)
    covariance = pd.DataFrame(request["covariance"], index=names(n), columns=names(n))
    out = run(tmp_path, request | {"method": "hierarchical", "distance": "direct"})
    theirs = HRPOpt(cov_matrix=covariance).optimize()
    assert out["weights"] == pytest.approx([theirs[name] for name in names(n)], rel=1e-9)


def test_black_litterman_equals_pyportfolioopt(tmp_path):
    request, draw = base(14, 8)
    del request["expected"]
    covariance, cap = np.array(request["covariance"]), draw.dirichlet(np.ones(8))
    views = [{"name": "absolute", "loadings": {"A1": 1}, "value": 0.002, "confidence": 0.7},
             {"name": "relative", "loadings": {"A2": 1, "A5": -1}, "value": -0.001, "confidence": 0.3}]
    out = run(tmp_path, request | {"method": "mean_variance", "risk_aversion": 3, "black_litterman": {
        "market": cap.tolist(), "risk_aversion": 3, "tau": 0.05, "views": views}})
    picks = np.zeros((2, 8))
    picks[0, 1], picks[1, 2], picks[1, 5] = 1, 1, -1
    theirs = black_litterman.BlackLittermanModel(
        covariance, pi=3 * covariance @ cap, P=picks, Q=np.array([0.002, -0.001]), tau=0.05, omega="idzorek",
        view_confidences=[0.7, 0.3])
    assert out["posterior"]["expected"] == pytest.approx(theirs.bl_returns().to_numpy(), rel=1e-9)
    assert np.array(out["posterior"]["covariance"]) == pytest.approx(theirs.bl_cov().to_numpy(), rel=1e-9)


def test_a_return_matrix_gives_the_sample_covariance_and_means(tmp_path):
    returns = np.random.default_rng(15).normal(0.001, 0.01, size=(60, 3))
    common = {"assets": names(3), "method": "minimum_variance"}
    ours = run(tmp_path, common | {"returns": returns.tolist(), "expected": "mean"})
    same = run(tmp_path, common | {"covariance": np.cov(returns.T).tolist()})
    assert ours["weights"] == pytest.approx(same["weights"], abs=1e-9)
    assert ours["expected_return"] == pytest.approx(returns.mean(axis=0) @ ours["weights"], rel=1e-12)
    assert same["expected_return"] is None


PAIR = {"assets": ["A", "B"], "covariance": [[0.01, 0.0], [0.0, 0.04]], "method": "minimum_variance"}


@pytest.mark.parametrize("change,said", [
    ({"assets": ["A"]}, "covariance, row 1: should be a list of 1 numbers"),
    ({"assets": ["A", "A"]}, "assets: A stands there twice"),
    ({"covariance": [[0.01, 0.0]]}, "covariance: should have 2 rows"),
    ({"covariance": [[0.01, None], [0, 1]]}, "covariance, row 1: number 2 is none"),
    ({"covariance": [[0.01, 0.02], [0.02, 0.04]]}, "covariance: singular"),
    ({"covariance": [[0.01, 0.03], [0.03, 0.04]]}, "covariance: its correlations have an eigenvalue of"),
    ({"method": "guess"}, "method: unknown; there are minimum_variance"),
    ({"method": "mean_variance", "risk_aversion": 1}, "expected: this method needs expected returns"),
    ({"method": "mean_variance", "expected": [0, 0]}, "risk_aversion: mean_variance needs it"),
    ({"method": "equal_risk", "constraints": {"upper": 0.6}}, "constraints: equal_risk is long only"),
    ({"weights": 1}, "weights: unknown; there are assets"),
    ({"constraints": {"uper": 1}}, "constraints.uper: unknown"),
    ({"constraints": {"groups": [{"name": "g", "assets": ["C"]}]}}, "constraints.groups[0].assets: C is not among assets"),
    ({"constraints": {"upper": 0.4}}, "no portfolio obeys these together: net exposure = 1; A at most 0.4; B at most 0.4"),
    ({"constraints": {"turnover": 0.5}, "current": [0, 0]},
     "no portfolio obeys these together: net exposure = 1; turnover at most 0.5"),
    ({"method": "mean_variance", "risk_aversion": 0, "expected": [0, 0]}, "risk_aversion: is not a number above 0"),
])
def test_bad_input_is_one_line_that_names_the_field(tmp_path, change, said):
    error = run(tmp_path, PAIR | change, expect=2)
    assert said in error
    assert error.count("\n") == 1


def test_a_file_that_is_no_json_or_not_there(tmp_path):
    path = tmp_path / "input.json"
    for text in (None, "{", "[]"):
        if text is not None:
            path.write_text(text)
        done = subprocess.run([PROGRAM, "risk", "construct", "--input", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert str(path) in done.stderr
