# SPDX-License-Identifier: Apache-2.0
"""Proves that a piece of code is refused by the compiler, and for the right reason.

    run.py COMPILER INCLUDE_DIR FILE.cpp

FILE names the reason in a comment, a regular expression that one line of the compiler's output
must match:

    // MUST_NOT_COMPILE: no match for .operator\\+

and keeps the fault apart with `#ifdef CONTROL` (code that compiles) and `#else` (the fault). The
control run shows that nothing else in the file is at fault; without it the test would also pass
for a misspelt header.
"""

import pathlib
import re
import subprocess
import sys

FLAGS = ["-std=c++23", "-fsyntax-only", "-x", "c++"]


def compile_file(compiler: str, include: str, file: str, *extra: str) -> tuple[bool, str]:
    done = subprocess.run(
        [compiler, *FLAGS, "-I", include, *extra, file], capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stderr


def problem_of(compiler: str, include: str, file: str) -> str | None:
    """What is wrong with the test case, or None if it proves its point."""
    text = pathlib.Path(file).read_text(encoding="utf-8")
    reason = re.search(r"^// MUST_NOT_COMPILE: (.+)$", text, re.MULTILINE)
    if reason is None:
        return "the file names no reason: // MUST_NOT_COMPILE: <regular expression>"

    accepted, output = compile_file(compiler, include, file, "-DCONTROL")
    if not accepted:
        return f"the control does not compile, so a refusal would prove nothing:\n{output}"

    accepted, output = compile_file(compiler, include, file)
    if accepted:
        return "it compiles, and must not"
    errors = [line for line in output.splitlines() if " error: " in line]
    if not any(re.search(reason.group(1), line) for line in errors):
        return f"it is refused for another reason than '{reason.group(1)}':\n{output}"
    return None


def main() -> int:
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    problem = problem_of(*sys.argv[1:])
    if problem is not None:
        print(f"{sys.argv[3]}: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
