# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what the libraries say today."""

import json
import math
import pathlib

import pytest

overfitting_reference = pytest.importorskip("overfitting_reference", reason="needs tests/requirements.txt")

GOLDEN = pathlib.Path(__file__).with_name("overfitting.json")


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


def test_the_libraries_still_give_the_committed_values():
    text = json.dumps({"cases": overfitting_reference.cases()}, default=overfitting_reference.plain)
    assert list(differences(json.loads(text), json.loads(GOLDEN.read_text()))) == []
