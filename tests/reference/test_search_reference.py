# SPDX-License-Identifier: Apache-2.0
"""The committed results of optuna and cma are what they reach today."""

import json
import pathlib
import statistics

import pytest

search_reference = pytest.importorskip("search_reference", reason="needs tests/requirements.txt")

GOLDEN = json.loads(pathlib.Path(__file__).with_name("search.json").read_text())


def median(values):
    return statistics.median(float("inf") if v is None else v for v in values)


def test_optuna_still_prunes_what_is_committed():
    for golden in GOLDEN["pruning"]:
        assert search_reference.pruning(golden["rule"]) == golden


def test_the_packages_still_reach_what_is_committed():
    # Medians, with room: another machine's rounding sends single runs elsewhere.
    today = search_reference.results()
    for kind, key in (("tpe", "best"), ("cma_es", "evaluations")):
        for now, golden in zip(today[kind], GOLDEN[kind], strict=True):
            assert now["function"] == golden["function"]
            assert median(now[key]) == pytest.approx(median(golden[key]), rel=0.5), golden["function"]
