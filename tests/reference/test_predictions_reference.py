# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what the libraries say today."""

import json
import pathlib

import pytest
from golden import differences

predictions_reference = pytest.importorskip(
    "predictions_reference", reason="needs tests/requirements.txt"
)

GOLDEN = pathlib.Path(__file__).with_name("predictions.json")


def test_the_libraries_still_give_the_committed_values():
    text = json.dumps(predictions_reference.cases(), default=predictions_reference.plain)
    assert list(differences(json.loads(text), json.loads(GOLDEN.read_text()))) == []
