# SPDX-License-Identifier: Apache-2.0
"""docs/indicators.md, functions.md and technical.md are what the program's own tables say."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("INDICATOR_VALUES", ROOT / "build/release/tests/indicator_values")).with_name(
    "indicator_page")


def printed(page="indicators"):
    return subprocess.run([PROGRAM, page], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", ["indicators", "functions", "technical"])
def test_page_is_of_these_tables(name):
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert page == printed(name), f"run build/release/tests/indicator_page {name} > docs/{name}.md"


def test_no_cell_is_empty_but_parameters_and_talib():
    rows = [line for line in printed().splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    for row in rows:
        cells = [cell.strip() for cell in row.replace("\\|", "").strip("|").split("|")]
        assert len(cells) == 9, row
        empty = [number for number, cell in enumerate(cells) if not cell]
        assert set(empty) <= {3, 7}, row
