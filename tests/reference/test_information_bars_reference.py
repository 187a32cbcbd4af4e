# SPDX-License-Identifier: Apache-2.0
"""The committed reference values are what Python says today."""

import pathlib

import information_bars_reference as reference


def test_the_reference_values_are_as_committed():
    assert reference.text_of() == pathlib.Path(__file__).with_name(reference.NAME).read_text()
