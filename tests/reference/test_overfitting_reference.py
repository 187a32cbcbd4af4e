# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what the libraries say today."""

import json
import pathlib

import pytest
from golden import differences

overfitting_reference = pytest.importorskip("overfitting_reference", reason="needs tests/requirements.txt")

GOLDEN = pathlib.Path(__file__).with_name("overfitting.json")


def test_the_libraries_still_give_the_committed_values():
    text = json.dumps({"cases": overfitting_reference.cases()}, default=overfitting_reference.plain)
    assert list(differences(json.loads(text), json.loads(GOLDEN.read_text()))) == []
