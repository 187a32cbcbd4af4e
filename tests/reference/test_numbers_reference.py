# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what the libraries say today."""

import json
import pathlib

import pytest
from golden import differences

numbers_reference = pytest.importorskip(
    "numbers_reference", reason="needs tests/requirements.txt"
)

GOLDEN = pathlib.Path(__file__).with_name("numbers.json")


def test_the_libraries_still_give_the_committed_values():
    text = json.dumps(numbers_reference.cases(), default=numbers_reference.plain)
    assert list(differences(json.loads(text), json.loads(GOLDEN.read_text()))) == []
