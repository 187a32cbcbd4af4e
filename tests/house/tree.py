# SPDX-License-Identifier: Apache-2.0
"""What the house checks share: the files of the tree, and how findings are told."""

import argparse
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

Finding = tuple[pathlib.Path, int, str]  # file, line (0: the whole file), what is wrong

_NEVER_OURS = {".git", "build", "__pycache__", ".pytest_cache", "node_modules"}


def files(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """The files that git knows or would add, sorted; without git, all but build trees."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and (root / ".git").exists():
        names = {name for name in listed.stdout.decode().split("\0") if name}
        found = [root / name for name in names]
    else:
        found = [
            path for path in root.rglob("*") if not _NEVER_OURS & set(path.relative_to(root).parts)
        ]
    yield from sorted(path for path in found if path.is_file() and not path.is_symlink())


def text_of(path: pathlib.Path) -> str | None:
    """The file's text, or None for a binary file."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    return data.decode("utf-8", errors="replace")


def main(check: Callable[[pathlib.Path], list[Finding]], meaning: str | None) -> int:
    """Runs a check over --root (default: this repository); exit code 1 where it finds a thing."""
    parser = argparse.ArgumentParser(description=meaning)
    home = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--root", type=pathlib.Path, default=home)
    root = parser.parse_args().root.resolve()
    findings = check(root)
    for path, line, what in findings:
        place = path.relative_to(root) if path.is_relative_to(root) else path
        print(f"{place}:{line}: {what}" if line else f"{place}: {what}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit("this is a module of the checks beside it")
