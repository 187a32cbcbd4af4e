# SPDX-License-Identifier: Apache-2.0
"""Runs the program as a user does."""

import json
import os
import subprocess

PROGRAM = os.environ.get("TRADEWIND", "build/bin/tradewind")


def run(*arguments, home=None, expect=0):
    """The process, once it has ended with the exit code that is expected. What refuses its input does so in a line."""
    env = os.environ if home is None else os.environ | {"TRADEWIND_HOME": str(home)}
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == expect, (arguments, done.returncode, done.stdout[-1000:], done.stderr[-2000:])
    if expect == 2:
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert done.stdout == ""
    return done


def run_in(home, *arguments, expect=0):
    """With models and trials kept in a folder of the test's own."""
    return run(*arguments, home=home, expect=expect)


def told_in(home, *arguments):
    """The JSON document of a command."""
    return json.loads(run_in(home, *arguments, "--json").stdout)


def said(*arguments, expect=0):
    """What it wrote; where it is refused, why."""
    done = run(*arguments, expect=expect)
    return done.stdout if expect == 0 else done.stderr
