# SPDX-License-Identifier: Apache-2.0
"""Qlib's formulas, taken from its own package, evaluated with pandas by the definitions of its operators
(qlib/data/ops.py): windows of at least one row, samples' deviations, and its own extension for lines."""
import ast
import importlib.util
import pathlib
import re

import numpy as np
import pandas as pd


def package_folder():
    """Where the package lies; it is not imported, which would want a database of stocks."""
    return pathlib.Path(importlib.util.find_spec("qlib").submodule_search_locations[0])


def formulas(loader):
    """Name and formula of each feature of `Alpha158DL` or `Alpha360DL`, as the package makes them."""
    tree = ast.parse((package_folder() / "contrib" / "data" / "loader.py").read_text())
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == loader)
    method = next(node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == "get_feature_config")
    method.decorator_list = []
    scope = {}
    exec(compile(ast.Module([method], []), "loader.py", "exec"), scope)  # pylint: disable=exec-used
    fields, names = scope["get_feature_config"]()
    return dict(zip(names, fields))


def line_extension():
    """Qlib's own compiled windows of lines."""
    path = next((package_folder() / "data" / "_libs").glob("rolling*.so"))
    spec = importlib.util.spec_from_file_location("rolling", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rolling(series, window):
    return series.rolling(window, min_periods=1)


def operators():
    lines = line_extension()

    def on_line(function):
        return lambda x, n: pd.Series(function(x.to_numpy(float), n), x.index)

    def rsquare(x, n):
        out = on_line(lines.rolling_rsquare)(x, n)
        out[np.isclose(rolling(x, n).std(), 0, atol=2e-05)] = np.nan
        return out

    def corr(a, b, n):
        out = rolling(a, n).corr(b)
        flat = np.isclose(rolling(a, n).std(), 0, atol=2e-05) | np.isclose(rolling(b, n).std(), 0, atol=2e-05)
        out[flat] = np.nan
        return out

    return {
        "Ref": lambda x, n: x.shift(n),
        "Mean": lambda x, n: rolling(x.astype(float), n).mean(),
        "Sum": lambda x, n: rolling(x, n).sum(),
        "Std": lambda x, n: rolling(x, n).std(),
        "Max": lambda x, n: rolling(x, n).max(),
        "Min": lambda x, n: rolling(x, n).min(),
        "Quantile": lambda x, n, q: rolling(x, n).quantile(q),
        "Rank": lambda x, n: rolling(x, n).rank(pct=True),
        "IdxMax": lambda x, n: rolling(x, n).apply(lambda w: w.argmax() + 1, raw=True),
        "IdxMin": lambda x, n: rolling(x, n).apply(lambda w: w.argmin() + 1, raw=True),
        "Slope": on_line(lines.rolling_slope),
        "Resi": on_line(lines.rolling_resi),
        "Rsquare": rsquare,
        "Corr": corr,
        "Greater": np.maximum,
        "Less": np.minimum,
        "Log": np.log,
        "Abs": np.abs,
    }


def evaluate(formula, fields, functions):
    """`fields`: open, high, low, close, vwap, volume as series."""
    return eval(re.sub(r"\$(\w+)", r"\1", formula), dict(functions), dict(fields))  # pylint: disable=eval-used
