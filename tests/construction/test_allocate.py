# SPDX-License-Identifier: Apache-2.0
"""The strategy `allocate` and sizes by a rule: what they hold, worked out anew from the bars."""

import json
import math

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf
from program import said

COUNT, BARS, WINDOW = 5, 150, 100
DAY = 86400 * 10**9
FIRST = 1577836800 * 10**9  # 2020-01-01
CASH = 10_000_000
GROSS = 0.4  # with shorts the magnitudes come to more, which margin has to allow


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Five shares that hang together: their catalog, and closes [BARS, COUNT] in cents."""
    folder = tmp_path_factory.mktemp("allocate")
    draw = np.random.default_rng(4)
    common = draw.normal(size=(BARS, 1)) * 0.008
    size = 0.004 + 0.012 * draw.random(COUNT)
    closes = np.round(50 * np.exp(np.cumsum(common + draw.normal(size=(BARS, COUNT)) * size, axis=0)), 2)
    for i in range(COUNT):
        lines = ["ts,open,high,low,close,volume"]
        lines += [f"{FIRST + k * DAY},{c:.2f},{c:.2f},{c:.2f},{c:.2f},100000000" for k, c in enumerate(closes[:, i])]
        (folder / f"{i}.csv").write_text("\n".join(lines) + "\n")
        said("data", "import", "--catalog", folder / "C", "--format", "csv", "--instrument", f"S{i}.SIM", "--kind", "bar",
             "--interval", "1d", folder / f"{i}.csv")
    return folder / "C", closes


def config(tmp_path, strategy, more=""):
    path = tmp_path / "run.toml"
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in strategy.items())
    path.write_text(f'[data]\ninstruments = "*"\n[account]\nkind = "margin"\ncash = {CASH}\n{more}\n[strategy]\n{lines}\n')
    return path


def held(catalog, tmp_path, strategy, *more):
    told = json.loads(said("backtest", "--config", config(tmp_path, strategy), "--catalog", catalog, "--no-ledger",
                           "--participation", 1, "--json", *more))
    qty = {one["instrument"]: one["qty"] for one in told["open_positions"]}
    return np.array([qty.get(f"S{i}.SIM", 0.0) for i in range(COUNT)]), told


def construct(tmp_path, request):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(request))
    return np.array(json.loads(said("risk", "construct", "--input", path, "--json"))["weights"])


def shrunk(returns):
    return LedoitWolf().fit(returns).covariance_


def ewma(returns, decay=0.94):
    weights = decay ** np.arange(len(returns) - 1, -1, -1.0)
    return (returns * weights[:, None]).T @ returns / weights.sum()


@pytest.mark.parametrize("method, covariance, bounds", [
    ("inverse_volatility", "shrunk", {}), ("equal_risk", "shrunk", {}), ("hierarchical", "sample", {}),
    ("minimum_variance", "shrunk", {"least": 0.05, "most": 0.4}), ("minimum_variance", "ewma", {}),
    ("mean_variance", "sample", {"least": -0.3, "most": 0.6}), ("maximum_sharpe", "shrunk", {"most": 0.5}),
    ("black_litterman", "shrunk", {"most": 0.5}),
])
def test_weights_are_those_of_the_method_on_the_last_returns(market, tmp_path, method, covariance, bounds):
    catalog, closes = market
    asks = method in ("mean_variance", "maximum_sharpe", "black_litterman")
    strategy = {"name": "allocate", "method": method, "covariance": covariance, "window": WINDOW, "every": WINDOW,
                "gross": GROSS, **bounds}
    if asks:
        strategy |= {"expected": "abs(ret(50)) / 50", "aversion": 6}
    units, _ = held(catalog, tmp_path, strategy)
    # one allocation: with bar WINDOW, of the returns up to it
    returns = closes[1:WINDOW + 1] / closes[:WINDOW] - 1
    matrix = {"shrunk": shrunk, "ewma": ewma, "sample": lambda x: np.cov(x.T)}[covariance](returns)
    request = {"assets": [f"S{i}.SIM" for i in range(COUNT)], "covariance": matrix.tolist(),
               "method": "mean_variance" if method == "black_litterman" else method}
    if bounds or asks or method == "minimum_variance":
        request["constraints"] = {"lower": bounds.get("least", 0), "upper": bounds.get("most", 1)}
    if asks:
        expected = np.abs(closes[WINDOW] / closes[WINDOW - 50] - 1) / 50
        request |= {"expected": expected.tolist()}
        if method != "maximum_sharpe":
            request["risk_aversion"] = 6
    if method == "black_litterman":
        request["black_litterman"] = {
            "market": [1 / COUNT] * COUNT, "risk_aversion": 6,
            "views": [{"name": f"S{i}", "loadings": {f"S{i}.SIM": 1}, "value": v, "confidence": 0.5}
                      for i, v in enumerate(expected)]}
        request.pop("expected")
    weights = construct(tmp_path, request)
    shares = units * closes[WINDOW] / (GROSS * CASH)
    assert np.abs(shares - weights).max() < 2e-5  # a share of 50 in four millions is 1.3e-5


def test_a_volatility_aimed_at_scales_all_weights(market, tmp_path):
    catalog, closes = market
    strategy = {"name": "allocate", "method": "inverse_volatility", "window": WINDOW, "every": WINDOW, "covariance": "sample",
                "volatility": 0.05, "gross": 1}
    units, _ = held(catalog, tmp_path, strategy)
    returns = closes[1:WINDOW + 1] / closes[:WINDOW] - 1
    shares = units * closes[WINDOW] / CASH
    assert math.sqrt(252 * shares @ np.cov(returns.T) @ shares) == pytest.approx(0.05, abs=1e-5)


def test_it_rebalances_and_a_replay_comes_to_the_same(market, tmp_path):
    catalog, _ = market
    strategy = {"name": "allocate", "method": "minimum_variance", "window": 30, "every": 10, "turnover": 0.5, "cost_bps": 5}
    _, told = held(catalog, tmp_path, strategy, "--journal", tmp_path / "run.twj")
    assert told["fills"] > 12
    assert json.loads(said("replay", tmp_path / "run.twj", "--json"))["identical"]


def test_a_cash_account_is_invested_too(market, tmp_path):
    catalog, closes = market
    strategy = {"name": "allocate", "window": 30, "every": 10, "gross": 1}
    units, told = held(catalog, tmp_path, strategy, "--set", "account.kind=cash")
    assert units @ closes[-1] > 0.9 * told["final_equity"]


@pytest.mark.parametrize("strategy, says", [
    ({"method": "magic"}, "method is one of inverse_volatility, equal_risk"),
    ({"method": "mean_variance"}, "mean_variance asks for expected=EXPRESSION"),
    ({"method": "minimum_variance", "most": 0.1}, "most times the instruments is 1 at least"),
    ({"method": "equal_risk", "most": 0.5}, "equal_risk takes no least, most, turnover or cost_bps"),
    ({"sizing": "share 30%"}, "sizes its positions itself"),
])
def test_what_cannot_be_is_said_before_the_run(market, tmp_path, strategy, says):
    error = said("backtest", "--config", config(tmp_path, {"name": "allocate"} | strategy), "--catalog", market[0],
                 "--no-ledger", expect=2)
    assert says in error and error.count("\n") == 1


def test_a_rule_sizes_any_strategy(market, tmp_path):
    catalog, closes = market
    strategy = {"name": "rule", "long": "close > 0", "sizing": "volatility 2% over 60 most 500%"}
    units, _ = held(catalog, tmp_path, strategy)
    # in with the first bar that has sixty returns, bar 60
    changes = np.diff(np.log(closes[:61]), axis=0)
    deviation = changes.std(axis=0, ddof=1) * math.sqrt(365)  # a market that never closes
    wanted = CASH * 0.02 / deviation / closes[60]
    assert np.abs(units - wanted).max() <= 1 + 1e-4 * wanted.max()


def test_sizing_stands_alone_and_replays(market, tmp_path):
    catalog, _ = market
    strategy = {"name": "sma-cross", "fast": 3, "slow": 10, "sizing": "risk 1% at atr 3 x 14 until drawdown 20%",
                "stops": ["atr 3 x 14"]}
    _, told = held(catalog, tmp_path, strategy, "--journal", tmp_path / "run.twj")
    assert told["trades"] and json.loads(said("replay", tmp_path / "run.twj", "--json"))["identical"]
    path = config(tmp_path, strategy | {"share": 0.3})
    assert "not both" in said("backtest", "--config", path, "--catalog", catalog, "--no-ledger", expect=2)
    path = config(tmp_path, strategy | {"sizing": "risk 1"})
    assert "run.toml:11" in said("backtest", "--config", path, "--catalog", catalog, "--no-ledger", expect=2)
