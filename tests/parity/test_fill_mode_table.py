# SPDX-License-Identifier: Apache-2.0
"""The table of docs/fill-modes.md says of every scenario which modes were held to the engine itself. It says what the
tests of this folder do."""
import pathlib

import test_backtrader_orders
import test_freqtrade_signals
import test_nautilus_orders
import test_vectorbt_signals
from scenarios import all_scenarios

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "fill-modes.md"
MODES = ["backtrader", "nautilus", "lean-equity", "lean-base", "freqtrade", "vectorbt"]
CHECKED = {"backtrader": set(test_backtrader_orders.SCENARIOS),
           "nautilus": set(test_nautilus_orders.SCENARIOS) - test_nautilus_orders.DIFFERENT,
           "freqtrade": set(test_freqtrade_signals.SCENARIOS),
           "vectorbt": set(test_vectorbt_signals.SCENARIOS)}


def mark(scenario, mode):
    if mode in scenario.not_applicable:
        return "-"
    return "engine" if scenario.name in CHECKED.get(mode, ()) else "text"


def table():
    yield "| scenario | " + " | ".join(f"`{mode}`" for mode in MODES) + " |"
    yield "|---" * (len(MODES) + 1) + "|"
    for scenario in all_scenarios():
        link = f"[{scenario.name.replace('_', ' ')}](../tests/conformance/{scenario.name}.txt)"
        yield f"| {link} | " + " | ".join(mark(scenario, mode) for mode in MODES) + " |"


def test_the_page_says_what_is_checked():
    assert "\n".join(table()) in PAGE.read_text(), "the table should read:\n" + "\n".join(table())
