# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what Python and pandas say today."""

import pathlib

import pytest

books_reference = pytest.importorskip("books_reference", reason="needs tests/requirements.txt")


@pytest.mark.parametrize("name", books_reference.FILES)
def test_the_reference_values_are_as_committed(name):
    committed = pathlib.Path(__file__).with_name(name)
    assert books_reference.text_of(name) == committed.read_text()
