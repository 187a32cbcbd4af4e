# SPDX-License-Identifier: Apache-2.0
"""Comparison of what a library says today with what is committed."""

import math


def differences(ours, golden, path=""):
    if isinstance(golden, dict):
        assert ours.keys() == golden.keys(), path
        for key in golden:
            yield from differences(ours[key], golden[key], f"{path}.{key}")
    elif isinstance(golden, list):
        assert len(ours) == len(golden), path
        for i, (a, b) in enumerate(zip(ours, golden)):
            yield from differences(a, b, f"{path}[{i}]")
    elif isinstance(golden, float):
        if not math.isclose(ours, golden, rel_tol=1e-10, abs_tol=1e-12):
            yield f"{path}: {ours} is not {golden}"
    elif ours != golden:
        yield f"{path}: {ours} is not {golden}"
