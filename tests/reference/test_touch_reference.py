# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what numpy says today."""

import math
import pathlib

import pytest

touch_reference = pytest.importorskip("touch_reference", reason="needs tests/requirements.txt")

GOLDEN = pathlib.Path(__file__).with_name("touch.csv")


def same(a, b):
    if a == b:
        return True
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-12, abs_tol=1e-12)
    except ValueError:
        return False


def test_numpy_still_gives_the_committed_values():
    now = [line.split(",") for line in touch_reference.text().splitlines()]
    golden = [line.split(",") for line in GOLDEN.read_text().splitlines()]
    assert [len(row) for row in now] == [len(row) for row in golden]
    pairs = [(a, b) for x, y in zip(now, golden) for a, b in zip(x, y)]
    assert [pair for pair in pairs if not same(*pair)] == []
