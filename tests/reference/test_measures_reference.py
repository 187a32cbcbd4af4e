# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what the libraries say today."""

import json
import pathlib

import pytest
from golden import differences

measures_reference = pytest.importorskip("measures_reference", reason="needs tests/requirements.txt")

GOLDEN = pathlib.Path(__file__).with_name("measures.json")


def test_the_libraries_still_give_the_committed_values():
    text = json.dumps(measures_reference.cases(), default=measures_reference.plain)
    assert list(differences(json.loads(text), json.loads(GOLDEN.read_text()))) == []
