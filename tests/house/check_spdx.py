# SPDX-License-Identifier: Apache-2.0
"""Every source file names its licence in its first three lines, by SPDX identifier."""

import pathlib
import sys

import tree

MARK = "SPDX-License-Identifier: Apache-2.0"
SUFFIXES = {
    ".cpp", ".hpp", ".h", ".inc", ".ipp", ".py", ".sh", ".cmake", ".toml", ".yml", ".yaml",
    ".ts", ".tsx", ".js", ".css", ".sql", ".tf",
}  # fmt: skip
NAMES = {
    "CMakeLists.txt", "dev", "run", ".clang-format", ".clang-tidy", ".editorconfig",
    "requirements.txt",
}  # fmt: skip
# Test data is no source: its bytes are the point.
DATA = {"golden", "corpus", "data"}


def check(root: pathlib.Path) -> list[tree.Finding]:
    found: list[tree.Finding] = []
    for path in tree.files(root):
        parts = path.relative_to(root).parts
        if parts[0] == "tests" and DATA & set(parts[1:-1]):
            continue
        if path.suffix not in SUFFIXES and path.name not in NAMES:
            continue
        text = tree.text_of(path) or ""
        if not any(MARK in line for line in text.splitlines()[:3]):
            found.append((path, 1, f"lacks '{MARK}'"))
    return found


if __name__ == "__main__":
    sys.exit(tree.main(check, __doc__))
