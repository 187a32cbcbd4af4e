# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what statsmodels and numpy say today, but for the last digits."""

import csv
import io
import pathlib

import pytest

reference = pytest.importorskip("pairs_reference", reason="needs tests/requirements.txt")


def test_the_reference_values_are_as_committed():
    committed = pathlib.Path(__file__).with_name(reference.NAME).read_text()
    now, then = (list(csv.reader(io.StringIO(text))) for text in (reference.text_of(), committed))
    assert len(now) == len(then)
    for ours, theirs in zip(now[1:], then[1:]):
        assert ours[:2] == theirs[:2]
        for a, b in zip(ours[2:], theirs[2:]):
            assert (a == b == "") or float(a) == pytest.approx(float(b), rel=1e-8, abs=1e-10)
