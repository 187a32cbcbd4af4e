# SPDX-License-Identifier: Apache-2.0
"""What the judges share: each check is a function that raises where the simulator is not what its client expects."""

import json
import sys
import traceback


def run(checks, *arguments):
    """Runs every check in its order and prints {name: "ok" or what was raised}."""
    found = {}
    for check in checks:
        try:
            check(*arguments)
            found[check.__name__] = "ok"
        except Exception as error:  # noqa: BLE001: whatever a client raises is a finding
            where = traceback.extract_tb(sys.exc_info()[2])[1:]
            line = next((f"{f.name}:{f.lineno}" for f in where), "")
            found[check.__name__] = f"{type(error).__name__} at {line}: {error}"
    print(json.dumps(found, indent=1))


def close(a, b, by=1e-9):
    assert abs(float(a) - float(b)) <= by * max(1.0, abs(float(b))), (a, b)
