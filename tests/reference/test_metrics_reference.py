# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what the libraries say today."""

import json
import pathlib

import pytest
from golden import differences

metrics_reference = pytest.importorskip("metrics_reference", reason="needs tests/requirements.txt")

GOLDEN = pathlib.Path(__file__).with_name("metrics.json")


def test_the_libraries_still_give_the_committed_values():
    text = json.dumps({"cases": metrics_reference.cases()}, default=metrics_reference.plain)
    assert list(differences(json.loads(text), json.loads(GOLDEN.read_text()))) == []
